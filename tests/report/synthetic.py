"""Study folders with invented numbers and a fixed seed: the same tables as a real study writes, in a second."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from opendome.base.tally import MEANING, RATIOS
from opendome.results.columns import number
from opendome.results.schema import table_schema

DAYS = 21
LAT0, LON0 = 35.0, -30.0
KM_PER_DEG_LAT, KM_PER_DEG_LON = 110.94, 91.29

TOWNS = (
    ("Saltgate", 6.0, -13.0, 1.0, 55.0, 27.0, 120_000, 60),
    ("Highford", 12.0, 14.0, 1.3, 49.0, 22.0, 90_000, 45),
    ("Tern Harbour", -6.0, -4.0, 1.4, 31.0, 29.0, 210_000, 60),
    ("Marrow", -19.0, -11.0, 1.1, 27.0, 26.0, 110_000, 90),
    ("Oldmill", -15.0, 4.0, 1.0, 18.0, 17.0, 80_000, 30),
    ("Linden", 0.0, 7.0, 0.9, 16.0, 15.0, 70_000, 30),
    ("Kestrel", -30.0, -6.0, 0.9, 15.0, 14.0, 64_000, 90),
    ("Wharfside", 17.0, -2.0, 0.9, 15.0, 14.0, 50_000, 60),
    ("Ashby & Sons", 26.0, 11.0, 0.7, 9.0, 9.0, 42_000, 15),
    ("Reed <East>", 22.0, 5.0, 0.5, 4.0, 4.0, 20_000, 15),
    ("Cove", -27.0, -15.0, 0.5, 3.0, 3.0, 44_000, 90),
)

GAINS = {
    "two-more-day-0": 79.0,
    "two-more-day-5": 62.0,
    "existing-sites": 31.0,
    "rounds-only": 22.0,
    "two-more-day-20": 3.0,
}
LABELS = {
    "as-is": "As it stood",
    "two-more-day-5": "Two more batteries from day 5",
    "two-more-day-0": "Two more batteries, day 0",
    "existing-sites": "Two more at existing sites, day 5",
    "rounds-only": "Their rounds alone",
    "two-more-day-20": "Two more batteries, day 20",
}
REASONS = {
    "out_of_footprint": 98.0,
    "engaged": 80.0,
    "shots_used_up": 7.0,
    "no_rounds": 41.0,
    "no_channel": 12.0,
    "not_confirmed": 4.0,
}


def at(east_km: float, north_km: float) -> list[float]:
    """Latitude and longitude of a point of the plane [km]."""
    return [round(LAT0 + north_km / KM_PER_DEG_LAT, 5), round(LON0 + east_km / KM_PER_DEG_LON, 5)]


def blob(east_km: float, north_km: float, size_km: float, seed: int) -> list[list[float]]:
    rng = np.random.default_rng(seed)
    angle = np.arange(18) * 2 * math.pi / 18
    radius = (
        size_km
        * 3.2
        * (1 + 0.28 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.14 * np.sin(5 * angle + rng.uniform(0, 6)))
    )
    return [at(east_km + r * math.cos(a), north_km + r * math.sin(a)) for a, r in zip(angle, radius)]


def coast() -> list[list[float]]:
    rng = np.random.default_rng(4)
    east = np.linspace(-70, 70, 90)
    north = -22 + 0.018 * (east + 5) ** 2 * (east > -5) + 4 * np.sin(east / 6.0) + rng.normal(0, 0.8, 90)
    shore = [at(float(e), float(min(n, 44))) for e, n in zip(east, north)]
    return [*shore, at(70, 60), at(-70, 60)]


def batteries() -> list[dict[str, Any]]:
    sites = (("b1", "Tern Harbour", -10, -6), ("b2", "Marrow", -17, -6), ("b3", "Linden", -4, 5),
             ("b4", "Kestrel", -28, -9), ("b5", "Oldmill", -13, 8), ("b6", "Ashby, Reed", 22, 6))  # fmt: skip
    out: list[dict[str, Any]] = [
        {"id": i, "name": name, "system": "iron-dome", "at": at(e, n), "launchers": 3} for i, name, e, n in sites
    ]
    out[5] |= {"arrives_day": 2.0, "set_up_h": 36.0}
    out[4]["moves"] = [{"day": 12.0, "to": at(-14, 9), "road_h": 20.0, "tear_down_h": 6.0, "set_up_h": 12.0}]
    return out


def new_batteries(day: float) -> list[dict[str, Any]]:
    return [
        {
            "id": "n1",
            "name": "Saltgate",
            "system": "iron-dome",
            "at": at(10, -10),
            "arrives_day": day,
            "set_up_h": 48.0,
            "loaded_rounds": 80,
        },
        {
            "id": "n2",
            "name": "Highford",
            "system": "iron-dome",
            "at": at(10, 11),
            "arrives_day": day,
            "set_up_h": 56.0,
            "loaded_rounds": 80,
        },
    ]


def scenario(full: bool = True) -> dict[str, Any]:
    causes = ("area", "tubes", "rounds", "delay")
    sets = {"+".join(c): "x-" + "-".join(c or ("none",)) for k in range(5) for c in itertools.combinations(causes, k)}
    sets[""], sets["+".join(causes)] = "as-is", "two-more-day-5"
    alternatives: dict[str, Any] = {
        "as-is": {},
        "two-more-day-5": {"batteries+": new_batteries(5.0)},
        "two-more-day-0": {"batteries+": new_batteries(0.0)},
        "existing-sites": {"batteries+": new_batteries(5.0)},
        "rounds-only": {"depot.resupply+": [{"day": 5, "rounds": 160}]},
        "two-more-day-20": {"batteries+": new_batteries(20.0)},
    }
    study: dict[str, Any] = {
        "seed": 20,
        "replications": 400,
        "baseline": "as-is",
        "headline": "leaked_built_up",
        "labels": LABELS,
        "confidence": 0.95,
    }
    if full:
        study["shapley"] = {"causes": list(causes), "alternatives": sets}
        study["inputs"] = [
            {"key": key, "label": label, "low": low, "high": high, "source": source, "confidence": confidence}
            for key, label, low, _, high, _, _, source, confidence in SWING
        ]
    return {
        "scenario": 1,
        "name": "coastland-study",
        "title": "Coastland, a fictional coast",
        "question": "What would two more batteries have bought, or only their rounds?",
        "site": {"lat_deg": LAT0, "lon_deg": LON0},
        "start_utc": "2030-05-01T00:00:00Z",
        "duration_day": DAYS,
        "places": {
            "coast": False,
            "land": [coast()],
            "areas": [
                {
                    "id": f"t{i}",
                    "name": name,
                    "polygon": blob(e, n, size, i),
                    "population": people,
                    "time_to_shelter_s": shelter,
                }
                for i, (name, e, n, size, _, _, people, shelter) in enumerate(TOWNS)
            ],
        },
        "threats": {
            "raid": {
                "launched_per_day": {"mean": 249, "variance_over_mean": 20},
                "launch_areas": [{"id": "north", "polygon": blob(-22, 33, 4.5, 77), "share": 1.0}],
                "classes": {"short-rocket": 0.7, "medium-rocket": 0.3},
            }
        },
        "batteries": batteries(),
        "depot": {"rounds": 1200, "resupply": [{"day": 7, "rounds": 250}, {"day": 14, "rounds": 250}]},
        "warning": {"ellipse": 0.9},
        "alternatives": alternatives,
        "study": study,
    }


# key, label, low, used, high, gain at low, gain at high, source, confidence
SWING = (
    ("depot.rounds", "Opening stock, rounds", 500, 1200, 2400, -14.0, 71.0, "No public figure", "assumed"),
    (
        "threats.raid.launched_per_day.mean",
        "Rockets a day",
        150,
        249,
        480,
        66.0,
        -9.0,
        "Two campaign reports",
        "official",
    ),
    (
        "assumptions.iron-dome.defended_radius_km",
        "Reach at mid range, km",
        5.6,
        7,
        25,
        12.0,
        63.0,
        "One maker's brochure",
        "press",
    ),
    ("threats.raid.aim.near_share", "Share aimed near the border", 0.1, 0.3, 0.5, 58.0, 19.0, "", "assumed"),
    ("places.polygon_buffer_km", "Polygon rule, km", -0.3, 0, 0.5, 24.0, 57.0, "", "assumed"),
    (
        "assumptions.iron-dome.single_shot_kill_probability_rocket",
        "Single-shot kill probability",
        0.75,
        0.86,
        0.92,
        29.0,
        49.0,
        "Two sources, joint fit",
        "derived",
    ),
    ("doctrine.reserve_share", "Rounds held in reserve", 0, 0.1, 0.3, 45.0, 38.0, "", "assumed"),
    ("picture.wind_unknown_mps", "Wind not known, m/s", 1, 3, 6, 42.0, 38.0, "Assumed from forecasts", "assumed"),
)


class Builder:
    """Writes a study folder; ``gain_scale`` turns the answer (1 positive, 0 none, -1 negative)."""

    def __init__(self, folder: Path, n: int = 400, seed: int = 7, gain_scale: float = 1.0) -> None:
        self.folder = folder
        self.n = n
        self.rng = np.random.default_rng(seed)
        self.gain_scale = gain_scale
        self.tables: dict[str, Any] = {}
        self.data = scenario()

    def keep(self, *names: str) -> None:
        """Keep only these alternatives."""
        self.data["alternatives"] = {name: self.data["alternatives"][name] for name in names}

    def _replications(self) -> dict[str, np.ndarray]:
        n, rng = self.n, self.rng
        size = rng.gamma(40, 1 / 40, n)
        leak = rng.normal(0, 1, n)
        out: dict[str, list[np.ndarray]] = {name: [] for name in ("alternative", "replication", *MEANING, *RATIOS)}
        for name in self.data["alternatives"]:
            gain = self.gain_scale * GAINS.get(name, 0.0)
            columns = self._one(name, size, leak, gain)
            for key in out:
                out[key].append(columns[key])
        return {key: np.concatenate(parts) for key, parts in out.items()}

    def _one(self, name: str, size: np.ndarray, leak: np.ndarray, gain: float) -> dict[str, np.ndarray]:
        n, rng = self.n, self.rng
        columns: dict[str, np.ndarray] = {key: np.zeros(n) for key in (*MEANING, *RATIOS)}
        columns["alternative"] = np.full(n, name, dtype=object)
        columns["replication"] = np.arange(n)
        spread = 6 + 0.22 * abs(gain)
        base = np.round(242 * size + 12 * leak)
        leaked = np.maximum(0, np.round(base - gain - (rng.normal(0, spread, n) if name != "as-is" else 0)))
        shares = np.array(list(REASONS.values()))
        if name.startswith("two-more"):
            shares = shares * np.array([0.55, 1.05, 1.05, 0.5, 0.3, 1.0])
        elif name == "rounds-only":
            shares = shares * np.array([1, 1, 1, 0.5, 0.9, 1.0])
        shares = shares / shares.sum()
        by_reason = np.stack([rng.multinomial(int(v), shares) for v in leaked])
        for i, reason in enumerate(REASONS):
            columns[f"leaked_{reason}"] = by_reason[:, i].astype(float)
        columns["leaked_built_up"] = leaked
        columns["fell_short"] = np.round(790 * size)
        columns["failed"] = np.round(50 * size)
        columns["at_sea"] = np.round(190 * size)
        columns["open_ground"] = np.round(2480 * size + 0.2 * gain)
        columns["intercepted_threatening"] = np.round(1168 * size + base - leaked)
        columns["intercepted"] = columns["intercepted_threatening"] + np.round(310 * size)
        columns["launched"] = sum(
            columns[k] for k in ("failed", "fell_short", "at_sea", "open_ground", "intercepted", "leaked_built_up")
        )
        columns["engaged"] = columns["intercepted"] + columns["leaked_engaged"] + columns["leaked_shots_used_up"] + 20
        columns["engaged_needlessly"] = np.round(340 * size)
        columns["defended_threatening"] = (
            columns["intercepted_threatening"] + columns["leaked_engaged"] + columns["leaked_no_channel"]
        )
        columns["defended_intercepted"] = columns["intercepted_threatening"]
        columns["threatening"] = columns["intercepted_threatening"] + 1.6 * leaked
        columns["interceptors_fired"] = np.round(1.09 * columns["engaged"])
        columns["interceptors_wasted"] = np.round(0.02 * columns["engaged"])
        columns["people_exposed"] = leaked * 3.1
        columns["injuries_expected"] = leaked * 0.21
        columns["injuries_if_unwarned"] = leaked * 0.62
        columns["injuries_if_undefended"] = columns["threatening"] * 0.2
        columns["injuries_if_neither"] = columns["threatening"] * 0.6
        columns["areas_alerted"] = np.round(900 * size)
        columns["areas_alerted_needlessly"] = np.round(520 * size)
        columns["impacts_in_areas"] = leaked * 2
        columns["cost_defender_kusd"] = columns["interceptors_fired"] * 50
        p_out = 0.38 if name in ("as-is", "two-more-day-20") else 0.29 if name.startswith("two") else 0.33
        out = rng.random(n) < p_out
        day = np.minimum(np.where(rng.random(n) < 0.3, rng.normal(11.5, 1.6, n), 20.9 - rng.exponential(2.2, n)), 20.99)
        columns["stocked_out"] = out.astype(float)
        columns["first_stockout_t_s"] = np.where(out, np.maximum(day, 6) * 86_400, np.nan)
        columns["stockout_day_capped"] = np.where(out, np.maximum(day, 6), float(DAYS))
        for key, (top, bottom, _) in RATIOS.items():
            columns[key] = columns[top] / sum(columns[b] for b in bottom)
        return columns

    def _daily(self) -> dict[str, np.ndarray]:
        rows: dict[str, list[np.ndarray]] = {k: [] for k in table_schema("daily").names}
        day = np.arange(DAYS + 1)
        for name in self.data["alternatives"]:
            rate = self.rng.gamma(9, 77 / 9, self.n)
            for r in range(self.n):
                used = np.concatenate([[0], np.cumsum(self.rng.poisson(rate[r], DAYS))])
                given = 250.0 * (day >= 7) + 250.0 * (day >= 14)
                if name.startswith("two-more-day-5") or name in ("rounds-only", "existing-sites"):
                    given = given + 160.0 * (day >= 5)
                stock = np.maximum(1200 + given - used, 0)
                rows["alternative"].append(np.full(DAYS + 1, name, dtype=object))
                rows["replication"].append(np.full(DAYS + 1, r))
                rows["day"].append(day)
                rows["ready_rounds"].append(np.minimum(stock, 360.0))
                rows["depot_rounds"].append(np.maximum(stock - 360.0, 0.0))
                rows["fired"].append(used.astype(float))
                rows["leaked_built_up"].append(day * 11.0)
                rows["launched"].append(day * 249.0)
        return {k: np.concatenate(v) for k, v in rows.items()}

    def _areas(self) -> dict[str, Any]:
        rows: dict[str, list[Any]] = {k: [] for k in table_schema("areas").names}
        for name in self.data["alternatives"]:
            for i, (town, e, n, _, before, after, people, shelter) in enumerate(TOWNS):
                mean = before + (after - before) * self.gain_scale * (
                    name.startswith("two-more-day-5") or name == "two-more-day-0"
                )
                values = (name, f"t{i}", town, e * 1000.0, n * 1000.0, *at(e, n), float(people), float(shelter), mean,
                          mean / 40, 2 * mean, 6 * mean, 4 * mean, mean, 5 * mean, 1e5 * mean, self.n)  # fmt: skip
                for key, v in zip(rows, values):
                    rows[key].append(v)
        return rows

    def _leads(self) -> dict[str, Any]:
        rows: dict[str, list[Any]] = {k: [] for k in table_schema("leads").names}
        start = np.arange(0, 242, 2.0)
        for name in self.data["alternatives"]:
            for shelter, mean, sd in ((15, 20, 9), (30, 40, 12), (45, 58, 14), (60, 85, 16), (90, 122, 22)):
                weight = np.exp(-0.5 * ((start + 1 - mean) / sd) ** 2)
                n = np.round(20_000 * weight / weight.sum()).astype(int)
                n[0] += 200
                for s, k in zip(start, n):
                    for key, v in zip(rows, (name, float(shelter), float(s), int(k))):
                        rows[key].append(v)
        return rows

    def _swing(self) -> dict[str, Any]:
        rows: dict[str, list[Any]] = {k: [] for k in table_schema("swing").names}
        ran = [name for name in ("two-more-day-5", "rounds-only") if name in self.data["alternatives"]]
        for name in ran or ["as-is"]:
            scale = 0.4 if name == "rounds-only" else 1.0
            used_gain = 62.0 * scale * self.gain_scale
            for key, label, low, used, high, gain_low, gain_high, _, _ in SWING:
                base = math.nan if key.startswith("assumptions") else float(used)
                ends = (("low", low, scale * gain_low), ("base", base, used_gain), ("high", high, scale * gain_high))
                for end, v, gain in ends:
                    values = (name, key, label, end, float(v), "leaked_built_up", -gain, -gain - 6, -gain + 6, 60)
                    for k, item in zip(rows, values):
                        rows[k].append(item)
        return rows

    def _inputs(self) -> tuple[dict[str, Any], list[str]]:
        m = 100
        rows: dict[str, Any] = {"sample": np.arange(m), "n": np.full(m, 8)}
        more = {}
        for key, _, low, _, high, *_ in SWING:
            more[key] = self.rng.uniform(low, high, m)
        for name, gain in GAINS.items():
            if name in self.data["alternatives"]:
                more[f"difference:{name}"] = -self.gain_scale * self.rng.gamma(4, gain / 4, m) + (6 if gain < 25 else 0)
        for measure, mean in (("leaked_built_up", 242), ("intercepted", 1478), ("launched", 5230), ("engaged", 1600)):
            more[f"baseline:{measure}"] = self.rng.normal(mean, 0.2 * mean, m)
            more[f"baseline_sd:{measure}"] = np.full(m, 0.1 * mean)
        return rows | more, list(more)

    def _grid(self) -> dict[str, Any]:
        rows: dict[str, list[Any]] = {k: [] for k in table_schema("grid").names}
        for stock in (1000, 1500, 2000, 3000, 4000, 6000, 8000, 10000):
            for tempo in (200, 250, 300, 400, 600, 1000, 1700, 3000):
                p = 1 / (1 + math.exp(-6 * (math.log(tempo * 5.0) - math.log(stock + 420))))
                p = round(p * 40) / 40
                values = ("two-more-day-5", "depot.rounds", float(stock), "threats.raid.launched_per_day.mean",
                          float(tempo), p, max(0, p - 0.05), min(1, p + 0.05), p * 0.3, 200.0, 40)  # fmt: skip
                for k, item in zip(rows, values):
                    rows[k].append(item)
        return rows

    def _shapley(self, total: float) -> dict[str, Any]:
        rows: dict[str, list[Any]] = {k: [] for k in table_schema("shapley").names}
        parts = {"area": 37.0, "tubes": 10.0, "rounds": 24.0}
        parts["delay"] = -total - sum(parts.values())
        for cause, v in (*parts.items(), ("total", -total)):
            for k, item in zip(rows, ("leaked_built_up", cause, -v, -v - 4, -v + 4, self.n)):
                rows[k].append(item)
        return rows

    def write(
        self, tables: tuple[str, ...] = ("daily", "areas", "leads", "swing", "inputs", "grid", "shapley")
    ) -> Path:
        """Write the folder with these tables beside `replications`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        replications = self._replications()
        made: dict[str, Any] = {"replications": (replications, [])}
        for name in tables:
            if name == "inputs":
                made[name] = self._inputs()
            elif name == "shapley":
                found = replications["leaked_built_up"]
                mine, base = (found[replications["alternative"] == a] for a in ("two-more-day-5", "as-is"))
                made[name] = (self._shapley(float(np.mean(mine - base))), [])
            else:
                made[name] = (getattr(self, f"_{name}")(), [])
        for name, (columns, further) in made.items():
            schema = table_schema(name)
            table = schema.table(columns, tuple(number(key, "", key) for key in further))
            pq.write_table(table, self.folder / f"{name}.parquet")
        manifest = {
            "schema_version": 1,
            "scenario_hash": "7c4109ae" * 8,
            "seed": 20,
            "versions": {"opendome": "0.1.0", "numpy": "2.3"},
        }
        (self.folder / "scenario.resolved.yaml").write_text(json.dumps(self.data), encoding="utf-8")
        (self.folder / "manifest.json").write_text(json.dumps(manifest, sort_keys=True), encoding="utf-8")
        return self.folder

"""The tracker end to end: starts, confirmation, identities, false tracks, kinds, several radars, impact, saving."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2

from opendome.base.errors import CommandError
from opendome.base.polar import place_radar
from opendome.base.registry import lookup
from opendome.base.types import PLOT, TRACK_REPORT, TrackKind, TrackStatus
from opendome.testing.tracker_conformance import check_tracker, generate_scans
from opendome.tracking import ErrorPrior, Tracker, TrackRules
from opendome.tracking.protocol import TrackerProtocol
from opendome.tracking.report import impact_now
from opendome.tracking.room import grown_state
from opendome.tracking.tracker import opendome_tracker
from tests.tracking.raids import LAT_DEG, LON_DEG, Flight, drone, reference_radar, scan_at, spread_raid

QUIET = TrackRules(impact_every_s=math.inf)


class Story(NamedTuple):
    """What became of a raid: by object, time of first visibility, of first plot under a confirmed track, kinds told."""

    first_s: dict[int, float]
    confirmed_s: dict[int, float]
    n_switches: int
    kinds: dict[int, list[int]]
    strays: set[int]


def follow(
    tracker: Any, radars: NDArray[np.void], flights: list[Flight], looks: list[tuple[float, int]], seed: int
) -> Story:
    """Run a tracker over looks (time, radar) and score it by the source of the plots it takes."""
    rng = np.random.default_rng(seed)
    first: dict[int, float] = {}
    confirmed: dict[int, float] = {}
    last: dict[int, int] = {}
    kinds: dict[int, list[int]] = {}
    strays: set[int] = set()
    n_switches = 0
    for t_s, i_radar in looks:
        s = scan_at(rng, radars, i_radar, flights, t_s)
        for k in s.visible:
            first.setdefault(k, t_s)
        rows = tracker.step(s.t_s, s.plots).confirmed.rows
        places = np.array([x[:3] for x in (f.at(t_s) for f in flights) if x is not None]).reshape(-1, 3)
        for row in rows:
            if not len(places) or np.linalg.norm(places - row["mean"][:3], axis=1).min() > 3_000.0:
                strays.add(int(row["track_id"]))
            source = int(s.source[row["i_plot"]]) if row["i_plot"] >= 0 else -1
            if source >= 0:
                confirmed.setdefault(source, t_s)
                n_switches += last.get(source, row["track_id"]) != row["track_id"]
                last[source] = int(row["track_id"])
                kinds.setdefault(source, []).append(int(row["kind"]))
    return Story(first, confirmed, n_switches, kinds, strays)


def share_confirmed(story: Story, within_s: float, until_s: float) -> float:
    """Share of the objects first visible by ``until_s`` that were confirmed within so many seconds."""
    waits = [story.confirmed_s.get(k, math.inf) - t for k, t in story.first_s.items() if t <= until_s]
    return float(np.mean(np.array(waits) <= within_s))


def test_spread_raid_of_300_with_300_false_plots() -> None:
    """At least 95 % confirmed within 6 s; at most 0.1 identity switches a rocket; no stray tracks."""
    radar, flights = reference_radar(300), spread_raid(1, 300)
    tracker = Tracker(radar, lat_deg=LAT_DEG, rules=QUIET)
    story = follow(tracker, radar, flights, [(float(k), 0) for k in range(120)], 5)
    assert len(story.first_s) == 300
    assert share_confirmed(story, 6.0, 110.0) >= 0.95
    assert story.n_switches <= 0.1 * 300
    assert len(story.strays) <= 2


def count_false(n_scans: int, seed: int, n_false: float = 300.0) -> int:
    """Confirmed tracks in a sky that holds false plots alone."""
    radar, rng = reference_radar(n_false), np.random.default_rng(seed)
    tracker = Tracker(radar, lat_deg=LAT_DEG, rules=QUIET)
    seen: set[int] = set()
    for k in range(n_scans):
        s = scan_at(rng, radar, 0, [], float(k))
        table = tracker.step(s.t_s, s.plots)
        seen |= {int(i) for i in table["track_id"][table["status"] == TrackStatus.CONFIRMED]}
    return len(seen)


def test_no_false_track_in_half_an_hour() -> None:
    assert count_false(1_800, 1) == 0


@pytest.mark.validate
def test_false_tracks_over_twelve_hours() -> None:
    """Upper 95 % limit of the rate of false confirmed tracks, 300 false plots a scan (Garwood 1936)."""
    n = count_false(12 * 3_600, 2)
    assert chi2.ppf(0.95, 2 * n + 2) / 2.0 / 12.0 <= 1.0


def three_radars(n_false: float) -> NDArray[np.void]:
    radars = np.concatenate([
        reference_radar(n_false),
        reference_radar(n_false, identity=2, revisit_s=2.0, phase_s=0.35),
        reference_radar(n_false, identity=3, revisit_s=4.0, phase_s=1.7),
    ])  # fmt: skip
    place_radar(radars[1], LAT_DEG, LON_DEG, LAT_DEG + 0.1, LON_DEG + 0.1, 50.0)
    place_radar(radars[2], LAT_DEG, LON_DEG, LAT_DEG - 0.05, LON_DEG - 0.1, 30.0)
    return radars


def looks_of(radars: NDArray[np.void], until_s: float) -> list[tuple[float, int]]:
    """All looks of all radars in the order of time."""
    return sorted(
        (float(radar["phase_s"] + k * radar["revisit_s"]), i)
        for i, radar in enumerate(radars)
        for k in range(int(until_s / radar["revisit_s"]))
    )


def drones(seed: int, n: int) -> list[Flight]:
    rng = np.random.default_rng(seed)
    flights = []
    for _ in range(n):
        bearing, far_m = rng.uniform(0.0, 2.0 * math.pi), rng.uniform(12e3, 22e3)
        begin = np.array([far_m * math.sin(bearing), far_m * math.cos(bearing), rng.uniform(600.0, 900.0)])
        end = np.array([*rng.uniform(-4e3, 4e3, 2), begin[2]])
        middle = 0.5 * (begin + end) + np.array([*rng.uniform(-2e3, 2e3, 2), 0.0])
        flights.append(drone(rng.uniform(0.0, 10.0), np.array([begin, middle, end]), rng.uniform(30.0, 55.0)))
    return flights


def test_three_radars_one_picture_of_rockets_and_drones() -> None:
    radars = three_radars(50)
    flights = spread_raid(1, 30, 40.0) + drones(0, 10)
    tracker = Tracker(radars, lat_deg=LAT_DEG, rules=QUIET)
    story = follow(tracker, radars, flights, looks_of(radars, 80.0), 3)
    assert share_confirmed(story, 6.0, 70.0) >= 0.95
    assert story.n_switches <= 2 and len(story.strays) <= 1
    assert set(range(30, 40)) <= set(story.kinds)
    for k, told in story.kinds.items():
        assert told[-1] == (TrackKind.ROCKET if k < 30 else TrackKind.DRONE)


def test_looks_of_several_radars_in_one_scan_equal_looks_one_by_one() -> None:
    radars, flights = three_radars(5), spread_raid(4, 8, 10.0)
    radars["revisit_s"], radars["phase_s"] = 1.0, 0.0
    together, apart = (Tracker(radars, lat_deg=LAT_DEG, rules=QUIET) for _ in range(2))
    rng = np.random.default_rng(0)
    for k in range(30):
        scans = [scan_at(rng, radars, i, flights, k + 0.1 * i).plots for i in range(3)]
        table = together.step(k + 0.2, np.concatenate(scans[::-1]))
        for i in range(3):
            one = apart.step(k + 0.1 * i, scans[i])
    assert len(table.confirmed) == 8
    assert np.allclose(table["mean"], one["mean"], atol=1e-6) and np.array_equal(table["track_id"], one["track_id"])


def test_impact_comes_with_confirmation_and_narrows() -> None:
    radar, flights = reference_radar(5), spread_raid(6, 6, 1.0)
    tracker, rng, sizes, errors = Tracker(radar, lat_deg=LAT_DEG), np.random.default_rng(1), {}, []
    out = np.zeros(8)
    for k in range(60):
        s = scan_at(rng, radar, 0, flights, float(k))
        table = tracker.step(s.t_s, s.plots)
        for row in table.confirmed.rows:
            assert row["has_impact"] == 1 and row["t_impact_s"] > k
            sizes.setdefault(int(row["track_id"]), []).append(row["impact_var_east_m2"] + row["impact_var_north_m2"])
            if k == 40:
                place = np.array([row["impact_east_m"], row["impact_north_m"]])
                errors.append(min(np.linalg.norm(f.state[-1, :2] - place) for f in flights))
        assert (table["has_impact"][table["status"] == TrackStatus.TENTATIVE] == 0).all()
        if k == 40:
            slot = tracker.state.live[0]
            assert impact_now(tracker.setup, tracker.state, slot, out)
            assert out[1] == table["impact_east_m"][0]
    assert len(sizes) == 6 and all(v[-1] < 0.01 * v[0] for v in sizes.values())
    assert np.median(errors) < 500.0


def test_impacts_on_a_schedule() -> None:
    radar, flights = reference_radar(0), spread_raid(6, 2, 1.0)
    tracker = Tracker(radar, lat_deg=LAT_DEG, rules=TrackRules(impact_every_s=5.0))
    rng, values = np.random.default_rng(1), []
    for k in range(31):
        s = scan_at(rng, radar, 0, flights, float(k))
        table = tracker.step(s.t_s, s.plots)
        values += [float(row["impact_east_m"]) for row in table.confirmed.rows if row["track_id"] == 1]
    assert 4 <= len(set(values)) <= 6


def test_order_of_plots_does_not_matter_and_they_stay_as_they_are() -> None:
    radar, flights = reference_radar(100), spread_raid(3, 20, 10.0)
    one, other = (Tracker(radar, lat_deg=LAT_DEG) for _ in range(2))
    rng = np.random.default_rng(2)
    for k in range(40):
        s = scan_at(rng, radar, 0, flights, float(k))
        before = s.plots.tobytes()
        a, b = one.step(s.t_s, s.plots), other.step(s.t_s, s.plots[rng.permutation(len(s.plots))])
        assert s.plots.tobytes() == before
        names = [name for name in TRACK_REPORT.names or () if name != "i_plot"]
        assert all(np.array_equal(a[name], b[name], equal_nan=a[name].dtype.kind == "f") for name in names)


def test_room_grows_without_a_trace_and_a_copy_goes_its_own_way() -> None:
    radar, flights = reference_radar(50), spread_raid(8, 150, 5.0)
    small, large = (Tracker(radar, lat_deg=LAT_DEG, rules=QUIET) for _ in range(2))
    large.state = grown_state(large.state, 1_000)
    large._ensure_room(3_000)
    rng = np.random.default_rng(2)
    for k in range(25):
        s = scan_at(rng, radar, 0, flights, float(k))
        a, b = small.step(s.t_s, s.plots), large.step(s.t_s, s.plots)
        assert a.rows.tobytes() == b.rows.tobytes()
    assert len(a.confirmed) > 140 and len(small.state.live) < len(large.state.live)
    copy = small.copy()
    s = scan_at(rng, radar, 0, flights, 25.0)
    lost = small.step(25.0, s.plots[:0])
    assert copy.step(25.0, s.plots).rows.tobytes() == large.step(25.0, s.plots).rows.tobytes() != lost.rows.tobytes()


def test_plain_prior_is_smaller_and_registered_tracker_is_ours() -> None:
    radar = reference_radar(0)
    tracker = lookup("tracker", "opendome")(radar, LAT_DEG, prior=ErrorPrior(is_plain=True))
    assert isinstance(tracker, Tracker) and isinstance(tracker, TrackerProtocol)
    assert tracker.setup.motion.model.is_plain


def test_ours_keeps_to_the_rules_of_trackers() -> None:
    found = check_tracker(opendome_tracker)
    assert found.n_objects == 8 and found.n_confirmed >= 7 and not found.depends_on_order
    assert any(len(plots) == 0 for _, plots in generate_scans())


class _Faulty:
    """The tracker with one fault put in."""

    def __init__(self, fault: str, radars: NDArray[np.void], lat_deg: float):
        self.fault, self.inner, self.n_steps = fault, Tracker(radars, lat_deg=lat_deg), 0

    def step(self, t_s: float, plots: NDArray[np.void]) -> Any:
        """Take a step and spoil it."""
        self.n_steps += 1
        table = self.inner.step(t_s, plots)
        if self.fault == "plots" and len(plots):
            plots["range_m"][0] += 1.0
        if self.fault == "ids":
            table.rows["track_id"] += self.n_steps % 2
        if self.fault == "cov":
            table.rows["cov"][:, 0, 1] += 1e9
        if self.fault == "nan":
            table.rows["mean"][:, 2] = math.nan
        return table


@pytest.mark.parametrize(
    ("fault", "word"), [("plots", "written"), ("ids", "track_id"), ("cov", "symmetric"), ("nan", "not a number")]
)
def test_conformance_sees_faults(fault: str, word: str) -> None:
    with pytest.raises(CommandError, match=word):
        check_tracker(lambda radars, lat_deg: _Faulty(fault, radars, lat_deg), n_scans=12)


def test_what_is_seen_in_half_of_the_looks_is_kept() -> None:
    radar, flights = reference_radar(5), spread_raid(5, 10, 1.0)
    tracker, rng, ids = Tracker(radar, lat_deg=LAT_DEG, rules=QUIET), np.random.default_rng(3), set()
    for k in range(65):
        s = scan_at(rng, radar, 0, flights, float(k), 0.9 if k < 15 else max(0.9 - 0.02 * (k - 15), 0.55))
        ids |= {int(i) for i in tracker.step(s.t_s, s.plots).confirmed["track_id"]}
    assert 10 <= len(ids) <= 12


def test_plots_may_be_many_at_once() -> None:
    radar, rng = reference_radar(2_000), np.random.default_rng(1)
    tracker = Tracker(radar, lat_deg=LAT_DEG, rules=QUIET)
    for k in range(4):
        s = scan_at(rng, radar, 0, [], float(k))
        table = tracker.step(s.t_s, s.plots)
    assert len(table.confirmed) == 0
    assert len(tracker.step(10.0, np.zeros(0, PLOT))) <= len(table)

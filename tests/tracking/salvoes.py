"""Salvoes under the tracker: how many tracks they have, where they are said to fall, and where they fall."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.stats import norm, qmc
from scipy.stats import t as student

from opendome.tracking import ErrorPrior, Tracker, TrackRules
from tests.tracking.raids import FALSE, LAT_DEG, Flight, Scan, reference_radar, scan_at

Floats = NDArray[np.float64]

CELL_M, TOWN_RADIUS_M, TOWN_PITCH_M = 1_000.0, 1_500.0, 4_000.0
LEAST_P = 0.01
EDGES = (0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 1.01)
_NORMAL = norm.ppf((qmc.Sobol(2, scramble=False).random(1_024) + 0.5 / 1_024) % 1.0)
_NEAR_M = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), axis=-1).reshape(-1, 2) * TOWN_PITCH_M


class Chances(NamedTuple):
    """Chances of areas to be hit and what came: ``p``, ``hit`` (or the share of hits), number of the ``salvo``, age."""

    p: Floats
    hit: Floats
    salvo: NDArray[np.int64]
    age_s: Floats

    def of_age(self, begin_s: float, end_s: float) -> Chances:
        """Give those told at an age."""
        inside = (self.age_s >= begin_s) & (self.age_s < end_s)
        return Chances(self.p[inside], self.hit[inside], self.salvo[inside], self.age_s[inside])


class Bin(NamedTuple):
    """Chances between two edges: their mean, the share of hits, the number, the salvoes, half the 99.9 % band."""

    said: float
    seen: float
    n: int
    n_salvoes: int
    band: float


class Salvoes(NamedTuple):
    """By look and salvo: ``ratio`` of tracks to members in view, ``n_grouped`` size of the largest group marked.

    By track and look, members assigned to tracks by nearest impact: ``age_s``, ``nees``, ``error_m``.

    ``cells`` of 1 km and ``towns`` of 3 km, by track and look: its chance to fall there, and whether the object did
    that made the plot it was given last, which is the one that a track stands for (``tracking.groups``). ``pooled``,
    cells by salvo and look: the mean chance of its tracks, and the share of its members that came. Areas are chosen by
    what is said, never by what comes.
    """

    ratio: Floats
    n_grouped: NDArray[np.int64]
    age_s: Floats
    nees: Floats
    error_m: Floats
    cells: Chances
    towns: Chances
    pooled: Chances


def curve(chances: Chances) -> list[Bin]:
    """Bins of at least 30 chances of 5 salvoes. The band's unit is the salvo, since its members fall together."""
    bins = []
    for least, most in itertools.pairwise(EDGES):
        inside = (chances.p >= least) & (chances.p < most)
        _, salvo = np.unique(chances.salvo[inside], return_inverse=True)
        n, n_salvoes = len(salvo), int(salvo.max(initial=-1)) + 1
        if n < 30 or n_salvoes < 5:
            continue
        off = chances.hit[inside] - chances.p[inside]
        by_salvo = np.bincount(salvo, off - off.mean())
        se = math.sqrt((by_salvo**2).sum() * n_salvoes / (n_salvoes - 1)) / n
        said, seen = chances.p[inside].mean(), chances.hit[inside].mean()
        bins.append(Bin(said, seen, n, n_salvoes, student.ppf(0.9995, n_salvoes - 1) * se))
    return bins


def as_rows(name: str, bins: list[Bin]) -> str:
    """Give a curve as rows of a table."""
    return "\n".join(f"| {name} | {b.said:.2f} | {b.seen:.2f} | {b.band:.3f} | {b.n} | {b.n_salvoes} |" for b in bins)


def _cell_of(places: Floats) -> NDArray[np.int64]:
    """Number of the cell of each place (..., 2)."""
    cell: NDArray[np.int64] = np.floor(places / CELL_M).astype(np.int64) @ np.array([1 << 20, 1])
    return cell


def ellipses(rows: NDArray[np.void]) -> tuple[Floats, Floats]:
    """Mean (n, 2) and covariance (n, 2, 2) of the impacts of tracks."""
    east, both, north = rows["impact_var_east_m2"], rows["impact_cov_m2"], rows["impact_var_north_m2"]
    mean = np.stack([rows["impact_east_m"], rows["impact_north_m"]], axis=1)
    return mean, np.stack([east, both, both, north], axis=1).reshape(-1, 2, 2)


def _points(mean: Floats, cov: Floats) -> Floats:
    """Fixed points (n, 1024, 2) of the distributions of impacts."""
    return mean[:, None] + np.einsum("nij,kj->nki", np.linalg.cholesky(cov), _NORMAL)


def _pooled(points: Floats, ends: Floats) -> list[tuple[float, float]]:
    """Mean chance of each cell over tracks, share of the ends there. No track is matched to any member."""
    keys, counts = np.unique(_cell_of(points), return_counts=True)
    hits = (keys[:, None] == _cell_of(ends)).mean(axis=1)
    return [(p, hit) for p, hit in zip(counts / counts.sum(), hits) if p >= LEAST_P]


def _of_cells(points: Floats, end: Floats) -> list[tuple[float, float]]:
    """Chance of each cell by one track's points (k, 2), and whether its object comes down there."""
    keys, counts = np.unique(_cell_of(points), return_counts=True)
    return [(p, hit) for p, hit in zip(counts / len(points), keys == _cell_of(end)) if p >= LEAST_P]


def _of_towns(points: Floats, end: Floats) -> list[tuple[float, float]]:
    """Chance of each of the nine towns about the middle of one track's points, and whether its object falls there."""
    places = np.round(points.mean(axis=0) / TOWN_PITCH_M) * TOWN_PITCH_M + _NEAR_M
    p = (np.linalg.norm(points[None] - places[:, None], axis=2) < TOWN_RADIUS_M).mean(axis=1)
    hit = np.linalg.norm(end - places, axis=1) < TOWN_RADIUS_M
    return [(a, b) for a, b in zip(p, hit) if a >= LEAST_P]


class Watch:
    """What is gathered while salvoes are tracked."""

    def __init__(self, flights: list[Flight], n_each: int):
        self.n_each, self.flights = n_each, flights
        self.ends = np.array([f.state[-1, :2] for f in flights])
        self.begin_s = np.array([f.t_s[0] for f in flights])
        self.made_by: dict[int, int] = {}
        self.counts: list[tuple[float, int]] = []
        self.errors: list[tuple[float, float, float]] = []
        self.cells: list[tuple[float, ...]] = []
        self.towns: list[tuple[float, ...]] = []
        self.pooled: list[tuple[float, ...]] = []

    def note_sources(self, rows: NDArray[np.void], scan: Scan) -> None:
        """Note which object made the plot that each track was given; a false one changes nothing."""
        for row in rows[rows["i_plot"] >= 0]:
            source = int(scan.source[row["i_plot"]])
            if source != FALSE:
                self.made_by[int(row["track_id"])] = source

    def note_tracks(self, rows: NDArray[np.void], t_s: float) -> None:
        """Note each track's chances against the object that it stands for."""
        rows = rows[[int(row["track_id"]) in self.made_by for row in rows]]
        for row, points in zip(rows, _points(*ellipses(rows))):
            source = self.made_by[int(row["track_id"])]
            end, of = self.ends[source], (source // self.n_each, t_s - self.begin_s[source])
            self.cells += [(*one, *of) for one in _of_cells(points, end)]
            self.towns += [(*one, *of) for one in _of_towns(points, end)]

    def by_salvo(self, rows: NDArray[np.void], t_s: float) -> dict[int, NDArray[np.void]]:
        """Tracks by the salvo that they are near to."""
        now = [f.at(t_s) for f in self.flights]
        places = np.array([x[:3] if x is not None else np.full(3, 1e9) for x in now])
        near = np.linalg.norm(places[:, None] - rows["mean"][None, :, :3], axis=2)
        salvo_of = np.where(near.min(axis=0) < 3_000.0, near.argmin(axis=0) // self.n_each, -1)
        return {q: rows[salvo_of == q] for q in set(salvo_of.tolist()) - {-1}}

    def note_salvo(self, q: int, rows: NDArray[np.void], scan: Scan, has_chances: bool) -> None:
        """Note how many tracks a salvo has, their errors, and their chances pooled."""
        mine = slice(q * self.n_each, (q + 1) * self.n_each)
        ends, age_s = self.ends[mine], float(scan.t_s - self.begin_s[mine].mean())
        if age_s > 12.0 and len(scan.visible & set(range(mine.start, mine.stop))) == self.n_each:
            self.counts.append((len(rows) / self.n_each, int(rows["n_in_group"].max())))
        mean, cov = ellipses(rows)
        if has_chances:
            self.pooled += [(*one, q, age_s) for one in _pooled(_points(mean, cov), ends)]
        off = mean[:, None] - ends[None]
        for i, j in zip(*linear_sum_assignment(np.linalg.norm(off, axis=2))):
            e = off[i, j]
            self.errors.append((age_s, e @ np.linalg.solve(cov[i], e), float(np.linalg.norm(e))))

    def result(self) -> Salvoes:
        """Give all as columns."""
        ratio, grouped = np.array(self.counts).T
        three = [_as_chances(rows) for rows in (self.cells, self.towns, self.pooled)]
        return Salvoes(ratio, grouped.astype(int), *np.array(self.errors).T, *three)


def _as_chances(rows: list[tuple[float, ...]]) -> Chances:
    p, hit, salvo, age_s = np.array(rows, np.float64).T
    return Chances(p, hit, salvo.astype(int), age_s)


def watch(flights: list[Flight], n_each: int, n_false: float, seed: int, until_s: int, p_every: int = 10) -> Salvoes:
    """Track salvoes and compare each with its own members."""
    radar, rng, seen = reference_radar(n_false), np.random.default_rng(seed), Watch(flights, n_each)
    tracker = Tracker(radar, lat_deg=LAT_DEG, prior=ErrorPrior(is_plain=True), rules=TrackRules())
    for k in range(until_s):
        scan, has_chances = scan_at(rng, radar, 0, flights, float(k)), k % p_every == 0
        table = tracker.step(scan.t_s, scan.plots)
        seen.note_sources(table.rows, scan)
        rows = table.confirmed.rows
        rows = rows[rows["has_impact"] == 1]
        if not len(rows):
            continue
        if has_chances:
            seen.note_tracks(rows, scan.t_s)
        for q, mine in seen.by_salvo(rows, scan.t_s).items():
            seen.note_salvo(q, mine, scan, has_chances)
    return seen.result()

"""Does a tracker of one's own keep to the rules? Asked on generated scans, before a picture is made with it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.philox import Purpose, normal_pair, stream_key, uniform_four
from opendome.base.polar import default_radar, to_polar
from opendome.base.types import PLOT, TRACK_REPORT, TrackKind, TrackStatus
from opendome.tracking.protocol import TrackerFactory

__all__ = ["TrackerConformance", "check_tracker", "generate_scans"]

_LAT_DEG = 31.5
_N_OBJECTS = 8
_N_FALSE = 10
_EMPTY = (0, 12, 24)
_SD_RANGE_M, _SD_ANGLE_RAD = 15.0, 0.002
_IMPACT = (
    "t_impact_s",
    "impact_east_m",
    "impact_north_m",
    "impact_var_east_m2",
    "impact_cov_m2",
    "impact_var_north_m2",
)
_ONE_MILLIMETRE_M = 1e-3


class TrackerConformance(NamedTuple):
    """What a tracker made of the generated scans.

    ``n_objects`` that flew, ``n_tracks`` ids given, ``n_confirmed`` of them confirmed at some time;
    ``depends_on_order``: whether the order of plots within a scan changes the tracks, which is allowed and worth
    knowing.
    """

    n_objects: int
    n_tracks: int
    n_confirmed: int
    depends_on_order: bool


def generate_scans(seed: int = 1, n_scans: int = 30) -> list[tuple[float, NDArray[np.void]]]:
    """Give scans, one a second: eight objects in free fall without air, false plots, three scans that are empty."""
    radar = default_radar().view(np.recarray)[0]
    key = np.uint64(stream_key(seed, int(Purpose.INPUT_SAMPLE)))
    scans = []
    for i_scan in range(n_scans):
        plots = np.zeros(_N_OBJECTS + _N_FALSE, PLOT)
        plots["t_s"], plots["range_rate_mps"], plots["snr_db"] = i_scan, math.nan, 15.0
        for k in range(len(plots)):
            u = uniform_four(key, 0 if k < _N_OBJECTS else 1 + i_scan, k, 0, 0)
            noise = uniform_four(key, 1 + i_scan, k, 1, 0)
            if k < _N_OBJECTS:
                polar = _object_polar(radar, u, float(i_scan), noise)
            else:
                polar = (1_000.0 + 80_000.0 * u[0], 2.0 * math.pi * u[1], 0.02 + u[2])
            plots["range_m"][k], plots["azimuth_rad"][k], plots["elevation_rad"][k] = polar
        plots["var_range_m2"], plots["var_elevation_rad2"] = _SD_RANGE_M**2, _SD_ANGLE_RAD**2
        plots["var_azimuth_rad2"] = (_SD_ANGLE_RAD / np.cos(plots["elevation_rad"])) ** 2
        seen = [uniform_four(key, 1 + i_scan, k, 2, 0)[0] < 0.9 for k in range(len(plots))]
        plots = plots[np.array(seen)] if i_scan not in _EMPTY else plots[:0]
        scans.append((float(i_scan), np.ascontiguousarray(plots[np.argsort(plots["azimuth_rad"])])))
    return scans


def _object_polar(
    radar: np.record, u: tuple[float, ...], t_s: float, noise: tuple[float, ...]
) -> tuple[float, float, float]:
    """Noisy range, azimuth and elevation of one object after t_s seconds."""
    azimuth = 2.0 * math.pi * u[0]
    east_m, north_m = 12_000.0 * math.sin(azimuth), 12_000.0 * math.cos(azimuth)
    v_east, v_north = -250.0 * math.sin(azimuth + u[1] - 0.5), -250.0 * math.cos(azimuth + u[1] - 0.5)
    v_up = 300.0 + 100.0 * u[2]
    up_m = 1_000.0 + v_up * t_s - 0.5 * 9.8 * t_s * t_s
    range_m, azimuth, elevation, _ = to_polar(
        radar, east_m + v_east * t_s, north_m + v_north * t_s, up_m, 0.0, 0.0, 0.0
    )
    n0, n1 = normal_pair(noise[0], noise[1])
    n2, _ = normal_pair(noise[2], noise[3])
    azimuth = (azimuth + n1 * _SD_ANGLE_RAD / math.cos(elevation)) % (2.0 * math.pi)
    return range_m + n0 * _SD_RANGE_M, azimuth, elevation + n2 * _SD_ANGLE_RAD


class _Watch:
    """Follows one run and gathers what it breaks, each kind of fault once."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        self.ids: dict[int, int] = {}
        self.gone: set[int] = set()
        self.confirmed: set[int] = set()

    def note(self, what: str, t_s: float) -> None:
        """Note a fault, at its first time."""
        self.problems.setdefault(what, f"{what} (first at t_s = {t_s:g})")

    def look(self, t_s: float, rows: NDArray[np.void], n_plots: int) -> None:
        """Check the rows of one step."""
        self._look_at_ids(t_s, rows)
        self._look_at_numbers(t_s, rows)
        if not np.isin(rows["status"], [int(s) for s in TrackStatus]).all():
            self.note("status is none of TrackStatus", t_s)
        if not np.isin(rows["kind"], [int(k) for k in TrackKind]).all():
            self.note("kind is none of TrackKind", t_s)
        if ((rows["i_plot"] < -1) | (rows["i_plot"] >= n_plots)).any():
            self.note("i_plot is no row of the step's plots and not -1", t_s)
        if (rows["n_in_group"] < 1).any():
            self.note("n_in_group is less than 1: a track that stands alone is a group of one", t_s)

    def _look_at_ids(self, t_s: float, rows: NDArray[np.void]) -> None:
        ids = [int(i) for i in rows["track_id"]]
        if len(set(ids)) < len(ids):
            self.note("two rows have the same track_id", t_s)
        if set(ids) & self.gone:
            self.note("a track_id comes back after its track had ended: ids are never given twice", t_s)
        new = [i for i in ids if i not in self.ids]
        if new and self.ids and min(new) <= max(self.ids):
            self.note("a new track_id is not above all earlier ones", t_s)
        sure = {i for i, status in zip(ids, rows["status"]) if status == TrackStatus.CONFIRMED}
        if (set(ids) - sure) & self.confirmed:
            self.note("a confirmed track is tentative again", t_s)
        self.gone |= set(self.ids) - set(ids)
        self.ids.update({i: 1 for i in ids})
        self.confirmed |= sure

    def _look_at_numbers(self, t_s: float, rows: NDArray[np.void]) -> None:
        if not (np.isfinite(rows["mean"][:, :6]).all() and np.isfinite(rows["cov"][:, :6, :6]).all()):
            self.note("mean or cov holds what is not a number", t_s)
            return
        falls = rows["kind"] == TrackKind.ROCKET
        if not np.isfinite(rows["mean"][falls, 6]).all():
            self.note("a rocket's mean has no logarithm of the ballistic coefficient", t_s)
        cov = rows["cov"][:, :6, :6]
        scale = np.sqrt(np.maximum(np.einsum("nii->ni", cov), 1e-12))
        unit = cov / scale[:, :, None] / scale[:, None, :]
        if len(rows) and (
            np.abs(unit - np.swapaxes(unit, 1, 2)).max() > 1e-6 or np.linalg.eigvalsh(unit).min() < -1e-6
        ):
            self.note("cov is not a covariance: it has to be symmetric without negative eigenvalues", t_s)
        if not (np.abs(rows["p_kind"].sum(axis=1) - 1.0) < 1e-3).all():
            self.note("p_kind does not sum to 1", t_s)
        if not (np.isfinite(rows["t_s"]).all() and (rows["t_s"] <= t_s + 1e-6).all()):
            self.note("a row's t_s is not a number or in the future", t_s)
        self._look_at_impacts(t_s, rows[rows["has_impact"] == 1])

    def _look_at_impacts(self, t_s: float, rows: NDArray[np.void]) -> None:
        if not all(np.isfinite(rows[name]).all() for name in _IMPACT):
            self.note("an impact holds what is not a number", t_s)
            return
        det = rows["impact_var_east_m2"] * rows["impact_var_north_m2"] - rows["impact_cov_m2"] ** 2
        if not ((rows["impact_var_east_m2"] > 0.0).all() and (det >= 0.0).all()):
            self.note("the covariance of an impact has no positive variances", t_s)


def _is_same(a: NDArray[np.void], b: NDArray[np.void]) -> bool:
    """Whether two record arrays hold the same values; the bytes between fields do not count."""
    names = a.dtype.names or ()
    return len(a) == len(b) and all(
        np.array_equal(a[name], b[name], equal_nan=a[name].dtype.kind == "f") for name in names
    )


def _run(factory: TrackerFactory, scans: list[tuple[float, NDArray[np.void]]], watch: _Watch) -> list[NDArray[np.void]]:
    """Rows of every step, copied; faults go to ``watch``."""
    radars = default_radar()
    radars["n_false_plots"] = _N_FALSE
    before = radars.copy()
    tracker = factory(radars, _LAT_DEG)
    kept: list[tuple[NDArray[np.void], NDArray[np.void]]] = []
    for t_s, plots in scans:
        given = plots.copy()
        table = tracker.step(t_s, given)
        if not _is_same(given, plots):
            watch.note("the plots were written to", t_s)
        rows = getattr(table, "rows", None)
        if not isinstance(rows, np.ndarray) or rows.dtype != TRACK_REPORT or rows.ndim != 1:
            raise CommandError(
                f"step has to give an object whose `rows` are an array (n,) of TRACK_REPORT, got {rows!r:.80}"
            )
        watch.look(t_s, rows, len(plots))
        kept.append((rows, rows.copy()))
    if not all(_is_same(rows, copy) for rows, copy in kept):
        watch.note("a later step changed the rows of an earlier one", scans[-1][0])
    if not _is_same(radars, before):
        watch.note("the radars were written to", scans[0][0])
    return [copy for _, copy in kept]


def _is_like(a: list[NDArray[np.void]], b: list[NDArray[np.void]]) -> bool:
    """Whether two runs have the same tracks in the same places, whatever their order and ids."""
    for one, other in zip(a, b, strict=True):
        if len(one) != len(other):
            return False
        first, second = (rows["mean"][np.lexsort(rows["mean"][:, :3].T.round(1)), :3] for rows in (one, other))
        if len(one) and np.abs(first - second).max() > _ONE_MILLIMETRE_M:
            return False
    return True


def check_tracker(factory: TrackerFactory, *, seed: int = 1, n_scans: int = 30) -> TrackerConformance:
    """Run a tracker on generated scans and check what it gives.

    Parameters
    ----------
    factory : callable    ``factory(radars, lat_deg)`` gives a tracker, see ``tracking.protocol``
    seed, n_scans : int   of the generated scans

    Returns
    -------
    TrackerConformance

    Raises
    ------
    CommandError
        With every rule that was broken and when.
    """
    scans = generate_scans(seed, n_scans)
    watch = _Watch()
    rows = _run(factory, scans, watch)
    again = _run(factory, scans, _Watch())
    if not all(_is_same(a, b) for a, b in zip(rows, again)):
        watch.note("a second run with the same scans gave other rows", scans[-1][0])
    turned = _run(factory, [(t_s, np.ascontiguousarray(plots[::-1])) for t_s, plots in scans], _Watch())
    if watch.problems:
        lines = "".join(f"\n  {problem}" for problem in watch.problems.values())
        raise CommandError(f"the tracker breaks {len(watch.problems)} rule(s):{lines}")
    return TrackerConformance(_N_OBJECTS, len(watch.ids), len(watch.confirmed), not _is_like(rows, turned))

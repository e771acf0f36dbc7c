"""What cannot be meant is refused with every problem at once; what can happen gives a safe result."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.base.polar import default_radar
from opendome.base.types import PLOT, TRACK_REPORT
from opendome.tracking import Tracker, TrackRules
from opendome.tracking.scan import BAD_PLOTS, TOO_MANY_PLOTS, new_work, scan
from opendome.tracking.table import TrackTable
from tests.tracking.raids import LAT_DEG, drone, reference_radar, scan_at, spread_raid

QUIET = TrackRules(impact_every_s=math.inf)


def plot_of(t_s: float, range_m: float, azimuth_rad: float, elevation_rad: float) -> np.ndarray:
    plot = np.zeros(1, PLOT)
    plot["t_s"], plot["range_m"], plot["azimuth_rad"], plot["elevation_rad"] = t_s, range_m, azimuth_rad, elevation_rad
    plot["range_rate_mps"] = math.nan
    plot["var_range_m2"], plot["var_azimuth_rad2"], plot["var_elevation_rad2"] = 225.0, 4e-6, 4e-6
    return plot


def is_clean(rows: np.ndarray) -> bool:
    """Whether a table holds no NaN, ln(beta) of drones apart."""
    names = [name for name in TRACK_REPORT.names or () if name != "mean"]
    means = np.isfinite(rows["mean"][:, :6]).all() and np.isfinite(rows["mean"][rows["kind"] == 0, 6]).all()
    return bool(means and all(np.isfinite(rows[name]).all() for name in names))


def test_every_problem_of_the_radars_and_rules_is_named() -> None:
    radar = default_radar()
    radar["range_max_m"], radar["revisit_s"], radar["axes"] = math.nan, 0.0, np.ones((3, 3))
    with pytest.raises(CommandError) as caught:
        Tracker(radar, rules=TrackRules(p_detect=1.0, start_looks=2, gate_of_3=math.nan))
    text = str(caught.value)
    for word in ("range_max_m", "revisit_s", "axes", "gate_of_3"):
        assert word in text
    with pytest.raises(CommandError, match="p_detect.*\n.*start_looks"):
        Tracker(default_radar(), rules=TrackRules(p_detect=1.0, start_looks=2))
    with pytest.raises(CommandError, match="default_radar"):
        Tracker(np.zeros(3))
    with pytest.raises(CommandError, match="at least one"):
        Tracker(default_radar()[:0])


def test_every_problem_of_a_step_is_named_and_nothing_is_taken() -> None:
    tracker = Tracker(default_radar(), lat_deg=LAT_DEG, rules=QUIET)
    tracker.step(0.0, np.zeros(0, PLOT))
    plots = np.concatenate([plot_of(1.0, 10_000.0, 1.0, 0.5)] * 4)
    plots["range_m"][0], plots["azimuth_rad"][1], plots["var_range_m2"][2], plots["i_radar"][3] = -1, math.nan, 0, 7
    plots["t_s"][3] = 9.0
    with pytest.raises(CommandError) as caught:
        tracker.step(1.0, plots)
    for word in (
        "range_m of row 0",
        "azimuth_rad of row 1",
        "var_range_m2 of row 2",
        "i_radar of row 3",
        "t_s of row 3",
    ):
        assert word in str(caught.value)
    assert tracker.t_s == 0.0 and int(tracker.state.pool.count[1]) == 0
    for t_s, wrong in ((math.nan, plots[:0]), (0.0, plots[:0]), (1.0, np.zeros(3)), (1.0, np.zeros((2, 2), PLOT))):
        with pytest.raises(CommandError):
            tracker.step(t_s, wrong)


def test_compiled_scan_leaves_bad_plots_out() -> None:
    tracker = Tracker(default_radar(), lat_deg=LAT_DEG, rules=QUIET)
    for k in range(6):
        good = plot_of(float(k), 20_000.0 - 500.0 * k, 1.0, 0.5)
        bad = np.concatenate([good] * 5)
        bad["range_m"][0], bad["elevation_rad"][1], bad["var_azimuth_rad2"][2] = math.nan, math.inf, -1.0
        bad["i_radar"][3], bad["t_s"][4] = -1, k + 1.0
        assert scan(tracker.setup, tracker.state, tracker.work, float(k), np.concatenate([bad, good])) == BAD_PLOTS
    rows = tracker.table().rows
    assert len(rows) == 1 and rows["n_hits"][0] == 6 and is_clean(rows)
    assert scan(tracker.setup, tracker.state, tracker.work, 6.0, np.zeros(10_000, PLOT)) == TOO_MANY_PLOTS


@pytest.mark.parametrize("elevation_rad", [0.0, 0.5 * math.pi - 1e-9, 0.5 * math.pi])
def test_zero_elevation_and_zenith(elevation_rad: float) -> None:
    radar = reference_radar(0, min_elevation_rad=-0.1, max_elevation_rad=0.5 * math.pi + 0.01)
    tracker = Tracker(radar, lat_deg=LAT_DEG)
    for k in range(8):
        plots = plot_of(float(k), 9_000.0 - 300.0 * k, 0.3 + 0.7 * k, elevation_rad)
        assert is_clean(tracker.step(float(k), plots).rows)


def test_flight_straight_over_the_radar() -> None:
    radar = reference_radar(0, max_elevation_rad=0.5 * math.pi)
    flight = drone(0.0, np.array([[-2_000.0, 0.0, 500.0], [2_000.0, 0.0, 500.0]]), 50.0)
    rng, tracker = np.random.default_rng(4), Tracker(radar, lat_deg=LAT_DEG)
    held = set()
    for k in range(78):
        s = scan_at(rng, radar, 0, [flight], float(k), 1.0)
        table = tracker.step(s.t_s, s.plots)
        assert is_clean(table.rows)
        if k > 70:
            held |= {int(i) for i in table.confirmed["track_id"]}
    assert held


def test_plots_at_one_instant_and_repeated_plots() -> None:
    tracker = Tracker(default_radar(), lat_deg=LAT_DEG)
    same = np.concatenate([plot_of(0.0, 10_000.0, 1.0, 0.5)] * 30)
    for k in range(6):
        assert is_clean(tracker.step(float(k), same).rows)
    same["t_s"] = 6.0
    for k in range(6, 12):
        assert is_clean(tracker.step(float(k), same).rows)


def test_radar_without_plots_ends_the_tracks() -> None:
    radar, flights = reference_radar(0), spread_raid(2, 6, 1.0)
    rng, tracker = np.random.default_rng(1), Tracker(radar, lat_deg=LAT_DEG, rules=QUIET)
    for k in range(20):
        s = scan_at(rng, radar, 0, flights, float(k))
        table = tracker.step(s.t_s, s.plots)
    assert len(table.confirmed) == 6
    for k in range(20, 24):
        table = tracker.step(float(k), np.zeros(0, PLOT))
    assert len(table) == 0


def test_a_covariance_that_lost_its_form_ends_the_track_or_stays_clean() -> None:
    radar, flights = reference_radar(0), spread_raid(2, 4, 1.0)
    rng, tracker = np.random.default_rng(1), Tracker(radar, lat_deg=LAT_DEG)
    for k in range(30):
        s = scan_at(rng, radar, 0, flights, float(k))
        assert is_clean(tracker.step(s.t_s, s.plots).rows)
        slots = tracker.state.live[: int(tracker.state.count[0])]
        if k == 18 and len(slots) >= 4:
            tracker.state.filters.tracks.p[slots[0]] = -np.eye(7)
            tracker.state.filters.tracks.x[slots[1], 3] = math.nan
            tracker.state.filters.tracks.p[slots[2], 0, 0] = math.inf
    assert len(tracker.table().confirmed) >= 3


def test_work_is_never_too_small_by_itself() -> None:
    work = new_work(1, 1, 1, 1)
    tracker = Tracker(default_radar(), lat_deg=LAT_DEG, rules=QUIET)
    assert scan(tracker.setup, tracker.state, work, 0.0, np.zeros(0, PLOT)) == 0
    assert scan(tracker.setup, tracker.state, work, 1.0, np.zeros(2, PLOT)) == TOO_MANY_PLOTS


def test_table_names_its_columns() -> None:
    table = TrackTable(0.0, np.zeros(2, TRACK_REPORT))
    assert len(table["track_id"]) == 2 and "group" in table.columns and table.groups == {}
    with pytest.raises(CommandError, match="did you mean `track_id`"):
        table["trackid"]
    assert "2 tracks, 0 confirmed" in repr(table)

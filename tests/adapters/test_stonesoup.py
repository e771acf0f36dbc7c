"""Our plots as Stone Soup's detections, its tracks as our rows, and a tracker made of its parts."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("stonesoup")

from stonesoup.functions import jacobian
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import ExtendedKalmanPredictor, KalmanPredictor, UnscentedKalmanPredictor
from stonesoup.types.array import StateVectors
from stonesoup.types.detection import Detection
from stonesoup.types.hypothesis import SingleHypothesis
from stonesoup.types.state import GaussianState, State
from stonesoup.types.track import Track
from stonesoup.types.update import GaussianStateUpdate

from benchmarks.tracking_scene import LAT_DEG, make_scene
from opendome.adapters.ballistic import advance, fill_impacts, make_ballistic
from opendome.adapters.stonesoup import StoneSoupTracker, from_tracks, to_detections
from opendome.adapters.stonesoup_pieces import BallisticTransition, moment, seconds
from opendome.base.errors import CommandError
from opendome.base.polar import default_radar, from_polar, place_radar, to_polar
from opendome.base.registry import lookup
from opendome.base.types import PLOT, RADAR, TrackKind, TrackStatus
from opendome.flight.integrator import fly
from opendome.testing.tracker_conformance import check_tracker
from opendome.tracking.filter import carry
from opendome.tracking.model import ErrorPrior, make_motion_model, new_tracks

HIGH_STATE = np.array([4_000.0, -9_000.0, 7_000.0, -300.0, 420.0, 250.0, math.log(9_000.0)])


def radar_at(lat_deg: float, lon_deg: float, h_hae_m: float = 30.0) -> np.ndarray:
    radar = default_radar()
    place_radar(radar[0], 31.5, 34.5, lat_deg, lon_deg, h_hae_m)
    return radar


def plot_of(radar: np.ndarray, state: np.ndarray, *, has_rate: bool = False, t_s: float = 3.25) -> np.ndarray:
    plot = np.zeros(1, PLOT)
    polar = to_polar(radar[0], *map(float, state[:6]))
    plot["t_s"] = t_s
    plot["range_m"], plot["azimuth_rad"], plot["elevation_rad"], plot["range_rate_mps"] = polar
    plot["var_range_m2"], plot["var_azimuth_rad2"], plot["var_elevation_rad2"] = 225.0, 4e-6, 5e-6
    plot["var_range_rate_m2ps2"] = 1.0
    if not has_rate:
        plot["range_rate_mps"] = math.nan
    return plot


# --- plots as detections ---


@given(
    st.floats(29.5, 33.5),
    st.floats(32.5, 36.5),
    st.floats(500.0, 90_000.0),
    st.floats(0.0, 6.28),
    st.floats(-0.02, 1.5),
)
def test_a_detection_points_to_where_its_plot_does(
    lat_deg: float, lon_deg: float, range_m: float, azimuth_rad: float, elevation_rad: float
) -> None:
    radar = radar_at(lat_deg, lon_deg)
    place = from_polar(radar[0], range_m, azimuth_rad, elevation_rad)
    plot = plot_of(radar, np.array([*place, 100.0, -200.0, 50.0]), has_rate=True)
    (detection,) = to_detections(radar, plot)
    model = detection.measurement_model
    assert model.rotation_matrix == pytest.approx(radar["axes"][0], abs=1e-12)
    assert model.inverse_function(detection)[:3, 0].astype(float) == pytest.approx(place, abs=1e-5)
    state = State(np.array([*place, 100.0, -200.0, 50.0, 9.0])[:, None])
    apart = (model.function(state) - detection.state_vector).astype(float).ravel()
    assert apart == pytest.approx(np.zeros(4), abs=1e-7)


def test_bearing_is_anticlockwise_from_east() -> None:
    radar = default_radar()
    (detection,) = to_detections(radar, plot_of(radar, np.array([0.0, 5_000.0, 10.0, 0.0, 0.0, 0.0])))
    assert float(detection.state_vector[1, 0]) == pytest.approx(math.pi / 2)
    assert seconds(detection.timestamp) == 3.25
    assert detection.metadata["i_plot"] == 0


def test_plots_alike_share_a_model_and_others_do_not() -> None:
    radars = np.concatenate([radar_at(31.5, 34.5), radar_at(31.7, 34.6)])
    plots = np.concatenate([plot_of(radars[:1], HIGH_STATE)] * 4)
    plots["range_m"] += [0.0, 500.0, 1_000.0, 1_500.0]
    plots["i_radar"][2] = 1
    plots["var_range_m2"][3] = 400.0
    models = {one.metadata["i_plot"]: one.measurement_model for one in to_detections(radars, plots)}
    assert models[0] is models[1]
    assert len({id(model) for model in models.values()}) == 3
    assert [model.ndim_meas for model in models.values()] == [3] * 4
    assert np.diag(models[0].covar()) == pytest.approx([5e-6, 4e-6, 225.0])


def test_a_radar_that_measures_range_rate_gives_four_numbers() -> None:
    radar = radar_at(31.4, 34.4)
    (detection,) = to_detections(radar, plot_of(radar, HIGH_STATE, has_rate=True))
    assert detection.state_vector.shape == (4, 1)
    assert detection.measurement_model.jacobian(State(HIGH_STATE[:, None])) == pytest.approx(
        jacobian(detection.measurement_model.function, State(HIGH_STATE[:, None])), abs=1e-4
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("range_m", math.nan, "`range_m` of plot 1 is nan"),
        ("range_m", -5.0, "`range_m` of plot 1 is -5"),
        ("t_s", math.inf, "`t_s` of plot 1 is inf"),
        ("var_azimuth_rad2", 0.0, "`var_azimuth_rad2` of plot 1 is 0"),
        ("i_radar", 3, "`i_radar` of plot 1 is 3, of 1 radars"),
    ],
)
def test_plots_that_cannot_be_detections_are_named(field: str, value: float, words: str) -> None:
    radar = default_radar()
    plots = np.concatenate([plot_of(radar, HIGH_STATE)] * 2)
    plots[field][1] = value
    with pytest.raises(CommandError, match=words):
        to_detections(radar, plots)


def test_arrays_of_another_kind_are_refused() -> None:
    with pytest.raises(CommandError, match="radars: give .*RADAR"):
        to_detections(np.zeros(3), np.zeros(0, PLOT))
    with pytest.raises(CommandError, match="plots: give .*PLOT"):
        to_detections(np.zeros(1, RADAR), np.zeros((2, 4)))


def test_without_the_package_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stonesoup", None)
    with pytest.raises(CommandError, match=r"uv pip install opendome\[stonesoup\]"):
        StoneSoupTracker(default_radar())


def test_the_door_opens_without_the_package() -> None:
    code = "import sys, opendome.adapters.stonesoup; sys.exit('stonesoup' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- motion ---


@pytest.mark.parametrize("dt_s", [0.3, 1.0, 3.7, -0.8])
def test_transition_is_that_of_our_own_filter(dt_s: float) -> None:
    motion = make_ballistic(LAT_DEG)
    model, tracks = make_motion_model(LAT_DEG, ErrorPrior(is_plain=True)), new_tracks(1)
    spread = np.diag([50.0, 60.0, 40.0, 20.0, 15.0, 25.0, 0.05]) ** 2
    tracks.x[0], tracks.p[0] = HIGH_STATE, spread
    assert carry(model, tracks, 0, dt_s)
    after = ExtendedKalmanPredictor(BallisticTransition(motion)).predict(
        GaussianState(HIGH_STATE[:, None], spread, timestamp=moment(0.0)), timestamp=moment(dt_s)
    )
    assert np.asarray(after.state_vector, dtype=float)[:, 0] == pytest.approx(tracks.x[0], abs=1e-6)
    if abs(dt_s) <= 1.0:  # over several steps the filter adds its noise step by step
        assert np.asarray(after.covar, dtype=float) == pytest.approx(tracks.p[0], rel=1e-9, abs=1e-9)
    assert np.asarray(after.covar, dtype=float) == pytest.approx(tracks.p[0], rel=1e-3, abs=0.1)


def test_jacobian_agrees_with_finite_differences() -> None:
    model, dt = BallisticTransition(make_ballistic(LAT_DEG)), moment(1.0) - moment(0.0)
    theirs = jacobian(model.function, State(HIGH_STATE[:, None]), time_interval=dt)
    assert model.jacobian(State(HIGH_STATE[:, None]), time_interval=dt) == pytest.approx(theirs, rel=5e-3, abs=0.05)


def test_columns_are_carried_alike_alone_and_together() -> None:
    model, dt = BallisticTransition(make_ballistic(LAT_DEG)), moment(0.7) - moment(0.0)
    both = np.stack([HIGH_STATE, 0.9 * HIGH_STATE], axis=1)
    together = np.asarray(model.function(State(StateVectors(both)), time_interval=dt), dtype=float)
    alone = [np.asarray(model.function(State(both[:, [k]]), time_interval=dt), dtype=float)[:, 0] for k in range(2)]
    assert np.array_equal(together, np.stack(alone, axis=1))


def test_noise_is_added_and_never_drawn() -> None:
    model, dt = BallisticTransition(make_ballistic(LAT_DEG)), moment(1.0) - moment(0.0)
    state = State(HIGH_STATE[:, None])
    push = np.arange(7.0)[:, None]
    apart = model.function(state, noise=push, time_interval=dt) - model.function(state, time_interval=dt)
    assert np.asarray(apart, dtype=float) == pytest.approx(push, abs=1e-9)
    with pytest.raises(CommandError, match="draw it yourself"):
        model.function(state, noise=True, time_interval=dt)


def test_the_motion_serves_stone_soups_unscented_filter() -> None:
    spread = np.diag([50.0, 60.0, 40.0, 20.0, 15.0, 25.0, 0.2]) ** 2
    before = GaussianState(HIGH_STATE[:, None], spread, timestamp=moment(0.0))
    model = BallisticTransition(make_ballistic(LAT_DEG))
    linear = ExtendedKalmanPredictor(model).predict(before, timestamp=moment(1.0))
    unscented = UnscentedKalmanPredictor(model, kappa=0.0).predict(before, timestamp=moment(1.0))
    apart = np.asarray(unscented.state_vector - linear.state_vector, dtype=float).ravel()
    assert np.all(np.abs(apart) < 0.1 * np.sqrt(np.diag(linear.covar).astype(float)))


# --- tracks as rows ---


def straight_track(name: str, first_s: float, pattern: str, place: float = 0.0) -> Track:
    """A track of Stone Soup's own constant-velocity filter, hits (x) and misses (-) a second apart, x vx y vy z vz."""
    predictor = KalmanPredictor(CombinedLinearGaussianTransitionModel([ConstantVelocity(0.1)] * 3))
    model = LinearGaussian(6, (0, 2, 4), np.eye(3))
    vector = np.array([[place], [10.0], [2.0], [20.0], [3.0], [30.0]])
    state: Any = GaussianState(vector, np.diag(np.arange(1.0, 7.0)), timestamp=moment(first_s))
    states = []
    for k, mark in enumerate(pattern):
        state = predictor.predict(state, timestamp=moment(first_s + k))
        if mark == "x":
            detection = Detection(np.zeros((3, 1)), timestamp=state.timestamp, measurement_model=model,
                                  metadata={"i_plot": 40 + k, "i_radar": 1})  # fmt: skip
            state = GaussianStateUpdate(state.state_vector, state.covar, timestamp=state.timestamp,
                                        hypothesis=SingleHypothesis(state, detection))  # fmt: skip
        states.append(state)
    return Track(states, id=name)


LINEAR = {"position": (0, 2, 4), "velocity": (1, 3, 5), "log_beta": None}


def test_rows_tell_the_story_of_a_track() -> None:
    ids: dict[str, int] = {}
    tracks = {straight_track("late", 12.0, "x-x-"), straight_track("early", 10.0, "xx-xxx", place=7.0)}
    early, late = from_tracks(tracks, 15.0, ids=ids, n_confirm_hits=4, **LINEAR)
    assert ids == {"early": 1, "late": 2}
    assert (early["track_id"], early["n_hits"], early["n_missed"], early["i_plot"], early["i_radar"]) == (
        1,
        5,
        0,
        45,
        1,
    )
    assert (early["status"], early["t_confirmed_s"]) == (TrackStatus.CONFIRMED, 14.0)
    assert (early["t_first_plot_s"], early["t_s"]) == (10.0, 15.0)
    assert (late["track_id"], late["n_hits"], late["n_missed"], late["i_plot"]) == (2, 2, 1, -1)
    assert (late["status"], late["t_confirmed_s"]) == (TrackStatus.TENTATIVE, 0.0)
    assert (late["kind"], late["p_kind"].tolist(), late["has_impact"]) == (TrackKind.OTHER, [0.0, 0.0, 1.0], 0)
    assert early["mean"][:6] == pytest.approx([7.0 + 50.0, 2.0 + 100.0, 3.0 + 150.0, 10.0, 20.0, 30.0])
    assert math.isnan(early["mean"][6]) and not early["cov"][6].any()
    assert np.all(np.diag(early["cov"])[:6] > 0.0)


def test_ids_stay_from_call_to_call() -> None:
    ids = {"late": 9}
    tracks = [straight_track("late", 12.0, "xx"), straight_track("early", 10.0, "xx")]
    rows = from_tracks(tracks, 13.0, ids=ids, **LINEAR)
    assert rows["track_id"].tolist() == [9, 10]
    assert ids == {"late": 9, "early": 10}


def test_no_tracks_give_no_rows() -> None:
    assert from_tracks(set(), 1.0).size == 0


def test_states_that_are_too_short_or_without_covariance_are_refused() -> None:
    with pytest.raises(CommandError, match="of 6 components"):
        from_tracks([straight_track("a", 0.0, "xx")], 1.0)
    with pytest.raises(CommandError, match="holds a State of 7"):
        from_tracks([Track([State(HIGH_STATE[:, None], timestamp=moment(0.0))])], 0.0)


def test_impact_is_where_the_reference_integrator_lands() -> None:
    flight = fly(600.0, 0.9, 9_000.0, azimuth_rad=0.4, lat_rad=math.radians(LAT_DEG))
    k = flight.t_s.size // 3
    state = GaussianState(
        np.array([*flight.pos_enu_m[k], *flight.vel_enu_mps[k], math.log(9_000.0)])[:, None],
        np.diag([9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1e-4]),
        timestamp=moment(100.0 + float(flight.t_s[k])),
    )
    (row,) = from_tracks([Track([state])], seconds(state.timestamp), n_confirm_hits=0, lat_deg=LAT_DEG)
    assert row["has_impact"] == 1
    assert [row["impact_east_m"], row["impact_north_m"]] == pytest.approx(flight.pos_enu_m[-1, :2], abs=2.0)
    assert row["t_impact_s"] == pytest.approx(100.0 + flight.t_s[-1], abs=0.02)
    assert row["impact_var_east_m2"] > 9.0
    row["has_impact"], row["mean"][0] = 0, math.nan
    fill_impacts(LAT_DEG, row.reshape(1))
    assert row["has_impact"] == 0


# --- the tracker ---


def test_the_tracker_finds_and_follows() -> None:
    scene = make_scene(12, 14)
    tracker = lookup("tracker", "stonesoup")(scene.radars, LAT_DEG)
    for t_s, plots in zip(scene.t_s, scene.plots):
        kept = plots.tobytes()
        table = tracker.step(t_s, plots)
        assert plots.tobytes() == kept
        assert np.all(np.diff(table.rows["track_id"]) > 0)
        hits = table.rows[table.rows["i_plot"] >= 0]
        assert hits["t_s"] == pytest.approx(plots["t_s"][hits["i_plot"]])
    apart_m = np.linalg.norm(
        table.confirmed["mean"][:, None, :3] - scene.truth_enu[-1][None, :, :3], axis=2
    )  # (tracks, targets)
    assert len(table.confirmed) == 12
    assert sorted(apart_m.argmin(axis=1)) == list(range(12))
    assert np.median(apart_m.min(axis=1)) < 60.0
    assert table.confirmed["has_impact"].all()
    sd_m = np.sqrt(table.confirmed["impact_var_east_m2"] + table.confirmed["impact_var_north_m2"])
    assert np.all(np.isfinite(sd_m) & (sd_m > 0.0))
    for t_s in scene.t_s[-1] + 1.0 + np.arange(6.0):
        table = tracker.step(t_s, np.zeros(0, PLOT))
    assert len(table.rows) == 0


def test_the_same_plots_in_another_order_give_the_same_tracks() -> None:
    scene = make_scene(6, 7, seed=5)
    ahead, back = (StoneSoupTracker(scene.radars, LAT_DEG, has_impact=False) for _ in range(2))
    for t_s, plots in zip(scene.t_s, scene.plots):
        one, two = ahead.step(t_s, plots).rows, back.step(t_s, plots[::-1]).rows
    assert one["track_id"].tolist() == two["track_id"].tolist()
    assert one["mean"] == pytest.approx(two["mean"], abs=1e-6)


def test_the_tracker_keeps_to_the_rules_of_the_picture() -> None:
    found = check_tracker(StoneSoupTracker, n_scans=28)
    assert found.n_confirmed >= found.n_objects
    assert not found.depends_on_order


def test_two_radars_update_the_same_tracks() -> None:
    motion = make_ballistic(LAT_DEG)
    radars = np.concatenate([radar_at(31.5, 34.5), radar_at(31.55, 34.45)])
    tracker = StoneSoupTracker(radars, LAT_DEG)
    for k in range(8):
        seen = []
        for i_radar, t_s in ((0, k + 0.3), (1, k + 0.8)):
            state, _ = advance(motion, HIGH_STATE, t_s)
            seen.append(plot_of(radars[[i_radar]], state, t_s=t_s))
            seen[-1]["i_radar"] = i_radar
        table = tracker.step(k + 1.0, np.concatenate(seen))
    state, _ = advance(motion, HIGH_STATE, 8.0)
    (row,) = table.confirmed.rows
    assert len(table.rows) == 1
    assert (row["t_s"], row["n_missed"], row["i_plot"], row["i_radar"]) == (8.0, 0, 1, 1)
    assert row["mean"][:3] == pytest.approx(state[:3], abs=5.0)


def test_steps_go_forward_and_plots_are_of_their_step() -> None:
    radar = default_radar()
    tracker = StoneSoupTracker(radar)
    tracker.step(5.0, plot_of(radar, HIGH_STATE, t_s=4.5))
    with pytest.raises(CommandError, match="steps go forward"):
        tracker.step(5.0, np.zeros(0, PLOT))
    with pytest.raises(CommandError, match="no plot is later than its step"):
        tracker.step(6.0, plot_of(radar, HIGH_STATE, t_s=7.0))
    with pytest.raises(CommandError, match="older than the step before"):
        tracker.step(6.0, plot_of(radar, HIGH_STATE, t_s=4.8))

"""The two-stage filter: against a plain filter, a dense augmented one and finite differences; starts and bad input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from opendome.base.polar import wrap_rad
from opendome.tracking.filter import absorb, absorb_soft, carry, copy_track, expect, published, start
from opendome.tracking.model import ErrorPrior, MotionModel, Tracks, grow_tracks, make_motion_model
from opendome.tracking.motion import FORCING, TRANSITION
from tests.tracking.filter_cases import flown, launch, one_slot, plots_of, radar_with_bias

NO_EXTRA = np.zeros(4)
SHARP = np.array([30.0, 30.0, 30.0, 8.0, 8.0, 8.0, 0.15])
"""Deviations with ln beta so well known that every step goes by slopes."""
FULL = make_motion_model(31.5)
PLAIN = make_motion_model(31.5, ErrorPrior(is_plain=True))


def run(model: MotionModel, tracks: Tracks, plots: NDArray[np.void], radars: NDArray[np.void]) -> list[float]:
    """Carry slot 0 to each plot and absorb it; the normalised innovations squared."""
    out = []
    for plot in plots:
        assert carry(model, tracks, 0, plot["t_s"])
        out.append(absorb(model, tracks, 0, radars[plot["i_radar"]], plot, NO_EXTRA))
    return out


def noisy_case(n_s: int = 25, seed: int = 3) -> tuple[NDArray[np.float64], NDArray[np.void], NDArray[np.void]]:
    """A flight, its plots with noise, and two radars."""
    states = flown(FULL, launch(), np.zeros(15), n_s)
    radars = radar_with_bias()
    plots = plots_of(states, np.arange(float(n_s)), radars, rng=np.random.default_rng(seed))
    return states, plots, radars


def expected_rows(tracks: Tracks, radars: NDArray[np.void]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measurement (3,) and slopes (3, 6) of slot 0, the slopes by differences of `expect`."""
    z, s, rows = np.zeros(4), np.zeros((4, 4)), np.zeros((3, 6))
    expect(PLAIN, tracks, 0, radars[0], z, s)
    middle, state = z.copy(), tracks.x[0].copy()
    for column in range(6):
        for sign in (1.0, -1.0):
            tracks.x[0] = state
            tracks.x[0, column] += sign
            expect(PLAIN, tracks, 0, radars[0], z, s)
            rows[:, column] += 0.5 * sign * (z[:3] - middle[:3])
    tracks.x[0] = state
    return middle[:3], rows


def test_two_stages_equal_one_dense_filter() -> None:
    states, plots, radars = noisy_case()
    model = make_motion_model(31.5, ErrorPrior(log_odds_nominal=-1e4))
    tracks = one_slot(states[0] + np.array([20.0, -10.0, 15.0, 3.0, 5.0, -4.0, 0.1]), SHARP)
    shadow = one_slot(states[0], SHARP)
    mean = np.concatenate([tracks.x[0], np.zeros(15)])
    cov = np.diag(np.concatenate([SHARP**2, np.ones(15)]))
    noise = np.diag([225.0, 4e-6, 4e-6])
    bias = np.zeros((3, 15))
    bias[0, 12], bias[1, 13], bias[2, 14] = 10.0, 5e-4, 5e-4
    evidence = 0.0
    for plot in plots[1:]:
        before = tracks.x[0].copy()
        assert carry(model, tracks, 0, plot["t_s"])
        step = np.eye(22)
        step[:6, :7] = tracks.work[TRANSITION : TRANSITION + 6, :7]
        step[:3, 7:19] = 0.5 * tracks.work[FORCING : FORCING + 3, :12]
        step[3:6, 7:19] = tracks.work[FORCING : FORCING + 3, :12]
        centre = np.concatenate([tracks.x[0], np.zeros(15)])
        mean = centre + step @ (mean - np.concatenate([before, np.zeros(15)]))
        cov = step @ cov @ step.T
        cov[:3, :3] += 0.002 / 3.0 * np.eye(3)
        cov[3:6, 3:6] += 0.002 * np.eye(3)
        cov[:3, 3:6] += 0.001 * np.eye(3)
        cov[3:6, :3] += 0.001 * np.eye(3)
        cov[6, 6] += 1e-6
        shadow.x[0] = tracks.x[0]
        z, slopes = expected_rows(shadow, radars)
        rows = np.hstack([slopes, np.zeros((3, 1)), bias])
        off = np.array([plot["range_m"], plot["azimuth_rad"], plot["elevation_rad"]]) - z
        off[1] = wrap_rad(off[1])
        plain = slopes @ tracks.p[0, :6, :6] @ slopes.T + noise
        absorb(model, tracks, 0, radars[0], plot, NO_EXTRA)
        full = rows @ cov @ rows.T + noise
        rest = off - rows @ (mean - centre)
        evidence += 0.5 * (off @ np.linalg.solve(plain, off) - rest @ np.linalg.solve(full, rest))
        evidence -= 0.5 * (np.linalg.slogdet(full)[1] - np.linalg.slogdet(plain)[1])
        gain = np.linalg.solve(full, rows @ cov).T
        mean, cov = mean + gain @ rest, cov - gain @ full @ gain.T
    got_mean, got_cov = np.zeros(7), np.zeros((7, 7))
    published(model, tracks, 0, got_mean, got_cov)
    deviation = np.sqrt(np.diag(cov))
    np.testing.assert_allclose(got_mean, mean[:7], atol=1e-4 * deviation[:7].min())
    assert np.max(np.abs(got_cov - cov[:7, :7]) / np.outer(deviation[:7], deviation[:7])) < 1e-4
    np.testing.assert_allclose(tracks.b[0], mean[7:], atol=1e-4)
    np.testing.assert_allclose(tracks.spread[0], cov[7:, 7:], atol=1e-4)
    assert tracks.evidence[0] == pytest.approx(evidence, abs=1e-3)


@pytest.mark.parametrize("deviations", [SHARP, np.array([60.0] * 3 + [60.0] * 3 + [0.5])])
def test_stage_one_is_the_plain_filter(deviations: NDArray[np.float64]) -> None:
    states, plots, radars = noisy_case()
    full, plain = one_slot(states[0], deviations), one_slot(states[0], deviations)
    run(FULL, full, plots[1:], radars)
    run(PLAIN, plain, plots[1:], radars)
    np.testing.assert_allclose(full.x, plain.x, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(full.p, plain.p, rtol=1e-9, atol=1e-12)


def test_errors_known_to_be_zero_change_nothing_published() -> None:
    states, plots, radars = noisy_case()
    full = one_slot(states[0], SHARP)
    full.spread[:] = 0.0
    run(FULL, full, plots[1:], radars)
    mean, cov = np.zeros(7), np.zeros((7, 7))
    published(FULL, full, 0, mean, cov)
    np.testing.assert_array_equal(mean, full.x[0])
    np.testing.assert_array_equal(cov, full.p[0])
    assert abs(full.evidence[0]) < 1e-9


@pytest.mark.parametrize("column", [0, 4, 7, 8, 9, 12, 13, 14])
def test_sensitivity_equals_finite_differences(column: int) -> None:
    radars = radar_with_bias()
    n_s, size = 40, 0.2
    offs = []
    for sign in (1.0, -1.0):
        errors, bias = np.zeros(15), np.zeros(3)
        errors[column] = sign * size
        if column >= 12:
            bias[column - 12] = sign * size * (10.0, 5e-4, 5e-4)[column - 12]
        states = flown(FULL, launch(), errors, n_s)
        plots = plots_of(states, np.arange(float(n_s)), radars, bias=bias)
        tracks = one_slot(states[0], np.array([30.0] * 3 + [50.0] * 3 + [0.15]))
        tracks.x[0] = flown(FULL, launch(), np.zeros(15), 1)[0]
        run(FULL, tracks, plots[1:], radars)
        offs.append(states[-1] - tracks.x[0])
    want = (offs[0] - offs[1]) / (2.0 * size)
    got = tracks.u[0, :, column]
    scale = np.array([1.0] * 3 + [0.05] * 3 + [0.05 / 25.0])
    assert np.linalg.norm((got - want) / scale) < 0.15 * np.linalg.norm(want / scale) + 0.05


@pytest.mark.parametrize("model", [FULL, PLAIN])
def test_start_is_as_good_as_it_says(model: MotionModel) -> None:
    radars = radar_with_bias()
    rng, n_runs = np.random.default_rng(11), 400
    tracks = one_slot(launch(), SHARP)
    mean, cov, distances = np.zeros(7), np.zeros((7, 7)), []
    for _ in range(n_runs):
        errors = rng.standard_normal(15) * (0.0 if model.is_plain else 1.0)
        states = flown(FULL, launch(700.0, math.log(8_000.0) + 0.5 * rng.standard_normal()), errors, 3)
        bias = errors[12:] * np.array([10.0, 5e-4, 5e-4])
        plots = plots_of(states, np.arange(3.0), radars, rng=rng, bias=bias)
        assert start(model, tracks, 0, radars, plots[0], plots[1], plots[2])
        published(model, tracks, 0, mean, cov)
        off = states[2] - mean
        distances.append(off @ np.linalg.solve(cov, off) / 7.0)
    assert tracks.t_s[0] == 2.0
    assert 0.9 < np.mean(distances) < 1.1


def test_start_of_plots_of_two_radars_and_slow_scans() -> None:
    radars = radar_with_bias()
    states = flown(FULL, launch(), np.zeros(15), 13)[::6]
    times_s = np.array([0.0, 6.0, 12.0])
    for i_first, i_second in ((0, 1), (1, 0)):
        plots = plots_of(states, times_s, radars, i_second)
        plots[0] = plots_of(states, times_s, radars, i_first)[0]
        tracks = one_slot(states[2], SHARP)
        model = make_motion_model(31.5, ErrorPrior(log_beta_mean=math.log(8_000.0)))
        assert start(model, tracks, 0, radars, *plots)
        assert tracks.bias_radar[0] == radars["identity"][i_second]
        np.testing.assert_allclose(tracks.x[0, :3], states[2, :3], atol=1.0)
        np.testing.assert_allclose(tracks.x[0, 3:6], states[2, 3:6], atol=1.0)


def bad_plot(plots: NDArray[np.void], field: str, value: float) -> Any:
    plot = plots[:1].copy()
    plot[field] = value
    return plot[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("range_m", math.nan),
        ("azimuth_rad", math.inf),
        ("elevation_rad", math.nan),
        ("var_range_m2", 0.0),
        ("var_azimuth_rad2", -1.0),
        ("var_elevation_rad2", math.nan),
    ],
)
def test_bad_plots_are_refused(field: str, value: float) -> None:
    states, plots, radars = noisy_case(3)
    tracks = one_slot(states[0], SHARP)
    before = [array.copy() for array in tracks[:8]]
    assert math.isnan(absorb(FULL, tracks, 0, radars[0], bad_plot(plots, field, value), NO_EXTRA))
    soft = np.array([bad_plot(plots, field, value)], dtype=plots.dtype)
    assert absorb_soft(FULL, tracks, 0, radars[0], soft, np.zeros(1, np.int64), 1, np.ones(1)) == 0.0
    for old, new in zip(before, tracks[:8], strict=True):
        np.testing.assert_array_equal(old, new)
    assert not start(FULL, tracks, 0, radars, bad_plot(plots, field, value), plots[1], plots[2])
    assert not start(FULL, tracks, 0, radars, plots[1], plots[1], plots[2])
    assert not start(FULL, tracks, 0, radars, plots[0], plots[2], plots[1])


def test_slots_that_are_no_numbers_are_left_alone() -> None:
    _, plots, radars = noisy_case(3)
    tracks = one_slot(np.full(7, math.nan), SHARP)
    assert not carry(FULL, tracks, 0, 1.0)
    assert math.isnan(absorb(FULL, tracks, 0, radars[0], plots[0], NO_EXTRA))
    tracks = one_slot(launch(), SHARP)
    assert not carry(FULL, tracks, 0, math.nan)
    assert tracks.t_s[0] == 0.0


def test_covariance_without_positive_form_gives_numbers() -> None:
    states, plots, radars = noisy_case(5)
    tracks = one_slot(states[0], SHARP)
    tracks.p[0] = -np.eye(7)
    for value in run(FULL, tracks, plots[1:], radars):
        assert math.isfinite(value)
    assert np.all(np.isfinite(tracks.x)) and np.all(np.isfinite(tracks.p))


@pytest.mark.parametrize("place", [(0.0, 0.0, 5_000.0), (0.0, 0.0, 10.0), (0.0, 8_000.0, 10.0), (1e-9, 0.0, 3_000.0)])
def test_over_the_radar_at_it_and_on_the_horizon(place: tuple[float, float, float]) -> None:
    radars = radar_with_bias()
    state = np.array([*place, 50.0, 80.0, -300.0, 9.0])
    plots = plots_of(state[None], np.zeros(1), radars)
    tracks, z, s = one_slot(state, SHARP), np.zeros(4), np.zeros((4, 4))
    expect(FULL, tracks, 0, radars[0], z, s)
    assert np.all(np.isfinite(z)) and np.all(np.isfinite(s))
    assert math.isfinite(absorb(FULL, tracks, 0, radars[0], plots[0], NO_EXTRA))
    assert np.all(np.isfinite(tracks.x)) and np.all(np.linalg.eigvalsh(tracks.p[0]) > -1e-6)


def test_step_of_no_length_changes_nothing_and_long_ones_stay_numbers() -> None:
    tracks = one_slot(launch(), SHARP)
    before = [array.copy() for array in tracks[:8]]
    assert carry(FULL, tracks, 0, 0.0)
    for old, new in zip(before, tracks[:8], strict=True):
        np.testing.assert_array_equal(old, new)
    for log_beta, t_s in ((-50.0, 100.0), (90.0, 400.0), (9.0, 5_000.0)):
        tracks = one_slot(launch(1_000.0, log_beta), SHARP)
        assert carry(FULL, tracks, 0, t_s)
        assert np.all(np.isfinite(tracks.x)) and np.all(np.isfinite(tracks.p)) and np.all(np.isfinite(tracks.u))


def test_there_and_back_is_the_same_place() -> None:
    tracks = one_slot(launch(), SHARP)
    assert carry(FULL, tracks, 0, 4.0)
    assert carry(FULL, tracks, 0, 0.0)
    np.testing.assert_allclose(tracks.x[0, :6], launch()[:6], atol=0.01)
    assert np.all(np.diag(tracks.p[0]) > SHARP**2)


@settings(max_examples=30)
@given(
    st.floats(200.0, 1_800.0),
    st.floats(7.5, 10.0),
    st.floats(0.05, 0.8),
    st.floats(0.2, 4.0),
    st.integers(0, 1_000_000),
)
def test_covariances_stay_symmetric_and_positive(
    speed_mps: float, log_beta: float, log_beta_sd: float, gap_s: float, seed: int
) -> None:
    radars, rng = radar_with_bias(), np.random.default_rng(seed)
    state = launch(speed_mps, log_beta)
    tracks = one_slot(state, np.array([50.0] * 3 + [40.0] * 3 + [log_beta_sd]))
    mean, cov = np.zeros(7), np.zeros((7, 7))
    for i_look in range(1, 8):
        assert carry(FULL, tracks, 0, i_look * gap_s)
        plot = plots_of(tracks.x, tracks.t_s, radars, i_look % 2, rng)[0]
        assert absorb(FULL, tracks, 0, radars[i_look % 2], plot, NO_EXTRA) >= 0.0
        published(FULL, tracks, 0, mean, cov)
        for matrix in (tracks.p[0], tracks.spread[0], cov):
            np.testing.assert_array_equal(matrix, matrix.T)
            deviation = np.sqrt(np.diag(matrix))
            assert np.min(np.linalg.eigvalsh(matrix / np.outer(deviation, deviation))) > 0.0


def test_expectation_agrees_with_what_is_absorbed() -> None:
    states, plots, radars = noisy_case()
    for i_radar in (0, 1):
        tracks = one_slot(states[0], SHARP)
        run(FULL, tracks, plots[1:10], radars)
        assert carry(FULL, tracks, 0, 10.0)
        plot = plots_of(states[10:11], np.array([10.0]), radars, i_radar, np.random.default_rng(8))[0]
        z, s = np.zeros(4), np.zeros((4, 4))
        expect(FULL, tracks, 0, radars[i_radar], z, s)
        extra = np.array([9.0, 1e-6, 2e-6, 0.0])
        off = np.array([plot["range_m"], plot["azimuth_rad"], plot["elevation_rad"]]) - z[:3]
        off[1] = wrap_rad(off[1])
        full = s[:3, :3] + np.diag([225.0, 4e-6, 4e-6]) + np.diag(extra[:3])
        want = off @ np.linalg.solve(full, off)
        got = absorb(FULL, tracks, 0, radars[i_radar], plot, extra)
        # The bias of another radar is taken as a noise of each measurement; otherwise the two are one computation.
        assert got == pytest.approx(want, rel=1e-6)


def test_range_rate_sharpens_the_velocity() -> None:
    states, plots, radars = noisy_case()
    tracks, with_rate = one_slot(states[0], SHARP), one_slot(states[0], SHARP)
    run(FULL, tracks, plots[1:4], radars)
    from opendome.base.polar import to_polar

    for plot, state in zip(plots, states, strict=True):
        plot["range_rate_mps"] = to_polar(radars[0], *state[:6])[3]
    run(FULL, with_rate, plots[1:4], radars)
    assert np.trace(with_rate.p[0, 3:6, 3:6]) < 0.9 * np.trace(tracks.p[0, 3:6, 3:6])
    assert np.linalg.norm(with_rate.x[0, 3:6] - states[3, 3:6]) < 3.0 * math.sqrt(np.trace(with_rate.p[0, 3:6, 3:6]))


def test_one_certain_plot_softly_is_the_plot() -> None:
    states, plots, radars = noisy_case()
    hard, soft = one_slot(states[0], SHARP), one_slot(states[0], SHARP)
    absorb(FULL, hard, 0, radars[0], plots[0], NO_EXTRA)
    assert absorb_soft(FULL, soft, 0, radars[0], plots, np.array([0]), 1, np.ones(1)) == 1.0
    for one, other in zip(hard[:6], soft[:6], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_soft_update_moves_and_shrinks_as_pda_does() -> None:
    states, plots, radars = noisy_case()
    base = one_slot(states[0], SHARP)
    run(PLAIN, base, plots[1:4], radars)
    choices = plots_of(np.repeat(states[3:4], 3, axis=0), np.full(3, 3.0), radars, 0, np.random.default_rng(5))
    weights = np.array([0.5, 0.2, 0.1])
    z, s = np.zeros(4), np.zeros((4, 4))
    expect(PLAIN, base, 0, radars[0], z, s)
    _, slopes = expected_rows(base, radars)
    noise = np.diag([225.0, 4e-6, 4e-6])
    full = s[:3, :3] + noise
    gain = np.linalg.solve(full, slopes @ base.p[0, :6]).T
    offs = np.stack([choices["range_m"], choices["azimuth_rad"], choices["elevation_rad"]], axis=1) - z[:3]
    offs[:, 1] = [wrap_rad(one) for one in offs[:, 1]]
    mean_off = weights @ offs
    scatter = (weights[:, None] * offs).T @ offs - np.outer(mean_off, mean_off)
    want_x = base.x[0] + gain @ mean_off
    want_p = base.p[0] - 0.8 * gain @ full @ gain.T + gain @ scatter @ gain.T
    got = absorb_soft(PLAIN, base, 0, radars[0], choices, np.arange(3), 3, weights)
    assert got == pytest.approx(0.8)
    deviation = np.sqrt(np.diag(want_p))
    assert np.max(np.abs(base.x[0] - want_x) / deviation) < 0.05
    assert np.max(np.abs(base.p[0] - want_p) / np.outer(deviation, deviation)) < 0.06


def test_copies_and_larger_stores_hold_the_same() -> None:
    states, plots, radars = noisy_case()
    tracks = one_slot(states[0], SHARP, 2)
    run(FULL, tracks, plots[1:5], radars)
    copy_track(tracks, 0, 1)
    grown = grow_tracks(tracks, 5)
    for old, new in zip(tracks[:8], grown[:8], strict=True):
        np.testing.assert_array_equal(old[0], old[1])
        np.testing.assert_array_equal(new[:2], old)
        assert len(new) == 5

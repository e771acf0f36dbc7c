"""Plots of a scan: how often, how far off, and what they do not tell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from opendome.base.polar import default_radar, to_polar
from opendome.sensing.detection import detection_probability, detection_table
from opendome.sensing.plots import (
    FALSE_SOURCE,
    SensingModel,
    look_time_s,
    new_plot_buffer,
    plot_capacity,
    radar_bias,
    scan,
)
from opendome.sensing.radar import plot_errors, signal_db
from opendome.sensing.terrain import no_terrain


def wrapped_rad(angle_rad: np.ndarray) -> np.ndarray:
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi


def model_of(seed: int = 11, **changes: Any) -> SensingModel:
    radar = default_radar()
    for name, value in changes.items():
        radar[name] = value
    return SensingModel(radar, detection_table(radar), no_terrain(), seed)


def one_place(n: int, east_m: float, north_m: float, up_m: float, rcs_m2: float) -> tuple[np.ndarray, np.ndarray]:
    """The same target many times under different names."""
    targets = np.tile(np.array([east_m, north_m, up_m, 120.0, -80.0, 40.0, rcs_m2]), (n, 1))
    return targets, np.stack([np.arange(n), np.arange(n) % 7], axis=1).astype(np.int64)


def plots_of(
    model: SensingModel, targets: np.ndarray, keys: np.ndarray, look_index: int = 3, replication: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    buffer = new_plot_buffer(plot_capacity(model.radars, len(targets)))
    t_s = look_time_s(model.radars[0], look_index)
    n = scan(model, 0, replication, look_index, t_s, targets, keys, len(targets), buffer)
    return buffer.plots[:n].copy(), buffer.source[:n].copy()


@pytest.mark.parametrize(("swerling", "n_pulses"), [(0, 1), (1, 1), (1, 8), (2, 6), (3, 1), (3, 5), (4, 3)])
def test_detected_as_often_as_the_formula_says(swerling: int, n_pulses: int) -> None:
    model = model_of(swerling=swerling, n_pulses=n_pulses)
    n, distance_m = 20_000, 60_000.0
    for rcs_m2 in (2e-4, 1e-3, 4e-3):
        targets, keys = one_place(n, 0.0, distance_m, 5000.0, rcs_m2)
        plots, _ = plots_of(model, targets, keys)
        ratio_db = signal_db(model.radars[0], math.hypot(distance_m, 4990.0), rcs_m2)
        wanted = float(detection_probability(ratio_db, swerling, 1e-6, n_pulses))
        assert abs(len(plots) / n - wanted) < 3.29 * math.sqrt(wanted * (1.0 - wanted) / n) + 3e-4


def test_errors_are_those_that_the_plot_states() -> None:
    """Normal errors with the stated variances, independent of one another, without bias when there is none."""
    model = model_of(range_rate_resolution_mps=8.0)
    targets, keys = one_place(20_000, 30_000.0, -20_000.0, 9000.0, 0.01)
    plots, _ = plots_of(model, targets, keys)
    truth = to_polar(model.radars[0], *targets[0, :6])
    errors = np.stack(
        [
            (plots["range_m"] - truth[0]) / np.sqrt(plots["var_range_m2"]),
            wrapped_rad(plots["azimuth_rad"] - truth[1]) / np.sqrt(plots["var_azimuth_rad2"]),
            (plots["elevation_rad"] - truth[2]) / np.sqrt(plots["var_elevation_rad2"]),
            (plots["range_rate_mps"] - truth[3]) / np.sqrt(plots["var_range_rate_m2ps2"]),
        ]
    )
    for error in errors:
        assert stats.kstest(error, "norm").pvalue > 1e-3
    correlation = np.corrcoef(errors)[np.triu_indices(4, 1)]
    assert np.abs(correlation).max() < 3.5 / math.sqrt(len(plots))
    assert plots["var_range_m2"][0] == pytest.approx(plot_errors(model.radars[0], plots["snr_db"][0])[0] ** 2)
    assert np.allclose(plots["t_s"], look_time_s(model.radars[0], 3))


def test_azimuth_widens_towards_the_zenith() -> None:
    model = model_of()
    targets, keys = one_place(10, 0.0, 1000.0, 10.0 + 1000.0 * math.tan(math.radians(80.0)), 1.0)
    plots, _ = plots_of(model, targets, keys)
    ratio = plots["var_azimuth_rad2"] / plots["var_elevation_rad2"]
    assert ratio == pytest.approx(1.0 / np.cos(plots["elevation_rad"]) ** 2)


def test_range_rate_is_absent_where_it_is_not_measured() -> None:
    plots, _ = plots_of(model_of(n_false_plots=20.0), *one_place(50, 0.0, 20e3, 5e3, 1.0))
    assert np.isnan(plots["range_rate_mps"]).all()
    assert (plots["var_range_rate_m2ps2"] == 0.0).all()


def test_bias_is_one_of_radar_and_replication() -> None:
    model = model_of(bias_range_m=500.0, bias_azimuth_rad=0.05, bias_elevation_rad=0.03)
    targets, keys = one_place(400, 30_000.0, 0.0, 9000.0, 1.0)
    truth = to_polar(model.radars[0], *targets[0, :6])
    found = []
    for replication in range(3):
        bias = radar_bias(model.radars[0], model.seed, replication)
        for look_index in (1, 50):
            plots, _ = plots_of(model, targets, keys, look_index, replication)
            assert plots["range_m"].mean() - truth[0] == pytest.approx(bias[0], abs=5.0)
            assert plots["azimuth_rad"].mean() - truth[1] == pytest.approx(bias[1], abs=1e-3)
            assert plots["elevation_rad"].mean() - truth[2] == pytest.approx(bias[2], abs=1e-3)
        found.append(bias)
    assert len({bias[0] for bias in found}) == 3
    draws = np.array([radar_bias(model.radars[0], 5, k) for k in range(4000)]) / (500.0, 0.05, 0.03)
    assert all(stats.kstest(column, "norm").pvalue > 1e-3 for column in draws.T)


def test_a_plot_does_not_depend_on_its_company() -> None:
    model = model_of(n_false_plots=30.0)
    rng = np.random.default_rng(8)
    targets = np.column_stack([rng.uniform(-6e4, 6e4, (60, 2)), rng.uniform(2e3, 1e4, (60, 5))])
    targets[:, 6] = 0.05
    keys = rng.integers(0, 1000, (60, 2))
    plots, source = plots_of(model, targets, keys)
    order = rng.permutation(60)[:20]
    few, few_source = plots_of(model, targets[order], keys[order])
    for plot, i in zip(few, few_source, strict=True):
        wanted = FALSE_SOURCE if i == FALSE_SOURCE else order[i]
        alike = plots[(source == wanted) & (plots["range_m"] == plot["range_m"])]
        assert len(alike) == 1
        assert repr(alike[0].item()) == repr(plot.item())


def test_plots_are_sorted_by_azimuth() -> None:
    rng = np.random.default_rng(2)
    targets = np.column_stack([rng.uniform(-6e4, 6e4, (300, 2)), rng.uniform(2e3, 1e4, (300, 5))])
    plots, source = plots_of(
        model_of(n_false_plots=100.0), targets, np.zeros((300, 2), np.int64) + np.arange(300)[:, None]
    )
    assert (np.diff(plots["azimuth_rad"]) >= 0.0).all()
    assert ((plots["azimuth_rad"] >= 0.0) & (plots["azimuth_rad"] < 2.0 * math.pi)).all()
    assert len(set(source[source != FALSE_SOURCE].tolist())) == (source != FALSE_SOURCE).sum()


def test_false_plots_are_poisson_and_fill_the_volume_evenly() -> None:
    model = model_of(n_false_plots=25.0, sector_center_rad=1.0, sector_width_rad=math.radians(120.0), range_min_m=2e3)
    nothing = np.zeros((0, 7)), np.zeros((0, 2), np.int64)
    scans = [plots_of(model, *nothing, look_index=k)[0] for k in range(400)]
    counts = np.array([len(plots) for plots in scans])
    assert abs(counts.mean() - 25.0) < 3.3 * 5.0 / 20.0
    assert 0.78 < counts.var() / 25.0 < 1.25
    every = np.concatenate(scans)
    radar = model.radars[0]
    assert stats.kstest((every["range_m"] - 2e3) / (1e5 - 2e3), "uniform").pvalue > 1e-3
    turned = wrapped_rad(every["azimuth_rad"] - 1.0) / math.radians(120.0) + 0.5
    assert stats.kstest(turned, "uniform").pvalue > 1e-3
    low, high = math.sin(radar["min_elevation_rad"]), math.sin(radar["max_elevation_rad"])
    assert stats.kstest((np.sin(every["elevation_rad"]) - low) / (high - low), "uniform").pvalue > 1e-3
    excess = 10.0 ** (every["snr_db"] / 10.0) - (math.log(1e6) - 1.0)
    assert stats.kstest(excess, "expon").pvalue > 1e-3


def test_nothing_is_seen_while_down_or_where_a_value_is_not_a_number() -> None:
    targets, keys = one_place(5, 0.0, 20e3, 5e3, 1.0)
    assert len(plots_of(model_of(t_up_s=100.0, n_false_plots=50.0), targets, keys)[0]) == 0
    for column in range(7):
        broken = targets.copy()
        broken[2, column] = math.nan
        plots, source = plots_of(model_of(), broken, keys)
        assert 2 not in source
        assert len(plots) == 4
    buried = targets.copy()
    buried[:, 2] = -2000.0
    assert len(plots_of(model_of(), buried, keys)[0]) == 0


def test_a_full_buffer_loses_plots_and_nothing_else() -> None:
    model = model_of(n_false_plots=50.0)
    targets, keys = one_place(30, 0.0, 20e3, 5e3, 1.0)
    buffer = new_plot_buffer(12)
    assert scan(model, 0, 0, 3, 3.0, targets, keys, 30, buffer) == 12
    assert np.isfinite(buffer.plots["range_m"]).all()


def test_seeds_and_looks_differ_and_repeat() -> None:
    targets, keys = one_place(40, 0.0, 20e3, 5e3, 1.0)
    first, _ = plots_of(model_of(seed=1), targets, keys)
    again, _ = plots_of(model_of(seed=1), targets, keys)
    assert repr(first.tolist()) == repr(again.tolist())
    others = [
        plots_of(model_of(seed=2), targets, keys)[0],
        plots_of(model_of(seed=1), targets, keys, look_index=4)[0],
        plots_of(model_of(seed=1), targets, keys, replication=1)[0],
        plots_of(model_of(seed=1, identity=2), targets, keys)[0],
    ]
    for other in others:
        assert not set(other["range_m"]) & set(first["range_m"])

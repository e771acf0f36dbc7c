"""The modes of wind and drag error: variance kept everywhere, and most of the covariance."""

from __future__ import annotations

import numpy as np

from opendome.tracking.modes import (
    MACH_KNOTS,
    drag_log_covariance,
    shape_modes,
    wind_covariance,
    wind_growth_factor,
    wind_modes,
)


def test_wind_keeps_its_variance_at_every_height() -> None:
    heights_m = np.linspace(0.0, 40_000.0, 801)
    total = np.sqrt(np.sum(wind_modes(heights_m) ** 2, axis=1))
    np.testing.assert_allclose(total, wind_growth_factor(heights_m), rtol=0.02)
    knots_m = np.arange(0.0, 40_001.0, 1_000.0)
    np.testing.assert_allclose(
        np.sqrt(np.sum(wind_modes(knots_m) ** 2, axis=1)), wind_growth_factor(knots_m), rtol=1e-12
    )


def test_wind_modes_hold_the_covariance_of_the_dense_air() -> None:
    heights_m = np.arange(0.0, 15_001.0, 1_000.0)
    growth = wind_growth_factor(heights_m)
    modes = wind_modes(heights_m) / growth[:, None]
    off = modes @ modes.T - wind_covariance(heights_m)
    weight = growth * np.exp(-heights_m / 9_000.0)
    share = np.linalg.norm(off * np.outer(weight, weight)) / np.linalg.norm(
        wind_covariance(heights_m) * np.outer(weight, weight)
    )
    assert share < 0.05


def test_shape_keeps_its_variance_and_95_percent_of_it_in_five_modes() -> None:
    modes = shape_modes(MACH_KNOTS)
    covariance = drag_log_covariance(MACH_KNOTS)
    np.testing.assert_allclose(np.sum(modes**2, axis=1), np.diag(covariance), rtol=1e-12)
    values = np.linalg.eigvalsh(covariance)[::-1]
    assert values[:5].sum() / values.sum() > 0.95


def test_drag_error_has_the_stated_size() -> None:
    deviation = np.sqrt(np.diag(drag_log_covariance([0.5, 0.7, 1.0, 1.1, 2.0, 4.0])))
    smooth, rough = np.interp(1.0, [0.8, 1.1], [0.30, 0.15]), 0.12
    rough_at_2, rough_at_4 = (np.interp(mach, [1.4, 6.0], [0.03, 0.02]) for mach in (2.0, 4.0))
    stated = np.hypot([0.30, 0.30, smooth, 0.15, 0.12, 0.40], [0.02, 0.02, rough, 0.12, rough_at_2, rough_at_4])
    np.testing.assert_allclose(deviation, stated, rtol=1e-12)


def test_modes_are_held_beyond_the_ends_of_the_curve() -> None:
    np.testing.assert_array_equal(shape_modes([0.1, 9.0]), shape_modes([0.5, 5.0]))

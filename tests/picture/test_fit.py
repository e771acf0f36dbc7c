"""Curves through a sample: a known surface is found again, and so is what salvos share."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.picture.curves import SMALLEST_ERROR_M, make_looks
from opendome.picture.fit import AGE_S, RANGE_KM, Sample, fit_curves, gather, normalised_errors
from opendome.picture.fitted import FittedCurves
from tests.picture.tracked_cases import SEED, rocket_errors, see, small

NAMES = ["short-rocket", "one-way-drone", "medium-rocket"]


def surface_m(range_m: np.ndarray, age_s: np.ndarray) -> np.ndarray:
    """A known error: it grows with range and falls with age."""
    return 40.0 * (range_m / 1000.0) ** 1.1 * age_s**-1.4


def sample_of(n_salvos: int = 400, size: int = 6, shared_frac: float = 0.5, seed: int = 1) -> Sample:
    """Draw salvos whose stated errors follow the surface and whose true ones are as stated."""
    rng = np.random.default_rng(seed)
    n = n_salvos * size
    salvo, shot = np.repeat(np.arange(n_salvos), size), np.tile(np.arange(size), n_salvos)
    range_m = np.exp(rng.uniform(math.log(4e3), math.log(9e4), n))
    age_s = np.exp(rng.uniform(math.log(1.5), math.log(80.0), n))
    scale = rng.uniform(0.6, 1.8, n)
    rms = scale * surface_m(range_m, age_s) * np.exp(0.05 * rng.normal(size=n))
    along, cross = rms * 3.0 / math.sqrt(10.0), rms / math.sqrt(10.0)
    z = math.sqrt(shared_frac) * rng.normal(size=(n_salvos, 2))[salvo]
    z += math.sqrt(1.0 - shared_frac) * rng.normal(size=(n, 2))
    is_found = rng.uniform(size=n) < np.where(salvo % 2 == 0, 0.9, 0.5)
    first, confirm = np.where(is_found, 2.5, np.nan), np.where(is_found, 3.0 + rng.normal(size=n) * 0.1, np.nan)
    return Sample(
        range_m, age_s, scale, along, cross, z[:, 0] * along, z[:, 1] * cross, (z**2).sum(axis=1), np.ones(n, bool),
        salvo, shot,
        np.where(salvo % 2 == 0, 0, 2), is_found, first, confirm,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fitted() -> FittedCurves:
    return fit_curves(sample_of(), NAMES, "made-up", 3, 2, 4, 20.0)


def test_a_known_surface_is_found_again(fitted: FittedCurves) -> None:
    for i, range_km in enumerate(RANGE_KM[:-1]):
        for j, age_s in enumerate(AGE_S[:-1]):
            truth = float(surface_m(np.array(1000.0 * range_km), np.array(age_s)))
            assert fitted.rms_m[i][j] == pytest.approx(truth, rel=0.08)
    assert np.allclose(fitted.ratio, 3.0, rtol=0.02)


def test_the_statistical_picture_draws_what_was_fitted(fitted: FittedCurves) -> None:
    looks = make_looks(fitted.confirm_delay_s, 3e3, 2e5, 2.0, fitted.table())
    middles_m = np.exp(looks.log_range_low + (np.arange(len(looks.rms_m)) + 0.5) * looks.log_range_step)
    used = looks.age_s < 80.0
    for i in np.flatnonzero((middles_m > 6e3) & (middles_m < 8e4)):
        truth = surface_m(middles_m[i], looks.age_s[used])
        assert looks.rms_m[i][used] == pytest.approx(np.maximum(truth, SMALLEST_ERROR_M), rel=0.15)


@pytest.mark.parametrize("shared_frac", [0.0, 0.4, 0.8])
def test_what_salvos_share_is_found_again(shared_frac: float) -> None:
    found = fit_curves(sample_of(shared_frac=shared_frac), NAMES, "made-up", 3, 2, 0, 0.0)
    assert found.shared_frac == pytest.approx(shared_frac, abs=0.06)


def test_honest_errors_show_as_honest(fitted: FittedCurves) -> None:
    assert fitted.residuals.normalised_square == pytest.approx(1.0, abs=0.12)
    assert fitted.residuals.inside_95_frac == pytest.approx(0.95, abs=0.015)
    assert fitted.residuals.log_rms == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize(("share", "scale"), [(0.02, 6.0), (0.1, 4.0)])
def test_strays_are_found_again(share: float, scale: float) -> None:
    sample = sample_of(n_salvos=2_000, shared_frac=0.0)
    strays = np.random.default_rng(4).uniform(size=len(sample.nees)) < share
    found = fit_curves(
        sample._replace(nees=sample.nees * np.where(strays, 0.9 * scale, 0.9) ** 2), NAMES, "made-up", 3, 2, 0, 0.0
    )
    assert found.true_over_stated == pytest.approx(0.9, rel=0.03)
    assert found.stray_frac == pytest.approx(share, rel=0.35)
    assert found.stray_scale == pytest.approx(scale, rel=0.25)


def test_delays_misses_and_false_tracks_are_counted(fitted: FittedCurves) -> None:
    assert fitted.first_plot_s == pytest.approx(2.5)
    assert fitted.confirm_delay_s == pytest.approx(3.0, abs=0.02)
    assert fitted.p_missed["short-rocket"] == pytest.approx(0.1, abs=0.03)
    assert fitted.p_missed["medium-rocket"] == pytest.approx(0.5, abs=0.05)
    assert "one-way-drone" not in fitted.p_missed
    assert fitted.false_tracks_per_h == pytest.approx(0.2)
    assert (fitted.n_assessments, fitted.quiet_h, fitted.scenario) == (2400, 20.0, "made-up")


def test_too_few_assessments_are_refused() -> None:
    with pytest.raises(CommandError, match="--replications"):
        fit_curves(sample_of(n_salvos=10), NAMES, "made-up", 3, 2, 0, 0.0)


def test_gathered_errors_are_those_of_the_picture() -> None:
    world = small()
    days: list[tuple[int, int]] = []
    sample = gather(world.world.picture, world.tracked, world.world.raid, SEED, 2, lambda *done: days.append(done))
    assert days == [(1, 2), (2, 2)]
    errors = np.concatenate([rocket_errors(world, see(world, replication)) for replication in range(2)])
    assert len(sample.nees) <= len(errors)
    assert len(sample.nees) > 0.9 * len(errors)
    assert np.isin(np.round(sample.nees, 9), np.round(errors[:, 5], 9)).all()
    assert np.all(sample.along_m > 0.0)
    assert np.all(sample.cross_m > 0.0)
    assert np.isfinite(normalised_errors(sample)).all()
    assert np.isfinite(sample.first_plot_s[sample.is_found]).all()
    assert (sample.confirm_delay_s[sample.is_found] > 0.0).all()
    assert np.isnan(sample.first_plot_s[~sample.is_found]).all()
    # A replication's salvos are told apart from another's.
    assert len(np.unique(sample.salvo >> 32)) == 2

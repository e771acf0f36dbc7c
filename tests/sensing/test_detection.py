"""Detection probability against drawn pulses, published ratios, closed forms and numerical integration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from opendome.base.errors import CommandError
from opendome.base.polar import default_radar
from opendome.sensing.detection import (
    MAX_PULSES,
    detection_probability,
    detection_table,
    mean_probability,
    required_snr_db,
    steady_probability,
    threshold_snr_db,
)

P_FALSE = 1e-6
CASES = (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("swerling", "wanted_db"),
    [(0, (11.24, 12.57, 13.18)), (1, (12.77, 17.85, 21.14)), (3, (11.95, 15.31, 17.30))],
)
def test_ratios_for_one_pulse(swerling: int, wanted_db: tuple[float, ...]) -> None:
    """Ratios at a false-alarm probability of 1e-6, as in the usual tables (Skolnik, Mahafza), to 0.01 dB."""
    assert required_snr_db((0.5, 0.8, 0.9), swerling, P_FALSE) == pytest.approx(wanted_db, abs=0.0051)


def test_one_pulse_in_closed_form() -> None:
    """Swerling 1: the false-alarm probability to the power 1 / (1 + S); Swerling 3: Mahafza's closed form."""
    ratio_db = np.linspace(-10.0, 40.0, 51)
    ratio = 10.0 ** (ratio_db / 10.0)
    assert detection_probability(ratio_db, 1, 1e-4) == pytest.approx(1e-4 ** (1.0 / (1.0 + ratio)), rel=1e-12)
    threshold = -math.log(1e-4)
    scale = 1.0 + ratio / 2.0
    third = np.exp(-threshold / scale) * (1.0 + threshold * (ratio / 2.0) / scale**2)
    assert detection_probability(ratio_db, 3, 1e-4) == pytest.approx(third, rel=1e-12)
    assert detection_probability(ratio_db, 4, 1e-4) == pytest.approx(third, rel=1e-12)
    assert detection_probability(ratio_db, 2, 1e-4) == pytest.approx(detection_probability(ratio_db, 1, 1e-4))


@pytest.mark.parametrize("n_pulses", [1, 3, 10, 100])
@pytest.mark.parametrize("p_false", [1e-7, 1e-5, 1e-3])
def test_steady_target_by_albersheim(n_pulses: int, p_false: float) -> None:
    """Albersheim's approximation (1981), which is good to a few tenths of a decibel."""
    for p_detection in (0.5, 0.7, 0.9):
        a, b = math.log(0.62 / p_false), math.log(p_detection / (1.0 - p_detection))
        wanted_db = -5.0 * math.log10(n_pulses) + (6.2 + 4.54 / math.sqrt(n_pulses + 0.44)) * math.log10(
            a + 0.12 * a * b + 1.7 * b
        )
        assert required_snr_db(p_detection, 0, p_false, n_pulses) == pytest.approx(wanted_db, abs=0.3)


@pytest.mark.parametrize("n_pulses", [2, 5, 10, 50])
@pytest.mark.parametrize(("swerling", "shape_per"), [(1, (1, 0)), (2, (0, 1)), (3, (2, 0)), (4, (0, 2))])
def test_fluctuation_by_integration(swerling: int, shape_per: tuple[int, int], n_pulses: int) -> None:
    """The steady target's probability, averaged over the gamma number of the fluctuation."""
    shape = shape_per[0] + shape_per[1] * n_pulses
    for ratio_db in (-8.0, -2.0, 3.0, 9.0, 15.0):
        mean = 10.0 ** (ratio_db / 10.0)
        threshold = special.gammainccinv(n_pulses, P_FALSE)

        def part(u: float, mean: float = mean, threshold: float = threshold) -> float:
            total = n_pulses * mean * special.gammaincinv(shape, u) / shape
            return float(stats.ncx2.sf(2.0 * threshold, 2 * n_pulses, 2.0 * total))

        wanted, error = integrate.quad(part, 0.0, 1.0, limit=200, epsabs=1e-9)
        found = detection_probability(ratio_db, swerling, P_FALSE, n_pulses)
        assert found == pytest.approx(wanted, abs=1e-6 + 10.0 * error)


@pytest.mark.parametrize("n_pulses", [1, 3, 16])
@pytest.mark.parametrize("swerling", CASES)
def test_against_drawn_pulses(swerling: int, n_pulses: int) -> None:
    """Complex noise and signal drawn pulse by pulse; a band that a right formula leaves once in a thousand times."""
    n_draws, p_false = 60_000, 1e-3
    rng = np.random.default_rng(100 * swerling + n_pulses)
    threshold = special.gammainccinv(n_pulses, p_false)
    for ratio_db in (-3.0, 4.0, 9.0):
        mean = 10.0 ** (ratio_db / 10.0)
        per_look = swerling in (1, 3)
        shape = {0: None, 1: 1.0, 2: 1.0, 3: 2.0, 4: 2.0}[swerling]
        power = np.full((n_draws, n_pulses), mean)
        if shape is not None:
            power = mean * rng.gamma(shape, 1.0 / shape, (n_draws, 1 if per_look else n_pulses))
        signal = np.sqrt(np.broadcast_to(power, (n_draws, n_pulses)))
        noise = rng.normal(0.0, math.sqrt(0.5), (2, n_draws, n_pulses))
        detected = (((signal + noise[0]) ** 2 + noise[1] ** 2).sum(axis=1) > threshold).mean()
        wanted = float(detection_probability(ratio_db, swerling, p_false, n_pulses))
        assert abs(detected - wanted) < 3.29 * math.sqrt(wanted * (1.0 - wanted) / n_draws) + 1e-9


def test_noise_alone_gives_the_false_alarm_probability() -> None:
    for swerling in CASES:
        for n_pulses in (1, 7, 100, MAX_PULSES):
            assert detection_probability(-math.inf, swerling, 1e-5, n_pulses) == pytest.approx(1e-5, rel=1e-6)
            assert detection_probability(math.inf, swerling, 1e-5, n_pulses) == pytest.approx(1.0)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CASES),
    st.integers(1, 200),
    st.floats(-12.0, -1.0),
    st.floats(-40.0, 50.0),
    st.floats(0.01, 20.0),
)
def test_grows_with_signal_and_with_pulses(
    swerling: int, n_pulses: int, log_false: float, ratio_db: float, more_db: float
) -> None:
    p_false = 10.0**log_false
    low, high = detection_probability([ratio_db, ratio_db + more_db], swerling, p_false, n_pulses)
    assert 0.0 <= low <= high + 1e-12 <= 1.0 + 2e-12
    assert low >= p_false * (1.0 - 1e-6)
    assert detection_probability(ratio_db, swerling, p_false, n_pulses + 1) >= low - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CASES), st.integers(1, 60), st.floats(0.01, 0.99))
def test_required_ratio_is_the_inverse(swerling: int, n_pulses: int, p_detection: float) -> None:
    needed_db = required_snr_db(p_detection, swerling, P_FALSE, n_pulses)
    assert detection_probability(needed_db, swerling, P_FALSE, n_pulses) == pytest.approx(p_detection, abs=1e-6)


@pytest.mark.parametrize(("swerling", "n_pulses"), [(0, 1), (1, 1), (3, 1), (2, 10), (4, 10), (0, 100)])
def test_table_is_as_good_as_the_formula(swerling: int, n_pulses: int) -> None:
    radars = default_radar()
    radars["swerling"], radars["n_pulses"] = swerling, n_pulses
    table = detection_table(radars)
    ratios_db = np.random.default_rng(3).uniform(-25.0, 65.0, 500)
    mean = [mean_probability(table, 0, ratio_db) for ratio_db in ratios_db]
    steady = [steady_probability(table, 0, ratio_db) for ratio_db in ratios_db]
    held_db = np.clip(ratios_db, -20.0, 60.0)
    assert np.abs(mean - detection_probability(held_db, swerling, P_FALSE, n_pulses)).max() < 3e-4
    assert np.abs(steady - detection_probability(held_db, 0, P_FALSE, n_pulses)).max() < 3e-4


def test_table_has_one_row_for_each_kind() -> None:
    radars = np.concatenate([default_radar(), default_radar(), default_radar()])
    radars["swerling"] = (1, 0, 1)
    table = detection_table(radars)
    assert table.i_row.tolist() == [0, 1, 0]
    assert table.p_mean.shape == (2, 1601)
    assert detection_table(radars[:0]).p_mean.shape[0] == 0


def test_threshold_as_a_ratio() -> None:
    """One pulse at 1e-6: the threshold is ln(1e6) times the noise, 1 of which is the noise itself."""
    assert threshold_snr_db(1e-6) == pytest.approx(10.0 * math.log10(math.log(1e6) - 1.0))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((10.0, 5), "swerling"),
        ((10.0, 1, 0.0), "p_false_alarm"),
        ((10.0, 1, 1e-6, 0), "n_pulses"),
        ((10.0, 1, 1e-6, 1.5), "n_pulses"),
        ((math.nan,), "not a number"),
    ],
)
def test_figures_without_meaning(arguments: tuple, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        detection_probability(*arguments)


@pytest.mark.parametrize("p_detection", [0.0, 1.0, 1e-9, math.nan])
def test_probabilities_that_no_signal_gives(p_detection: float) -> None:
    with pytest.raises(CommandError, match="above p_false_alarm"):
        required_snr_db(p_detection)

"""Metrics against closed cases, published tables, Stone Soup and the axioms of a metric."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from opendome.base.errors import CommandError
from opendome.base.types import TRACK_REPORT, TrackStatus
from opendome.tracking.consistency import (
    chi_square_band,
    consistency,
    normalised_squares,
    poisson_rate,
    share_inside,
)
from opendome.tracking.gospa import gospa, nearest_pairs, ospa
from opendome.tracking.metrics import TruthScan, score

coordinate = st.floats(-50.0, 50.0).map(lambda x: round(x, 3))
point_sets = st.lists(st.tuples(coordinate, coordinate), max_size=5)
orders = st.sampled_from([1.0, 2.0, 3.0])


# --- distances between sets ---


def test_gospa_of_a_case_by_hand():
    """One pair 3 m apart, one truth missed, two false: 3^2 + (1 + 2) 10^2/2."""
    result = gospa([[0, 0], [100, 0]], [[0, 3], [50, 50], [-60, 0]], cutoff_m=10.0)
    assert (result.localisation, result.missed, result.false) == pytest.approx((9.0, 50.0, 100.0))
    assert result.distance_m == pytest.approx(math.sqrt(159.0))
    assert (result.n_missed, result.n_false) == (1, 2)
    np.testing.assert_array_equal(result.pairs, [[0, 0]])


def test_ospa_of_a_case_by_hand():
    assert ospa([[0, 0], [100, 0]], [[0, 3], [50, 50], [-60, 0]], cutoff_m=10.0) == pytest.approx(math.sqrt(209 / 3))


def test_empty_sets():
    assert gospa([], [], cutoff_m=10.0).distance_m == 0.0 == ospa([], [], cutoff_m=10.0)
    assert gospa([[1.0, 2.0]], [], cutoff_m=10.0, order=1.0).distance_m == pytest.approx(5.0)
    assert gospa(np.zeros((0, 2)), [[1.0, 2.0]], cutoff_m=10.0).false == pytest.approx(50.0)
    assert ospa([], [[1.0, 2.0]], cutoff_m=10.0) == pytest.approx(10.0)


def test_pairs_are_the_best_as_a_whole_and_not_one_by_one():
    pairs = nearest_pairs([[1.0, 2.0], [1.5, 9.0]], 10.0)
    np.testing.assert_array_equal(pairs, [[0, 1], [1, 0]])
    assert len(nearest_pairs([[np.inf, 10.0]], 10.0)) == 0


@given(point_sets, point_sets, orders, st.floats(1.0, 60.0))
def test_distances_are_symmetric_and_zero_only_for_equal_sets(a, b, order, cutoff_m):
    assert gospa(a, b, cutoff_m=cutoff_m, order=order).distance_m == pytest.approx(
        gospa(b, a, cutoff_m=cutoff_m, order=order).distance_m
    )
    assert ospa(a, b, cutoff_m=cutoff_m, order=order) == pytest.approx(ospa(b, a, cutoff_m=cutoff_m, order=order))
    assert gospa(a, a[::-1], cutoff_m=cutoff_m, order=order).distance_m == 0.0
    if sorted(a) != sorted(b):
        assert gospa(a, b, cutoff_m=cutoff_m, order=order).distance_m > 0.0
        assert ospa(a, b, cutoff_m=cutoff_m, order=order) > 0.0


@given(point_sets, point_sets, point_sets, orders, st.floats(1.0, 60.0))
def test_triangle_inequality(a, b, c, order, cutoff_m):
    for distance in (
        lambda x, y: gospa(x, y, cutoff_m=cutoff_m, order=order).distance_m,
        lambda x, y: ospa(x, y, cutoff_m=cutoff_m, order=order),
    ):
        assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-7


@given(point_sets, point_sets, orders, st.floats(1.0, 60.0))
def test_parts_sum_to_the_whole_and_ospa_stays_below_the_cutoff(a, b, order, cutoff_m):
    result = gospa(a, b, cutoff_m=cutoff_m, order=order)
    assert result.distance_m**order == pytest.approx(result.localisation + result.missed + result.false)
    assert len(result.pairs) + result.n_missed == len(a) and len(result.pairs) + result.n_false == len(b)
    assert ospa(a, b, cutoff_m=cutoff_m, order=order) <= cutoff_m * (1 + 1e-12)


def test_distances_equal_those_of_stone_soup():
    """GOSPA for p = 1 and 2 with its parts; OSPA for p = 1 (for p = 2 it pairs by distance, not by its square)."""
    module = pytest.importorskip("stonesoup.metricgenerator.ospametric")
    from stonesoup.types.state import State

    rng, when = np.random.default_rng(41), datetime(2020, 1, 1)
    for n, m in ((3, 3), (5, 2), (2, 6), (8, 8), (1, 4), (4, 0), (0, 3)):
        truth, estimate = rng.uniform(0, 60, (n, 3)), rng.uniform(0, 60, (m, 3))
        states = [[State(row.reshape(-1, 1), timestamp=when) for row in points] for points in (estimate, truth)]
        for p in (1.0, 2.0):
            theirs = module.GOSPAMetric(p=p, c=35.0).compute_gospa_metric(*states)[0].value
            ours = gospa(truth, estimate, cutoff_m=35.0, order=p)
            assert ours.distance_m == pytest.approx(theirs["distance"])
            assert (ours.localisation, ours.missed, ours.false) == pytest.approx(
                (theirs["localisation"], theirs["missed"], theirs["false"])
            )
        theirs = [float(module.OSPAMetric(p=p, c=35.0).compute_OSPA_distance(*states).value) for p in (1.0, 2.0)]
        assert ospa(truth, estimate, cutoff_m=35.0, order=1.0) == pytest.approx(theirs[0])
        assert ospa(truth, estimate, cutoff_m=35.0, order=2.0) <= theirs[1] + 1e-9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[0.0, 1.0]], [[0.0, 1.0]], 0.0, 2.0), "cutoff_m"),
        (([[0.0, 1.0]], [[0.0, 1.0]], 5.0, 0.5), "order"),
        (([[0.0, 1.0]], [[0.0, 1.0, 2.0]], 5.0, 2.0), "estimate_m"),
        (([0.0, 1.0], [[0.0, 1.0]], 5.0, 2.0), "truth_m"),
        (([[0.0, math.nan]], [[0.0, 1.0]], 5.0, 2.0), "finite"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    for distance in (gospa, ospa):
        with pytest.raises(CommandError, match=words):
            distance(*arguments[:2], cutoff_m=arguments[2], order=arguments[3])


# --- consistency ---


def test_normalised_squares_by_hand_and_of_bad_covariances():
    squares = normalised_squares([[1.0, 2.0], [1.0, 1.0], [1.0, 1.0]], [np.diag([1.0, 4.0]), np.diag([1.0, -1.0]), np.full((2, 2), np.nan)])  # fmt: skip  # noqa: E501
    np.testing.assert_allclose(squares, [2.0, np.inf, np.inf])
    # Metres beside radians are no bad condition.
    small = normalised_squares([[10.0, 1e-6]], [np.diag([100.0, 1e-12])])
    assert small[0] == pytest.approx(2.0)


def test_chi_square_band_is_that_of_the_tables():
    """50 runs of 2 dimensions: 100 degrees of freedom, 74.22 and 129.56 at 2.5 % and 97.5 %."""
    assert chi_square_band(50, 2) == pytest.approx((1.4844, 2.5912), abs=2e-4)
    assert chi_square_band(1, 3, 0.9) == pytest.approx((0.352, 7.815), abs=1e-3)


def test_true_covariances_are_found_true_and_small_ones_are_not():
    rng = np.random.default_rng(42)
    root = rng.normal(size=(400, 3, 5))
    cov = root @ root.transpose(0, 2, 1)
    error = np.einsum("nij,nj->ni", np.linalg.cholesky(cov), rng.normal(size=(400, 3)))
    good = consistency(normalised_squares(error, cov), 3)
    small = consistency(normalised_squares(error, 0.7 * cov), 3)
    assert good.is_inside and not small.is_inside and good.n == 400
    assert small.mean == pytest.approx(good.mean / 0.7)


def test_share_inside_counts_the_ellipse():
    limit = chi2.ppf(0.95, 2)
    share = share_inside([0.5 * limit] * 8 + [2.0 * limit, np.inf], 2)
    assert share.share_frac == pytest.approx(0.8) and share.n == 10
    # Wilson's 95 % interval of 8 in 10.
    assert (share.low_frac, share.high_frac) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert share_inside([], 2).n == 0


@pytest.mark.parametrize(("n", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39)])
def test_poisson_interval_is_garwoods(n, low, high):
    rate = poisson_rate(n, 2.0 * 3600.0)
    assert (rate.rate_per_h, rate.n) == (n / 2.0, n)
    assert (rate.low_per_h * 2, rate.high_per_h * 2) == pytest.approx((low, high), abs=6e-3)


def test_wrong_numbers_are_named():
    with pytest.raises(CommandError, match="level"):
        chi_square_band(3, 2, 95)
    with pytest.raises(CommandError, match="at least 1"):
        chi_square_band(0, 2)
    with pytest.raises(CommandError, match="events"):
        poisson_rate(-1, 10.0)
    with pytest.raises(CommandError, match="shapes"):
        normalised_squares([[1.0, 2.0]], [[1.0, 2.0]])


# --- score of a run ---


def table(*rows, status=TrackStatus.CONFIRMED):
    """TRACK_REPORT rows of (track id, east, north), covariance 100 m2."""
    out = np.zeros(len(rows), TRACK_REPORT)
    for row, (track_id, east_m, north_m) in zip(out, rows):
        row["track_id"], row["status"] = track_id, status
        row["mean"][:2] = east_m, north_m
        row["cov"] = 100.0 * np.eye(7)
    return out


def scan(t_s, *objects):
    return TruthScan(t_s, np.array([k for k, _, _ in objects], int), np.array([(e, n, 0.0) for _, e, n in objects]))


def test_score_of_a_run_by_hand():
    """Two objects over four scans: one found at 1 s, whose track changes at 3 s; one never; one spurious track."""
    truth = [scan(float(t), (7, 1000.0 * t, 0.0), (9, 0.0, 90_000.0)) for t in range(4)]
    tables = [
        table(),
        table((1, 1010.0, 0.0), (5, -50_000.0, 0.0)),
        np.concatenate([table((1, 2000.0, 10.0)), table((3, 0.0, 90_000.0), status=TrackStatus.TENTATIVE)]),
        table((2, 3000.0, 0.0)),
    ]
    result = score(truth, tables, cutoff_m=500.0)
    assert (result.n_scans, result.n_truths, result.n_tracks) == (4, 2, 3)
    assert result.identities == (7, 9)
    np.testing.assert_array_equal(result.confirm_s, [1.0, math.inf])
    assert result.n_id_switches == 1 and result.switches_per_truth == 0.5
    assert result.completeness_frac == pytest.approx(3 / 8)
    assert result.purity_frac == 1.0
    assert result.n_spurious_tracks == 1 and result.false_tracks.rate_per_h == pytest.approx(900.0)
    assert result.position_rms_m == pytest.approx(math.sqrt(200 / 3))
    assert result.nees.mean == pytest.approx(2 / 3) and result.inside_95.share_frac == 1.0
    half = 0.5 * 500.0**2
    sums = np.array([200.0, (2 + 1 + 1 + 1) * half, half])
    assert result.gospa_m == pytest.approx(math.sqrt(sums.sum() / 4))
    parts = (result.gospa_localisation_frac, result.gospa_missed_frac, result.gospa_false_frac)
    assert parts == pytest.approx(tuple(sums / sums.sum()))
    assert result.confirmed_within_frac(6.0) == 0.5
    assert result.median_confirm_s == 1.0


def test_tentative_tracks_count_when_asked_for_and_dropped_ones_never():
    truth = [scan(0.0, (1, 0.0, 0.0))]
    assert score(truth, [table((4, 0.0, 0.0), status=TrackStatus.TENTATIVE)]).completeness_frac == 0.0
    assert (
        score(truth, [table((4, 0.0, 0.0), status=TrackStatus.TENTATIVE)], with_tentative=True).completeness_frac == 1.0
    )
    assert score(truth, [table((4, 0.0, 0.0), status=TrackStatus.DROPPED)], with_tentative=True).n_tracks == 0


def test_crossing_tracks_that_keep_near_are_no_switch_and_swapped_ones_are_two():
    """While a pair is nearer than the cutoff it stands, even when another would be nearer still."""
    truth = [scan(float(t), (1, 0.0, 0.0), (2, 100.0, 0.0)) for t in range(3)]
    near = [table((11, 60.0 * (t == 1), 0.0), (12, 100.0 - 60.0 * (t == 1), 0.0)) for t in range(3)]
    assert score(truth, near, cutoff_m=500.0).n_id_switches == 0
    far = [table((11, 0.0, 0.0), (12, 100.0, 0.0)), *[table((12, 0.0, 0.0), (11, 100.0, 0.0))] * 2]
    result = score(truth, far, cutoff_m=50.0)
    assert result.n_id_switches == 2
    assert result.purity_frac == pytest.approx(4 / 6)


def test_a_perfect_tracker_has_perfect_figures():
    truth = [scan(float(t), (1, 10.0 * t, 0.0), (2, 0.0, 10.0 * t + 500.0)) for t in range(5)]
    tables = [table((3, 10.0 * t, 0.0), (4, 0.0, 10.0 * t + 500.0)) for t in range(5)]
    result = score(truth, tables)
    assert result.gospa_m == result.ospa_m == result.position_rms_m == 0.0
    assert result.completeness_frac == result.purity_frac == result.confirmed_within_frac(0.0) == 1.0
    assert result.n_id_switches == result.n_spurious_tracks == 0


def test_scans_with_nothing_in_them_are_allowed():
    result = score([scan(0.0), scan(1.0)], [table(), table()])
    assert result.gospa_m == 0.0 and math.isnan(result.completeness_frac) and math.isnan(result.switches_per_truth)


def test_wrong_tables_are_named():
    with pytest.raises(CommandError, match="TRACK_REPORT"):
        score([scan(0.0)], [np.zeros(1)])
    with pytest.raises(CommandError, match="twice"):
        score([scan(0.0, (1, 0, 0), (1, 5, 5))], [table()])
    with pytest.raises(CommandError, match="as many positions"):
        score([TruthScan(0.0, np.array([1, 2]), np.zeros((1, 3)))], [table()])
    with pytest.raises(CommandError, match="at least one"):
        score([], [])
    with pytest.raises(CommandError, match="one table a scan"):
        score([scan(0.0)], [])

"""Sitings by coverage: the exact optimum is that of brute force, greedy is never better, and no bound is below."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.assignment.coverage import (
    Rules,
    backup_gain,
    best_sites,
    coverage_gain,
    greedy_sites,
    shift_gain,
    siting_value,
)
from opendome.assignment.split import split_whole

N_CASES = 240


def random_case(seed: int) -> tuple[np.ndarray, np.ndarray, Rules]:
    """Draw a small problem; every third with standing sites, some of which must be kept."""
    draw = np.random.default_rng(seed)
    n_sites, n_areas = int(draw.integers(2, 9)), int(draw.integers(1, 12))
    cover = draw.random((n_sites, n_areas)) < draw.uniform(0.1, 0.7)
    weight = draw.gamma(0.5, 10.0, n_areas)
    kind = seed % 4
    if kind == 0:
        gain = coverage_gain(weight)
    elif kind == 1:
        gain = backup_gain(weight, float(draw.uniform(0.1, 1.0)), int(draw.integers(1, 5)))
    else:
        gain = -np.sort(-draw.gamma(0.7, 5.0, (n_areas, 3)), axis=1)
    n_standing = int(draw.integers(0, n_sites)) if seed % 3 == 0 else 0
    n_chosen = int(draw.integers(1, n_sites))
    return cover, gain, Rules(n_chosen, n_standing, int(draw.integers(0, min(n_standing, n_chosen) + 1)))


def value_by_hand(cover: np.ndarray, gain: np.ndarray, chosen: tuple[int, ...]) -> float:
    total = 0.0
    for i in range(cover.shape[1]):
        k = sum(bool(cover[j, i]) for j in chosen)
        total += sum(gain[i, level] for level in range(min(k, gain.shape[1])))
    return float(total)


def all_sitings(n_sites: int, rules: Rules) -> list[tuple[int, ...]]:
    return [
        chosen for chosen in itertools.combinations(range(n_sites), rules.n_chosen)
        if sum(j < rules.n_standing for j in chosen) >= rules.n_kept
    ]  # fmt: skip


@pytest.mark.parametrize("first", range(0, N_CASES, 40))
def test_the_optimum_is_that_of_brute_force(first: int) -> None:
    for seed in range(first, first + 40):
        cover, gain, rules = random_case(seed)
        values = [value_by_hand(cover, gain, chosen) for chosen in all_sitings(len(cover), rules)]
        found = best_sites(cover, gain, rules)
        assert found.status == "optimal"
        assert found.objective == pytest.approx(max(values), rel=1e-9, abs=1e-9), seed
        assert found.objective == pytest.approx(value_by_hand(cover, gain, tuple(found.chosen.tolist())))
        assert found.bound >= max(values) * (1.0 - 1e-9)
        assert len(found.chosen) == rules.n_chosen
        assert (found.chosen < rules.n_standing).sum() >= rules.n_kept


@pytest.mark.parametrize("first", range(0, N_CASES, 40))
def test_greedy_is_never_better_nor_worse_than_its_guarantee(first: int) -> None:
    for seed in range(first, first + 40):
        cover, gain, rules = random_case(seed)
        exact, greedy = best_sites(cover, gain, rules), greedy_sites(cover, gain, rules)
        assert greedy.objective <= exact.objective * (1.0 + 1e-9) + 1e-12
        assert (greedy.chosen < rules.n_standing).sum() >= rules.n_kept
        if rules.n_standing == 0:
            assert greedy.objective >= (1.0 - 1.0 / math.e) * exact.objective - 1e-9
            assert greedy.bound >= exact.objective * (1.0 - 1e-9)


def test_the_textbook_case_where_greedy_falls_short() -> None:
    # Six areas; the site that covers four of them is taken by greedy and spoils the perfect pair.
    cover = np.array([[0, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], bool)
    gain = coverage_gain(np.ones(6))
    assert greedy_sites(cover, gain, Rules(2)).objective == 5.0
    found = best_sites(cover, gain, Rules(2))
    assert found.chosen.tolist() == [1, 2] and found.objective == 6.0 and found.gap == 0.0


def test_towns_on_a_line_have_the_answer_that_symmetry_gives() -> None:
    towns, sites = np.array([0.0, 10.0, 20.0, 30.0]), np.arange(0.0, 31.0, 5.0)
    cover = np.abs(sites[:, None] - towns[None, :]) <= 5.0
    found = best_sites(cover, coverage_gain(np.ones(4)), Rules(2))
    assert sites[found.chosen].tolist() == [5.0, 25.0] and found.objective == 4.0
    # With a weak chance to act the second backs the first up over a heavy town rather than cover the two light ones.
    heavy = np.array([1.0, 1.0, 100.0, 100.0])
    found = best_sites(cover, backup_gain(heavy, 0.1, 2), Rules(2))
    assert sites[found.chosen].tolist() == [15.0, 25.0]
    assert found.objective == pytest.approx(0.1 * 1.0 + (0.1 + 0.09) * 100.0 + 0.1 * 100.0)


def test_the_gain_of_backup_is_one_minus_the_chance_that_none_acts() -> None:
    gain = backup_gain(np.array([3.0]), 0.4, 4)
    for k in range(1, 5):
        assert gain[0, :k].sum() == pytest.approx(3.0 * (1.0 - 0.6**k))


def test_batteries_that_stand_move_the_steps_up() -> None:
    gain = np.array([[5.0, 3.0, 1.0], [4.0, 2.0, 0.5]])
    assert shift_gain(gain, np.array([1, 3])).tolist() == [[3.0, 1.0, 0.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize("seed", range(12))
def test_the_next_best_come_in_order(seed: int) -> None:
    cover, gain, rules = random_case(seed)
    sitings = all_sitings(len(cover), rules)
    values = sorted((value_by_hand(cover, gain, chosen) for chosen in sitings), reverse=True)
    before: list[list[int]] = []
    for value in values[:4]:
        found = best_sites(cover, gain, rules, without=before)
        assert found.objective == pytest.approx(value, rel=1e-9, abs=1e-9)
        before.append(found.chosen.tolist())
    assert len({tuple(siting) for siting in before}) == len(before)
    with pytest.raises(ValueError, match="no siting is left"):
        best_sites(cover, gain, rules, without=[list(chosen) for chosen in sitings])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_order_and_names_of_areas_do_not_matter_and_more_sites_never_hurt(seed: int) -> None:
    cover, gain, rules = random_case(seed)
    order = np.random.default_rng(seed + 1).permutation(cover.shape[1])
    found = best_sites(cover, gain, rules)
    assert best_sites(cover[:, order], gain[order], rules).objective == pytest.approx(found.objective, rel=1e-9)
    wider = np.vstack([cover, np.random.default_rng(seed + 2).random((1, cover.shape[1])) < 0.5])
    more = best_sites(wider, gain, rules)
    assert more.objective >= found.objective * (1.0 - 1e-9)
    assert siting_value(wider, gain, more.chosen) == pytest.approx(more.objective)
    again = best_sites(cover, gain, rules)
    assert again.chosen.tolist() == found.chosen.tolist() and again.objective == found.objective


@pytest.mark.parametrize(
    ("gain", "rules", "words"),
    [
        (np.ones((3, 1)), Rules(0), "cannot choose 0"),
        (np.ones((3, 1)), Rules(3), "cannot choose 3 of 2"),
        (np.ones((2, 1)), Rules(1), "rows for 3 areas"),
        (np.array([[1.0, 2.0]] * 3), Rules(1), "must not rise"),
        (-np.ones((3, 1)), Rules(1), "not negative"),
        (np.full((3, 1), np.nan), Rules(1), "finite"),
        (np.ones((3, 1)), Rules(1, 1, 2), "cannot keep 2"),
    ],
)
def test_what_does_not_fit_is_refused(gain: np.ndarray, rules: Rules, words: str) -> None:
    cover = np.ones((2, 3), bool)
    for solve in (best_sites, greedy_sites):
        with pytest.raises(ValueError, match=words):
            solve(cover, gain, rules)


def test_nothing_to_cover_is_worth_nothing() -> None:
    found = best_sites(np.zeros((3, 2), bool), np.ones((2, 1)), Rules(2))
    assert found.objective == 0.0 and found.bound == 0.0 and found.status == "optimal" and len(found.chosen) == 2


def test_no_time_still_gives_a_siting_and_an_honest_gap() -> None:
    draw = np.random.default_rng(3)
    at, towns = draw.random((150, 2)), draw.random((400, 2))
    cover = ((at[:, None] - towns[None]) ** 2).sum(axis=2) <= 0.1**2
    gain = backup_gain(draw.gamma(0.5, 10.0, 400), 0.6, 4)
    hasty, best = best_sites(cover, gain, Rules(20), time_limit_s=0.0), best_sites(cover, gain, Rules(20))
    assert best.status == "optimal"
    assert hasty.objective <= best.objective * (1 + 1e-9) <= hasty.bound * (1 + 1e-6)
    assert hasty.status == "time limit" and 0.0 < hasty.gap <= 1.0


def test_all_alert_areas_with_twelve_batteries_are_proven_in_a_minute_of_one_core() -> None:
    from opendome.base.frames import Origin, geodetic_to_enu
    from opendome.places.alert_areas import load_alert_areas

    areas = load_alert_areas()
    east, north, _ = geodetic_to_enu(Origin(31.5, 34.8), areas.lat_deg, areas.lon_deg)
    centre = np.stack([east, north], axis=1)
    axes = (np.arange(low, high + 5000.0, 5000.0) for low, high in zip(centre.min(axis=0), centre.max(axis=0)))
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    away = np.sqrt(((grid[:, None, :] - centre[None, :, :]) ** 2).sum(axis=2))
    cover = away[away.min(axis=1) <= 5000.0] <= 7000.0
    assert cover.shape[1] == 1420
    for gain in (coverage_gain(np.ones(1420)), backup_gain(np.ones(1420), 0.8, 6)):
        started_s = time.process_time()
        found = best_sites(cover, gain, Rules(12))
        assert time.process_time() - started_s < 60.0
        assert found.status == "optimal" and found.gap == 0.0
        assert greedy_sites(cover, gain, Rules(12)).objective < found.objective


def split_by_hand(weight: np.ndarray, total: int, low: np.ndarray, high: np.ndarray) -> float:
    share = total * weight / weight.sum()
    ways = itertools.product(*(range(a, b + 1) for a, b in zip(low, high)))
    return min(float(((np.array(n) - share) ** 2 / weight).sum()) for n in ways if sum(n) == total)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6))
def test_the_split_is_the_best_of_all_splits(seed: int) -> None:
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 5))
    weight = draw.uniform(0.1, 5.0, n)
    low = draw.integers(0, 3, n)
    high = low + draw.integers(0, 6, n)
    total = int(draw.integers(low.sum(), high.sum() + 1))
    found = split_whole(weight, total, low, high)
    assert found.sum() == total and np.all(found >= low) and np.all(found <= high)
    share = total * weight / weight.sum()
    cost = float(((found - share) ** 2 / weight).sum())
    assert cost == pytest.approx(split_by_hand(weight, total, low, high), rel=1e-9, abs=1e-9)


def test_splits_that_cannot_be_are_refused() -> None:
    one = np.ones(2, np.int64)
    with pytest.raises(ValueError, match="cannot be split"):
        split_whole(np.ones(2), 1, one, 2 * one)
    with pytest.raises(ValueError, match="not negative"):
        split_whole(np.array([1.0, -1.0]), 2, one, 2 * one)
    assert split_whole(np.zeros(2), 4, one, 4 * one).tolist() == [2, 2]

"""Shapley values: against all orders, adding up, and fair."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.errors import CommandError
from opendome.study.shapley import shapley_parts

CAUSES = ["area", "tubes", "rounds", "delay"]


def sets(causes: list[str]) -> list[str]:
    return ["+".join(chosen) for size in range(len(causes) + 1) for chosen in combinations(causes, size)]


def by_orders(causes: list[str], values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The definition: mean of what a cause adds, over all orders."""
    parts = {cause: np.zeros_like(values[""]) for cause in causes}
    orders = list(permutations(causes))
    for order in orders:
        for i, cause in enumerate(order):
            before = "+".join(name for name in causes if name in order[:i])
            after = "+".join(name for name in causes if name in order[: i + 1])
            parts[cause] = parts[cause] + (values[after] - values[before]) / len(orders)
    return parts


@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_parts_are_the_mean_over_all_orders_and_add_up(n_causes: int, seed: int) -> None:
    causes = CAUSES[:n_causes]
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(0, 100, 5) for name in sets(causes)}
    parts = shapley_parts(causes, values)
    expected = by_orders(causes, values)
    for cause in causes:
        assert parts[cause] == pytest.approx(expected[cause], abs=1e-9)
    assert sum(parts.values()) == pytest.approx(values["+".join(causes)] - values[""], abs=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4))
def test_causes_that_do_not_touch_keep_what_they_add(effects: list[float]) -> None:
    effect = dict(zip(CAUSES, effects))
    values = {
        name: np.array([sum(effect[cause] for cause in name.split("+") if cause)], dtype=float) for name in sets(CAUSES)
    }
    for cause, part in shapley_parts(CAUSES, values).items():
        assert part[0] == pytest.approx(effect[cause], abs=1e-6)


def test_two_causes_that_only_work_together_share_alike() -> None:
    values = {"": np.zeros(1), "area": np.zeros(1), "tubes": np.zeros(1), "area+tubes": np.array([10.0])}
    parts = shapley_parts(["area", "tubes"], values)
    assert parts["area"][0] == parts["tubes"][0] == 5.0


def test_a_set_without_an_alternative_is_named() -> None:
    with pytest.raises(CommandError, match=r"missing are \['tubes'\]"):
        shapley_parts(["area", "tubes"], {"": np.zeros(1), "area": np.zeros(1), "area+tubes": np.zeros(1)})

"""The four cases of interceptors and warning, on whole replications."""

from __future__ import annotations

import numpy as np
import pytest

import opendome as od

COLUMNS = ("injuries_expected", "injuries_if_unwarned", "injuries_if_undefended", "injuries_if_neither")


def four_cases(overrides: dict[str, float]) -> np.ndarray:
    """Columns (4, n) of a short study."""
    scenario = od.example("coastland").override(overrides)
    table = od.study(scenario, replications=12, seed=3).table("replications")
    rows = [name == "as-is" for name in table["alternative"].to_pylist()]
    return np.array([table[name].to_numpy()[rows] for name in COLUMNS])


def test_taking_away_a_protection_never_spares_anybody():
    both, unwarned, undefended, neither = four_cases({"harm.sheltering_injuries_per_person": 0.0})
    assert (both <= unwarned).all()
    assert (both <= undefended).all()
    assert (unwarned <= neither).all()
    assert (undefended <= neither).all()
    assert both.sum() < unwarned.sum() < neither.sum()


@pytest.mark.parametrize("key", ["harm.p_shelter_max", "harm.shelter_protection"])
def test_no_shelter_no_gain(key: str):
    both, unwarned, undefended, neither = four_cases({key: 0.0, "harm.sheltering_injuries_per_person": 0.0})
    np.testing.assert_array_equal(both, unwarned)
    np.testing.assert_array_equal(undefended, neither)


def test_without_batteries_only_warning_is_left():
    both, unwarned, undefended, neither = four_cases({"batteries": []})
    np.testing.assert_allclose(both, undefended, rtol=1e-12)
    np.testing.assert_allclose(unwarned, neither, rtol=1e-12)

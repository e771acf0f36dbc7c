"""Measures: complete, with units, and equal to their definitions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.base.registry import register, unregister
from opendome.base.tally import MEANING, N_TALLY, RATIOS, Tally, tally_names
from opendome.measures.derive import FAMILIES, all_measures, derive, find_measure
from opendome.measures.partition import PARTS
from opendome.measures.success import DEFINITIONS


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(4).integers(1, 100, (6, N_TALLY)).astype(float)


@pytest.fixture
def plugin() -> Iterator[None]:
    @register("measure", "rounds_per_leak")
    def rounds_per_leak(rows: dict[str, np.ndarray]) -> np.ndarray:
        """Interceptors fired for each leak.

        More text.
        """
        return rows["interceptors_fired"] / rows["leaked_built_up"]

    yield
    unregister("measure", "rounds_per_leak")


def test_every_tally_column_is_a_measure_of_one_family() -> None:
    stored = [measure.column for family in FAMILIES.values() for measure in family if measure.is_stored]
    assert sorted(stored) == sorted(tally_names())


def test_every_measure_says_what_it_is() -> None:
    for name, measure in all_measures().items():
        assert measure.meaning and measure.unit, name
        if measure.is_stored:
            assert (measure.unit, measure.meaning) == MEANING[name]


def test_ratios_equal_their_definitions(rows: np.ndarray) -> None:
    columns = derive(rows)
    assert tuple(columns) == (*MEANING, *RATIOS)
    expected = rows[:, Tally.INTERCEPTED] / (rows[:, Tally.INTERCEPTED] + rows[:, Tally.LEAKED_BUILT_UP])
    assert np.array_equal(columns["success_of_built_up"], expected)
    assert np.array_equal(columns["share_of_launched"], rows[:, Tally.INTERCEPTED] / rows[:, Tally.LAUNCHED])
    assert np.array_equal(columns["success_of_engaged"], rows[:, Tally.INTERCEPTED] / rows[:, Tally.ENGAGED])
    expected = rows[:, Tally.DEFENDED_INTERCEPTED] / rows[:, Tally.DEFENDED_THREATENING]
    assert np.array_equal(columns["success_of_defended"], expected)
    crossed = sum(rows[:, i] for i in (Tally.AT_SEA, Tally.OPEN_GROUND, Tally.INTERCEPTED, Tally.LEAKED_BUILT_UP))
    assert np.allclose(columns["engaged_of_crossed"], rows[:, Tally.ENGAGED] / crossed, rtol=1e-12)
    assert {*DEFINITIONS.values(), "engaged_of_crossed"} == set(RATIOS)


def test_a_ratio_of_nothing_has_no_value(rows: np.ndarray) -> None:
    rows[2, Tally.ENGAGED] = 0
    values = derive(rows)["success_of_engaged"]
    assert np.isnan(values[2]) and np.isfinite(np.delete(values, 2)).all()


def test_injuries_spared_are_the_difference(rows: np.ndarray) -> None:
    spared = find_measure("injuries_spared_by_warning")(derive(rows))
    assert np.array_equal(spared, rows[:, Tally.INJURIES_IF_UNWARNED] - rows[:, Tally.INJURIES_EXPECTED])


def test_the_parts_are_the_ends_of_the_partition() -> None:
    assert set(PARTS) == {"failed", "fell_short", "at_sea", "open_ground", "intercepted", "leaked_built_up"}


@pytest.mark.usefixtures("plugin")
def test_a_registered_function_becomes_a_column(rows: np.ndarray) -> None:
    measure = find_measure("rounds_per_leak")
    assert measure.meaning == "Interceptors fired for each leak."
    values = derive(rows)["rounds_per_leak"]
    assert np.array_equal(values, rows[:, Tally.INTERCEPTORS_FIRED] / rows[:, Tally.LEAKED_BUILT_UP])


def test_an_unknown_measure_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(CommandError, match="did you mean `leaked_built_up`"):
        find_measure("leaked_builtup")

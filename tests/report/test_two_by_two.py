"""The two by two of interceptors and warning, from columns whose ratios are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opendome.report.two_by_two import two_by_two_table


@pytest.fixture(scope="module")
def table(study):
    found = two_by_two_table(study)
    assert found is not None
    return found


def test_factors_are_those_of_the_columns(table):
    """0.62, 0.84 and 2.48 injuries a leak where 0.21 are expected."""
    assert table.title == "Warning divides expected injuries by 3.0, interceptors divide them by 4.0"
    on, off, between = table.rows[:3]
    assert on[3].startswith("2.9") or on[3].startswith("3.0")
    assert between[1].startswith("4.0")
    assert between[3].startswith("11.8")
    assert off[3] == ""


def test_every_case_has_an_interval_and_two_alternatives_are_shown(table):
    assert len(table.rows) == 6
    assert all(" to " in table.rows[i][k] for i in (0, 1) for k in (1, 2))


def test_older_studies_have_none(study):
    columns = dict(study.tables["replications"])
    del columns["injuries_if_neither"]
    older = replace(study, tables={**study.tables, "replications": columns})
    assert two_by_two_table(older) is None

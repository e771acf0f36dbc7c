"""The 2 x 2 of interceptors and warning in the report: its numbers, its words, and what it does without them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from opendome.report.page import table_section
from opendome.report.two_by_two import two_by_two_table, two_by_two_title

TITLES = [
    (2.0, 3.0, "Warning spared more injuries: without warning 3.0 times as many, without interceptors 2.0 times"),
    (4.0, 3.0, "Interceptors spared more injuries: without warning 3.0 times as many, without interceptors 4.0 times"),
    (
        3.1,
        3.0,
        "Warning and interceptors spared alike many injuries: without warning 3.0 times as many, "
        "without interceptors 3.1 times",
    ),
    (math.nan, math.nan, "Nobody was expected to be hurt"),
]


@pytest.mark.parametrize(("interceptors", "warning", "expected"), TITLES)
def test_the_title_says_which_spared_more(interceptors, warning, expected):
    assert two_by_two_title(interceptors, warning) == expected


def test_every_main_alternative_has_its_injuries_and_those_for_100_launched(study, content):
    table = content.two_by_two
    assert [row[0] for row in table.rows[::2]] == [study.label(name) for name in study.main]
    assert all(row[0].endswith(", for 100 launched") for row in table.rows[1::2])
    base = study.baseline
    value = float(table.rows[0][1].split(" ")[0])
    assert value == pytest.approx(np.mean(study.series(base, "injuries_expected")), rel=0.05)
    rate = 100.0 * study.series(base, "injuries_if_neither").sum() / study.series(base, "launched").sum()
    assert float(table.rows[1][4].split(" ")[0]) == pytest.approx(rate, rel=0.05)


def test_the_factor_is_the_ratio_of_totals_with_its_interval_inside_the_spread(study):
    found = study.estimate(study.baseline, "factor_of_warning")
    unwarned, warned = (study.series(study.baseline, name) for name in ("injuries_if_unwarned", "injuries_expected"))
    assert found.value == pytest.approx(unwarned.sum() / warned.sum(), rel=1e-3)
    assert found.low <= found.value <= found.high


def test_a_study_of_before_has_no_such_table(study):
    columns = {name: column for name, column in study.tables["replications"].items() if name != "injuries_if_neither"}
    assert two_by_two_table(replace(study, tables={**study.tables, "replications": columns})) is None


def test_the_page_holds_it(content):
    assert "for 100 launched" in table_section(content.two_by_two)

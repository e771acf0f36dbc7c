"""What the pages say of batteries that are brought: days by arithmetic, books that balance, differences beyond luck."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest

import opendome as od

Z_999 = 3.09
"""One-sided 99.9 % of the normal law."""
BY_LIFT_H = 16 + 3 + 4 + 2
"""Route, off-loading, road and set-up of both scenarios."""


@lru_cache(maxsize=2)
def run(name, n):
    return od.study(name, replications=n, extras=False)


def days(name, n, alternative, battery, column="operational_day"):
    rows = run(name, n).table("operations").to_pylist()
    return [r[column] for r in rows if r["alternative"] == alternative and r["battery_id"] == battery]


def column(name, n, alternative, measure):
    table = run(name, n).table("replications")
    return table[measure].to_numpy()[np.array(table["alternative"].to_pylist()) == alternative]


def surely_less(ours, theirs):
    difference = ours - theirs
    return difference.mean() + Z_999 * difference.std(ddof=1) / math.sqrt(len(difference)) < 0.0


@pytest.mark.parametrize(
    ("alternative", "loads", "per_day", "set_up_h"),
    [
        ("as-is", 18, 4, 2), ("sorties-1", 18, 1, 2), ("sorties-2", 18, 2, 2), ("sorties-8", 18, 8, 2),
        ("loads-12", 12, 4, 2), ("loads-24", 24, 4, 2), ("set-up-day", 18, 4, 24),
    ],
)  # fmt: skip
def test_the_earliest_day_is_arithmetic(alternative, loads, per_day, set_up_h):
    planned = (loads - 1) / per_day + (BY_LIFT_H - 2 + set_up_h) / 24
    assert min(days("bring-a-battery", 40, alternative, "brought")) == pytest.approx(planned, abs=0.15)
    assert min(days("bring-a-battery", 40, alternative, "brought")) >= planned - 1e-9


def test_the_later_of_crew_and_aircraft_binds():
    assert set(days("bring-a-battery", 40, "crew-month", "brought")) == {30.0}
    slow = days("bring-a-battery", 40, "crew-month-slow", "brought")
    assert min(slow) >= 17 * 2 + BY_LIFT_H / 24 - 1e-9
    assert set(days("bring-a-battery", 40, "crew-year", "brought")) == {None}


def test_fewer_sorties_are_later_in_every_replication():
    by_sorties = [
        days("bring-a-battery", 40, name, "brought") for name in ("sorties-8", "as-is", "sorties-2", "sorties-1")
    ]
    assert all(a <= b for few, more in pairwise(by_sorties) for a, b in zip(few, more))


def test_twelve_weeks():
    name, n = "twelve-weeks", 8
    leaks = {a: column(name, n, a, "leaked_built_up") for a in run(name, n).alternatives}
    for better, worse in (("two-more", "slow-lift"), ("slow-lift", "as-is"), ("two-more", "crews-to-train")):
        assert surely_less(leaks[better], leaks[worse])
    assert set(days(name, n, "crews-to-train", "us2")) == {None}
    assert set(days(name, n, "returned-early", "us1", "left_day")) == {42.0}
    assert (column(name, n, "returned-early", "rounds_returned") > 0).all()
    for a in run(name, n).alternatives:
        came, went = (
            sum(column(name, n, a, measure) for measure in names)
            for names in (
                ("rounds_initial", "rounds_made", "rounds_sent"),
                ("interceptors_fired", "interceptors_left", "rounds_in_transit", "rounds_lost", "rounds_returned"),
            )
        )
        np.testing.assert_array_equal(came, went)

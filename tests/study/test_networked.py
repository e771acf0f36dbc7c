"""The scenario `networked`: with ample stock nothing is gained by losing a part or a link; what is missed says why."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from opendome.base.tally import LEAK_REASONS, Tally, tally_names
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.study.replicate import run_chunk

SEED, N = 20231101, 80
ONE_SIDED_999 = 3.09
SCENARIO = load("networked")
LOSSES = [name for name in SCENARIO.alternatives() if name.startswith(("without-", "cut-"))]


@cache
def rows_of(name):
    return run_chunk(compile_world(SCENARIO.alternative(name)), SEED, 0, N).rows


def column(name, measure):
    return rows_of(name)[:, tally_names().index(measure)]


def test_every_part_and_every_link_has_its_loss():
    model = SCENARIO.model
    parts = [item.id for group in (model.batteries, model.posts, model.launchers, model.sensors) for item in group]
    assert set(LOSSES) == {f"without-{name}" for name in parts} | {f"cut-{link.id}" for link in model.links}


@pytest.mark.parametrize("name", LOSSES)
def test_losing_one_part_or_link_never_helps(name):
    more = column(name, "leaked_built_up") - column("as-is", "leaked_built_up")
    band = ONE_SIDED_999 * more.std(ddof=1) / math.sqrt(N)
    assert more.mean() >= -band
    assert not column(name, "stocked_out").any()


def test_losing_what_matters_is_noticed():
    for name in ("without-north", "without-alone", "no-links", "every-link-fails"):
        more = column(name, "leaked_built_up") - column("as-is", "leaked_built_up")
        assert more.mean() > ONE_SIDED_999 * more.std(ddof=1) / math.sqrt(N), name


@pytest.mark.parametrize("link", ["north-hub", "air-hub", "hub-alone"])
def test_a_link_that_is_out_for_ever_is_one_that_is_not_there(link):
    gone = compile_world(SCENARIO.alternative("as-is").override({"links-": [link]}))
    np.testing.assert_array_equal(run_chunk(gone, SEED, 0, 10).rows, rows_of(f"cut-{link}")[:10])


@pytest.mark.parametrize("name", [*LOSSES, "no-links", "every-link-fails"])
def test_what_nobody_shot_at_has_a_reason(name):
    rows = rows_of(name)
    first = Tally.NOT_ENGAGED_FIRST
    refused = rows[:, first : first + len(LEAK_REASONS)].sum(axis=1)
    engaged = rows[:, Tally.ENGAGED] - rows[:, Tally.ENGAGED_NEEDLESSLY]
    np.testing.assert_array_equal(refused + engaged, rows[:, Tally.THREATENING])


def test_reasons_say_what_is_missing():
    assert column("without-north", "not_engaged_battery_failed").sum() > 0
    assert column("no-links", "not_engaged_not_reported").sum() > 0
    assert column("no-links", "not_engaged_cut_off").sum() > 0
    assert column("every-link-fails", "not_engaged_cut_off").sum() > 0
    for reason in ("battery_failed", "left_to_others", "not_reported", "cut_off"):
        assert not column("as-is", f"not_engaged_{reason}").any(), reason


def test_a_network_is_no_better_than_hearing_everything_at_once():
    more = column("as-is", "leaked_built_up") - column("ideal", "leaked_built_up")
    assert more.mean() >= -ONE_SIDED_999 * more.std(ddof=1) / math.sqrt(N)

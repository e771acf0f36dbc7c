"""Three doors, one answer; and what the conformance check finds."""

from __future__ import annotations

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.doctrine.view import HOLD, N_ROUNDS, P_KILL, VALUE_PEOPLE
from opendome.study.doors import batch_policy
from opendome.study.replicate import run_chunk
from opendome.testing.conformance import check_policy, generate_views
from tests.battle.rules_in_three_forms import fullest, fullest_batch, fullest_compiled
from tests.engine import scenarios


@pytest.fixture(scope="module")
def world():
    """The stress scenario without its reserve, so that many decisions are asked."""
    world = scenarios.stress("greedy")
    return world._replace(battle=world.battle._replace(reserve_share=0.0))


def test_one_rule_gives_the_same_tables_through_each_door(world):
    ways = [run_chunk(world, 5, 3, 6, rule) for rule in (fullest, fullest_batch, fullest_compiled)]
    for other in ways[1:]:
        for ours, theirs in zip(ways[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    earliest = run_chunk(world, 5, 3, 6, "earliest")
    assert not np.array_equal(earliest.rows, ways[0].rows, equal_nan=True)


def test_built_in_rules_conform():
    earliest, greedy = check_policy("earliest"), check_policy("greedy")
    assert earliest.n_held == 0
    assert 0 < greedy.n_held < len(greedy.choices)


def test_three_forms_conform_and_agree():
    found = check_policy(fullest, fullest_batch, fullest_compiled)
    assert 0 < found.n_held < len(found.choices)


def test_generated_decisions_look_like_those_of_a_battle():
    views = generate_views()
    assert {len(one.options) for one in views} >= {1, 2, 3, 4, 6, 12}
    for one in views:
        rows = one.options
        assert (rows[:, 2] >= one.track[0]).all() and (rows[:, 3] <= one.track[1]).all()
        assert (rows[:, 2] <= rows[:, 5]).all() and (rows[:, 5] <= rows[:, 3]).all()
        assert (rows[:, P_KILL] > 0.0).all() and (rows[:, P_KILL] <= 1.0).all()
    np.testing.assert_array_equal(views[7].options, generate_views()[7].options)


def last_row_and_one(track, options, stock):
    return len(options)


def half(track, options, stock):
    return 0.5


def says_nothing(track, options, stock):
    return None


def writes(track, options, stock):
    options[0, N_ROUNDS] = 9.0
    return 0


def other_rule(track, options, stock):
    return 0 if track[VALUE_PEOPLE] > 0.1 else HOLD


@batch_policy
def forgets_empty_rows(tracks, options, stock):
    return np.full(len(tracks), options.shape[1] - 1)


@batch_policy
def answers_once(tracks, options, stock):
    return 0


class Moody:
    """A rule that keeps a memory."""

    n = 0

    def __call__(self, track, options, stock):
        self.n += 1
        return HOLD if self.n % 2 else 0


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([last_row_and_one], "decision 0: the policy chose row"),
        ([half], "give the row of the option"),
        ([says_nothing], "give the row of the option"),
        ([writes], "wrote into `options`"),
        ([Moody()], "answered twice differently"),
        ([other_rule, fullest], "two forms of the policy answer differently"),
        ([forgets_empty_rows], "answered differently in a batch"),
        ([answers_once], "one row for each decision"),
        ([42], "is no policy"),
    ],
)
def test_a_rule_that_does_not_conform_is_told_what_is_wrong(rules, words):
    with pytest.raises(CommandError, match=words):
        check_policy(*rules)

"""An operator who does what a rule does has no regret, to the bit; luck and decisions are told apart without bias."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

import opendome as od
from opendome.base.errors import CommandError
from opendome.base.tally import Tally
from opendome.battle.state import Count
from opendome.doctrine.view import HOLD
from opendome.scenario.compile import compile_world
from opendome.study.best_case import achieve
from opendome.study.decisive import decisions_of
from opendome.study.doors import Play, as_function, find_policy, is_priced, run_chunk_through
from opendome.study.exercise import open_exercise
from opendome.study.luck import luck_seeds, see_raid
from opendome.study.regret import regret_of
from opendome.study.score import MEASURES, decision_times
from opendome.study.single import Run

SEED = 7
SHORT = {
    "duration_day": 1,
    "threats.raid.launched_per_day.mean": 120,
    "threats.given": [],
    "depot.resupply": [],
    "doctrine.forecast.futures": 2,
}
WHOLE = (0.0, 1e9)
Z_999 = 3.2905


@pytest.fixture(scope="module")
def scenario():
    return od.load("coastland").override(SHORT)


def no_orders(rows=()):
    names = ("t_s", "seat", "action", "track_id", "battery_id", "n_rounds", "value", "asked_s")
    types = (pa.float64(), pa.string(), pa.string(), pa.int64(), pa.string(), pa.int64(), pa.string(), pa.float64())
    columns = zip(*rows) if rows else [[] for _ in names]
    return pa.table({name: pa.array(list(column), kind) for name, column, kind in zip(names, columns, types)})


def played_by(scenario, choose, seed=SEED, replication=0, priced=False):
    """A scripted operator: the run, and the answers given."""
    play, choices = Play(compile_world(scenario), seed, replication, is_priced=priced), []
    while play.decide():
        n = play.state.count[Count.N_OPTIONS]
        choices.append(choose(play.state.view_track, play.state.view_options[:n], play.state.view_stock))
        play.answer(choices[-1])
    return Run(scenario, seed, replication, play.row, {}), np.array(choices, np.int64)


def by_rule(scenario, name, replication=0):
    rule = find_policy(name)
    return played_by(scenario, as_function(rule), replication=replication, priced=is_priced(rule))


def careless(replication=0):
    """Answers without looking: any option, or none."""
    draws = np.random.default_rng(replication)
    return lambda track, options, stock: int(draws.integers(-1, len(options)))


@pytest.fixture(scope="module")
def random_exercise(scenario):
    played, choices = played_by(scenario, careless())
    return open_exercise(played, no_orders(), WHOLE, choices)


@pytest.fixture(scope="module")
def random_regret(random_exercise):
    return regret_of(random_exercise)


@pytest.mark.parametrize("name", ["earliest", "greedy", "price"])
def test_an_operator_who_does_what_a_rule_does_has_no_regret(scenario, name):
    played, choices = by_rule(scenario, name)
    exercise = open_exercise(played, no_orders(), WHOLE, choices)
    (automatic,) = regret_of(exercise, [name], n_luck=2).automatic
    assert not automatic.exact_difference(played.row).any()
    assert all(one.exact == 0.0 for one in automatic.compare(played.row))
    decisions = decisions_of(exercise, automatic, n_draws=2)
    assert decisions.n_same == decisions.n_asked == len(choices) > 20
    assert decisions.leaks.decisions.value == 0.0 and decisions.leaks.decisions.half_width == 0.0
    assert decisions.leaks.luck.value == decisions.leaks.difference.value


@pytest.mark.parametrize("name", ["earliest", "price"])
def test_over_days_the_same_luck_is_the_run_of_the_rule(name):
    whole = od.load("coastland").override({"doctrine.forecast.futures": 2})
    played, choices = played_by(whole, careless())
    exercise = open_exercise(played, no_orders(), WHOLE, choices)
    (row,) = exercise.rows_by(find_policy(name), np.array([SEED]))
    np.testing.assert_array_equal(row, run_chunk_through(compile_world(whole), SEED, 0, 1, name).rows[0])


def test_the_answers_play_the_same_battle_again(random_exercise):
    np.testing.assert_array_equal(random_exercise.row_again(), random_exercise.played.row)
    assert random_exercise.is_faithful()


def test_other_answers_are_found_out(scenario, random_exercise):
    first_shot = int(np.flatnonzero(random_exercise.choices >= 0)[0])
    choices = random_exercise.choices.copy()
    choices[first_shot] = HOLD
    assert not open_exercise(random_exercise.played, no_orders(), WHOLE, choices).is_faithful()


@pytest.mark.parametrize("name", ["earliest", "price"])
def test_luck_through_python_and_through_the_kernel_is_the_same(random_exercise, name):
    rule = find_policy(name)
    slow = as_function(rule)
    luck = luck_seeds(SEED, 3)
    if name == "price":
        exercise = random_exercise
        python = [exercise._row_through_python(exercise.charge(rule), int(seed)) for seed in luck]
    else:
        python = random_exercise.rows_by(lambda track, options, stock: slow(track, options, stock), luck)
    np.testing.assert_array_equal(np.array(python), random_exercise.rows_by(rule, luck, workers=2))


def test_the_mean_over_luck_is_that_of_many_more_runs(scenario, random_regret):
    """`achieve` draws the raid anew each time, in a kernel of its own, with seeds of its own."""
    world = compile_world(scenario)
    for automatic in random_regret.automatic:
        many = achieve(world, SEED, 0, find_policy(automatic.policy), 400 if automatic.policy == "price" else 5000)
        for column, other in ((Tally.LEAKED_BUILT_UP, many.leaks), (Tally.INTERCEPTORS_FIRED, many.rounds_fired)):
            few = automatic.rows[:, column]
            error = math.hypot(few.std(ddof=1) / math.sqrt(len(few)), other.std(ddof=1) / math.sqrt(len(other)))
            assert abs(few.mean() - other.mean()) <= Z_999 * error + 1e-12


def test_comparisons_are_those_of_the_rows(random_regret):
    automatic = random_regret.automatic[0]
    played = random_regret.exercise.played
    one = automatic.compare(played.row)[0]
    leaks = automatic.rows[:, Tally.LEAKED_BUILT_UP]
    assert one.measure == "leaked_built_up" and one.mean.value == pytest.approx(leaks.mean())
    assert one.lower.value == pytest.approx((leaks < one.played).mean())
    assert (one.low, one.high) == pytest.approx(tuple(np.quantile(leaks, [0.05, 0.95])))
    assert one.difference.value == pytest.approx(one.played - leaks.mean())
    assert [row.measure for row in automatic.compare(played.row)] == list(MEASURES)


def test_nobody_is_below_the_bound(random_regret):
    assert random_regret.least_leaks > 0.0
    for automatic in random_regret.automatic:
        rows = {one.measure: one for one in automatic.compare(random_regret.exercise.played.row)}
        assert random_regret.least_leaks <= rows["leaked_built_up"].mean.low
        assert random_regret.least_people <= rows["people_exposed"].mean.low


def test_costs_are_those_of_playing_on_by_hand(random_exercise, random_regret):
    """One decision, answered both ways and played on through Python with the same draws."""
    (automatic,) = [one for one in random_regret.automatic if one.policy == "earliest"]
    moment = decisions_of(random_exercise, automatic, n_draws=4, n_listed=0).moments[3]
    choose, rows = as_function(find_policy("earliest")), []
    for seed in luck_seeds(SEED, 4, 1 + moment.ordinal):
        for is_ours in (True, False):
            rows.append(_played_on(random_exercise, moment.ordinal, int(seed), choose, is_ours))
    cost = np.array(rows[0::2]) - np.array(rows[1::2])
    assert moment.leaks.value == pytest.approx(cost.mean())


def _played_on(exercise, at, luck_seed, choose, is_ours):
    for ordinal, play in exercise.answers(False):
        if ordinal < at:
            continue
        state = play.state

        def chosen(state=state):
            return choose(state.view_track, state.view_options[: state.count[Count.N_OPTIONS]], state.view_stock)

        play.luck_seed = state.count[Count.SEED] = luck_seed
        play.answer(exercise.choices[at] if is_ours else chosen())
        while play.decide():
            play.answer(chosen())
        return play.row[Tally.LEAKED_BUILT_UP]
    raise AssertionError("there is no such decision")


def test_decisions_and_luck_add_up_and_luck_is_fair(scenario):
    """Over many exercises what is left as luck has mean zero, and what decisions cost is the mean of the difference."""
    lucks, differences = [], []
    for replication in range(60):
        played, choices = played_by(scenario, careless(replication), replication=replication)
        exercise = open_exercise(played, no_orders(), WHOLE, choices)
        (automatic,) = regret_of(exercise, ["earliest"], n_luck=50).automatic
        split = decisions_of(exercise, automatic, n_draws=10, n_listed=0).leaks
        assert split.difference.value == pytest.approx(split.decisions.value + split.luck.value)
        lucks.append(split.luck.value)
        differences.append(split.difference.value)
    error = np.std(lucks, ddof=1) / math.sqrt(len(lucks))
    assert abs(np.mean(lucks)) <= Z_999 * error
    assert np.mean(differences) > Z_999 * error, "an operator who does not look should do worse"


def test_listed_moments_are_measured_anew(random_exercise, random_regret):
    (automatic,) = [one for one in random_regret.automatic if one.policy == "earliest"]
    decisions = decisions_of(random_exercise, automatic, n_fresh=60)
    assert 0 < len(decisions.listed) <= 10
    by_ordinal = {moment.ordinal: moment for moment in decisions.moments}
    assert all(moment.leaks.n == 60 and by_ordinal[moment.ordinal].leaks.n == 50 for moment in decisions.listed)
    values = [moment.leaks.value for moment in decisions.listed]
    assert values == sorted(values, reverse=True)


def test_before_the_operator_takes_over_all_is_as_it_was(scenario):
    played, choices = by_rule(scenario, "earliest")
    times = [row[0] for row in _times(scenario)]
    half = times[len(times) // 2]
    exercise = open_exercise(played, no_orders(), (half, 1e9), choices)
    regret = regret_of(exercise, ["earliest", "greedy"], n_luck=20)
    assert not regret.automatic[0].exact_difference(played.row).any()
    assert regret.bound is None
    assert sum(1 for _ in exercise.asked(False)) == sum(t >= half for t in times) < len(times)
    quiet = open_exercise(played, no_orders(), (times[-1] + 1.0, 1e9), choices)
    assert regret_of(quiet, ["earliest"]).automatic == ()


def test_after_the_span_the_scenario_decides(scenario):
    """A holder who is relieved at once: all that is left is the scenario's own policy."""
    played, choices = by_rule(scenario, "earliest")
    (first, *_) = [row[0] for row in _times(scenario)]
    exercise = open_exercise(played, no_orders(), (0.0, first + 1e-9), choices)
    held = exercise.rows_by(lambda track, options, stock: HOLD, np.array([SEED]))[0]
    fired = exercise.rows_by(find_policy("earliest"), np.array([SEED]))[0]
    np.testing.assert_array_equal(fired, played.row)
    assert held[Tally.INTERCEPTORS_FIRED] > 0.5 * fired[Tally.INTERCEPTORS_FIRED]


def _times(scenario):
    world = compile_world(scenario)
    played, choices = by_rule(scenario, "earliest")
    exercise = open_exercise(played, no_orders(), WHOLE, choices, world)
    return [(float(play.state.view_track[0]),) for _, play in exercise.asked(False)]


def test_a_tracked_picture_is_seen_once(scenario):
    tracked = scenario.override({"picture.kind": "tracked", "threats.raid.launched_per_day.mean": 30})
    played, choices = by_rule(tracked, "earliest")
    exercise = open_exercise(played, no_orders(), WHOLE, choices)
    regret = regret_of(exercise, ["earliest"], n_luck=3)
    assert not regret.automatic[0].exact_difference(played.row).any()
    assert regret.bound is None
    assert len(see_raid(compile_world(tracked), SEED, 0).n_bursts) == 1


def test_times_are_from_the_question_to_the_order():
    rows = [
        (20.0, "one", "approve", 1, "b1", 1, "", 10.0),
        (13.0, "one", "hold", 2, None, 0, "", 11.0),
        (40.0, "one", "unanswered", 3, None, 0, "", 12.0),
        (50.0, "one", "salvo", -1, None, 2, "2", None),
    ]
    times = decision_times(no_orders(rows))
    assert times.seconds.tolist() == [10.0, 2.0] and (times.n, times.n_unanswered) == (2, 1)
    assert times.median_s == 6.0 and times.p90_s == pytest.approx(9.2)
    assert math.isnan(decision_times(no_orders()).median_s)


def test_what_is_not_as_declared_is_said_at_once(scenario, random_exercise):
    played = random_exercise.played
    with pytest.raises(CommandError, match=r"lack the columns asked_s; unknown actions fire .*; the span ends"):
        orders = no_orders([(1.0, "one", "fire", 1, None, 1, "", 1.0)]).drop_columns(["asked_s"])
        open_exercise(played, orders, (5.0, 5.0), random_exercise.choices)
    with pytest.raises(CommandError, match="asks a person"):
        regret_of(random_exercise, ["manual"])

"""An operator who does what a rule does has no regret, to the bit; luck and decisions are told apart without bias."""

from __future__ import annotations

import math

import numpy as np
import pytest

import opendome as od
from opendome.base.errors import CommandError
from opendome.base.tally import Tally
from opendome.doctrine.view import HOLD
from opendome.scenario.compile import compile_world
from opendome.study.best_case import achieve, best_case
from opendome.study.decisive import Deed, judge
from opendome.study.doors import as_function, find_policy, run_chunk_through
from opendome.study.inject import Inject, InjectKind
from opendome.study.luck import luck_seeds
from opendome.study.orders import Action, Authority, Order
from opendome.study.played import Levels, open_exercise
from opendome.study.regret import regret_of
from opendome.study.score import MEASURES, decision_times
from tests.study.operators import ALWAYS, Human, careless, like_rule, play_exercise, table_of

SEED = 7
SHORT = {
    "duration_day": 1,
    "threats.raid.launched_per_day.mean": 120,
    "threats.given": [],
    "depot.resupply": [],
    "doctrine.forecast.futures": 2,
}
EVENING = {
    "duration_day": 0.02,
    "threats.raid.launched_per_day.mean": 0,
    "depot.resupply": [],
    "threats.given": [
        {"at_s": at_s, "from": [35.14, -29.62], "at": [35.02, -30.16], "class": "medium-rocket", "count": 12,
         "spacing_s": 2}
        for at_s in (60, 200, 420)
    ],
    "assumptions.iron-dome.defended_radius_km": 15,
    "batteries[b1].at": [35.06, -30.06],
    "batteries[b2].at": [34.96, -30.00],
}  # fmt: skip
SPAN = (30.0, 500.0)
Z_999 = 3.2905


@pytest.fixture(scope="module")
def scenario():
    return od.load("coastland").override(SHORT)


@pytest.fixture(scope="module")
def evening():
    return od.load("coastland").override(EVENING)


@pytest.fixture(scope="module")
def random_exercise(scenario):
    return play_exercise(scenario, SEED, on_spot=careless(0))[0]


@pytest.fixture(scope="module")
def random_regret(random_exercise):
    return regret_of(random_exercise)


def by_name(regret, name="earliest"):
    return next(one for one in regret.automatic if one.policy == name)


@pytest.mark.parametrize("name", ["earliest", "greedy", "price"])
def test_an_operator_who_does_what_a_rule_does_has_no_regret(scenario, name):
    exercise, choices = play_exercise(
        scenario.override({"doctrine.policy": name}), SEED, on_spot=like_rule(name)
    )  # fmt: skip
    assert exercise.is_faithful(choices)
    automatic = by_name(regret_of(exercise, [name], n_luck=2), name)
    assert not automatic.exact_difference(exercise.row).any()
    assert all(one.exact == 0.0 for one in automatic.compare(exercise.row))
    found = judge(exercise, automatic, n_draws=2)
    assert found.n_same == found.n_tracks > 20 and not found.moments and not found.listed
    assert found.leaks.done.value == 0.0 and found.leaks.done.half_width == 0.0
    assert found.leaks.luck.value == found.leaks.difference.value


@pytest.mark.parametrize("name", ["earliest", "price"])
def test_over_days_the_same_luck_is_the_run_of_the_rule(name):
    whole = od.load("coastland").override({"doctrine.forecast.futures": 2})
    exercise, _ = play_exercise(whole, SEED, on_spot=careless(1))
    (row,) = exercise.rows_by(find_policy(name), np.array([SEED]))
    np.testing.assert_array_equal(row, run_chunk_through(compile_world(whole), SEED, 0, 1, name).rows[0])


@pytest.mark.parametrize("number", [0, 1, 2])
def test_orders_play_the_same_battle_again(evening, number):
    exercise, choices = play_exercise(evening, SEED, number, SPAN, human=Human(number, is_meddling=True))
    assert exercise.is_faithful(choices)
    assert math.isfinite(exercise.t_end_s) and not exercise.is_faithful([*choices[:-1], choices[-1] + 1])


def test_what_is_counted_is_what_comes_down_in_the_exercise(evening):
    exercise, _ = play_exercise(evening, SEED, 0, SPAN, human=Human(3), full=True)
    impacts = [row for row in exercise.played.table("impacts").to_pylist() if SPAN[0] <= row["t_s"] < exercise.t_end_s]
    row = exercise.row - exercise.row_before
    assert row[Tally.LEAKED_BUILT_UP] == sum(one["end"] == "leaked_built_up" for one in impacts) > 0
    assert row[Tally.PEOPLE_EXPOSED] == pytest.approx(sum(one["people_exposed"] for one in impacts))
    fired = [one["t_s"] for one in exercise.played.table("launches").to_pylist()]
    assert row[Tally.INTERCEPTORS_FIRED] == sum(SPAN[0] <= t_s for t_s in fired) > 0


INJECTS = (
    Inject(90.0, InjectKind.LAUNCHER_JAM, "b1", minutes=1.0, count=1),
    Inject(230.0, InjectKind.RADAR_FAILURE, "b1", minutes=1.0),
    Inject(100.0, InjectKind.FALSE_TRACKS, "north-hills", toward="alder", threat_class="medium-rocket", count=3),
    Inject(300.0, InjectKind.EXTRA_SALVO, "north-hills", toward="alder", threat_class="medium-rocket", count=4),
)


@pytest.mark.parametrize("injects", [(), INJECTS[:1], INJECTS[1:2], INJECTS[2:3], INJECTS])
def test_luck_through_python_and_through_the_kernel_is_the_same(evening, injects):
    from opendome.scenario.compile import unit_names
    from opendome.study.inject import jam_order

    jams = [jam_order(evening, one, unit_names(evening.model)) for one in injects if one.kind == "launcher_jam"]

    human_of = Human(5)

    def human(play, t_s):
        return [*human_of(play, t_s), *(jam for jam in jams if t_s - 1.0 < jam.t_s <= t_s)]

    exercise, choices = play_exercise(evening, SEED, 0, SPAN, human=human, injects=injects)
    assert exercise.is_faithful(choices)
    luck = np.array([SEED, *luck_seeds(SEED, 4)])
    for name in ("earliest", "greedy"):
        rule = find_policy(name)
        slow = np.array([exercise.row_through_python(rule, int(seed)) for seed in luck])
        np.testing.assert_array_equal(exercise.rows_by(rule, luck, workers=2), slow)
    hold = exercise.rows_by(lambda track, options, stock: HOLD, luck[:1])
    assert hold[0][Tally.INTERCEPTORS_FIRED] < slow[0][Tally.INTERCEPTORS_FIRED]


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
    automatic, row = random_regret.automatic[0], random_regret.exercise.row
    one = automatic.compare(row)[0]
    leaks = automatic.rows[:, Tally.LEAKED_BUILT_UP]
    assert one.measure == "leaked_built_up" and one.mean.value == pytest.approx(leaks.mean())
    assert one.lower.value == pytest.approx((leaks < one.played).mean())
    assert (one.low, one.high) == pytest.approx(tuple(np.quantile(leaks, [0.05, 0.95])))
    assert one.difference.value == pytest.approx(one.played - leaks.mean())
    assert [other.measure for other in automatic.compare(row)] == list(MEASURES)
    assert random_regret.score()["leaked_built_up"] == one.played


def test_nobody_is_below_the_bound(random_regret, scenario):
    whole = best_case(compile_world(scenario), SEED, 0)
    assert random_regret.bound == whole
    assert random_regret.least_leaks > 0.0
    for automatic in random_regret.automatic:
        rows = {one.measure: one for one in automatic.compare(random_regret.exercise.row)}
        assert random_regret.least_leaks <= rows["leaked_built_up"].mean.low
        assert random_regret.least_people <= rows["people_exposed"].mean.low


def test_the_bound_of_a_part_of_a_raid_is_below_all(evening):
    exercise, _ = play_exercise(evening, SEED, 0, (210.0, 500.0), human=Human(1))
    regret = regret_of(exercise)
    assert 0.0 < regret.least_leaks < regret.bound.leaks_at_stake
    assert all(regret.least_leaks <= one.compare(exercise.row)[0].mean.low for one in regret.automatic)


def test_decisions_and_luck_add_up_and_luck_is_fair(evening):
    """Over many exercises of people who meddle with everything, what is left as luck has mean zero."""
    lucks, differences = [], []
    for number in range(40):
        exercise, _ = play_exercise(evening, SEED, number, SPAN, human=Human(number, is_meddling=True))
        automatic = by_name(regret_of(exercise, ["earliest"], n_luck=100))
        split = judge(exercise, automatic, n_draws=10, n_listed=0).leaks
        assert split.difference.value == pytest.approx(split.done.value + split.luck.value)
        lucks.append(split.luck.value)
        differences.append(split.difference.value)
    error = np.std(lucks, ddof=1) / math.sqrt(len(lucks))
    assert abs(np.mean(lucks)) <= Z_999 * error
    assert np.mean(differences) > 2.0 * Z_999 * error, "who forgets and meddles should do worse"


@pytest.mark.parametrize("name", ["earliest", "greedy"])
@pytest.mark.parametrize("number", range(12))
def test_where_nothing_is_left_to_luck_there_is_none(evening, number, name):
    """Every round kills: whatever somebody meddles with, all of the difference is what was done, exactly.

    `greedy` holds its fire at many of the tracks that the exercise's own rule proposes.
    """
    thrifty = evening.override({"doctrine.round_price_people": 1.0})
    human = Human(number, delay_s=float(number), is_meddling=number % 2 == 1)
    levels = Levels(Authority.VETO if number % 3 == 0 else Authority.APPROVAL, veto_s=8.0)
    exercise, choices = play_exercise(thrifty, SEED, number, SPAN, human=human, levels=levels, certain=True)
    assert exercise.is_faithful(choices)
    automatic = by_name(regret_of(exercise, [name], n_luck=3), name)
    assert not np.ptp(automatic.rows[:, Tally.LEAKED_BUILT_UP])
    found = judge(exercise, automatic, n_draws=2, n_listed=0)
    for split in (found.leaks, found.people):
        assert split.luck.value == pytest.approx(0.0, abs=1e-9)
        assert split.done.value == pytest.approx(split.difference.value)


def test_careless_answers_are_judged_fairly_too(scenario):
    lucks = []
    for number in range(40):
        exercise, _ = play_exercise(scenario, SEED, number, on_spot=careless(number))
        automatic = by_name(regret_of(exercise, ["earliest"], n_luck=50))
        lucks.append(judge(exercise, automatic, n_draws=10, n_listed=0).leaks.luck.value)
    assert abs(np.mean(lucks)) <= Z_999 * np.std(lucks, ddof=1) / math.sqrt(len(lucks))


def test_listed_moments_are_measured_anew(evening):
    exercise, _ = play_exercise(evening, SEED, 2, SPAN, human=Human(2))
    found = judge(exercise, by_name(regret_of(exercise, ["earliest"], n_luck=20)), n_fresh=60)
    assert 0 < len(found.listed) <= 10 and found.n_tracks >= len(found.moments)
    by_track = {moment.track_id: moment for moment in found.moments}
    assert all(moment.leaks.n == 60 and by_track[moment.track_id].leaks.n == 50 for moment in found.listed)
    values = [moment.leaks.value for moment in found.listed]
    assert values == sorted(values, reverse=True) and values[0] > 0.0


class ByTurns:
    """Approves one track late, lets the next fall, forgets the third, and so on."""

    def __init__(self):
        self.ways = {}

    def __call__(self, play, t_s):
        orders = []
        for track_id, waiting in list(play.desk.waiting.items()):
            way = self.ways.setdefault(track_id, (Action.APPROVE, Action.HOLD, None)[len(self.ways) % 3])
            if way is not None and t_s >= waiting.asked_s + 3.0:
                orders.append(Order(t_s, way, track_id))
        return orders


def test_deeds_are_told_by_what_was_ordered(evening):
    human = ByTurns()
    exercise, _ = play_exercise(evening, SEED, 2, SPAN, human=human)
    found = judge(exercise, by_name(regret_of(exercise, ["earliest"], n_luck=5)), n_draws=2, n_listed=0)
    ways = {Deed.LATE: Action.APPROVE, Deed.LET_FALL: Action.HOLD, Deed.UNANSWERED: None}
    assert {moment.deed for moment in found.moments} >= set(ways)
    for moment in found.moments:
        if moment.deed in ways and moment.t_s < SPAN[1] - 60.0:
            assert human.ways[moment.track_id] == ways[moment.deed]
            assert moment.theirs is not None and (moment.ours is not None) == (moment.deed is Deed.LATE)
        if moment.deed is Deed.LATE:
            assert moment.ours.t_s > moment.theirs.t_s


def test_nobody_answers_anything(evening):
    """What was done is the whole cost of not firing: no rounds leave until the exercise is over."""
    exercise, _ = play_exercise(evening, SEED, 0, SPAN, human=lambda play, t_s: [])
    regret = regret_of(exercise, ["earliest"], n_luck=50)
    found = judge(exercise, by_name(regret), n_listed=0)
    deeds = [moment.deed for moment in found.moments]
    assert deeds.count(Deed.UNANSWERED) > 0.5 * len(deeds) > 5
    assert regret.times.n == 0 and regret.times.n_unanswered > 5
    assert found.leaks.done.low > 0.0


def test_an_operator_who_is_never_asked_has_no_regret(evening):
    exercise, _ = play_exercise(evening, SEED, 0, (30.0, 40.0), human=lambda play, t_s: [])
    regret = regret_of(exercise, ["earliest"], n_luck=5)
    assert not by_name(regret).exact_difference(exercise.row).any()
    assert judge(exercise, by_name(regret), n_draws=2).n_tracks == 0


def test_a_tracked_picture_is_seen_once(scenario):
    tracked = scenario.override({"picture.kind": "tracked", "threats.raid.launched_per_day.mean": 30})
    exercise, choices = play_exercise(tracked, SEED, on_spot=like_rule("earliest"))
    assert exercise.is_faithful(choices)
    regret = regret_of(exercise, ["earliest"], n_luck=3)
    assert not by_name(regret).exact_difference(exercise.row).any()
    assert regret.bound is None


def test_times_are_from_the_question_to_the_order():
    rows = [
        (20.0, "one", "approve", 1, "b1", 1, "", 10.0),
        (13.0, "one", "hold", 2, None, 0, "", 11.0),
        (40.0, "one", "unanswered", 3, None, 0, "", 12.0),
        (50.0, "one", "salvo", -1, None, 2, "2", None),
    ]
    times = decision_times(table_of(rows))
    assert times.seconds.tolist() == [10.0, 2.0] and (times.n, times.n_unanswered) == (2, 1)
    assert times.median_s == 6.0 and times.p90_s == pytest.approx(9.2)
    assert math.isnan(decision_times(table_of()).median_s)


def test_what_is_not_as_declared_is_said_at_once(random_exercise):
    table = table_of([(1.0, "one", "fire", 1, None, 1, "", 1.0)]).drop_columns(["asked_s"])
    with pytest.raises(CommandError, match=r"lack the columns asked_s; unknown actions fire .*; the span ends"):
        open_exercise(random_exercise.played, table, (5.0, 5.0), [])
    with pytest.raises(CommandError, match="nearst"):
        regret_of(random_exercise, ["nearst"])
    slow = as_function(find_policy("earliest"))
    od.register("policy", "slow-test")(lambda track, options, stock: slow(track, options, stock))
    try:
        with pytest.raises(CommandError, match="not compiled"):
            judge(random_exercise, by_name(regret_of(random_exercise, ["slow-test"], n_luck=2), "slow-test"))
    finally:
        from opendome.base.registry import unregister

        unregister("policy", "slow-test")


def test_spans_are_as_long_as_they_say(random_exercise):
    assert (random_exercise.from_s, random_exercise.until_s) == ALWAYS
    assert math.isinf(random_exercise.t_end_s)

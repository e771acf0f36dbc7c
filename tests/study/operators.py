"""Scripted operators of live play, and the exercises that they leave."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from opendome.doctrine import view
from opendome.study.desk import Desk
from opendome.study.doors import as_function, find_policy
from opendome.study.inject import changed_by
from opendome.study.live import LivePlay
from opendome.study.orders import Action, Authority, Order
from opendome.study.played import Levels, open_exercise
from opendome.study.single import Run, run_of

ALWAYS = (0.0, 1e9)
LEVELS = Levels()
COLUMNS = {
    "t_s": pa.float64(), "seat": pa.string(), "action": pa.string(), "track_id": pa.int64(), "battery_id": pa.string(),
    "n_rounds": pa.int64(), "value": pa.string(), "asked_s": pa.float64(),
}  # fmt: skip


def table_of(rows=()):
    """Orders as the trainer keeps them, from tuples."""
    columns = list(zip(*rows)) if rows else [()] * len(COLUMNS)
    return pa.table({name: pa.array(list(part), kind) for (name, kind), part in zip(COLUMNS.items(), columns)})


def kept(play):
    """The orders of a live battle, with what nobody answered."""
    rows = [
        (
            o.t_s,
            "one",
            o.action.value,
            o.track_id,
            None,
            o.n_rounds,
            o.value,
            None if math.isnan(o.asked_s) else o.asked_s,
        )
        for o in play.orders
    ]
    rows += [(u.t_latest_s, "", "unanswered", u.track_id, None, 0, "", u.asked_s) for u in play.desk.unanswered]
    return table_of(sorted(rows, key=lambda row: row[0]))


def answer(question, row):
    """An order on the spot that takes a row of the options, or holds."""
    if not 0 <= row < len(question.options):
        return Order(question.t_s, Action.HOLD, question.track_id)
    option = question.options[row]
    return Order(
        question.t_s, Action.ASSIGN, question.track_id, int(option[view.UNIT]), int(option[view.N_ROUNDS])
    )  # fmt: skip


def like_rule(name):
    """Does what a rule does."""
    choose = as_function(find_policy(name))
    return lambda question: answer(question, int(choose(question.track, question.options, question.stock)))


def careless(number):
    """Answers on the spot without looking: any option, or none; and at times not at all."""
    draws = np.random.default_rng(number)
    return lambda question: (
        None if draws.random() < 0.2 else answer(question, int(draws.integers(-1, len(question.options))))
    )


def without_luck(world):
    """A world in which every round kills, every look is right, and what is destroyed is dropped at once."""
    units = world.battle.units.copy()
    for name in units.dtype.names:
        if name.startswith("p_kill_") or name == "reliability":
            units[name] = 1.0
    units["p_kill_judged_miss"] = units["p_miss_judged_kill"] = 0.0
    return world._replace(battle=world.battle._replace(units=units, quality_sigma_m=math.inf, drop_mean_s=1e-9))


def play_exercise(
    scenario, seed, replication=0, span=ALWAYS, on_spot=None, human=None, injects=(), levels=LEVELS, full=False,
    certain=False,
):  # fmt: skip
    """Let an operator play; gives the exercise and the answers of the battle.

    ``certain``: every round kills and every look is right, so that nothing is left to luck.
    ``on_spot(question)`` answers decisions at once; ``human(play, t_s)`` gives orders every second of the span.
    """
    changed = changed_by(scenario, injects)
    if certain:
        changed = changed._replace(world=without_luck(changed.world))
    rule = find_policy(scenario.model.doctrine.policy)

    def asked(question):
        return on_spot(question) if on_spot is not None and span[0] <= question.t_s < span[1] else None

    desk = Desk(Authority.AUTOMATIC, levels.weapons, levels.veto_s)
    play = LivePlay(
        changed.world, seed, replication, rule, desk, asked, remade_s=changed.remade_s, ghosts=changed.ghosts
    )
    play.run_until(span[0])
    play.desk.take(Order(span[0], Action.AUTHORITY, value=levels.authority.value))
    if human is not None:
        for t_s in np.arange(span[0], span[1], 1.0):
            play.run_until(float(t_s))
            for order in human(play, float(t_s)):
                play.enter(order)
    if span[1] < 1e9:
        play.enter(Order(span[1], Action.AUTHORITY, value="automatic", seat="end"))
        play.enter(Order(span[1], Action.WEAPONS, value="tight", seat="end"))
    play.run_to_end()
    run = run_of(play, changed.scenario) if full else Run(changed.scenario, seed, replication, play.row, {})
    return open_exercise(run, kept(play), span, play.orders, levels, changed), play.choices


class Human:
    """Answers what waits after a few seconds: mostly approves, sometimes lets fall, sometimes forgets."""

    def __init__(self, number, delay_s=4.0, is_meddling=False):
        self.draws, self.delay_s, self.is_meddling = np.random.default_rng(number), delay_s, is_meddling

    def __call__(self, play, t_s):
        orders = []
        for track_id, waiting in list(play.desk.waiting.items()):
            if t_s - waiting.asked_s >= self.delay_s and self.draws.random() < 0.5:
                action = Action.APPROVE if self.draws.random() < 0.7 else Action.HOLD
                orders.append(Order(t_s, action, track_id, seat="one"))
        if self.is_meddling and self.draws.random() < 0.02:
            orders.append(Order(t_s, Action.SALVO, n_rounds=int(self.draws.integers(1, 3)), seat="one"))
        if self.is_meddling and self.draws.random() < 0.02:
            level = ("approval", "veto", "automatic", "manual")[int(self.draws.integers(4))]
            orders.append(Order(t_s, Action.AUTHORITY, value=level, seat="one"))
        if self.is_meddling and self.draws.random() < 0.02:
            level = ("free", "tight", "hold")[int(self.draws.integers(3))]
            orders.append(Order(t_s, Action.WEAPONS, value=level, seat="one"))
        return orders

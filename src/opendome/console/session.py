"""One exercise being played: the battle, its clock, orders of trainees and injects of the instructor.

A session holds no state of the battle that could not be made again: exercise, injects and orders say it all. Rewinding,
branching and injects therefore play the battle again from its beginning, with the same arrays to the bit.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from opendome.base.errors import CommandError, OpenDomeError
from opendome.scenario.world import TrackedWorld, World
from opendome.study.desk import Desk
from opendome.study.doors import find_policy
from opendome.study.inject import Changed, Inject, InjectKind, changed_by, jam_order
from opendome.study.live import LivePlay, play_orders
from opendome.study.orders import Action, Authority, Order, Weapons
from opendome.study.watch import busiest_s, look, next_track_s

from .display import Numbers
from .exercise import Exercise
from .news import News
from .scene import names_of

__all__ = ["END_SEAT", "Session"]

END_SEAT = "end of exercise"
_LEAD_S = 8.0
_ABOUT_A_TRACK = ("approve", "assign", "hold")
_STEP_S = 1.0
_MOST_STEPS = 500
_DAY_S = 86400.0
_SCOUTED_DAYS = 3


class Session:
    """An exercise being played.

    Parameters
    ----------
    exercise : Exercise
    folder : Path       from which the exercise's paths count

    Attributes
    ----------
    play : LivePlay
    injects : list      in the order in which they were given
    rate : float        seconds of the battle a second
    is_paused : bool
    """

    def __init__(self, exercise: Exercise, folder: Path):
        self.exercise, self.folder = exercise, folder
        self.scenario = exercise.resolved_scenario(folder)
        self.rule = find_policy(self.scenario.model.doctrine.policy)
        self.seed = self.scenario.model.study.seed if exercise.seed is None else exercise.seed
        self.injects: list[Inject] = [planned.inject() for planned in exercise.injects]
        self.rate, self.is_paused, self.is_over = exercise.rate, True, False
        self._jams_due: list[Order] = []
        self._ended_s = 0.0
        self.names = names_of(self.scenario)
        self.numbers = Numbers()
        self.news = News(self.names, self.numbers)
        self.steps_done = 0
        self.changed: Changed = changed_by(self.scenario, self.injects)
        self.play = self._new_play()
        given = [order.order() for order in exercise.orders]
        self.from_s = self._beginning()
        self._plan_jams(given)
        self._replay(given, self.from_s if exercise.resume_s is None else exercise.resume_s)

    # --- what is played ---

    @property
    def world(self) -> World:
        """The world with injects, before its luck is drawn."""
        world = self.changed.world
        return world.world if isinstance(world, TrackedWorld) else world

    @property
    def until_s(self) -> float:
        """End of live play."""
        return self.from_s + 60.0 * self.exercise.lasts_min

    @property
    def now_s(self) -> float:
        """Time of the battle."""
        return self._ended_s if self.play.is_over else self.play.now_s

    @property
    def can_skip(self) -> bool:
        """Whether there is nothing to see now, and something to skip to."""
        return not self.is_over and len(self.play.scope()) == 0

    def _new_play(self, on_spot: tuple[Order, ...] = ()) -> LivePlay:
        desk = Desk(Authority.AUTOMATIC, Weapons.TIGHT, self.exercise.veto_s)
        return LivePlay(
            self.changed.world,
            self.seed,
            self.exercise.replication,
            self.rule,
            desk,
            on_spot=on_spot,
            remade_s=self.changed.remade_s,
            ghosts=self.changed.ghosts,
        )

    def _beginning(self) -> float:
        """Where live play begins: as the exercise says, or before the stretch in which the rule would fire most."""
        if self.exercise.from_s is not None:
            return self.exercise.from_s
        scout = self._new_play()
        scout.run_until(min(self.world.n_days, _SCOUTED_DAYS) * _DAY_S - _STEP_S)
        return max(busiest_s(scout, 60.0 * self.exercise.lasts_min) - _LEAD_S, 0.0)

    def rehearse(self) -> None:
        """Look at the first track and have it fired at, in a battle of its own, so that nobody waits for a compiler."""
        scout = self._new_play()
        scout.run_until(self.from_s)
        for _ in range(_MOST_STEPS):
            if scout.is_over or len(scout.scope()):
                break
            scout.run_until(scout.now_s + _LEAD_S)
        for blip in scout.scope()[:1]:
            look(scout, int(blip["i_track"]))
            scout.enter(Order(scout.now_s, Action.APPROVE, int(blip["track_id"])))

    def _replay(self, orders: list[Order], until_s: float) -> None:
        """Play from the beginning to a time with these orders."""
        lines = [line for line in self.news.lines if line.t_s < until_s]
        play = self._new_play(tuple(order for order in orders if order.ordinal >= 0))
        play.run_until(self.from_s)
        play.begin(self.exercise.authority, self.exercise.weapons)
        self.play = play_orders(play, orders, until_s)
        self.news = News(self.names, self.numbers)
        self.is_over = False
        self.collect()
        if lines:
            self.news.take_up(lines)

    def collect(self) -> list[Any]:
        """Take what is new into the log; gives the new lines."""
        from .display import alerts_json

        if self.play.is_over:
            return []
        return self.news.collect(self.play, alerts_json(self.play))

    # --- the clock ---

    def tick(self, dt_s: float) -> None:
        """Let so much time of the clock on the wall go by."""
        if not self.is_paused and not self.is_over:
            self.advance(self.now_s + self.rate * dt_s)

    def advance(self, t_s: float) -> None:
        """Play up to a time, at most to the end of live play."""
        t_s = min(t_s, self.until_s)
        while self._jams_due and self._jams_due[0].t_s <= t_s:
            self.play.enter(self._jams_due.pop(0))
        self.play.run_until(t_s)
        if t_s >= self.until_s or self.play.is_over:
            self.is_over, self.is_paused = True, True

    def skip(self) -> None:
        """Go on to a little before the next track, or to the end of live play."""
        while not self.is_over and len(self.play.scope()) == 0:
            day_s = (math.floor(self.now_s / _DAY_S) + 1) * _DAY_S
            t_s = next_track_s(self.play) - _LEAD_S
            if t_s <= self.now_s + _STEP_S and next_track_s(self.play) < math.inf:
                return
            self.advance(min(t_s, day_s + _STEP_S))

    def rewind(self, t_s: float) -> None:
        """Go back to a time: orders and injects given after it are forgotten.

        Raises
        ------
        CommandError    the time lies ahead
        """
        if not math.isfinite(t_s) or t_s > self.now_s:
            raise CommandError(f"{t_s:.0f} s lies ahead; rewind to a time before {self.now_s:.0f} s")
        t_s = max(t_s, self.from_s)
        orders = [order for order in self.play.orders if order.t_s < t_s]
        planned = [planned.inject() for planned in self.exercise.injects]
        self.injects = [inject for inject in self.injects if inject.t_s < t_s or inject in planned]
        self.changed = changed_by(self.scenario, self.injects)
        self._plan_jams(orders)
        self._replay(orders, t_s)
        self.is_paused = True

    def step_on(self, action: str) -> None:
        """Go on to the next line of coaching where this action was asked for."""
        steps = self.exercise.steps
        for until in ("select", action) if action in _ABOUT_A_TRACK else (action,):
            if self.steps_done < len(steps) and steps[self.steps_done].until == until:
                self.steps_done += 1

    # --- orders and injects ---

    def order(self, order: Order) -> bool:
        """Enter an order now; whether it could be carried out at once."""
        return self.play.enter(Order(**{**order.__dict__, "t_s": self.now_s}))

    def inject(self, inject: Inject) -> None:
        """Let something happen, now or later: what was played before it stays as it was.

        Raises
        ------
        CommandError, ScenarioError    it cannot happen in this scenario; nothing has changed then
        """
        if self.is_over:
            raise CommandError("the exercise is over; go back in time first")
        now_s, orders = self.now_s, list(self.play.orders)
        if inject.t_s < now_s:
            raise CommandError(f"{inject.t_s:.0f} s has passed; give a time from {now_s:.0f} s on")
        jam = jam_order(self.scenario, inject, self.names.unit_ids) if inject.kind is InjectKind.LAUNCHER_JAM else None
        changed = changed_by(self.scenario, [*self.injects, inject])
        if jam is not None:
            self.injects.append(inject)
            self._jams_due = sorted([*self._jams_due, jam], key=lambda order: order.t_s)
            return
        before = self.changed
        self.changed = changed
        try:
            self._replay(orders, now_s)
        except OpenDomeError:
            self.changed = before
            raise
        self.injects.append(inject)

    def _plan_jams(self, orders: list[Order]) -> None:
        """Jams that are still to come, those left out that have been entered."""
        jams = [inject for inject in self.injects if inject.kind is InjectKind.LAUNCHER_JAM]
        due = [jam_order(self.scenario, inject, self.names.unit_ids) for inject in jams]
        entered = [order for order in orders if order.action is Action.JAM]
        self._jams_due = sorted(due, key=lambda order: order.t_s)[len(entered) :]

    # --- keeping ---

    def as_exercise(self) -> Exercise:
        """The exercise with everything that has happened in it; played on, it is this session."""
        beside = self.folder / self.exercise.scenario
        orders = [order for order in self.play.orders if order.seat != END_SEAT]
        played = self.exercise.as_played(self.injects, orders, self.now_s)
        where = {"scenario": str(beside.resolve())} if beside.is_file() else {}
        return played.model_copy(update={**where, "from_s": self.from_s})

    def finish(self) -> None:
        """End live play: from here on the rule decides, at once, to the end of the scenario."""
        self.is_over, self.is_paused = True, True
        if self.play.is_over:
            return
        self._ended_s = self.play.now_s
        for action, value in ((Action.AUTHORITY, "automatic"), (Action.WEAPONS, "tight")):
            self.play.enter(Order(self.play.now_s, action, value=value, seat=END_SEAT))
        self.play.run_to_end()

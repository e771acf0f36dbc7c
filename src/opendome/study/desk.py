"""The operator's desk: standing orders, and how they answer the decisions that the kernel puts.

A decision is put whenever a prediction changes. Until a person has answered, the desk holds; a person's answer stands
for the track until a shot has been fired at it or the answer is taken back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from opendome.doctrine import view

from .orders import Action, Authority, Order, Weapons

__all__ = ["Desk", "Question", "Unanswered", "Waiting"]

_MARGIN_S = 1.0


@dataclass(frozen=True)
class Question:
    """A decision as the kernel puts it: ``ordinal`` its number, the view's columns, and the row that the rule proposes,
    -1 for none.
    """

    ordinal: int
    t_s: float
    track_id: int
    track: NDArray[np.float64]
    options: NDArray[np.float64]
    stock: NDArray[np.float64]
    proposed: int

    @property
    def t_latest_s(self) -> float:
        """Latest launch of any unit [s]."""
        return float(self.options[:, view.T_LATEST_S].max())


@dataclass(frozen=True)
class Waiting:
    """A proposal that waits for a person: since when, until when it can be carried out, and when it carries itself
    out (infinite: never).
    """

    asked_s: float
    t_latest_s: float
    t_fires_s: float


@dataclass(frozen=True)
class Unanswered:
    """A proposal that nobody answered in time."""

    track_id: int
    asked_s: float
    t_latest_s: float


@dataclass
class Desk:
    """Levels in force and what stands about single tracks; ``veto_s`` how long a shot can be held under veto."""

    authority: Authority = Authority.APPROVAL
    weapons: Weapons = Weapons.TIGHT
    veto_s: float = 4.0
    answers: dict[int, Order] = field(default_factory=dict)
    waiting: dict[int, Waiting] = field(default_factory=dict)
    unanswered: list[Unanswered] = field(default_factory=list)

    def take(self, order: Order) -> Order:
        """Take an order about a track or a level; gives it with the time at which it had been asked for."""
        if order.action is Action.AUTHORITY:
            level = Authority(order.value)
            if level is not self.authority:
                self.waiting.clear()
            self.authority = level
        elif order.action is Action.WEAPONS:
            self.weapons = Weapons(order.value)
        elif order.action in (Action.APPROVE, Action.ASSIGN, Action.HOLD, Action.CEASE):
            asked = self.waiting.pop(order.track_id, None)
            if asked is not None and math.isnan(order.asked_s):
                order = replace(order, asked_s=asked.asked_s)
            self.answers[order.track_id] = order
        return order

    def choose(self, question: Question) -> int:
        """Row to carry out now, or HOLD."""
        if self.weapons is Weapons.HOLD:
            return view.HOLD
        answer = self.answers.get(question.track_id)
        if answer is not None:
            return _carried_out(answer, question)
        if self.authority is Authority.AUTOMATIC:
            return question.proposed
        if self.authority is Authority.MANUAL or question.proposed < 0:
            return view.HOLD
        waiting = self._put(question)
        return question.proposed if question.t_s >= waiting.t_fires_s else view.HOLD

    def fired(self, track_id: int) -> None:
        """Note that a shot was ordered: what was approved has been done."""
        self.waiting.pop(track_id, None)
        if track_id in self.answers and self.answers[track_id].action in (Action.APPROVE, Action.ASSIGN):
            del self.answers[track_id]

    def expire(self, now_s: float) -> None:
        """Put aside what can no longer be carried out, in the order in which it came to that."""
        late = [track_id for track_id, waiting in self.waiting.items() if waiting.t_latest_s < now_s]
        for track_id in sorted(late, key=lambda track_id: (self.waiting[track_id].t_latest_s, track_id)):
            waiting = self.waiting.pop(track_id)
            self.unanswered.append(Unanswered(track_id, waiting.asked_s, waiting.t_latest_s))

    def _put(self, question: Question) -> Waiting:
        """Lay a proposal before a person, or renew it."""
        before, t_latest_s = self.waiting.get(question.track_id), question.t_latest_s
        asked_s = question.t_s if before is None else before.asked_s
        t_fires_s = math.inf
        if self.authority is Authority.VETO:
            t_fires_s = max(min(asked_s + self.veto_s, t_latest_s - _MARGIN_S), asked_s)
        waiting = Waiting(asked_s, t_latest_s, t_fires_s)
        self.waiting[question.track_id] = waiting
        return waiting


def _carried_out(answer: Order, question: Question) -> int:
    """The row that a person's answer means among the options of the moment; HOLD where it means none."""
    if answer.action is Action.APPROVE:
        return question.proposed if question.proposed >= 0 else 0
    if answer.action is not Action.ASSIGN:
        return view.HOLD
    options = question.options
    fits = options[:, view.UNIT] == answer.i_unit
    if answer.n_rounds > 0:
        fits &= options[:, view.N_ROUNDS] <= answer.n_rounds
    rows = np.flatnonzero(fits)
    return int(rows[-1]) if len(rows) and answer.n_rounds > 0 else int(rows[0]) if len(rows) else view.HOLD

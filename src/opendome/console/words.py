"""Words that operator and instructor read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opendome.base.types import Reason
from opendome.doctrine import view
from opendome.study.orders import Action, Order
from opendome.study.watch import Look

__all__ = ["order_words", "reason_of", "reason_words"]

_REASONS: dict[int, str] = {
    Reason.NEVER_SEEN: "not seen",
    Reason.NOT_CONFIRMED: "not confirmed yet",
    Reason.TRACK_CAPACITY: "radar's track list is full",
    Reason.BELOW_THRESHOLD: "under threshold",
    Reason.OUT_OF_FOOTPRINT: "out of reach",
    Reason.TOO_LATE: "too late to meet it",
    Reason.NO_CHANNEL: "no channel free",
    Reason.RELOADING: "reloading",
    Reason.NO_ROUNDS: "no rounds",
    Reason.HELD_IN_RESERVE: "held in reserve",
    Reason.POLICY_DECLINED: "rule holds",
    Reason.ENGAGED: "engaged",
    Reason.ENGAGED_WAITED: "engaged",
    Reason.SHOTS_USED_UP: "shots used up",
    Reason.JUDGED_KILLED: "assessed hit",
    Reason.NO_BATTERY_READY: "no battery ready",
    Reason.NOT_REPORTED: "not reported",
    Reason.BATTERY_FAILED: "battery failed",
    Reason.CUT_OFF: "battery cut off",
    Reason.LEFT_TO_OTHERS: "left to others",
    Reason.ORDER_LOST: "order was lost",
}


def reason_words(reason: int) -> str:
    """Why nothing can be done, in two or three words."""
    return _REASONS[reason]


def reason_of(look: Look) -> str:
    """Why the proposal is what it is, or why there is none."""
    if len(look.options) == 0:
        return reason_words(look.reason)
    if look.proposed < 0:
        return reason_words(Reason.POLICY_DECLINED)
    return _why(look.options, look.proposed)


def _why(options: NDArray[np.float64], row: int) -> str:
    """What sets the proposed unit apart from the others that could fire."""
    units = np.unique(options[:, view.UNIT])
    if len(units) == 1:
        return "only one in reach"
    if options[row, view.T_INTERCEPT_S] <= options[:, view.T_INTERCEPT_S].min():
        return "earliest meeting"
    if options[row, view.UNIT_READY_ROUNDS] >= options[:, view.UNIT_READY_ROUNDS].max():
        return "fullest magazine"
    if options[row, view.COST_KUSD] <= options[:, view.COST_KUSD].min():
        return "cheapest rounds"
    return "rule's choice"


def _percent(order: Order) -> str:
    return f"{100.0 * float(order.value):.0f} %" if order.action is Action.RESERVE else ""


def order_words(order: Order, number: int, units: tuple[str, ...], areas: tuple[str, ...]) -> str:
    """An order as a line of the log; ``number`` of the track that it is about."""
    unit = units[order.i_unit] if order.i_unit >= 0 else ""
    rounds = f", {order.n_rounds} round{'s' if order.n_rounds != 1 else ''}" if order.n_rounds else ""
    words = {
        Action.APPROVE: f"Track {number} approved",
        Action.ASSIGN: f"Track {number} assigned to {unit}{rounds}",
        Action.HOLD: f"Track {number}: let fall",
        Action.CEASE: f"Track {number}: cease",
        Action.AUTHORITY: f"Authority: {order.value}",
        Action.WEAPONS: f"Weapons {order.value}",
        Action.SALVO: f"Salvo: {order.n_rounds}",
        Action.RESERVE: f"Reserve: {_percent(order)}",
        Action.ALERT: f"Alert ordered: {areas[order.i_area] if order.i_area >= 0 else ''}",
        Action.ALERT_RULE: f"Alert rule {order.value}",
        Action.JAM: f"{unit}: {order.n_rounds} launcher{'s' if order.n_rounds != 1 else ''} cannot fire",
    }
    return f"{words[order.action]} by {order.seat}" if order.seat else words[order.action]

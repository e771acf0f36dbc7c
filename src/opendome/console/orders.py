"""A trainee's message as an order: what it names is looked up, and what is not there is refused."""

from __future__ import annotations

from typing import Any

from opendome.base.errors import CommandError
from opendome.study.orders import Action, Order

from .session import Session

__all__ = ["order_of"]


def order_of(session: Session, message: Any, seat: str) -> Order:
    """The order that a message is; its time is set when it is entered.

    Raises
    ------
    CommandError    it names what is not there
    """
    action = Action(message.do)
    track_id = session.numbers.track(message.track) if hasattr(message, "track") else -1
    if track_id is None:
        raise CommandError(f"there is no track {message.track}")
    i_unit, i_area = getattr(message, "unit", -1), getattr(message, "area", -1)
    if i_unit >= len(session.names.units):
        raise CommandError(f"there is no battery {i_unit + 1}; there are {len(session.names.units)}")
    if i_area >= len(session.names.areas):
        raise CommandError(f"there is no area number {i_area}")
    value = str(getattr(message, "level", "") or getattr(message, "share", ""))
    if action is Action.ALERT_RULE:
        value = "on" if message.on else "off"
    return Order(0.0, action, track_id, i_unit, getattr(message, "n_rounds", 0), i_area, value, seat)

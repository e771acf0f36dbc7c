"""What a person orders in live play: one record an order, each with its time, so that a battle can be played again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ALL_TRACKS", "Action", "Authority", "Order", "Weapons"]

ALL_TRACKS = -1
"""``Order.track_id`` of an order that is about no single track."""


class Authority(StrEnum):
    """Who decides on a shot."""

    MANUAL = "manual"
    """A person assigns every shot; nothing is proposed."""
    APPROVAL = "approval"
    """The rule proposes; a shot needs a person's approval."""
    VETO = "veto"
    """The rule proposes; the shot is fired after a while unless a person holds it."""
    AUTOMATIC = "automatic"
    """The rule decides at once."""


class Weapons(StrEnum):
    """What may be shot at."""

    FREE = "free"
    """Whatever comes down within reach, threshold or not."""
    TIGHT = "tight"
    """Only what passes doctrine's threshold."""
    HOLD = "hold"
    """Nothing."""


class Action(StrEnum):
    """What an order is."""

    APPROVE = "approve"
    """Fire at a track as proposed."""
    ASSIGN = "assign"
    """Fire at a track with a unit, and so many rounds, of one's own choice."""
    HOLD = "hold"
    """Let a track fall."""
    CEASE = "cease"
    """Take back an approval, and fire no further rounds at a track."""
    AUTHORITY = "authority"
    WEAPONS = "weapons"
    SALVO = "salvo"
    """Most rounds of one engagement."""
    RESERVE = "reserve"
    """Share of the rounds delivered that is kept back."""
    ALERT = "alert"
    """Alert an area by hand."""
    ALERT_RULE = "alert_rule"
    """Let the rule alert, or not."""
    JAM = "jam"
    """Inject: launchers of a unit cannot fire for a while."""


@dataclass(frozen=True)
class Order:
    """One order.

    ``t_s`` its time; ``ordinal`` the kernel's decision that it answers on the spot, -1 where it was entered between
    decisions; ``value`` the level, share, seconds or on/off that the action needs; ``i_area`` of an alert. ``asked_s``
    when the decision that it answers was first put, NaN where nobody had asked.
    """

    t_s: float
    action: Action
    track_id: int = ALL_TRACKS
    i_unit: int = -1
    n_rounds: int = 0
    i_area: int = -1
    value: str = ""
    seat: str = ""
    ordinal: int = -1
    asked_s: float = float("nan")

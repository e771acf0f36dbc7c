"""Seats of an exercise: who may do what, each known by a token that is made when the server starts."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

__all__ = ["Seat", "make_seats", "seat_of"]


@dataclass(frozen=True)
class Seat:
    """A seat: its name, its role (``operator`` or ``instructor``), its token, and whether it moves the clock."""

    name: str
    role: str
    token: str
    has_clock: bool

    @property
    def page(self) -> str:
        """Path of its page; the token stands in the fragment, which a browser sends to nobody."""
        return f"/{'console' if self.role == 'operator' else 'instructor'}#t={self.token}"


def make_seats(names: tuple[str, ...], has_instructor: bool) -> tuple[Seat, ...]:
    """Seats for trainees by name, and one for the instructor, with tokens that nobody can guess."""
    trainees = [Seat(name, "operator", secrets.token_urlsafe(18), not has_instructor) for name in names]
    return (*trainees, Seat("Instructor", "instructor", secrets.token_urlsafe(18), True))


def seat_of(seats: tuple[Seat, ...], token: str) -> Seat | None:
    """The seat of a token; compares all, in constant time."""
    found = None
    for seat in seats:
        if hmac.compare_digest(seat.token.encode(), token.encode()):
            found = seat
    return found

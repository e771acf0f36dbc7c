"""One browser: what waits to be sent to it, with bounds, so that one that stalls costs its own connection alone."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from .seats import Seat

__all__ = ["BEHIND", "Client", "RateLimit"]

MOST_TEXTS = 256
MOST_MISSED = 100
"""Frames in a row that a browser may miss: ten seconds of a clock that beats ten times a second."""

BEHIND = 4008
"""Close code: it did not read what it was sent, or sent too much."""


@dataclass
class RateLimit:
    """A bucket of messages: ``per_s`` flow in, at most ``most`` are held."""

    per_s: float = 30.0
    most: float = 60.0
    _left: float = 60.0
    _t_s: float = 0.0

    def allows(self, now_s: float) -> bool:
        """Take one message out of the bucket at a time of the stopwatch, if there is one."""
        self._left = min(self.most, self._left + (now_s - self._t_s) * self.per_s)
        self._t_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


@dataclass(eq=False)
class Client:
    """What waits for one browser: texts in order, and the newest frame alone.

    ``closed`` is set once the connection is to be closed, even while something is still being sent.
    """

    seat: Seat
    limit: RateLimit = field(default_factory=RateLimit)
    close_code: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _n_missed: int = 0
    _texts: deque[str] = field(default_factory=deque)
    _frame: bytes | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, text: str) -> None:
        """Put a text in the queue; a browser that leaves too many unread is closed."""
        if len(self._texts) >= MOST_TEXTS:
            self.close(BEHIND)
            return
        self._texts.append(text)
        self._wake.set()

    def show(self, frame: bytes) -> None:
        """Put a frame in place of one that has not been sent yet; a browser that misses too many is closed."""
        self._n_missed = 0 if self._frame is None else self._n_missed + 1
        if self._n_missed >= MOST_MISSED:
            self.close(BEHIND)
        self._frame = frame
        self._wake.set()

    def close(self, code: int) -> None:
        """Have the connection closed."""
        self.close_code = self.close_code or code
        self.closed.set()
        self._wake.set()

    async def next(self) -> str | bytes | None:
        """What to send next; None to close."""
        while True:
            if self.close_code:
                return None
            if self._texts:
                return self._texts.popleft()
            if self._frame is not None:
                frame, self._frame = self._frame, None
                return frame
            self._wake.clear()
            await self._wake.wait()

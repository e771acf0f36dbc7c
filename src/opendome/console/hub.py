"""The hub between one session and its browsers: beats the clock, sends what is to be seen, takes what is ordered."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opendome.base.errors import CommandError, OpenDomeError
from opendome.study.inject import Inject
from opendome.study.orders import Action

from . import display, messages
from .client import Client
from .frames import pack_frame
from .keeping import free_folder, keep_named, keep_played, kept_or_shipped
from .orders import order_of
from .seats import Seat
from .session import Session
from .showing import as_text, instructor_part, scene_for, state_of

__all__ = ["Hub"]

log = logging.getLogger(__name__)

BEAT_S = 0.1
_BEATS_A_STATE = 5
_BACKLOG = 200
_TAKEN_OVER = 4001
_LONGEST_BEAT_S = 1.0

Review = Callable[[Path], Path]
"""Makes the review of a folder that holds what was played; gives the page."""


class Hub:
    """One session and those who watch it.

    Parameters
    ----------
    session : Session
    seats : seats
    out : Path          folder in which exercises and what was played are kept
    review : callable   makes the review of what was played
    """

    def __init__(self, session: Session, seats: tuple[Seat, ...], out: Path, review: Review):
        self.session, self.seats, self.out = session, seats, out
        self.clients: dict[str, Client] = {}
        self.reviews: dict[str, Path] = {}
        self._review = review
        self._lock = asyncio.Lock()
        self._sequence, self._beat = 0, 0
        self._state_text = ""
        self._kept: Path | None = None
        self._reviewing: asyncio.Task[None] | None = None
        self._doing: set[asyncio.Task[None]] = set()

    # --- who is here ---

    async def join(self, client: Client) -> None:
        """Take a browser in; an earlier one on the same seat is closed. It is shown everything from the start."""
        before = self.clients.get(client.seat.token)
        if before is not None:
            before.close(_TAKEN_OVER)
        async with self._lock:
            self.clients[client.seat.token] = client
            self._show_all(client)

    def leave(self, client: Client) -> None:
        """Let a browser go."""
        if self.clients.get(client.seat.token) is client:
            del self.clients[client.seat.token]

    def _show_over(self, client: Client) -> None:
        """Say where the review is, once there is one."""
        if self._kept is not None and self._kept.name in self.reviews:
            client.send(as_text({"is": "over", "review": f"/review/{self._kept.name}", "folder": str(self._kept)}))

    def _show_all(self, client: Client) -> None:
        scene = scene_for(self.session, client.seat)
        if client.seat.role == "instructor":
            scene |= instructor_part(self.session, self.out, self.seats, set(self.clients))
        client.send(as_text(scene))
        client.send(self._state_text or self._make_state())
        recent = self.session.news.lines[-_BACKLOG:]
        client.send(as_text({"is": "events", "is_all": True, "items": [line.as_json() for line in recent]}))
        self._show_over(client)

    # --- the clock ---

    async def run(self) -> None:
        """Beat ten times a second for as long as the server lives."""
        last_s = time.monotonic()
        while True:
            await asyncio.sleep(max(last_s + BEAT_S - time.monotonic(), 0.0))
            now_s = time.monotonic()
            async with self._lock:
                self._beat_once(min(now_s - last_s, _LONGEST_BEAT_S))
                if self.session.is_over and self._kept is None:
                    await self._finish()
            last_s = now_s

    def _beat_once(self, dt_s: float) -> None:
        """Play on, and show it."""
        was_over = self.session.is_over
        self.session.tick(dt_s)
        if not self.clients:
            return
        self._beat += 1
        if self.session.play.is_over:
            return
        scope = self.session.play.scope()
        rate = 0.0 if self.session.is_paused else self.session.rate
        frame = pack_frame(
            display.blips(self.session.play, scope, self.session.numbers),
            display.interceptors(self.session.play, self.session.numbers),
            self.session.now_s,
            rate,
            self._sequence,
        )
        self._sequence += 1
        for client in list(self.clients.values()):
            client.show(frame)
        if self._beat % _BEATS_A_STATE == 0 or self.session.is_over != was_over:
            self._tell()

    def _tell(self) -> None:
        """Send the state, and the lines of the log that are new."""
        lines = self.session.collect()
        text = self._make_state()
        news = as_text({"is": "events", "items": [line.as_json() for line in lines]}) if lines else ""
        for client in list(self.clients.values()):
            client.send(text)
            if news:
                client.send(news)

    def stop(self, why: str) -> None:
        """Stop the clock, and say to everybody why."""
        self.session.is_paused = True
        line = self.session.news.say(self.session.now_s, f"The exercise stopped: {why}", "alarm")
        for client in list(self.clients.values()):
            client.send(as_text({"is": "events", "items": [line.as_json()]}))

    # --- what is shown ---

    def _make_state(self) -> str:
        """The state of the moment as text, kept for whoever comes next."""
        if not self.session.play.is_over:
            here = {"here": [seat.name for seat in self.seats if seat.token in self.clients]}
            self._state_text = as_text(state_of(self.session) | here)
        return self._state_text

    # --- what is asked for ---

    async def take(self, client: Client, text: str) -> None:
        """Do what a message asks for, and answer it; what is begun is carried out even if the browser goes away."""
        doing = asyncio.create_task(self._take(client, text))
        self._doing.add(doing)
        doing.add_done_callback(self._doing.discard)
        await asyncio.shield(doing)

    async def _take(self, client: Client, text: str) -> None:
        number, is_done = messages.number_of(text), False
        try:
            message = messages.read_message(text)
            async with self._lock:
                said = await self._do(client, message)
            is_done = True
        except OpenDomeError as error:
            said = str(error)
        except Exception:
            log.exception("an order could not be carried out")
            said = "this is a fault of the program; the server's log says more"
        client.send(as_text({"is": "answer", "to": number, "ok": is_done, "text": said}))

    async def _do(self, client: Client, message: Any) -> str:
        """Carry a message out; gives what to answer."""
        if isinstance(message, messages.Select):
            self.session.step_on(message.do)
            return ""
        if isinstance(message, messages.Acknowledge):
            self.session.news.acknowledge(message.n)
            self._tell()
            return ""
        if isinstance(message, messages.PutInject):
            return await self._inject(client, message)
        if isinstance(message, messages.OrderMessage):
            said = self._order(client, message)
            self.session.step_on(message.do)
        else:
            said = await self._clock(client, message)
        self._tell()
        return said

    def _order(self, client: Client, message: Any) -> str:
        """A trainee's order."""
        session = self.session
        if session.is_over:
            raise CommandError("the exercise is over")
        order = order_of(session, message, client.seat.name)
        is_done = session.order(order)
        if order.action in (Action.APPROVE, Action.ASSIGN) and not is_done:
            return "noted; it is carried out as soon as it can be"
        return ""

    async def _inject(self, client: Client, message: Any) -> str:
        """The instructor lets something happen."""
        if client.seat.role != "instructor":
            raise CommandError("only the instructor puts injects")
        t_s = self.session.now_s if message.t_s is None else message.t_s
        inject = Inject(
            t_s, message.kind, message.what, message.minutes, message.toward, message.threat_class, message.count
        )
        await asyncio.to_thread(self.session.inject, inject)
        self._show_everybody()
        return "done" if message.t_s is None else f"planned for {t_s:.0f} s"

    async def _clock(self, client: Client, message: Any) -> str:
        """Whoever holds the clock moves it."""
        session, do = self.session, message.do
        if not client.seat.has_clock:
            raise CommandError("the instructor moves the clock")
        if do == "pause" or (do == "resume" and session.is_over):
            session.is_paused = True
        elif do == "resume":
            session.is_paused = False
        elif do == "rate":
            session.rate = message.value
            session.step_on("rate")
        elif do == "skip":
            await asyncio.to_thread(session.skip)
        elif do in ("back", "rewind"):
            t_s = session.now_s - message.seconds if do == "back" else message.t_s
            await asyncio.to_thread(session.rewind, t_s)
            self._kept = None
            self._show_everybody()
        elif do in ("save", "branch"):
            path = keep_named(session, self.out, message.name)
            return f"{'saved' if do == 'save' else 'this line is kept; go on from here'}: {path}"
        elif do == "finish":
            return await self._finish()
        else:
            return await self._start(client, message)
        return ""

    async def _start(self, client: Client, message: Any) -> str:
        """Another exercise, or another raid of one, in place of this one."""
        if client.seat.role != "instructor":
            raise CommandError("only the instructor chooses the exercise")
        exercise, folder = kept_or_shipped(self.out, message.file, message.replication)
        self.session = await asyncio.to_thread(Session, exercise, folder)
        self._kept = None
        self._show_everybody()
        return "ready; start the clock"

    def _show_everybody(self) -> None:
        """Show the scene anew, after something in it has changed."""
        self._state_text = ""
        self._make_state()
        for client in list(self.clients.values()):
            self._show_all(client)

    async def _finish(self) -> str:
        """End live play and keep what was played; its review is made beside the clock."""
        if self._kept is None:
            session = self.session
            self._tell()
            await asyncio.to_thread(session.finish)
            self._kept = free_folder(self.out, session.scenario.name)
            await asyncio.to_thread(keep_played, session, self._kept)
            self._reviewing = asyncio.create_task(self._make_review(self._kept))
        return f"kept in {self._kept}"

    async def _make_review(self, folder: Path) -> None:
        """Make the review of what was played, and say where it is."""
        try:
            self.reviews[folder.name] = await asyncio.to_thread(self._review, folder)
        except Exception as error:
            log.exception("no review could be made")
            why = str(error) if isinstance(error, OpenDomeError) else "the server's log says why"
            self.stop(f"no review could be made: {why}; what was played is in {folder}")
            return
        for client in list(self.clients.values()):
            self._show_over(client)

"""Serve an exercise to a browser in tests: a real server on a free port, in a thread of its own."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opendome.console.exercise import Exercise, load_exercise
from opendome.console.hub import Hub, Review
from opendome.console.pages_app import bound_socket, served_aside
from opendome.console.seats import Seat, make_seats
from opendome.console.server import make_server
from opendome.console.session import Session


@dataclass(frozen=True)
class Served:
    """A server that runs: its address, hub and seats."""

    base: str
    hub: Hub
    seats: tuple[Seat, ...]
    server: Any

    def n_tasks(self) -> int:
        """Connections and requests that the server has not done with."""
        return len(self.server.server_state.tasks) + len(self.server.server_state.connections)

    def page(self, k: int = 0) -> str:
        """Address of a seat's page."""
        return self.base + self.seats[k].page


def plain_review(folder: Path) -> Path:
    """A review of one line, for tests of the console alone."""
    page = folder / "review.html"
    page.write_text("<!doctype html><html lang=en><title>Review</title><h1>Review</h1>", encoding="utf-8")
    return page


@contextmanager
def served(
    exercise: Exercise | str,
    out: Path,
    review: Review = plain_review,
    folder: Path | None = None,
    send_buffer: int | None = None,
) -> Iterator[Served]:
    """Serve an exercise, or one by its name, while the context lasts; ``send_buffer`` bytes that wait in the system."""
    if isinstance(exercise, str):
        exercise, folder = load_exercise(exercise)
    session = Session(exercise, folder or Path())
    session.rehearse()
    seats = make_seats(exercise.seats, exercise.has_instructor)
    hub = Hub(session, seats, out, review)
    at = bound_socket("127.0.0.1", 0)
    if send_buffer is not None:
        at.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    server = make_server(hub, at)
    with served_aside(server, at) as base:
        yield Served(base, hub, seats, server)


@dataclass
class Watched:
    """A page of a browser, with what it asked of other hosts and what it complained of."""

    page: Any
    asked_elsewhere: list[str]
    complaints: list[str]

    def assert_quiet(self) -> None:
        """It asked nothing of another host, and complained of nothing."""
        assert self.asked_elsewhere == []
        assert self.complaints == []


def wait_until(page: Any, script: str, timeout_s: float = 90.0) -> None:
    """Wait for an expression to be true in a page; playwright's own way needs `eval`, which the policy forbids."""
    end_s = time.monotonic() + timeout_s
    while not page.evaluate(script):
        assert time.monotonic() < end_s, f"still not true after {timeout_s:g} s: {script}"
        page.wait_for_timeout(50)


def watched(browser: Any, base: str, width: int = 1280, height: int = 720) -> Watched:
    """A new page that is watched: requests to other hosts are stopped and written down, as are errors."""
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []

    def handle(route: Any) -> None:
        if route.request.url.startswith((base + "/", "data:", "blob:")):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    page.route("**/*", handle)
    page.on(
        "websocket", lambda wire: None if wire.url.startswith(base.replace("http", "ws")) else asked.append(wire.url)
    )
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return Watched(page, asked, complaints)

"""The trainer's server: pages, one live socket a seat, reviews. It listens on loopback unless it is told otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from opendome.base.errors import CommandError, OpenDomeError

from .client import BEHIND, Client
from .hub import Hub
from .messages import MAX_BYTES, read_hello
from .pages_app import ALONE, Guard, is_own_origin, page_routes, plain_error
from .seats import seat_of

__all__ = ["make_app", "make_server", "serve"]

log = logging.getLogger(__name__)

_HELLO_S = 5.0
_GOODBYE_S = 2.0
_MOST_CONNECTIONS = 64
_WRONG_TOKEN = 4003
_TRY_LATER = 1013


class _Door:
    """Counts connections, so that nobody can open them without end."""

    def __init__(self, hub: Hub):
        self.hub, self.n_open = hub, 0

    async def __call__(self, wire: WebSocket) -> None:
        """One connection from its first message to its end."""
        if not is_own_origin(wire.headers, wire.headers.get("host", "")):
            await wire.close(_WRONG_TOKEN)
            return
        if self.n_open >= _MOST_CONNECTIONS:
            await wire.close(_TRY_LATER)
            return
        self.n_open += 1
        try:
            await wire.accept()
            await self._talk(wire)
        except (WebSocketDisconnect, RuntimeError, OSError):
            log.debug("a connection was lost")
        finally:
            self.n_open -= 1

    async def _talk(self, wire: WebSocket) -> None:
        """Greet, then send and receive side by side until one of the two ends, or the connection is to be closed."""
        client = await self._greet(wire)
        if client is None:
            await wire.close(_WRONG_TOKEN)
            return
        await self.hub.join(client)
        jobs = (_send(wire, client), self._receive(wire, client), client.closed.wait())
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.hub.leave(client)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(RuntimeError, OSError, TimeoutError):
            await asyncio.wait_for(wire.close(client.close_code or 1000), _GOODBYE_S)

    async def _greet(self, wire: WebSocket) -> Client | None:
        """The client of a first message with a right token; None for any other."""
        try:
            text = await asyncio.wait_for(wire.receive_text(), _HELLO_S)
            seat = seat_of(self.hub.seats, read_hello(text))
        except (CommandError, TimeoutError, KeyError):
            return None
        return None if seat is None else Client(seat)

    async def _receive(self, wire: WebSocket, client: Client) -> None:
        """Take messages, not too many and not too long."""
        while True:
            message = await wire.receive()
            text = message.get("text")
            if message["type"] == "websocket.disconnect":
                return
            if text is None or len(text) > MAX_BYTES or not client.limit.allows(time.monotonic()):
                client.close(BEHIND)
                return
            await self.hub.take(client, text)


async def _send(wire: WebSocket, client: Client) -> None:
    """Send what waits, until the client is to be closed."""
    while (waiting := await client.next()) is not None:
        if isinstance(waiting, bytes):
            await wire.send_bytes(waiting)
        else:
            await wire.send_text(waiting)


def make_app(hub: Hub, hosts: tuple[str, ...]) -> Any:
    """The application: pages, socket, reviews, guarded.

    Parameters
    ----------
    hub : Hub
    hosts : tuple of str    ``name:port`` by which the server may be called
    """

    @contextlib.asynccontextmanager
    async def beating(_: Starlette) -> AsyncIterator[None]:
        beat = asyncio.create_task(_beat(hub))
        yield
        beat.cancel()
        await asyncio.gather(beat, return_exceptions=True)

    async def review(request: Request) -> Response:
        page = hub.reviews.get(request.path_params["name"])
        if page is None or not page.is_file():
            raise HTTPException(404)
        return FileResponse(page, media_type="text/html", headers={"content-security-policy": ALONE})

    async def home(_: Request) -> Response:
        return RedirectResponse("/console")

    routes = [
        Route("/", home, methods=["GET"]),
        *page_routes("console", "instructor"),
        Route("/review/{name}", review, methods=["GET"]),
        WebSocketRoute("/live", _Door(hub).__call__),
    ]
    app = Starlette(
        routes=routes, lifespan=beating, exception_handlers={HTTPException: plain_error, Exception: plain_error}
    )
    return Guard(app, hosts)


async def _beat(hub: Hub) -> None:
    """Keep the clock beating whatever happens in one beat."""
    while True:
        try:
            await hub.run()
        except OpenDomeError as error:
            hub.stop(str(error))
        except Exception:
            log.exception("the exercise stopped")
            hub.stop("this is a fault of the program; the server's log says more")


def make_server(hub: Hub, at: socket.socket) -> uvicorn.Server:
    """The server of a bound socket; ``run(sockets=[at])`` serves until ``should_exit`` is set or it is interrupted.

    Parameters
    ----------
    hub : Hub
    at : socket     bound; its address is the only name, beside those of loopback, by which the server may be called
    """
    host, port = at.getsockname()[:2]
    names = {host, "localhost", "127.0.0.1"} if host == "127.0.0.1" else {host}
    config = uvicorn.Config(
        make_app(hub, tuple(f"{name}:{port}" for name in sorted(names))),
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=4 * MAX_BYTES,
        ws_per_message_deflate=False,
        limit_concurrency=4 * _MOST_CONNECTIONS,
        h11_max_incomplete_event_size=16_384,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return uvicorn.Server(config)


def serve(hub: Hub, at: socket.socket) -> None:
    """Serve on a bound socket until interrupted."""
    make_server(hub, at).run(sockets=[at])

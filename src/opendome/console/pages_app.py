"""Serve the built pages on loopback: fixed names, strict headers, requests of other hosts and origins refused."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opendome.base.errors import CommandError

if TYPE_CHECKING:
    import uvicorn

__all__ = [
    "ALONE",
    "PAGES",
    "Guard",
    "bound_socket",
    "is_own_origin",
    "page_routes",
    "require_pages",
    "served_aside",
]

PAGES = Path(__file__).with_name("pages")
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ALONE = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'"
"""Policy of a page that is one file and asks for nothing."""

_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_REFUSED = 4003
_BACKLOG = 128
_DEAD_MS = 30_000
"""How long a peer may leave unread what it was sent before the system ends the connection."""
_STARTS_S = 10.0
_EVERYWHERE = ("", "0.0.0.0", "::")


def require_pages(*names: str) -> None:
    """Make sure that pages have been built.

    Raises
    ------
    CommandError    one has not; the message says how to build it
    """
    missing = [name for name in names if not (PAGES / f"{name}.html").is_file()]
    if missing:
        raise CommandError(f"the page {missing[0]} has not been built; run `make setup`, or install the wheel")


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that listens at an address of this machine, so that who calls early waits; port 0 takes any free one.

    Raises
    ------
    CommandError    the address or the port cannot be used
    """
    if host in _EVERYWHERE:
        raise CommandError(f"{host} stands for every address; give the one by which others call this machine")
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_MS)
    try:
        found.bind((host, port))
        found.listen(_BACKLOG)
    except OSError as error:
        found.close()
        cure = "write --port 0 for any free port" if port else "give another --host"
        raise CommandError(f"{host}:{port} cannot be used ({error.strerror}); {cure}") from None
    return found


@contextmanager
def served_aside(server: uvicorn.Server, at: socket.socket) -> Iterator[str]:
    """Serve on a bound socket in a thread of its own while the context lasts; gives the address, closes the socket."""
    thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
    thread.start()
    end_s = time.monotonic() + _STARTS_S
    while not server.started and time.monotonic() < end_s:
        time.sleep(0.02)
    host, port = at.getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(_STARTS_S)
        at.close()


def _page(name: str) -> Route:
    async def serve(_: Request) -> Response:
        return FileResponse(PAGES / f"{name}.html", media_type="text/html")

    return Route(f"/{name}", serve, methods=["GET"])


def page_routes(*names: str) -> list[BaseRoute]:
    """Routes of pages by name, and of what they load."""
    return [
        *(_page(name) for name in names),
        Mount("/assets", StaticFiles(directory=PAGES / "assets", check_dir=False)),
    ]


def is_own_origin(headers: Headers, host: str) -> bool:
    """Whether a request comes from a page of this very server."""
    return headers.get("origin", "").casefold() == f"http://{host}".casefold()


class Guard:
    """Refuses what names another host (a page elsewhere whose name was made to point here), and sets headers.

    Parameters
    ----------
    app : ASGI application
    hosts : tuple of str    ``name:port`` by which the server may be called
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]):
        self.app, self.hosts = app, tuple(host.casefold() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is meant for this server."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "").casefold()
        if host not in self.hosts:
            await _refuse(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                names = {name.lower() for name, _ in given}
                message["headers"] = [*given, *(header for header in _HEADERS if header[0] not in names)]
            await send(message)

        await self.app(scope, receive, with_headers)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _REFUSED})
        return
    await PlainTextResponse("refused: another host was named", 421)(scope, receive, send)


async def plain_error(_: Request, error: Exception) -> Response:
    """An error page that tells nothing about the inside."""
    code = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse({404: "not found", 405: "not allowed"}.get(code, "something went wrong"), code)

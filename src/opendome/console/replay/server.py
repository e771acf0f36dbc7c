"""The replay's own small server: the built pages and the data, to this machine alone.

It binds the loopback address, answers only to requests that name it, sends no data to pages of other origins, and
allows the pages nothing but itself.
"""

from __future__ import annotations

import functools
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from opendome.base.errors import CommandError
from opendome.console.replay.bundle import Replay

__all__ = ["PAGES", "POLICY", "free_socket", "page_file", "replay_app", "serve"]

PAGES = Path(__file__).parents[1] / "pages"
"""Where the build puts the pages; not tracked."""

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)
"""Content-Security-Policy of every answer."""

_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_HOST = "127.0.0.1"


def page_file(name: str = "replay.html") -> Path:
    """File of a built page.

    Raises
    ------
    CommandError
        The pages have not been built.
    """
    path = PAGES / name
    if not path.is_file():
        raise CommandError(f"{path} is missing: the pages are not built; run `make setup`")
    return path


def replay_app(replay: Replay) -> Starlette:
    """The server's application: ``/`` leads to the page, ``/replay/data/...`` gives the data."""
    page = page_file()

    @functools.lru_cache(maxsize=8)
    def raid(i_raid: int) -> bytes:
        return _as_bytes(replay.raid(i_raid))

    @functools.cache
    def fixed(name: str) -> bytes:
        return _as_bytes(replay.index() if name == "index.json" else replay.scene())

    def give(request: Request) -> Response:
        return _json(fixed(request.url.path.rpartition("/")[2]))

    def give_raid(request: Request) -> Response:
        i_raid = int(request.path_params["i_raid"])
        return _json(raid(i_raid)) if i_raid < len(replay.raids) else Response("no such raid", 404)

    return Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse(f"/{page.name}")),
            Route("/replay/data/index.json", give),
            Route("/replay/data/scene.json", give),
            Route("/replay/data/raid-{i_raid:int}.json", give_raid),
            Mount("/", StaticFiles(directory=page.parent)),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_guard)],
    )


async def _guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse other hosts' names and other origins; say on every answer what a page may load."""
    origin = request.headers.get("origin")
    if not _is_local(request.headers.get("host", "")) or (origin and not _is_local(origin.partition("://")[2])):
        return Response("this server answers to this machine alone", 403)
    answer = await go_on(request)
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _is_local(host: str) -> bool:
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    return (name if port.isdigit() else host) in _LOCAL


def _as_bytes(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def free_socket(port: int) -> socket.socket:
    """A socket bound to the loopback address; port 0 takes any free one.

    Raises
    ------
    CommandError
        The port is taken.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((_HOST, port))
    except OSError as error:
        found.close()
        raise CommandError(f"port {port} cannot be used ({error.strerror}); write --port 0 for any free one") from error
    return found


def serve(app: Starlette, at: socket.socket) -> None:
    """Answer until interrupted."""
    import uvicorn

    uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run(sockets=[at])

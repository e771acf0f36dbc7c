"""The replay's own small server: the built page and the data, to this machine alone."""

from __future__ import annotations

import functools
import json
import socket
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from opendome.console.pages_app import Guard, is_own_origin, page_routes, plain_error, require_pages
from opendome.console.replay.bundle import Replay

__all__ = ["HOST", "PAGE", "replay_app", "serve"]

HOST = "127.0.0.1"
"""The loopback address, the only one that the server listens on."""

PAGE = "replay"
"""Name of the page."""

_KEPT_RAIDS = 8


def replay_app(replay: Replay, port: int) -> Guard:
    """The server's application: ``/`` leads to the page ``/replay``, ``/replay/data/...`` gives the data.

    Whoever names another host, and every page of another origin, is refused.

    Raises
    ------
    CommandError
        The page has not been built.
    """
    require_pages(PAGE)
    index, scene = functools.cache(replay.index), functools.cache(replay.scene)

    @functools.lru_cache(maxsize=_KEPT_RAIDS)
    def raid(i_raid: int) -> bytes:
        return _as_bytes(replay.raid(i_raid))

    def give_raid(request: Request) -> Response:
        i_raid = int(request.path_params["i_raid"])
        if i_raid >= len(replay.raids):
            raise HTTPException(404)
        return _answer(request, raid(i_raid))

    app = Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse(f"/{PAGE}")),
            Route("/replay/data/index.json", _giver(index)),
            Route("/replay/data/scene.json", _giver(scene)),
            Route("/replay/data/raid-{i_raid:int}.json", give_raid),
            *page_routes(PAGE),
        ],
        exception_handlers={HTTPException: plain_error, Exception: plain_error},
    )
    return Guard(app, (f"{HOST}:{port}", f"localhost:{port}"))


def _giver(make: Callable[[], dict[str, Any]]) -> Callable[[Request], Response]:
    return lambda request: _answer(request, _as_bytes(make()))


def _as_bytes(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _answer(request: Request, body: bytes) -> Response:
    """The data, unless a page of another origin asks for it."""
    if "origin" in request.headers and not is_own_origin(request.headers, request.headers.get("host", "")):
        return PlainTextResponse("refused: a page of another origin", 403)
    return Response(body, media_type="application/json")


def serve(app: Guard, at: socket.socket) -> None:
    """Answer until interrupted."""
    import uvicorn

    uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")).run(sockets=[at])

"""The verb replay: an after-action replay of one replication in the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.cli.options import AsJson, Folder
from opendome.cli.screen import note, print_json, say

if TYPE_CHECKING:
    from opendome.console.replay.bundle import Replay

__all__ = ["VERBS"]

_PORT = 8767


def replay(
    folder: Folder,
    replication: Annotated[
        int | None, typer.Option("--replication", help="Replication of a study; by default its first, 0.")
    ] = None,
    alternatives: Annotated[
        list[str] | None,
        typer.Option("--alternative", metavar="NAME", help="Alternative of a study; twice for two side by side."),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Port on this machine; 0 for any free one.")] = _PORT,
    is_opened: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.html", help="Write one page that needs no server instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay one replication in three dimensions in the browser: what flew, what was done about it and why.

    DIR is the folder of a run, or of a study, whose replication is played again. The server answers to this machine
    alone, until Ctrl-C. With --json it says where and which raids there are, and does not serve.

    \b
    Example:
      opendome run coastland --out runs/one
      opendome replay runs/one
      opendome study coastland --replications 20 --out runs/coastland
      opendome replay runs/coastland --replication 3 --alternative as-is --alternative one-more
    """
    from opendome.console.replay.bundle import replay_of
    from opendome.console.replay.source import open_source

    found = replay_of(open_source(folder, replication, alternatives or ()))
    if as_json:
        print_json({"address": _address(port), **_summary(found)})
        return
    if out is not None:
        from opendome.console.replay.page import write_page

        say(f"replay in {write_page(found, out)}; open it in a browser")
        return
    _serve(found, port, is_opened)


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}/replay"


def _summary(found: Replay) -> dict[str, Any]:
    index = found.index()
    raids = [
        {"raid": i + 1, "from_s": entry["from_s"], "until_s": entry["until_s"], "ends": entry["ends"]}
        for i, entry in enumerate(index["raids"])
    ]
    kept = ("title", "seed", "replication", "alternatives")
    return {**{name: index[name] for name in kept}, "first_raid": index["first_raid"] + 1, "raids": raids}


def _serve(found: Replay, port: int, is_opened: bool) -> None:
    """Serve until Ctrl-C; the page is opened once the socket is there, which then keeps it waiting."""
    import webbrowser

    from opendome.console.pages_app import bound_socket
    from opendome.console.replay.server import HOST, replay_app, serve

    with bound_socket(HOST, port) as at:
        given = at.getsockname()[1]
        app, address = replay_app(found, given), _address(given)
        say(f"replay of {found.source.title}: {address}")
        note("Ctrl-C ends it.")
        if is_opened:
            webbrowser.open(address)
        serve(app, at)


VERBS: dict[str, Callable[..., None]] = {"replay": replay}
"""Verbs of this file by name."""

"""The verb that trains: an exercise live in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opendome.cli.options import AsJson
from opendome.cli.screen import note, print_json, say

__all__ = ["VERBS"]

Host = Annotated[
    str, typer.Option("--host", help="Address to listen on. Others than loopback let others on the network in.")
]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")]


def train(
    file: Annotated[str, typer.Argument(help="Scenario or exercise: a file, an example, or a name.")] = "tutorial",
    host: Host = "127.0.0.1",
    port: Port = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder for what is played and saved.")] = Path("runs/train"),
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Play a raid live: the operator's console in the browser.

    Without a file it is a tutorial of five minutes. Of a scenario the busiest quarter of an hour is played; an exercise
    file says more: levels, injects, seats. Each seat has an address of its own; the instructor has one too.

    \b
    Example:
      opendome train coastland
    """
    from opendome.console.exercise import load_exercise
    from opendome.console.hub import Hub
    from opendome.console.pages_app import bound_socket, require_pages
    from opendome.console.review import make_review
    from opendome.console.seats import make_seats
    from opendome.console.server import serve
    from opendome.console.session import Session

    exercise, folder = load_exercise(file)
    require_pages("console", "instructor")
    at = bound_socket(host, port)
    note("Compiling and setting up; the first time takes a minute or two.")
    session = Session(exercise, folder)
    session.rehearse()
    seats = make_seats(exercise.seats, exercise.has_instructor)
    base = "http://{}:{}".format(*at.getsockname()[:2])
    addresses = {seat.name: base + seat.page for seat in seats}
    if as_json:
        print_json(addresses)
    else:
        for name, address in addresses.items():
            say(f"{name}: {address}")
        note("Stop with Ctrl-C.")
    if not no_open:
        import webbrowser

        webbrowser.open(next(iter(addresses.values())))
    serve(Hub(session, seats, out, make_review), at)


VERBS = {"train": train}

"""Take the pictures of the console that the documentation shows, and that a test compares the console with.

`python docs/figures/screens.py` plays the tutorial by a fixed operator up to a fixed moment, serves it, opens it in
headless Chromium at three sizes, by night and by day, and writes docs/images/console-*.png.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opendome.console.exercise import load_exercise
from opendome.console.hub import Hub
from opendome.console.pages_app import bound_socket, served_aside
from opendome.console.seats import Seat
from opendome.console.server import make_server
from opendome.console.session import Session
from opendome.study.orders import Action, Authority, Order

IMAGES = Path(__file__).parents[1] / "images"
SIZES = ((1280, 720), (1920, 1080), (390, 844))
PALETTES = ("night", "day")
MOMENT_S = 266.0
TRAIL_S, TRAIL_STEP_S = 24.0, 0.8
FLAGS = ("--no-sandbox", "--disable-quic", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb")


def played_session() -> Session:
    """The tutorial, played up to a little before the moment by an operator who approves a shot every four seconds."""
    exercise, folder = load_exercise("tutorial")
    session = Session(exercise, folder)
    session.steps_done = len(exercise.steps) - 1
    while session.now_s < MOMENT_S - TRAIL_S:
        session.advance(session.now_s + 4.0)
        session.collect()
        waiting = sorted(session.play.desk.waiting)
        if waiting:
            session.order(Order(0.0, Action.APPROVE, waiting[0], seat="Operator 1"))
    assert session.play.desk.authority is Authority.APPROVAL
    return session


@contextmanager
def serving(session: Session) -> Iterator[tuple[str, Hub]]:
    """Serve a session while the context lasts: (address of the console, hub)."""
    seats = (Seat("Operator 1", "operator", "a-token-for-pictures", True),)
    hub = Hub(session, seats, Path("runs/screens"), lambda folder: folder)
    at = bound_socket("127.0.0.1", 0)
    with served_aside(make_server(hub, at), at) as base:
        yield base + seats[0].page, hub


def open_console(browser: Any, address: str, width: int, height: int, palette: str) -> Any:
    """A console in a palette, at a size."""
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    context.add_init_script(f"localStorage.setItem('opendome.palette', '{palette}')")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".decision h2")
    return page


def play_on(page: Any, session: Session) -> None:
    """Let the page see the last stretch up to the moment, step by step, so that its trails are drawn."""
    while session.now_s < MOMENT_S:
        session.advance(min(session.now_s + TRAIL_STEP_S, MOMENT_S))
        page.wait_for_timeout(130)
    page.wait_for_timeout(900)


def pictures(browser: Any, sizes: tuple[tuple[int, int], ...] = SIZES) -> Iterator[tuple[str, bytes]]:
    """Name and PNG of every picture: each page sees the same stretch of the same exercise."""
    for palette in PALETTES:
        for width, height in sizes:
            session = played_session()
            with serving(session) as (address, _):
                page = open_console(browser, address, width, height, palette)
                play_on(page, session)
                yield f"console-{palette}-{width}x{height}.png", page.screenshot()
                page.context.close()


def main() -> None:
    """Write all pictures."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is not installed; `make test` as root installs it")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for name, picture in pictures(browser):
            (IMAGES / name).write_bytes(picture)
            print(f"docs/images/{name}: {len(picture) / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()

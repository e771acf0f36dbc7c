"""Pages of the console in a browser, served from the build, with a played feed in place of the server's socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.console.web.feed import Feed

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "src/opendome/console/pages"
HOST = "http://opendome.test/"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
LOOK_MS, MOST_LOOKS = 50, 400
POLICY = "default-src 'self'; connect-src 'self' ws:; img-src 'self' data:; style-src 'self' 'unsafe-inline'"
"""A content policy as strict as the server's; what breaks it shows up as an error in the page's console."""


@dataclass
class Opened:
    """A page that is open, and what it asked for and complained of."""

    page: Any
    asked: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def wait(self, condition: str) -> None:
        """Wait until an expression holds; Playwright's own way of waiting needs `eval`, which the policy forbids."""
        for _ in range(MOST_LOOKS):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(LOOK_MS)
        raise AssertionError(f"waited in vain for {condition}; errors: {self.errors}")

    def sent(self, what: str | None = None) -> list[dict[str, Any]]:
        """Orders that the page has sent, or those of one kind."""
        orders = [one for one in self.page.evaluate("window.sent") if "do" in one]
        return orders if what is None else [one for one in orders if one["do"] == what]

    def wait_sent(self, what: str, n: int = 1) -> dict[str, Any]:
        """The newest order of a kind, once there are so many."""
        self.wait(f"window.sent.filter(one => one.do === {what!r}).length >= {n}")
        return self.sent(what)[-1]


@pytest.fixture(scope="session")
def pages() -> Path:
    """Give the folder of built pages, or skip."""
    if not (PAGES / "console.html").is_file():
        pytest.skip("the pages are not built; `make setup` builds them")
    return PAGES


@pytest.fixture
def open_page(browser: Any, pages: Path) -> Iterator[Callable[..., Opened]]:
    """Give a function that opens a page: name, width, height, palette, number of tracks, changes of the state."""
    contexts = []

    def opened(
        name: str = "console",
        width: int = 1280,
        height: int = 720,
        palette: str = "night",
        n_tracks: int = 41,
        n_toward: int = 14,
        scene: dict[str, Any] | None = None,
        script: str = "",
        **changes: Any,
    ) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        contexts.append(context)
        feed = Feed(n_tracks, "instructor" if name == "instructor" else "operator", n_toward).as_json(**changes)
        feed["scene"] |= scene or {}
        found = Opened(context.new_page())
        page = found.page
        page.on("console", lambda message: message.type == "error" and found.errors.append(message.text))
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.add_init_script(f"window.feed = {json.dumps(feed)}; localStorage.setItem('opendome.palette', '{palette}')")
        page.add_init_script(path=Path(__file__).with_name("fake_socket.js"))
        page.add_init_script(script or "void 0")
        page.route("**/*", lambda route: _answer(route, found))
        page.goto(f"{HOST}{name}#t=token-of-a-seat")
        found.wait("window.opendome?.labels.length > 0")
        return found

    yield opened
    for context in contexts:
        context.close()


def _answer(route: Any, found: Opened) -> None:
    """Give a file of the build; note and refuse what is asked of another host."""
    url = route.request.url
    found.asked.append(url)
    if not url.startswith(HOST):
        found.outside.append(url)
        route.abort()
        return
    path = url.removeprefix(HOST).split("?")[0]
    file = PAGES / (path if "." in path else f"{path}.html")
    headers = {"content-type": TYPES[file.suffix], "content-security-policy": POLICY}
    route.fulfill(body=file.read_bytes(), headers=headers)

"""What it costs the browser to draw the console: 500 tracks, without a GPU, in CPU time of all of its processes."""

from __future__ import annotations

import json
import os
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.result import Result

__all__ = ["measure"]

_ROOT = Path(__file__).resolve().parents[1]
_WEB = _ROOT / "tests" / "console" / "web"
_PAGES = _ROOT / "src" / "opendome" / "console" / "pages"
_GROUP = "console"
_HOST = "http://opendome.test/"
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run")
_MARK = "--user-data-marker=opendome-bench"
_N_TRACKS, _N_TOWARD = 500, 120
_GOAL_MS = 10.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def _tree_cpu_s() -> float:
    """CPU time of the marked browser and of every process under it [s]."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    roots = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        pid = int(folder.name)
        parents[pid], used[pid] = int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
        if _MARK.encode() in command:
            roots.add(pid)

    def is_inside(pid: int) -> bool:
        while pid in parents:
            if pid in roots:
                return True
            pid = parents[pid]
        return False

    return sum(cpu_s for pid, cpu_s in used.items() if is_inside(pid))


def _open(browser: Any, width: int, height: int) -> Any:
    """The console with a fed picture in place of the server's."""
    from tests.console.web.feed import Feed

    page = browser.new_page(viewport={"width": width, "height": height})
    feed = Feed(_N_TRACKS, "operator", _N_TOWARD).as_json()
    page.add_init_script(f"window.feed = {json.dumps(feed)}")
    page.add_init_script(path=_WEB / "fake_socket.js")
    page.route("**/*", _answer)
    page.goto(f"{_HOST}console#t=token-of-a-seat")
    while not page.evaluate("window.opendome?.labels.length > 0"):
        page.wait_for_timeout(50)
    return page


def _answer(route: Any) -> None:
    path = route.request.url.removeprefix(_HOST).split("?")[0]
    file = _PAGES / (path if "." in path else f"{path}.html")
    route.fulfill(body=file.read_bytes(), headers={"content-type": _TYPES[file.suffix]})


def _frame_ms(page: Any, n_frames: int, n_stretches: int) -> float:
    """CPU time a drawn frame [ms], the median of some stretches."""

    def stretch() -> float:
        before_s = _tree_cpu_s()
        page.evaluate(f"window.opendome.time({n_frames})")
        return 1000.0 * (_tree_cpu_s() - before_s) / n_frames

    stretch()
    return statistics.median(stretch() for _ in range(n_stretches))


def measure(is_quick: bool) -> list[Result]:
    """Draw at two sizes; nothing where there is no Chromium or no built page."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or not (_PAGES / "console.html").is_file():
        note = "Chromium or the built pages are missing; `make test` as root brings both"
        return [Result(_GROUP, "console page, a frame of 500 tracks", float("nan"), "ms", _GOAL_MS, False, note=note)]
    return _in_browser(chromium, lambda browser: _sizes(browser, is_quick))


def _in_browser(chromium: str, work: Callable[[Any], list[Result]]) -> list[Result]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=[*_FLAGS, _MARK])
        try:
            return work(browser)
        finally:
            browser.close()


def _sizes(browser: Any, is_quick: bool) -> list[Result]:
    results = []
    for width, height in ((1280, 720), (1920, 1080)):
        page = _open(browser, width, height)
        frame_ms = _frame_ms(page, 100, 3 if is_quick else 9)
        name = f"console page, a frame of {_N_TRACKS} tracks, {width}x{height}"
        note = "CPU time of all Chromium processes, --disable-gpu, pixels laid; median of stretches of 100 frames"
        results.append(Result(_GROUP, name, frame_ms, "ms", _GOAL_MS, False, note=note))
        page.close()
    return results

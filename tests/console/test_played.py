"""A whole exercise played in a browser against the real server: once by keyboard alone, once by mouse alone."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
import pytest

from opendome.console.review import make_review
from tests.console.served import Watched, served, wait_until, watched

pytestmark = pytest.mark.browser

ENDS_MS = 90_000
DECIDE_NOW = "document.querySelector('.decision .what')?.textContent.includes('Decide now')"
IS_OVER = "[...document.querySelectorAll('a')].some(a => a.getAttribute('href')?.startsWith('/review/'))"


def open_console(browser: Any, base: str, address: str) -> Watched:
    found = watched(browser, base)
    found.page.goto(address)
    found.page.wait_for_selector(".decision h2")
    wait_until(found.page, "window.opendome.drawMs > 0")
    return found


def orders_of(out: Any) -> list[str]:
    (folder,) = [path for path in out.iterdir() if path.is_dir()]
    return pq.read_table(folder / "orders.parquet").column("action").to_pylist()


def test_played_by_keyboard(browser, tmp_path):
    with served("tutorial", tmp_path, make_review) as at:
        console = open_console(browser, at.base, at.page())
        keys = console.page.keyboard
        keys.press("Space")
        for _ in range(3):
            keys.press("]")
        wait_until(console.page, "document.querySelectorAll('table tbody tr').length > 0")
        keys.press("Tab")
        wait_until(console.page, DECIDE_NOW)
        console.page.wait_for_timeout(400)
        keys.press("Enter")
        wait_until(console.page, "document.body.textContent.includes('approved by Operator 1')")
        for _ in range(2):
            wait_until(console.page, DECIDE_NOW)
            console.page.wait_for_timeout(400)
            keys.press("a")
            keys.press(console.page.locator(".options kbd").first.text_content().strip())
            wait_until(console.page, "document.querySelector('.options') === null")
        keys.press("Tab")
        keys.press("w")
        wait_until(console.page, "document.body.textContent.includes('Alert ordered')")
        keys.press("F3")
        keys.press("2")
        for _ in range(2):
            keys.press("]")
        finish(console, by_mouse=False)
        console.assert_quiet()
        actions = orders_of(tmp_path)
        assert {"approve", "assign", "alert", "authority", "salvo"} <= set(actions)
        assert at.hub.session.play.row[12] > 0, "something was engaged"
        console.page.context.close()


def test_played_by_mouse(browser, tmp_path):
    with served("tutorial", tmp_path) as at:
        console = open_console(browser, at.base, at.page())
        page = console.page
        page.get_by_role("button", name="Start").click()
        page.wait_for_selector("table tbody tr", timeout=ENDS_MS)
        page.locator("table tbody tr").first.click()
        for name in ("2×", "4×", "8×"):
            page.get_by_role("button", name=name).first.click()
        wait_until(page, DECIDE_NOW)
        page.wait_for_timeout(400)
        page.get_by_role("button", name="Approve").click()
        wait_until(page, "document.body.textContent.includes('approved by Operator 1')")
        page.get_by_role("button", name="Automatic").click()
        for name in ("16×", "32×"):
            page.get_by_role("button", name=name).first.click()
        finish(console, by_mouse=True)
        console.assert_quiet()
        assert {"approve", "authority"} <= set(orders_of(tmp_path))
        page.context.close()


def finish(console: Watched, by_mouse: bool) -> None:
    """Wait for the end of live play, end the exercise, and follow the link to the review."""
    page = console.page
    wait_until(page, "document.body.textContent.includes('over')")
    wait_until(page, IS_OVER, 400.0)  # a review compiles its kernels the first time
    link = page.locator("a[href^='/review/']")
    if by_mouse:
        link.click()
    else:
        link.focus()
        page.keyboard.press("Enter")
    page.wait_for_selector("h1", timeout=ENDS_MS)


def test_planted_request_to_another_host_is_found(browser, tmp_path):
    with served("tutorial", tmp_path) as at:
        console = open_console(browser, at.base, at.page())
        console.assert_quiet()
        console.page.evaluate("new Promise(done => { const i = new Image(); i.onerror = done; i.src = '/none.png' })")
        console.page.evaluate(
            "new Promise(done => { const i = new Image(); i.onerror = done; i.src = 'http://elsewhere.test/a.png' })"
        )
        with pytest.raises(AssertionError):
            console.assert_quiet()
        assert any("elsewhere.test" in text for text in [*console.asked_elsewhere, *console.complaints])
        console.page.context.close()


def test_page_resumes_after_reload(browser, tmp_path):
    with served("tutorial", tmp_path) as at:
        console = open_console(browser, at.base, at.page())
        console.page.keyboard.press("Space")
        wait_until(console.page, "document.querySelectorAll('table tbody tr').length > 0")
        before = at.hub.session.now_s
        console.page.reload()
        wait_until(console.page, "document.querySelectorAll('table tbody tr').length > 0")
        assert at.hub.session.now_s >= before
        assert len(at.hub.clients) == 1
        console.assert_quiet()
        console.page.context.close()


def test_instructor_and_trainee_on_one_exercise(browser, tmp_path):
    with served("tutorial", tmp_path) as at:
        trainee = open_console(browser, at.base, at.page())
        teacher = watched(browser, at.base)
        page = teacher.page
        page.goto(at.page(1))
        page.get_by_role("button", name="Start").click()
        page.get_by_role("button", name="8×").first.click()
        end_wait(page, lambda: at.hub.session.now_s > at.hub.session.from_s + 8.0)
        page.get_by_role("button", name="Pause").click()
        end_wait(page, lambda: at.hub.session.is_paused)
        moment_s = at.hub.session.now_s
        page.locator("label", has_text="What").first.locator("select").select_option(label="Radar fails")
        page.get_by_role("button", name="Let it happen").click()
        wait_until(trainee.page, "document.querySelector('canvas') !== null")
        end_wait(page, lambda: len(at.hub.session.injects) == 2)
        page.wait_for_timeout(300)
        assert at.hub.session.now_s == moment_s, "an inject does not move the clock"
        page.get_by_role("textbox", name="Name").fill("before the end")
        page.get_by_role("button", name="Branch").click()
        end_wait(page, lambda: (tmp_path / "before the end.yaml").is_file())
        page.get_by_label("Rewind", exact=True).fill(str(at.hub.session.from_s))
        page.get_by_role("button", name="Rewind to").click()
        end_wait(page, lambda: at.hub.session.now_s < moment_s)
        assert len(at.hub.session.injects) == 1, "what was put in by hand is forgotten, what was planned is not"
        trainee.assert_quiet()
        teacher.assert_quiet()
        trainee.page.context.close()
        page.context.close()


def end_wait(page: Any, is_done: Any, timeout_s: float = 30.0) -> None:
    """Let a page go on until something has come about on the server."""
    for _ in range(int(timeout_s / 0.05)):
        if is_done():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come about")

"""Keys and buttons: what the page sends, the guard against a key meant for another track, the connection."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

GUARD_MS = 350
STATE_MS = 650


@pytest.fixture
def opened(open_page):
    found = open_page()
    found.page.wait_for_timeout(GUARD_MS)
    return found


def test_says_hello_with_its_token_and_takes_it_out_of_the_address(opened):
    assert opened.page.evaluate("window.sent[0]") == {"hello": {"token": "token-of-a-seat"}}
    assert "token" not in opened.page.url


def test_enter_approves_the_track_that_waits_once(opened):
    opened.page.keyboard.press("Enter")
    opened.page.keyboard.press("Enter")
    order = opened.wait_sent("approve")
    assert order == {"id": order["id"], "do": "approve", "track": 1047}
    opened.page.wait_for_timeout(100)
    assert len(opened.sent("approve")) == 1
    assert opened.page.locator(".decision .note").inner_text() != ""


ORDER_OF_KEY = (
    ("l", {"do": "hold", "track": 1047}),
    ("c", {"do": "cease", "track": 1047}),
    ("2", {"do": "salvo", "n_rounds": 2}),
    ("w", {"do": "alert", "area": 0}),
    ("r", {"do": "alert_rule", "on": False}),
    ("k", {"do": "acknowledge", "n": 1}),
    ("F1", {"do": "authority", "level": "manual"}),
    ("F4", {"do": "authority", "level": "automatic"}),
    ("F5", {"do": "weapons", "level": "free"}),
    ("F7", {"do": "weapons", "level": "hold"}),
    (" ", {"do": "pause"}),
    ("]", {"do": "rate", "value": 2}),
    ("[", {"do": "rate", "value": 1}),
    ("ArrowLeft", {"do": "back", "seconds": 30}),
    ("s", {"do": "save", "name": "14-32-"}),
    ("b", {"do": "branch", "name": "14-32-"}),
)


def test_each_key_gives_its_order(opened):
    for key, order in ORDER_OF_KEY:
        before = len(opened.sent(order["do"]))
        opened.page.keyboard.press(key)
        sent = opened.wait_sent(order["do"], before + 1)
        name = order.get("name")
        wanted = {field: value for field, value in order.items() if field != "name"}
        assert {field: value for field, value in sent.items() if field not in ("id", "name")} == wanted
        assert name is None or sent["name"].startswith(name)
        opened.page.wait_for_timeout(STATE_MS if "track" in order else 0)


def test_assign_takes_the_number_of_a_battery(opened):
    opened.page.keyboard.press("a")
    opened.page.keyboard.press("3")
    sent = opened.wait_sent("assign")
    assert (sent["track"], sent["unit"], sent["n_rounds"]) == (1047, 2, 1)


def test_a_number_without_a_battery_is_refused_in_words(opened):
    opened.page.keyboard.press("a")
    opened.page.keyboard.press("9")
    assert opened.page.locator(".decision .note").inner_text() == "There is no battery 9."
    assert opened.sent("assign") == []


def test_tab_and_arrows_go_through_the_tracks_and_escape_goes_back(opened):
    page, heading = opened.page, opened.page.locator(".decision h2")
    page.keyboard.press("Tab")
    assert "1047" not in heading.inner_text()
    assert "track 1047 waits" in page.locator(".decision .also").inner_text()
    page.keyboard.press("ArrowUp")
    assert "1047" in heading.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert "1047" in heading.inner_text()
    assert opened.wait_sent("select")["track"] > 0


def test_buttons_can_be_reached_by_key_alone(opened):
    page = opened.page
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent").startswith("Manual")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("Approval")
    page.keyboard.press("Enter")
    assert opened.wait_sent("authority")["level"] == "approval"
    assert opened.sent("approve") == []


def test_a_click_on_a_row_selects_it_and_enter_then_approves_it(opened):
    opened.page.locator("tr", has_text="1052").click()
    assert "1052" in opened.page.locator(".decision h2").inner_text()
    opened.page.keyboard.press("Enter")
    assert opened.wait_sent("approve")["track"] == 1052


def test_a_key_meant_for_the_track_before_is_not_taken(opened):
    """The panel changes by itself; Enter pressed in that instant was meant for what stood there."""
    page = opened.page
    page.evaluate(
        """() => { window.sockets[0].timers.forEach(clearInterval);
                   window.sockets[0].tell({...window.feed.state, asked: 1052}); }"""
    )
    opened.wait("document.querySelector('.decision h2').textContent.includes('1052')")
    page.keyboard.press("Enter")
    assert opened.sent("approve") == []
    assert "Press again" in page.locator(".decision .note").inner_text()
    page.wait_for_timeout(GUARD_MS)
    page.keyboard.press("Enter")
    assert opened.wait_sent("approve")["track"] == 1052


def test_veto_shows_when_it_fires_by_itself(open_page):
    page = open_page(authority="veto").page
    page.evaluate(
        """() => { window.sockets[0].timers.forEach(clearInterval); const state = structuredClone(window.feed.state);
                   state.threats.find(one => one.track === 1047).t_auto_s = state.t_s + 3.5;
                   window.sockets[0].tell(state); }"""
    )
    page.get_by_text("Fires unless stopped").wait_for()
    assert page.locator(".decision .clock").inner_text().endswith("to firing")


def test_without_the_clock_its_keys_do_nothing(open_page):
    opened = open_page(scene={"has_clock": False})
    opened.page.keyboard.press(" ")
    opened.page.keyboard.press("ArrowLeft")
    opened.page.wait_for_timeout(150)
    assert opened.sent() == []
    assert opened.page.get_by_role("button", name="Pause").count() == 0


def test_finish_is_asked_twice(opened):
    opened.page.get_by_role("button", name="Finish").click()
    assert opened.sent("finish") == []
    opened.page.get_by_role("button", name="Finish for good").click()
    opened.wait_sent("finish")


def test_help_lists_the_keys_and_single_keys_can_be_switched_off(opened):
    page = opened.page
    page.keyboard.press("?")
    assert page.locator("dialog dt").count() > 30
    page.locator("dialog input").check()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    page.keyboard.press("l")
    page.wait_for_timeout(100)
    assert opened.sent("hold") == []
    page.keyboard.press("F1")
    opened.wait_sent("authority")


def test_the_palette_is_remembered(opened):
    opened.page.keyboard.press("p")
    assert opened.page.evaluate("[document.documentElement.dataset.palette, localStorage['opendome.palette']]") == [
        "day",
        "day",
    ]


def test_a_lost_connection_is_said_and_taken_up_again(opened):
    page = opened.page
    page.evaluate("window.sockets[0].drop(1006)")
    page.get_by_text("Connection lost").wait_for()
    opened.wait("window.sockets.length === 2 && window.sent.filter(one => one.hello).length === 2")
    page.get_by_text("Connection lost").wait_for(state="detached")
    assert page.locator("tbody tr").count() > 10


@pytest.mark.parametrize(("code", "words"), [(4001, "another window"), (4003, "no seat")])
def test_a_closed_seat_is_said_and_not_tried_again(opened, code, words):
    opened.page.evaluate(f"window.sockets[0].drop({code})")
    opened.page.get_by_text(words).wait_for()
    opened.page.wait_for_timeout(900)
    assert opened.page.evaluate("window.sockets.length") == 1


def test_coaching_and_the_end_are_shown(open_page):
    steps = [{"id": "look", "text": "Press Tab to select the rocket."}, {"id": "end", "text": "Hold the line."}]
    page = open_page(scene={"tutorial": steps}, tutorial_step="look", score={"n_leaked": 3}, is_over=True).page
    assert page.locator(".tutorial").inner_text() == "1 of 2 Press Tab to select the rocket."
    page.evaluate("window.sockets[0].tell({is: 'over', review: '/review/7'})")
    assert page.get_by_role("link", name="Read the review").get_attribute("href") == "/review/7"
    assert "leaked" in page.locator(".view .over").inner_text()


def test_texts_of_the_server_are_text_and_not_markup(open_page):
    page = open_page(scene={"title": "<img src=x onerror=alert(1)>"}).page
    assert page.locator("header img").count() == 0
    assert page.locator("h1").text_content() == "<img src=x onerror=alert(1)>"

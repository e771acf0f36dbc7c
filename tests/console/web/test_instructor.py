"""The instructor's page: clock, rewinding, injects by form, exercises, seats."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(open_page):
    return open_page("instructor")


def test_an_inject_is_given_now(opened):
    opened.page.get_by_role("button", name="Let it happen").click()
    sent = opened.wait_sent("inject")
    assert sent == {"id": sent["id"], "do": "inject", "kind": "battery_failure", "what": "b1", "minutes": 10}


def test_an_inject_is_planned_for_a_time(opened):
    page = opened.page
    page.get_by_label("What").select_option("extra_salvo")
    page.get_by_role("spinbutton", name="Launches").fill("12")
    page.get_by_label("at", exact=True).check()
    page.get_by_label("Time of the inject").fill("14:40:30")
    page.get_by_role("button", name="Plan it").click()
    sent = opened.wait_sent("inject")
    assert (sent["kind"], sent["count"], sent["t_s"]) == ("extra_salvo", 12, 14 * 3600 + 40 * 60 + 30)


def test_a_wrong_time_is_said_and_not_sent(opened):
    opened.page.get_by_label("at", exact=True).check()
    opened.page.get_by_label("Time of the inject").fill("soon")
    opened.page.get_by_role("button", name="Plan it").click()
    assert opened.page.get_by_text("Write a time as").is_visible()
    assert opened.sent("inject") == []


def test_the_clock_is_rewound_by_the_slider(opened):
    slider = opened.page.get_by_label("Rewind", exact=True)
    slider.fill("52200")
    opened.page.get_by_role("button", name="Rewind to 14:30:00").click()
    assert opened.wait_sent("rewind")["t_s"] == 52_200


def test_pace_saving_and_branching(opened):
    page = opened.page
    page.get_by_role("button", name="4×").click()
    assert opened.wait_sent("rate")["value"] == 4
    page.get_by_role("button", name="Pause").click()
    opened.wait_sent("pause")
    assert page.get_by_role("button", name="Save").is_disabled()
    page.get_by_label("Name").fill("before the salvo")
    page.get_by_role("button", name="Branch").click()
    assert opened.wait_sent("branch")["name"] == "before the salvo"


def test_another_exercise_is_begun_after_asking_twice(opened):
    page = opened.page
    page.get_by_label("Two layers").check()
    page.get_by_role("button", name="Begin").click()
    assert opened.sent("start") == []
    page.get_by_role("button", name="Leave this one and begin").click()
    assert opened.wait_sent("start")["file"] == "layers.yaml"


def test_seats_show_who_is_here_and_their_links(opened):
    text = opened.page.get_by_role("region", name="Seats").inner_text()
    assert "Operator 1" in text and "not here" in text
    link = opened.page.get_by_role("link", name="Operator 2")
    assert link.get_attribute("href") == "http://opendome.test/console#t=def"

"""The plan-position display: labels, what is drawn where, motion between frames."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (390, 844)])
@pytest.mark.parametrize("n_tracks", [41, 500])
def test_labels_never_overlap(open_page, width, height, n_tracks):
    page = open_page("console", width, height, n_tracks=n_tracks, n_toward=n_tracks // 3).page
    for key in ("", "", "d", "d", "+", "+"):
        if key:
            page.keyboard.press(key)
        page.wait_for_timeout(150)
        labels = page.evaluate("window.opendome.labels")
        assert len(labels) >= 8
        assert overlaps(labels) == []


def overlaps(labels):
    """Keys of labels that lie on one another."""
    return [
        (a["key"], b["key"])
        for i, a in enumerate(labels)
        for b in labels[:i]
        if a["x"] < b["x"] + b["width"] and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]
    ]  # fmt: skip


def test_the_test_for_overlaps_can_fail():
    box = {"x": 0.0, "y": 0.0, "width": 50.0, "height": 16.0}
    assert overlaps([box | {"key": "a"}, box | {"key": "b", "x": 49.0}]) == [("b", "a")]
    assert overlaps([box | {"key": "a"}, box | {"key": "b", "x": 50.0}]) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (390, 844)])
def test_urgent_tracks_alerted_areas_and_batteries_have_their_labels(open_page, width, height):
    page = open_page("console", width, height, n_tracks=500, n_toward=160).page
    keys = {label["key"] for label in page.evaluate("window.opendome.labels")}
    assert {"track 1047", "track 1052", "track 1049", "area 0", "area 1", "area 2"} <= keys
    assert {f"unit {i}" for i in range(5)} <= keys


def test_declutter_off_gives_more_labels(open_page):
    opened = open_page(n_tracks=200, n_toward=120)
    page = opened.page
    few = page.evaluate("window.opendome.labels.length")
    page.keyboard.press("d")
    opened.wait(f"window.opendome.labels.length > {few}")


def test_a_track_is_picked_by_mouse_and_the_view_is_moved(open_page):
    opened = open_page(is_paused=True, rate=1.0)
    page = opened.page
    label = next(one for one in page.evaluate("window.opendome.labels") if one["key"] == "track 1049")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_timeout(250)
    moved = next(one for one in page.evaluate("window.opendome.labels") if one["key"] == "track 1049")
    assert moved["x"] < label["x"] - 20
    page.keyboard.press("0")
    page.locator("canvas").click(position={"x": 300, "y": 300})
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.wheel(0, -300)
    opened.wait("document.querySelector('.tools').textContent.match(/zoom 1\\.[1-9]/)")


def test_a_moving_track_keeps_moving_between_frames(open_page):
    """Labels follow the tracks by their velocity: the picture moves although no frame arrives."""
    page = open_page().page
    where = "window.opendome.labels.find(one => one.key === 'track 1047').y"
    page.evaluate("window.sockets[0].timers.forEach(clearInterval)")
    page.evaluate("window.sockets[0].start()")
    page.evaluate("window.sockets[0].timers.forEach(clearInterval)")
    first = page.evaluate(where)
    page.wait_for_timeout(500)
    later = page.evaluate(where)
    assert later > first
    page.wait_for_timeout(500)
    assert page.evaluate(where) == later  # carried on for a fraction of a second, and no longer

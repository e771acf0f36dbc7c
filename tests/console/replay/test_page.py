"""The page in a browser: the same moment is the same picture, and it says what the tables say."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from opendome.console.pages_app import PAGES
from opendome.console.replay.bundle import Replay
from opendome.console.replay.page import page_html, write_page
from tests.conftest import ROOT
from tests.console.replay.conftest import Served

pytestmark = pytest.mark.browser

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
MOST_GZIPPED_KB = 500
SIZES = [(1920, 1080), (1280, 720), (390, 844)]

Open = Callable[..., Any]


class Opened:
    """A page with what it asked for and what it complained of."""

    def __init__(self, browser: Any, address: str, width: int, height: int):
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", accept_downloads=True
        )
        self.page = self.context.new_page()
        self.own = address.rpartition("/")[0]
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.context.route("**/*", self._take)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(address)
        self.wait("window.opendome?.show.raid != null")

    def _take(self, route: Any) -> None:
        if route.request.url.startswith((self.own, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def pixels(self, t_s: float) -> str:
        """Digest of the picture at a moment."""
        address = self.page.evaluate("t => window.opendome.pixels(t)", t_s)
        return hashlib.sha256(address.encode()).hexdigest()

    def wait(self, condition: str) -> None:
        """Wait until an expression is true; the page's policy forbids Playwright's own way, which runs text as code."""
        for _ in range(600):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never came true: {condition}; {self.complaints}")

    def state(self, name: str) -> Any:
        return self.page.evaluate(f"window.opendome.show.{name}")


@pytest.fixture
def open_page(browser: Any, served: Served) -> Iterator[Open]:
    opened: list[Opened] = []

    def go(width: int = 640, height: int = 400, address: str = "") -> Opened:
        opened.append(Opened(browser, address or served.page, width, height))
        return opened[-1]

    yield go
    for one in opened:
        one.context.close()


def first(pair: Replay) -> dict[str, Any]:
    return pair.raid(pair.index()["first_raid"])


def kill_s(raid: dict[str, Any]) -> float:
    """Moment of the first interception."""
    return next(one["end_s"] for one in raid["alternatives"][0]["interceptors"] if one["outcome"] == "kill")


def test_the_same_moment_is_the_same_picture(open_page: Open, pair: Replay) -> None:
    raid = first(pair)
    middle_s = kill_s(raid)
    one, other = open_page(), open_page()
    before = one.pixels(middle_s)
    assert one.pixels(middle_s + 5.0) != before
    assert one.pixels(raid["until_s"]) != before
    assert one.pixels(middle_s) == before
    other.pixels(raid["until_s"])
    assert other.pixels(middle_s) == before


def test_the_picture_is_not_empty(open_page: Open, pair: Replay) -> None:
    """Streaks add light, and so a moment in the thick of it is unlike one before the first launch."""
    script = """t => { window.opendome.pixels(t); const from = document.querySelector('canvas');
      const to = document.createElement('canvas'); [to.width, to.height] = [from.width, from.height];
      const brush = to.getContext('2d'); window.opendome.pixels(t); brush.drawImage(from, 0, 0);
      const data = brush.getImageData(0, 0, to.width, to.height).data;
      let bright = 0; for (let i = 0; i < data.length; i += 4) bright += data[i] + data[i + 1] + data[i + 2] > 540;
      return bright; }"""
    opened = open_page()
    raid = first(pair)
    start = opened.page.evaluate(script, raid["from_s"])
    assert opened.page.evaluate(script, kill_s(raid) + 0.1) > start + 50


def test_counts_at_the_end_are_the_partition(open_page: Open, pair: Replay) -> None:
    opened = open_page(1280, 720)
    index = pair.index()
    ends = index["raids"][index["first_raid"]]["ends"][0]
    opened.page.keyboard.press("End")
    text = opened.page.locator(".sums").first.inner_text()
    assert text.startswith(f"{sum(ends.values())} launched: 0 in flight, ")
    in_the_open = ends["open_ground"] + ends["at_sea"] + ends["fell_short"]
    assert f"{in_the_open} fell in the open, {ends['intercepted']} intercepted" in text
    assert text.endswith(f"{ends['leaked_built_up']} leaked")
    opened.page.keyboard.press("Home")
    assert opened.page.locator(".sums").first.inner_text().startswith("0 launched")


def test_an_object_that_is_picked_tells_its_story(open_page: Open, pair: Replay) -> None:
    opened = open_page(1280, 720)
    raid = first(pair)
    chosen = next(one for one in raid["alternatives"][0]["threats"] if one["end"] == "leaked_built_up")
    opened.page.select_option("section select", value=str(chosen["id"]))
    lines = opened.page.locator("section li").all_inner_texts()
    assert len(lines) == len(chosen["story"])
    for line, (_, text, reason) in zip(lines, chosen["story"], strict=True):
        assert text in line
        assert reason in line
    opened.page.locator("section li button").nth(1).click()
    assert opened.state("t_s") == pytest.approx(chosen["story"][1][0])


def test_a_click_picks_the_object_under_it(open_page: Open) -> None:
    opened = open_page(1280, 720)
    for _ in range(9):
        opened.page.keyboard.press("n")
    chosen = opened.state("picked")
    opened.page.wait_for_timeout(300)
    ring = opened.page.locator(".ring").first.bounding_box()
    opened.page.keyboard.press("Shift+n")
    assert opened.state("picked") != chosen
    opened.page.mouse.click(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    assert opened.state("picked") == chosen


def test_tab_goes_from_object_to_object_and_out_of_the_picture(open_page: Open) -> None:
    opened = open_page(1280, 720)
    focus = "document.activeElement.tagName"
    assert opened.page.evaluate(focus) == "CANVAS"
    seen = [opened.state("picked")]
    for _ in range(60):
        opened.page.keyboard.press("Tab")
        if opened.page.evaluate(focus) != "CANVAS":
            break
        seen.append(opened.state("picked"))
    assert opened.page.evaluate(focus) != "CANVAS"
    assert len(set(seen)) == len(seen) > 1
    opened.page.locator("canvas").focus()
    opened.page.keyboard.press("Escape")
    assert opened.page.evaluate("document.activeElement.type") == "range"


def test_keys_do_what_they_say(open_page: Open) -> None:
    opened = open_page(1280, 720)
    press, state = opened.page.keyboard.press, opened.state
    before_s = state("t_s")
    press("ArrowRight")
    assert state("t_s") == pytest.approx(before_s + 1.0)
    press("Shift+ArrowLeft")
    assert state("t_s") == pytest.approx(before_s - 9.0)
    press(".")
    assert state("rate") == 4
    press(",")
    press(",")
    assert state("rate") == 0.25
    for key, camera in zip("2341", ("Above", "Battery", "Follow", "Side")):
        press(key)
        assert state("camera") == camera
    for key in "bca":
        press(key)
        assert state("mode") == key.upper()
    press("Home")
    press("[")
    press("l")
    press("]")
    assert state("until_s") == state("t_s") > state("from_s")
    assert opened.page.evaluate("window.opendome.show.threat.end") == "leaked_built_up"
    press("h")
    assert "Heights drawn as they are" in opened.page.locator("header").inner_text()
    press("Space")
    assert state("isPlaying")
    opened.page.wait_for_timeout(400)
    press("Space")
    assert not state("isPlaying")


def test_side_by_side_shows_both(open_page: Open, pair: Replay) -> None:
    opened = open_page(900, 500)
    opened.page.keyboard.press("c")
    opened.page.keyboard.press("End")
    ends = pair.index()["raids"][pair.index()["first_raid"]]["ends"]
    texts = opened.page.locator(".sums").all_inner_texts()
    for text, found, label in zip(texts, ends, ("Two batteries", "A third battery from the first noon"), strict=True):
        assert text.startswith(f"{label}.")
        assert f"{found['intercepted']} intercepted" in text
    both = opened.pixels(opened.state("t_s"))
    opened.page.keyboard.press("a")
    opened.page.wait_for_timeout(200)
    assert opened.pixels(opened.state("t_s")) != both


def test_another_raid_can_be_chosen(open_page: Open, pair: Replay) -> None:
    opened = open_page()
    opened.page.select_option("header select", value="2")
    opened.wait("window.opendome.show.i_raid === 2")
    assert opened.state("raid.from_s") == pair.raid(2)["from_s"]
    assert opened.state("raid.from_s") <= opened.state("t_s") <= opened.state("raid.until_s")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_is_cut_off_and_nobody_complains(open_page: Open, width: int, height: int) -> None:
    opened = open_page(width, height)
    for mode in "ca":
        opened.page.keyboard.press(mode)
        opened.page.wait_for_timeout(200)
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        outside = opened.page.evaluate(
            """([w, h]) => {
               const all = document.querySelectorAll('header, section, .bottom, .bottom button, .sums');
               return [...all].filter(e => { const r = e.getBoundingClientRect();
                 return r.width > 0 && (r.left < 0 || r.right > w + 0.5 || r.top < 0 || r.bottom > h + 0.5);
               }).map(e => e.className + e.textContent.slice(0, 40)); }""",
            [width, height],
        )
        assert outside == []
    assert opened.complaints == []
    assert opened.outside == []


def test_names_do_not_overlap(open_page: Open) -> None:
    opened = open_page(1280, 720)
    for key in "1234":
        opened.page.keyboard.press(key)
        opened.page.wait_for_timeout(300)
        overlaps = opened.page.evaluate(
            """() => { const boxes = [...document.querySelectorAll('.names > span:not(.ring, .rule)')].map(e =>
                 [e.textContent, e.getBoundingClientRect()]);
               const covers = [...document.querySelectorAll('header, section')]
                 .map(e => ['cover', e.getBoundingClientRect()]);
               const bad = []; [...boxes, ...covers].forEach(([a, p], i, all) => all.slice(0, i).forEach(([b, q]) => {
                 if (a === 'cover' && b === 'cover') return;
                 if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 2 &&
                     Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 4) bad.push([a, b]); }));
               return bad; }"""
        )
        assert overlaps == []


def run_axe(opened: Opened) -> list[tuple[str, str]]:
    opened.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = opened.page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    assert len(found["passes"]) > 10
    return [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; `make setup` installs it with the pages")
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_axe_finds_nothing(open_page: Open, width: int, height: int) -> None:
    opened = open_page(width, height)
    assert run_axe(opened) == []
    opened.page.keyboard.press("?")
    assert run_axe(opened) == []
    opened.page.keyboard.press("Escape")
    opened.page.keyboard.press("p")
    assert run_axe(opened) == []


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; `make setup` installs it with the pages")
def test_axe_finds_a_planted_fault(open_page: Open) -> None:
    opened = open_page()
    opened.page.evaluate("document.querySelector('input').removeAttribute('aria-label')")
    assert "label" in [rule for rule, _ in run_axe(opened)]


# Words as they stand on the picture, which axe cannot judge: their colour against the ground behind them, words hidden.
CONTRAST = """async address => {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  const board = document.createElement('canvas');
  [board.width, board.height] = [picture.width, picture.height];
  const brush = board.getContext('2d', {willReadFrequently: true});
  brush.drawImage(picture, 0, 0);
  const light = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const lum = (r, g, b) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const found = [];
  for (const one of document.querySelectorAll('header *, section *, .bottom *')) {
    const hasWords = [...one.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!hasWords || one.closest('.sr, option')) continue;
    const box = one.getBoundingClientRect();
    const [x, y, w, h] = [box.left, box.top, box.width, box.height].map(Math.round);
    if (w < 2 || h < 2) continue;
    const data = brush.getImageData(Math.max(x, 0), Math.max(y, 0), w, h).data;
    const ground = [];
    for (let i = 0; i < data.length; i += 4) ground.push(lum(data[i], data[i + 1], data[i + 2]));
    ground.sort((a, b) => a - b);
    const style = getComputedStyle(one);
    const [r, g, b] = (one.closest('svg') ? style.fill : style.color).match(/[\\d.]+/g).map(Number);
    const ratio = (lum(r, g, b) + 0.05) / (ground[Math.floor(0.9 * ground.length)] + 0.05);
    found.push([Math.max(ratio, 1 / ratio), one.textContent.trim().slice(0, 40)]);
  }
  return found;
}"""
HIDDEN = "* { color: transparent !important; text-shadow: none !important } svg text { fill: transparent !important }"
LEAST_RATIO = 4.5


def contrasts(opened: Opened) -> list[tuple[float, str]]:
    """Ratio of every word of head, story and bar to nine tenths of the ground behind it."""
    style = opened.page.evaluate_handle(
        "text => document.head.appendChild(Object.assign(document.createElement('style'), {textContent: text}))", HIDDEN
    )
    opened.page.wait_for_timeout(200)
    address = "data:image/png;base64," + base64.b64encode(opened.page.screenshot()).decode()
    style.evaluate("e => e.remove()")
    return [(ratio, text) for ratio, text in opened.page.evaluate(CONTRAST, address)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_words_stand_out_from_the_picture(open_page: Open, pair: Replay, width: int, height: int) -> None:
    opened = open_page(width, height)
    for key, mode in ("1a", "1c", "2a", "3a"):
        opened.page.keyboard.press(mode)
        opened.page.keyboard.press(key)
        found = contrasts(opened)
        assert len(found) > 20
        assert [(ratio, text) for ratio, text in found if ratio < LEAST_RATIO] == []


def test_words_that_do_not_stand_out_are_found(open_page: Open) -> None:
    opened = open_page()
    opened.page.evaluate("document.querySelector('h1').style.color = '#333'")
    assert [text for ratio, text in contrasts(opened) if ratio < LEAST_RATIO] == [
        "Coastland: three days on an invented coa"
    ]


def test_a_planted_request_is_seen(open_page: Open) -> None:
    """The check above would find an address of another host; the page's policy stops it as well."""
    opened = open_page()
    opened.page.evaluate("new Image().src = 'https://elsewhere.example/x.png'")
    opened.page.wait_for_timeout(300)
    assert opened.outside or any("Content Security Policy" in text for text in opened.complaints)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_lies_over_a_dialog(open_page: Open, width: int, height: int) -> None:
    opened = open_page(width, height)
    for key in "?p":
        opened.page.keyboard.press(key)
        covered = opened.page.evaluate(
            """() => { const dialog = document.querySelector('[role=dialog]'), r = dialog.getBoundingClientRect();
               const share = k => 0.05 + 0.1 * k;
               const at = k => [r.left + r.width * share(k % 10), r.top + r.height * share(Math.floor(k / 10))];
               const isOver = ([x, y]) => !dialog.contains(document.elementFromPoint(x, y));
               return [...Array(100).keys()].map(at).filter(isOver);
            }"""
        )
        assert covered == []
        opened.page.keyboard.press("Escape")
        assert opened.page.locator("[role=dialog]").count() == 0


def test_a_picture_and_a_film_can_be_saved(open_page: Open) -> None:
    opened = open_page(480, 320)
    opened.page.keyboard.press("p")
    with opened.page.expect_download() as taken:
        opened.page.get_by_role("button", name="Save picture").click()
    assert taken.value.suggested_filename.endswith(".png")
    assert Path(taken.value.path()).read_bytes()[:4] == b"\x89PNG"
    opened.page.evaluate("const s = window.opendome.show; s.rate = 4; s.from_s = s.t_s; s.until_s = s.t_s + 4;")
    with opened.page.expect_download(timeout=60_000) as taken:
        opened.page.get_by_role("button", name="Record film").click()
    assert taken.value.suggested_filename.endswith(".webm")
    assert Path(taken.value.path()).read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    assert opened.state("t_s") == pytest.approx(opened.state("until_s"))


def test_an_exported_page_needs_no_server(open_page: Open, pair: Replay, tmp_path: Path) -> None:
    path = write_page(pair, tmp_path / "replay.html")
    opened = open_page(640, 400, path.resolve().as_uri())
    assert opened.state("index.title") == pair.index()["title"]
    assert len(opened.state("raid.alternatives")) == 2
    opened.page.select_option("header select", value="1")
    opened.wait("window.opendome.show.i_raid === 1")
    assert opened.complaints == []
    assert opened.outside == []


def test_an_exported_page_is_whole_and_the_same_each_time(pair: Replay) -> None:
    text = page_html(pair)
    assert text == page_html(pair)
    assert not re.search(r'(?:src|href)="(?!data:)', text)


def test_the_page_is_small() -> None:
    """Everything that the page loads, compressed, the data apart."""
    html = (PAGES / "replay.html").read_text(encoding="utf-8")
    names = set(re.findall(r'(?:src|href)="/(assets/[^"]+)"', html))
    assert any(name.endswith(".js") for name in names)
    sizes = [len(gzip.compress((PAGES / name).read_bytes())) for name in names]
    assert sum(sizes) < 1000 * MOST_GZIPPED_KB

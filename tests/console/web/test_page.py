"""The pages as files and in the browser: size, strangers, errors, accessibility, room for everything."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[3]
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
MOST_BYTES = 300_000
SIZES = [(1280, 720), (1920, 1080), (390, 844)]


def loaded_files(pages: Path, name: str) -> set[Path]:
    """Every file that a page loads, directly or through another."""
    found, to_read = set(), [pages / name]
    while to_read:
        file = to_read.pop()
        if file in found:
            continue
        found.add(file)
        names = re.findall(r"[\w./-]+\.(?:js|css|svg)", file.read_text(encoding="utf-8"))
        to_read += [path for one in names if (path := pages / "assets" / Path(one).name).is_file()]
    return found


def test_console_is_small(pages):
    files = loaded_files(pages, "console.html")
    assert {file.suffix for file in files} >= {".html", ".js", ".css"}
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < MOST_BYTES


def test_nothing_for_development_is_in_the_build(pages):
    text = "".join(file.read_text(encoding="utf-8") for file in pages.rglob("*") if file.suffix in (".js", ".html"))
    assert "sourceMappingURL" not in text and "vite/client" not in text
    assert "milsymbol" not in text


def test_the_lock_file_names_no_package_host():
    assert "resolved" not in (ROOT / "web/package-lock.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["console", "instructor"])
def test_asks_no_other_host_and_has_no_errors(open_page, name):
    opened = open_page(name)
    opened.page.wait_for_timeout(1200)
    assert opened.asked
    assert opened.outside == []
    assert opened.errors == []


def test_a_planted_request_is_found(open_page):
    opened = open_page()
    opened.page.evaluate(
        "new Image().src = 'https://example.org/planted.png'; fetch('https://example.org/').catch(() => 0)"
    )
    opened.page.wait_for_timeout(300)
    assert opened.outside or any("Content Security Policy" in error for error in opened.errors)


@pytest.mark.parametrize("palette", ["night", "day", "colour-blind"])
@pytest.mark.parametrize("name", ["console", "instructor"])
def test_axe_finds_nothing(open_page, name, palette):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; `make setup` installs it with the pages' packages")
    page = open_page(name, palette=palette).page
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found = run_axe(page)
        assert found["passes"] > 10
        assert found["violations"] == []


def run_axe(page):
    """Ids of the rules of WCAG 2 A and AA that are broken, with where."""
    page.evaluate(AXE.read_text(encoding="utf-8") + "; void 0")
    return page.evaluate(
        """async () => {
             const done = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']});
             return {passes: done.passes.length, violations: done.violations.flatMap(one =>
               one.nodes.map(node => [one.id, node.target.join(' '), node.failureSummary]))};
           }"""
    )


def test_axe_finds_a_planted_fault(open_page):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; `make setup` installs it with the pages' packages")
    page = open_page().page
    page.evaluate("document.querySelector('h2').style.color = '#333'")
    assert any(rule == "color-contrast" for rule, *_ in run_axe(page)["violations"])


@pytest.mark.parametrize("name", ["console", "instructor"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_is_wider_than_the_window(open_page, name, width, height):
    page = open_page(name, width, height).page
    outside = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, h1, h2, b, time')].filter(e => {
             const r = e.getBoundingClientRect();
             const right = document.documentElement.clientWidth;
             return r.width > 0 && !e.closest('.sr') && (r.left < -1 || r.right > right + 1);
           }).map(e => e.textContent)"""
    )
    assert outside == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_decision_and_its_clock_are_always_in_sight(open_page, width, height):
    page = open_page("console", width, height).page
    for scrolled in (0, 10_000):
        page.evaluate(f"document.querySelector('main').scrollTop = {scrolled}")
        box = page.get_by_role("button", name="Approve").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height
        assert page.locator(".decision .clock b").inner_text().startswith("0:0")


def test_numbers_stand_still(open_page):
    page = open_page().page
    widths = page.evaluate(
        """() => { const measure = text => {
               const span = document.createElement('span');
               span.textContent = text;
               document.querySelector('.time').append(span);
               const width = span.getBoundingClientRect().width;
               span.remove();
               return width;
             };
             return [measure('11:11:11'), measure('00:00:00')]; }"""
    )
    assert widths[0] == widths[1]


def test_nothing_blinks_but_an_alarm_that_is_not_acknowledged(open_page):
    names = "document.getAnimations().length"
    assert open_page().page.evaluate(names) == 0  # reduced motion
    still = open_page(alarms=[])
    still.page.emulate_media(reduced_motion="no-preference")
    assert still.page.evaluate(names) == 0
    moving = open_page()
    moving.page.emulate_media(reduced_motion="no-preference")
    assert moving.page.evaluate("document.getAnimations().map(a => a.effect.target.className.split(' ')[0])") == [
        "blink"
    ]

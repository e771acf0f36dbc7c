"""The page in a browser: asks nobody for anything, never scrolls sideways, fits phone, dark and print."""

from __future__ import annotations

import pytest

from opendome.report.page import find_browser, make_report

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def chromium(browser):
    """One browser for all tests of a session: a second one may not be driven beside it."""
    return browser


@pytest.fixture(scope="module")
def address(full_folder):
    return make_report(full_folder).resolve().as_uri()


def open_page(chromium, address, width, scheme="light"):
    context = chromium.new_context(
        viewport={"width": width, "height": 720}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    asked, messages = [], []

    def handle(route):
        asked.append(route.request.url)
        route.continue_() if route.request.url == address else route.abort()

    page.route("**/*", handle)
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(address)
    return page, asked, messages


@pytest.mark.parametrize("width", [390, 820, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_asks_nobody_and_never_scrolls_sideways(chromium, address, width, scheme):
    page, asked, messages = open_page(chromium, address, width, scheme)
    assert asked == [address]
    assert messages == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.locator("figure .w").first.is_visible()
    narrow = page.locator("figure .n").first.is_visible()
    assert (wide, narrow) == (width > 960, width <= 960)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(251, 250, 248)" if scheme == "light" else "rgb(20, 23, 26)")
    page.context.close()


def test_words_in_drawings_do_not_leave_the_page(chromium, address):
    """Real widths of the browser's own font, not our estimate."""
    for width in (390, 1280):
        page, _, _ = open_page(chromium, address, width)
        outside = page.evaluate(
            """() => [...document.querySelectorAll('svg text')].filter(t => {
                 const r = t.getBoundingClientRect();
                 return r.width > 0 && (r.left < -2 || r.right > document.documentElement.clientWidth + 2);
               }).map(t => t.textContent)"""
        )
        assert outside == []
        page.context.close()


def test_names_above_the_strips_do_not_overlap(chromium, address):
    page, _, _ = open_page(chromium, address, 1280)
    overlaps = page.evaluate(
        """() => {
             const svg = [...document.querySelectorAll('figure .w svg')]
               .find(s => s.getAttribute('aria-label').startsWith('Where'));
             const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
             const bad = [];
             boxes.forEach(([a, p], i) => boxes.slice(0, i).forEach(([b, q]) => {
               const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
               const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
               if (x > 1.5 && y > 5) bad.push([a, b]);
             }));
             return bad;
           }"""
    )
    assert overlaps == []
    page.context.close()


def test_contrast_of_words_in_the_page(chromium, address):
    """Every visible word outside drawings against the ground it stands on, as the browser computes them."""
    script = """() => {
      const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
                         .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
                         return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
      const ground = lum(getComputedStyle(document.body).backgroundColor);
      return [...document.querySelectorAll('p, h1, h2, h3, dt, dd, th, td, small, span, svg text')]
        .filter(e => e.getBoundingClientRect().width > 0 && !(e.getAttribute('class') || '').includes('c-on-'))
        .map(e => { const s = getComputedStyle(e); const f = lum(e.closest('svg') ? s.fill : s.color);
                    const [a, b] = [Math.max(f, ground), Math.min(f, ground)];
                    return [(a + 0.05) / (b + 0.05), e.textContent]; })
        .filter(([ratio]) => ratio < 4.5);
    }"""
    for scheme in ("light", "dark"):
        page, _, _ = open_page(chromium, address, 1280, scheme)
        assert page.evaluate(script) == []
        page.context.close()


def test_print_is_light_and_shows_folded_tables(chromium, address):
    page, _, _ = open_page(chromium, address, 1280, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("figure .w").first.is_visible()
    assert not page.locator("figure .n").first.is_visible()
    page.context.close()

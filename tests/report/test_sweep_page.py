"""The page of a sweep: what matters, where the answer turns round, drawings that hold together."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from opendome.base.errors import CommandError
from opendome.report.page import find_browser, make_report
from opendome.report.sweep_content import sweep_content
from opendome.report.sweep_model import SweepContent
from opendome.study.sweep_record import Sweep, open_sweep
from tests.report import turning_sweep
from tests.report.test_browser import chromium, open_page  # noqa: F401 - a fixture


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return turning_sweep.make(tmp_path_factory.mktemp("sweeps") / "turning")


@pytest.fixture(scope="module")
def content(swept: Sweep) -> SweepContent:
    return sweep_content(swept)


@pytest.fixture(scope="module")
def page(swept: Sweep) -> str:
    return make_report(swept.folder).read_text(encoding="utf-8")


def test_the_answer_names_what_it_depends_on(content: SweepContent) -> None:
    assert "depends most on “rounds in the depot”: 100\u00a0%" in content.answer.text
    assert content.indices.heading.title == "One input matters of three"
    assert content.indices.rows[0].label == "Rounds in the depot"
    assert content.indices.rows[0].whole.low > 0.7
    assert content.indices.rows[1].whole.value == pytest.approx(0.0, abs=1e-9)


def test_it_says_where_the_answer_turns_round(content: SweepContent) -> None:
    box = next(box for box in content.boxes if box.label == "What would turn it round")
    assert "130" in box.text
    (row,) = [row for row in content.tables[0].rows if row[0] == "Rounds in the depot"]
    assert row[1:4] == ("60", "90", "180")
    assert row[4].startswith("130 (") and row[5] == "100 %"
    others = [row for row in content.tables[0].rows if row[0] != "Rounds in the depot"]
    assert all(row[4] == "none in the range" for row in others)
    # Gains are positive below 130 of 60 to 180: five points in twelve lie beyond the turn.
    often = next(box for box in content.boxes if box.label == "How often it turns round")
    assert often.text.startswith("42 %") or often.text.startswith("41 %")
    turn = content.scatter.plots[0].turn
    assert turn is not None
    assert turn.low <= turning_sweep.TURN <= turn.high


def test_drawings_are_valid_and_names_are_escaped(page: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 4
    for drawing in drawings:
        ElementTree.fromstring(drawing)
    assert "<safe>" not in page
    assert "&lt;safe&gt;" in page


def test_same_folder_same_bytes(swept: Sweep, page: str, tmp_path: Path) -> None:
    assert make_report(swept.folder, tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_the_command_on_the_page_makes_the_sweep_again(content: SweepContent) -> None:
    command = dict(content.notes)["To reproduce"]
    for words in ("--design saltelli", "--points 64", "--vary depot.rounds=60:180", "--alternative one-more"):
        assert words in command


def test_a_sweep_of_the_baseline_alone_has_no_turn(tmp_path: Path) -> None:
    found = sweep_content(turning_sweep.make(tmp_path / "alone", n=16, alternatives=("as-is",)))
    assert "“Leaked into built-up ground” depends most on “tempo”" in found.answer.text
    assert [box.label for box in found.boxes] == ["Over all ranges, middle 95 %"]
    assert all(plot.turn is None for plot in found.scatter.plots)


def test_another_design_is_ranked_on_its_page(tmp_path: Path) -> None:
    found = sweep_content(turning_sweep.make(tmp_path / "lhs", design="lhs", n=40))
    assert found.indices.rows[0].alone is None
    assert found.indices.rows[0].whole.value == pytest.approx(-1.0, abs=1e-6)  # more rounds, less gain
    with pytest.raises(CommandError, match="too few"):
        sweep_content(turning_sweep.make(tmp_path / "few", design="lhs", n=5))


def test_an_unfinished_sweep_has_no_page(swept: Sweep, tmp_path: Path) -> None:
    text = (swept.folder / "manifest.json").read_text(encoding="utf-8").replace('"complete"', '"running"')
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match="--resume"):
        make_report(tmp_path)
    assert open_sweep(swept.folder).keys[0] == "depot.rounds"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="no Chromium on this machine")
def test_words_do_not_overlap_or_leave_the_page(chromium, swept, width, scheme):  # noqa: F811
    opened, _, messages = open_page(chromium, make_report(swept.folder).resolve().as_uri(), width, scheme)
    assert messages == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    found = opened.evaluate(
        """() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
             const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()])
               .filter(([, r]) => r.width > 0);
             const out = boxes.filter(([, r]) => r.left < -2 || r.right > document.documentElement.clientWidth + 2);
             const over = [];
             boxes.forEach(([a, p], i) => boxes.slice(0, i).forEach(([b, q]) => {
               const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
               const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
               if (x > 1.5 && y > 5) over.push(a + ' | ' + b);
             }));
             return [...out.map(([a]) => a), ...over];
           })"""
    )
    assert found == []
    opened.context.close()

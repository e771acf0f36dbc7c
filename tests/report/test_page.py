"""The page as a whole: valid drawings, escaped names, stable bytes, sections that come and go with the tables."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest

from opendome.base.errors import CommandError
from opendome.report.content import content_of
from opendome.report.figures.gain import gain_figure
from opendome.report.figures.tornado import tornado_figure
from opendome.report.folder import read_folder
from opendome.report.model import Estimate, GainPanel, GainRow, Heading, TornadoPanel, TornadoRow
from opendome.report.page import find_browser, make_pdf, make_report, page_html
from opendome.report.published import predictive
from opendome.report.statistics import mean_estimate, spread
from opendome.study.controls import RaidMoments
from tests.report.synthetic import Builder


def report(folder: Path) -> str:
    return make_report(folder).read_text(encoding="utf-8")


def titles(page: str) -> list[str]:
    return [html.unescape(re.sub("<[^>]+>", "", t)) for t in re.findall(r"<h[23]>(.*?)</h[23]>", page)]


@pytest.fixture(scope="module")
def whole(full_folder: Path) -> str:
    return report(full_folder)


def test_every_drawing_is_valid_xml_with_words_for_those_who_do_not_see_it(whole):
    drawings = re.findall(r"<svg.*?</svg>", whole, flags=re.S)
    assert len(drawings) == 2 * 10
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("role") == "img"
        assert len(root.get("aria-label")) > 30
        assert "nan" not in re.sub(r"<text.*?</text>", "", drawing).replace("nano", "")


def test_words_stay_inside_the_drawings(whole):
    for drawing in re.findall(r"<svg.*?</svg>", whole, flags=re.S):
        root = ElementTree.fromstring(drawing)
        _, _, width, height = map(float, root.get("viewBox").split())
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            assert -1 <= float(text.get("x")) <= width + 1, text.text
            assert 0 <= float(text.get("y")) <= height + 8, text.text


def test_every_section_is_there_in_order(whole):
    found = titles(whole)
    marks = ("buys", "leaks in five", "out of rounds", "rounds bind", "Success", "fell in three areas",
             "Leaks in each", "Who was", "shelter", "spared", "turn the answer", "needless", "Estimates", "Paired",
             "Leaks by", "Every assumption")  # fmt: skip
    assert len(found) == len(marks)
    for mark, title in zip(marks, found, strict=True):
        assert mark in title


def test_nothing_is_asked_of_another_host(whole):
    assert "<script" not in whole
    assert "@import" not in whole and "@font-face" not in whole
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:,)""", whole)
    assert not re.findall(r"url\((?!#)", whole)
    assert set(re.findall(r"https?://[^\"'<\s]+", whole)) <= {"http://www.w3.org/2000/svg"}


def test_names_are_escaped(whole):
    assert "Reed &lt;East&gt;" in whole
    assert "Ashby &amp; Sons" in whole
    assert "<East>" not in whole


def test_hostile_names_stay_words(tmp_path):
    builder = Builder(tmp_path / "study", n=20)
    evil = '"><script>alert(1)</script><svg onload="x">'
    builder.data["title"] = builder.data["question"] = evil
    builder.data["study"]["labels"] = {**builder.data["study"]["labels"], "two-more-day-5": evil}
    builder.data["study"]["inputs"][0]["source"] = evil
    builder.data["batteries"][0]["name"] = evil
    page = report(builder.write())
    assert "<script" not in page
    assert 'onload="' not in page
    for drawing in re.findall(r"<svg.*?</svg>", page, flags=re.S):
        ElementTree.fromstring(drawing)


def test_bytes_are_stable(full_folder, tmp_path):
    first = make_report(full_folder, tmp_path / "a.html").read_bytes()
    assert make_report(full_folder, tmp_path / "b.html").read_bytes() == first
    again = Builder(tmp_path / "again", n=200).write()
    assert make_report(again).read_bytes() == first


def test_small_study_leaves_sections_out(tmp_path):
    builder = Builder(tmp_path / "small", n=12)
    builder.keep("as-is", "two-more-day-5")
    page = report(builder.write(()))
    found = " ".join(titles(page))
    for absent in ("rounds bind", "Who was", "shelter", "turn the answer", "Leaks in each"):
        assert absent not in found.replace("Who was where", "")
    assert "None" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S)


def test_single_alternative_beside_published_figures(tmp_path):
    builder = Builder(tmp_path / "one", n=100)
    builder.keep("as-is")
    for key in ("shapley", "inputs"):
        builder.data["study"].pop(key)
    builder.data["study"]["published"] = {
        "label": "A stated tally",
        "source": "press",
        "columns": {"launched": 4900, "intercepted": [1300, 1600], "leaked_built_up": 9, "success_of_engaged": 0.93},
    }
    page = report(builder.write(("inputs",)))
    assert "Three of four published figures lie within the simulation’s intervals" in titles(page)
    assert "outside: too high" in page
    assert "make the model consistent with what was published, not validated" in page
    apart = next(title for title in titles(page) if title.startswith("Of those that crossed, "))
    base = read_folder(tmp_path / "one")
    crossed = base.total("as-is", ("at_sea", "open_ground", "intercepted", "leaked_built_up")).sum()
    for name in ("threatening", "threatening_built_up"):
        assert f"{100 * base.series('as-is', name).sum() / crossed:.0f} %" in apart.replace("\u00a0", " ")
    assert "Outside: leaked into built-up ground" in page
    assert "came down in built-up ground" in page
    assert "Paired differences" not in page


@pytest.mark.parametrize(("scale", "said"), [(0.0, "no clear difference"), (-1.0, "would have let")])
def test_whole_report_turns_with_its_numbers(tmp_path, scale, said):
    page = report(Builder(tmp_path / "s", n=150, gain_scale=scale).write())
    assert said in re.search(r"<h1.*?</h1>", page).group(0)
    assert "buys most" not in page


def test_single_alternative_swings_the_measure_itself(tmp_path):
    builder = Builder(tmp_path / "s", n=60)
    builder.keep("as-is")
    builder.data["study"].pop("shapley")
    page = report(builder.write(("swing", "inputs")))
    assert "Opening stock moves the result most" in titles(page)
    assert "turn the answer" not in page and "makes it worse" not in page
    assert "One campaign with uncertain inputs" in page


def test_one_replication(tmp_path):
    builder = Builder(tmp_path / "s", n=1)
    builder.keep("as-is", "two-more-day-5")
    page = report(builder.write(()))
    assert "one campaign says nothing" in page
    assert "nan" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S).lower().replace("nano", "")


def test_numbers_on_the_page_are_those_of_the_tables(study, content):
    base, mine = study.series("as-is", "leaked_built_up"), study.series("two-more-day-5", "leaked_built_up")
    expected = mean_estimate(base - mine)
    row = next(r for r in content.gain.rows if r.is_chosen)
    assert (row.mean.value, row.mean.low, row.mean.high) == pytest.approx(
        (expected.value, expected.low, expected.high), rel=1e-9
    )
    assert f"kept {round(expected.value)} (" in content.answer.text
    assert row.dots[25] == pytest.approx(np.quantile(base - mine, 0.51), abs=1)
    assert content.stock.series[0].p_stockout == np.mean(study.series("as-is", "stocked_out"))
    assert sum(content.stock.series[0].stockout_share) == pytest.approx(content.stock.series[0].p_stockout)


def test_partition_adds_up(study, content):
    for row, name in zip(content.ends.rows, study.main, strict=True):
        assert sum(row.parts) == pytest.approx(np.mean(study.series(name, "launched")))


def test_partition_adds_up_with_control_variates_as_well(study, background):
    launched = {name: study.series(name, "launched") for name in study.alternatives}
    moments = {name: RaidMoments(x.mean() + 0.5 * x.std() / len(x) ** 0.5, x.var()) for name, x in launched.items()}
    controlled = replace(study, moments=moments)
    content = content_of(controlled, background)
    for row, name in zip(content.ends.rows, controlled.main, strict=True):
        estimate = controlled.estimate(name, "launched")
        assert estimate.value != pytest.approx(launched[name].mean(), rel=1e-6)
        assert sum(row.parts) == pytest.approx(estimate.value)
        assert sum(row.leaks) == pytest.approx(row.parts[-1])


def test_alternatives_that_only_separate_causes_have_no_row(study):
    assert study.headline == "two-more-day-5"
    assert study.rounds_only == "rounds-only"
    assert study.main[0] == "as-is"


def test_notes_say_how_to_make_it_again(content):
    notes = dict(content.notes)
    assert (
        notes["To reproduce"]
        == "opendome study coastland-study.yaml --seed 20 --replications 200 --out runs/coastland-study"
    )
    assert "battery sites are notional" in notes["Use"]
    assert "7c4109ae" in notes["Scenario"]


def test_map_shapes(background):
    geometry = background.geometry
    assert len(geometry.areas) == 11
    assert [b.is_new for b in geometry.batteries] == [False] * 6 + [True] * 2
    assert geometry.launch and geometry.land and geometry.coast
    assert all(b.radius_m == 7000.0 for b in geometry.batteries)


def test_timeline(content):
    spans = {row.label: [(s.kind, round(s.start_day, 2)) for s in row.spans] for row in content.timeline.rows}
    assert spans["Marrow"] == [("ready", 0.0)] and spans["Saltgate"] == [("set-up", 5.0), ("ready", 7.0)]
    assert [kind for kind, _ in spans["Oldmill"]] == ["ready", "road", "set-up", "ready"]
    assert all(a.end_day == b.start_day for row in content.timeline.rows for a, b in pairwise(row.spans))


def test_page_without_map_shapes(content):
    assert "Leaks in each area" in page_html(content, None)


def test_refuses_what_is_no_study(tmp_path):
    with pytest.raises(CommandError, match="not a finished study folder"):
        make_report(tmp_path)


def test_pdf_says_what_to_install(full_folder, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("OPENDOME_BROWSER", raising=False)
    with pytest.raises(CommandError, match="apt-get install chromium"):
        make_pdf(full_folder)


@pytest.mark.skipif(find_browser() is None, reason="no Chromium to print with")
def test_pdf_is_printed(full_folder, tmp_path):
    path = make_pdf(full_folder, tmp_path / "report.pdf")
    head = path.read_bytes()
    assert head.startswith(b"%PDF-")
    assert 5 <= len(re.findall(rb"/Type\s*/Page[^s]", head)) <= 25


def test_content_is_pure(study, background, content):
    assert content_of(study, background) == content


def test_figures_inside_only_with_uncertain_inputs_are_told_from_those_inside_the_campaigns(tmp_path):
    builder = Builder(tmp_path / "one", n=100)
    builder.keep("as-is")
    builder.data["study"].pop("shapley")
    base = read_folder(builder.write(("inputs",)))
    middle = float(np.mean(base.series("as-is", "intercepted")))
    builder.data["study"]["published"] = {"columns": {"intercepted": middle, "engaged": 1.0}}
    high = predictive(base, "leaked_built_up")[1]
    _, top = spread(base.series("as-is", "leaked_built_up"))
    assert top < high
    builder.data["study"]["published"]["columns"]["leaked_built_up"] = (top + high) / 2
    page = report(builder.write(("inputs",)))
    assert "One of three published figures lies within the campaigns as configured, two once inputs are uncertain" in (
        titles(page)
    )
    assert page.count("inside only with uncertain inputs") >= 2


def test_alternatives_that_were_not_sampled_have_no_thin_line_and_the_note_says_so(tmp_path):
    builder = Builder(tmp_path / "s", n=60)
    path = builder.write(("inputs",))
    file = path / "inputs.parquet"
    table = pq.read_table(file)
    kept = {"difference:two-more-day-5", "difference:rounds-only"}
    drop = [name for name in table.column_names if name.startswith("difference:") and name not in kept]
    pq.write_table(table.drop_columns(drop), file)
    assert drop
    page = report(path)
    assert "alone; other rows have no thin line." in page
    assert "no thin line" not in report(Builder(tmp_path / "t", n=60).write(("inputs",)))


def test_campaigns_that_do_not_change_are_counted_in_words():
    row = GainRow("Rounds", True, (0.0,) * 44 + (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), Estimate(0.4, 0.1, 0.7, 50))
    panel = GainPanel(Heading("", "", ""), (row,), "", (), None, 1)
    drawn = gain_figure(panel)
    assert "no change in 44 of 50" in drawn.wide and "no change in 44 of 50" in drawn.narrow
    few = replace(panel, rows=(replace(row, dots=tuple(float(i) for i in range(50))),))
    assert "no change" not in gain_figure(few).wide


def test_long_names_of_assumptions_wrap_and_are_never_cut_short():
    name = "Defended footprint, radius, existing batteries"
    source = "100-155 km2 published; later growth not public"
    at = Estimate(30.0, 20.0, 40.0, 20)
    row = TornadoRow(name, "km", 5.6, 7.0, 15.0, at, 35.0, at, None, source, 2, 30.0)
    stock = replace(row, label="Rounds in the depot at the start", low=1000, used=3000, high=10000, unit="")
    drawn = tornado_figure(TornadoPanel(Heading("", "", ""), (row, stock), 35.0, "worse", "better"))
    for svg in (drawn.wide, drawn.narrow):
        assert "…" not in svg
        said = " ".join(re.findall(r"<text[^>]*>([^<]*)", svg))
        assert f"{name}, km" in said and source in said

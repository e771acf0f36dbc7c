"""Days of supply on the page: the figure of a study says what the table says, and stays inside its frame."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from opendome.report.background import background_of
from opendome.report.folder import read_folder
from opendome.report.page import make_report
from opendome.report.supply_days import supply_panel
from opendome.study.record import open_study
from opendome.study.runner import study
from opendome.study.supply import supply_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a small study of coastland."""
    out = tmp_path_factory.mktemp("supply") / "study"
    study("coastland", replications=12, seed=2, extras=False, out=out)
    return out


def test_the_panel_is_the_table(folder: Path) -> None:
    found = read_folder(folder)
    panel = supply_panel(found, background_of(found).resolved)
    assert [series.label for series in panel.series] == ["Two batteries", "A third battery from the first noon"]
    for series, name in zip(panel.series, ("as-is", "one-more")):
        rows = supply_table(open_study(folder), name).to_pylist()
        assert series.days == tuple(float(row["day"]) for row in rows)
        for i, end in enumerate(("low", "middle", "high")):
            assert series.over_all[i] == pytest.approx([row[f"supply_{end}_day"] for row in rows])
            assert series.of_one[i] == pytest.approx([row[f"campaign_{end}_day"] for row in rows])


def test_the_figure_is_on_the_page_and_inside_its_frame(folder: Path) -> None:
    page = make_report(folder).read_text(encoding="utf-8")
    drawings = [text for text in re.findall(r"<svg.*?</svg>", page, flags=re.S) if "Days of supply by day" in text]
    assert len(drawings) == 2 and "days of supply at the start" in page
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        _, _, width, height = map(float, root.get("viewBox").split())
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            assert -1 <= float(text.get("x")) <= width + 1 and 0 <= float(text.get("y")) <= height + 8


def test_without_a_forecast_there_is_no_panel(folder: Path) -> None:
    found = read_folder(folder)
    bare = {name: {**data, "doctrine": {}} for name, data in background_of(found).resolved.items()}
    assert supply_panel(found, bare) is None

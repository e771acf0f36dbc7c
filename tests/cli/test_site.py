"""The verb site: what it keeps and prints, that it repeats to the bit, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opendome.cli.map_leaks import AreaLeaks, leak_breaks, leak_look
from opendome.results.schema import validate
from opendome.results.siting_schema import SITING_TABLES
from opendome.results.store import read_table

QUICK = (
    "coastland", "--system", "iron-dome", "--count", 1, "--grid-km", 6, "--draws", 20, "--each", 1, "--race", 25,
    "--replications", 20, "--seed", 4, "--set", "duration_day=1", "--set", "depot.resupply=[]", "--set",
    "threats.given=[]", "--set", "threats.raid.launched_per_day.mean=80",
)  # fmt: skip
FILES = ("sitings.parquet", "siting_sites.parquet", "siting_race.parquet", "replications.parquet", "sitings.geojson",
         "site.html")  # fmt: skip


@pytest.fixture(scope="module")
def sited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which sites were chosen."""
    from opendome.cli.main import main

    folder = tmp_path_factory.mktemp("sites") / "first"
    with pytest.raises(SystemExit) as left:
        main(["site", *(str(word) for word in QUICK), "--out", str(folder)])
    assert left.value.code in (0, None)
    return folder


def test_everything_is_kept_and_repeats_to_the_bit(call: Any, sited: Path, tmp_path: Path) -> None:
    found = call("site", *QUICK, "--workers", 1, "--out", tmp_path / "second", "--json")
    assert found.code == 0, found.err
    for name in FILES:
        assert (tmp_path / "second" / name).read_bytes() == (sited / name).read_bytes(), name
    told = json.loads(found.out)
    for name in SITING_TABLES:
        validate(read_table(sited / f"{name}.parquet"), name)
        assert len(told[name]) == read_table(sited / f"{name}.parquet").num_rows
    assert [row["siting"] for row in told["sitings"] if row["is_winner"]] == [told["winner"]]
    for row in told["sitings"]:
        if row["model"] in ("coverage", "backup", "leakage"):
            best = max(other[row["model"]] for other in told["sitings"] if other["model"] != "own")
            assert row["status"] == "optimal" and row["gap"] == 0.0
            assert row["bound"] == pytest.approx(row[row["model"]]) == pytest.approx(best)
    points = json.loads((sited / "sitings.geojson").read_text("utf-8"))["features"]
    assert len(points) == len(told["siting_sites"])
    assert all(point["properties"]["status"] == "Exercise" for point in points)


def test_the_folder_is_a_study_like_any_other(call: Any, sited: Path) -> None:
    found = call("compare", sited, "--baseline", "greedy", "--measure", "leaked_built_up")
    assert found.code == 0 and "difference from greedy" in found.out, found.err
    assert call("report", sited).code == 0


def test_the_winning_scenario_is_written_and_reads_back(call: Any) -> None:
    found = call("site", *QUICK, "--write", "sited.yaml")
    assert found.code == 0, found.err
    assert "wrote sited.yaml" in found.out and "95 % interval" in found.out and "sites of " in found.out
    assert call("check", "sited.yaml").code == 0
    told = json.loads(call("diff", "coastland", "sited.yaml", "--json").out)
    assert any(row["key"].startswith("batteries[new1]") for row in told)
    found = call("site", *QUICK, "--write", "sited.yaml")
    assert found.code == 2 and "is there already" in found.err


def test_a_battery_may_move(call: Any) -> None:
    found = call("site", *QUICK, "--move", "--json")
    assert found.code == 0, found.err
    told = json.loads(found.out)
    assert all(row["is_moved"] for row in told["siting_sites"])
    assert {row["battery_id"] for row in told["siting_sites"]} <= {"b1", "b2"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--count", 0), "--count must be 1 or more"),
        (("--count", 9999), "candidate sites"),
        (("--system", "iron-domo"), "iron-dome"),
        (("--weight", "heads"), "rockets, people, population"),
        (("--keep-off-km", 900), "no candidate site is left"),
        (("--candidates", "none.txt"), ".geojson"),
        (("--replications", 1), "--replications must be 2"),
        (("--race", 1), "--race must be 2"),
        (("--measure", "intercepted"), "leaked_built_up"),
        (("--time-limit-s", 0), "above 0"),
        (("--arrives-day", 1), "below 1"),
        (("--write", "a.txt"), "name it .yaml"),
    ],
)
def test_what_cannot_be_is_refused_in_one_message(call: Any, words: tuple[str, Any], said: str) -> None:
    found = call("site", *QUICK, *words)
    assert found.code == 2 and said in found.err, found.err
    assert "fault of the program" not in found.err


def test_a_folder_in_use_is_left_alone(call: Any, sited: Path) -> None:
    found = call("site", *QUICK, "--out", sited)
    assert found.code == 2 and "holds a study already" in found.err


def test_shades_of_leaks_have_round_limits() -> None:
    assert leak_breaks([0.0, 61.0]) == (30.0, 10.0, 3.0, 1.0)
    assert leak_breaks([1.9]) == (0.3, 0.1, 0.03, 0.01)
    assert len(leak_breaks([])) == len(leak_breaks([0.0])) == 4
    layer = AreaLeaks((61.0, 3.0, 0.5), leak_breaks([61.0]), frozenset())
    assert [leak_look(layer, i)[0] for i in range(3)] == ["shade s0", "shade s2", "area"]


def test_the_page_says_before_and_after(sited: Path) -> None:
    text = (sited / "site.html").read_text("utf-8")
    assert text.count("<svg") == 2 and "<b>Before</b>" in text and "<b>After</b>" in text
    assert 'class="new' in text.split("<b>After</b>")[1] and 'class="new' not in text.split("<b>After</b>")[0]
    assert "notional" in text and "http://" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 420])
def test_the_page_asks_nobody_and_never_scrolls_sideways(sited: Path, browser: Any, scheme: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 720}, color_scheme=scheme)
    asked: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    address = (sited / "site.html").as_uri()
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(("data:", address))] == [] and messages == []
    page.close()

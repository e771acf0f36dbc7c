"""Every verb does what its help says, prints JSON when asked, and ends with the right code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opendome.cli import machine_verbs
from opendome.cli.main import VERBS

WRONG = """\
scenario: 1
name: wrong
site: {lat_deg: 35.0, lon_deg: -30.0}
start_utc: 2030-05-01T00:00:00Z
duration_day: 3
depot: {round: 5}
doctrine: {salvo: 9}
"""


def as_json(text: str) -> Any:
    return json.loads(text)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_and_json(call: Any, verb: str) -> None:
    found = call(verb, "--help")
    assert found.code == 0
    assert f"opendome {verb}" in found.out.partition("Example:")[2]
    assert "--json" in found.out


def test_new_then_check(call: Any) -> None:
    assert call("new", "my-coast").code == 0
    found = call("check", "my-coast.yaml")
    assert found.code == 0
    assert "my-coast.yaml: no problem" in found.out
    again = call("new", "my-coast")
    assert again.code == 2
    assert "is there already" in again.err


def test_new_from_an_example(call: Any) -> None:
    assert as_json(call("new", "other", "--from", "coastland", "--json").out) == {"file": "other.yaml"}
    assert as_json(call("check", "other.yaml", "--quick", "--json").out)["name"] == "other"


def test_check_tells_all_problems_with_their_lines(call: Any, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(WRONG, encoding="utf-8")
    found = call("check", "wrong.yaml")
    assert found.code == 1
    assert found.out == ""
    assert "wrong.yaml:6" in found.err
    assert "did you mean `rounds`" in found.err
    assert "wrong.yaml:7" in found.err
    assert "Traceback" not in found.err
    machine = call("check", "wrong.yaml", "--json")
    assert machine.code == 1
    listed = as_json(machine.out)
    assert not listed["ok"]
    assert {problem["line"] for problem in listed["problems"]} >= {6, 7}


def test_check_with_settings(call: Any) -> None:
    assert call("check", "coastland", "--quick", "--set", "depot.rounds=10").code == 0
    found = call("check", "coastland", "--quick", "--set", "depot.rounds=-10")
    assert found.code == 1
    assert "depot.rounds" in found.err


def test_diff(call: Any) -> None:
    assert call("diff", "coastland", "coastland").out == "no difference\n"
    call("new", "other", "--from", "coastland")
    assert as_json(call("diff", "coastland", "other.yaml", "--json").out) == [
        {"key": "name", "a": "coastland", "b": "other"}
    ]
    assert '"other"' in call("diff", "coastland", "other.yaml").out


def test_explain_a_key_a_figure_and_a_name(call: Any) -> None:
    assert "default:   1" in call("explain", "doctrine.salvo").out
    assert as_json(call("explain", "doctrine.salvo", "--json").out)["default"] == 1
    assert "km" in call("explain", "assumptions.iron-dome.defended_radius_km").out
    assert "launchers_per_battery" in call("explain", "iron-dome").out
    found = call("explain", "doctrine.slavo")
    assert found.code == 2
    assert "doctrine.salvo" in found.err


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("systems", "iron-dome"),
        ("sensors", "radar_range_km"),
        ("threats", "short-rocket"),
        ("policies", "earliest"),
        ("measures", "leaked_built_up"),
        ("examples", "coastland"),
        ("plugins", "module"),
    ],
)
def test_list(call: Any, kind: str, expected: str) -> None:
    assert expected in call("list", kind).out
    assert isinstance(as_json(call("list", kind, "--json").out), list)


def test_list_places_asks_where(call: Any) -> None:
    found = call("list", "places")
    assert found.code == 2
    assert "--near" in found.err
    assert call("list", "places", "--near", "here").code == 2
    assert call("list", "weapons").code == 2


def test_map(call: Any, tmp_path: Path) -> None:
    import xml.etree.ElementTree as ET

    assert call("map", "coastland", "--alternative", "one-more").code == 0
    page = (tmp_path / "coastland-map.html").read_text(encoding="utf-8")
    assert "Third battery" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert call("map", "coastland", "--out", "a/map.svg").code == 0
    drawing = ET.parse(tmp_path / "a/map.svg").getroot()
    circles = list(drawing.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == 2 * 4
    polygons = list(drawing.iter("{http://www.w3.org/2000/svg}polygon"))
    assert len(polygons) == 1 + 10 + 2
    assert call("map", "coastland", "--out", "map.png").code == 2


def test_run_prints_and_keeps(call: Any, tmp_path: Path) -> None:
    found = call("run", "coastland", "--seed", 1, "--replication", 2, "--out", "one")
    assert found.code == 0
    assert "leaked_built_up" in found.out
    assert (tmp_path / "one/threats.parquet").is_file()
    machine = as_json(call("run", "coastland", "--seed", 1, "--replication", 2, "--json").out)
    assert machine["measures"]["launched"] == machine["tables"]["threats"]


def test_run_refuses_a_picture_that_is_none(call: Any) -> None:
    found = call("run", "coastland", "--picture", "painted")
    assert found.code == 2
    assert "statistical or tracked" in found.err


def test_study_prints_intervals_and_goes_on(call: Any, tmp_path: Path) -> None:
    arguments = ("study", "coastland", "--replications", 6, "--seed", 1, "--no-extras", "--out", "s")
    found = call(*arguments)
    assert found.code == 0
    assert "\x1b" not in found.out + found.err
    assert any(line.startswith("alternative") and "leaked_built_up" in line for line in found.out.splitlines())
    line = next(line for line in found.out.splitlines() if line.startswith("A third battery"))
    assert line.count(" to ") == 5
    assert "replications in" in found.err
    again = call(*arguments)
    assert again.code == 2
    assert "resume" in again.err
    machine = call(*arguments, "--resume", "--json")
    assert machine.code == 0
    assert as_json(machine.out)["replications"] == 6


def test_study_without_a_folder(call: Any) -> None:
    found = as_json(call("study", "coastland", "--replications", 2, "--no-extras", "--json").out)
    assert found["folder"] is None
    assert {row["alternative"] for row in found["estimates"]} == {"as-is", "one-more", "rounds-only"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--replications", 0), "replications must be 1 or more"),
        (("--precision", "leaked=0.1", "--replications", 100), "leaked"),
        (("--policy", "nearst", "--replications", 2), "nearst"),
        (("--resume",), "resume needs the folder"),
        (("--set", "depot.rounds"), "is not KEY=VALUE"),
        (("--cluster", "nonsense", "--replications", 2), "nonsense"),
    ],
)
def test_study_says_what_is_wrong_with_a_command(call: Any, arguments: tuple[Any, ...], words: str) -> None:
    found = call("study", "coastland", "--no-extras", *arguments)
    assert found.code == 2
    assert words in found.err
    assert "Traceback" not in found.err


def test_compare(call: Any, finished: Path) -> None:
    found = call("compare", finished, "--baseline", "one-more", "--measure", "leaked_built_up")
    assert found.code == 0
    assert "as-is" in found.out
    rows = as_json(call("compare", finished, "--json").out)
    assert {row["alternative"] for row in rows} == {"one-more", "rounds-only"}
    assert call("compare", finished, "--baseline", "nobody").code == 2
    assert call("compare", finished, "--measure", "leaked_builtup").code == 2
    assert call("compare", "nowhere").code == 2


def test_report(call: Any, finished: Path) -> None:
    found = call("report", finished)
    assert found.code == 0
    assert (finished / "report/index.html").is_file()
    assert call("report", "nowhere").code == 2


def test_export(call: Any, recorded: Path, finished: Path) -> None:
    found = as_json(call("export", recorded, "--to", "geojson", "--out", "there", "--json").out)
    assert len(found["files"]) == 4
    assert call("export", recorded, "--to", "cap").code == 0
    wrong = call("export", recorded, "--to", "geojsn")
    assert wrong.code == 2
    assert "did you mean `geojson`" in wrong.err
    study = call("export", finished, "--to", "cap")
    assert study.code == 2
    assert "not a run" in study.err


def test_sweep(call: Any, tmp_path: Path) -> None:
    arguments = ("sweep", "coastland", "--vary", "depot.rounds=0:100", "--points", 2, "--replications", 4)
    rows = as_json(call(*arguments, "--measure", "interceptors_left", "--json").out)
    assert len(rows) == 2 * 3
    assert all(isinstance(row["depot.rounds"], int) for row in rows)
    grid = call("sweep", "coastland", "--vary", "depot.rounds=0:100:3", "--design", "grid", "--replications", 2,
                "--measure", "interceptors_delivered", "--out", "swept")  # fmt: skip
    assert grid.code == 0
    assert (tmp_path / "swept/sweep.csv").read_text(encoding="utf-8").count("\n") == 1 + 3 * 3
    for wrong in ("depot.rounds", "depot.rounds=5:1", "depot.rounds=a:b", "depot.rounds=1:2:3:4"):
        assert call("sweep", "coastland", "--vary", wrong).code == 2
    assert call("sweep", "coastland", "--vary", "depot.round=0:1", "--points", 2).code == 1
    assert call("sweep", "coastland", "--vary", "depot.rounds=0:9", "--design", "star").code == 2


def test_sweep_agrees_with_overrides(call: Any) -> None:
    from opendome.scenario.compile import compile_world
    from opendome.scenario.reader import example
    from opendome.study.replicate import run_chunk

    rows = as_json(
        call("sweep", "coastland", "--vary", "depot.rounds=10:60:2", "--design", "grid", "--replications", 3, "--seed",
             4, "--measure", "interceptors_left", "--json").out
    )  # fmt: skip
    for row in rows:
        scenario = example("coastland").alternative(row["alternative"]).override({"depot.rounds": row["depot.rounds"]})
        found = run_chunk(compile_world(scenario), 4, 0, 3).rows[:, 18].mean()
        # The estimate is adjusted for the size of the raid; it stays near the plain mean of so few replications.
        assert row["low"] - 30 <= found <= row["high"] + 30


def test_bench_runs_the_checkout_and_passes_its_code_on(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_verbs, "__file__", str(tmp_path / "src/opendome/cli/machine_verbs.py"))
    assert call("bench").code == 2
    (tmp_path / "benchmarks").mkdir()
    text = "def main(arguments):\n    print(arguments)\n    return 0 if '--quick' in arguments else 1\n"
    (tmp_path / "benchmarks/run.py").write_text(text, encoding="utf-8")
    found = call("bench", "--quick", "--json")
    assert (found.code, found.out) == (0, "['--quick', '--json']\n")
    assert call("bench").code == 3

"""`opendome replay`: what it says, what it refuses, what it opens."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from opendome.console.pages_app import PAGES
from opendome.console.replay import server

built = pytest.mark.skipif(
    not (PAGES / "replay.html").is_file(), reason="the pages are not built; `make setup` does it"
)


def test_json_says_where_and_which_raids(call: Any, recorded: Path) -> None:
    found = json.loads(call("replay", recorded, "--port", "8123", "--json").out)
    assert found["address"] == "http://127.0.0.1:8123/replay"
    assert (found["seed"], found["replication"]) == (1, 0)
    assert [raid["raid"] for raid in found["raids"]] == list(range(1, len(found["raids"]) + 1))
    sizes = [sum(raid["ends"][0].values()) for raid in found["raids"]]
    assert sizes[found["first_raid"] - 1] == max(sizes)


def test_a_study_gives_two_alternatives(call: Any, finished: Path) -> None:
    found = json.loads(call("replay", finished, "--replication", 2, "--json").out)
    assert [one["name"] for one in found["alternatives"]] == ["as-is", "one-more"]
    assert {len(raid["ends"]) for raid in found["raids"]} == {2}
    one = json.loads(call("replay", finished, "--replication", 2, "--alternative", "one-more", "--json").out)
    assert [raid["ends"][0] for raid in one["raids"]] == [raid["ends"][1] for raid in found["raids"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--replication", 6), "replications 0 to 5"),
        (("--alternative", "one-mor"), "one-more"),
        (("--out", "x.htm"), ".html"),
    ],
)
def test_what_is_wrong_is_said(call: Any, finished: Path, arguments: tuple[object, ...], said: str) -> None:
    found = call("replay", finished, *arguments)
    assert found.code == 2
    assert said in found.err


@built
def test_one_page_is_written(call: Any, recorded: Path) -> None:
    found = call("replay", recorded, "--out", "there/replay.html")
    assert (found.code, found.out) == (0, "replay in there/replay.html; open it in a browser\n")
    assert Path("there/replay.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@built
@pytest.mark.parametrize("is_opened", [True, False])
def test_the_browser_is_opened_unless_not_wanted(
    call: Any, recorded: Path, monkeypatch: pytest.MonkeyPatch, is_opened: bool
) -> None:
    opened: list[str] = []
    served: list[int] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(server, "serve", lambda app, at: served.append(at.getsockname()[1]))
    found = call("replay", recorded, "--port", 0, *(() if is_opened else ("--no-open",)))
    address = f"http://127.0.0.1:{served[0]}/replay"
    assert found.code == 0
    assert address in found.out
    assert opened == ([address] if is_opened else [])


def test_pages_that_are_not_built_are_said(
    call: Any, recorded: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from opendome.console import pages_app

    monkeypatch.setattr(pages_app, "PAGES", tmp_path)
    found = call("replay", recorded, "--port", 0, "--no-open")
    assert found.code == 2
    assert "make setup" in found.err

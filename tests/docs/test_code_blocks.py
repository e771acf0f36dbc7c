"""Every command and every line of Python in the documentation runs, page by page, in the order written."""

from __future__ import annotations

import itertools
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import opendome.doctrine.rules  # noqa: F401 - a page must not be the first to register what ships
from opendome.base.registry import KINDS, registered, unregister
from opendome.cli.main import main
from tests.docs.pages import DOCS, blocks, written_pages
from tests.docs.printed import PRINTED, printed_blocks, refreshed

PAGES = [*written_pages(), DOCS.parent / "README.md"]
WITH_CODE = [page for page in PAGES if re.search(r"^```(python|console)$", page.read_text("utf-8"), re.M)]
LANGUAGES = {"python", "console", "yaml", "text", "toml"}
MOST = {"--replications": 10, "--luck": 20}
"""Most that a command is asked for where nobody compares what it prints."""
EXTRAS = {"luck_draws": 20, "sample_points": 30, "sample_replications": 2, "swing_replications": 4}
"""Sizes of what a study answers beside its question, there."""


@pytest.fixture
def no_new_names() -> Iterator[None]:
    """Take away what a page registers."""
    before = {kind: set(registered(kind)) for kind in KINDS}
    yield
    for kind in KINDS:
        for name in set(registered(kind)) - before[kind]:
            unregister(kind, name)


def shortened(words: list[str]) -> list[str]:
    """Give a command with fewer replications and draws of luck: what it prints changes, not what it does."""
    found = list(words)
    if words[0] == "doctrine" and "--luck" not in words:
        found += ["--luck", str(MOST["--luck"])]
    if words[0] == "study" and "--no-extras" not in words:
        found += [word for name, number in EXTRAS.items() for word in ("--set", f"study.{name}={number}")]
    for at, (word, number) in enumerate(itertools.pairwise(found)):
        if word in MOST:
            found[at + 1] = str(min(int(number), MOST[word]))
    return found


def run_console(text: str, is_compared: bool) -> None:
    """Run the commands of a block; where nobody compares what they print, in short."""
    for line in text.splitlines():
        if line.startswith("$ "):
            program, *words = shlex.split(line[2:])
            assert program == "opendome", line
            with pytest.raises(SystemExit) as left:
                main(words if is_compared else shortened(words))
            assert left.value.code in (0, None), f"{line}: exit code {left.value.code}"


@pytest.mark.parametrize("file", WITH_CODE, ids=lambda file: str(file.relative_to(DOCS.parent)))
def test_the_page_runs(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_new_names: None, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "page"}
    text = file.read_text(encoding="utf-8")
    shown = {command.line: printed.text for command, printed in printed_blocks(text)} if file in PRINTED else {}
    for block in blocks(text):
        if block.language == "console":
            capsys.readouterr()
            run_console(block.text, block.line in shown)
            if block.line in shown:
                printed = refreshed(shown[block.line], capsys.readouterr().out)
                assert shown[block.line] == printed, "run `python -m tests.docs.printed`"
        elif block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, str(file), "exec"), namespace)
        elif block.language == "yaml" and (named := re.match(r"# (\S+\.yaml)\n", block.text)):
            (tmp_path / named[1]).write_text(block.text, encoding="utf-8")


@pytest.mark.parametrize("file", written_pages(), ids=lambda file: str(file.relative_to(DOCS)))
def test_blocks_have_a_known_language_and_yaml_is_yaml(file: Path) -> None:
    for block in blocks(file.read_text(encoding="utf-8")):
        assert block.language in LANGUAGES
        if block.language == "yaml":
            assert isinstance(YAML(typ="safe").load(block.text), dict)


def test_a_stale_figure_on_a_page_is_found() -> None:
    printed = "question\n\nalternative  leaks\nas-is        12\n\nanother table\n"
    assert refreshed("alternative  leaks\nas-is        13\n", printed) == "alternative  leaks\nas-is        12\n"
    with pytest.raises(ValueError, match="begins with 'alternative  rounds'"):
        refreshed("alternative  rounds\n", printed)


def test_pages_with_code_are_found() -> None:
    assert len(WITH_CODE) >= 8


def test_the_example_runs(no_new_names: None, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(DOCS.parent / "examples" / "policies.py"), run_name="__main__")
    found = capsys.readouterr().out
    assert [line.split()[0] for line in found.splitlines()] == [
        "earliest",
        "greedy",
        "surest",
        "fullest-unit",
        "thrifty",
    ]

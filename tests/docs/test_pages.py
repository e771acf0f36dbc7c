"""Pages are linked, complete and current; their words are explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from opendome.cli.docs import main, pages
from opendome.cli.docs_code import public_names
from opendome.cli.main import VERBS
from tests.docs.pages import DOCS, all_pages, written_pages

LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
ROOMS_WITH_A_VALIDITY_PAGE = (
    "raid",
    "flight",
    "sensing",
    "tracking",
    "picture",
    "battle",
    "kill",
    "warning",
    "harm",
    "study",
    "live-play",
)
VALIDITY_SECTIONS = ("## What it does", "## Where its numbers come from", "## What it leaves out", "## Checked against")


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages()


@pytest.fixture(scope="module")
def glossary() -> str:
    return (DOCS / "glossary.md").read_text(encoding="utf-8")


def test_reference_pages_are_current(made: dict[str, str]) -> None:
    stale = [
        name for name, text in made.items()
        if not (DOCS / "reference" / name).is_file() or (DOCS / "reference" / name).read_text("utf-8") != text
    ]  # fmt: skip
    assert not stale, f"run `make docs`: {stale} differ from what the code says"
    assert {path.name for path in (DOCS / "reference").glob("*.md")} == set(made)


def test_the_generator_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "reference"
    assert main(["--check", str(folder)]) == 1
    assert main([str(folder)]) == 0
    assert main(["--check", str(folder)]) == 0
    (folder / "tables.md").write_text("old", encoding="utf-8")
    assert main(["--check", str(folder)]) == 1
    assert "tables.md" in capsys.readouterr().err


def test_reference_says_what_the_program_has(made: dict[str, str]) -> None:
    from opendome.base.tally import RATIOS, tally_names
    from opendome.results.schema import TABLES

    assert all(f"## {verb}\n" in made["commands.md"] for verb in VERBS)
    assert all(f"### {name}\n" in made["tables.md"] for name in TABLES)
    assert all(f"`{name}`" in made["measures.md"] for name in (*tally_names(), *RATIOS))
    assert "`doctrine.engage_if.p_hit_at_least`" in made["scenario.md"]
    assert "od.run(" in made["python.md"]


@pytest.mark.parametrize("file", all_pages(), ids=lambda file: str(file.relative_to(DOCS)))
def test_links_lead_somewhere(file: Path) -> None:
    for target, _ in LINK.findall(file.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (file.parent / target).resolve().is_file(), f"{file.name} links to {target}"


def test_every_page_is_reached_from_the_index() -> None:
    seen, ahead = set(), [DOCS / "index.md"]
    while ahead:
        page = ahead.pop()
        seen.add(page)
        for target, _ in LINK.findall(page.read_text(encoding="utf-8")):
            found = (page.parent / target).resolve()
            if found.suffix == ".md" and found.is_file() and found not in seen:
                ahead.append(found)
    assert {page.resolve() for page in all_pages()} <= {page.resolve() for page in seen}


def test_every_page_has_one_title() -> None:
    for page in written_pages():
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1, page


@pytest.mark.parametrize("room", ROOMS_WITH_A_VALIDITY_PAGE)
def test_every_model_says_what_it_is_good_for(room: str) -> None:
    text = (DOCS / "validity" / f"{room}.md").read_text(encoding="utf-8")
    places = [text.find(section) for section in VALIDITY_SECTIONS]
    assert all(place > 0 for place in places)
    assert places == sorted(places)


def test_every_public_class_is_named_in_the_reference(made: dict[str, str]) -> None:
    for module, name, kind, words in public_names():
        if kind == "class":
            assert f"`{module}.{name}`" in made["names.md"]
            assert words, f"{module}.{name} has no words"


def test_every_system_page_names_every_shipped_scenario_and_no_other() -> None:
    from opendome.scenario.reader import examples

    text = (DOCS / "how-to" / "every-system.md").read_text(encoding="utf-8")
    named = set(re.findall(r"opendome (?:study|site|doctrine) ([a-z0-9-]+)", text))
    assert named <= set(examples())
    assert set(examples()) <= named


def test_glossary_is_in_order_and_explains_the_field(glossary: str) -> None:
    terms = re.findall(r"^\*\*(.+?)\*\*", glossary, re.MULTILINE)
    assert terms == sorted(terms, key=str.lower)
    assert len(terms) == len(set(terms))
    wanted = {"alert area", "assessment", "battery", "burst", "channel", "command post", "decision", "footprint",
              "leak", "launch area", "partition", "picture", "plot", "policy", "reach", "replication", "salvo",
              "stock-out", "threat", "threatening", "track", "window"}  # fmt: skip
    assert wanted <= set(terms)


def test_glossary_covers_every_reason_and_every_table(glossary: str) -> None:
    from opendome.base.tally import LEAK_REASONS
    from opendome.results.schema import TABLES

    for name, _ in LEAK_REASONS:
        assert f"`{name}`" in glossary, name
    for name in TABLES:
        assert f"`{name}`" in glossary, name

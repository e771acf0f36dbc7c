"""Make the reference pages from the code: ``python -m opendome.cli.docs [--check] [FOLDER]``.

Scenario keys come from the parameter classes, tables from their declarations, measures, figures, verbs and names from
where they are defined; so the pages cannot say anything else than the program does.
"""

from __future__ import annotations

import sys
from pathlib import Path

from opendome.base.errors import CommandError
from opendome.cli import docs_code, docs_data
from opendome.cli.screen import complain, say

__all__ = ["main", "pages"]


def pages() -> dict[str, str]:
    """Give every reference page: file name -> text."""
    made = {
        "scenario.md": docs_data.scenario_page(),
        "exercise.md": docs_data.exercise_page(),
        "tables.md": docs_data.tables_page(),
        "measures.md": docs_data.measures_page(),
        "catalogue.md": docs_data.catalogue_page(),
        "assumptions.md": docs_data.assumptions_page(),
        "commands.md": docs_code.commands_page(),
        "python.md": docs_code.python_page(),
        "names.md": docs_code.names_page(),
    }
    return {name: text.rstrip() + "\n" for name, text in made.items()}


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or with ``--check`` say which are out of date; give the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    is_check = "--check" in given
    rest = [argument for argument in given if argument != "--check"]
    folder = Path(rest[0]) if rest else Path(__file__).resolve().parents[3] / "docs" / "reference"
    if not folder.parent.is_dir():
        raise CommandError(
            f"there is no folder {folder.parent}; run this in a checkout, or name the folder to write to"
        )
    made = pages()
    if is_check:
        stale = [name for name, text in made.items() if _read(folder / name) != text]
        if stale:
            complain(f"out of date: {', '.join(stale)}; run `make docs`")
        return 1 if stale else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    say(f"docs: {len(made)} reference pages in {folder}")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())

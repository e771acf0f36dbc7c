"""Tables on pages that a command printed: a `text` block that follows a `console` block holds paragraphs of its output.

``python -m tests.docs.printed`` runs the commands of those pages again and writes their blocks anew.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import DOCS, Block, blocks

__all__ = ["PRINTED", "printed_blocks", "refreshed"]

PRINTED = tuple(
    DOCS / "how-to" / f"{name}.md"
    for name in (
        "bring-a-battery",
        "compare-ifpc",
        "size-of-a-battery",
        "cruise-missile-test",
        "drones-and-rockets",
        "what-if-a-link-dies",
        "marine-launcher",
        "upper-layers",
    )
)
"""Pages whose text blocks are what the command before them prints."""

_SAME = 20
"""A paragraph is known by so many characters of its first line."""


def printed_blocks(text: str) -> Iterator[tuple[Block, Block]]:
    """Give each console block with the text block that follows it."""
    found = list(blocks(text))
    for command, printed in itertools.pairwise(found):
        if command.language == "console" and printed.language == "text":
            yield command, printed


def refreshed(block: str, output: str) -> str:
    """Give a block with each of its paragraphs as ``output`` has it.

    Raises
    ------
    ValueError
        A paragraph begins like none of the output.
    """
    paragraphs = [paragraph.strip("\n") for paragraph in output.split("\n\n")]
    found = []
    for old in block.strip("\n").split("\n\n"):
        same = [new for new in paragraphs if new[:_SAME] == old[:_SAME]]
        if not same:
            raise ValueError(f"nothing was printed that begins with {old[:_SAME]!r}")
        found.append(same[0])
    return "\n\n".join(found) + "\n"


def _output(command: str) -> str:
    """What the console block prints."""
    from opendome.cli.main import main

    with contextlib.redirect_stdout(io.StringIO()) as taken:
        for line in command.splitlines():
            with contextlib.suppress(SystemExit):
                main(line.removeprefix("$ opendome ").split())
    return taken.getvalue()


def rewrite(page: Path) -> None:
    """Run a page's commands and write what they print into it."""
    text = page.read_text(encoding="utf-8")
    for command, printed in printed_blocks(text):
        text = text.replace(printed.text, refreshed(printed.text, _output(command.text)), 1)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    for _page in PRINTED:
        rewrite(_page)

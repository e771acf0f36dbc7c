"""The pages of the documentation and what is fenced in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One fenced block: its language, its text, and the line it begins on."""

    language: str
    text: str
    line: int


def written_pages() -> list[Path]:
    """Give every page that people wrote."""
    return sorted(path for path in DOCS.rglob("*.md") if "reference" not in path.parts)


def all_pages() -> list[Path]:
    """Give every page."""
    return sorted(DOCS.rglob("*.md"))


def blocks(text: str) -> Iterator[Block]:
    """Give the fenced blocks of a page in order."""
    for found in FENCE.finditer(text):
        yield Block(found[1], found[2], text.count("\n", 0, found.start()) + 2)

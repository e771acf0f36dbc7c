"""Rules on every text file of the project, whatever its language."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Written so that this file does not break its own rules.
_HOST_NAMES = ("pypi", "pythonhosted", "npmjs", "deb.debian", "npmmirror", "yarnpkg")
PACKAGE_HOST = re.compile("|".join(rf"{re.escape(name)}\.(?:org|com|net)" for name in _HOST_NAMES), re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:w[o]rk|r[o]ot|f[a]rm|t[m]p|h[o]me)/[A-Za-z]")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b")


def no_package_host(texts: Mapping[str, str]) -> list[str]:
    """No file holds the address of a package host: every machine has its own."""
    return _search(texts, PACKAGE_HOST)


def no_machine_path(texts: Mapping[str, str]) -> list[str]:
    """No file holds a path that exists on one machine only."""
    return _search(texts, MACHINE_PATH)


def nothing_unfinished(texts: Mapping[str, str]) -> list[str]:
    """No file holds a note that something is still to be written."""
    return _search(texts, UNFINISHED)


def _search(texts: Mapping[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {found.group(0)}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        for found in pattern.finditer(line)
    ]

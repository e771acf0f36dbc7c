"""The manifest of a result folder: what was run, with what, and the checksum of every table.

It holds no clock and no name of a machine, so that the same study gives the same bytes.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from opendome.base.errors import CommandError, RunError
from opendome.results.schema import SCHEMA_VERSION
from opendome.results.store import replace_file

__all__ = [
    "MANIFEST",
    "checksum",
    "engine_digest",
    "read_manifest",
    "table_entry",
    "verify",
    "versions",
    "write_manifest",
]

MANIFEST = "manifest.json"
"""Name of the file."""

_PACKAGES = ("numpy", "numba", "pyarrow")


_ENGINE_ROOMS = (
    "base", "catalogue", "places", "flight", "raid", "picture", "doctrine", "battle", "warning", "harm", "scenario",
)  # fmt: skip
"""Rooms whose code and data decide the numbers of a replication."""


@functools.cache
def engine_digest() -> str:
    """Digest of the code and data that decide a replication's numbers, so that cells of two engines are never mixed."""
    package = Path(str(sys.modules[__name__.partition(".")[0]].__file__)).parent
    digest = hashlib.sha256()
    files = [
        file for room in _ENGINE_ROOMS for suffix in ("py", "yaml") for file in (package / room).glob(f"*.{suffix}")
    ]
    for file in sorted([*files, package / "study" / "replicate.py"]):
        digest.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Give the versions that numbers may depend on; ``engine`` is the digest of our own code and data."""
    ours = str(sys.modules[__name__.partition(".")[0]].__version__)
    found = {"opendome": ours, "engine": engine_digest(), "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def checksum(path: Path) -> str:
    """Give the SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def table_entry(path: Path, n_rows: int) -> dict[str, Any]:
    """Give a table's entry for the manifest: file, rows, checksum."""
    return {"file": path.name, "rows": n_rows, "sha256": checksum(path)}


def write_manifest(folder: Path, content: dict[str, Any]) -> Path:
    """Write the manifest by atomic rename, keys sorted; give its path."""
    path = folder / MANIFEST
    folder.mkdir(parents=True, exist_ok=True)
    body = json.dumps({"schema_version": SCHEMA_VERSION, **content}, indent=1, sort_keys=True, ensure_ascii=False)
    with replace_file(path) as temporary:
        temporary.write_text(body + "\n", encoding="utf-8")
    return path


def read_manifest(folder: Path | str) -> dict[str, Any]:
    """Read the manifest of a result folder.

    Raises
    ------
    CommandError
        There is none, or it was written for other tables than this version reads.
    RunError
        It is not valid JSON.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise CommandError(
            f"{folder} holds no {MANIFEST}; name the folder that `opendome study` or `opendome run` wrote"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise RunError(f"{path} is not valid JSON: {error}") from error
    found = content.get("schema_version") if isinstance(content, dict) else None
    if found != SCHEMA_VERSION:
        raise CommandError(
            f"{path} has schema version {found!r}, and this OpenDome reads {SCHEMA_VERSION}; run the study again"
        )
    return dict(content)


def verify(folder: Path | str) -> None:
    """Compare every table of a folder with its checksum.

    Raises
    ------
    RunError
        With every table that is missing or was changed.
    """
    folder = Path(folder)
    wrong = []
    for name, entry in read_manifest(folder).get("tables", {}).items():
        path = folder / entry["file"]
        if not path.is_file():
            wrong.append(f"`{name}`: {entry['file']} is missing")
        elif checksum(path) != entry["sha256"]:
            wrong.append(f"`{name}`: {entry['file']} was changed after it was written")
    if wrong:
        raise RunError(f"{folder} is not as it was written: " + "; ".join(wrong))

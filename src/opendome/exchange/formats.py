"""Every exporter by name. An exporter is a function ``(run, folder) -> list of files written``.

Other packages register theirs under the kind ``exporter`` and are found here as well.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from opendome.base.errors import CommandError, nearest_name
from opendome.base.registry import registered
from opendome.exchange import cap, geojson, sirens
from opendome.study.single import Run

__all__ = ["BUILT_IN", "export", "exporters"]

Exporter = Callable[[Run, Path], list[Path]]

BUILT_IN: dict[str, Exporter] = {
    "cap": cap.write_cap,
    "geojson": geojson.write_geojson,
    "sirens": sirens.write_sirens,
}
"""Exporters that come with the program."""


def exporters() -> dict[str, Exporter]:
    """Give every registered exporter by name, plug-ins included."""
    return registered("exporter")


def export(run: Run, name: str, folder: Path | str) -> list[Path]:
    """Write a run in a format; give the files written.

    Raises
    ------
    CommandError
        Unknown format; the message offers the nearest one.
    """
    known = exporters()
    if name not in known:
        hint = nearest_name(name, known) or f"formats are {', '.join(known)}"
        raise CommandError(f"cannot export to `{name}`: {hint}")
    return known[name](run, Path(folder))

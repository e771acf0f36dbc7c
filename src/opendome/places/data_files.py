"""The bundled data files: where they are and how text is kept in them.

Each file is a plain ``.npz`` of flat number arrays (``numpy.load(..., allow_pickle=False)``). A list of texts is two
arrays: ``NAME_utf8`` (all bytes one after the other) and ``NAME_start`` (n + 1 offsets). ``manifest.json`` lists
sources and checksums.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import RunError

__all__ = [
    "ALERT_AREAS",
    "DATA_FOLDER",
    "LAND",
    "MANIFEST",
    "POPULATED_PLACES",
    "load_arrays",
    "pack_texts",
    "unpack_texts",
]

DATA_FOLDER = Path(__file__).resolve().parent / "data"
ALERT_AREAS = "alert_areas.npz"
LAND = "land.npz"
POPULATED_PLACES = "populated_places.npz"
MANIFEST = "manifest.json"


def load_arrays(name: str, folder: Path | None = None) -> dict[str, NDArray[np.generic]]:
    """All arrays of one bundled file, by name.

    Raises
    ------
    RunError
        the file is missing or unreadable; the message says to run ``make setup``
    """
    path = (folder or DATA_FOLDER) / name
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except FileNotFoundError:
        raise RunError(
            f"the bundled map data `{name}` is missing; run `make setup`, or `python -m opendome.places.build`, once"
        ) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(
            f"the bundled map data `{name}` cannot be read ({error}); run `python -m opendome.places.build --force`"
        ) from None


def pack_texts(name: str, texts: Iterable[str]) -> dict[str, NDArray[np.generic]]:
    """Two arrays, ``NAME_utf8`` and ``NAME_start``, that hold a list of texts."""
    encoded = [text.encode("utf-8") for text in texts]
    start = np.zeros(len(encoded) + 1, np.int32)
    np.cumsum([len(text) for text in encoded], out=start[1:])
    return {f"{name}_utf8": np.frombuffer(b"".join(encoded), np.uint8), f"{name}_start": start}


def unpack_texts(
    arrays: dict[str, NDArray[np.generic]], name: str, rows: NDArray[np.int64] | None = None
) -> tuple[str, ...]:
    """The texts that ``pack_texts`` packed: all, or only those of ``rows`` (k,)."""
    start = arrays[f"{name}_start"]
    blob = arrays[f"{name}_utf8"].tobytes()
    chosen = range(len(start) - 1) if rows is None else rows
    return tuple(blob[start[i] : start[i + 1]].decode("utf-8") for i in chosen)

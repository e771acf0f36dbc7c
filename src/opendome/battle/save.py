"""Save a battle in the middle and go on with it later: every array of the state and of the window, in one plain file.

The file is NumPy's own format, an archive of named arrays without pickled objects: reading one never runs code.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from opendome.base.errors import CommandError

from .state import BattleState, Window

__all__ = ["load_state", "save_state"]


def save_state(path: str | Path, state: BattleState, window: Window) -> None:
    """Write a battle to a file (named ``.npz`` by custom), replacing what is there.

    Parameters
    ----------
    path : str or Path
    state : BattleState    between two calls of ``advance``, or at a pending decision
    window : Window        the one that the state belongs to
    """
    is_used = np.arange(window.areas.shape[1]) < window.assessments["n_areas"][:, None]
    # Places for areas that are not used hold whatever stood in memory before: that is not written.
    listed = {name: np.where(is_used, getattr(window, name), 0) for name in ("areas", "p_areas", "is_inside")}
    arrays: dict[str, Any] = {f"{part}.{name}": array for part, name, array in _named(state, window._replace(**listed))}
    with Path(path).open("wb") as stream:
        np.savez(stream, **arrays)


def load_state(path: str | Path) -> tuple[BattleState, Window]:
    """Read a battle that ``save_state`` wrote; it goes on exactly as the saved one would have.

    Returns
    -------
    BattleState, Window    arrays of their own

    Raises
    ------
    CommandError           no such file, or not a saved battle of this version
    """
    try:
        with np.load(Path(path), allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise CommandError(f"{path} cannot be read as a saved battle: {error}; give a file of save_state") from None
    return _part(BattleState, "state", found, path), _part(Window, "window", found, path)


def _named(state: BattleState, window: Window) -> list[tuple[str, str, np.ndarray]]:
    """(part, field, array) of everything that is saved."""
    parts: tuple[tuple[str, Any], ...] = (("state", state), ("window", window))
    return [(part, name, array) for part, whole in parts for name, array in zip(whole._fields, whole)]


def _part(kind: Any, part: str, found: dict[str, np.ndarray], path: str | Path) -> Any:
    """One of the two tuples, with every field in its place."""
    missing = [name for name in kind._fields if f"{part}.{name}" not in found]
    if missing:
        raise CommandError(
            f"{path} holds no {part} array {', '.join(missing)}: another version saved it, or it is no saved battle"
        )
    return kind(*(found[f"{part}.{name}"] for name in kind._fields))

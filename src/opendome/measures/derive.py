"""All measures by name, and the columns that come from the kernel's rows."""

from __future__ import annotations

import inspect

import numpy as np

from opendome.base.errors import CommandError, nearest_name
from opendome.base.registry import registered
from opendome.base.tally import RATIOS, tally_names
from opendome.measures import groups, money, partition, people, stock, success, warning
from opendome.measures.measure import Measure

__all__ = ["FAMILIES", "all_measures", "columns_of", "derive", "find_measure", "plugin_measures"]

FAMILIES = {
    "partition": partition.MEASURES,
    "success": success.MEASURES,
    "stock": stock.MEASURES,
    "people": people.MEASURES,
    "warning": warning.MEASURES,
    "money": money.MEASURES,
    "groups": groups.MEASURES,
}
"""Our own measures by family."""

_OURS = {measure.name: measure for family in FAMILIES.values() for measure in family}


def all_measures() -> dict[str, Measure]:
    """Give every registered measure by name: ours by family, then those of plug-ins by name."""
    return {**_OURS, **plugin_measures()}


def plugin_measures() -> dict[str, Measure]:
    """Give the measures that other packages registered, sorted by name."""
    return {
        name: _as_measure(name, component) for name, component in registered("measure").items() if name not in _OURS
    }


def find_measure(name: str) -> Measure:
    """Give one measure.

    Raises
    ------
    CommandError
        Unknown name; the message offers the nearest one.
    """
    known = all_measures()
    if name not in known:
        hint = nearest_name(name, known)
        raise CommandError(f"unknown measure `{name}`: {hint or 'see `opendome list measures`'}")
    return known[name]


def columns_of(rows: np.ndarray) -> dict[str, np.ndarray]:
    """Name the kernel's columns: ``rows`` (n, N_TALLY) -> columns by name, each (n,)."""
    return {name: rows[:, i] for i, name in enumerate(tally_names())}


def derive(rows: np.ndarray) -> dict[str, np.ndarray]:
    """Give every column of the table `replications` from the kernel's rows.

    Parameters
    ----------
    rows : ndarray (n, N_TALLY)
        One row a replication, columns as in ``base.tally``.

    Returns
    -------
    dict of ndarray (n,)
        The kernel's columns, the ratios of ``base.tally``, then plug-in measures; NaN where there is no value.
    """
    columns = columns_of(rows)
    derived = {name: _OURS[name](columns) for name in RATIOS}
    for name, measure in plugin_measures().items():
        values = measure(columns)
        if values.shape != (len(rows),):
            raise CommandError(
                f"measure `{name}` gave shape {values.shape}, not one value a replication ({len(rows)},)"
            )
        derived[name] = values
    return {**columns, **derived}


def _as_measure(name: str, component: object) -> Measure:
    if isinstance(component, Measure):
        return component
    if not callable(component):
        raise CommandError(f"measure `{name}` is neither a Measure nor a function from columns to a column")
    meaning = (inspect.getdoc(component) or name).splitlines()[0]
    return Measure(name, "1", meaning, "plug-in", function=component)

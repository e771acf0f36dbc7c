"""Cost exchange in the definitions in use, side by side, and the published replay of 2006.

Each definition is a product of totals over a product of totals, so that all of them are estimated alike: as ratios of
totals, with the scatter of their linear terms (delta method).

References: CSIS, Cost and Value in Air and Missile Defense Intercepts, for round against round; the Jerusalem Post blog
of 2012 for the replay of 2006, which divides by rockets bound for built-up ground.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from opendome.base.tally import MEANING

__all__ = ["DEFINITIONS", "Definition", "columns_needed", "linear_terms", "replayed_bill_kusd"]

LEAKS_AVOIDED = "leaks_avoided"
"""What would have come down in built-up ground of a defended area, less what did."""


class Definition(NamedTuple):
    """One definition: its name, unit and meaning, and the columns whose totals are multiplied, above and below."""

    name: str
    unit: str
    meaning: str
    above: tuple[str, ...]
    below: tuple[str, ...]


DEFINITIONS = (
    Definition(
        "all for all", "1", "price of the rounds fired over price of everything launched",
        ("cost_defender_kusd",), ("cost_attacker_kusd",),
    ),
    Definition(
        "round for round", "1", "price of one round over price of one threat",
        ("cost_defender_kusd", "launched"), ("interceptors_fired", "cost_attacker_kusd"),
    ),
    Definition(
        "per threatening", "kUSD", "price of the rounds for each object bound for a defended area, shot at or not",
        ("cost_defender_kusd",), ("threatening",),
    ),
    Definition(
        "per interception", "kUSD", "price of the rounds for each object destroyed",
        ("cost_defender_kusd",), ("intercepted",),
    ),
    Definition(
        "per leak avoided", "kUSD",
        "price of the rounds for each hit in built-up ground avoided: the damage of a hit at which they pay",
        ("cost_defender_kusd",), (LEAKS_AVOIDED,),
    ),
    Definition(
        "damage avoided", "1", "damage avoided, at that of a hit that came, over price of the rounds: above 1 they pay",
        ("damage_kusd", LEAKS_AVOIDED), ("leaked_built_up", "cost_defender_kusd"),
    ),
)  # fmt: skip
"""Definitions in the order in which they are printed."""


def columns_needed() -> tuple[str, ...]:
    """Columns of the table `replications` that the definitions are made of."""
    names = [name for definition in DEFINITIONS for name in (*definition.above, *definition.below)]
    return tuple(dict.fromkeys(name for name in (*names, "threatening_built_up") if name in MEANING))


def linear_terms(definition: Definition, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Values whose mean is the definition's value and whose scatter is that of the ratio of totals.

    R = prod(totals above) / prod(totals below), and r_i = R (1 + sum(a_i / mean(a) - 1) - sum(b_i / mean(b) - 1)).

    Parameters
    ----------
    definition : Definition
    columns : mapping of ndarray (n,)    as ``columns_needed`` names them, one value a replication

    Returns
    -------
    ndarray (n,)                         in the definition's unit; NaN where a total below is 0
    """
    known = {**columns, LEAKS_AVOIDED: columns["threatening_built_up"] - columns["leaked_built_up"]}
    above = [np.asarray(known[name], float) for name in definition.above]
    below = [np.asarray(known[name], float) for name in definition.below]
    n = len(below[0])
    if any(column.mean() == 0.0 for column in (*above, *below)):
        is_lost = any(column.mean() == 0.0 for column in below)
        return np.full(n, np.nan if is_lost else 0.0)
    whole, terms = 1.0, np.ones(n)
    for sign, side in ((1.0, above), (-1.0, below)):
        for column in side:
            whole *= column.mean() ** sign
            terms += sign * (column / column.mean() - 1.0)
    return np.asarray(whole * terms)


def replayed_bill_kusd(n_threatening: float, rounds_each: float, price_kusd: float) -> float:
    """What it would have cost to shoot at rockets that fell before there was a defence.

    Parameters
    ----------
    n_threatening : float    rockets bound for built-up ground [-]
    rounds_each : float      rounds for each [rounds]
    price_kusd : float       price of one round [kUSD]

    Returns
    -------
    float                    [kUSD]

    >>> replayed_bill_kusd(901, 1, 62)
    55862.0
    """
    return float(n_threatening * rounds_each * price_kusd)

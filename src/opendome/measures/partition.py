"""Where everything that was launched ended: the parts add up to `launched`, by true end."""

from __future__ import annotations

from opendome.base.tally import LEAK_REASONS
from opendome.measures.measure import counted, shelve

__all__ = ["MEASURES", "PARTS"]

PARTS = ("failed", "fell_short", "at_sea", "open_ground", "intercepted", "leaked_built_up")
"""The ends, which add up to `launched`."""

_SEEN = (
    "launched",
    "bursts",
    "threatening",
    "threatening_built_up",
    "impacts_in_areas",
    "tracked",
    "engaged",
    "engaged_needlessly",
)

MEASURES = shelve(
    *(counted(name, "partition") for name in (*PARTS, *_SEEN)),
    *(counted(f"not_engaged_{reason}", "partition") for reason, _ in LEAK_REASONS),
    *(counted(f"leaked_{reason}", "partition") for reason, _ in LEAK_REASONS),
)

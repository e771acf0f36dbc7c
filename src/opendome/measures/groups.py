"""What became of each group of threat classes: rockets, mortar rounds, drones, cruise missiles."""

from __future__ import annotations

from opendome.base.tally import GROUPS, OF_GROUP
from opendome.measures.measure import Measure, counted, ratio, shelve

__all__ = ["MEASURES"]


def _of_group(group: str, words: str) -> tuple[Measure, ...]:
    """What is counted of a group, and its ratios."""
    return (
        *(counted(f"{group}_{what}", "groups") for what, _, _ in OF_GROUP),
        ratio(
            f"{group}_share_leaked",
            "groups",
            (f"{group}_leaked",),
            (f"{group}_bound",),
            f"leaked, of the {words} bound for built-up ground",
        ),
        ratio(
            f"{group}_lead_mean_s",
            "groups",
            (f"{group}_lead_s",),
            (f"{group}_impacts",),
            f"mean lead time of impacts of {words} inside areas (unwarned count as 0)",
            unit="s",
        ),
    )


MEASURES = shelve(*(measure for group, words in GROUPS for measure in _of_group(group, words)))

"""Success in every definition in use, side by side, and never as one number.

A: of the engaged. B: of the threatening for which a feasible launch existed. C: of what was intercepted or leaked into
built-up ground, defended or not. F: of everything launched.
"""

from __future__ import annotations

from opendome.measures.measure import counted, ratio, shelve

__all__ = ["DEFINITIONS", "MEASURES"]

DEFINITIONS = {
    "A": "success_of_engaged",
    "B": "success_of_defended",
    "C": "success_of_built_up",
    "F": "share_of_launched",
}
"""Letter of each definition -> measure."""

MEASURES = shelve(
    counted("intercepted_threatening", "success"),
    counted("defended_threatening", "success"),
    counted("defended_intercepted", "success"),
    *(ratio(name, "success") for name in DEFINITIONS.values()),
    ratio("engaged_of_crossed", "success"),
    ratio(
        "share_engaged_needlessly",
        "success",
        ("engaged_needlessly",),
        ("engaged",),
        "of the engaged, those that would have missed every defended area",
    ),
    ratio(
        "share_refused_for_rounds",
        "success",
        ("not_engaged_no_rounds",),
        ("threatening",),
        "of the threatening, those not shot at because there were no rounds",
    ),
)

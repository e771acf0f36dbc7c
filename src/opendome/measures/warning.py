"""Warning: who is alerted, how early, and how often for nothing."""

from __future__ import annotations

from opendome.measures.measure import counted, ratio, shelve

__all__ = ["MEASURES"]

MEASURES = shelve(
    counted("person_minutes_sheltered", "warning"),
    counted("areas_alerted", "warning"),
    counted("areas_alerted_needlessly", "warning"),
    counted("impacts_warned", "warning"),
    counted("impacts_unwarned", "warning"),
    counted("impacts_warned_late", "warning"),
    counted("warning_lead_p10_s", "warning"),
    counted("warning_lead_p50_s", "warning"),
    ratio(
        "share_alerted_needlessly",
        "warning",
        ("areas_alerted_needlessly",),
        ("areas_alerted",),
        "of the area-alerts, those during which nothing bound for the area came down or was intercepted",
    ),
    ratio(
        "share_of_impacts_warned",
        "warning",
        ("impacts_warned",),
        ("impacts_warned", "impacts_unwarned"),
        "of the impacts inside areas, those with an alert before them",
    ),
)

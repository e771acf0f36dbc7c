"""People: exposed, hurt (expectations), and what warning spared them."""

from __future__ import annotations

from opendome.measures.measure import counted, difference_of, shelve

__all__ = ["MEASURES"]

MEASURES = shelve(
    counted("people_exposed", "people"),
    counted("injuries_expected", "people"),
    counted("injuries_if_unwarned", "people"),
    difference_of(
        "injuries_spared_by_warning",
        "people",
        "people",
        "injuries_if_unwarned",
        "injuries_expected",
        "expected injuries that warning and shelter spared",
    ),
)

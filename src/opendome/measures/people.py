"""People: exposed, hurt (expectations), and what warning spared them."""

from __future__ import annotations

from opendome.measures.measure import counted, difference_of, ratio, shelve

__all__ = ["MEASURES"]

MEASURES = shelve(
    counted("people_exposed", "people"),
    counted("injuries_expected", "people"),
    counted("injuries_if_unwarned", "people"),
    counted("injuries_if_undefended", "people"),
    counted("injuries_if_neither", "people"),
    counted("injuries_sheltering", "people"),
    counted("injuries_by_debris", "people"),
    difference_of(
        "injuries_spared_by_warning",
        "people",
        "people",
        "injuries_if_unwarned",
        "injuries_expected",
        "expected injuries that warning and shelter spared",
    ),
    ratio(
        "injuries_per_launched",
        "people",
        ("injuries_expected",),
        ("launched",),
        "expected injuries for each object launched",
        "people",
    ),
    ratio(
        "injuries_per_launched_if_undefended",
        "people",
        ("injuries_if_undefended",),
        ("launched",),
        "the same had nothing been intercepted",
        "people",
    ),
    ratio(
        "injuries_per_launched_if_unwarned",
        "people",
        ("injuries_if_unwarned",),
        ("launched",),
        "the same had nobody been warned",
        "people",
    ),
    ratio(
        "injuries_per_launched_if_neither",
        "people",
        ("injuries_if_neither",),
        ("launched",),
        "the same had nothing been intercepted and nobody been warned",
        "people",
    ),
    ratio(
        "factor_of_interceptors",
        "people",
        ("injuries_if_undefended",),
        ("injuries_expected",),
        "expected injuries had nothing been intercepted over those as it was, with the same warning",
    ),
    ratio(
        "factor_of_warning",
        "people",
        ("injuries_if_unwarned",),
        ("injuries_expected",),
        "expected injuries had nobody been warned over those as it was, with the same interceptions",
    ),
    ratio(
        "factor_of_both",
        "people",
        ("injuries_if_neither",),
        ("injuries_expected",),
        "expected injuries had nothing been intercepted and nobody been warned over those as it was",
    ),
)

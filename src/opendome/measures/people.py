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
    difference_of(
        "injuries_spared_by_warning",
        "people",
        "people",
        "injuries_if_unwarned",
        "injuries_expected",
        "expected injuries that warning and shelter spared",
    ),
    difference_of(
        "injuries_spared_by_interceptors",
        "people",
        "people",
        "injuries_if_undefended",
        "injuries_expected",
        "expected injuries that interceptions spared, people being warned either way",
    ),
    ratio("injuries_per_launch", "people", ("injuries_expected",), ("launched",), "expected injuries for each launch"),
    ratio(
        "injuries_per_launch_if_unwarned",
        "people",
        ("injuries_if_unwarned",),
        ("launched",),
        "the same had nobody been warned",
    ),
    ratio(
        "injuries_per_launch_if_undefended",
        "people",
        ("injuries_if_undefended",),
        ("launched",),
        "the same with not one interception",
    ),
    ratio(
        "injuries_per_launch_if_neither",
        "people",
        ("injuries_if_neither",),
        ("launched",),
        "the same with no interception and nobody warned",
    ),
    ratio(
        "factor_of_warning",
        "people",
        ("injuries_if_unwarned",),
        ("injuries_expected",),
        "expected injuries without warning over those with it, interceptors at work",
    ),
    ratio(
        "factor_of_interceptors",
        "people",
        ("injuries_if_undefended",),
        ("injuries_expected",),
        "expected injuries without interceptors over those with them, people being warned",
    ),
    ratio(
        "factor_of_both",
        "people",
        ("injuries_if_neither",),
        ("injuries_expected",),
        "expected injuries with neither over those with both",
    ),
)

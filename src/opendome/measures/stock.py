"""Interceptors: fired, left, wasted, and when they ran out."""

from __future__ import annotations

from opendome.measures.measure import counted, ratio, shelve

__all__ = ["MEASURES"]

MEASURES = shelve(
    counted("interceptors_fired", "stock"),
    counted("interceptors_left", "stock"),
    counted("interceptors_wasted", "stock"),
    counted("interceptors_delivered", "stock"),
    counted("rounds_initial", "stock"),
    counted("rounds_made", "stock"),
    counted("rounds_sent", "stock"),
    counted("rounds_in_transit", "stock"),
    counted("rounds_lost", "stock"),
    counted("rounds_returned", "stock"),
    counted("first_stockout_t_s", "stock", has_mean=False),
    counted("stocked_out", "stock", is_share=True),
    counted("stockout_day_capped", "stock"),
    ratio(
        "rounds_per_interception",
        "stock",
        ("interceptors_fired",),
        ("intercepted",),
        "interceptors fired for each object destroyed",
    ),
)

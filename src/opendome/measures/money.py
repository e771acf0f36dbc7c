"""Money: thousands of US dollars, at the catalogue's prices."""

from __future__ import annotations

from opendome.measures.measure import counted, ratio, shelve

__all__ = ["MEASURES"]

MEASURES = shelve(
    counted("cost_defender_kusd", "money"),
    counted("cost_attacker_kusd", "money"),
    counted("damage_kusd", "money"),
    counted("cost_shelter_kusd", "money"),
    ratio(
        "cost_ratio",
        "money",
        ("cost_defender_kusd",),
        ("cost_attacker_kusd",),
        "price of the interceptors fired over price of the objects launched",
    ),
)

"""Public figures of the systems and threats, each with its source, and every assumption with its range and reason.

The data files are read on the first question, not on import.
"""

from opendome.catalogue.figures import Figure, System, ThreatClass
from opendome.catalogue.listing import describe
from opendome.catalogue.loader import (
    civil_warning,
    key_meaning,
    key_unit,
    model_keys,
    model_value,
    production,
    sources,
    system,
    system_ids,
    system_keys,
    threat,
    threat_groups,
    threat_ids,
    threat_keys,
    threat_value,
    value_of,
)

__all__ = [
    "Figure",
    "System",
    "ThreatClass",
    "civil_warning",
    "describe",
    "key_meaning",
    "key_unit",
    "model_keys",
    "model_value",
    "production",
    "sources",
    "system",
    "system_ids",
    "system_keys",
    "threat",
    "threat_groups",
    "threat_ids",
    "threat_keys",
    "threat_value",
    "value_of",
]

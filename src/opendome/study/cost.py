"""Cost exchange of a finished study, in the definitions in use."""

from __future__ import annotations

from typing import Any

from opendome.measures.cost_exchange import DEFINITIONS, columns_needed, linear_terms
from opendome.study.paired import mean_interval
from opendome.study.record import Study

__all__ = ["cost_rows"]


def cost_rows(done: Study) -> list[dict[str, Any]]:
    """One row a definition and alternative, with its interval."""
    table, n = done.table("replications"), done.replications
    rows = []
    for i, name in enumerate(done.alternatives):
        part = table.slice(i * n, n)
        columns = {column: part.column(column).to_numpy() for column in columns_needed()}
        for definition in DEFINITIONS:
            found = mean_interval(linear_terms(definition, columns), confidence=done.manifest["confidence"])
            numbers = {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
            head = {"alternative": name, "definition": definition.name, "unit": definition.unit}
            rows.append({**head, "meaning": definition.meaning, **numbers})
    return rows

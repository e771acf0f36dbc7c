"""The table ``operations``: on which day each battery that is brought, moves or leaves begins to work, and leaves.

What decides it is drawn before the battle, so the table is made from the plan alone, without a battle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from opendome.battle.calendar import operation_times_s
from opendome.battle.plan import Plan
from opendome.results.schema import STUDY_TABLES
from opendome.scenario.compile_battle import unit_names
from opendome.scenario.world import World

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["operation_days", "operation_table"]

_DAY_S = 86400.0


def _is_listed(battery: Any, has_pool: bool) -> bool:
    """Whether a battery is brought, waits for a crew, moves or leaves."""
    is_brought = battery.transfer is not None or battery.arrives_day > 0.0
    return has_pool or is_brought or bool(battery.moves) or battery.leaves_day is not None


def operation_days(plan: Plan, seed: int, n: int) -> np.ndarray:
    """Days on which units begin to work, and on which they leave, (2, n, n_units); NaN: not before the end."""
    days = np.full((2, n, len(plan.unit_thing)), np.nan)
    if not (plan.sorties["p_late"] > 0.0).any():
        days[:] = np.stack(operation_times_s(plan, seed, 0))[:, None, :] / _DAY_S
        return days
    for replication in range(n):
        days[:, replication] = np.stack(operation_times_s(plan, seed, replication)) / _DAY_S
    return days


def operation_table(scenario: Any, world: World, alternative: str, seed: int, n: int) -> pa.Table:
    """Rows of one alternative.

    Parameters
    ----------
    scenario : Scenario      the alternative's
    world : World            the same compiled; its plan says what is left to chance
    seed, n : int            replications 0 to n - 1
    """
    model, schema = scenario.model, STUDY_TABLES["operations"]
    names = unit_names(model)
    listed = [
        (battery.id, names.index(battery.id))
        for battery in model.batteries
        if battery.id in names and _is_listed(battery, model.crews.teams is not None)
    ]
    days = operation_days(world.plan, seed, n) if listed else np.zeros((2, n, 0))
    places = [place for _, place in listed]
    return schema.table(
        {
            "alternative": [alternative] * (n * len(listed)),
            "replication": np.repeat(np.arange(n), len(listed)),
            "battery_id": [name for name, _ in listed] * n,
            "operational_day": days[0][:, places].ravel(),
            "left_day": days[1][:, places].ravel(),
        }
    )

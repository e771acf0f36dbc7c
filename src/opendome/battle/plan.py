"""What of a scenario's timetable is left to chance: what may fail, be late or wait for a crew, and who is linked to
whom. ``battle.calendar`` draws from it what one replication meets.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["LINK", "OUTAGE", "SORTIE", "THING", "TRANSFER", "Plan"]

# Anything that can fail: a battery with its post, radar and launchers; a post, a radar or launchers that stand alone; a
# link. t_from_s and t_until_s: when it is there at all. i_transfer: what brings it, -1 for nothing. needs_crew: it
# works only once a crew of the pool has been given to it.
THING = np.dtype(
    [
        ("identity", np.int64),
        ("fails_every_s", np.float64),
        ("repaired_in_s", np.float64),
        ("t_from_s", np.float64),
        ("t_until_s", np.float64),
        ("i_transfer", np.int32),
        ("needs_crew", np.int8),
    ],
    align=True,
)
OUTAGE = np.dtype([("i_thing", np.int32), ("t_from_s", np.float64), ("t_until_s", np.float64)], align=True)
# A link between two nodes: posts come first among the nodes, then sensors and launchers that stand alone.
LINK = np.dtype(
    [
        ("identity", np.int64),
        ("i_thing", np.int32),
        ("i_node", np.int32),
        ("j_node", np.int32),
        ("delay_s", np.float64),
        ("p_lost", np.float64),
    ],
    align=True,
)
# A load of a transfer: when its sortie lands by plan.
SORTIE = np.dtype(
    [
        ("i_transfer", np.int32),
        ("identity", np.int64),
        ("ordinal", np.int32),
        ("t_s", np.float64),
        ("p_late", np.float64),
        ("late_mean_s", np.float64),
    ],
    align=True,
)
# The transfer of a battery: complete when its last load has landed, and after_s later at its site.
TRANSFER = np.dtype([("t_planned_s", np.float64), ("after_s", np.float64)], align=True)


class Plan(NamedTuple):
    """Everything that chance may change before a shot is fired.

    ``is_certain``: nothing is left to it. ``changes`` of UNIT_CHANGE, those of unit i from ``first_change[i]`` up to
    ``first_change[i + 1]``; ``sensors`` of SENSOR and ``lots`` of RESUPPLY, all as planned. ``unit_thing`` (n_units,),
    ``sensor_thing`` (n_sensors,), ``post_thing`` (n_posts,) rows of ``things``; ``unit_node``, ``sensor_node`` the
    nodes of the network. ``is_linked``: only links carry reports and orders; else everybody hears everything at once.
    ``crews_s`` (n_crews,) when each crew of the pool stands ready; ``has_pool``: batteries wait for one.
    """

    is_certain: bool
    duration_s: float
    changes: np.ndarray
    first_change: np.ndarray
    sensors: np.ndarray
    lots: np.ndarray
    things: np.ndarray
    outages: np.ndarray
    unit_thing: np.ndarray
    sensor_thing: np.ndarray
    post_thing: np.ndarray
    unit_node: np.ndarray
    sensor_node: np.ndarray
    n_nodes: int
    is_linked: bool
    links: np.ndarray
    sorties: np.ndarray
    transfers: np.ndarray
    has_pool: bool
    crews_s: np.ndarray

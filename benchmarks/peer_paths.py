"""Geometry of the SimPy peer: the predicted path of a rocket, and when a unit could meet it."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.peer_data import Assessment, Rocket, Unit
from opendome.battle.state import N_NODES

__all__ = ["launch_window", "predicted_path"]


def predicted_path(
    kind: dict[str, Any], tables: list[Any], rocket: Rocket, row: Assessment
) -> list[tuple[float, float, float, float]]:
    """Give nodes (time, east, north, height) at equal steps of the predicted flight."""
    last = N_NODES - 1
    if kind["is_cruise"]:
        east_m, north_m = row.mean_east_m - row.now_east_m, row.mean_north_m - row.now_north_m
        return [
            (
                row.t_s + j / last * (row.t_impact_s - row.t_s),
                row.now_east_m + j / last * east_m,
                row.now_north_m + j / last * north_m,
                kind["height_m"],
            )
            for j in range(N_NODES)
        ]
    ranges_m, down_frac, height_m = tables[kind["i_table"]]
    east_m, north_m = row.mean_east_m - rocket.origin_east_m, row.mean_north_m - rocket.origin_north_m
    range_m = math.hypot(east_m, north_m)
    held_m = min(max(range_m, ranges_m[0]), ranges_m[-1])
    place = (held_m - ranges_m[0]) / (ranges_m[-1] - ranges_m[0]) * (len(ranges_m) - 1)
    i = min(int(place), len(ranges_m) - 2)
    weight, scale = place - i, range_m / held_m
    step = (len(down_frac[i]) - 1) // last
    flight_s = row.t_impact_s - rocket.t_origin_s
    nodes = []
    for j in range(N_NODES):
        low, high = down_frac[i][j * step], down_frac[i + 1][j * step]
        covered = low + weight * (high - low)
        low, high = height_m[i][j * step], height_m[i + 1][j * step]
        nodes.append(
            (
                rocket.t_origin_s + j / last * flight_s,
                rocket.origin_east_m + covered * east_m,
                rocket.origin_north_m + covered * north_m,
                scale * (low + weight * (high - low)),
            )
        )
    return nodes


def launch_window(
    unit: Unit, nodes: list[tuple[float, float, float, float]], t_ready_s: float
) -> tuple[float, float, float]:
    """Give earliest launch and intercept from a time on, and the latest launch (-inf where nothing is feasible)."""
    figures, hypot = unit.figures, math.hypot
    unit_east_m, unit_north_m = unit.east_m, unit.north_m
    reach_min_m, reach_max_m = figures["reach_min_m"], figures["reach_max_m"]
    height_min_m, height_max_m = figures["height_min_m"], figures["height_max_m"]
    delay_s, speed_mps = figures["flyout_delay_s"], figures["flyout_speed_mps"]
    t_launch_s, t_meet_s, t_latest_s = math.inf, math.inf, -math.inf
    before_s, node_before_s, was_inside = -math.inf, 0.0, False
    for t_s, east_m, north_m, height_m in nodes:
        ground_m = hypot(east_m - unit_east_m, north_m - unit_north_m)
        is_inside = reach_min_m <= ground_m <= reach_max_m and height_min_m <= height_m <= height_max_m
        launch_s = t_s - delay_s - hypot(ground_m, height_m) / speed_mps
        if is_inside and launch_s >= t_ready_s:
            if t_meet_s == math.inf:
                t_launch_s, t_meet_s = launch_s, t_s
                if was_inside and launch_s > before_s:
                    share = (t_ready_s - before_s) / (launch_s - before_s)
                    t_launch_s, t_meet_s = t_ready_s, node_before_s + share * (t_s - node_before_s)
            t_latest_s = max(t_latest_s, launch_s)
        was_inside = is_inside and launch_s < t_ready_s
        before_s, node_before_s = launch_s, t_s
    return t_launch_s, t_meet_s, t_latest_s

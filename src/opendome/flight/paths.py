"""Whole paths from the class tables, at the tables' own shares of the flight time: quicker than point by point."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import inlined_kernel, kernel

from .tables import FlightTables, place_in_range

__all__ = ["class_nodes", "class_rising_share"]


@kernel
def class_nodes(tables: FlightTables, i_class: int, range_m: float, step: int, nodes: NDArray[np.float64]) -> None:
    """Every ``step``-th point of the path, at the table's own shares of the flight time: quicker than `class_point`.

    ``nodes`` (k, 2) is filled with the share of the range that is covered and the height [m]; k = (n_time - 1) / step
    + 1.
    """
    i_row, weight, scale = place_in_range(tables, i_class, range_m)
    for k in range(nodes.shape[0]):
        j = k * step
        down, height = tables.down_frac[i_class, i_row, j], tables.height_m[i_class, i_row, j]
        nodes[k, 0] = down + weight * (tables.down_frac[i_class, i_row + 1, j] - down)
        nodes[k, 1] = scale * (height + weight * (tables.height_m[i_class, i_row + 1, j] - height))


@inlined_kernel
def class_rising_share(tables: FlightTables, i_class: int, range_m: float, height_m: float) -> float:
    """Share of the flight time after which the path first reaches a height [m]; infinity if it never does."""
    i_row, weight, scale = place_in_range(tables, i_class, range_m)
    last = tables.height_m.shape[2] - 1
    before_m = 0.0
    for j in range(1, last + 1):
        low, high = tables.height_m[i_class, i_row, j], tables.height_m[i_class, i_row + 1, j]
        now_m = scale * (low + weight * (high - low))
        if now_m >= height_m:
            return (j - 1 + (height_m - before_m) / (now_m - before_m)) / last
        if now_m < before_m:
            break
        before_m = now_m
    return math.inf

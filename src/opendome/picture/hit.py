"""Where an impact ellipse meets defended areas: P(hit) by area, and which areas the warning ellipse touches."""

from __future__ import annotations

import math

import numpy as np

from opendome.base.kernels import inlined_kernel
from opendome.base.types import MAX_AREAS_PER_ASSESSMENT

from .model import Mask, PictureModel
from .renewal import widest_m

__all__ = ["hit_probabilities", "is_far_from_areas"]

_FAR_SIGMAS = 3.2
_NARROW_CELLS = 3.0


@inlined_kernel
def is_far_from_areas(mask: Mask, east_m: float, north_m: float, sigma_m: float) -> bool:
    """Whether every area is more than 3.2 standard deviations away, so that P(hit) is zero."""
    ix = math.floor((east_m - mask.east_m) / mask.cell_m)
    iy = math.floor((north_m - mask.north_m) / mask.cell_m)
    jx = min(max(ix, 0), mask.index.shape[1] - 1)
    jy = min(max(iy, 0), mask.index.shape[0] - 1)
    outside_m = mask.cell_m * math.sqrt((ix - jx) ** 2 + (iy - jy) ** 2)
    return (
        mask.clear_m[jy, jx] - mask.cell_m > _FAR_SIGMAS * sigma_m + outside_m
        or outside_m > _FAR_SIGMAS * sigma_m + mask.cell_m
    )


@inlined_kernel
def _is_deep_inside(mask, row, sigma_m, areas, p_areas, is_inside):
    """Whether one area holds the whole ellipse out to 3.2 standard deviations; it is then written as the only one."""
    column, line = (row.mean_east_m - mask.east_m) / mask.cell_m, (row.mean_north_m - mask.north_m) / mask.cell_m
    if not (0.0 <= column < mask.index.shape[1] and 0.0 <= line < mask.index.shape[0]):
        return False
    area = mask.index[int(line), int(column)]
    if area < 0 or mask.edge_m[int(line), int(column)] - mask.cell_m <= _FAR_SIGMAS * sigma_m:
        return False
    areas[0], p_areas[0], is_inside[0] = area, 1.0, 1
    return True


@inlined_kernel
def hit_probabilities(model: PictureModel, casualty_area_m2: float, row, areas, p_areas, is_inside) -> None:
    """Fill the sparse P(hit) of one assessment, at most 16 areas.

    Lattice points of the standard normal are laid into the ellipse and looked up in the decision mask. ``row`` (an
    ASSESSMENT) gets n_areas, p_any and value_people (people expected in the class's casualty area); ``areas``,
    ``p_areas``, ``is_inside`` (16,) are filled in order of first meeting.
    """
    row.n_areas, row.p_any, row.value_people = 0, 0.0, 0.0
    sigma_m = widest_m(row)
    if is_far_from_areas(model.mask, row.mean_east_m, row.mean_north_m, sigma_m):
        return
    if _is_deep_inside(model.mask, row, sigma_m, areas, p_areas, is_inside):
        area = model.areas[areas[0]]
        row.n_areas, row.p_any, row.value_people = 1, 1.0, area.population / area.area_m2 * casualty_area_m2
        return
    # Cholesky factor of the covariance
    l11 = math.sqrt(row.var_east_m2)
    l21 = row.cov_m2 / l11
    l22 = math.sqrt(max(row.var_north_m2 - l21 * l21, 0.0))
    radius_squared = -2.0 * math.log(1.0 - model.ellipse_content)
    mask = model.mask
    n_rows, n_columns = mask.index.shape
    per_m = 1.0 / mask.cell_m
    x0, y0 = (row.mean_east_m - mask.east_m) * per_m, (row.mean_north_m - mask.north_m) * per_m
    l11, l21, l22 = l11 * per_m, l21 * per_m, l22 * per_m
    # A narrow ellipse needs no finer lattice than the mask has cells.
    is_narrow = sigma_m < _NARROW_CELLS * mask.cell_m
    lattice, weights = (model.lattice_narrow, model.weights_narrow) if is_narrow else (model.lattice, model.weights)
    # Where the whole lattice lies inside the mask, no point of it needs the test.
    reach = _FAR_SIGMAS * sigma_m * per_m
    is_within = reach <= x0 < n_columns - reach and reach <= y0 < n_rows - reach
    n, slot, last, gain = 0, 0, -1, 0.0
    for k in range(len(weights)):
        x, y = lattice[k, 0], lattice[k, 1]
        column, line = x0 + l11 * x, y0 + l21 * x + l22 * y
        if not (is_within or (0.0 <= column < n_columns and 0.0 <= line < n_rows)):
            continue
        area = mask.index[int(line), int(column)]
        if area < 0:
            continue
        if area != last:
            p_areas[slot] += np.float32(gain)
            gain, last, slot = 0.0, area, 0
            while slot < n and areas[slot] != area:
                slot += 1
            if slot == n:
                if n == MAX_AREAS_PER_ASSESSMENT:
                    last, slot = -1, 0
                    continue
                areas[slot], p_areas[slot], is_inside[slot] = area, 0.0, 0
                n += 1
        gain += weights[k]
        if x * x + y * y <= radius_squared:
            is_inside[slot] = 1
    p_areas[slot] += np.float32(gain)
    row.n_areas = n
    for slot in range(n):
        area = model.areas[areas[slot]]
        row.p_any += p_areas[slot]
        row.value_people += p_areas[slot] * area.population / area.area_m2 * casualty_area_m2

"""Plane geometry of polygons, without any knowledge of what the polygons mean.

A *ring* is a closed line of vertices, first vertex not repeated. Many rings are kept flat: ``vertices_m (m, 2)`` with
``ring_start (n + 1,)``, ring i being ``vertices_m[ring_start[i]:ring_start[i + 1]]``. Inside is by the even-odd rule;
a point exactly on an edge may fall on either side, but always on the same one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from opendome.base.errors import CommandError
from opendome.base.kernels import kernel

__all__ = [
    "Triangles", "clip_ring_half_space", "disc_ring", "is_point_in_ring", "is_simple_ring", "point_in_triangles",
    "points_in_ring", "ring_areas_m2", "ring_centroid_m", "segments_cross", "sunflower_disc", "triangulate",
]  # fmt: skip

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Triangles(NamedTuple):
    """A polygon cut into triangles, for drawing points uniformly: plain arrays that compiled loops accept.

    ``corners_m (k, 3, 2)`` are east and north [m]; ``cum_share (k,)`` is the share of the area in triangles 0..k,
    ending at 1.
    """

    corners_m: FloatArray
    cum_share: FloatArray


def ring_areas_m2(vertices_m: ArrayLike, ring_start: ArrayLike) -> FloatArray:
    """Signed area of each ring [m2]: positive where it runs anticlockwise (shoelace formula).

    Parameters
    ----------
    vertices_m : (m, 2)      flat vertices [m]
    ring_start : (n + 1,)    where each ring begins

    Returns
    -------
    (n,)
    """
    vertices, start = np.asarray(vertices_m, float), np.asarray(ring_start, np.int64)
    if len(start) < 2:
        return np.zeros(0)
    following = np.arange(1, len(vertices) + 1)
    following[start[1:] - 1] = start[:-1]
    # Relative to each ring's first vertex, so that a small ring far from the origin keeps its digits.
    base = np.repeat(vertices[start[:-1]], np.diff(start), axis=0)
    here, there = vertices - base, vertices[following] - base
    cross = here[:, 0] * there[:, 1] - there[:, 0] * here[:, 1]
    return np.asarray(0.5 * np.add.reduceat(cross, start[:-1]))


def ring_centroid_m(ring_m: ArrayLike) -> FloatArray:
    """Centre of area (2,) of one ring (m, 2) [m]; the mean vertex where the ring has no area."""
    ring = np.asarray(ring_m, float)
    here = ring - ring[0]
    there = np.roll(here, -1, axis=0)
    cross = here[:, 0] * there[:, 1] - there[:, 0] * here[:, 1]
    twice_area = cross.sum()
    if abs(twice_area) < 1e-9:
        return np.asarray(ring.mean(axis=0))
    return np.asarray(ring[0] + ((here + there) * cross[:, None]).sum(axis=0) / (3.0 * twice_area))


def disc_ring(centre_m: ArrayLike, radius_m: float, n_corners: int = 32) -> FloatArray:
    """Regular polygon (n_corners, 2) about ``centre_m`` (2,) whose area equals that of a disc of ``radius_m`` [m]."""
    step = 2.0 * np.pi / n_corners
    corner_m = radius_m * np.sqrt(step / np.sin(step))
    angle = np.arange(n_corners) * step
    centre = np.asarray(centre_m, float)
    return np.stack([centre[0] + corner_m * np.cos(angle), centre[1] + corner_m * np.sin(angle)], axis=1)


def sunflower_disc(n_points: int) -> FloatArray:
    """Points (n_points, 2) spread evenly over the unit disc (Vogel's spiral); the same points every time."""
    index = np.arange(n_points) + 0.5
    radius, angle = np.sqrt(index / n_points), index * (np.pi * (3.0 - np.sqrt(5.0)))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@kernel
def is_point_in_ring(east_m: float, north_m: float, vertices_m: FloatArray, first: int, end: int) -> bool:
    """Whether a point lies inside the ring ``vertices_m[first:end]`` (m, 2) [m]; even-odd rule."""
    inside = False
    before = end - 1
    for i in range(first, end):
        if (vertices_m[i, 1] > north_m) != (vertices_m[before, 1] > north_m):
            run = (vertices_m[before, 0] - vertices_m[i, 0]) / (vertices_m[before, 1] - vertices_m[i, 1])
            if east_m < vertices_m[i, 0] + (north_m - vertices_m[i, 1]) * run:
                inside = not inside
        before = i
    return inside


@njit(cache=True, nogil=True)
def points_in_ring(east_m: FloatArray, north_m: FloatArray, ring_m: FloatArray) -> NDArray[np.bool_]:
    """Which points (n,) lie inside one ring (m, 2) [m]."""
    inside = np.empty(len(east_m), np.bool_)
    for i in range(len(east_m)):
        inside[i] = is_point_in_ring(east_m[i], north_m[i], ring_m, 0, len(ring_m))
    return inside


@njit(cache=True, nogil=True)
def _side(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


@njit(cache=True, nogil=True)
def segments_cross(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> bool:
    """Whether segments ab and cd, each end (2,), cross at a point inside both."""
    return _side(a, b, c) * _side(a, b, d) < 0.0 and _side(c, d, a) * _side(c, d, b) < 0.0


@njit(cache=True, nogil=True)
def is_simple_ring(ring_m: FloatArray) -> bool:
    """Whether no two edges of the ring (m, 2) cross; edges that merely touch are let pass."""
    n = len(ring_m)
    for i in range(n - 1):
        for j in range(i + 2, n):
            if segments_cross(ring_m[i], ring_m[i + 1], ring_m[j], ring_m[(j + 1) % n]):
                return False
    return True


@njit(cache=True, nogil=True)
def _is_ear(ring: FloatArray, left: IntArray, before: int, tip: int, after: int) -> bool:
    a, b, c = ring[before], ring[tip], ring[after]
    if _side(a, b, c) <= 0.0:
        return False
    for k in range(len(left)):
        i = left[k]
        if i in (before, tip, after):
            continue
        p = ring[i]
        same = (p[0] == a[0] and p[1] == a[1]) or (p[0] == b[0] and p[1] == b[1]) or (p[0] == c[0] and p[1] == c[1])
        if not same and _side(a, b, p) >= 0.0 and _side(b, c, p) >= 0.0 and _side(c, a, p) >= 0.0:
            return False
    return True


@njit(cache=True, nogil=True)
def _clip_ears(ring: FloatArray) -> tuple[IntArray, bool]:
    """Cut ears off an anticlockwise ring (m, 2); corner numbers (k, 3) and whether it went through to the end."""
    n = len(ring)
    left = np.arange(n)
    corners = np.empty((n - 2, 3), np.int64)
    k = 0
    while len(left) > 3:
        m = len(left)
        found = -1
        for i in range(m):
            if _is_ear(ring, left, left[i - 1], left[i], left[(i + 1) % m]):
                found = i
                break
        if found < 0:  # only flat corners can be left without an ear: drop one
            for i in range(m):
                if _side(ring[left[i - 1]], ring[left[i]], ring[left[(i + 1) % m]]) == 0.0:
                    found = i
                    break
            if found < 0:
                return corners[:k], False
        else:
            corners[k, 0], corners[k, 1], corners[k, 2] = left[found - 1], left[found], left[(found + 1) % m]
            k += 1
        left = np.concatenate((left[:found], left[found + 1 :]))
    corners[k, 0], corners[k, 1], corners[k, 2] = left[0], left[1], left[2]
    return corners[: k + 1], True


def triangulate(ring_m: ArrayLike) -> Triangles:
    """Cut one simple ring (m, 2) [m] into triangles by clipping ears, always the same way.

    Raises
    ------
    CommandError
        fewer than three corners, no area, or edges that cross
    """
    ring = np.ascontiguousarray(ring_m, dtype=np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3:
        raise CommandError("a polygon needs at least three corners")
    ring = ring[np.any(ring != np.roll(ring, 1, axis=0), axis=1)]
    area_m2 = float(ring_areas_m2(ring, [0, len(ring)])[0]) if len(ring) >= 3 else 0.0
    if area_m2 == 0.0 or not np.isfinite(area_m2):
        raise CommandError("a polygon's corners must enclose an area")
    if area_m2 < 0:
        ring = np.ascontiguousarray(ring[::-1])
    corners, done = _clip_ears(ring - ring[0]) if is_simple_ring(ring) else (np.zeros((0, 3), np.int64), False)
    if not done:
        raise CommandError("the polygon's edges cross; list its corners in order around it")
    triangles = ring[corners]
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    share = np.abs((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]))
    cum_share = np.cumsum(share) / share.sum()
    cum_share[-1] = 1.0
    return Triangles(np.ascontiguousarray(triangles), cum_share)


@njit(cache=True, nogil=True)
def point_in_triangles(triangles: Triangles, u0: float, u1: float, u2: float) -> tuple[float, float]:
    """A point drawn uniformly from a polygon: ``u0`` picks the triangle, ``u1`` and ``u2`` the point; each in [0, 1).

    Returns
    -------
    east_m, north_m
    """
    i = min(int(np.searchsorted(triangles.cum_share, u0, side="right")), len(triangles.cum_share) - 1)
    root = np.sqrt(u1)
    a, b, c = 1.0 - root, root * (1.0 - u2), root * u2
    corner = triangles.corners_m[i]
    east = a * corner[0, 0] + b * corner[1, 0] + c * corner[2, 0]
    north = a * corner[0, 1] + b * corner[1, 1] + c * corner[2, 1]
    return east, north


def clip_ring_half_space(ring: ArrayLike, normal: ArrayLike) -> FloatArray:
    """Part of a ring (m, d) where ``ring @ normal >= 0``, closed along the cut: (k, d), empty where nothing is left.

    Sutherland and Hodgman (1974), one plane.
    """
    points = np.asarray(ring, float)
    if len(points) == 0:
        return points
    height = points @ np.asarray(normal, float)
    keep = height >= 0.0
    if keep.all():
        return points
    following = np.roll(np.arange(len(points)), -1)
    cut = keep != keep[following]
    count = keep.astype(np.int64) + cut
    place = np.cumsum(count) - count
    result = np.empty((int(count.sum()), points.shape[1]))
    result[place[keep]] = points[keep]
    t = height[cut] / (height[cut] - height[following][cut])
    result[(place + keep)[cut]] = points[cut] + t[:, None] * (points[following][cut] - points[cut])
    return result

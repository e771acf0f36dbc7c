"""What a picture says will be hit, when a first decision is due, beside what is: for comparing pictures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .model import Mask, PictureModel
from .renewal import decision_due_s

__all__ = ["Forecasts", "due_forecasts", "due_row", "is_farewell", "is_on_area", "linked_object"]


class Forecasts(NamedTuple):
    """By object with a track that came to a first decision (k,): its index, chance of a hit, and whether it hits.

    A cruising object's decision is due with its first assessment.
    """

    i_object: NDArray[np.int64]
    p_hit: NDArray[np.float64]
    is_hit: NDArray[np.bool_]


def is_on_area(mask: Mask, east_m: NDArray[np.float64], north_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether points (k,) lie on a defended area of the decision mask."""
    column = np.floor((east_m - mask.east_m) / mask.cell_m).astype(np.int64)
    line = np.floor((north_m - mask.north_m) / mask.cell_m).astype(np.int64)
    n_lines, n_columns = mask.index.shape
    is_within = (column >= 0) & (column < n_columns) & (line >= 0) & (line < n_lines)
    found = mask.index[np.where(is_within, line, 0), np.where(is_within, column, 0)] >= 0
    return np.asarray(is_within & found)


def is_farewell(rows: np.ndarray, k: int) -> bool:
    """Whether a track's row k only says that the track was lost: it repeats the last prediction, without a hit."""
    return k > 0 and bool(rows[k]["mean_east_m"] == rows[k - 1]["mean_east_m"])


def due_row(model: PictureModel, track: np.void, rows: np.ndarray) -> int:
    """Which of a track's assessments its first decision rests on."""
    if model.classes[track["i_class"]]["is_cruise"] == 1:
        return 0
    for k in range(len(rows) - 1):
        due_s = decision_due_s(model, track, rows[k])
        if rows[k]["t_s"] >= due_s or rows[k + 1]["t_s"] > due_s:
            return k
    return len(rows) - 1


def linked_object(links: tuple, i_track: int, t_s: float) -> int:
    """Object that a track holds at a time, -1 for none."""
    first, objects, since, until = links
    for k in range(first[i_track], first[i_track + 1]):
        if since[k] <= t_s < until[k]:
            return int(objects[k])
    return -1


def due_forecasts(
    model: PictureModel, objects: np.ndarray, tracks: np.ndarray, rows: np.ndarray, links: tuple
) -> Forecasts:
    """Chance of a hit when the first decision on each object is due.

    Parameters
    ----------
    objects, tracks, rows    of OBJECT, TRACK and ASSESSMENT
    links                    (first, object, from, until) of the tracks

    Assumes: of several tracks of one object the one that comes to a decision first counts. A track that was lost before
    makes no forecast.
    """
    chosen: dict[int, tuple[float, float]] = {}
    for i, track in enumerate(tracks):
        begin = track["first_assessment"]
        own = rows[begin : begin + track["n_assessments"]]
        k = due_row(model, track, own)
        if is_farewell(own, k):
            continue
        t_s = float(own[k]["t_s"])
        if model.classes[track["i_class"]]["is_cruise"] == 0:
            t_s = max(t_s, float(decision_due_s(model, track, own[k])))
        j = linked_object(links, i, t_s)
        if j >= 0:
            chosen[j] = min(chosen.get(j, (np.inf, 0.0)), (t_s, float(own[k]["p_any"])))
    index = np.array(sorted(chosen), np.int64)
    p_hit = np.array([chosen[j][1] for j in index])
    return Forecasts(
        index, p_hit, is_on_area(model.mask, objects["impact_east_m"][index], objects["impact_north_m"][index])
    )

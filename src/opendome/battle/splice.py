"""Make the picture of what is in the air anew from a time on: when a radar fails or a link is cut in the middle.

Nothing before that time is touched. Tracks that are still seen go on with new predictions; those that are not are
coasted and dropped; those that are seen by nobody else begin as they are found.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.types import ASSESSMENT, TRACK

from .state import TRACK_STATE, BattleState, Count, Window

__all__ = ["Seen", "splice", "under_way"]

_HEADER = ("post_mask", "i_sensor", "i_sensor_2", "i_sensor_3", "i_sensor_4")


class Seen(NamedTuple):
    """A picture of objects in the air as it is from a time on: ``perceive``'s arrays, ``i_object`` counted in the
    window.
    """

    tracks: np.ndarray
    assessments: np.ndarray
    areas: np.ndarray
    p_areas: np.ndarray
    is_inside: np.ndarray
    i_object: NDArray[np.int64]


def under_way(window: Window, t_s: float) -> NDArray[np.int64]:
    """Rows of the objects of bursts that have begun, which have neither come down nor been destroyed.

    Those of a burst that are still to be launched are among them: a picture takes a burst's sensors at its beginning.
    """
    objects, state = window.objects, window.object_state
    has_begun = np.isin(objects["burst"], objects["burst"][objects["t_launch_s"] < t_s])
    is_up = has_begun & (objects["t_impact_s"] > t_s) & (state["is_killed"] == 0)
    found: NDArray[np.int64] = np.flatnonzero(is_up)
    return found


class _Parts:
    """Rows of the window's tracks, gathered one after the other."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.areas: list[np.ndarray] = []
        self.p_areas: list[np.ndarray] = []
        self.is_inside: list[np.ndarray] = []
        self.n = 0

    def take(self, source: Window | Seen, rows: NDArray[np.int64], i_track: int, first_ordinal: int) -> int:
        """Append rows of a picture as those of a track; gives how many."""
        part = source.assessments[rows].copy()
        part["i_track"] = i_track
        part["ordinal"] = first_ordinal + np.arange(len(rows))
        self.rows.append(part)
        self.areas.append(source.areas[rows])
        self.p_areas.append(source.p_areas[rows])
        self.is_inside.append(source.is_inside[rows])
        self.n += len(rows)
        return len(rows)


def _rows_of(picture: Window | Seen, i_track: int) -> NDArray[np.int64]:
    track = picture.tracks[i_track]
    return np.arange(track["first_assessment"], track["first_assessment"] + track["n_assessments"])


def splice(window: Window, state: BattleState, t_s: float, seen: Seen, drop_s: float) -> Window:
    """The window with the picture of what is in the air made anew from ``t_s`` on.

    Parameters
    ----------
    window, state : the battle, played up to ``t_s``; the state's cursor is set
    seen : Seen         of the objects ``under_way(window, t_s)``
    drop_s : float      how long a track that nobody feeds any more is coasted

    Returns
    -------
    Window    arrays of its own
    """
    in_air = set(under_way(window, t_s).tolist())
    reported = np.flatnonzero(seen.tracks["post_mask"] != 0)
    again = {int(seen.tracks["track_id"][i]): int(i) for i in reported}
    tracks, track_state = window.tracks.copy(), window.track_state.copy()
    parts = _Parts()
    for i in range(len(tracks)):
        rows, first = _rows_of(window, i), parts.n
        linked = window.link_object[window.link_first[i] : window.link_first[i + 1]]
        is_remade = len(linked) > 0 and int(linked[0]) in in_air
        kept = rows[window.assessments["t_s"][rows] < t_s] if is_remade else rows
        if track_state[i]["current"] >= 0:
            track_state[i]["current"] += first - tracks[i]["first_assessment"]
        n = parts.take(window, kept, i, 0)
        if is_remade:
            j = again.pop(int(tracks[i]["track_id"]), -1)
            n += _go_on(seen, j, i, t_s, n, parts, tracks, track_state, drop_s)
        tracks[i]["first_assessment"], tracks[i]["n_assessments"] = first, n
    added = _found(seen, sorted(again.values()), len(tracks), t_s, parts)
    return _joined(window, state, t_s, tracks, track_state, added, seen, parts)


def _go_on(
    seen: Seen,
    j: int,
    i_track: int,
    t_s: float,
    n_before: int,
    parts: _Parts,
    tracks: np.ndarray,
    track_state: np.ndarray,
    drop_s: float,
) -> int:
    """A track's predictions from ``t_s`` on, or its end where there are none; gives how many."""
    if j < 0:
        track_state[i_track]["t_dropped_s"] = min(track_state[i_track]["t_dropped_s"], t_s + drop_s)
        return 0
    for name in _HEADER:
        tracks[i_track][name] = seen.tracks[j][name]
    rows = _rows_of(seen, j)
    return parts.take(seen, rows[seen.assessments["t_s"][rows] >= t_s], i_track, n_before)


def _found(seen: Seen, fresh: list[int], n_tracks: int, t_s: float, parts: _Parts) -> list[tuple[int, np.void]]:
    """Tracks that begin with the new picture: (row in it, header)."""
    added: list[tuple[int, np.void]] = []
    for j in fresh:
        rows, first = _rows_of(seen, j), parts.n
        n = parts.take(seen, rows[seen.assessments["t_s"][rows] >= t_s], n_tracks + len(added), 0)
        header = seen.tracks[j].copy()
        header["first_assessment"], header["n_assessments"] = first, n
        header["t_confirmed_s"] = max(float(header["t_confirmed_s"]), t_s)
        header["t_first_plot_s"] = max(float(header["t_first_plot_s"]), t_s)
        added.append((j, header))
    return added


def _joined(
    window: Window,
    state: BattleState,
    t_s: float,
    tracks: np.ndarray,
    track_state: np.ndarray,
    added: list[tuple[int, np.void]],
    seen: Seen,
    parts: _Parts,
) -> Window:
    """Old and new tracks in one window, their links, and the order in which predictions are met."""
    n = len(added)
    fresh_state = np.zeros(n, TRACK_STATE)
    fresh_state["slot"], fresh_state["current"], fresh_state["reason"] = -1, -1, 1
    fresh_state["t_dropped_s"] = np.inf
    rows = np.concatenate(parts.rows) if parts.rows else np.zeros(0, ASSESSMENT)
    order = np.argsort(rows["t_s"], kind="stable")
    if len(window.order):
        order = order[rows["t_s"][order] >= window.assessments["t_s"][window.order].min()]
    state.count[Count.CURSOR] = np.searchsorted(rows["t_s"][order], t_s, side="left")
    return window._replace(
        tracks=np.concatenate((tracks, np.array([header for _, header in added], TRACK))),
        track_state=np.concatenate((track_state, fresh_state)),
        assessments=rows,
        order=order,
        areas=np.concatenate(parts.areas) if parts.rows else window.areas,
        p_areas=np.concatenate(parts.p_areas) if parts.rows else window.p_areas,
        is_inside=np.concatenate(parts.is_inside) if parts.rows else window.is_inside,
        link_first=np.concatenate((window.link_first, window.link_first[-1] + 1 + np.arange(n))),
        link_object=np.concatenate((window.link_object, [seen.i_object[j] for j, _ in added])).astype(np.int64),
        link_from_s=np.concatenate((window.link_from_s, np.full(n, -np.inf))),
        link_until_s=np.concatenate((window.link_until_s, np.full(n, np.inf))),
    )

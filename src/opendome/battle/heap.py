"""The event queue: a binary heap in a record array, ordered by time and then by serial number."""

from __future__ import annotations

from numba import njit

from .state import BattleState, Count

__all__ = ["INTERCEPT", "LOOK", "RETRY", "WAIT", "earliest_event_s", "pop_event", "push_event"]

INTERCEPT = 0
LOOK = 1
RETRY = 2
WAIT = 3
_SIZE = int(Count.HEAP_SIZE)
_SERIAL = int(Count.SERIAL)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _is_before(a, b):
    """Whether event a comes before event b."""
    return a.t_s < b.t_s or (a.t_s == b.t_s and a.serial < b.serial)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def earliest_event_s(state: BattleState) -> float:
    """Time of the next event [s], infinity if there is none."""
    if state.count[_SIZE] == 0:
        return float("inf")
    return state.events[0].t_s


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def push_event(state: BattleState, t_s, kind, i_track, i_unit, n_rounds, outcome, p_kill) -> None:
    """Put an event in the queue. ``advance`` makes sure there is room."""
    k = state.count[_SIZE]
    state.count[_SIZE] = k + 1
    state.count[_SERIAL] += 1
    event = state.events[k]
    event.t_s, event.serial, event.kind = t_s, state.count[_SERIAL], kind
    event.i_track, event.i_unit, event.n_rounds = i_track, i_unit, n_rounds
    event.outcome, event.p_kill = outcome, p_kill
    while k > 0:
        parent = (k - 1) >> 1
        if not _is_before(state.events[k], state.events[parent]):
            break
        _swap(state.events, k, parent)
        k = parent


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _swap(events, i, j):
    """Exchange two events."""
    last = len(events) - 1
    events[last] = events[i]
    events[i] = events[j]
    events[j] = events[last]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def pop_event(state: BattleState):
    """Take the next event out; it stands in the last place of the array until the next call."""
    n = state.count[_SIZE] - 1
    state.count[_SIZE] = n
    _swap(state.events, 0, n)
    k = 0
    while True:
        child = 2 * k + 1
        if child >= n:
            break
        if child + 1 < n and _is_before(state.events[child + 1], state.events[child]):
            child += 1
        if not _is_before(state.events[child], state.events[k]):
            break
        _swap(state.events, k, child)
        k = child
    return state.events[n]

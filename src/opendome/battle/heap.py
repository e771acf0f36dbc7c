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
    events = state.events
    k = state.count[_SIZE]
    state.count[_SIZE] = k + 1
    state.count[_SERIAL] += 1
    # A new event has the highest serial, so among equal times it stays behind: only the time is compared.
    while k > 0 and t_s < events[(k - 1) >> 1].t_s:
        events[k] = events[(k - 1) >> 1]
        k = (k - 1) >> 1
    event = events[k]
    event.t_s, event.serial, event.kind = t_s, state.count[_SERIAL], kind
    event.i_track, event.i_unit, event.n_rounds = i_track, i_unit, n_rounds
    event.outcome, event.p_kill = outcome, p_kill


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def pop_event(state: BattleState):
    """Take the next event out; it stands in ``state.popped`` until the next call."""
    events = state.events
    state.popped[0] = events[0]
    n = state.count[_SIZE] - 1
    state.count[_SIZE] = n
    last = events[n]
    k = 0
    while True:
        child = 2 * k + 1
        if child >= n:
            break
        if child + 1 < n and _is_before(events[child + 1], events[child]):
            child += 1
        if not _is_before(events[child], last):
            break
        events[k] = events[child]
        k = child
    events[k] = last
    return state.popped[0]

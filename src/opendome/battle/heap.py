"""The event queue: a binary heap ordered by time and then by serial number.

``state.heap`` holds rows of ``state.events``: the first HEAP_SIZE are the queue, the rest are the free rows. Only row
numbers move, never the events.
"""

from __future__ import annotations

from opendome.base.kernels import inlined_kernel

from .state import BattleState, Count

__all__ = ["ASK", "INTERCEPT", "LOOK", "RETRY", "WAIT", "earliest_event_s", "pop_event", "push_event"]

INTERCEPT = 0
LOOK = 1
RETRY = 2
WAIT = 3
ASK = 4
_SIZE = int(Count.HEAP_SIZE)
_SERIAL = int(Count.SERIAL)


@inlined_kernel
def _is_before(a, b):
    """Whether event a comes before event b."""
    return a.t_s < b.t_s or (a.t_s == b.t_s and a.serial < b.serial)


@inlined_kernel
def earliest_event_s(state: BattleState) -> float:
    """Time of the next event [s], infinity if there is none."""
    if state.count[_SIZE] == 0:
        return float("inf")
    return state.events[state.heap[0]].t_s


@inlined_kernel
def push_event(state: BattleState, t_s, kind, i_track, i_unit, i_post, n_rounds, outcome, p_kill) -> None:
    """Put an event in the queue. ``advance`` makes sure there is room."""
    events, heap = state.events, state.heap
    k = state.count[_SIZE]
    state.count[_SIZE] = k + 1
    state.count[_SERIAL] += 1
    row = heap[k]
    event = events[row]
    event.t_s, event.serial, event.kind = t_s, state.count[_SERIAL], kind
    event.i_track, event.i_unit, event.i_post, event.n_rounds = i_track, i_unit, i_post, n_rounds
    event.outcome, event.p_kill = outcome, p_kill
    # A new event has the highest serial, so among equal times it stays behind: only the time is compared.
    while k > 0 and t_s < events[heap[(k - 1) >> 1]].t_s:
        heap[k] = heap[(k - 1) >> 1]
        k = (k - 1) >> 1
    heap[k] = row


@inlined_kernel
def pop_event(state: BattleState):
    """Take the next event out; it may be read until the next push."""
    events, heap = state.events, state.heap
    top = heap[0]
    n = state.count[_SIZE] - 1
    state.count[_SIZE] = n
    last = heap[n]
    k = 0
    while True:
        child = 2 * k + 1
        if child >= n:
            break
        if child + 1 < n and _is_before(events[heap[child + 1]], events[heap[child]]):
            child += 1
        if not _is_before(events[heap[child]], events[last]):
            break
        heap[k] = heap[child]
        k = child
    heap[k] = last
    heap[n] = top
    return events[top]

"""What a round does when it arrives, and what the defence believes it did.

The only place where tracks meet objects during a battle.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel
from opendome.base.philox import Purpose, normal_pair, stream_key, uniform_four

from .model import BattleModel
from .state import Window

__all__ = [
    "draw_drop_s",
    "draw_judgement",
    "draw_kill",
    "draw_order_lost",
    "has_living_object",
    "is_dropped",
    "linked_object",
    "object_for_luck",
]

_P_KILL = int(Purpose.KILL)
_P_SHARED = int(Purpose.KILL_SHARED)
_P_JUDGE = int(Purpose.JUDGEMENT)
_P_DROP = int(Purpose.DROP)
_P_LAUNCH_ORDER = int(Purpose.LAUNCH_ORDER)


@inlined_kernel
def linked_object(window: Window, i_track: int, t_s: float) -> int:
    """First object that the track holds at t_s and that is still in the air; -1 for none."""
    for k in range(window.link_first[i_track], window.link_first[i_track + 1]):
        if window.link_from_s[k] <= t_s < window.link_until_s[k]:
            i = window.link_object[k]
            if window.object_state[i].is_killed == 0 and t_s < window.objects[i].t_impact_s:
                return i
    return -1


@inlined_kernel
def has_living_object(window: Window, i_track: int, t_s: float) -> bool:
    """Whether plots still feed the track: it holds a living object, or never held any (a false track)."""
    first, end = window.link_first[i_track], window.link_first[i_track + 1]
    return first == end or linked_object(window, i_track, t_s) >= 0


@inlined_kernel
def object_for_luck(window: Window, i_track: int, t_s: float) -> int:
    """Object whose numbers decide a look when nothing living is there.

    The one the track holds at t_s, or its first; -1 for none.
    """
    found = linked_object(window, i_track, t_s)
    if found >= 0:
        return found
    first, end = window.link_first[i_track], window.link_first[i_track + 1]
    for k in range(first, end):
        if window.link_from_s[k] <= t_s < window.link_until_s[k]:
            return window.link_object[k]
    return window.link_object[first] if end > first else -1


@inlined_kernel
def draw_kill(seed: int, replication: int, unit, item, ordinal: int, n_rounds: int, p_kill: float) -> bool:
    """Whether any of n_rounds kills an object: each round's normal luck shares a part with its salvo.

    Numbers belong to (object, ordinal of the shot at that object), so equal ordinals meet the same luck in every
    alternative.
    """
    key_own, key_shared = stream_key(seed, _P_KILL), stream_key(seed, _P_SHARED)
    s0, s1, _, _ = uniform_four(key_shared, replication, item.burst, item.shot, ordinal)
    z_shared, _ = normal_pair(s0, s1)
    a, b = math.sqrt(unit.salvo_correlation), math.sqrt(1.0 - unit.salvo_correlation)
    for j in range(n_rounds):
        u0, u1, u2, _ = uniform_four(key_own, replication, item.burst, item.shot, ordinal + j)
        z_own, _ = normal_pair(u0, u1)
        if u2 < unit.reliability and 0.5 * math.erfc(-(a * z_shared + b * z_own) / math.sqrt(2.0)) < p_kill:
            return True
    return False


@inlined_kernel
def draw_judgement(seed: int, replication: int, unit, burst: int, shot: int, ordinal: int, is_killed: bool) -> bool:
    """Whether an engagement is judged a kill; wrong both ways at the unit's stated chances."""
    u0, _, _, _ = uniform_four(stream_key(seed, _P_JUDGE), replication, burst, shot, ordinal)
    if is_killed:
        return u0 >= unit.p_kill_judged_miss
    return u0 < unit.p_miss_judged_kill


@inlined_kernel
def draw_order_lost(seed, replication, unit, window: Window, i_track: int, t_s: float, n: int, p_lost: float) -> bool:
    """Whether the n-th launch order about a track is lost on its way to a unit."""
    i = object_for_luck(window, i_track, t_s)
    burst, shot = (window.objects[i].burst, window.objects[i].shot) if i >= 0 else (-1, window.tracks[i_track].track_id)
    key = stream_key(seed, _P_LAUNCH_ORDER) ^ stream_key(unit.identity, _P_LAUNCH_ORDER)
    u0, _, _, _ = uniform_four(key, replication, burst, shot, n)
    return u0 < p_lost


@inlined_kernel
def draw_drop_s(model: BattleModel, seed: int, replication: int, item) -> float:
    """How long a destroyed object's track is coasted before it is dropped [s]: exponential."""
    u0, _, _, _ = uniform_four(stream_key(seed, _P_DROP), replication, item.burst, item.shot, 0)
    return -model.drop_mean_s * math.log(u0)


@inlined_kernel
def is_dropped(model: BattleModel, seed: int, replication: int, window: Window, i_track: int, t_s: float) -> bool:
    """Whether a track is no longer carried on.

    What it holds was destroyed, by whomever, longer ago than a track is coasted.
    """
    found = False
    for k in range(window.link_first[i_track], window.link_first[i_track + 1]):
        if window.link_from_s[k] <= t_s < window.link_until_s[k]:
            i = window.link_object[k]
            if window.object_state[i].is_killed == 0:
                return False
            if t_s < window.object_state[i].t_killed_s + draw_drop_s(model, seed, replication, window.objects[i]):
                return False
            found = True
    return found

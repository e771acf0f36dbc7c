"""Looking at a track without deciding: what a policy may see of it, whether doctrine bars a shot, what could be done.

The kernel uses the same functions before it asks a policy; live play uses ``look_at`` to show a person what could be
done, and ``ask_about`` to put the question again when a person answers.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.types import Reason
from opendome.doctrine import view

from .feasibility import list_options
from .heap import ASK, push_event
from .model import BattleModel
from .state import BattleState, Clock, Count, Window
from .stock import total_rounds

__all__ = ["NO_BAR", "ask_about", "bar", "fill_view", "look_at"]

NO_BAR = -1
"""What ``bar`` gives where nothing bars a shot."""

_PRICE = int(Clock.SHADOW_PRICE_PEOPLE)
_PRICED = int(Clock.PRICED_ROUNDS)
_READY = int(Count.READY_ROUNDS)
_DELIVERED = int(Count.DELIVERED)
_N_OPTIONS = int(Count.N_OPTIONS)
_R_BELOW = int(Reason.BELOW_THRESHOLD)
_R_USED_UP = int(Reason.SHOTS_USED_UP)
_R_RESERVE = int(Reason.HELD_IN_RESERVE)
_SCARCITY = 0.25
"""Exponent by which the price of a round rises as the rounds that it was set for dwindle."""


@inlined_kernel
def fill_view(model: BattleModel, state: BattleState, window: Window, i_track: int, t_s: float) -> None:
    """Write what the policy may see of a track and of the stock into the state's view arrays."""
    row = window.assessments[window.track_state[i_track].current]
    track = state.view_track
    track[view.T_S], track[view.T_IMPACT_S] = t_s, row.t_impact_s
    track[view.P_HIT], track[view.VALUE_PEOPLE] = row.p_any, row.value_people
    track[view.SIGMA_M] = math.sqrt(max(row.var_east_m2, row.var_north_m2))
    track[view.N_SHOTS] = window.track_state[i_track].n_shots
    track[view.I_CLASS] = window.tracks[i_track].i_class
    track[view.IMPACT_EAST_M], track[view.IMPACT_NORTH_M] = row.mean_east_m, row.mean_north_m
    stock = state.view_stock
    stock[view.READY_ROUNDS] = state.count[_READY]
    stock[view.DEPOT_ROUNDS] = total_rounds(state) - state.count[_READY]
    stock[view.DELIVERED_ROUNDS] = state.count[_DELIVERED]
    stock[view.ROUND_PRICE_PEOPLE], stock[view.SALVO] = model.round_price_people, model.salvo
    left = max(stock[view.READY_ROUNDS] + stock[view.DEPOT_ROUNDS], 1.0)
    stock[view.SHADOW_PRICE_PEOPLE] = state.clock[_PRICE] * (state.clock[_PRICED] / left) ** _SCARCITY


@inlined_kernel
def bar(model: BattleModel, state: BattleState, window: Window, i_track: int) -> int:
    """Why doctrine bars a shot at a track whatever launchers could do: a Reason, or NO_BAR."""
    track_state = window.track_state[i_track]
    row = window.assessments[track_state.current]
    if not (row.p_any >= model.p_hit_min or row.value_people >= model.value_min_people):
        return _R_BELOW
    if track_state.n_shots >= model.max_shots:
        return _R_USED_UP
    if total_rounds(state) <= model.reserve_share * state.count[_DELIVERED] and model.reserve_share > 0.0:
        return _R_RESERVE
    return NO_BAR


@kernel
def look_at(model: BattleModel, state: BattleState, window: Window, i_track: int, t_s: float) -> tuple:
    """What could be done about a track now, without doing it: fills view and options.

    Reloads that are over are noted in ``state.launchers`` and the options' number in ``state.count``: hand in copies of
    both where the battle must not notice.

    Returns
    -------
    reason : int    a Reason; meaningful where there is no option
    t_latest_s : float    latest launch of any unit that can reach; -inf for none
    """
    state.count[_N_OPTIONS] = 0
    reason = bar(model, state, window, i_track)
    if reason != NO_BAR:
        return reason, -math.inf
    reason, t_latest_s = list_options(model, state, window, i_track, t_s)
    fill_view(model, state, window, i_track, t_s)
    return reason, t_latest_s


@kernel
def ask_about(state: BattleState, i_track: int, t_s: float) -> None:
    """Have the kernel put the decision about a track at ``t_s``, if it is open to one then.

    It is put as if what had been waited for had come: doctrine does not make a person wait for the last moment.
    """
    push_event(state, t_s, ASK, i_track, -1, 0, 0, 0, 0.0)

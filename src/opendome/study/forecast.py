"""What a round is worth for what may still come: the policy `price` sets it by rollouts of the forecast.

At the start of a day the present stock is played on, over the same few futures, with each of several prices, and the
price is taken with which fewest people in casualty areas are lost, or the lowest that the futures cannot tell from it.
Futures are drawn from the forecast's law, never from the raid that is being met, and their rate is corrected by what
has been seen so far. Everything that a formula would leave out (rate of fire, channels, reload, resupply on its way,
batteries that arrive) is priced, because it is played, to the campaign's end. The price 0 is among those tried.

Left out: engagements under way at midnight; what the hours of a day have shown until its end; what is late or broken at
the moment, where the timetable is left to chance: futures follow the plan.

References: Bertsekas, Rollout, Policy Iteration, and Distributed Reinforcement Learning (2020), for rollouts of a
parametric family; the conjugate gamma prior of a Poisson rate.
"""

from __future__ import annotations

import math

import numpy as np

from opendome.base.kernels import allocating_kernel, kernel
from opendome.base.philox import Purpose, philox_block, stream_key
from opendome.battle.kernel import advance
from opendome.battle.state import BattleState, Clock, Count, empty_window
from opendome.battle.stock import total_rounds
from opendome.battle.windows import close_window, one_to_one_links, open_window
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.scenario.world import AFTER_S, DAY_S, Forecast, World

from .stakes import lost_since
from .unit_prices import set_price_factors

__all__ = ["own_forecast", "price_rounds", "tracks_of_day"]

_P_FORECAST = int(Purpose.FORECAST)
_PRICE = int(Clock.SHADOW_PRICE_PEOPLE)
_PRICED = int(Clock.PRICED_ROUNDS)
_SIZE = int(Count.HEAP_SIZE)
_LOGGING = int(Count.IS_LOGGING)
_CHANGE = int(Count.NEXT_CHANGE)
_RESUPPLY = int(Count.NEXT_RESUPPLY)
_EPOCH = int(Count.EPOCH)
_NEXT = int(Clock.NEXT_SCHEDULED_S)
_NEIGHBOURS = 1


def own_forecast(world: World, is_on: bool) -> World:
    """The world with a forecast of its own to correct; worlds are shared by threads. ``is_on``: rounds are priced."""
    forecast: Forecast = world.forecast
    raid = forecast.raid._replace(day_mean=forecast.day_mean.copy())
    return world._replace(forecast=forecast._replace(is_on=is_on, raid=raid))


@kernel
def tracks_of_day(window, day) -> int:
    """Tracks that were first seen on a day or later: what the defence has counted of its raid."""
    n = 0
    for i in range(len(window.tracks)):
        if window.tracks[i].t_first_plot_s >= day * DAY_S:
            n += 1
    return n


@allocating_kernel
def _copy(state):
    """A copy of the state in which nothing is under way."""
    new = BattleState(
        state.clock.copy(),
        state.count.copy(),
        state.depots.copy(),
        state.on_order.copy(),
        state.n_orders.copy(),
        state.orders.copy(),
        state.lorries_free_s.copy(),
        state.launchers.copy(),
        state.units.copy(),
        np.zeros_like(state.busy),
        state.fired_by_unit.copy(),
        np.full_like(state.slots, -np.inf),
        np.zeros_like(state.slot_cursor),
        state.events.copy(),
        state.heap.copy(),
        state.view_track.copy(),
        state.view_options.copy(),
        state.view_stock.copy(),
        state.option_launcher.copy(),
        state.nodes.copy(),
        state.path.copy(),
        state.decisions[:1].copy(),
        state.launches[:1].copy(),
        state.intercepts[:1].copy(),
    )
    new.count[_SIZE], new.count[_LOGGING] = 0, 0
    return new


@kernel
def _expect_the_plan(world, state, t_s):
    """Turn to the timetable as planned from a time on; what is late is not waited for, what has failed works again when
    the plan says so."""
    if world.plan.is_certain:
        return
    model, n = world.forecast.battle, 0
    while n < len(model.change_order) and model.changes[model.change_order[n]].t_s <= t_s:
        n += 1
    state.count[_CHANGE], n = n, 0
    while n < len(model.resupply) and model.resupply[n].t_s <= t_s:
        n += 1
    state.count[_RESUPPLY], n = n, 0
    while n + 1 < len(model.net.t_s) and model.net.t_s[n + 1] <= t_s:
        n += 1
    state.count[_EPOCH], state.clock[_NEXT] = n, t_s


@allocating_kernel
def _play_on(world, state, seed, future, first_day, rule, price_people):
    """People lost in one future with one price."""
    state, battle = _copy(state), world.forecast.battle
    _expect_the_plan(world, state, first_day * DAY_S)
    state.clock[_PRICE], state.clock[_PRICED] = price_people, max(total_rounds(state), 1)
    window, people = empty_window(), 0.0
    for day in range(first_day, world.n_days):
        objects, _ = draw_day(world.forecast.raid, seed, future, day)
        tracks, rows, areas, p_areas, is_inside, i_object = perceive(world.forecast.picture, seed, future, objects)
        window = open_window(
            window, state, day * DAY_S, objects, tracks, rows, areas, p_areas, is_inside, one_to_one_links(i_object)
        )
        until_s = (day + 1) * DAY_S
        advance(battle, state, window, seed, future, until_s, rule, False)
        if day == world.n_days - 1:
            until_s += AFTER_S
            advance(battle, state, window, seed, future, until_s, rule, False)
        people += lost_since(world, window, until_s)[1]
        window = close_window(window, state, until_s, 0.0)
    return people


@kernel
def _correct_rate(forecast, day, n_seen, tracks_per_launch):
    """Scale the forecast's daily means by the posterior mean of the rate, given the tracks counted until now."""
    expected = 0.0
    for d in range(day):
        expected += forecast.day_mean[d]
    evidence = expected / forecast.variance_over_mean
    scale = 1.0
    if expected > 0.0 and forecast.precision < math.inf and tracks_per_launch > 0.0:
        seen = n_seen / (expected * tracks_per_launch)
        scale = (forecast.precision + evidence * seen) / (forecast.precision + evidence)
    for d in range(len(forecast.day_mean)):
        forecast.raid.day_mean[d] = scale * forecast.day_mean[d]


@allocating_kernel
def _tracks_per_launch(world, seed):
    """Share of launches that become a track, by the forecast's own futures."""
    launched, tracked = 0, 0
    for future in range(world.forecast.n_futures):
        objects, _ = draw_day(world.forecast.raid, seed, future, 0)
        launched += len(objects)
        tracked += len(perceive(world.forecast.picture, seed, future, objects)[0])
    return tracked / launched if launched > 0 else 0.0


@allocating_kernel
def _lowest_that_will_do(lost):
    """Row of the lowest price whose loss (n_prices, n_futures) is above the least by no more than one paired standard
    error: what futures cannot tell apart is no reason to hold fire.
    """
    n = lost.shape[1]
    best = np.argmin(lost.sum(axis=1))
    for i in range(best):
        more = lost[i] - lost[best]
        mean = more.mean()
        if mean * math.sqrt(n) <= math.sqrt(((more - mean) ** 2).sum() / max(n - 1, 1)):
            return i
    return best


@allocating_kernel
def price_rounds(world: World, state: BattleState, seed: int, replication: int, day: int, n_seen: int, rule) -> None:
    """Set the state's price of a round for a day.

    Parameters
    ----------
    world : World     with a forecast of its own (``own_forecast``)
    state : BattleState
    seed, replication, day : int    they name the futures
    n_seen : int      tracks counted on the days before
    rule : cfunc of POLICY_SIGNATURE    the rule that is priced
    """
    forecast = world.forecast
    a, b, _, _ = philox_block(stream_key(seed, _P_FORECAST), replication, day, 0, 0)
    futures_seed = np.int64((a << np.uint64(30)) ^ b)
    _correct_rate(forecast, day, n_seen, _tracks_per_launch(world, futures_seed) if day > 0 else 0.0)
    set_price_factors(world, state, futures_seed, day)
    prices = forecast.prices_people
    low, high = 0, len(prices)
    if day > 0:
        last = np.searchsorted(prices, state.clock[_PRICE])
        low, high = max(last - _NEIGHBOURS, 0), min(last + _NEIGHBOURS + 1, len(prices))
    lost = np.empty((high - low, forecast.n_futures))
    for i in range(low, high):
        for future in range(forecast.n_futures):
            lost[i - low, future] = _play_on(world, state, futures_seed, future, day, rule, prices[i])
    state.clock[_PRICE], state.clock[_PRICED] = prices[low + _lowest_that_will_do(lost)], max(total_rounds(state), 1)

"""Moments of decision: what could be done about a track, what was done, and what would have come of something else.

A replication is a function of its scenario, seed and number. So it is played again to the moment, answered otherwise
there, and played on by the same rule, against the same raid and with the same luck.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.battle.state import Count
from opendome.doctrine import view
from opendome.scenario.compile import compile_world, unit_names
from opendome.scenario.scenario import Scenario
from opendome.scenario.world import TrackedWorld, World

from .doors import Play, as_function, find_policy, is_priced
from .single import Run

__all__ = ["Moment", "Moments", "choice_of", "moments_of"]


class Moment(NamedTuple):
    """One decision: ``ordinal`` its number in the replication; ``track`` (N_TRACK,), ``options`` (n, N_OPTION) and
    ``stock`` (N_STOCK,) as the rule saw them (columns in ``doctrine.view``); ``choice`` the row it took, -1 for none.
    """

    ordinal: int
    track: NDArray[np.float64]
    options: NDArray[np.float64]
    stock: NDArray[np.float64]
    choice: int

    def people_saved(self) -> NDArray[np.float64]:
        """People whom each option would save in expectation (n,)."""
        return self.track[view.VALUE_PEOPLE] * self.options[:, view.P_KILL]

    def net_people(self, price_people: float) -> NDArray[np.float64]:
        """The same less the price of the rounds (n,), which is ``price_people`` a round at the dearest unit."""
        price = price_people * self.options[:, view.PRICE_FACTOR]
        return self.people_saved() - price * self.options[:, view.N_ROUNDS]

    def cost_people(self, price_people: float) -> float:
        """What the choice cost in expectation against the best option or holding, by that price; never below 0."""
        net = np.append(self.net_people(price_people), 0.0)
        return float(net.max() - net[self.choice])


class Moments(NamedTuple):
    """Moments of one track in one replication, and how it is played again; ``units`` names of the fire units."""

    scenario: Scenario
    seed: int
    replication: int
    track_id: int
    units: list[str]
    found: list[Moment]
    replay: Callable[[int, int], Run]
    """``replay(ordinal, choice)``: the run in which that decision is answered so, and all others by the rule."""


def _play(
    world: World | TrackedWorld,
    seed: int,
    replication: int,
    rule: Any,
    on_decision: Callable[[Play, int, int], int],
) -> Play:
    """Play a replication; ``on_decision(play, ordinal, choice)`` may change the rule's answer."""
    choose = as_function(rule)
    play = Play(world, seed, replication, is_priced=is_priced(rule))
    state, ordinal = play.state, 0
    while play.decide():
        n = state.count[Count.N_OPTIONS]
        choice = choose(state.view_track, state.view_options[:n], state.view_stock)
        play.answer(on_decision(play, ordinal, choice))
        ordinal += 1
    return play


def _pending_track(play: Play) -> int:
    """Id of the track that a decision is about."""
    return int(play.window.tracks["track_id"][play.state.count[Count.PENDING_TRACK]])


def moments_of(scenario: Scenario, seed: int, replication: int, track_id: int, policy: Any = None) -> Moments:
    """Decisions about a track.

    Parameters
    ----------
    policy : str or policy, optional    by default the scenario's ``doctrine.policy``

    Raises
    ------
    CommandError    the scenario's policy is unknown
    """
    rule = find_policy(scenario.model.doctrine.policy if policy is None else policy)
    world = compile_world(scenario)
    found: list[Moment] = []

    def note(play: Play, ordinal: int, choice: int) -> int:
        if _pending_track(play) == track_id:
            state = play.state
            options = state.view_options[: state.count[Count.N_OPTIONS]].copy()
            is_row = 0 <= choice < len(options)
            found.append(
                Moment(ordinal, state.view_track.copy(), options, state.view_stock.copy(), choice if is_row else -1)
            )
        return choice

    _play(world, seed, replication, rule, note)

    def replay(at: int, instead: int) -> Run:
        play = _play(world, seed, replication, rule, lambda _, k, choice: instead if k == at else choice)
        return Run(scenario, seed, replication, play.row, {})

    return Moments(scenario, seed, replication, track_id, list(unit_names(scenario.model)), found, replay)


def choice_of(moment: Moment, policy: Any) -> int:
    """Row that another policy would take at a moment, -1 for none.

    Raises
    ------
    CommandError    there is no policy of that name
    """
    rule = find_policy(policy)
    if is_priced(rule) and moment.stock[view.SHADOW_PRICE_PEOPLE] == 0.0:
        raise CommandError("`price` needs rollouts, which this run did not make; run it with doctrine.policy: price")
    choice = int(as_function(rule)(moment.track, moment.options, moment.stock))
    return choice if 0 <= choice < len(moment.options) else view.HOLD

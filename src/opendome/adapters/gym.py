"""The defence as a Gymnasium environment: one step is one decision of the battle kernel.

Gymnasium (Farama Foundation, MIT licence) is the interface by which learning programs meet their tasks. It is optional:
install the extra ``opendome[gym]``. Importing this module registers ``OpenDome/Defence-v0``::

    import gymnasium
    import opendome.adapters.gym

    env = gymnasium.make("OpenDome/Defence-v0", scenario="coastland")

**Observation**: what a policy may see and nothing else, the columns of ``doctrine.view``: ``track`` (9,), ``options``
(n, 9) with rows of zeros where there is no option, ``stock`` (5,), and ``action_mask`` (n + 1,). SI units, float64.
Once the episode is over there is no decision: zeros, and a mask that allows holding only.

**Action**: 0 holds, k carries out option k - 1. An action that the mask forbids counts as holding, and ``info`` says
so.

**Reward**: minus the people in the casualty area of leaks that came down since the last step, as the measure
``people_exposed`` counts them, minus the price of the rounds fired. The first step also bears what came down before the
first decision and the last one what comes down after the last, so that the sum over an episode is

    -people_exposed - round_price_people * interceptors_fired

**Episode**: one replication, the same as that of a study with the same seed; it ends when everything has come down and
is never cut short.
"""

from __future__ import annotations

import copy
import math
import operator
from typing import Any, SupportsIndex

import numpy as np

from opendome.base.errors import CommandError, nearest_name

try:
    import gymnasium
except ImportError as error:
    raise CommandError(
        f"the Gymnasium adapter needs the package `gymnasium` ({error}): uv pip install opendome[gym]"
    ) from None

from opendome.doctrine.view import HOLD
from opendome.measures.derive import derive
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.scenario.scenario import Scenario
from opendome.scenario.world import TrackedWorld, World

from .gym_episode import FOUND, PEOPLE, SHOWN, Episode, Table
from .gym_spaces import (
    as_observation,
    count_options,
    find_bounds,
    make_action_space,
    make_observation_space,
    make_view,
)

__all__ = ["ENV_ID", "DefenceEnv", "Task", "make_env"]

ENV_ID = "OpenDome/Defence-v0"
"""Name under which Gymnasium knows the environment; a change of observation, action or reward changes the number."""

_PICTURES = ("statistical", "tracked")
_MOST_REPLICATIONS = 2**31


class Task:
    """What an environment is about: a compiled scenario with its spaces and the price of a round.

    Parameters
    ----------
    scenario : Scenario, or path or name of one
    alternative : str, optional         one of its alternatives; by default the scenario as written
    picture : str, optional             ``"statistical"`` or ``"tracked"``; by default the scenario's ``picture.kind``
    round_price_people : float, optional    price of a round [people]; by default the doctrine's
    n_options : int, optional           rows of options in an observation; by default as many as the scenario can offer

    Raises
    ------
    CommandError    a value that cannot be
    ScenarioError   the scenario is wrong
    """

    def __init__(
        self,
        scenario: Any,
        alternative: str | None = None,
        picture: str | None = None,
        round_price_people: float | None = None,
        n_options: int | None = None,
    ) -> None:
        self.scenario = _find_scenario(scenario, alternative, picture)
        self.compiled: World | TrackedWorld = compile_world(self.scenario)
        world = self.compiled.world if isinstance(self.compiled, TrackedWorld) else self.compiled
        self.n_options = count_options(world, n_options)
        self.bounds = find_bounds(world)
        price = world.battle.round_price_people if round_price_people is None else round_price_people
        if not isinstance(price, int | float | np.number) or not 0.0 <= price < math.inf:
            raise CommandError(f"round_price_people must be a number of people, 0 or more, not {price!r}")
        self.round_price_people = float(price)


def _find_scenario(scenario: Any, alternative: str | None, picture: str | None) -> Scenario:
    found = scenario if isinstance(scenario, Scenario) else load(scenario)
    if alternative is not None:
        found = found.alternative(alternative)
    if picture is not None and picture not in _PICTURES:
        raise CommandError(f"unknown picture `{picture}`: write {' or '.join(_PICTURES)}")
    if picture is not None and picture != found.model.picture.kind:
        found = found.override({"picture.kind": picture})
    return found


def check_number(value: Any, name: str, end: int) -> int:
    """Give a whole number from 0 to below ``end``, or say what is wrong with it."""
    try:
        number = operator.index(value)
    except TypeError:
        raise CommandError(f"{name} must be a whole number, not {value!r}") from None
    if not 0 <= number < end:
        raise CommandError(f"{name} must be from 0 to {end - 1}, not {number}")
    return number


def check_seed(seed: Any) -> int:
    """Give a seed that a study may have."""
    return check_number(seed, "seed", 2**63)


def asked_replication(options: dict[str, Any] | None) -> int | None:
    """Give the replication that ``reset`` is asked for; None if it is not."""
    for name in options or {}:
        if name != "replication":
            hint = nearest_name(name, ["replication"])
            raise CommandError(f"reset knows no option `{name}`: {hint or 'its one option is `replication`'}")
    if not options:
        return None
    return check_number(options["replication"], "options['replication']", _MOST_REPLICATIONS)


def measures_of(row: np.ndarray) -> dict[str, float | None]:
    """Give every measure of a replication by name; None where it has no value."""
    values = {name: float(column[0]) for name, column in derive(row[None, :]).items()}
    return {name: None if math.isnan(value) else value for name, value in values.items()}


class DefenceEnv(gymnasium.Env[dict[str, np.ndarray], SupportsIndex]):
    """The decisions of one defence, one at a time; see the module for observation, action and reward.

    Parameters
    ----------
    scenario, alternative, picture, round_price_people, n_options
        As for ``Task``.
    seed : int          study seed of the first episodes; ``reset(seed=...)`` gives another one

    Notes
    -----
    ``reset(seed=s)`` plays replication 0 of the study with seed s, and each further ``reset()`` the next replication.
    ``reset(options={"replication": k})`` plays replication k; the one after it is k + 1. So every episode is a
    replication of ``od.run(scenario, seed=s, replication=k)``, and what is drawn depends on these two numbers alone.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - so Gymnasium has it

    def __init__(
        self,
        scenario: Any = "coastland",
        alternative: str | None = None,
        seed: int = 0,
        *,
        picture: str | None = None,
        round_price_people: float | None = None,
        n_options: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None:
            raise CommandError(f"there is no render mode `{render_mode}`: leave it out")
        self.task = Task(scenario, alternative, picture, round_price_people, n_options)
        self.observation_space = make_observation_space(self.task.bounds, self.task.n_options)
        self.action_space = make_action_space(self.task.n_options)
        self.render_mode = None
        self._table = Table(self.task.bounds)
        self._seed, self._next_replication = check_seed(seed), 0
        self._episode: Episode | None = None
        self._is_over = True
        self._n_shown = self._n_fired = 0

    @property
    def replication(self) -> int:
        """Number of the replication that is played."""
        return -1 if self._episode is None else self._episode.replication

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begin an episode.

        Parameters
        ----------
        seed : int, optional       study seed; the count of replications begins again at 0
        options : dict, optional   ``{"replication": k}`` plays replication k

        Returns
        -------
        observation, info          ``info``: ``seed``, ``replication``, ``n_options`` (options there are)

        Raises
        ------
        CommandError
            A seed, an option or a replication that cannot be.
        """
        if seed is not None:
            self._seed, self._next_replication = check_seed(seed), 0
            super().reset(seed=self._seed)
        asked = asked_replication(options)
        replication = self._next_replication if asked is None else asked
        self._next_replication = (replication + 1) % _MOST_REPLICATIONS
        self._episode = Episode(self.task.compiled, self._seed, replication, self._table, 0)
        view = make_view(self.task.n_options)
        self._is_over = True  # and stays so if the battle overflows
        self._episode.begin(view)
        self._is_over = False
        self._n_shown, self._n_fired = int(self._episode.account[SHOWN]), 0
        info = {"seed": self._seed, "replication": replication, "n_options": int(self._episode.account[FOUND])}
        return as_observation(view), info

    def step(self, action: SupportsIndex) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Carry out an order and go on to the next decision.

        Parameters
        ----------
        action : int               0 holds, k carries out option k - 1

        Returns
        -------
        observation, reward, terminated, truncated, info
            ``info``: ``is_out_of_mask`` (the action was no option, and counted as holding), ``n_rounds`` fired,
            ``people_exposed`` since the last step, ``n_options`` (options there are, more than shown if ``n_options``
            was set too low), and at the end ``measures`` of the replication, as ``od.run(...).measures()`` has them

        Raises
        ------
        CommandError
            No episode is on, or the action lies outside the action space.
        """
        episode = self._episode
        if episode is None or self._is_over:
            raise CommandError("no episode is on: call reset() first")
        task = self.task
        number = check_number(action, "action", task.n_options + 1)
        is_out_of_mask = number > self._n_shown
        view = make_view(task.n_options)
        self._is_over = True  # and stays so if the battle overflows
        is_on = episode.act(HOLD if is_out_of_mask else number - 1, view)
        people, fired, n_shown, n_found = episode.account.tolist()
        episode.account[PEOPLE] = 0.0
        n_rounds = int(fired) - self._n_fired
        self._n_shown, self._n_fired, self._is_over = int(n_shown), int(fired), not is_on
        info: dict[str, Any] = {
            "is_out_of_mask": is_out_of_mask,
            "n_rounds": n_rounds,
            "people_exposed": people,
            "n_options": int(n_found),
        }
        if not is_on:
            info["measures"] = measures_of(episode.row)
        return as_observation(view), -people - task.round_price_people * n_rounds, not is_on, False, info

    def action_masks(self) -> np.ndarray:
        """Give which actions are orders now, (n_options + 1,) of bool; holding always is."""
        masks = np.zeros(self.task.n_options + 1, np.bool_)
        masks[: self._n_shown + 1] = True
        return masks


def make_env(scenario: Any = "coastland", alternative: str | None = None, seed: int = 0, **more: Any) -> DefenceEnv:
    """Make the environment without Gymnasium's wrappers, which check each step and cost time.

    Parameters
    ----------
    scenario, alternative, seed    as for ``DefenceEnv``
    **more                         its further parameters: ``picture``, ``round_price_people``, ``n_options``

    Returns
    -------
    DefenceEnv
    """
    env = DefenceEnv(scenario, alternative, seed, **more)
    env.spec = copy.copy(gymnasium.spec(ENV_ID))
    env.spec.kwargs = {"scenario": scenario, "alternative": alternative, "seed": seed, **more}
    return env


gymnasium.register(
    ENV_ID,
    entry_point="opendome.adapters.gym:DefenceEnv",
    vector_entry_point="opendome.adapters.gym_vector:DefenceVectorEnv",
)

"""Many replications of one defence side by side: the vector form of the environment.

All of them stand at a decision, their orders are carried out in one call of compiled code, and the observations are
written straight into the arrays that are handed out. Each replication is the same as one played alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from opendome.base.errors import CommandError
from opendome.battle.state import Status
from opendome.doctrine.view import HOLD

from .gym import Task, asked_replication, check_number, check_seed, measures_of
from .gym_episode import FIRED, FOUND, PEOPLE, SHOWN, Episode, Table, View, act_all
from .gym_spaces import as_observation, make_action_space, make_observation_space, make_views

__all__ = ["DefenceVectorEnv"]

_DECISION = int(Status.DECISION)


class DefenceVectorEnv(VectorEnv):
    """Several defences at once; observation, action and reward as in ``adapters.gym``, with one more axis in front.

    Parameters
    ----------
    num_envs : int      how many
    scenario, alternative, seed, picture, round_price_people, n_options
        As for ``DefenceEnv``.

    Notes
    -----
    With one seed for all, seat i plays replications i, i + num_envs, i + 2 num_envs, ... of that study, so that no two
    play the same. With a list of seeds each seat plays replications 0, 1, 2, ... of its own. An episode that is over
    begins anew at the next step, whose action is not read and whose reward is 0 (``AutoresetMode.NEXT_STEP``).
    """

    metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012 - so Gymnasium has it

    def __init__(
        self,
        num_envs: int = 1,
        scenario: Any = "coastland",
        alternative: str | None = None,
        seed: int = 0,
        *,
        picture: str | None = None,
        round_price_people: float | None = None,
        n_options: int | None = None,
    ) -> None:
        self.num_envs = n = check_number(num_envs, "num_envs", 2**20)
        if n == 0:
            raise CommandError("num_envs must be at least 1")
        self.task = Task(scenario, alternative, picture, round_price_people, n_options)
        self.single_observation_space = make_observation_space(self.task.bounds, self.task.n_options)
        self.single_action_space = make_action_space(self.task.n_options)
        self.observation_space = batch_space(self.single_observation_space, n)
        self.action_space = batch_space(self.single_action_space, n)
        self.render_mode = None
        self._table = Table(self.task.bounds)
        self._episodes: list[Episode] = []
        self._accounts = np.zeros((n, 4))
        self._statuses, self._until_s = np.zeros(n, np.int64), np.zeros(n)
        self._is_live, self._n_fired = np.zeros(n, np.bool_), np.zeros(n)
        self._count_from(check_seed(seed))

    def _count_from(self, seed: int | list[int]) -> None:
        """Give every seat its seed, its first replication and the step to the next."""
        n = self.num_envs
        is_one = not isinstance(seed, list)
        self._seeds = [seed] * n if not isinstance(seed, list) else seed
        self._next = list(range(n)) if is_one else [0] * n
        self._stride = n if is_one else 1

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begin an episode at every seat.

        Parameters
        ----------
        seed : int or list of int, optional     one study for all, or one for each
        options : dict, optional                ``{"replication": k}``: seat i plays replication k + i

        Returns
        -------
        observations, infos                     ``infos``: arrays ``seed``, ``replication``, ``n_options``

        Raises
        ------
        CommandError
            A seed or an option that cannot be.
        """
        if isinstance(seed, list):
            if len(seed) != self.num_envs:
                raise CommandError(f"give one seed or {self.num_envs} of them, not {len(seed)}")
            self._count_from([check_seed(one) for one in seed])
        elif seed is not None:
            self._count_from(check_seed(seed))
        first = asked_replication(options)
        if first is not None:
            self._next = [first + i for i in range(self.num_envs)]
        views = make_views(self.num_envs, self.task.n_options)
        self._episodes = []  # none is on if a battle overflows
        self._episodes = [self._begin(i, views) for i in range(self.num_envs)]
        return as_observation(views), self._first_infos()

    def _begin(self, i: int, views: View) -> Episode:
        """The next episode of a seat, at its first decision."""
        replication = check_number(self._next[i], "replication", 2**31)
        self._next[i] = replication + self._stride
        episode = Episode(self.task.compiled, self._seeds[i], replication, self._table, i, self._accounts[i])
        episode.begin(_row(views, i))
        self._until_s[i], self._is_live[i], self._n_fired[i] = episode.until_s, True, 0.0
        return episode

    def _first_infos(self) -> dict[str, Any]:
        return {
            "seed": np.array(self._seeds, np.int64),
            "replication": np.array([episode.replication for episode in self._episodes]),
            "n_options": self._accounts[:, FOUND].astype(np.int64),
        }

    def step(
        self, actions: np.ndarray
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Carry out an order at every seat and go on to its next decision.

        Parameters
        ----------
        actions : array (num_envs,) of int

        Returns
        -------
        observations, rewards, terminations, truncations, infos
            ``infos``: arrays ``is_out_of_mask``, ``n_rounds``, ``people_exposed``, ``n_options``; and where an episode
            ended ``measures``, an array of dicts with ``_measures`` saying which seats have one

        Raises
        ------
        CommandError
            No episodes are on, or an action lies outside the action space.
        """
        actions = self._checked(actions)
        views, is_live = make_views(self.num_envs, self.task.n_options), self._is_live.copy()
        is_out_of_mask = (actions > self._accounts[:, SHOWN]) & is_live
        choices = np.where(is_out_of_mask, HOLD, actions - 1)
        ended = np.zeros(self.num_envs, np.bool_)
        episodes, self._episodes = self._episodes, []  # none is on if the battle overflows
        if act_all(self._table.rows, choices, is_live, self._until_s, self._statuses, *views):
            for i in np.flatnonzero(is_live & (self._statuses != _DECISION)).tolist():
                episode = episodes[i]
                ended[i] = not episode.leave_stretch(int(self._statuses[i]), _row(views, i))
                self._until_s[i] = episode.until_s
        people, fired = self._accounts[:, PEOPLE].copy(), self._accounts[:, FIRED].copy()
        n_rounds = fired - self._n_fired
        self._n_fired[:], self._accounts[:, PEOPLE] = fired, 0.0
        if not is_live.all():
            for i in np.flatnonzero(~is_live).tolist():
                episodes[i] = self._begin(i, views)
            people[~is_live] = n_rounds[~is_live] = 0.0
        self._is_live[ended] = False
        self._episodes = episodes
        infos = {
            "is_out_of_mask": is_out_of_mask,
            "n_rounds": n_rounds.astype(np.int64),
            "people_exposed": people,
            "n_options": self._accounts[:, FOUND].astype(np.int64),
        }
        if ended.any():
            infos |= {"measures": self._measures(ended), "_measures": ended}
        rewards = -people - self.task.round_price_people * n_rounds
        return as_observation(views), rewards, ended, np.zeros_like(ended), infos

    def _checked(self, actions: Any) -> np.ndarray:
        if not self._episodes:
            raise CommandError("no episodes are on: call reset() first")
        found = np.asarray(actions)
        if found.shape != (self.num_envs,) or not np.issubdtype(found.dtype, np.integer):
            raise CommandError(
                f"actions must be {self.num_envs} whole numbers, not {found.dtype} of shape {found.shape}"
            )
        if found.min() < 0 or found.max() > self.task.n_options:
            raise CommandError(f"actions must be from 0 to {self.task.n_options}, not {found.min()} to {found.max()}")
        return found.astype(np.int64)

    def _measures(self, ended: np.ndarray) -> np.ndarray:
        found = np.full(self.num_envs, None, object)
        for i in np.flatnonzero(ended).tolist():
            found[i] = measures_of(self._episodes[i].row)
        return found

    def action_masks(self) -> np.ndarray:
        """Give which actions are orders now, (num_envs, n_options + 1) of bool; holding always is."""
        shown: np.ndarray = np.arange(self.task.n_options + 1) <= self._accounts[:, SHOWN, None]
        return shown


def _row(views: View, i: int) -> View:
    return View(*(array[i] for array in views))

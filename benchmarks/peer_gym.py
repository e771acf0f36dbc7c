"""The peer of the environment: the same decisions as a Gymnasium environment around the SimPy battle.

Written as one would write it around a SimPy model: the model runs until a rocket wants a decision, the order is carried
out, the model goes on. Raid, picture and luck are given to it ready-made. It offers the one shot that intercepts first,
which is what the rule ``earliest`` takes.
"""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
import simpy
from gymnasium import spaces

from benchmarks.peer_data import Assessment, Luck, Rocket, draw_rockets, flight_rows
from benchmarks.peer_simpy import Battle, Shot
from opendome.base.types import Fate, Reason
from opendome.doctrine import view
from opendome.scenario.world import World

__all__ = ["SimpyDefence"]

_DAY_S = 86400.0
_AFTER_S = 7200.0


class AskingBattle(Battle):
    """The battle that leaves its orders to somebody else."""

    pending: tuple[Rocket, Assessment, Shot, float, bool] | None = None

    def order(self, rocket: Rocket, row: Assessment, shot: Shot, t_s: float, is_waited: bool) -> None:
        """Wait for an order instead of carrying one out."""
        self.pending = (rocket, row, shot, t_s, is_waited)

    def carry_out(self, is_fired: bool) -> None:
        """Carry out the order for the pending decision."""
        assert self.pending is not None
        rocket, row, shot, t_s, is_waited = self.pending
        self.pending = None
        if is_fired:
            super().order(rocket, row, shot, t_s, is_waited)
        else:
            self.refuse(rocket, Reason.POLICY_DECLINED)


class SimpyDefence(gymnasium.Env):
    """One decision a step, as in ``opendome.adapters.gym``: the same columns, the same reward."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.seed = world, seed
        self.tables = flight_rows(world)
        self.price = world.battle.round_price_people
        self.people = _people_by_class_and_area(world)
        self.action_space = spaces.Discrete(2)
        self.observation_space = spaces.Dict(
            {
                "options": spaces.Box(-math.inf, math.inf, (1, view.N_OPTION), np.float64),
                "stock": spaces.Box(-math.inf, math.inf, (view.N_STOCK,), np.float64),
                "track": spaces.Box(-math.inf, math.inf, (view.N_TRACK,), np.float64),
            }
        )

    def prepare(self, replication: int, luck: Luck) -> list[Rocket]:
        """Draw raid and picture, which no clock counts."""
        self.luck = luck
        return draw_rockets(self.world, self.seed, replication)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin with the rockets given as ``options["rockets"]``."""
        assert options is not None
        self.rockets: list[Rocket] = options["rockets"]
        self.env = simpy.Environment()
        self.battle = AskingBattle(self.env, self.world, self.tables, self.rockets, self.luck)
        self.landings = sorted((one for one in self.rockets if _is_harmful(one)), key=lambda one: one.t_impact_s)
        self.i_landing, self.fired = 0, 0
        self._run()
        return self._observe(), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Carry out an order, and run to the next decision."""
        self.battle.carry_out(action == 1)
        is_over = not self._run()
        reward = -self._land(math.inf if is_over else self.env.now) - self.price * (self.battle.fired - self.fired)
        self.fired = self.battle.fired
        return self._observe(), reward, is_over, False, {"row": self.battle.finish()} if is_over else {}

    def _run(self) -> bool:
        """Event by event to the next decision; False if there is none any more."""
        until_s = self.world.n_days * _DAY_S + _AFTER_S
        while self.env.peek() < until_s:
            self.env.step()
            if self.battle.pending is not None:
                return True
        return False

    def _land(self, until_s: float) -> float:
        people = 0.0
        while self.i_landing < len(self.landings) and self.landings[self.i_landing].t_impact_s < until_s:
            rocket = self.landings[self.i_landing]
            self.i_landing += 1
            if not rocket.is_killed:
                people += self.people[rocket.i_class][rocket.end_area]
        return people

    def _observe(self) -> dict[str, np.ndarray]:
        track, options, stock = np.zeros(view.N_TRACK), np.zeros((1, view.N_OPTION)), np.zeros(view.N_STOCK)
        if self.battle.pending is not None:
            rocket, row, shot, t_s, _ = self.battle.pending
            track[:] = (
                t_s,
                row.t_impact_s,
                row.p_any,
                row.value_people,
                row.sigma_m,
                rocket.n_shots,
                rocket.i_class,
                row.mean_east_m,
                row.mean_north_m,
            )
            unit = shot.unit
            options[0, : view.UNIT_READY_ROUNDS] = (
                self.battle.stock.units.index(unit),
                shot.n_rounds,
                shot.t_launch_s,
                shot.t_meet_s,
                unit.figures["reliability"],
                shot.t_latest_s,
            )
            options[0, view.UNIT_READY_ROUNDS] = sum(one.rounds for one in unit.launchers)
            options[0, view.UNIT_CHANNELS_FREE] = self.battle.posts[unit.i_post]["n_channels"]
            options[0, view.UNIT_CHANNELS_FREE] -= self.battle.busy[unit.i_post]
            options[0, view.COST_KUSD] = shot.n_rounds * unit.figures["interceptor_cost_kusd"]
            options[0, view.PRICE_FACTOR] = 1.0
            held = self.battle.stock
            stock[: view.SHADOW_PRICE_PEOPLE] = (
                held.ready_rounds,
                held.total_rounds() - held.ready_rounds,
                held.delivered,
                self.price,
                1,
            )
        return {"options": options, "stock": stock, "track": track}


def _is_harmful(rocket: Rocket) -> bool:
    return rocket.is_built_up and rocket.end_area >= 0 and rocket.fate != Fate.MISFIRES


def _people_by_class_and_area(world: World) -> list[list[float]]:
    density = world.areas["density_people_per_m2"]
    scale = world.harm.casualty_scale
    return [(scale * density * kind["casualty_area_m2"]).tolist() for kind in world.classes]

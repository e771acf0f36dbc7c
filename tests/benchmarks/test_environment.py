"""The SimPy environment asks the same decisions as ours and rewards them alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("simpy")
pytest.importorskip("gymnasium")

from benchmarks import environment
from benchmarks.engine import check_equal
from benchmarks.peer_data import Luck
from benchmarks.peer_gym import SimpyDefence
from opendome.adapters.gym import make_env
from opendome.adapters.gym_baselines import RegisteredOrders
from opendome.doctrine import view
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.study.replicate import run_chunk

SEED = 7
VARIANTS: dict[str, dict[str, Any]] = {
    "as it stands": {},
    "fired at the last moment": {"doctrine.engage_when": "latest"},
    "short of rounds": {
        "depot.rounds": 0,
        "assumptions.iron-dome.defended_radius_km": 15,
        "threats.raid.launched_per_day.mean": [500, 500, 500],
    },
}


@pytest.mark.parametrize("overrides", VARIANTS.values(), ids=VARIANTS)
def test_same_decisions_same_rewards(overrides: dict[str, Any]) -> None:
    scenario = load("coastland").alternative("one-more").override(overrides)
    world = compile_world(scenario)
    ours, theirs, agent = make_env(scenario, seed=SEED), SimpyDefence(world, SEED), RegisteredOrders("earliest")
    for replication in range(2):
        seen, _ = ours.reset(options={"replication": replication})
        rockets = theirs.prepare(replication, Luck(SEED, replication))
        seen_there, _ = theirs.reset(options={"rockets": rockets})
        is_over, n = False, 0
        while not is_over:
            np.testing.assert_allclose(seen_there["track"], seen["track"], rtol=1e-9)
            np.testing.assert_allclose(seen_there["stock"][:3], seen["stock"][:3])
            row = agent(seen) - 1
            columns = [view.UNIT, view.N_ROUNDS, view.T_LAUNCH_S, view.T_INTERCEPT_S, view.T_LATEST_S]
            np.testing.assert_allclose(seen_there["options"][0, columns], seen["options"][row, columns], rtol=1e-9)
            seen, reward, is_over, _, _ = ours.step(row + 1)
            seen_there, reward_there, is_over_there, _, info = theirs.step(1)
            assert is_over == is_over_there
            assert reward_there == pytest.approx(reward, abs=1e-9)
            n += 1
        check_equal(info["row"], run_chunk(world, SEED, replication, 1, "earliest").rows[0], replication)
        assert n > 50


def test_figures_are_given_beside_their_peers() -> None:
    step_s = {"ours": 1e-5, "rule": 2e-5, "many": 5e-6, "simpy": 1e-4, "pole": 4e-6}
    found = environment._results("coastland", step_s)
    assert [result.ratio for result in found] == pytest.approx([10.0, 5.0, 20.0, 0.4])
    assert found[0].value == pytest.approx(1e5)
    assert found[0].is_met

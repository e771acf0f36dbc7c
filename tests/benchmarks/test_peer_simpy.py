"""The SimPy peer counts what the kernel counts, replication by replication, whatever the doctrine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("simpy")

from benchmarks.engine import check_equal
from benchmarks.peer_data import Luck, draw_rockets, flight_rows
from benchmarks.peer_simpy import COMPARED, fight
from opendome.base.tally import Tally
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.scenario.world import drawn_world
from opendome.study.replicate import run_chunk

SEED = 7

VARIANTS: dict[str, dict[str, Any]] = {
    "as it stands": {},
    "fired at the last moment": {"doctrine.engage_when": "latest"},
    "salvos of two": {"doctrine.salvo": 2, "threats.raid.launched_per_day.mean": [300, 300, 300]},
    "one look only": {"doctrine.shoot_look_shoot": False},
    "rounds held back": {"doctrine.reserve_share": 0.7, "assumptions.iron-dome.defended_radius_km": 15},
    "short of rounds": {
        "depot.rounds": 0,
        "assumptions.iron-dome.defended_radius_km": 15,
        "threats.raid.launched_per_day.mean": [500, 500, 500],
    },
    "batteries that fail": {"batteries[b1].fails_every_h": 5, "batteries[b1].repaired_in_h": 3},
    "one channel": {"batteries[b2].channels": 1, "assumptions.iron-dome.defended_radius_km": 15},
}


@pytest.mark.parametrize("overrides", VARIANTS.values(), ids=VARIANTS)
def test_peer_equals_kernel(overrides: dict[str, Any]) -> None:
    world = compile_world(load("coastland").alternative("one-more").override(overrides))
    ours = run_chunk(world, SEED, 0, 4).rows
    tables = flight_rows(world)
    for replication in range(4):
        met = drawn_world(world, SEED, replication)
        rockets = draw_rockets(met, SEED, replication)
        check_equal(fight(met, tables, rockets, Luck(SEED, replication)), ours[replication], replication)
    assert ours[:, Tally.ENGAGED].sum() > 0


def test_a_difference_is_seen() -> None:
    ours = np.zeros(max(COMPARED) + 1)
    theirs = ours.tolist()
    check_equal(theirs, ours, 0)
    theirs[Tally.INTERCEPTED] = 1.0
    with pytest.raises(AssertionError, match="replication 3: .*intercepted 1 against 0"):
        check_equal(theirs, ours, 3)

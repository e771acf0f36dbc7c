"""Channels as servers: memoryless threats, each with one moment for a shot, are Erlang's loss system."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t as student_t

from opendome.battle.kernel import advance
from opendome.battle.state import Count, Status, new_state
from opendome.doctrine import rules
from opendome.testing.builders import (
    toy_classes,
    toy_links,
    toy_model,
    toy_objects,
    toy_posts,
    toy_tracks,
    toy_units,
    toy_window,
)

LOOK_S = 4.0
N_BATCHES, N_ARRIVALS, N_WARM_UP = 16, 60_000, 1_000


def erlang_b(n_channels, load_erlang):
    """Blocking of n servers under an offered load (Erlang 1917), by the usual recursion."""
    blocking = 1.0
    for n in range(1, n_channels + 1):
        blocking = load_erlang * blocking / (n + load_erlang * blocking)
    return blocking


def one_moment_model(n_channels):
    """A unit that can meet a threat at one node of its path only: earliest and latest launch are the same."""
    # Nodes lie at equal steps of the way; a ring 5 m wide holds just the 17th, half way. Rounds take no time to fly.
    units = toy_units(
        n_launchers=n_channels,
        rounds_per_launcher=10**8,
        loaded_rounds=n_channels * 10**8,
        flyout_speed_mps=1e12,
        look_delay_s=LOOK_S,
        reach_min_m=9_997.5,
        reach_max_m=10_002.5,
    )
    posts = toy_posts(n_channels=n_channels)
    return toy_model(units, posts, classes=toy_classes(is_cruise=0), max_shots=1, is_looking=False, retry_s=1e9)


def blocked_share(n_channels, load_erlang, holding_s, generator):
    """Share of arrivals, after a warm-up, that found every channel busy."""
    model = one_moment_model(n_channels)
    state = new_state(model, False)
    mean_s = float(np.mean(holding_s))
    t_s = np.cumsum(generator.exponential(mean_s / load_erlang, N_ARRIVALS))
    # A channel is held until the meeting, half way through the flight, and the look after it.
    flight_s = 2.0 * (holding_s - LOOK_S)
    tracks, rows = toy_tracks(t_s[:, None], t_s + flight_s)
    tracks["t_origin_s"], tracks["origin_east_m"] = t_s, 20_000.0
    objects = toy_objects(t_s + flight_s)
    links = toy_links([(i, i, -math.inf, math.inf) for i in range(N_ARRIVALS)], N_ARRIVALS)
    window = toy_window(state, objects, tracks, rows, links)
    assert advance(model, state, window, 1, 0, math.inf, rules.earliest, False) == Status.DONE
    was_engaged = window.object_state["was_engaged"]
    assert state.count[Count.FIRED] == was_engaged.sum()
    assert state.busy[0] == 0
    return 1.0 - was_engaged[N_WARM_UP:].mean()


@pytest.mark.parametrize("holding", ["constant", "exponential"])
@pytest.mark.parametrize(("n_channels", "load_erlang"), [(1, 0.6), (4, 3.0), (12, 12.0)])
def test_blocking_is_that_of_erlang(n_channels, load_erlang, holding):
    """Erlang's formula asks only for the mean of the holding time: constant and exponential ones must agree with it."""
    generator = np.random.default_rng([n_channels, len(holding)])
    shares = []
    for _ in range(N_BATCHES):
        holding_s = np.full(N_ARRIVALS, 20.0)
        if holding == "exponential":
            holding_s = LOOK_S + generator.exponential(16.0, N_ARRIVALS)
        shares.append(blocked_share(n_channels, load_erlang, holding_s, generator))
    wanted = erlang_b(n_channels, load_erlang)
    half_width = student_t.ppf(0.9995, N_BATCHES - 1) * np.std(shares, ddof=1) / math.sqrt(N_BATCHES)
    assert abs(np.mean(shares) - wanted) <= half_width
    assert abs(np.mean(shares) / wanted - 1.0) <= 0.01
    assert half_width < 0.02 * wanted


def test_erlang_b_table():
    """Values of the printed tables: 10 servers at 5 erlang block 1.84 %, 5 at 3 erlang 11.01 %."""
    assert erlang_b(10, 5.0) == pytest.approx(0.0184, abs=5e-5)
    assert erlang_b(5, 3.0) == pytest.approx(0.1101, abs=5e-5)

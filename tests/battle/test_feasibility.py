"""Intercept geometry against closed forms, and what must hold of it always."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from opendome.base.types import Reason
from opendome.battle.feasibility import fill_nodes, launch_window, single_shot_p_kill
from opendome.battle.kernel import advance
from opendome.battle.state import N_NODES, Count, new_state
from opendome.doctrine import rules
from opendome.testing.builders import (
    toy_classes,
    toy_links,
    toy_model,
    toy_objects,
    toy_posts,
    toy_tables,
    toy_tracks,
    toy_units,
    toy_window,
)

SHARES = np.linspace(0.0, 1.0, N_NODES)


def nodes_of(t_s, east_m, north_m, height_m):
    return np.ascontiguousarray(np.stack(np.broadcast_arrays(t_s, east_m, north_m, height_m), axis=1), float)


def test_a_hovering_target_is_met_one_flyout_after_launch():
    """5 km away on the slope, 1,000 m/s, 1 s to leave: 6 s after the launch, whenever that is."""
    unit = toy_units(flyout_delay_s=1.0)[0]
    nodes = nodes_of(320.0 * SHARES, 3_000.0, 0.0, 4_000.0)
    for t_ready_s in (0.0, 7.0, 123.456, 300.0):
        launch_s, meet_s, latest_s = launch_window(unit, 0.0, 0.0, nodes, t_ready_s)
        assert launch_s == t_ready_s
        assert meet_s == pytest.approx(launch_s + 6.0, abs=1e-9)
        assert latest_s == pytest.approx(314.0, abs=1e-9)
    assert launch_window(unit, 0.0, 0.0, nodes, 314.1)[2] == -math.inf


def test_a_target_that_comes_straight_down_is_met_where_the_two_ways_add_up():
    """Target falls at 100 m/s from 10 km, the interceptor climbs at 900 m/s after 2 s: they close at 1,000 m/s."""
    unit = toy_units(flyout_delay_s=2.0, flyout_speed_mps=900.0)[0]
    nodes = nodes_of(100.0 * SHARES, 0.0, 0.0, 10_000.0 * (1.0 - SHARES))
    for t_ready_s in (0.0, 3.3, 40.0):
        launch_s, meet_s, _ = launch_window(unit, 0.0, 0.0, nodes, t_ready_s)
        assert launch_s == t_ready_s
        height_m = 10_000.0 - 100.0 * meet_s
        assert height_m / 900.0 == pytest.approx(meet_s - t_ready_s - 2.0, abs=1e-9)
        assert meet_s == pytest.approx((10_000.0 + 900.0 * (t_ready_s + 2.0)) / 1_000.0, abs=1e-9)


def test_a_target_that_passes_is_met_within_reach_only():
    """A straight pass overhead, 2 km high, reach 6 km: nodes outside the ring are of no use."""
    unit = toy_units(reach_max_m=6_000.0, reach_min_m=1_000.0)[0]
    nodes = nodes_of(320.0 * SHARES, 16_000.0 - 32_000.0 * SHARES, 0.0, 2_000.0)
    launch_s, meet_s, latest_s = launch_window(unit, 0.0, 0.0, nodes, 0.0)
    assert meet_s == 100.0
    assert launch_s == pytest.approx(100.0 - math.hypot(6.0, 2.0), abs=1e-9)
    assert latest_s == pytest.approx(220.0 - math.hypot(6.0, 2.0), abs=1e-9)
    # Ready only when it is overhead, inside the smallest reach: the next meeting is on the far side.
    assert launch_window(unit, 0.0, 0.0, nodes, 158.0)[1] == 170.0


def test_height_limits():
    nodes = nodes_of(100.0 * SHARES, 3_000.0, 0.0, 10_000.0 * (1.0 - SHARES))
    _, meet_s, latest_s = launch_window(toy_units(height_max_m=5_000.0)[0], 0.0, 0.0, nodes, 0.0)
    assert meet_s == 50.0
    assert latest_s > 90.0
    assert launch_window(toy_units(height_min_m=11_000.0)[0], 0.0, 0.0, nodes, 0.0)[2] == -math.inf


flights = st.tuples(
    st.floats(-20_000.0, 20_000.0), st.floats(-20_000.0, 20_000.0), st.floats(1_000.0, 15_000.0), st.floats(20.0, 200.0)
)
rings = st.tuples(
    st.floats(0.0, 4_000.0), st.floats(5_000.0, 30_000.0), st.floats(0.0, 1_000.0), st.floats(3_000.0, 12_000.0)
)


def parabola(flight):
    """Nodes of a flight from (east, north) to the origin."""
    east_m, north_m, apex_m, flight_s = flight
    rest = 1.0 - SHARES
    return nodes_of(flight_s * SHARES, east_m * rest, north_m * rest, 4.0 * apex_m * SHARES * rest)


def ringed(ring, **fields):
    low_m, high_m, lowest_m, highest_m = ring
    limits = {"reach_min_m": low_m, "reach_max_m": high_m, "height_min_m": lowest_m, "height_max_m": highest_m}
    return toy_units(**limits, **fields)[0]


@given(flight=flights, ring=rings, east_m=st.floats(-9_000.0, 9_000.0), t_ready_s=st.floats(0.0, 150.0))
def test_launches_are_in_order_and_meetings_lie_within_reach(flight, ring, east_m, t_ready_s):
    nodes = parabola(flight)
    launch_s, meet_s, latest_s = launch_window(ringed(ring), east_m, 0.0, nodes, t_ready_s)
    if latest_s == -math.inf:
        assert launch_s == meet_s == math.inf
        return
    assert t_ready_s <= launch_s <= latest_s
    assert launch_s <= meet_s <= nodes[-1, 0]
    point = [np.interp(meet_s, nodes[:, 0], nodes[:, k]) for k in (1, 2, 3)]
    ground_m, step_m = math.hypot(point[0] - east_m, point[1]), 1_000.0
    assert ring[0] - step_m <= ground_m <= ring[1] + step_m
    assert ring[2] - step_m <= point[2] <= ring[3] + step_m


@given(
    flight=flights,
    ring=rings,
    t_ready_s=st.floats(0.0, 100.0),
    speeds=st.tuples(st.floats(200.0, 3_000.0), st.floats(1.0, 3.0)),
)
def test_faster_rounds_never_meet_later(flight, ring, t_ready_s, speeds):
    nodes = parabola(flight)
    slow = launch_window(ringed(ring, flyout_speed_mps=speeds[0]), 3_000.0, 0.0, nodes, t_ready_s)
    fast = launch_window(ringed(ring, flyout_speed_mps=speeds[0] * speeds[1]), 3_000.0, 0.0, nodes, t_ready_s)
    assert fast[1] <= slow[1] + 1e-9
    assert fast[2] >= slow[2]


@given(flight=flights, ring=rings, t_ready_s=st.floats(0.0, 100.0), delay_s=st.floats(0.0, 20.0))
def test_slower_decisions_never_meet_sooner(flight, ring, t_ready_s, delay_s):
    nodes = parabola(flight)
    now = launch_window(ringed(ring), 3_000.0, 0.0, nodes, t_ready_s)
    later = launch_window(ringed(ring), 3_000.0, 0.0, nodes, t_ready_s + delay_s)
    assert later[1] >= now[1] - 1e-9
    assert later[2] <= now[2] or later[2] == -math.inf


@given(flight=flights, angle=st.floats(0.0, 6.28), t_ready_s=st.floats(0.0, 60.0))
def test_turning_the_map_changes_nothing(flight, angle, t_ready_s):
    nodes = parabola(flight)
    unit = toy_units()[0]
    turned = nodes.copy()
    turned[:, 1] = math.cos(angle) * nodes[:, 1] - math.sin(angle) * nodes[:, 2]
    turned[:, 2] = math.sin(angle) * nodes[:, 1] + math.cos(angle) * nodes[:, 2]
    one = launch_window(unit, 4_000.0, 1_000.0, nodes, t_ready_s)
    east_m = math.cos(angle) * 4_000.0 - math.sin(angle) * 1_000.0
    north_m = math.sin(angle) * 4_000.0 + math.cos(angle) * 1_000.0
    other = launch_window(unit, east_m, north_m, turned, t_ready_s)
    assume(abs(one[2] - other[2]) < 1.0 or one[2] == other[2])  # a node on the very edge of reach may fall either way
    assert one == pytest.approx(other, abs=1e-6)


def considered(model, **fields):
    """State after one track was looked at, without anybody firing."""
    tracks, rows = toy_tracks([[0.0]], 100.0, **fields)
    state = new_state(model, False)
    window = toy_window(state, toy_objects([100.0]), tracks, rows, toy_links([(0, 0, -math.inf, math.inf)], 1))
    advance(model, state, window, 1, 0, 50.0, rules.earliest, True)
    return state, window


def test_the_path_of_a_rocket_is_its_table_between_origin_and_impact():
    model = toy_model(toy_units(), toy_posts(), classes=toy_classes(is_cruise=0), tables=toy_tables(80.0, 6_000.0))
    state, window = considered(model)
    track = window.tracks[0]
    track["origin_east_m"], track["origin_north_m"], track["t_origin_s"] = 12_000.0, 9_000.0, 20.0
    fill_nodes(model, state, track, window.assessments[0])
    np.testing.assert_allclose(state.nodes[0], [20.0, 12_000.0, 9_000.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(state.nodes[-1], [100.0, 0.0, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(state.nodes[16], [60.0, 6_000.0, 4_500.0, 6_000.0], atol=1e-9)


def test_options_of_a_salvo():
    """One to three rounds; with a fifth of the luck shared, more rounds gain four fifths of what they would."""
    units = toy_units(p_kill_rocket=0.8, reliability=0.9, salvo_correlation=0.2)
    state, _ = considered(toy_model(units, toy_posts(), salvo=3))
    n = state.count[Count.N_OPTIONS]
    p_one = 0.9 * 0.8 * math.exp(-((1.0 / 4000.0) ** 2))
    expected = [p_one + 0.8 * (1.0 - (1.0 - p_one) ** k - p_one) for k in (1, 2, 3)]
    np.testing.assert_allclose(state.view_options[:n, 4], expected, rtol=1e-12)
    np.testing.assert_array_equal(state.view_options[:n, 1], [1, 2, 3])
    np.testing.assert_allclose(state.view_options[:n, 8], [50.0, 100.0, 150.0])


@pytest.mark.parametrize(
    ("unit", "track", "reason"),
    [
        ({"defended_radius_m": 500.0}, {"mean_east_m": 600.0}, Reason.OUT_OF_FOOTPRINT),
        ({"reach_max_m": 10.0, "reach_min_m": 9.0}, {}, Reason.TOO_LATE),
        ({"loaded_rounds": 0}, {}, Reason.NO_ROUNDS),
    ],
)
def test_why_not(unit, track, reason):
    state, window = considered(toy_model(toy_units(**unit), toy_posts()), **track)
    assert state.count[Count.N_OPTIONS] == 0
    assert window.track_state["reason"][0] == reason


def test_the_launch_band_is_for_rockets_only():
    """A threat from 12 km away lies under the published band: a rocket is not engaged, a drone is."""
    units = toy_units(threat_range_min_m=13_000.0)
    for is_cruise, n_options in ((0, 0), (1, 1)):
        model = toy_model(
            units, toy_posts(), classes=toy_classes(is_cruise=is_cruise), tables=toy_tables(80.0, 6_000.0)
        )
        tracks, rows = toy_tracks([[0.0]], 100.0)
        tracks["origin_east_m"] = 12_000.0
        state = new_state(model, False)
        window = toy_window(state, toy_objects([100.0]), tracks, rows, toy_links([(0, 0, -math.inf, math.inf)], 1))
        advance(model, state, window, 1, 0, 50.0, rules.earliest, True)
        assert state.count[Count.N_OPTIONS] == n_options


def test_kill_probability_falls_with_the_error_of_the_prediction():
    units = toy_units(p_kill_rocket=0.8, p_kill_mortar=0.7, p_kill_drone=0.6, p_kill_cruise=0.5)
    model = toy_model(units, toy_posts(), classes=toy_classes(4, i_kill_group=np.arange(4)))
    for i_class, p in enumerate((0.8, 0.7, 0.6, 0.5)):
        assert single_shot_p_kill(model, units[0], i_class, 0.0) == p
        assert single_shot_p_kill(model, units[0], i_class, 4_000.0) == pytest.approx(p / math.e)

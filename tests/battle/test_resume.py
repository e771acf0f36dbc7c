"""The state is arrays and nothing else: it can be copied, rewound, saved, resumed, and given another future."""

from __future__ import annotations

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.battle.kernel import advance, apply_order
from opendome.battle.save import load_state, save_state
from opendome.battle.state import Count, Status, Window, copy_state, empty_window, new_state
from opendome.battle.windows import close_window
from opendome.doctrine import rules
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.study.replicate import next_window
from opendome.testing.engine import run_to
from tests.engine import scenarios

SEED, REPLICATION = 3, 2
DAY_S = 86400.0
# Arrays that only hold what was worked out last.
SCRATCH = {"popped", "nodes", "path", "view_track", "view_options", "view_stock", "option_launcher"}


def copied(window):
    return Window(*(array.copy() for array in window))


def is_same(ours, theirs):
    """Whether two arrays are equal to the last bit; the gaps between the fields of records say nothing."""
    if ours.dtype.names:
        return all(ours[name].tobytes() == theirs[name].tobytes() for name in ours.dtype.names)
    return ours.tobytes() == theirs.tobytes()


def told(window):
    """A window with nothing in the places for areas that are not used: what stands there means nothing."""
    is_used = np.arange(window.areas.shape[1]) < window.assessments["n_areas"][:, None]
    names = ("areas", "p_areas", "is_inside")
    return window._replace(**{name: np.where(is_used, getattr(window, name), -1) for name in names})


def differing(state, other, window, other_window):
    """Names of the arrays that differ; of the queue only what is in it counts."""
    pairs = [(name, ours, theirs) for name, ours, theirs in zip(state._fields, state, other) if name not in SCRATCH]
    n = state.count[Count.HEAP_SIZE]
    pairs = [(name, ours[:n], theirs[:n]) if name == "events" else (name, ours, theirs) for name, ours, theirs in pairs]
    pairs += [(name, ours, theirs) for name, ours, theirs in zip(Window._fields, told(window), told(other_window))]
    return [name for name, ours, theirs in pairs if not is_same(ours, theirs)]


@pytest.fixture(scope="module")
def world():
    return scenarios.stress()


@pytest.fixture
def half_way(world):
    """State and window in the middle of a busy moment of the first day: engagements are under way."""
    state = new_state(world.battle, False)
    window, _ = next_window(world, state, empty_window(), SEED, REPLICATION, 0)
    t_s = 0.0
    while state.count[Count.HEAP_SIZE] < 2 or state.busy.sum() < 2:
        t_s += 5.0
        assert t_s < DAY_S
        run_to(world, state, window, SEED, REPLICATION, t_s)
    return state, window


def finish(world, state, window):
    """Go on to the end of the second day."""
    run_to(world, state, window, SEED, REPLICATION, DAY_S)
    window = close_window(window, state, DAY_S, 60.0)
    window, _ = next_window(world, state, window, SEED, REPLICATION, 1)
    run_to(world, state, window, SEED, REPLICATION, 2.0 * DAY_S)
    return state, window


def test_a_saved_battle_goes_on_as_if_nothing_had_happened(world, half_way, tmp_path):
    state, window = half_way
    save_state(tmp_path / "battle.npz", state, window)
    saved_state, saved_window = load_state(tmp_path / "battle.npz")
    assert differing(state, saved_state, window, saved_window) == []
    one, two = finish(world, state, window), finish(world, saved_state, saved_window)
    assert one[0].count[Count.FIRED] > 10
    assert differing(one[0], two[0], one[1], two[1]) == []


def test_a_battle_can_be_rewound(world, half_way):
    state, window = half_way
    kept_state, kept_window = copy_state(state), copied(window)
    one = finish(world, state, window)
    assert one[0].count[Count.FIRED] > kept_state.count[Count.FIRED]
    two = finish(world, kept_state, kept_window)
    assert differing(one[0], two[0], one[1], two[1]) == []


def test_a_copy_is_not_touched(world, half_way):
    state, window = half_way
    kept_state, kept_window = copy_state(state), copied(window)
    again_state, again_window = copy_state(state), copied(window)
    finish(world, state, window)
    assert differing(kept_state, again_state, kept_window, again_window) == []


def test_a_pending_decision_can_be_saved_and_answered_either_way(world, tmp_path):
    state = new_state(world.battle, False)
    window, _ = next_window(world, state, empty_window(), SEED, REPLICATION, 0)
    assert advance(world.battle, state, window, SEED, REPLICATION, DAY_S, rules.earliest, True) == Status.DECISION
    save_state(tmp_path / "pending.npz", state, window)
    fired = []
    for choice in (-1, 0):
        state, window = load_state(tmp_path / "pending.npz")
        i_track = state.count[Count.PENDING_TRACK]
        apply_order(world.battle, state, window, choice)
        fired.append((window.track_state["status"][i_track], state.count[Count.PENDING_TRACK]))
    assert fired == [(0, -1), (1, -1)]


def test_a_file_that_is_no_saved_battle_is_refused(world, half_way, tmp_path):
    path = tmp_path / "other.npz"
    with pytest.raises(CommandError, match="cannot be read as a saved battle"):
        load_state(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(CommandError, match="cannot be read as a saved battle"):
        load_state(path)
    np.savez(path, **{"state.clock": np.zeros(3)})
    with pytest.raises(CommandError, match="holds no state array count"):
        load_state(path)
    np.savez(path, **{"state.clock": np.array([{}], object)})
    with pytest.raises(CommandError, match="cannot be read as a saved battle"):
        load_state(path)


# --- another future from a window's boundary on ---

RADAR = {"id": "near-radar", "at": [35.12, -29.70], "range_km": 9.0}


@pytest.fixture(scope="module")
def futures():
    """Coastland with a third radar of short range: it goes on working, or fails at the end of the first day."""
    scenario = load("coastland").alternative("as-is").override({"picture.fused_sensors_at_most": 1})
    return [
        compile_world(scenario.override({"sensors+": [{**RADAR, **change}]})) for change in ({}, {"fails_at_day": 1})
    ]


def test_an_inject_leaves_what_was_and_remakes_what_follows(futures):
    works, fails = futures
    state = new_state(works.battle, False)
    one, _ = next_window(works, state, empty_window(), SEED, REPLICATION, 0)
    other, _ = next_window(fails, new_state(fails.battle, False), empty_window(), SEED, REPLICATION, 0)
    for name, ours, theirs in zip(Window._fields, told(one), told(other)):
        assert is_same(ours, theirs), name
    run_to(works, state, one, SEED, REPLICATION, DAY_S)
    carried = close_window(one, state, DAY_S, 60.0)
    branch = copy_state(state)
    later, _ = next_window(works, state, copied(carried), SEED, REPLICATION, 1)
    remade, _ = next_window(fails, branch, copied(carried), SEED, REPLICATION, 1)
    assert is_same(later.objects, remade.objects)
    seen, seen_again = assessments_by_track(later), assessments_by_track(remade)
    i_radar = int(np.flatnonzero(works.picture.sensors["range_m"] == 9_000.0)[0])
    by_radar = {
        track["track_id"] for track in later.tracks if track["i_sensor"] == i_radar and track["t_origin_s"] >= DAY_S
    }
    unchanged = {key for key in seen if seen_again.get(key) == seen[key]}
    assert len(by_radar) > 10
    assert unchanged == set(seen) - by_radar
    assert len(unchanged) > 10
    run_to(works, state, later, SEED, REPLICATION, 2.0 * DAY_S)
    run_to(fails, branch, remade, SEED, REPLICATION, 2.0 * DAY_S)
    assert state.count[Count.DELIVERED] == branch.count[Count.DELIVERED]


def assessments_by_track(window):
    """What each track is told, by its id."""
    found = {}
    for track in window.tracks:
        rows = window.assessments[track["first_assessment"] : track["first_assessment"] + track["n_assessments"]].copy()
        rows["i_track"] = 0  # a place in the window
        found[track["track_id"]] = repr(rows.tolist())  # P(hit) may be left out: nan, which equals nothing
    return found

"""True paths of the tracked picture: they begin and end where the raid says, and differ by what is drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from opendome.base.types import Fate
from opendome.picture.truth import Paths, draw_errors, is_airborne, make_paths, state_at, step_state
from opendome.raid.generate import draw_day
from opendome.scenario.world import TrackedWorld
from opendome.tracking.earth import height_m
from opendome.tracking.model import N_MODEL_ERRORS
from tests.picture.tracked_cases import SEED, small, small_scenario, world_of


@pytest.fixture(scope="module")
def flown() -> tuple[TrackedWorld, np.ndarray, Paths]:
    world = small()
    objects, _ = draw_day(world.world.raid, SEED, 0, 0)
    return world, objects, make_paths(world.world.picture, world.tracked, SEED, 0, objects)


def rockets_of(world: TrackedWorld, objects: np.ndarray, paths: Paths) -> np.ndarray:
    return np.flatnonzero(np.diff(paths.first) > 0)


def at(flown: tuple, i: int, t_s: float) -> np.ndarray:
    world, objects, paths = flown
    out = np.zeros(6)
    state_at(world.world.picture, world.tracked, paths, objects, i, t_s, out)
    return out


def test_every_rocket_that_flies_has_a_path_and_nothing_else_has(flown: tuple) -> None:
    world, objects, paths = flown
    is_cruise = world.world.classes["is_cruise"][objects["i_class"]] == 1
    flies = (objects["fate"] != Fate.MISFIRES) & (objects["range_m"] >= 50.0) & ~is_cruise
    assert flies.sum() > 15
    assert is_cruise.any()
    assert np.array_equal(np.diff(paths.first) > 0, flies)


def test_paths_end_at_the_impacts_of_the_raid(flown: tuple) -> None:
    world, objects, paths = flown
    for i in rockets_of(world, objects, paths):
        item = objects[i]
        end = at(flown, i, paths.t_end_s[i])
        assert paths.t_end_s[i] == item["t_impact_s"]
        assert math.hypot(end[0] - item["impact_east_m"], end[1] - item["impact_north_m"]) < 1.5
        assert abs(height_m(world.tracked.motion, *end[:3])) < 2.0
        assert end[5] < 0.0


def test_paths_begin_at_the_launches_on_the_ground(flown: tuple) -> None:
    world, objects, paths = flown
    for i in rockets_of(world, objects, paths):
        begin = at(flown, i, paths.t_start_s[i])
        assert math.hypot(begin[0] - objects[i]["launch_east_m"], begin[1] - objects[i]["launch_north_m"]) < 0.01
        assert abs(height_m(world.tracked.motion, *begin[:3])) < 0.1
        assert begin[5] > 0.0
        # The time of flight differs a little from the class's table.
        assert abs(paths.t_start_s[i] - objects[i]["t_launch_s"]) < 0.35 * (paths.t_end_s[i] - paths.t_start_s[i])


def test_paths_are_smooth_and_their_velocity_is_their_slope(flown: tuple) -> None:
    world, objects, paths = flown
    for i in rockets_of(world, objects, paths)[:8]:
        for t_s in np.linspace(paths.t_start_s[i] + 0.1, paths.t_end_s[i] - 0.1, 23):
            slope = (at(flown, i, t_s + 0.01)[:3] - at(flown, i, t_s - 0.01)[:3]) / 0.02
            assert np.allclose(slope, at(flown, i, t_s)[3:], atol=0.1)


def test_a_step_back_undoes_a_step() -> None:
    world = small()
    errors = np.linspace(-1.0, 1.0, N_MODEL_ERRORS)
    work = np.zeros((6, 6))
    start = np.array([1000.0, -2000.0, 3000.0, 300.0, 100.0, 200.0])
    work[0] = start
    for dt_s in (0.5, 0.5, -0.5, -0.5):
        step_state(world.tracked, work, math.log(8000.0), errors, dt_s)
    assert np.allclose(work[0], start, atol=1e-3)


def test_wind_pushes_and_dense_air_brakes() -> None:
    world = small()
    start = np.array([0.0, 0.0, 2000.0, 0.0, 300.0, 0.0])

    def after(**by_name: float) -> np.ndarray:
        place = {"wind_east": 0, "wind_north": 3, "density": 6}
        errors, work = np.zeros(N_MODEL_ERRORS), np.zeros((6, 6))
        for name, value in by_name.items():
            errors[place[name]] = value
        work[0] = start
        for _ in range(20):
            step_state(world.tracked, work, math.log(3000.0), errors, 0.5)
        return work[0].copy()

    calm = after()
    assert after(wind_east=1.0)[0] > calm[0] + 2.0
    assert after(wind_north=1.0)[1] > calm[1] + 2.0
    assert after(density=1.0)[1] < calm[1]


def test_errors_of_the_salvos_are_normal_with_the_true_share() -> None:
    tracked = small().tracked._replace(true_share=2.0)
    drawn = np.zeros((400, N_MODEL_ERRORS))
    for burst in range(400):
        draw_errors(tracked, SEED, 3, burst, drawn[burst])
    assert stats.kstest(drawn.ravel() / 2.0, "norm").pvalue > 1e-3
    correlation = np.corrcoef(drawn.T) - np.eye(N_MODEL_ERRORS)
    assert np.abs(correlation).max() < 4.5 / math.sqrt(400)
    again = np.zeros(N_MODEL_ERRORS)
    draw_errors(tracked, SEED, 3, 17, again)
    assert np.array_equal(again, drawn[17])


def test_prior_scale_is_what_the_tracker_is_told_over_what_is_true() -> None:
    half = world_of(small_scenario(picture__tracked__prior_scale=0.5)).tracked
    assert half.true_share == pytest.approx(2.0)
    ratio = half.motion.air[20, 4] / small().tracked.motion.air[20, 4]
    assert ratio == pytest.approx(0.5)


def test_rockets_of_a_salvo_share_wind_and_body(flown: tuple) -> None:
    """Two rockets of one salvo over the same course fly alike; another salvo's rocket over it does not."""
    world, objects, paths = flown
    i = rockets_of(world, objects, paths)[0]
    three = np.repeat(objects[i : i + 1], 3)
    three["shot"], three["burst"] = (0, 1, 0), (5, 5, 6)
    made = make_paths(world.world.picture, world.tracked, SEED, 0, three)
    nodes = [made.nodes[made.first[k] : made.first[k + 1]] for k in range(3)]
    assert np.array_equal(nodes[0], nodes[1])
    n = min(len(nodes[0]), len(nodes[2]))
    assert np.abs(nodes[0][:n] - nodes[2][:n]).max() > 1.0


def test_cruising_objects_keep_height_and_speed(flown: tuple) -> None:
    world, objects, _ = flown
    is_cruise = world.world.classes["is_cruise"][objects["i_class"]] == 1
    for i in np.flatnonzero(is_cruise):
        kind = world.world.classes[objects[i]["i_class"]]
        for share in (0.1, 0.9):
            t_s = objects[i]["t_launch_s"] + share * (objects[i]["t_impact_s"] - objects[i]["t_launch_s"])
            state = at(flown, i, t_s)
            assert height_m(world.tracked.motion, *state[:3]) == pytest.approx(kind["height_m"], abs=2.0)
            assert np.linalg.norm(state[3:]) == pytest.approx(kind["speed_mps"], rel=0.01)
            assert state[5] == 0.0


def test_nothing_flies_before_its_start_or_after_its_end(flown: tuple) -> None:
    world, objects, paths = flown
    model = world.world.picture
    for i in rockets_of(world, objects, paths):
        assert not is_airborne(model, paths, objects, i, paths.t_start_s[i] - 1e-6)
        assert is_airborne(model, paths, objects, i, paths.t_start_s[i])
        assert not is_airborne(model, paths, objects, i, paths.t_end_s[i])
    duds = np.flatnonzero((np.diff(paths.first) == 0) & (world.world.classes["is_cruise"][objects["i_class"]] == 0))
    assert not any(is_airborne(model, paths, objects, i, paths.t_end_s[i] - 1e-3) for i in duds)

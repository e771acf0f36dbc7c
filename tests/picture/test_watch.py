"""Windows round bursts, and which radars watch which objects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.types import OBJECT
from opendome.picture.sight import MAX_FUSED
from opendome.picture.truth import Paths
from opendome.picture.watch import is_watched, split_windows, watch_plan
from tests.picture.tracked_cases import small


def paths_of(spans: list[tuple[float, float]]) -> Paths:
    begin, end = np.array(spans, float).reshape(-1, 2).T.copy()
    return Paths(np.zeros(len(begin) + 1, np.int64), begin, end, np.zeros((0, 6)))


def test_windows_hold_flights_that_follow_within_ten_seconds() -> None:
    paths = paths_of([(0.0, 50.0), (20.0, 40.0), (59.9, 80.0), (90.1, 95.0), (300.0, 310.0)])
    assert split_windows(paths, np.arange(5)).tolist() == [3, 4, 5]
    assert split_windows(paths, np.arange(0)).tolist() == []


@given(st.lists(st.tuples(st.floats(0, 2000), st.floats(1, 90)), min_size=1, max_size=30))
def test_windows_are_parted_by_more_than_ten_quiet_seconds(flights: list[tuple[float, float]]) -> None:
    spans = sorted((begin, begin + length) for begin, length in flights)
    paths = paths_of(spans)
    ends = split_windows(paths, np.arange(len(spans)))
    assert ends[-1] == len(spans)
    begin = 0
    last_s = -np.inf
    for end in ends:
        assert end > begin
        assert paths.t_start_s[begin] > last_s + 10.0
        for j in range(begin, end):
            assert j == begin or paths.t_start_s[j] <= last_s + 10.0
            last_s = max(last_s, paths.t_end_s[j])
        begin = end


def item_at(east_m: float, north_m: float, *, i_class: int = 0) -> np.ndarray:
    items = np.zeros(1, OBJECT)
    items["launch_east_m"], items["launch_north_m"], items["i_class"] = east_m, north_m, i_class
    items["t_launch_s"] = 1000.0
    return items


@pytest.mark.parametrize("n_fused", [1, 2])
def test_a_rocket_is_watched_by_the_radars_nearest_to_its_launch(n_fused: int) -> None:
    model = small().world.picture._replace(n_fused=n_fused)
    sensors = model.sensors
    for near in (0, 1):
        items = item_at(float(sensors["east_m"][near]) + 500.0, float(sensors["north_m"][near]) + 500.0)
        plan = watch_plan(model, paths_of([(0.0, 1.0)]), items, np.zeros(1, np.int64))
        assert plan.shape == (1, MAX_FUSED)
        chosen = [one for one in plan[0] if one >= 0]
        assert chosen[0] == near
        assert len(chosen) == n_fused
        state, scratch = np.zeros(6), (np.zeros(MAX_FUSED, np.int64), np.zeros(MAX_FUSED))
        watched = [bool(is_watched(model, plan, 0, False, r, 1000.0, state, *scratch)) for r in (0, 1)]
        assert watched == [r in chosen for r in (0, 1)]


def test_a_cruising_object_is_watched_by_the_radar_that_is_nearest_now() -> None:
    model = small().world.picture._replace(n_fused=1)
    sensors = model.sensors
    cruiser = int(np.flatnonzero(model.classes["is_cruise"])[0])
    items = item_at(0.0, 0.0, i_class=cruiser)
    plan = watch_plan(model, paths_of([(0.0, 1.0)]), items, np.zeros(1, np.int64))
    assert (plan == -1).all()
    scratch = (np.zeros(MAX_FUSED, np.int64), np.zeros(MAX_FUSED))
    for near in (0, 1):
        state = np.array([sensors["east_m"][near], sensors["north_m"][near], 300.0, 0.0, 0.0, 0.0])
        assert [bool(is_watched(model, plan, 0, True, r, 1000.0, state, *scratch)) for r in (0, 1)] == [
            r == near for r in (0, 1)
        ]


def test_a_radar_that_is_down_or_out_of_range_watches_nothing() -> None:
    model = small().world.picture
    down = model.sensors.copy()
    down["t_down_s"][0] = 900.0
    down["range_m"][1] = 10.0
    items = item_at(float(down["east_m"][0]), float(down["north_m"][0]))
    plan = watch_plan(model._replace(sensors=down), paths_of([(0.0, 1.0)]), items, np.zeros(1, np.int64))
    assert (plan == -1).all()

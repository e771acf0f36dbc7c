"""Somebody else's tracker in the picture: ours under another name tells the same; others tell what they can."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.base.polar import from_polar
from opendome.base.types import TRACK_REPORT, TrackKind, TrackStatus
from opendome.picture.plugin import perceive_through
from opendome.picture.quiet import quiet_tracks
from opendome.picture.renewal import decision_due_s
from opendome.picture.story import new_yield
from opendome.raid.generate import draw_day
from opendome.scenario.world import TrackedWorld
from opendome.tracking.rules import TrackRules
from opendome.tracking.table import TrackTable
from opendome.tracking.tracker import Tracker
from tests.picture.tracked_cases import (
    SEED,
    Seen,
    rocket_errors,
    salvo,
    same_bytes,
    see,
    see_as,
    seen_small,
    small,
    tracked_objects,
)

LAT_DEG = 35.0


def see_through(world: TrackedWorld, factory: Callable[..., Any], replication: int = 0) -> Seen:
    """Run a day through radars and a tracker of one's own."""
    objects, _ = draw_day(world.world.raid, SEED, replication, 0)
    given = perceive_through(factory, world.world.picture, world.tracked, LAT_DEG, SEED, replication, 0, objects)
    return see_as(given, objects)


def ours(world: TrackedWorld) -> Callable[..., Any]:
    """Our own tracker as a plug-in: it predicts the impact at each step."""

    def factory(radars: np.ndarray, lat_deg: float) -> Tracker:
        assert lat_deg == LAT_DEG
        return Tracker(radars, motion=world.tracked.motion, rules=TrackRules(is_watch_planned=True))

    return factory


class Truthful:
    """A tracker of one rocket that confirms at its third scan and predicts one and the same impact."""

    def __init__(self, radars: np.ndarray, lat_deg: float, *, names_plots: bool = True, has_impact: bool = True):
        self.radars, self.names_plots, self.has_impact = radars.view(np.recarray), names_plots, has_impact
        self.n, self.first_s = 0, math.nan

    def step(self, t_s: float, plots: np.ndarray) -> TrackTable:
        rows = np.zeros(1, TRACK_REPORT)
        row = rows[0]
        loud = int(plots["snr_db"].argmax()) if len(plots) else -1
        self.n += loud >= 0
        self.first_s = t_s if math.isnan(self.first_s) else self.first_s
        row["track_id"], row["t_s"], row["t_first_plot_s"] = 1, t_s, self.first_s
        row["status"] = TrackStatus.CONFIRMED if self.n >= 3 else TrackStatus.TENTATIVE
        row["kind"], row["i_plot"] = TrackKind.ROCKET, loud if self.names_plots else -1
        row["i_radar"] = plots["i_radar"][loud] if loud >= 0 else -1
        row["mean"][:3] = (0.0, 0.0, 5000.0)
        if loud >= 0:
            radar = self.radars[plots["i_radar"][loud]]
            row["mean"][:3] = from_polar(radar, *(plots[name][loud] for name in ("range_m", "azimuth_rad",
                                                                                 "elevation_rad")))  # fmt: skip
        row["mean"][3:6], row["mean"][6] = (-300.0, 0.0, 100.0), math.nan
        row["cov"][:] = np.eye(7)
        row["has_impact"], row["t_impact_s"] = self.has_impact, t_s + 30.0
        row["impact_var_east_m2"] = row["impact_var_north_m2"] = 9e6 * 0.7**self.n
        return TrackTable(t_s, rows)


@pytest.fixture(scope="module")
def lone() -> TrackedWorld:
    """One rocket, and radars that see nothing false."""
    world = salvo(1)
    radars = world.tracked.radars.copy()
    radars["n_false_plots"] = 0.0
    return replace(world, tracked=world.tracked._replace(radars=radars))


def test_our_own_tracker_under_another_name_tells_the_same() -> None:
    world = small()
    direct, through = seen_small(), see_through(world, ours(world))
    assert len(tracked_objects(direct) ^ tracked_objects(through)) <= 0.1 * len(tracked_objects(direct))
    assert abs(len(direct.tracks) - len(through.tracks)) <= 0.1 * len(direct.tracks)

    def last_errors(seen: Seen) -> dict[int, float]:
        return {int(row[6]): float(np.hypot(row[3], row[4])) for row in rocket_errors(world, seen)}

    a, b = last_errors(direct), last_errors(through)
    both = sorted(set(a) & set(b))
    assert len(both) > 10
    ratio = np.median([math.log((a[j] + 10.0) / (b[j] + 10.0)) for j in both])
    assert abs(ratio) < 0.2
    same_class = [
        through.tracks["i_class"][through.rows["i_track"][k]] == direct.tracks["i_class"][m]
        for k, m in zip(*_first_rows(direct, through))
    ]
    assert np.mean(same_class) > 0.8


def _first_rows(direct: Seen, through: Seen) -> tuple[list[int], list[int]]:
    """First assessment of a track in one picture, and the track of the same object in the other."""
    of_object = {int(direct.linked[direct.first[i]]): i for i in range(len(direct.tracks)) if _is_linked(direct, i)}
    rows, tracks = [], []
    for i in range(len(through.tracks)):
        if _is_linked(through, i) and int(through.linked[through.first[i]]) in of_object:
            rows.append(int(through.tracks["first_assessment"][i]))
            tracks.append(of_object[int(through.linked[through.first[i]])])
    return rows, tracks


def _is_linked(seen: Seen, i: int) -> bool:
    return bool(seen.first[i + 1] > seen.first[i])


def test_a_picture_through_a_plug_in_keeps_the_rules_of_ours() -> None:
    world = small()
    seen = see_through(world, ours(world))
    for records in (seen.tracks, seen.rows):
        assert all(np.isfinite(records[name].astype(float)).all() for name in records.dtype.names)
    assert len(np.unique(seen.tracks["track_id"])) == len(seen.tracks)
    at = 0
    for track in seen.tracks:
        rows = seen.rows[track["first_assessment"] :][: track["n_assessments"]]
        assert track["first_assessment"] == at
        at += track["n_assessments"]
        assert 1 <= len(rows) <= 10
        assert rows["ordinal"].tolist() == list(range(len(rows)))
        assert (np.diff(rows["t_s"]) > 0.0).all()
        assert track["t_confirmed_s"] == rows["t_s"][0] > track["t_first_plot_s"]
    assert same_bytes(seen, see_through(world, ours(world)))


@pytest.mark.parametrize("names_plots", [True, False])
def test_links_follow_the_plots_or_else_what_flies_nearest(lone: TrackedWorld, names_plots: bool) -> None:
    seen = see_through(lone, lambda radars, lat_deg: Truthful(radars, lat_deg, names_plots=names_plots))
    assert len(seen.tracks) == 1
    assert seen.linked.tolist() == [0]
    assert (seen.rows["mean_east_m"] == 0.0).all()
    # An assessment when the ellipse has shrunk by the step, and one before a decision is due.
    sizes = np.sqrt(seen.rows["var_east_m2"])
    assert len(sizes) > 1
    is_shrunk = sizes[1:] <= lone.world.picture.shrink_step * sizes[:-1]
    due_s = [decision_due_s(lone.world.picture, seen.tracks[0], row) for row in seen.rows]
    assert all(0.0 <= due_s[k + 1] - seen.rows["t_s"][k + 1] <= 1.01 for k in np.flatnonzero(~is_shrunk))
    latency_s = lone.tracked.radars["latency_s"][0]
    direct = see(lone)
    assert abs(seen.tracks["t_first_plot_s"][0] - direct.tracks["t_first_plot_s"][0]) < 3.0
    assert latency_s == pytest.approx(0.2)


def test_what_predicts_no_impact_is_not_assessed(lone: TrackedWorld) -> None:
    seen = see_through(lone, lambda radars, lat_deg: Truthful(radars, lat_deg, has_impact=False))
    assert len(seen.tracks) == len(seen.rows) == 0


def test_impossible_impacts_are_not_assessed(lone: TrackedWorld) -> None:
    class Wild(Truthful):
        def step(self, t_s: float, plots: np.ndarray) -> TrackTable:
            table = super().step(t_s, plots)
            table.rows["impact_var_north_m2"] = math.nan if self.n % 2 else -1.0
            return table

    assert len(see_through(lone, Wild).rows) == 0


def test_trackers_are_given_looks_in_order_of_time_and_only_their_plots(lone: TrackedWorld) -> None:
    times: list[float] = []

    class Watching(Truthful):
        def step(self, t_s: float, plots: np.ndarray) -> TrackTable:
            times.append(t_s)
            assert (plots["t_s"] == t_s).all()
            table = super().step(t_s, plots)
            plots["range_m"] = math.nan  # what is given is the tracker's own
            return table

    see_through(lone, Watching)
    assert len(times) > 10
    assert (np.diff(times) > 0.0).all()


@pytest.mark.parametrize("wrong", ["rows", "dtype", "plot"])
def test_what_is_no_table_of_tracks_is_said(lone: TrackedWorld, wrong: str) -> None:
    class Wrong(Truthful):
        def step(self, t_s: float, plots: np.ndarray) -> Any:
            table = super().step(t_s, plots)
            if wrong == "rows":
                return table.rows
            if wrong == "dtype":
                return TrackTable(t_s, np.zeros(2))
            table.rows["i_plot"] = 1000
            return table

    with pytest.raises(CommandError, match="tracker"):
        see_through(lone, Wrong)


def test_false_tracks_of_quiet_hours_come_all_the_same(lone: TrackedWorld) -> None:
    world = replace(lone, tracked=lone.tracked._replace(false_tracks_per_h=2.0))
    found = new_yield(500, 500)
    quiet_tracks(world.world.picture, world.tracked, SEED, 0, 0, found)
    assert found.n_tracks[0] > 20
    assert len(see_through(world, Truthful).tracks) == found.n_tracks[0] + 1


def test_stone_soup_takes_our_place() -> None:
    pytest.importorskip("stonesoup")
    from opendome.adapters.stonesoup import StoneSoupTracker

    world = salvo(3, spacing_s=20.0)
    radars = world.tracked.radars.copy()
    radars["n_false_plots"] = 0.5
    world = replace(world, tracked=world.tracked._replace(radars=radars))
    seen = see_through(world, StoneSoupTracker)
    assert tracked_objects(seen) == {0, 1, 2}
    errors, direct = rocket_errors(world, seen), rocket_errors(world, see(world))
    last = {int(row[6]): float(np.hypot(row[3], row[4])) for row in errors}
    best = {int(row[6]): float(np.hypot(row[3], row[4])) for row in direct}
    assert max(last.values()) < 10.0 * max(best.values()) + 1000.0

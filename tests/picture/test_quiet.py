"""False tracks of quiet hours: how many, when, and what they are; and how they are counted with radars alone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from opendome.base.errors import CommandError
from opendome.picture.quiet import quiet_tracks
from opendome.picture.silence import count_false_tracks, quiet_radars
from opendome.picture.story import Yield, new_yield
from opendome.picture.tracked_model import TrackedModel
from opendome.sensing.detection import detection_table
from opendome.sensing.plots import SensingModel, look_time_s, new_plot_buffer, plot_capacity, scan
from opendome.sensing.terrain import no_terrain
from opendome.tracking.rules import TrackRules
from tests.picture.tracked_cases import SEED, see, small, small_scenario, world_of

LAX = TrackRules(is_watch_planned=True, confirm_hits=3, start_score=0.0, false_tracks_per_h=1e9)
"""Rules under which many false plots become confirmed tracks often enough to be counted."""


@pytest.fixture(scope="module")
def crowded() -> TrackedModel:
    """Two radars with four hundred false plots a look."""
    tracked = small().tracked
    radars = tracked.radars.copy()
    radars["n_false_plots"] = 400.0
    return tracked._replace(radars=radars)


def quiet_of(rate_per_h: float, replication: int, day: int = 0, **model: object) -> Yield:
    world = small()
    found = new_yield(2000, 2000)
    picture = world.world.picture._replace(**model)
    tracked = world.tracked._replace(false_tracks_per_h=rate_per_h)
    quiet_tracks(picture, tracked, SEED, replication, day, found)
    return found


def test_their_number_is_poisson_and_their_times_even() -> None:
    rate = 0.5
    founds = [quiet_of(rate, replication, day=2) for replication in range(400)]
    counts = np.array([found.n_tracks[0] for found in founds])
    assert abs(counts.mean() - 24.0 * rate) < 4.0 * math.sqrt(24.0 * rate / len(counts))
    dispersion = ((counts - counts.mean()) ** 2).sum() / counts.mean()
    assert 1e-3 < stats.chi2.cdf(dispersion, len(counts) - 1) < 1.0 - 1e-3
    times = np.concatenate([found.rows["t_s"][: found.n_rows[0]] for found in founds])
    assert stats.kstest(times / 86400.0 - 2.0, "uniform").pvalue > 1e-3


def test_each_is_assessed_once_and_linked_to_nothing() -> None:
    found = quiet_of(20.0, 0)
    n = int(found.n_tracks[0])
    assert n > 300
    assert found.n_rows[0] == n
    assert found.n_links[0] == 0
    tracks, rows = found.tracks[:n], found.rows[:n]
    assert (tracks["n_assessments"] == 1).all()
    assert len(np.unique(tracks["track_id"])) == n
    assert rows["i_track"].tolist() == list(range(n))
    assert (tracks["t_first_plot_s"] < tracks["t_confirmed_s"]).all()
    assert (rows["t_impact_s"] > rows["t_s"]).all()
    assert set(tracks["i_class"]) <= set(small().tracked.rockets)
    assert all(np.isfinite(rows[name]).all() for name in rows.dtype.names)
    assert ((rows["p_any"] >= 0.0) & (rows["p_any"] <= 1.0 + 1e-6)).all()


def test_a_radar_that_is_down_has_none() -> None:
    sensors = small().world.picture.sensors.copy()
    sensors["t_down_s"][0], sensors["t_up_s"][1] = 0.0, 43_200.0
    found = quiet_of(20.0, 0, sensors=sensors)
    tracks, rows = found.tracks[: found.n_tracks[0]], found.rows[: found.n_rows[0]]
    assert len(tracks) > 50
    assert (tracks["i_sensor"] == 1).all()
    assert (rows["t_s"] >= 43_200.0).all()


def test_no_rate_no_radar_no_rocket_no_track() -> None:
    assert quiet_of(0.0, 0).n_tracks[0] == 0
    assert quiet_of(20.0, 0, sensors=small().world.picture.sensors[:0]).n_tracks[0] == 0


def test_the_picture_carries_them_to_the_battle() -> None:
    """A picture at a rate is the picture without it, and the false tracks behind."""
    world = small()
    plain = see(world)
    more = see(replace(world, tracked=world.tracked._replace(false_tracks_per_h=2.0)))
    n = len(more.tracks) - len(plain.tracks)
    assert n > 20
    assert more.tracks[:-n].tobytes() == plain.tracks.tobytes()
    assert (np.diff(more.first)[-n:] == 0).all()
    assert more.linked.tobytes() == plain.linked.tobytes()


def test_each_radar_is_counted_once_and_always_up() -> None:
    radars = world_of(small_scenario(**{"batteries[b1].radar.outages": [{"from_h": 3, "until_h": 4}]})).tracked.radars
    assert len(radars) == 3
    quiet = quiet_radars(radars)
    assert len(quiet) == 2
    assert (quiet["t_up_s"] == -math.inf).all()
    assert (quiet["t_down_s"] == math.inf).all()


def test_the_usual_rules_keep_their_promise_in_an_hour() -> None:
    """The bound of 0.1 an hour is on the mean: more than two in an hour would have a chance of 2e-4."""
    done: list[tuple[float, float]] = []
    n = count_false_tracks(small().tracked, SEED, 1.0, lambda *hours: done.append(hours))
    assert n <= 2
    assert done == [(1.0, 1.0)]


def test_lax_rules_confirm_false_tracks_and_the_count_goes_on(crowded: TrackedModel) -> None:
    found = [count_false_tracks(crowded, seed, hours, rules=LAX) for seed, hours in ((1, 0.05), (1, 0.05), (2, 0.025))]
    assert found[0] == found[1] > found[2] > 0


def test_without_false_plots_or_radars_there_is_no_false_track() -> None:
    tracked = small().tracked
    radars = tracked.radars.copy()
    radars["n_false_plots"] = 0.0
    assert count_false_tracks(tracked._replace(radars=radars), SEED, 0.05, rules=LAX) == 0
    assert count_false_tracks(tracked._replace(radars=radars[:0]), SEED, 1.0) == 0


@pytest.mark.parametrize("hours", [0.0, -1.0, math.inf, math.nan])
def test_no_time_is_refused(hours: float) -> None:
    with pytest.raises(CommandError, match="above 0"):
        count_false_tracks(small().tracked, SEED, hours)


@pytest.mark.validate
def test_the_count_is_that_of_the_tracker_driven_look_by_look(crowded: TrackedModel) -> None:
    """The same plots of one radar through the public tracker give the same number of confirmed tracks."""
    from opendome.tracking.tracker import Tracker

    one = crowded._replace(radars=crowded.radars[:1].copy())
    one.radars["n_false_plots"] = 1500.0
    radars = quiet_radars(one.radars)
    sensing = SensingModel(radars, detection_table(radars), no_terrain(), 1)
    buffer = new_plot_buffer(plot_capacity(radars, 0))
    tracker = Tracker(radars, motion=one.motion, rules=LAX._replace(impact_every_s=math.inf))
    confirmed: set[int] = set()
    for k in range(240):
        t_s = float(look_time_s(radars.view(np.recarray)[0], k))
        if t_s < 180.0:
            n = scan(sensing, 0, 2**31 - 1, k, t_s, np.zeros((0, 7)), np.zeros((0, 2), np.int64), 0, buffer)
            confirmed |= set(tracker.step(t_s, buffer.plots[:n]).confirmed["track_id"].tolist())
    assert len(confirmed) > 2
    assert count_false_tracks(one, 1, 0.05, rules=LAX) == len(confirmed)

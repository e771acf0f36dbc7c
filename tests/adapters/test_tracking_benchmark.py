"""The benchmark's scene is what it says, and its peer follows the targets with the same motion as ours."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

pytest.importorskip("stonesoup")

from stonesoup.types.state import State

from benchmarks import tracking
from benchmarks.tracking_scene import LAT_DEG, make_scene
from opendome.adapters.ballistic import advance, make_ballistic
from opendome.adapters.stonesoup_pieces import moment
from opendome.base.polar import from_polar

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # rtree is optional there
    from benchmarks.peer_stonesoup import NumpyTransition


def test_plots_scatter_about_the_truth_as_stated() -> None:
    scene = make_scene(40, 12, seed=3)
    radar, errors_m, n_true = scene.radars[0], [], 0
    for plots, sources, truth in zip(scene.plots, scene.sources, scene.truth_enu):
        for plot, source in zip(plots, sources):
            if source >= 0:
                n_true += 1
                place = from_polar(radar, plot["range_m"], plot["azimuth_rad"], plot["elevation_rad"])
                range_m = np.linalg.norm(truth[source, :3] - [radar["east_m"], radar["north_m"], radar["up_m"]])
                errors_m.append([np.linalg.norm(truth[source, :3] - place), 0.002 * range_m, plot["range_m"] - range_m])
    found = np.array(errors_m)
    assert n_true == pytest.approx(0.9 * 480, abs=4 * math.sqrt(0.09 * 480))
    assert sum(map(len, scene.plots)) - n_true == pytest.approx(240, abs=4 * math.sqrt(240))
    assert np.std(found[:, 2]) == pytest.approx(15.0, rel=0.15)
    assert np.mean(found[:, 0] ** 2 - 225.0) == pytest.approx(np.mean(2.0 * found[:, 1] ** 2), rel=0.2)


def test_truth_moves_as_its_velocity_says() -> None:
    scene = make_scene(5, 30, seed=4)
    middle = 0.5 * (scene.truth_enu[2:, :, :3] - scene.truth_enu[:-2, :, :3])
    assert middle == pytest.approx(scene.truth_enu[1:-1, :, 3:], abs=2.0)
    assert scene.truth_enu[:, :, 2].min() > 1_000.0


def test_the_peers_motion_is_ours() -> None:
    motion = make_ballistic(LAT_DEG)
    peer, dt = NumpyTransition(motion), moment(1.0) - moment(0.0)
    for state in make_scene(6, 1).truth_enu[0]:
        x = np.array([*state, math.log(8_000.0)])
        theirs = np.asarray(peer.function(State(x[:, None]), time_interval=dt), dtype=float)[:, 0]
        assert theirs == pytest.approx(advance(motion, x, 1.0)[0], abs=2e-3)


def test_the_peer_follows_the_targets_with_our_parts_and_without() -> None:
    scene = make_scene(10, tracking.N_FIRST + 3)
    plain, helped = tracking.run_theirs(scene, False), tracking.run_theirs(scene, True)
    assert plain.followed_frac == helped.followed_frac == 1.0
    assert plain.error_m == pytest.approx(helped.error_m, rel=0.02)
    assert 0.0 < plain.error_m < 100.0
    assert plain.spent_s > 0.0


def test_a_tracker_that_loses_targets_is_not_timed() -> None:
    scene = make_scene(4, tracking.N_FIRST + 2)
    truth = scene.truth_enu[tracking.N_FIRST :, :, :3]
    all_there = tracking._judge(scene, 1.0, list(truth))
    assert (all_there.followed_frac, all_there.error_m) == (1.0, 0.0)
    half = tracking._judge(scene, 1.0, [found[:2] for found in truth])
    assert half.followed_frac == 0.5
    assert tracking._judge(scene, 1.0, [np.zeros((0, 3))] * 2).followed_frac == 0.0

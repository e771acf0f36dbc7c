"""Our tracker and Stone Soup's, given the same plots of fifty rockets among false ones, say the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip("stonesoup")

from benchmarks.tracking_scene import LAT_DEG, Scene, make_scene
from opendome.adapters.stonesoup import StoneSoupTracker
from opendome.tracking.model import ErrorPrior
from opendome.tracking.tracker import Tracker

N_TARGETS = 50
N_SCANS = 18


class Pairing(NamedTuple):
    """Rows of both trackers by target after the last scan, and the scene."""

    ours: np.ndarray
    theirs: np.ndarray
    scene: Scene


def nearest_rows(rows: np.ndarray, truth_enu: np.ndarray) -> np.ndarray:
    """Rows of the confirmed tracks next to the targets."""
    apart_m = np.linalg.norm(rows["mean"][:, None, :3] - truth_enu[None, :, :3], axis=2)
    return rows[apart_m.argmin(axis=0)]


@pytest.fixture(scope="module")
def pairing() -> Pairing:
    scene = make_scene(N_TARGETS, N_SCANS, seed=11)
    ours = Tracker(scene.radars, lat_deg=LAT_DEG, prior=ErrorPrior(is_plain=True))
    theirs = StoneSoupTracker(scene.radars, LAT_DEG)
    for t_s, plots in zip(scene.t_s, scene.plots):
        tables = ours.step(t_s, plots), theirs.step(t_s, plots)
    found = [nearest_rows(table.confirmed.rows, scene.truth_enu[-1]) for table in tables]
    return Pairing(found[0], found[1], scene)


def test_each_target_has_a_track_of_its_own_in_both(pairing: Pairing) -> None:
    assert len(set(pairing.ours["track_id"])) == len(set(pairing.theirs["track_id"])) == N_TARGETS


def test_states_differ_by_little_of_their_stated_error(pairing: Pairing) -> None:
    sd = np.sqrt(np.einsum("nii->ni", pairing.ours["cov"]))
    apart = np.abs(pairing.ours["mean"] - pairing.theirs["mean"]) / sd
    assert np.median(apart[:, :3]) < 0.1
    assert np.median(apart[:, 3:]) < 0.5
    assert apart[:, :3].max() < 1.5


def test_stated_errors_agree(pairing: Pairing) -> None:
    sd, theirs = (np.sqrt(np.einsum("nii->ni", rows["cov"])) for rows in (pairing.ours, pairing.theirs))
    assert np.median(theirs / sd, axis=0) == pytest.approx(np.ones(7), abs=0.12)


def test_both_are_equally_far_from_the_truth(pairing: Pairing) -> None:
    truth = pairing.scene.truth_enu[-1, :, :3]
    ours_m, theirs_m = (np.linalg.norm(rows["mean"][:, :3] - truth, axis=1) for rows in (pairing.ours, pairing.theirs))
    assert np.median(ours_m) == pytest.approx(np.median(theirs_m), rel=0.15)
    assert np.median(ours_m) < 60.0


def test_impacts_agree_within_their_ellipses(pairing: Pairing) -> None:
    ours, theirs = pairing.ours, pairing.theirs
    assert ours["has_impact"].all() and theirs["has_impact"].all()
    apart_m = np.hypot(
        ours["impact_east_m"] - theirs["impact_east_m"], ours["impact_north_m"] - theirs["impact_north_m"]
    )
    assert np.median(apart_m / np.sqrt(ours["impact_var_east_m2"] + ours["impact_var_north_m2"])) < 0.5

"""The unscented update: equal to the extended one where the measurement is straight, better where it bends."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.tracking.filter import absorb, carry
from opendome.tracking.model import ErrorPrior, make_motion_model
from opendome.tracking.ukf import absorb_unscented
from tests.tracking.filter_cases import flown, launch, one_slot, plots_of, radar_with_bias

FULL = make_motion_model(31.5)
PLAIN = make_motion_model(31.5, ErrorPrior(is_plain=True))
SHARP = np.array([3.0, 3.0, 3.0, 2.0, 2.0, 2.0, 0.1])


@pytest.mark.parametrize("has_rate", [False, True])
def test_equals_the_extended_filter_where_it_is_straight(has_rate: bool) -> None:
    radars = radar_with_bias()
    states = flown(FULL, launch(), np.zeros(15), 20)
    plots = plots_of(states, np.arange(20.0), radars, rng=np.random.default_rng(6))
    if has_rate:
        d = states[:, :3] - [radars["east_m"][0], radars["north_m"][0], radars["up_m"][0]]
        plots["range_rate_mps"] = np.sum(d * states[:, 3:6], axis=1) / np.linalg.norm(d, axis=1)
    one, other = one_slot(states[0], SHARP), one_slot(states[0], SHARP)
    for plot in plots[1:]:
        for tracks, update in ((one, absorb), (other, absorb_unscented)):
            assert carry(FULL, tracks, 0, plot["t_s"])
            assert math.isfinite(update(FULL, tracks, 0, radars[0], plot, np.zeros(4)))
    deviation = np.sqrt(np.diag(one.p[0]))
    assert np.max(np.abs(one.x[0] - other.x[0]) / deviation) < 0.02
    assert np.max(np.abs(one.p[0] - other.p[0]) / np.outer(deviation, deviation)) < 0.01
    np.testing.assert_allclose(one.b[0], other.b[0], atol=0.01)


def test_knows_what_the_bend_of_the_measurement_does() -> None:
    radars = radar_with_bias()
    state = np.array([300.0, 400.0, 3_000.0, 0.0, 0.0, -200.0, 9.0])
    wide = np.array([400.0, 400.0, 400.0, 5.0, 5.0, 5.0, 0.1])
    rng, shares = np.random.default_rng(12), {}
    for name, update in (("slopes", absorb), ("points", absorb_unscented)):
        distances = []
        for _ in range(300):
            truth = state + wide * rng.standard_normal(7)
            plot = plots_of(truth[None], np.zeros(1), radars, rng=rng)[0]
            tracks = one_slot(state, wide)
            update(PLAIN, tracks, 0, radars[0], plot, np.zeros(4))
            off = truth[:3] - tracks.x[0, :3]
            distances.append(off @ np.linalg.solve(tracks.p[0, :3, :3], off) / 3.0)
        shares[name] = np.mean(np.array(distances) < 11.34 / 3.0)
    assert shares["points"] > shares["slopes"] + 0.2
    assert shares["points"] > 0.85


def test_bad_input_leaves_the_slot_alone() -> None:
    radars = radar_with_bias()
    plots = plots_of(launch()[None], np.zeros(1), radars)
    for spoil in ("plot", "slot"):
        tracks = one_slot(launch(), SHARP)
        if spoil == "plot":
            plots["range_m"] = math.nan
        else:
            plots["range_m"] = 9_000.0
            tracks.p[0, 0, 0] = -1.0
        before = tracks.x.copy()
        assert math.isnan(absorb_unscented(FULL, tracks, 0, radars[0], plots[0], np.zeros(4)))
        np.testing.assert_array_equal(tracks.x, before)

"""Steps while ln beta is vague: three points along it, against draws; slopes alone where that is asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.tracking.filter import carry
from opendome.tracking.model import ErrorPrior, MotionModel, Tracks, make_motion_model
from tests.tracking.filter_cases import flown, launch, one_slot

QUIET = ErrorPrior(is_plain=True, q_acceleration_m2ps3=0.0, q_log_beta_ps=0.0)
POINTS = make_motion_model(31.5, QUIET)
SLOPES = make_motion_model(31.5, QUIET._replace(vague_log_beta_sd=math.inf))
WIDE = np.array([40.0, 40.0, 40.0, 25.0, 25.0, 25.0, 0.5])
STATE = launch(speed_mps=1_100.0, log_beta=math.log(4_000.0))


def vague_slot() -> Tracks:
    """A young track: velocity and ln beta go together."""
    tracks = one_slot(STATE, WIDE)
    tracks.p[0, 3:6, 6] = tracks.p[0, 6, 3:6] = 0.4 * WIDE[3:6] * WIDE[6]
    return tracks


def carried(model: MotionModel) -> tuple[np.ndarray, np.ndarray]:
    tracks = vague_slot()
    assert carry(model, tracks, 0, 2.0)
    return tracks.x[0].copy(), tracks.p[0].copy()


def drawn(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of states drawn from the young track, flown for 2 s in steps of 0.1 s."""
    rng, root = np.random.default_rng(8), np.linalg.cholesky(vague_slot().p[0])
    z = rng.standard_normal((n // 2, 7))
    ends = np.array([flown(POINTS, STATE + root @ one, np.zeros(15), 3)[2] for one in np.concatenate([z, -z])])
    return ends.mean(axis=0), np.cov(ends.T)


def test_three_points_give_mean_and_covariance_of_draws() -> None:
    mean, cov = drawn(6_000)
    deviation = np.sqrt(np.diag(cov))
    off = {}
    for name, (x, p) in (("points", carried(POINTS)), ("slopes", carried(SLOPES))):
        off[name] = np.abs(x - mean).max(), np.abs((x - mean) / deviation).max()
        spread = np.abs(p - cov) / np.outer(deviation, deviation)
        assert spread.max() < (0.06 if name == "points" else 0.5), name
        assert np.linalg.eigvalsh(p).min() > 0.0
    assert off["points"][1] < 0.03
    assert off["slopes"][1] > 2.0 * off["points"][1]


def test_infinity_is_a_textbook_filter() -> None:
    x, _ = carried(SLOPES)
    np.testing.assert_allclose(x, flown(SLOPES, STATE, np.zeros(15), 3)[2], atol=0.2)
    sure = one_slot(STATE, np.append(WIDE[:6], 0.1)), one_slot(STATE, np.append(WIDE[:6], 0.1))
    for model, tracks in zip((POINTS, SLOPES), sure):
        assert carry(model, tracks, 0, 2.0)
    np.testing.assert_array_equal(sure[0].p, sure[1].p)


@pytest.mark.parametrize("value", [-0.1, math.nan, -math.inf])
def test_no_border_below_zero(value: float) -> None:
    with pytest.raises(CommandError, match="vague_log_beta_sd"):
        make_motion_model(31.5, ErrorPrior(vague_log_beta_sd=value))

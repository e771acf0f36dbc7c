"""What is known of the raid before it is drawn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from opendome.base.tally import Tally
from opendome.study.controls import RaidMoments, control_columns, raid_moments
from tests.study import fakes


def model(mean: Any, duration_day: float = 3.0, given: tuple[int, ...] = ()) -> Any:
    daily = SimpleNamespace(mean=mean, variance_over_mean=20.0)
    raid = None if mean is None else SimpleNamespace(launched_per_day=daily)
    salvos = [SimpleNamespace(count=count) for count in given]
    return SimpleNamespace(duration_day=duration_day, threats=SimpleNamespace(raid=raid, given=salvos))


def test_days_add_up_and_salvos_are_certain() -> None:
    assert raid_moments(model(100.0)) == RaidMoments(300.0, 6000.0)
    assert raid_moments(model((100.0, 50.0, 10.0), given=(4, 6))) == RaidMoments(170.0, 3200.0)
    assert raid_moments(model(None, given=(4, 6))) == RaidMoments(10.0, 0.0)
    assert raid_moments(model(100.0, duration_day=2.5)) is None


def test_the_law_of_the_raid_has_these_moments() -> None:
    world = fakes.compile_world(fakes.scenario())
    launched = fakes.run_chunk(world, 5, 0, 4000).rows[:, Tally.LAUNCHED]
    moments = raid_moments(fakes.scenario().model)
    assert moments is not None
    assert launched.mean() == pytest.approx(moments.mean, abs=3.3 * np.sqrt(moments.variance / 4000))
    assert launched.var() == pytest.approx(moments.variance, rel=0.1)
    controls = control_columns(launched, moments)
    assert controls is not None and controls.mean(axis=0) == pytest.approx([0, 0], abs=0.1)


def test_a_raid_that_does_not_vary_has_no_controls() -> None:
    assert control_columns(np.full(5, 10.0), RaidMoments(10.0, 0.0)) is None
    assert control_columns(np.full(5, 10.0), None) is None

"""What the report computes itself, against closed forms and other programs."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from opendome.report.figures.ends import place_names
from opendome.report.figures.grid import binding_edges, place_among
from opendome.report.figures.map import scale_bar_km
from opendome.report.figures.svg import Scale, fit, nice_ticks, text_width, tick_places, wrap
from opendome.report.geometry import bounds, disc_ring, simplified
from opendome.report.model import Part
from opendome.report.statistics import (
    bin_dots,
    crossing,
    mean_estimate,
    quantile_dots,
    share_estimate,
    spread,
    totals_ratio,
)


def test_mean_interval_is_students():
    x = np.random.default_rng(1).normal(5, 2, 40)
    found = mean_estimate(x)
    low, high = stats.t.interval(0.95, 39, x.mean(), stats.sem(x))
    assert (found.value, found.low, found.high, found.n) == pytest.approx((x.mean(), low, high, 40))
    assert math.isnan(mean_estimate(x[:1]).low)
    assert mean_estimate(np.array([])).n == 0


def test_share_interval_is_wilsons():
    x = np.r_[np.ones(7), np.zeros(33)]
    expected = stats.binomtest(7, 40).proportion_ci(method="wilson")
    found = share_estimate(x)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_quantile_dots_of_a_histogram_match_those_of_its_numbers():
    x = np.repeat([3.0, 10.0, 20.0], [10, 25, 15])
    assert quantile_dots(np.array([20.0, 3.0, 10.0]), np.array([15.0, 10.0, 25.0])) == tuple(x)
    assert len(quantile_dots(np.arange(1000.0))) == 50
    assert quantile_dots(np.array([])) == ()


def test_ratio_of_totals():
    found = totals_ratio(np.array([1.0, 3.0, 0.0]), np.array([2.0, 4.0, 0.0]))
    assert found.value == pytest.approx(4 / 6)
    assert found.n == 2
    assert spread(np.array([])) == pytest.approx((math.nan, math.nan), nan_ok=True)


@given(st.lists(st.floats(0, 500), min_size=1, max_size=60), st.floats(1, 12))
def test_stacked_dots_never_overlap_and_none_is_lost(px, pitch):
    dots = bin_dots(px, pitch)
    assert len(dots) == len(px)
    assert len(set(dots)) == len(dots)
    columns = sorted({x for x, _ in dots})
    assert all(b - a >= pitch - 1e-9 for a, b in pairwise(columns))


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(-9, 9), st.floats(-9, 9))
def test_crossing_lies_between_and_on_the_line(x0, x1, g0, g1):
    at = crossing(x0, g0, x1, g1)
    if g0 * g1 >= 0:
        assert at is None
    else:
        assert min(x0, x1) - 1e-9 <= at <= max(x0, x1) + 1e-9
        if abs(x1 - x0) > 1e-3 and abs(g1 - g0) > 1e-3:
            assert g0 + (g1 - g0) * (at - x0) / (x1 - x0) == pytest.approx(0, abs=1e-6)


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5), st.integers(3, 8))
def test_ticks_are_inside_even_and_told_apart(low, span, n):
    ticks = nice_ticks(low, low + span, n)
    assert len(ticks) <= n + 1
    assert all(low - 1e-6 * span <= t <= low + span * (1 + 1e-6) for t in ticks)
    steps = {round(b - a, 9) for a, b in pairwise(ticks)}
    assert len(steps) <= 1 or max(steps) - min(steps) < 1e-6 * span
    places = tick_places(ticks)
    assert len({f"{t:.{places}f}" for t in ticks}) == len(ticks)


def test_contour_follows_cell_edges():
    assert binding_edges([[0.1, 0.6], [0.4, 0.9]], 0.5) == [(1, 0, 1, 1), (1, 1, 1, 2)]
    assert binding_edges([[0.1, 0.2], [0.6, 0.9]], 0.5) == [(0, 1, 1, 1), (1, 1, 2, 1)]
    assert binding_edges([[0.1, 0.2]], 0.5) == []


def test_place_of_the_scenario_in_the_grid():
    assert place_among((1000, 2000, 4000), 3000) == pytest.approx(1.5)
    assert place_among((4000, 2000, 1000), 3000) == pytest.approx(0.5)
    assert place_among((1000, 2000), 900) is None
    assert place_among((5,), 5) == 0.0


@given(st.lists(st.floats(0.0, 3000.0), min_size=2, max_size=7))
def test_names_of_parts_never_overlap(values):
    parts = [Part(f"reason number {i}"[: 8 + i], "open", "on-open") for i in range(len(values))]
    names = place_names(values, parts, Scale(0.0, sum(values) or 1.0, 0.0, 700.0), 1100.0)
    for i, one in enumerate(names):
        for other in names[:i]:
            if one.tier == other.tier:
                assert one.start + one.room <= other.start or other.start + other.room <= one.start


def test_text_is_fitted_and_wrapped():
    assert text_width("mmm") > text_width("iii")
    assert fit("short", 100) == "short"
    assert fit("a very long label indeed", 60).endswith("…")
    assert text_width(fit("a very long label indeed", 60)) <= 60
    assert " ".join(wrap("one two three four", 60)) == "one two three four"


def test_simplified_outline_stays_near():
    ring = disc_ring(0.0, 0.0, 1000.0, 400)
    few = simplified([*ring, ring[0]], 5.0)
    assert 10 < len(few) < 200
    assert all(abs(math.hypot(e, n) - 1000.0) < 1e-6 for e, n in few)
    west, south, east, north = bounds([(-9e3, 0.0), (9e3, 1e3)], [])
    assert (east - west) / (north - south) == pytest.approx(1.45)
    assert west < -9e3 < 9e3 < east
    west, south, east, north = bounds([(0.0, -9e3), (1e3, 9e3)], [])
    assert (east - west) / (north - south) == pytest.approx(0.95)


@given(st.floats(0.5, 3000))
def test_scale_bar_is_round_and_fits(width_km):
    bar = scale_bar_km(width_km)
    assert width_km / 13 <= bar <= width_km / 5 + 1e-9
    assert round(bar / 10 ** math.floor(math.log10(bar) + 1e-9), 6) in (1.0, 2.0, 5.0)

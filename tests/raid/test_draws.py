"""The raid's laws against closed forms: totals, bursts, places, aim, spread, failures, times."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit
from scipy import stats

from opendome.base.geometry import points_in_ring
from opendome.base.types import OBJECT, Fate
from opendome.raid.generate import BURSTS_PER_DAY_LIMIT, draw_day, draw_total
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from tests.engine import scenarios

SEED = 4
P_LOW = 1e-3  # a true law fails a test once in a thousand seeds; the seed is fixed
GIVEN = 1 << 30
RECORD = np.dtype([*((name, OBJECT[name]) for name in OBJECT.names), ("replication", np.int64)])


@pytest.fixture(scope="module")
def raid():
    return scenarios.coastland().raid


@pytest.fixture(scope="module")
def drawn(raid):
    """400 first days without failures and without written-out salvos."""
    model = raid._replace(p_fail=0.0)
    return np.concatenate([with_replication(draw_day(model, SEED, k, 0)[0], k) for k in range(400)])


def with_replication(objects, replication):
    """Objects with their replication beside them."""
    rows = np.zeros(len(objects), RECORD)
    for name in OBJECT.names:
        rows[name] = objects[name]
    rows["replication"] = replication
    return rows


def bursts_of(drawn):
    """The first shot of each burst."""
    return drawn[drawn["shot"] == 0]


@njit
def totals(model, seed, n):
    found = np.empty(n, np.int64)
    for k in range(n):
        found[k] = draw_total(model, seed, k, 0)
    return found


def expected_share(cumulative):
    return np.diff(np.concatenate([[0.0], cumulative]))


@pytest.mark.parametrize(("mean", "ratio"), [(140.0, 12.0), (6.0, 3.0), (300.0, 20.0), (50.0, 1.0)])
def test_daily_totals_are_negative_binomial(raid, mean, ratio):
    n = 20_000
    found = totals(raid._replace(day_mean=np.array([mean]), variance_over_mean=ratio), SEED, n)
    variance = found.var(ddof=1)
    fourth = ((found - found.mean()) ** 4).mean()
    z = stats.norm.ppf(1.0 - P_LOW / 2.0)
    assert abs(found.mean() - mean) < z * math.sqrt(mean * ratio / n)
    assert abs(variance - mean * ratio) < z * math.sqrt((fourth - variance**2) / n)
    law = stats.nbinom(mean / (ratio - 1.0), 1.0 / ratio) if ratio > 1.0 else stats.poisson(mean)
    edges = np.unique(law.ppf(np.linspace(0.0, 1.0, 21)[1:-1]))
    bins = np.concatenate([[-1.0], edges, [np.inf]])
    counts = np.histogram(found, bins + 0.5)[0]
    assert stats.chisquare(counts, n * np.diff(law.cdf(bins))).pvalue > P_LOW


def test_no_launches_where_none_are_expected(raid):
    quiet = raid._replace(day_mean=np.zeros(3), salvos=raid.salvos[:0])
    assert len(draw_day(quiet, SEED, 0, 0)[0]) == 0


def test_sizes_of_bursts_are_geometric(raid, drawn):
    """The first bursts of a day, which the day's total hardly ever cuts short."""
    early = drawn[drawn["burst"] < 4]
    days = np.unique(drawn["replication"], return_counts=True)
    large = days[0][days[1] >= 90]
    sizes = [np.count_nonzero((early["replication"] == k) & (early["burst"] == b)) for k in large for b in range(4)]
    sizes = np.array(sizes)
    law = stats.geom(1.0 / raid.burst_size_mean)
    edges = np.array([0, 1, 2, 3, 4, 6, 8, 11, 15, 1000])
    counts = np.histogram(sizes, edges + 0.5)[0]
    assert len(sizes) > 1000
    assert stats.chisquare(counts, len(sizes) * np.diff(law.cdf(edges)) / np.diff(law.cdf(edges)).sum()).pvalue > P_LOW


def test_shots_of_a_burst_follow_one_another_by_chance(raid, drawn):
    gaps = np.diff(drawn["t_launch_s"])[np.diff(drawn["burst"]) == 0]
    assert len(gaps) > 10_000
    assert stats.kstest(gaps, "expon", (0.0, raid.spacing_s)).pvalue > P_LOW


def test_a_burst_has_one_class_one_launch_point_and_one_aim(drawn):
    for name in ("i_class", "launch_east_m", "launch_north_m", "aim_area"):
        changes = np.diff(drawn[name].astype(float)) != 0.0
        assert not changes[(np.diff(drawn["burst"]) == 0) & (np.diff(drawn["replication"]) == 0)].any()


def test_hours_of_the_day(raid, drawn):
    """The scenario starts at midnight UTC, so that hours of launches are the profile's."""
    hours = (bursts_of(drawn)["t_launch_s"] // 3600.0).astype(int)
    counts = np.bincount(hours, minlength=24)
    assert stats.chisquare(counts, len(hours) * expected_share(raid.hour_cum)).pvalue > P_LOW


def test_launch_points_lie_in_the_polygons_by_their_shares(raid, drawn):
    first = bursts_of(drawn)
    inside = []
    for k in range(len(raid.launch_start) - 1):
        ring = raid.launch_vertices_m[raid.launch_start[k] : raid.launch_start[k + 1]]
        inside.append(points_in_ring(first["launch_east_m"].copy(), first["launch_north_m"].copy(), ring))
    assert (np.sum(inside, axis=0) == 1).all()
    counts = np.sum(inside, axis=1)
    assert stats.chisquare(counts, len(first) * expected_share(raid.launch_cum)).pvalue > P_LOW


def test_launch_points_are_uniform_over_a_polygon(raid):
    """As many in each triangle as it has of the area, where ranges rule out nothing."""
    wide = raid.classes.copy()
    wide["range_min_m"], wide["range_max_m"] = 0.0, 1e9
    model = raid._replace(classes=wide, salvos=raid.salvos[:0])
    first = np.concatenate([bursts_of(draw_day(model, SEED, k, 0)[0]) for k in range(300)])
    corners, shares = raid.triangles.corners_m, raid.triangles.cum_share
    counts, expected = [], []
    for k in range(len(raid.launch_start) - 1):
        rows = range(raid.triangle_start[k], raid.triangle_start[k + 1])
        share = expected_share(shares[rows.start : rows.stop])
        inside = [
            points_in_ring(first["launch_east_m"].copy(), first["launch_north_m"].copy(), corners[i]) for i in rows
        ]
        counts += [np.count_nonzero(one) for one in inside]
        expected += list(np.sum(inside) * share)
    assert len(counts) >= 4
    assert stats.chisquare(counts, expected).pvalue > P_LOW


def test_shares_of_classes(raid, drawn):
    first = bursts_of(drawn)
    by_launch = expected_share(raid.launch_cum)
    expected = sum(share * expected_share(row) for share, row in zip(by_launch, raid.class_cum))
    names_share = {0: 0.27, 1: 0.03, 2: 0.7}  # medium-rocket, one-way-drone, short-rocket
    np.testing.assert_allclose(expected, [names_share[k] for k in range(3)], atol=1e-12)
    counts = np.bincount(first["i_class"], minlength=3)
    assert stats.chisquare(counts, len(first) * expected).pvalue > P_LOW


def distance_to_ring_m(point, ring):
    """Distance from a point outside to a ring, edge by edge."""
    best = math.inf
    for a, b in zip(ring, np.roll(ring, -1, axis=0)):
        along = b - a
        share = min(max(np.dot(point - a, along) / np.dot(along, along), 0.0), 1.0)
        best = min(best, math.dist(point, a + share * along))
    return best


def test_aim_follows_the_stated_weights():
    """Every area in reach from everywhere, uniform launches: aims are as population, distance and near share say."""
    scenario = load("coastland").alternative("as-is")
    reach = {"range_min_km": 0.1, "range_max_km": 90.0}
    only = {"threats.raid.classes": {"medium-rocket": 1.0}, "threats.classes": {"medium-rocket": reach}}
    world = compile_world(scenario.override({**only, "threats.given": []}))
    raid, areas = world.raid, world.areas
    rings = [raid.launch_vertices_m[a:b] for a, b in zip(raid.launch_start, raid.launch_start[1:])]
    centres = np.stack([areas["east_m"], areas["north_m"]], axis=1)
    distance_m = np.array([min(distance_to_ring_m(point, ring) for ring in rings) for point in centres])
    base = areas["population"] ** 0.5
    general, near = base * np.exp(-distance_m / 20_000.0), np.where(distance_m <= 12_000.0, base, 0.0)
    weights = 0.7 * general / general.sum() + 0.3 * near / near.sum()
    first = np.concatenate([bursts_of(draw_day(raid, SEED, k, 0)[0]) for k in range(300)])
    counts = np.bincount(first["aim_area"], minlength=len(areas))
    assert (weights * len(first) > 5.0).all()
    assert stats.chisquare(counts, weights * len(first)).pvalue > P_LOW


def test_out_of_range_aims_are_not_drawn(raid, drawn):
    kind = raid.classes[drawn["i_class"]]
    area = raid.areas[drawn["aim_area"]]
    range_m = np.hypot(area["east_m"] - drawn["launch_east_m"], area["north_m"] - drawn["launch_north_m"])
    assert (range_m >= kind["range_min_m"] - 1e-6).all() and (range_m <= kind["range_max_m"] + 1e-6).all()


def test_shots_scatter_normally_about_the_aim(raid, drawn):
    kind, area = raid.classes[drawn["i_class"]], raid.areas[drawn["aim_area"]]
    range_m = np.hypot(area["east_m"] - drawn["launch_east_m"], area["north_m"] - drawn["launch_north_m"])
    spread_m = raid.spread_scale * kind["spread_frac_of_range"] * range_m
    for axis in ("east_m", "north_m"):
        off = (drawn[f"impact_{axis}"] - area[axis]) / spread_m
        assert stats.kstest(off, "norm").pvalue > P_LOW


def test_built_up_share(raid, drawn):
    inside = drawn[drawn["end_area"] >= 0]
    expected = raid.areas["built_up_frac"][inside["end_area"]]
    z = (inside["is_built_up"] - expected).sum() / math.sqrt((expected * (1.0 - expected)).sum())
    assert abs(z) < stats.norm.ppf(1.0 - P_LOW / 2.0)
    assert not drawn["is_built_up"][drawn["end_area"] < 0].any()


@pytest.mark.parametrize("gamma", [1.0, 3.0])
def test_failures_come_down_at_a_power_of_a_uniform_share(raid, gamma):
    """Beside the same raid without failures: same direction, and the share of the way to the 1 / gamma uniform."""
    quiet = raid._replace(salvos=raid.salvos[:0])
    failing, flying = quiet._replace(p_fail=0.4, fail_gamma=gamma), quiet._replace(p_fail=0.0)
    shares, n_all = [], 0
    for k in range(100):
        some, all_ = draw_day(failing, SEED, k, 1)[0], draw_day(flying, SEED, k, 1)[0]
        failed = some["fate"] == Fate.FAILS_IN_FLIGHT
        n_all += len(some)
        kept = ("launch_east_m", "launch_north_m", "t_launch_s", "i_class")
        assert all(np.array_equal(some[name], all_[name]) for name in kept)
        np.testing.assert_array_equal(some["impact_east_m"][~failed], all_["impact_east_m"][~failed])
        is_rocket = failed & (raid.classes["is_cruise"][some["i_class"]] == 0)
        short = [some[f"impact_{x}_m"][is_rocket] - some[f"launch_{x}_m"][is_rocket] for x in ("east", "north")]
        full = [all_[f"impact_{x}_m"][is_rocket] - all_[f"launch_{x}_m"][is_rocket] for x in ("east", "north")]
        np.testing.assert_allclose(short[0] * full[1], short[1] * full[0], atol=1e-3 * np.hypot(*full).max())
        shares.append(np.hypot(*short) / np.hypot(*full))
    shares = np.concatenate(shares)
    assert stats.kstest(shares ** (1.0 / gamma), "uniform").pvalue > P_LOW
    assert stats.binomtest(len(shares), round(n_all * 0.97), 0.4).pvalue > P_LOW


def test_a_drone_that_fails_stays_on_its_way(raid):
    """It comes down on one of its two legs, as far along as its share says."""
    drones = raid._replace(class_cum=np.array([[0.0, 1.0, 1.0]] * 2), salvos=raid.salvos[:0])
    for k in range(20):
        some = draw_day(drones._replace(p_fail=1.0, fail_gamma=1.0), SEED, k, 1)[0]
        all_ = draw_day(drones._replace(p_fail=0.0), SEED, k, 1)[0]
        for short, full in zip(some, all_):
            start = np.array([full["launch_east_m"], full["launch_north_m"]])
            way = np.array([full["way_east_m"], full["way_north_m"]])
            end = np.array([full["impact_east_m"], full["impact_north_m"]])
            fell = np.array([short["impact_east_m"], short["impact_north_m"]])
            legs = [(start, way), (way, end)]
            off = [math.dist(a, fell) + math.dist(fell, b) - math.dist(a, b) for a, b in legs]
            assert min(off) < 1e-6
            assert short["t_impact_s"] <= full["t_impact_s"]


def test_misfires_go_nowhere(raid):
    objects = draw_day(raid._replace(p_misfire=0.3, salvos=raid.salvos[:0]), SEED, 0, 0)[0]
    stuck = objects[objects["fate"] == Fate.MISFIRES]
    assert stats.binomtest(len(stuck), len(objects), 0.3).pvalue > P_LOW
    np.testing.assert_array_equal(stuck["t_impact_s"], stuck["t_launch_s"])
    np.testing.assert_array_equal(stuck["impact_east_m"], stuck["launch_east_m"])
    assert (stuck["range_m"] == 0.0).all()


def test_written_out_salvos_are_as_written(raid):
    """24 medium rockets from one point, one second apart, in every replication and on their day alone."""
    for replication in (0, 5):
        objects = draw_day(raid, SEED, replication, 1)[0]
        given = objects[objects["burst"] >= GIVEN]
        assert len(given) == 24
        np.testing.assert_array_equal(given["t_launch_s"], 86400.0 + 18 * 3600.0 + np.arange(24.0))
        assert (given["launch_east_m"] == raid.salvos["from_east_m"][0]).all()
        assert (given["i_class"] == 0).all()
        assert given["shot"].tolist() == list(range(24))
        for day in (0, 2):
            assert not (draw_day(raid, SEED, replication, day)[0]["burst"] >= GIVEN).any()


def test_a_written_waypoint_is_passed():
    salvo = {"at_s": 600, "from": [35.1, -29.6], "at": [35.0, -30.1]}
    scenario = (
        load("coastland")
        .alternative("as-is")
        .override({"threats.given": [{**salvo, "class": "one-way-drone", "waypoint": [35.3, -29.9]}]})
    )
    raid = compile_world(scenario).raid
    objects = draw_day(raid._replace(p_fail=0.0), SEED, 0, 0)[0]
    drone = objects[objects["burst"] == GIVEN][0]
    assert (drone["way_east_m"], drone["way_north_m"]) == (raid.salvos["way_east_m"][0], raid.salvos["way_north_m"][0])
    legs_m = math.dist((drone["launch_east_m"], drone["launch_north_m"]), (drone["way_east_m"], drone["way_north_m"]))
    legs_m += math.dist((drone["way_east_m"], drone["way_north_m"]), (drone["impact_east_m"], drone["impact_north_m"]))
    assert drone["t_impact_s"] - 600.0 == pytest.approx(legs_m / raid.classes["speed_mps"][drone["i_class"]], abs=1e-6)


def is_equal(ours, theirs):
    return all(np.array_equal(ours[name], theirs[name]) for name in OBJECT.names)


def test_days_are_the_same_in_any_order(raid):
    forward = [draw_day(raid, SEED, 7, day)[0] for day in (0, 1, 2)]
    backward = [draw_day(raid, SEED, 7, day)[0] for day in (2, 1, 0)][::-1]
    assert all(is_equal(a, b) for a, b in zip(forward, backward))
    assert not is_equal(forward[0], draw_day(raid, SEED + 1, 7, 0)[0])
    assert (forward[2]["burst"] // BURSTS_PER_DAY_LIMIT == 2).all()


def test_a_battery_more_leaves_the_raid_as_it_is(raid):
    other = compile_world(load("coastland").alternative("one-more")).raid
    for day in range(3):
        assert is_equal(draw_day(raid, SEED, 3, day)[0], draw_day(other, SEED, 3, day)[0])

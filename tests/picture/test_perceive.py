"""Detection, prediction and their stated errors: honest, keyed by object and sensor, and geometrically right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit
from scipy import stats

from opendome.base.types import SENSOR
from opendome.flight.paths import class_nodes
from opendome.picture.curves import impact_error_m, make_looks
from opendome.picture.forecasts import due_row
from opendome.picture.renewal import decision_due_s
from opendome.picture.sight import hidden_below_m
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load

SEED = 9
P_LOW = 1e-3
EARTH_M = 4.0 / 3.0 * 6_371_000.25


@pytest.fixture(scope="module")
def world():
    world = compile_world(load("coastland").alternative("as-is").override({"picture.curves": None}))
    return world._replace(raid=world.raid._replace(salvos=world.raid.salvos[:0]))


@njit
def errors_of(raid, picture, seed, n):
    """First object of each burst: class, and error and covariance of its first and last prediction."""
    rows = np.empty((200 * n, 12))
    found = 0
    for replication in range(n):
        objects, _ = draw_day(raid, seed, replication, 0)
        tracks, assessments, _, _, _, i_object = perceive(picture, seed, replication, objects)
        last_burst = -1
        for i in range(len(tracks)):
            item, track = objects[i_object[i]], tracks[i]
            if item.burst == last_burst:
                continue
            last_burst = item.burst
            line = rows[found]
            line[0], line[1] = item.i_class, track.n_assessments
            for k in range(2):
                row = assessments[track.first_assessment + k * (track.n_assessments - 1)]
                at = 2 + 5 * k
                line[at], line[at + 1] = row.mean_east_m - item.impact_east_m, row.mean_north_m - item.impact_north_m
                line[at + 2], line[at + 3], line[at + 4] = row.var_east_m2, row.cov_m2, row.var_north_m2
            found += 1
    return rows[:found]


def squared_length(east_m, north_m, vee, ven, vnn):
    """Error squared over its covariance: chi-square with two degrees of freedom if the covariance is honest."""
    return (vnn * east_m**2 - 2.0 * ven * east_m * north_m + vee * north_m**2) / (vee * vnn - ven**2)


@pytest.fixture(scope="module")
def errors(world):
    return errors_of(world.raid, world.picture, SEED, 400)


@pytest.mark.parametrize("i_class", [0, 2])
@pytest.mark.parametrize("at", [2, 7])
def test_stated_covariances_are_honest(errors, i_class, at):
    """Normalised errors of bursts' first shots (independent of one another) follow their law and have mean 2."""
    mine = errors[errors[:, 0] == i_class]
    nees = squared_length(*mine[:, at : at + 5].T)
    assert len(nees) > 50
    assert stats.kstest(nees, "chi2", (2,)).pvalue > P_LOW
    low, high = stats.chi2.ppf([P_LOW / 2.0, 1.0 - P_LOW / 2.0], 2 * len(nees)) / len(nees)
    assert low < nees.mean() < high


def test_a_path_of_errors_runs_backward(world):
    """What the error loses on the way is independent of what is left, and its covariance is the difference."""
    picture = world.picture._replace(n_fused=1, wind_unknown_mps=0.0)
    errors = errors_of(world.raid, picture, SEED, 120)
    errors = errors[(errors[:, 0] != 1) & (errors[:, 1] > 1)]
    first, last = errors[:, 2:7], errors[:, 7:12]
    change = first - last
    nees = squared_length(*change.T)
    assert len(nees) > 1000
    assert stats.kstest(nees, "chi2", (2,)).pvalue > P_LOW
    z = stats.norm.ppf(1.0 - P_LOW / 2.0) / math.sqrt(len(nees))
    for a in (0, 1):
        for b in (0, 1):
            ours, theirs = change[:, a] / np.sqrt(change[:, 2 + 2 * a]), last[:, b] / np.sqrt(last[:, 2 + 2 * b])
            assert abs((ours * theirs).mean()) < z


def radars(world, *scales):
    """Radars at one place, known by their numbers, with the given error scales."""
    sensors = np.zeros(len(scales), SENSOR)
    sensors[:] = world.picture.sensors[0]
    sensors["identity"], sensors["error_scale"] = 1000 + np.arange(len(scales)), scales
    return sensors


def told(world, sensors, **fields):
    """Objects and what is perceived of them by the given sensors, without unknown wind."""
    picture = world.picture._replace(sensors=sensors, wind_unknown_mps=0.0, **fields)
    objects = draw_day(world.raid, SEED, 1, 0)[0]
    return objects, perceive(picture, SEED, 1, objects)


def offsets(objects, perceived):
    _, rows, *_, i_object = perceived
    item = objects[i_object][rows["i_track"]]
    return np.stack([rows["mean_east_m"] - item["impact_east_m"], rows["mean_north_m"] - item["impact_north_m"]])


def test_two_radars_hold_the_errors_that_each_holds_alone(world):
    """Fused by information: with scales 1 and 2 the errors have weights 4/5 and 1/5, and the variance is 4/5."""
    sensors = radars(world, 1.0, 2.0)
    one, two = told(world, sensors[:1]), told(world, sensors[1:])
    both = told(world, sensors)
    rows = one[1][1]
    is_rocket = world.classes["is_cruise"][one[1][0]["i_class"][rows["i_track"]]] == 0
    assert len(rows) == len(both[1][1]) and is_rocket.sum() > 100
    fused = (0.8 * offsets(*one) + 0.2 * offsets(*two))[:, is_rocket]
    np.testing.assert_allclose(offsets(*both)[:, is_rocket], fused, atol=1e-6)
    np.testing.assert_allclose(both[1][1]["var_east_m2"][is_rocket], 0.8 * rows["var_east_m2"][is_rocket], rtol=1e-9)


def test_the_goal_of_a_drone_is_mostly_among_those_told(world):
    """Seen from its heading alone, and surer the nearer it is."""
    classes = quiet(world.picture.classes)
    hits, chances = [], []
    for replication in range(40):
        objects = draw_day(world.raid, SEED, replication, 0)[0]
        cruisers = objects[classes["is_cruise"][objects["i_class"]] == 1]
        tracks, rows, areas, p_areas, _, i_object = perceive(world.picture, SEED, replication, cruisers)
        for k, row in enumerate(rows):
            goal = cruisers[i_object[row["i_track"]]]["aim_area"]
            told = areas[k, : row["n_areas"]]
            assert row["p_any"] == pytest.approx(p_areas[k, : row["n_areas"]].sum(), abs=1e-5) and row["p_any"] < 1.0
            hits.append(goal in told)
            chances.append(p_areas[k, : row["n_areas"]][told == goal].sum())
        n = tracks["n_assessments"]
        assert (rows["t_impact_s"] > rows["t_s"]).all() and (n >= 1).all()
    assert np.mean(hits) > 0.8 and np.mean(chances) > 1.5 / len(world.areas)


def test_a_radar_out_of_range_changes_nothing(world):
    sensors = radars(world, 1.0, 1.0)
    sensors["east_m"][1] = 500_000.0
    alone, beside = told(world, sensors[:1]), told(world, sensors)
    for ours, theirs in zip(alone[1][:2], beside[1][:2]):
        assert all(np.array_equal(ours[name], theirs[name], equal_nan=True) for name in ours.dtype.names)


def test_a_radar_that_is_down_changes_nothing(world):
    sensors = radars(world, 1.0, 1.0)
    sensors["t_up_s"][1] = 1e9
    alone, beside = told(world, sensors[:1]), told(world, sensors)
    np.testing.assert_array_equal(offsets(*alone), offsets(*beside))


def test_bursts_may_be_perceived_apart(world):
    """Half the bursts give the same tracks as they give among all: numbers belong to objects."""
    objects, whole = told(world, world.picture.sensors)
    picture = world.picture._replace(wind_unknown_mps=0.0)
    some = objects[objects["burst"] % 2 == 1]
    part = perceive(picture, SEED, 1, some)
    ids, first, count = (whole[0][name] for name in ("track_id", "first_assessment", "n_assessments"))
    rows = {i: whole[1][a : a + n] for i, a, n in zip(ids, first, count)}
    assert len(part[0]) > 20
    for track in part[0]:
        mine = part[1][track["first_assessment"] : track["first_assessment"] + track["n_assessments"]]
        same = rows[track["track_id"]]
        for name in set(mine.dtype.names) - {"i_track"}:
            np.testing.assert_array_equal(mine[name], same[name])


def test_a_share_of_objects_is_missed(world):
    classes = world.picture.classes.copy()
    classes["p_missed"] = 0.3
    raid = world.raid._replace(p_fail=0.0)
    n_seen = n_all = 0
    for replication in range(30):
        objects = draw_day(raid, SEED, replication, 0)[0]
        n_all += len(perceive(world.picture._replace(classes=quiet(classes)), SEED, replication, objects)[0])
        n_seen += len(perceive(world.picture._replace(classes=classes), SEED, replication, objects)[0])
    assert stats.binomtest(n_seen, n_all, 0.7).pvalue > P_LOW


def quiet(classes):
    sure = classes.copy()
    sure["p_missed"] = 0.0
    return sure


def test_times_of_assessments(world):
    """From confirmation on, in order, before the impact, each error below the last by the step, but one."""
    objects, perceived = told(world, radars(world, 1.0))
    tracks, rows, *_, i_object = perceived
    for track, item in zip(tracks, objects[i_object]):
        mine = rows[track["first_assessment"] : track["first_assessment"] + track["n_assessments"]]
        assert track["t_confirmed_s"] == track["t_first_plot_s"] + world.picture.confirm_delay_s
        assert mine["t_s"][0] == pytest.approx(track["t_confirmed_s"], abs=1e-9)
        assert mine["t_s"][-1] < item["t_impact_s"]
        assert (np.diff(mine["t_s"]) > 0.0).all() and (mine["ordinal"] == np.arange(len(mine))).all()
        if world.classes["is_cruise"][item["i_class"]] == 0:
            size = np.sqrt(mine["var_east_m2"] + mine["var_north_m2"])
            is_shrunk = size[1:] <= (world.picture.shrink_step + 1e-6) * size[:-1]
            assert (~is_shrunk).sum() <= 1 and (size[1:] < size[:-1]).all()


def test_predicted_times_of_impact_are_about_right(world):
    """With hardly any error they are the true ones, give or take the error of the origin."""
    objects, perceived = told(world, radars(world, 1e-6), origin_error_m=0.0)
    tracks, rows, *_, i_object = perceived
    late_s = rows["t_impact_s"] - objects["t_impact_s"][i_object][rows["i_track"]]
    is_rocket = world.classes["is_cruise"][tracks["i_class"][rows["i_track"]]] == 0
    assert is_rocket.any()
    np.testing.assert_allclose(late_s[is_rocket], 0.0, atol=1e-2)


@pytest.mark.parametrize("distance_m", [5_000.0, 20_000.0, 60_000.0, 120_000.0])
@pytest.mark.parametrize("antenna_height_m", [2.0, 10.0, 100.0])
def test_what_is_hidden_below_the_horizon(distance_m, antenna_height_m):
    """Against the sphere of 4/3 of the Earth's radius: where the line that touches the ground stands there."""
    sensor = np.zeros(1, SENSOR)
    sensor["antenna_height_m"], sensor["min_elevation_rad"] = antenna_height_m, -0.5
    touch_m = EARTH_M * math.acos(EARTH_M / (EARTH_M + antenna_height_m))
    exact_m = 0.0
    if distance_m > touch_m:
        exact_m = EARTH_M / math.cos((distance_m - touch_m) / EARTH_M) - EARTH_M
    assert hidden_below_m(sensor[0], distance_m) == pytest.approx(exact_m, rel=2e-3, abs=0.05)


@pytest.mark.parametrize("elevation_deg", [0.0, 1.0, 3.0])
def test_what_is_hidden_below_the_lowest_beam(elevation_deg):
    sensor = np.zeros(1, SENSOR)
    elevation_rad = math.radians(elevation_deg)
    sensor["antenna_height_m"], sensor["min_elevation_rad"] = 10.0, elevation_rad
    for distance_m in (5_000.0, 30_000.0, 70_000.0):
        angle = distance_m / EARTH_M
        exact_m = (EARTH_M + 10.0) * math.cos(elevation_rad) / math.cos(elevation_rad + angle) - EARTH_M
        assert hidden_below_m(sensor[0], distance_m) == pytest.approx(exact_m, rel=5e-3)


def test_rockets_are_seen_when_they_rise_over_the_horizon(world):
    sensors = radars(world, 1.0)
    objects, perceived = told(world, sensors)
    tables = world.picture.tables
    checked = 0
    for track, i in zip(perceived[0], perceived[-1]):
        item = objects[i]
        kind = world.classes[item["i_class"]]
        if kind["is_cruise"]:
            continue
        seen_s = track["t_first_plot_s"] - world.picture.first_plot_s
        share = (seen_s - item["t_launch_s"]) / (item["t_impact_s"] - item["t_launch_s"])
        path = np.zeros((65, 2))
        class_nodes(tables, kind["i_table"], item["range_m"], 1, path)
        height_m = np.interp(share, np.linspace(0.0, 1.0, 65), path[:, 1])
        place = math.hypot(sensors["east_m"][0] - item["launch_east_m"], sensors["north_m"][0] - item["launch_north_m"])
        assert height_m == pytest.approx(hidden_below_m(sensors[0], place), rel=1e-6, abs=1e-3)
        checked += 1
    assert checked > 50


def test_predictions_that_nothing_rests_on_may_be_left_out(world):
    """Where P(hit) is left out a later prediction comes before any alert or decision; the others are as ever."""
    _, full = told(world, world.picture.sensors, is_sparing=False)
    _, spare = told(world, world.picture.sensors, is_sparing=True)
    rows, others = full[1], spare[1]
    left_out = np.isnan(others["p_any"])
    assert 0 < left_out.sum() < len(rows)
    assert (others["n_areas"][left_out] == 0).all()
    assert not np.isnan(rows["p_any"]).any()
    np.testing.assert_array_equal(rows[~left_out], others[~left_out])
    for i in np.flatnonzero(left_out):
        track, t_next_s = full[0][rows["i_track"][i]], rows["t_s"][i + 1]
        assert rows["i_track"][i + 1] == rows["i_track"][i]
        flight_s = rows["t_impact_s"][i] - track["t_origin_s"]
        assert t_next_s <= track["t_first_plot_s"] + world.warning.wait_s + 1e-9
        assert t_next_s <= track["t_origin_s"] + world.battle.decision_age_frac * flight_s + 1e-9


def test_the_error_curve_goes_through_its_table_and_falls_with_age():
    assert impact_error_m(10_000.0, 10.0) == pytest.approx(367.0)
    assert impact_error_m(40_000.0, 30.0) == pytest.approx(252.0)
    assert impact_error_m(70_000.0, 60.0) == pytest.approx(147.0)
    for range_m in (4_000.0, 15_000.0, 55_000.0, 150_000.0):
        errors = [impact_error_m(range_m, age_s) for age_s in np.linspace(5.0, 90.0, 40)]
        assert (np.diff(errors) <= 0.0).all() and min(errors) >= 30.0


def test_the_looks_are_of_that_curve():
    looks = make_looks(5.0, 3_000.0, 200_000.0)
    assert looks.age_s[0] == 5.0 and (np.diff(looks.age_s) >= 1.5).all()
    for i in (3, 20, 40, 63):
        range_m = math.exp(looks.log_range_low + (i + 0.5) * looks.log_range_step)
        for age_s, rms_m in zip(looks.age_s, looks.rms_m[i]):
            assert impact_error_m(range_m, age_s) == pytest.approx(rms_m)


def test_nobody_decides_on_an_old_prediction(world):
    """The prediction in force when a first decision is due is the last look's, a second old or little more."""
    tracks, rows, *_ = told(world, world.picture.sensors, is_sparing=False)[1]
    stale_s = []
    for track in tracks[world.classes["is_cruise"][tracks["i_class"]] == 0]:
        own = rows[track["first_assessment"] :][: track["n_assessments"]]
        k = due_row(world.picture, track, own)
        if k > 0:
            stale_s.append(decision_due_s(world.picture, track, own[k]) - own[k]["t_s"])
    assert len(stale_s) > 50 and np.quantile(stale_s, 0.9) < 2.0

"""The tracked picture: deterministic, honest, blind to the truth, and shaped by radars, terrain and time."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from opendome.base.types import Fate
from opendome.picture.fit import gather, normalised_errors
from opendome.picture.truth import make_paths
from opendome.scenario.reader import load
from opendome.scenario.world import TrackedWorld
from tests.picture.tracked_cases import (
    SEED,
    Seen,
    first_linked,
    held_at,
    rocket_errors,
    salvo,
    same_bytes,
    see,
    seen_small,
    small,
    small_scenario,
    t_value,
    tracked_objects,
    world_of,
)

T_999 = 3.09
SALVOS = {
    "threats.raid.launched_per_day.mean": 150,
    "threats.raid.classes": {"short-rocket": 0.5, "medium-rocket": 0.5},
    **{
        f"batteries[{one}].radar.bias_{what}": 0.0
        for one in ("b1", "b2")
        for what in ("range_m", "azimuth_mrad", "elevation_mrad")
    },
}


def with_radars(world: TrackedWorld, **changes: object) -> TrackedWorld:
    """The same world with fields of its radars changed, and its sensors' times where they are among them."""
    radars, sensors = world.tracked.radars.copy(), world.world.picture.sensors.copy()
    for name, value in changes.items():
        radars[name] = value
        if name in ("t_up_s", "t_down_s"):
            sensors[name] = value
    picture = world.world.picture._replace(sensors=sensors)
    return replace(world, world=world.world._replace(picture=picture), tracked=world.tracked._replace(radars=radars))


def test_the_same_numbers_name_the_same_picture_to_the_bit() -> None:
    seen = seen_small()
    assert len(seen.tracks) > 20
    assert same_bytes(seen, see(small()))
    assert not same_bytes(seen, see(small(), seed=SEED + 1))
    assert not same_bytes(seen, see(small(), replication=1))


@pytest.mark.parametrize("change", [{"batteries[b1].launchers": 1}, {"depot.rounds": 5}, {"doctrine.salvo": 2}])
def test_what_is_no_radar_changes_nothing(change: dict[str, object]) -> None:
    """Alternatives with the same radars see the same picture of the same raid."""
    assert same_bytes(seen_small(), see(world_of(small_scenario(**change))))


def test_a_battery_without_a_radar_changes_nothing() -> None:
    third = {"id": "b3", "name": "Third", "system": "iron-dome", "at": [34.88, -29.95], "launchers": 2}
    blind = world_of(small_scenario(**{"batteries+": [{**third, "has_radar": False}]}))
    assert same_bytes(seen_small(), see(blind))


@pytest.mark.parametrize("replication", [0, 1, 2])
def test_nothing_is_not_a_number_and_everything_is_in_order(replication: int) -> None:
    seen = seen_small(replication)
    for records in (seen.tracks, seen.rows):
        for name in records.dtype.names:
            assert np.isfinite(records[name].astype(float)).all(), name
    assert np.isfinite(seen.p_areas).all()
    assert (seen.rows["var_east_m2"] * seen.rows["var_north_m2"] > seen.rows["cov_m2"] ** 2).all()
    assert len(np.unique(seen.tracks["track_id"])) == len(seen.tracks)
    used = np.arange(seen.areas.shape[1]) < seen.rows["n_areas"][:, None]
    assert (seen.areas[used] >= 0).all()
    assert ((seen.p_areas[used] >= 0.0) & (seen.p_areas[used] <= 1.0 + 1e-6)).all()
    assert seen.rows["p_any"].max() <= 1.0 + 1e-5


@pytest.mark.parametrize("replication", [0, 1, 2])
def test_assessments_lie_inside_the_life_of_their_track_and_are_ten_at_most(replication: int) -> None:
    world, seen = small(), seen_small(replication)
    paths = make_paths(world.world.picture, world.tracked, SEED, replication, seen.objects)
    at = 0
    for i, track in enumerate(seen.tracks):
        n = int(track["n_assessments"])
        rows = seen.rows[track["first_assessment"] :][:n]
        assert track["first_assessment"] == at
        at += n
        assert 1 <= n <= 10
        assert (rows["i_track"] == i).all()
        assert rows["ordinal"].tolist() == list(range(n))
        assert (np.diff(rows["t_s"]) > 0.0).all()
        assert track["t_origin_s"] <= track["t_first_plot_s"] < track["t_confirmed_s"] == rows["t_s"][0]
        j = first_linked(seen, i)
        is_lost = n > 1 and rows["mean_east_m"][-1] == rows["mean_east_m"][-2]  # the last row only says so
        if j >= 0 and seen.until_s[seen.first[i]] == math.inf:
            assert rows["t_s"][-2 if is_lost else -1] <= seen.objects[j]["t_impact_s"] + 2.0
            assert track["t_first_plot_s"] >= paths.t_start_s[j]
    assert at == len(seen.rows)


@pytest.mark.parametrize("replication", [0, 1, 2])
def test_links_hold_only_what_flew_one_object_at_a_time(replication: int) -> None:
    seen = seen_small(replication)
    assert len(seen.linked) > 0
    assert (seen.objects["fate"][seen.linked] != Fate.MISFIRES).all()
    assert seen.first[0] == 0
    assert seen.first[-1] == len(seen.linked)
    for i in range(len(seen.tracks)):
        begin, end = seen.first[i], seen.first[i + 1]
        assert (seen.since_s[begin:end] < seen.until_s[begin:end]).all()
        assert (seen.since_s[begin + 1 : end] >= seen.until_s[begin : end - 1]).all()
    linked = [first_linked(seen, i) for i in range(len(seen.tracks))]
    assert np.mean(np.array(linked) >= 0) > 0.9


def test_most_of_what_flies_high_enough_is_tracked_and_taken_for_its_kind() -> None:
    world, seen = small(), seen_small()
    far = (seen.objects["fate"] != Fate.MISFIRES) & (seen.objects["range_m"] > 8_000.0)
    held = np.isin(np.arange(len(far)), list(tracked_objects(seen)))
    assert held[far].mean() > 0.8
    is_cruise = world.world.classes["is_cruise"] == 1
    told = [(is_cruise[seen.tracks[i]["i_class"]], first_linked(seen, i)) for i in range(len(seen.tracks))]
    right = [bool(one == is_cruise[seen.objects[j]["i_class"]]) for one, j in told if j >= 0]
    assert np.mean(right) > 0.9


def test_stated_errors_are_honest_on_coastland() -> None:
    """Mean square of all assessments, and the share inside the 95 % ellipse of first and later ones, of 280 rockets."""
    world = world_of(load("coastland").override({"picture.kind": "tracked"}))
    errors = np.concatenate([rocket_errors(world, see(world, k)) for k in range(2)])
    assert len(errors) > 1000
    assert 0.6 < np.minimum(errors[:, 5], 100.0).mean() / 2.0 < 1.5
    for chosen in (errors[:, 1] == 0, errors[:, 1] > 0):
        assert 0.6 < np.median(errors[chosen, 5]) / 1.386 < 1.5
        assert (errors[chosen, 5] < 5.991).mean() >= 0.88


def test_errors_are_alike_in_a_salvo_and_not_between_salvoes() -> None:
    """Wind, air and drag are shared: standardised errors of one salvo go together; radars without bias tell no more."""
    salvos = world_of(small_scenario(**SALVOS))
    sample = gather(salvos.world.picture, salvos.tracked, salvos.world.raid, SEED, 5)
    z = np.clip(normalised_errors(sample), -4.0, 4.0)
    last = {(int(s), int(k)): i for i, (s, k) in enumerate(zip(sample.salvo, sample.shot, strict=True))}
    by_salvo: dict[int, list[int]] = {}
    for (salvo_id, _), i in last.items():
        by_salvo.setdefault(salvo_id, []).append(i)
    groups = [z[members] for _, members in sorted(by_salvo.items())]
    inside = np.array([(x.sum(0) ** 2 - (x**2).sum(0)).sum() for x in groups if len(x) > 1])
    assert len(inside) > 50
    assert t_value(inside) > T_999
    means = np.array([x.mean(axis=0) for x in groups])
    between = (means[1:] * means[:-1]).sum(axis=1)
    assert abs(t_value(between)) < T_999


def test_an_outage_takes_its_tracks_away() -> None:
    usual = seen_small()
    first_h, last_h = np.quantile(usual.tracks["t_confirmed_s"], [0.25, 0.75]) / 3600.0
    hours = {"from_h": float(first_h), "until_h": float(last_h)}
    seen = see(world_of(small_scenario(**{f"batteries[{one}].radar.outages": [hours] for one in ("b1", "b2")})))

    def confirmed_in(one: Seen) -> int:
        hour = one.tracks["t_confirmed_s"] / 3600.0
        return int(((hour > first_h + 0.001) & (hour < last_h)).sum())

    assert confirmed_in(usual) > 8
    assert confirmed_in(seen) == 0
    n_before = int((usual.tracks["t_confirmed_s"] < 3600.0 * first_h).sum())
    for name in ("track_id", "i_class", "n_assessments", "t_first_plot_s", "t_origin_s", "origin_east_m"):
        assert np.array_equal(seen.tracks[name][:n_before], usual.tracks[name][:n_before])


def test_a_wall_of_hills_hides_the_sky(tmp_path: Path) -> None:
    rows, columns = 60, 90
    heights = np.full((rows, columns), 9000.0)
    lat, lon = 34.6 + 0.0125 * np.arange(rows)[::-1, None], -30.2 + 0.0125 * np.arange(columns)[None, :]
    for radar_lat, radar_lon in ((35.16, -29.84), (34.96, -29.80)):
        heights[np.hypot(lat - radar_lat, (lon - radar_lon) * 0.82) < 0.02] = 0.0
    head = f"ncols {columns}\nnrows {rows}\nxllcenter -30.2\nyllcenter 34.6\ncellsize 0.0125\n"
    body = "\n".join(" ".join(f"{one:.0f}" for one in line) for line in heights)
    (tmp_path / "heights.asc").write_text(head + body + "\n")
    walled = world_of(small_scenario(**{"places.terrain": str(tmp_path / "heights.asc")}))
    seen, usual = see(walled), seen_small()
    assert len(usual.tracks) > 20
    assert len(seen.tracks) < 0.2 * len(usual.tracks)


def test_latency_shifts_what_is_told_first_and_nothing_else() -> None:
    late = see(with_radars(small(), latency_s=small().tracked.radars["latency_s"] + 1.0))
    usual = seen_small()
    for name in ("t_first_plot_s", "t_confirmed_s"):
        assert np.allclose(late.tracks[name] - usual.tracks[name], 1.0)
    ours, theirs = (seen.rows[seen.tracks["first_assessment"]] for seen in (late, usual))
    assert np.allclose(ours["t_s"] - theirs["t_s"], 1.0)
    for name in ("mean_east_m", "var_east_m2", "t_impact_s", "p_any"):
        assert np.array_equal(ours[name], theirs[name])
    assert np.array_equal(late.tracks["t_origin_s"], usual.tracks["t_origin_s"])


def test_radars_that_never_work_see_nothing() -> None:
    seen = see(with_radars(small(), t_up_s=-1.0, t_down_s=0.0))
    assert len(seen.tracks) == len(seen.rows) == len(seen.linked) == 0


def test_no_radar_no_track() -> None:
    blind = world_of(small_scenario(**{"batteries[b1].has_radar": False, "batteries[b2].has_radar": False}))
    assert len(blind.tracked.radars) == 0
    seen = see(blind)
    assert len(seen.objects) > 0
    assert len(seen.tracks) == 0


@pytest.mark.parametrize("kind", ["short-rocket", "one-way-drone"])
def test_a_raid_of_one_kind_alone(kind: str) -> None:
    world = world_of(small_scenario(**{"threats.raid.classes": {kind: 1.0}}))
    assert (len(world.tracked.cruisers) == 0) == (kind == "short-rocket")
    seen = see(world)
    assert len(seen.tracks) > 5
    names = {int(one) for one in seen.tracks["i_class"]}
    assert names == {int(seen.objects["i_class"][0])}


def test_one_rocket_makes_one_track_of_its_own() -> None:
    world = salvo(1)
    seen = see(world)
    assert len(seen.objects) == 1
    assert len(seen.tracks) == 1
    assert first_linked(seen, 0) == 0
    errors = rocket_errors(world, seen)
    assert np.hypot(errors[-1, 3], errors[-1, 4]) < np.hypot(errors[0, 3], errors[0, 4]) + 2000.0
    assert errors[-1, 5] < 18.4


def test_a_day_without_a_shot_is_empty() -> None:
    world = salvo(1, duration_day=2)
    assert len(see(world, day=0).tracks) == 1
    quiet = see(world, day=1)
    assert len(quiet.objects) == len(quiet.tracks) == len(quiet.linked) == 0
    assert quiet.first.tolist() == [0]


def test_a_dense_salvo_is_borne() -> None:
    """A hundred rockets in five seconds from one place: tracks are mixed up, errors are not lost."""
    world = salvo(100, spacing_s=0.05)
    seen = see(world)
    assert len(seen.objects) == 100
    assert len(tracked_objects(seen)) > 60
    assert all(np.isfinite(seen.rows[name]).all() for name in seen.rows.dtype.names)
    held = [held_at(seen, i, seen.tracks[i]["t_confirmed_s"]) for i in range(len(seen.tracks))]
    assert np.mean(np.array(held) >= 0) > 0.8
    errors = rocket_errors(world, seen)
    assert np.median(errors[:, 5]) < 10.0

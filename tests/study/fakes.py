"""A stand-in for the replication kernel: the shapes and the partition of the real one, at almost no cost.

The raid is the real law (negative binomial days, keyed draws), so that its moments are exact; what becomes of it is a
few lines of arithmetic in which more rounds and more batteries mean fewer leaks.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from opendome.base.philox import Purpose, gamma_draw, poisson_draw, stream_key, uniform_four
from opendome.base.tally import N_TALLY, Tally
from opendome.base.types import AREA, Reason
from opendome.results.schema import table_schema
from opendome.study.kernel import Chunk, Kernel

FAKE = Kernel(
    compile_world="tests.study.fakes:compile_world",
    run_chunk="tests.study.fakes:run_chunk",
    area_names="tests.study.fakes:area_names",
    operations="tests.study.fakes:operations",
)
SLOW = Kernel(
    compile_world="tests.study.fakes:compile_world",
    run_chunk="tests.study.fakes:run_chunk_slowly",
    area_names="tests.study.fakes:area_names",
    operations="tests.study.fakes:operations",
)

TEXT = """
scenario: 1
name: fake-coast
site: {lat_deg: 35.0, lon_deg: -30.0}
start_utc: 2030-01-01T00:00:00Z
duration_day: 4
places:
  coast: false
  areas:
    - id: north
      name: Northtown
      at: [35.1, -30.0]
      radius_km: 2
      population: 20000
      time_to_shelter_s: 30
    - id: south
      name: Southtown
      at: [34.9, -30.0]
      radius_km: 2
      population: 10000
      time_to_shelter_s: 60
threats:
  raid:
    launched_per_day: {mean: 120, variance_over_mean: 8}
    launch_areas: [{id: west, polygon: [[35.0, -30.4], [35.1, -30.4], [35.1, -30.3], [35.0, -30.3]], share: 1.0}]
    classes: {short-rocket: 1.0}
batteries:
  - {id: b1, system: iron-dome, at: [35.0, -30.0], launchers: 3}
depot: {rounds: 90}
alternatives:
  as-is: {}
  both: {batteries+: [{id: b2, system: iron-dome, at: [34.9, -30.0], launchers: 3}], depot.rounds: 150}
  one-more: {batteries+: [{id: b2, system: iron-dome, at: [34.9, -30.0], launchers: 3}]}
  rounds-only: {depot.rounds: 150}
study:
  seed: 7
  replications: 60
  labels: {both: Battery and rounds}
  shapley:
    causes: [battery, rounds]
    alternatives: {"": as-is, battery: one-more, rounds: rounds-only, battery+rounds: both}
  inputs:
    - {key: depot.rounds, low: 60, high: 200, label: Rounds in the depot}
    - {key: threats.raid.launched_per_day.mean, low: 80, high: 160, label: Tempo}
  grid:
    rows: {key: depot.rounds, values: [60, 120, 240]}
    columns: {key: threats.raid.launched_per_day.mean, values: [80, 160]}
    alternative: as-is
    replications: 10
  swing_replications: 30
  sample_points: 6
  sample_replications: 4
"""


class FakeWorld(NamedTuple):
    """What the stand-in needs of a scenario."""

    n_days: int
    areas: np.ndarray
    shelter_class_s: np.ndarray
    mean: float
    variance_over_mean: float
    n_batteries: int
    rounds: int


def scenario() -> Any:
    """The scenario of these tests."""
    from opendome.scenario.reader import loads

    return loads(TEXT)


def operations(found: Any, world: FakeWorld, alternative: str, seed: int, n: int) -> Any:
    """One battery that begins to work on the day of its replication's number."""
    columns = {"alternative": [alternative] * n, "replication": np.arange(n), "battery_id": ["b1"] * n}
    return table_schema("operations").table({**columns, "operational_day": 1.0 * np.arange(n), "left_day": [None] * n})


def compile_world(found: Any) -> FakeWorld:
    """Stand-in for ``scenario.compile.compile_world``."""
    model = found.model
    areas = np.zeros(2, AREA)
    areas["north_m"], areas["population"], areas["time_to_shelter_s"] = (11000, -11000), (20000, 10000), (30, 60)
    daily = model.threats.raid.launched_per_day
    return FakeWorld(
        int(model.duration_day),
        areas,
        np.array([30.0, 60.0]),
        float(daily.mean),
        float(daily.variance_over_mean),
        len(model.batteries),
        int(model.depot.rounds),
    )


def area_names(found: Any) -> list[tuple[str, str]]:
    """Stand-in for ``scenario.compile.area_names``."""
    return [(area.id, area.name) for area in found.model.places.areas]


def run_chunk(world: FakeWorld, seed: int, first: int, count: int, policy: Any = None) -> Chunk:
    """Stand-in for ``study.replicate.run_chunk``."""
    rows = np.zeros((count, N_TALLY))
    daily = np.zeros((count, world.n_days + 1, 5))
    areas = np.zeros((2, 8))
    lead_hist = np.zeros((2, 121), np.int64)
    for i in range(count):
        _replicate(world, seed, first + i, rows[i], daily[i])
        leaks = rows[i, Tally.LEAKED_BUILT_UP]
        split = np.array([np.floor(leaks * 0.6), leaks - np.floor(leaks * 0.6)])
        areas[:, 0] += split
        areas[:, 1] += 2 * split
        areas[:, 7] += split**2
        lead_hist[0, 10] += int(split[0])
        lead_hist[1, 20] += int(split[1])
    return Chunk(rows, daily, areas, lead_hist)


def run_chunk_slowly(world: FakeWorld, seed: int, first: int, count: int, policy: Any = None) -> Chunk:
    """The same with a pause, and with a mark left in the folder named by OPENDOME_TEST_MARKS."""
    marks = os.environ.get("OPENDOME_TEST_MARKS")
    if marks:
        (Path(marks) / f"{world.n_batteries}-{world.rounds}-{world.mean}-{first}-{os.getpid()}").touch()
    time.sleep(0.05)
    return run_chunk(world, seed, first, count, policy)


def _replicate(world: FakeWorld, seed: int, replication: int, row: np.ndarray, daily: np.ndarray) -> None:
    shape = world.mean / (world.variance_over_mean - 1.0)
    key_day = np.uint64(stream_key(seed, int(Purpose.DAILY_TOTAL)))
    key_kill = np.uint64(stream_key(seed, int(Purpose.KILL)))
    rounds, stock = world.rounds + 60 * world.n_batteries, 0.0
    stock = float(rounds)
    daily[0] = (60 * world.n_batteries, world.rounds, 0, 0, 0)
    first_stockout_s = np.nan
    for day in range(world.n_days):
        rate = gamma_draw(key_day, replication, day, 0, shape) * (world.variance_over_mean - 1.0)
        launched = poisson_draw(key_day, replication, day, 1, rate)
        luck = uniform_four(key_kill, replication, day, 0, 0)
        threatening = np.floor(0.4 * launched)
        wanted = np.floor(threatening * min(0.9, 0.35 + 0.25 * world.n_batteries))
        fired = min(wanted, stock)
        if fired < wanted and np.isnan(first_stockout_s):
            first_stockout_s = (day + luck[0]) * 86400.0
        stock -= fired
        intercepted = np.floor(fired * (0.8 + 0.15 * luck[1]))
        row[Tally.LAUNCHED] += launched
        row[Tally.FAILED] += np.floor(0.05 * launched)
        row[Tally.FELL_SHORT] += np.floor(0.1 * launched)
        row[Tally.THREATENING] += threatening
        row[Tally.ENGAGED] += fired
        row[Tally.INTERCEPTED] += intercepted
        row[Tally.INTERCEPTORS_FIRED] += fired
        row[Tally.LEAKED_BUILT_UP] += np.floor((threatening - intercepted) * (0.4 + 0.2 * luck[2]))
        row[int(Tally.NOT_ENGAGED_FIRST) + int(Reason.NO_ROUNDS)] += wanted - fired
        daily[day + 1] = (
            min(stock, 60 * world.n_batteries),
            max(stock - 60 * world.n_batteries, 0),
            row[Tally.INTERCEPTORS_FIRED],
            row[Tally.LEAKED_BUILT_UP],
            row[Tally.LAUNCHED],
        )
    parts = [Tally.FAILED, Tally.FELL_SHORT, Tally.INTERCEPTED, Tally.LEAKED_BUILT_UP]
    row[Tally.OPEN_GROUND] = row[Tally.LAUNCHED] - row[parts].sum()
    row[Tally.INTERCEPTORS_LEFT], row[Tally.INTERCEPTORS_DELIVERED] = stock, rounds
    row[Tally.PEOPLE_EXPOSED] = 0.3 * row[Tally.LEAKED_BUILT_UP]
    row[Tally.FIRST_STOCKOUT_T_S] = first_stockout_s
    row[Tally.STOCKED_OUT] = float(not np.isnan(first_stockout_s))
    row[Tally.STOCKOUT_DAY_CAPPED] = world.n_days if np.isnan(first_stockout_s) else first_stockout_s / 86400.0


def run_chunk_badly(world: FakeWorld, seed: int, first: int, count: int, policy: Any = None) -> Chunk:
    """A kernel that gives one row too few."""
    chunk = run_chunk(world, seed, first, count, policy)
    return chunk._replace(rows=chunk.rows[1:])

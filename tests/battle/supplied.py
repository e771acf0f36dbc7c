"""Small defences with failures, lifts, crews and depots, for tests of what is drawn before a battle."""

from __future__ import annotations

from typing import Any

from opendome.scenario.compile import compile_world
from opendome.scenario.reader import Scenario, loads
from opendome.scenario.world import World

__all__ = ["supplied", "supplied_world"]

_FIELD = """
scenario: 1
name: supplied
site: {lat_deg: 35.0, lon_deg: -30.0}
start_utc: 2030-05-01T00:00:00Z
duration_day: 10
places:
  population: none
  coast: false
  land: [[[34.55, -30.22], [35.45, -30.34], [35.45, -29.10], [34.55, -29.10]]]
  areas: [{id: alder, at: [35.02, -30.10], radius_km: 4.0, population: 210000, time_to_shelter_s: 60}]
threats:
  raid:
    launched_per_day: {mean: 4, variance_over_mean: 4}
    bursts: {size_mean: 1, spacing_s: 1}
    by_hour: uniform
    launch_areas: [{id: hills, polygon: [[35.03, -29.72], [35.12, -29.69], [35.10, -29.61], [35.00, -29.65]]}]
    aim: {weights: population, decay_km: 60}
    classes: {medium-rocket: 1.0}
batteries: []
"""


def supplied(**changes: Any) -> Scenario:
    """A field with one area and no batteries, with the given keys changed (``__`` stands for a dot)."""
    return loads(_FIELD).override({key.replace("__", "."): value for key, value in changes.items()})


def supplied_world(**changes: Any) -> World:
    """The same compiled."""
    return compile_world(supplied(**changes))

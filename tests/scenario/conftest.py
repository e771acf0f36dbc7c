"""A small scenario that the tests of this room change."""

import pytest

SMALL = """\
scenario: 1
name: small
site: {lat_deg: 35.0, lon_deg: -30.0}
start_utc: 2030-05-01T00:00:00Z
duration_day: 3
places:
  population: none
  coast: false
  areas:
    - {id: a1, at: [35.0, -30.1], radius_km: 2, population: 5000}
    - {id: a2, at: [35.1, -30.0], radius_km: 1, population: 900}
threats:
  raid:
    launched_per_day: {mean: 50}
    launch_areas:
      - {id: hills, polygon: [[35.1, -29.7], [35.2, -29.6], [35.0, -29.6]]}
    classes: {short-rocket: 0.6, medium-rocket: 0.4}
batteries:
  - {id: b1, at: [35.0, -30.0], launchers: 2}
  - {id: b2, at: [35.1, -29.9]}
depot: {rounds: 100, resupply: [{day: 1, rounds: 20}]}
alternatives:
  as-is: {}
  more: {batteries+: [{id: b3, at: [35.0, -29.9], launchers: 1}]}
  rounds: {depot.rounds+: 40}
study:
  seed: 7
  inputs:
    - {key: doctrine.engage_if.p_hit_at_least, low: 0.02, high: 0.3}
"""


@pytest.fixture(scope="session")
def small_text() -> str:
    """Text of the small scenario."""
    return SMALL


@pytest.fixture
def small():
    """The small scenario, loaded."""
    from opendome.scenario.reader import loads

    return loads(SMALL, "small.yaml")


@pytest.fixture
def problems_of():
    """Problems of the small scenario after textual changes (pairs old, new), as a mapping key -> problem."""
    from opendome.base.errors import ScenarioError
    from opendome.scenario.reader import loads

    def find(*changes: tuple[str, str]):
        text = SMALL
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the small scenario"
            text = text.replace(old, new)
        with pytest.raises(ScenarioError) as caught:
            loads(text, "small.yaml")
        return {problem.key: problem for problem in caught.value.problems}

    return find

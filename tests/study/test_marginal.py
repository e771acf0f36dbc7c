"""One more and one fewer of each thing: against scenarios written by hand and run by themselves."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.results.schema import validate
from opendome.results.store import read_table
from opendome.scenario.reader import loads
from opendome.study.marginal import MEASURES, leakiest_area, marginal_study
from opendome.study.marginal_changes import KINDS, Change, Place, changes_of
from opendome.study.record import Study
from opendome.study.runner import study

WHOLE = (Path(__file__).parents[1] / "engine" / "network.yaml").read_text("utf-8")
TEXT = WHOLE[: WHOLE.index("alternatives:")]
N, SEED = 8, 5
LIKE = {"battery": "b1", "launcher": "b1", "radar": "hill", "post": "hub", "link": "b1-hub"}

# Ends of the lists of batteries, posts, sensors and links, where a user would write one more.
BATTERIES, POSTS, SENSORS, LINKS = "posts:\n", "launchers:\n", "network: {", "depot:\n"
B1_AGAIN = """  - {id: b1-2, at: [35.00, -30.02], launchers: 1, rounds_per_launcher: 12, channels: 3,
     fails_every_h: 10, repaired_in_h: 4}
"""
B1_LINKS = """  - {id: b1-hub-2, between: [b1-2, hub], delay_s: 0.5, p_lost: 0.05, fails_every_h: 12, repaired_in_h: 6}
  - {id: b1-b2-2, between: [b1-2, b2], delay_s: 2.0, p_lost: 0.2, outages: [{from_day: 1.0, until_day: 2.0}]}
  - {id: b1-west-2, between: [b1-2, west], delay_s: 0.2, fails_every_h: 20, repaired_in_h: 2}
"""
HILL_AGAIN = """  - {id: hill-2, at: [35.05, -29.95], range_km: 80, track_capacity: 12,
     fails_every_h: 30, repaired_in_h: 3}
"""
HILL_LINK = """  - {id: hill-hub-2, between: [hill-2, hub], delay_s: 0.6, p_lost: 0.15}
"""
HUB_AGAIN = """  - {id: hub-2, at: [35.02, -30.00], channels: 5, decision_s: 1, fails_every_h: 20, repaired_in_h: 5}
"""
HUB_LINKS = """  - {id: b1-hub-2, between: [b1, hub-2], delay_s: 0.5, p_lost: 0.05, fails_every_h: 12, repaired_in_h: 6}
  - {id: b2-hub-2, between: [b2, hub-2], delay_s: 1.0, p_lost: 0.1, fails_every_h: 12, repaired_in_h: 6}
  - {id: upper-hub-2, between: [upper, hub-2], delay_s: 0.3}
  - {id: hub-far-2, between: [hub-2, far], delay_s: 0.4, p_lost: 0.3}
  - {id: hill-hub-2, between: [hill, hub-2], delay_s: 0.6, p_lost: 0.15}
"""
TWIN = """  - {id: b1-hub-2, between: [b1, hub], delay_s: 0.5, p_lost: 0.05, fails_every_h: 12, repaired_in_h: 6}
"""
LAUNCHERS = "launchers: 1, rounds_per_launcher: 12"
BY_HAND: dict[str, list[tuple[str, str]]] = {
    "more-battery-b1": [(BATTERIES, B1_AGAIN + BATTERIES), (LINKS, B1_LINKS + LINKS)],
    "more-launcher-b1": [(LAUNCHERS, "launchers: 2, rounds_per_launcher: 12")],
    "more-radar-hill": [(SENSORS, HILL_AGAIN + SENSORS), (LINKS, HILL_LINK + LINKS)],
    "more-post-hub": [(POSTS, HUB_AGAIN + POSTS), (LINKS, HUB_LINKS + LINKS)],
    "more-link-b1-hub": [(LINKS, TWIN + LINKS)],
    "more-rounds-main": [("  rounds: 60$", "  rounds: 160")],
    "more-lorry-main": [("  lorries: 2$", "  lorries: 3")],
    "more-crew-crews": [("{teams: 3,", "{teams: 4,")],
    "less-battery-b1": [(r"  - {id: b1, .*\n", ""), (r"  - {id: west, .*\n", ""), (r"  - {id: b1-.*\n", "")],
    "less-launcher-b1": [(LAUNCHERS, "launchers: 0, rounds_per_launcher: 12")],
    "less-radar-hill": [(r"  - {id: hill, .*\n", ""), (r"  - {id: hill-hub, .*\n", "")],
    "less-post-hub": [("channels: 5, decision_s: 1,", "channels: 5, decision_s: 1, outages: [{from_day: 0}],")],
    "less-link-b1-hub": [(r"  - {id: b1-hub, .*\n", "")],
    "less-rounds-main": [("  rounds: 60$", "  rounds: 0")],
    "less-lorry-main": [("  lorries: 2$", "  lorries: 1")],
    "less-crew-crews": [("{teams: 3,", "{teams: 2,")],
}
"""What a user would write for each change, as edits of the file."""


def _by_hand(name: str) -> str:
    text = TEXT
    for old, new in BY_HAND[name]:
        text, n = re.subn(old.replace("{", r"\{"), new, text, flags=re.MULTILINE)
        assert n >= 1, old
    return text


@cache
def _alone(text: str) -> Study:
    return study(loads(text), replications=N, seed=SEED, extras=False)


def _of(done: Study, alternative: str, measure: str) -> np.ndarray:
    rows = done.table("replications")
    is_ours = np.array(rows.column("alternative").to_pylist()) == alternative
    return rows.column(measure).to_numpy()[is_ours]


def test_every_kind_is_written_by_hand() -> None:
    assert {tuple(name.split("-")[:2]) for name in BY_HAND} == {(s, kind) for kind in KINDS for s in ("more", "less")}


@pytest.mark.parametrize("kind", KINDS)
def test_marginal_values_are_differences_of_separate_studies(kind: str) -> None:
    place = Place((35.00, -30.02), LIKE.get(kind, ""))
    found = marginal_study(loads(TEXT), [kind], place, replications=N, seed=SEED)
    names = [change.name for change in found.changes]
    assert sorted(names) == sorted(name for name in BY_HAND if name.split("-")[1] == kind)
    for name in names:
        values = {row["measure"]: row["value"] for row in found.table.to_pylist() if row["alternative"] == name}
        assert set(values) == set(MEASURES)
        after = _alone(_by_hand(name))
        for column in after.table("replications").column_names[2:]:
            np.testing.assert_array_equal(_of(found.study, name, column), _of(after, "as-is", column), column)
        for measure in MEASURES:
            change = _of(after, "as-is", measure) - _of(_alone(TEXT), "as-is", measure)
            assert values[measure] == pytest.approx(float(change.mean()), abs=1e-9)


def _change(name: str, kinds: list[str], place: Place) -> Change:
    return next(change for change in changes_of(loads(TEXT), kinds, place) if change.name == name)


def test_prices_are_the_catalogues() -> None:
    more = _change("more-battery-b1", ["battery"], Place(like_id="b1"))
    assert more.price == (50_000 + 12 * 100, 45_000 + 12 * 40, 100_000 + 12 * 150)
    assert _change("more-rounds-high", ["rounds"], Place(like_id="high", rounds=7)).price is not None
    assert _change("more-launcher-b1", ["launcher"], Place(like_id="b1")).price is None
    changed = loads(TEXT).rebased({"assumptions.iron-dome.interceptor_cost_kusd": 60})
    (rounds, _) = changes_of(changed, ["rounds"], Place(like_id="main"))
    assert rounds.price == (6000, 6000, 6000)


def test_the_place_is_where_it_leaks_most_on_other_raids(tmp_path: Path) -> None:
    scenario = loads(TEXT)
    found = marginal_study(scenario, ["battery", "rounds"], replications=4, pilot=4, seed=SEED, out=tmp_path / "study")
    assert found.leakiest == leakiest_area(scenario, SEED, 4)
    kept = read_table(tmp_path / "study" / "marginal.parquet")
    validate(kept, "marginal")
    assert kept.equals(found.table)
    for row in kept.to_pylist():
        assert row["value_per_musd"] == pytest.approx(1000.0 * row["value"] / row["price_kusd"])
    spots = {area["id"]: area["at"] for area in scenario.data["places"]["areas"]}
    lat, lon = spots[found.leakiest.area_id]
    nearest = min(scenario.data["batteries"], key=lambda b: (b["at"][0] - lat) ** 2 + (0.82 * (b["at"][1] - lon)) ** 2)
    assert found.changes[0].at_id == nearest["id"]


def test_each_and_elsewhere() -> None:
    scenario = loads(TEXT)
    each = changes_of(scenario, ["battery"], Place(is_each=True), is_removed=False)
    assert [change.at_id for change in each] == ["b1", "b2", "b3", "upper"]
    (moved,) = changes_of(scenario, ["battery"], Place((35.06, -29.92), at=(35.1, -30.0)), is_removed=False)
    assert moved.overrides["batteries+"][0]["at"] == [35.1, -30.0] and moved.overrides["batteries+"][0]["moves"] == []
    for change in changes_of(scenario, KINDS, Place(is_each=True)):
        scenario.override(change.overrides)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(CommandError, match=r"no kind `batery`: did you mean `battery`"):
        changes_of(loads(TEXT), ["batery"], Place())
    with pytest.raises(CommandError, match="no battery like `b9`"):
        changes_of(loads(TEXT), ["battery"], Place(like_id="b9"))

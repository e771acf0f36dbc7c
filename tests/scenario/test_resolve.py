"""Overrides and their operators, precedence, and differences."""

import numpy as np
import pytest

from opendome.base.errors import CommandError, ScenarioError
from opendome.scenario.paths import Item, dotted, parse_key
from opendome.scenario.resolve import ABSENT, apply_overrides, diff

DATA = {
    "depot": {"rounds": 100, "resupply": [{"day": 1, "rounds": 20}, {"day": 2, "rounds": 5}], "id": "main"},
    "batteries": [{"id": "b1", "launchers": 2, "moves": []}, {"id": "b2", "launchers": None}],
    "doctrine": {"salvo": 1, "policy": "earliest", "engage_if": {"p": 0.1}},
    "places": {"areas": [], "towns": None},
    "tags": ["x", "y"],
}

OPERATORS = {
    # name: (overrides, dotted place of what changed as a function, value)
    "replace a number": ({"depot.rounds": 7}, lambda d: d["depot"]["rounds"], 7),
    "replace a mapping": ({"doctrine.engage_if": {"q": 1}}, lambda d: d["doctrine"]["engage_if"], {"q": 1}),
    "replace a list": ({"tags": ["z"]}, lambda d: d["tags"], ["z"]),
    "add to a number": ({"depot.rounds+": 312}, lambda d: d["depot"]["rounds"], 412),
    "subtract by adding": ({"depot.rounds+": -30.5}, lambda d: d["depot"]["rounds"], 69.5),
    "append": ({"tags+": ["z", "x"]}, lambda d: d["tags"], ["x", "y", "z", "x"]),
    "append to nothing": ({"places.towns+": [1]}, lambda d: d["places"]["towns"], [1]),
    "merge": ({"doctrine+": {"salvo": 2, "new": 3}}, lambda d: d["doctrine"],
              {"salvo": 2, "policy": "earliest", "engage_if": {"p": 0.1}, "new": 3}),
    "merge deeply": ({"doctrine+": {"engage_if": {"q": 1}}}, lambda d: d["doctrine"]["engage_if"], {"p": 0.1, "q": 1}),
    "merge with operators inside": ({"depot+": {"rounds+": 5, "resupply-": [{"day": 2, "rounds": 5}]}},
                                    lambda d: (d["depot"]["rounds"], len(d["depot"]["resupply"])), (105, 1)),
    "edit an item by id": ({"batteries[b1].launchers": 4}, lambda d: d["batteries"][0]["launchers"], 4),
    "add inside an item": ({"batteries[b1].launchers+": 4}, lambda d: d["batteries"][0]["launchers"], 6),
    "replace an item": ({"batteries[b2]": {"id": "b9"}}, lambda d: d["batteries"][1], {"id": "b9"}),
    "merge into an item": ({"batteries[b2]+": {"launchers": 3}}, lambda d: d["batteries"][1],
                           {"id": "b2", "launchers": 3}),
    "take an item away": ({"batteries[b1]-": None}, lambda d: [b["id"] for b in d["batteries"]], ["b2"]),
    "take items away": ({"batteries-": ["b1", "b2"]}, lambda d: d["batteries"], []),
    "take one item away": ({"batteries-": "b2"}, lambda d: len(d["batteries"]), 1),
    "take a value away": ({"tags-": ["x"]}, lambda d: d["tags"], ["y"]),
    "take keys away": ({"doctrine-": ["salvo", "policy"]}, lambda d: d["doctrine"], {"engage_if": {"p": 0.1}}),
    "take a key away": ({"doctrine.salvo-": None}, lambda d: "salvo" in d["doctrine"], False),
    "item by place": ({"depot.resupply[1].rounds": 6}, lambda d: d["depot"]["resupply"][1]["rounds"], 6),
    "through null": ({"places.towns.within_km": 5}, lambda d: d["places"]["towns"], {"within_km": 5}),
    "one after the other": ({"depot.rounds": 1, "depot.rounds+": 2}, lambda d: d["depot"]["rounds"], 3),
    "appended, then edited": ({"batteries+": [{"id": "n"}], "batteries[n].at": 5}, lambda d: d["batteries"][2],
                              {"id": "n", "at": 5}),
}  # fmt: skip


@pytest.mark.parametrize(("overrides", "look", "expected"), OPERATORS.values(), ids=OPERATORS.keys())
def test_operators(overrides, look, expected):
    before = repr(DATA)
    assert look(apply_overrides(DATA, overrides)) == expected
    assert repr(DATA) == before, "the data given were changed"


WRONG = {
    "unknown item": ({"batteries[b7].launchers": 1}, "no item [b7]"),
    "place where ids are": ({"batteries[0].launchers": 1}, "no item [0]"),
    "place beyond the end": ({"depot.resupply[5].day": 1}, "no item [5]"),
    "item of a mapping": ({"depot[b1]": 1}, "not a list"),
    "key of a list": ({"batteries.launchers": 1}, "no keys"),
    "key of a number": ({"depot.rounds.more": 1}, "no keys"),
    "append a mapping to a list": ({"batteries+": {"id": "b3"}}, "only a list"),
    "add text to a number": ({"depot.rounds+": "5"}, "cannot be added"),
    "add a truth value": ({"depot.rounds+": True}, "cannot be added"),
    "add to the catalogue's": ({"batteries[b2].launchers+": 1}, "no number here"),
    "subtract": ({"depot.rounds-": 5}, "does not subtract"),
    "take away what is not there": ({"batteries-": ["b7"]}, "no item [b7]"),
    "take away an unknown key": ({"doctrine-": ["salv"]}, "no `salv`"),
    "take away an absent key": ({"doctrine.salv-": None}, "no `salv`"),
    "take an item away with a value": ({"batteries[b1]-": "launchers"}, "as a whole"),
    "no key": ({"": 1}, "not a dotted key"),
    "only an operator": ({"+": 1}, "not a dotted key"),
    "empty step": ({"depot..rounds": 1}, "not a dotted key"),
    "open bracket": ({"batteries[b1.launchers": 1}, "not a dotted key"),
    "empty bracket": ({"batteries[].launchers": 1}, "not a dotted key"),
    "number as key": ({5: 1}, "must be text"),
}


@pytest.mark.parametrize(("overrides", "what"), WRONG.values(), ids=WRONG.keys())
def test_overrides_that_cannot_be_applied(overrides, what):
    with pytest.raises(ScenarioError) as caught:
        apply_overrides(DATA, overrides)
    (problem,) = caught.value.problems
    assert what in problem.what
    assert problem.key == str(next(iter(overrides)))


def test_all_overrides_that_cannot_be_applied_are_reported():
    with pytest.raises(ScenarioError) as caught:
        apply_overrides(DATA, {"batteries[b7].x": 1, "depot.rounds": 3, "depot.rounds-": 5})
    assert [problem.key for problem in caught.value.problems] == ["batteries[b7].x", "depot.rounds-"]


def test_parse_key_and_dotted():
    assert parse_key("a.b-c[d][0].e+") == (("a", "b-c", Item("d"), Item("0"), "e"), "+")
    assert dotted(("batteries", 1, "at", 0), DATA) == "batteries[b2].at[0]"
    assert dotted(("depot", "resupply", 1, "day"), DATA) == "depot.resupply[1].day"


def test_precedence_catalogue_file_alternative_call(small):
    assert small.get("batteries[b2].launchers") is None  # the catalogue's
    assert small.get("doctrine.salvo") == 1  # the schema's default
    assert small.get("depot.rounds") == 100  # the file's
    assert small.alternative("rounds").get("depot.rounds") == 140  # the alternative's, on the file's
    called = small.override({"depot.rounds": 7})
    assert called.get("depot.rounds") == 7  # the call's
    assert called.alternative("rounds").get("depot.rounds") == 7  # the call's over the alternative's
    assert small.alternative("rounds").override({"depot.rounds": 7}) == called.alternative("rounds")
    assert called.alternative("more").get("depot.rounds") == 7
    assert small.rebased({"depot.rounds": 7}).alternative("rounds").get("depot.rounds") == 47  # as if written


def test_calls_are_applied_once_and_in_order(small):
    twice = small.override({"depot.rounds+": 1}).override({"depot.rounds+": 2})
    assert twice.get("depot.rounds") == 103
    assert twice.alternative("rounds").get("depot.rounds") == 143
    assert twice.override({"depot.rounds-": None}).get("depot.rounds") == 4000


def test_overrides_of_calls_take_numpy_and_tuples(small):
    changed = small.override({"depot.rounds": np.int64(5), "batteries[b1].at": (35.0, np.float64(-30.5))})
    assert changed.get("depot.rounds") == 5
    assert changed.get("batteries[b1].at") == [35.0, -30.5]
    assert type(changed.get("batteries[b1].at")[1]) is float
    assert changed.override({"doctrine.salvo": 2.0}).model.doctrine.salvo == 2


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"doctrine.salvo": 2.5}, "doctrine.salvo"),
        ({"doctrine.salvoo": 2}, "doctrine.salvoo"),
        ({"doctrine.salvo": float("nan")}, "doctrine.salvo"),
        ({"doctrine.salvo": 10**16}, "doctrine.salvo"),
        ({"doctrine.policy": object()}, "doctrine.policy"),
        ({"duration_day": 0.5}, "depot.resupply[0].day"),
        ({"batteries-": "b9"}, "batteries-"),
        ({"threats.raid.classes.short-rocket": 0.7}, "threats.raid.classes"),
        ({"site-": None}, "site"),
        ({"batteries[b1].id": "b2"}, "batteries[b2].id"),
    ],
)
def test_overrides_of_calls_are_checked(small, overrides, key):
    with pytest.raises(ScenarioError) as caught:
        small.override(overrides)
    assert [problem.key for problem in caught.value.problems] == [key]


def test_alternatives(small):
    assert small.alternatives() == ["as-is", "more", "rounds"]
    assert [battery.id for battery in small.alternative("more").model.batteries] == ["b1", "b2", "b3"]
    assert small.alternative("more").alternative("as-is") == small.alternative("more")
    with pytest.raises(CommandError, match="did you mean `rounds`"):
        small.alternative("round")
    with pytest.raises(CommandError, match="there is no `salv` here"):
        small.get("doctrine.salv")


def test_baseline_exists_unwritten(small_text):
    from opendome.scenario.reader import loads

    scenario = loads(small_text.replace("  as-is: {}\n", ""))
    assert scenario.alternatives() == ["as-is", "more", "rounds"]
    assert scenario.alternative("as-is").world_hash == scenario.world_hash


def test_diff_of_equal_scenarios_is_empty(small):
    assert diff(small, small.override({})) == []


def test_diff(small):
    changed = small.override({"depot.rounds": 7, "batteries+": [{"id": "b3", "at": [35, -30]}], "batteries-": "b1"})
    found = diff(small, changed)
    assert [(key, type(a), type(b)) for key, a, b in found] == [
        ("batteries[b1]", dict, str),
        ("batteries[b3]", str, dict),
        ("depot.rounds", int, int),
    ]
    assert found[0][2] == found[1][1] == ABSENT
    assert diff({"a": 1}, {"a": True}) == [("a", 1, True)]
    assert diff({"a": [{"id": "x"}, {"id": "y"}]}, {"a": [{"id": "y"}, {"id": "x"}]}) == [
        ("a (order)", ["x", "y"], ["y", "x"])
    ]
    assert diff({"a": [1, 2]}, {"b": 1}) == [("a", [1, 2], ABSENT), ("b", ABSENT, 1)]

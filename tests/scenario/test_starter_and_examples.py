"""The starter, the shipped examples, and what `explain` says."""

import pytest

from opendome.base.errors import CommandError
from opendome.base.params import describe_fields
from opendome.scenario.explain import all_keys, explain
from opendome.scenario.paths import find
from opendome.scenario.reader import example, example_path, examples, load, loads
from opendome.scenario.schema import ScenarioModel
from opendome.scenario.starter import new


def test_starter_is_valid_and_commented():
    text = new("my-first")
    scenario = loads(text, "my-first.yaml")
    assert scenario.name == "my-first"
    assert scenario.model.title == "My first"
    assert scenario.alternatives() == ["as-is", "second-battery", "rounds-only"]
    assert sum("#" in line for line in text.splitlines()) > 40
    assert max(len(line) for line in text.splitlines()) <= 130


def test_starter_from_an_example_keeps_everything_but_the_name():
    text = new("my-coast", "coastland")
    assert loads(text).override({"name": "coastland"}) == example("coastland")
    assert text.count("#") == example_path("coastland").read_text().count("#")


@pytest.mark.parametrize("name", ["", "My", "a b", "-a", "ä", "a" * 65, "../x", "a\nb"])
def test_starter_refuses_names(name):
    with pytest.raises(CommandError, match="cannot name a scenario"):
        new(name)


def test_starter_from_no_example():
    with pytest.raises(CommandError, match="did you mean `coastland`"):
        new("x", "coastlands")


@pytest.mark.parametrize("name", examples())
def test_examples_are_valid_and_carry_their_own_name(name):
    scenario = load(name)
    assert scenario.name == name
    assert scenario == load(example_path(name))
    assert scenario.model.question
    for alternative in scenario.alternatives():
        assert scenario.alternative(alternative).model.batteries


def test_coastland_is_what_the_tutorial_says():
    scenario = example("coastland")
    assert scenario.alternatives() == ["as-is", "one-more", "rounds-only"]
    assert len(scenario.model.places.areas) == 10
    assert scenario.model.places.coast is False
    rounds = [scenario.alternative(name).get("depot.rounds") for name in scenario.alternatives()]
    assert rounds == [40, 40, 80]


EXPLAINED = {
    "doctrine.salvo": ("int", "rounds", 1, (1, 2)),
    "threats.raid.aim.decay_km": ("float", "km", 20.0, (8, 50)),
    "batteries[b1].launchers": ("int | none", "count", None, (3, 4)),
    "assumptions.iron-dome.reload_s": ("float", "s", 1800.0, (600, 3600)),
    "threats.classes.short-rocket.range_max_km": ("float", "km", 20.0, None),
}


@pytest.mark.parametrize(("key", "expected"), EXPLAINED.items(), ids=EXPLAINED.keys())
def test_explain(key, expected):
    note = explain(key)
    kind, unit, default, band = expected
    assert (note.kind, note.unit, note.default) == (kind, unit, default)
    assert note.meaning
    if band is not None:
        assert (note.low, note.high) == band


def test_explain_offers_the_nearest_key():
    with pytest.raises(CommandError, match="did you mean `doctrine.salvo`"):
        explain("salvo")
    with pytest.raises(CommandError, match=r"doctrine\.engage_when"):
        explain("doctrine.engage_whn")
    with pytest.raises(CommandError, match="reload_s"):
        explain("assumptions.iron-dome.reload")


def test_every_key_can_be_explained():
    notes = list(all_keys())
    assert [note.key for note in notes] == [note.key for note in describe_fields(ScenarioModel)]
    assert all(explain(note.key.replace("[]", "[x]").replace(".*", ".leaked_built_up")).meaning for note in notes)


def test_catalogue_answers_named_by_explain_exist():
    scenario = example("coastland")
    for note in all_keys():
        if "`assumptions." in note.meaning:
            key = note.meaning.split("`")[-2]
            changed = scenario.override({key: note.low})
            assert find(changed.data, key) == note.low

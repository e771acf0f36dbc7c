"""The resolved scenario: text and back, hashes, and the models that the rooms read."""

import json
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.params import describe_fields
from opendome.scenario.document import read_text
from opendome.scenario.reader import load, loads
from opendome.scenario.scenario import Scenario
from opendome.scenario.schema import ScenarioModel
from opendome.scenario.validate import fill
from opendome.scenario.writer import canonical_json, to_yaml

TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), max_size=30)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)
SHARES = st.floats(0, 1, allow_nan=False)
POSITIVE = st.floats(1e-6, 900, allow_nan=False)


POINT = st.tuples(st.floats(30, 40), st.floats(-35, -25)).map(list)
TRIANGLE = st.tuples(st.floats(33, 37), st.floats(-33, -27), st.floats(0.01, 1), st.floats(0.01, 1)).map(
    lambda t: [[t[0], t[1]], [t[0] + t[2], t[1]], [t[0], t[1] + t[3]]]
)


def ids(prefix, values, most):
    """Lists of mappings, each with an id of its own."""
    return st.lists(values, max_size=most).map(
        lambda items: [{"id": f"{prefix}{i}", **item} for i, item in enumerate(items)]
    )


AREA = st.one_of(
    st.fixed_dictionaries({"at": POINT, "radius_km": st.floats(0.1, 20), "population": st.integers(0, 10**6)}),
    st.fixed_dictionaries({"polygon": TRIANGLE, "population": st.integers(0, 10**6)}, optional={"name": TEXTS}),
)
BATTERY = st.fixed_dictionaries(
    {"at": POINT},
    optional={
        "name": TEXTS,
        "launchers": st.one_of(st.none(), st.integers(0, 9)),
        "arrives_day": st.floats(0, 3),
        "has_radar": st.booleans(),
        "channels": st.integers(1, 20),
        "system": st.sampled_from(["iron-dome", "us-iron-dome", "mric"]),
    },
)
SALVO = st.fixed_dictionaries(
    {
        "at_s": st.floats(0, 80_000),
        "from": POINT,
        "at": POINT,
        "class": st.sampled_from(["mortar", "one-way-drone"]),
    },
    optional={"count": st.integers(1, 50), "waypoint": POINT},
)
CLASSES = st.sampled_from(
    [{"short-rocket": 1.0}, {"short-rocket": 0.25, "mortar": 0.75}, {"mortar": 1 / 3, "long-rocket": 2 / 3}]
)
RAID = st.fixed_dictionaries(
    {
        "launched_per_day": st.one_of(POSITIVE, st.lists(POSITIVE, min_size=2, max_size=2)).map(lambda m: {"mean": m}),
        "launch_areas": ids("l", st.fixed_dictionaries({"polygon": TRIANGLE, "share": st.floats(0.1, 5)}), 3).filter(
            len
        ),
        "classes": CLASSES,
    },
    optional={
        "by_hour": st.one_of(st.sampled_from(["uniform", "evening", "night"]), st.just([1.0] * 23 + [0.0])),
        "failing": st.fixed_dictionaries({"share": st.floats(0, 0.5), "gamma": st.floats(0.5, 5)}),
    },
)
SCENARIOS = st.fixed_dictionaries(
    {
        "scenario": st.just(1),
        "name": NAMES,
        "site": st.just({"lat_deg": 35.0, "lon_deg": -30.0}),
        "start_utc": st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda t: f"{t.isoformat()}Z"),
        "duration_day": st.floats(1.01, 2),
        "places": st.fixed_dictionaries(
            {"areas": ids("a", AREA, 4).filter(len), "coast": st.just(False)},
            optional={"built_up_frac": st.floats(0.1, 1), "land": st.lists(TRIANGLE, max_size=2), "file": TEXTS},
        ),
        "threats": st.fixed_dictionaries({"raid": RAID}, optional={"given": st.lists(SALVO, max_size=3)}),
    },
    optional={
        "title": TEXTS,
        "description": TEXTS.map(lambda text: f"{text}\n\t- {text}: #{text}"),
        "question": TEXTS,
        "batteries": ids("b", BATTERY, 4),
        "depot": st.fixed_dictionaries({"rounds": st.integers(0, 10**6)}),
        "doctrine": st.fixed_dictionaries({"salvo": st.integers(1, 4), "reserve_share": SHARES}),
        "assumptions": st.just({"iron-dome": {"reload_s": 600, "reliability": 0.5}}),
        "alternatives": st.dictionaries(NAMES, st.just({"depot.rounds+": 3, "batteries+": []}), max_size=3),
        "study": st.fixed_dictionaries({"seed": st.integers(0, 10**15), "labels": st.just({"as-is": "no: change"})}),
    },
)


@given(SCENARIOS)
def test_scenario_to_yaml_to_scenario_changes_nothing(data):
    scenario = loads(to_yaml(data))
    text = scenario.to_yaml()
    again = loads(text)
    assert again == scenario
    assert json.dumps(again.data) == json.dumps(scenario.data)
    assert again.to_yaml() == text
    assert again.model == scenario.model
    assert ScenarioModel.model_validate_json(canonical_json(data)) == scenario.model


PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**15), 10**15),
        st.floats(-1e15, 1e15),
        TEXTS,
        st.sampled_from(
            ["no", "null", "1", "-", "a: b", "<<", "&x", "1e3", ".nan", "2030-01-01", " x", "x ", "#", "~", ""]
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, PLAIN, min_size=1, max_size=5))
def test_any_plain_data_survive_being_written(data):
    document = read_text(to_yaml(data))
    assert document.problems == ()
    assert document.data == data
    assert json.dumps(document.data) == json.dumps(data)


def test_other_readers_agree_about_what_is_written(small):
    from ruamel.yaml import YAML

    assert YAML(typ="safe", pure=True).load(small.to_yaml()) == small.data


def reordered(value):
    """The same data, every mapping turned round."""
    if isinstance(value, dict):
        return {key: reordered(inner) for key, inner in reversed(value.items())}
    return [reordered(item) for item in value] if isinstance(value, list) else value


def test_hash_does_not_depend_on_order_comments_or_spelling(small, small_text):
    turned = loads(to_yaml(reordered(read_text(small_text).data)))
    assert turned.hash == small.hash
    assert loads("# a comment\n" + small_text.replace("\n", "  # more\n")).hash == small.hash
    respelt = small_text.replace("rounds: 100", "rounds: 0x64").replace("duration_day: 3", "duration_day: 3.0")
    respelt = respelt.replace("2030-05-01T00:00:00Z", '"2030-05-01T02:00:00+02:00"')
    assert respelt != small_text
    assert loads(respelt).hash == small.hash


def test_hash_of_a_known_scenario_is_the_same_on_every_machine(small):
    assert canonical_json({"b": [1.0, 0.1, 1e-6], "a": {"é": None, "d": True}}) == (
        '{"a":{"d":true,"\\u00e9":null},"b":[1,0.1,1e-06]}'
    )
    program = "import sys; from opendome.scenario.reader import loads; print(loads(sys.stdin.read()).hash)"
    run = subprocess.run(
        [sys.executable, "-c", program], input=small.to_yaml(), capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == small.hash


CHANGES = {
    "seed": ({"study.seed": 8}, True),
    "title": ({"title": "other"}, True),
    "name": ({"name": "other"}, True),
    "alternative": ({"alternatives.rounds": {}}, True),
    "rounds": ({"depot.rounds": 101}, False),
    "assumption": ({"assumptions.iron-dome.reload_s": 60}, False),
    "point": ({"batteries[b1].at": [35.0, -30.0001]}, False),
}


@pytest.mark.parametrize(("overrides", "is_same_world"), CHANGES.values(), ids=CHANGES.keys())
def test_world_hash_is_of_the_world_alone(small, overrides, is_same_world):
    changed = small.override(overrides)
    assert changed.hash != small.hash
    assert (changed.world_hash == small.world_hash) is is_same_world


def test_world_hash_of_an_alternative(small):
    hashes = {name: small.alternative(name).world_hash for name in small.alternatives()}
    assert hashes["as-is"] == small.world_hash
    assert len(set(hashes.values())) == 3
    assert small.override({"depot.rounds+": 40}).world_hash == hashes["rounds"]


def test_world_hash_follows_the_file_of_areas(tmp_path, small_text):
    path = tmp_path / "s.yaml"
    path.write_text(small_text.replace("population: none", "population: none\n  file: areas.csv"))
    (tmp_path / "areas.csv").write_text("a")
    before = load(path)
    hash_before = before.world_hash
    assert before.file_keys["places.file"] == tmp_path / "areas.csv"
    (tmp_path / "areas.csv").write_text("b")
    after = load(path)
    assert after == before
    assert after.world_hash != hash_before


def test_world_hash_follows_the_file_of_zones(tmp_path, small_text):
    path = tmp_path / "s.yaml"
    path.write_text(small_text.replace("duration_day: 3", "duration_day: 3\nwarning: {zoning: zones.geojson}"))
    (tmp_path / "zones.geojson").write_text("a")
    hash_before = load(path).world_hash
    assert load(path).file_keys["warning.zoning"] == tmp_path / "zones.geojson"
    (tmp_path / "zones.geojson").write_text("b")
    assert load(path).world_hash != hash_before


def test_an_alternative_stands_alone_as_text(small):
    alone = small.alternative("more")
    again = loads(alone.to_yaml())
    assert again == alone
    assert again.world_hash == alone.world_hash
    assert again.alternatives() == ["as-is"]


def test_resolved_means_every_default_but_the_catalogues(small):
    assert fill(small.data) == small.data
    assert small.data["batteries"][0]["set_up_h"] is None
    assert small.data["warning"]["stay_min"] == 10.0
    assert small.data["threats"]["raid"]["aim"]["decay_km"] == 20.0
    assert small.data["start_utc"] == "2030-05-01T00:00:00Z"
    assert list(small.data["threats"]["raid"]["classes"]) == ["short-rocket", "medium-rocket"]


def test_model_holds_what_the_rooms_read(small):
    model = small.model
    assert model.start_utc == datetime(2030, 5, 1, tzinfo=UTC)
    assert model.start_utc.utcoffset() == timedelta(0)
    assert model.batteries[0].at == (35.0, -30.0)
    assert model.threats.raid is not None and model.threats.raid.classes == {"short-rocket": 0.6, "medium-rocket": 0.4}


def test_scenarios_travel_between_processes(small):
    called = small.override({"depot.rounds": 5})
    again = pickle.loads(pickle.dumps(called))
    assert again == called
    assert hash(again) == hash(called)
    assert again.alternative("more") == called.alternative("more")
    assert small != called
    assert small != 3
    assert "small" in repr(small) and isinstance(small, Scenario)


def test_every_key_says_what_it_means_and_every_number_its_unit():
    notes = describe_fields(ScenarioModel)
    assert len(notes) > 150
    without_meaning = [note.key for note in notes if not note.meaning]
    numbers = [note for note in notes if note.kind.split(" | ")[0] in ("int", "float")]
    without_unit = [note.key for note in numbers if not note.unit and not note.key.startswith("study.")]
    assert without_meaning == [] and without_unit == []


def test_loading_a_scenario_brings_in_no_heavy_library(small_text):
    program = (
        "import sys; from opendome.scenario.reader import loads; loads(sys.stdin.read());"
        "print([m for m in ('numpy', 'scipy', 'numba', 'pandas', 'pyarrow', 'matplotlib') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], input=small_text, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

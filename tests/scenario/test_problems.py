"""Everything wrong in a scenario is reported at once: key, line, words and cure."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.base.errors import ScenarioError
from opendome.scenario.document import read_text
from opendome.scenario.problems import MAX_WORDED
from opendome.scenario.reader import example, loads
from opendome.scenario.writer import to_yaml

COASTLAND = example("coastland")
KEYS = [
    "depot.rounds", "depot.rounds+", "depot+", "depot.resupply[0]", "depot.resupply[0].day", "batteries", "batteries+",
    "batteries-", "batteries[b1]", "batteries[b1]-", "batteries[b1]+", "batteries[b2].at", "threats.raid.classes",
    "threats.raid.classes-", "threats.raid", "threats.given+", "places.areas", "places.areas[elm].polygon", "site",
    "alternatives", "alternatives.one-more", "study.inputs", "study.shapley", "study.grid", "duration_day", "start_utc",
    "assumptions.iron-dome.reload_s", "assumptions", "doctrine.policy", "doctrine.policy-",
]  # fmt: skip

ONE_MISTAKE = {
    # name: (old text, new text, key, line, words in what, words in cure)
    "unknown key": ("duration_day: 3", "duration_day: 3\nweather: fine", "weather", 6, "unknown key", ""),
    "key without unit": ("radius_km: 2,", "radius: 2,", "places.areas[a1].radius", 10, "unknown key", "`radius_km`"),
    "key with another unit": (
        "radius_km: 2,",
        "radius_m: 2000,",
        "places.areas[a1].radius_m",
        10,
        "unknown",
        "`radius_km`",
    ),
    "misspelt key": (
        "launched_per_day:",
        "launchd_per_day:",
        "threats.raid.launchd_per_day",
        14,
        "unknown",
        "`launched_per_day`",
    ),
    "unknown zoning": (
        "duration_day: 3",
        "duration_day: 3\nwarning: {zoning: synthetic-126}",
        "warning.zoning",
        6,
        "there is no zoning `synthetic-126`",
        "`synthetic-127`",
    ),
    "zoning of another place": (
        "duration_day: 3",
        "duration_day: 3\nwarning: {zoning: districts}",
        "warning.zoning",
        6,
        "the scenario has none of them",
        "places.alert_areas",
    ),
    "zoning of a trade-off": (
        "seed: 7",
        "seed: 7\n  tradeoff: {zonings: [areas, district]}",
        "study.tradeoff.zonings[1]",
        28,
        "there is no zoning `district`",
        "`districts`",
    ),
    "key in the wrong place": (
        "duration_day: 3",
        "duration_day: 3\nsalvo: 2",
        "salvo",
        6,
        "unknown",
        "`doctrine.salvo`",
    ),
    "missing key": ("name: small\n", "", "name", 1, "is missing", "write `name:`"),
    "missing in an item": ("population: 900", "value: 900", "places.areas[a2].population", 11, "is missing", "write"),
    "wrong version": ("scenario: 1", "scenario: 2", "scenario", 1, "must be 1", ""),
    "name with capitals": ("name: small", "name: My Small", "name", 2, "lower-case", "write my-small"),
    "text for a number": ("rounds: 100", "rounds: many", "depot.rounds", 21, "must be a whole number", ""),
    "unit in the value": (
        "radius_km: 2,",
        "radius_km: 2 km,",
        "places.areas[a1].radius_km",
        10,
        "must be a number",
        "write 2:",
    ),
    "digits in groups": ("rounds: 100", "rounds: 10_000", "depot.rounds", 21, "whole number", "write 10000"),
    "fraction of a round": ("rounds: 100", "rounds: 99.5", "depot.rounds", 21, "whole number", "write 100"),
    "yes": ("coast: false", "coast: yes", "places.coast", 8, "true or false", "write true"),
    "truth value for a number": ("rounds: 100", "rounds: true", "depot.rounds", 21, "is true", ""),
    "negative": ("rounds: 100", "rounds: -1", "depot.rounds", 21, "is -1, must be at least 0", ""),
    "probability above one": ("seed: 7", "seed: 7\n  confidence: 1.5", "study.confidence", 28, "must be below 1", ""),
    "no choice": ("population: none", "population: geoname", "places.population", 7, "must be", "`geonames`"),
    "no point": ("at: [35.0, -30.0]", "at: 35.0", "batteries[b1].at", 19, "is not a point", "[lat_deg, lon_deg]"),
    "half a point": ("at: [35.0, -30.0]", "at: [35.0]", "batteries[b1].at", 19, "is not a point", "[lat_deg, lon_deg]"),
    "three coordinates": (
        "at: [35.0, -30.0]",
        "at: [1, 2, 3]",
        "batteries[b1].at",
        19,
        "is not a point",
        "[lat_deg, lon_deg]",
    ),
    "latitude": ("at: [35.0, -30.0]", "at: [95.0, -30.0]", "batteries[b1].at[0]", 19, "must be at most 90", ""),
    "swapped point": (
        "at: [35.0, -30.0]",
        "at: [-30.0, 35.0]",
        "batteries[b1].at",
        19,
        "km from the site",
        "latitude first",
    ),
    "polygon point": (
        "[35.2, -29.6],",
        "[35.2],",
        "threats.raid.launch_areas[hills].polygon[1]",
        16,
        "is not a point",
        "",
    ),
    "no time zone": ("2030-05-01T00:00:00Z", "2030-05-01", "start_utc", 4, "time zone", "2024-05-01T00:00:00Z"),
    "number as id": ("id: b1", "id: 1", "batteries[0].id", 19, "must be text", 'quotes round it: "1"'),
    "list for a mapping": (
        "{rounds: 100, resupply: [{day: 1, rounds: 20}]}",
        "[1]",
        "depot",
        21,
        "must be a mapping",
        "",
    ),
    "mapping for a list": (
        "resupply: [{day: 1, rounds: 20}]",
        "resupply: {day: 1}",
        "depot.resupply",
        21,
        "a list",
        "- ",
    ),
    "shares": ("medium-rocket: 0.4", "medium-rocket: 0.5", "threats.raid.classes", 17, "sum to 1.1", "scaled"),
    "ids of areas": ("id: a2", "id: a1", "places.areas[a1].id", 11, "used twice", "areas"),
    "ids of batteries": ("id: b2", "id: b1", "batteries[b1].id", 20, "used twice", "batteries"),
    "system": (
        "launchers: 2}",
        "launchers: 2, system: iron-done}",
        "batteries[b1].system",
        19,
        "no system",
        "`iron-dome`",
    ),
    "system without launchers": (
        "launchers: 2}",
        "system: carrier-strike-group}",
        "batteries[b1].system",
        19,
        "no launchers",
        "",
    ),
    "class": (
        "medium-rocket: 0.4",
        "medium-rockets: 0.4",
        "threats.raid.classes.medium-rockets",
        17,
        "no threat class",
        "`medium-rocket`",
    ),
    "policy": ("study:", "doctrine: {policy: earlyest}\nstudy:", "doctrine.policy", 26, "no policy", "`earliest`"),
    "catalogue key": (
        "study:",
        "assumptions: {iron-dome: {reload: 3}}\nstudy:",
        "assumptions.iron-dome.reload",
        26,
        "no such key",
        "`reload_s`",
    ),
    "catalogue value": (
        "study:",
        "assumptions: {iron-dome: {reload_s: slow}}\nstudy:",
        "assumptions.iron-dome.reload_s",
        26,
        "not a number",
        "s",
    ),
    "catalogue share": (
        "study:",
        "assumptions: {iron-dome: {reliability: 2}}\nstudy:",
        "assumptions.iron-dome.reliability",
        26,
        "between 0 and 1",
        "",
    ),
    "class figure": (
        "threats:",
        "threats:\n  classes: {mortar: {range_km: 5}}",
        "threats.classes.mortar.range_km",
        13,
        "no such key",
        "`range_min_km`",
    ),
    "late delivery": (
        "{day: 1, rounds",
        "{day: 9, rounds",
        "depot.resupply[0].day",
        21,
        "after the scenario's 3 days",
        "earlier",
    ),
    "daily list": (
        "mean: 50",
        "mean: [50, 60]",
        "threats.raid.launched_per_day.mean",
        14,
        "2 numbers for a scenario of 3 days",
        "each day",
    ),
    "daily list with text": (
        "mean: 50",
        "mean: [50, x, 60]",
        "threats.raid.launched_per_day.mean[1]",
        14,
        "must be a number",
        "",
    ),
    "hours": (
        "launched_per_day: {mean: 50}",
        "launched_per_day: {mean: 50}\n    by_hour: [1, 2]",
        "threats.raid.by_hour",
        15,
        "24",
        "",
    ),
    "line for a polygon": (
        "[[35.1, -29.7], [35.2, -29.6], [35.0, -29.6]]",
        "[[35.1, -29.7], [35.2, -29.6]]",
        "threats.raid.launch_areas[hills].polygon",
        16,
        "polygon of 2 points",
        "three",
    ),
    "two shapes": (
        "radius_km: 2,",
        "radius_km: 2, polygon: [[1, 2], [3, 4], [5, 7]],",
        "places.areas[a1]",
        10,
        "both",
        "or `polygon`",
    ),
    "land and coast": (
        "coast: false",
        "coast: true\n  land: [[[35, -30], [36, -30], [36, -29]]]",
        "places.land",
        9,
        "coastline is in use",
        "coast: false",
    ),
    "post": (
        "depot:",
        "launchers: [{id: l1, at: [35.0, -30.0], post: b9}]\ndepot:",
        "launchers[l1].post",
        21,
        "no battery or post `b9`",
        "b1",
    ),
    "leaves before it arrives": (
        "launchers: 2}",
        "arrives_day: 2, leaves_day: 1}",
        "batteries[b1].leaves_day",
        19,
        "arrives on day 2",
        "",
    ),
    "repair without failure": (
        "launchers: 2}",
        "repaired_in_h: 2}",
        "batteries[b1]",
        19,
        "both times",
        "`fails_every_h`",
    ),
    "too many rounds": (
        "launchers: 2}",
        "launchers: 2, loaded_rounds: 41}",
        "batteries[b1].loaded_rounds",
        19,
        "hold 40",
        "depot",
    ),
    "depot": ("launchers: 2}", "depot: north}", "batteries[b1].depot", 19, "no depot", "known are main"),
    "shots": ("study:", "doctrine: {salvo: 3, max_shots: 2}\nstudy:", "doctrine.max_shots", 26, "a salvo has 3", ""),
    "no threshold": (
        "study:",
        "doctrine: {engage_if: {p_hit_at_least: null}}\nstudy:",
        "doctrine.engage_if",
        26,
        "no threshold",
        "",
    ),
    "range upside down": (
        "low: 0.02, high: 0.3",
        "low: 0.3, high: 0.02",
        "study.inputs[0].low",
        29,
        "above high",
        "smaller",
    ),
    "range beyond limits": ("high: 0.3", "high: 1.3", "study.inputs[0].high", 29, "must be at most 1", ""),
    "range of no key": (
        "doctrine.engage_if.p_hit_at_least",
        "doctrine.engage_if.p_hit",
        "study.inputs[0].key",
        29,
        "there is no",
        "`doctrine.engage_if.p_hit_at_least`",
    ),
    "range of text": (
        "doctrine.engage_if.p_hit_at_least",
        "doctrine.policy",
        "study.inputs[0].key",
        29,
        "not a number",
        "",
    ),
    "range of no catalogue key": (
        "doctrine.engage_if.p_hit_at_least",
        "assumptions.iron-dome.reload",
        "study.inputs[0].low",
        29,
        "no such key",
        "`reload_s`",
    ),
    "baseline": ("seed: 7", "baseline: as-was", "study.baseline", 27, "no alternative `as-was`", "`as-is`"),
    "label": ("seed: 7", "labels: {mor: x}", "study.labels.mor", 27, "no alternative", "`more`"),
    "causes": (
        "seed: 7",
        "shapley: {causes: [a, b], alternatives: {'': as-is, a: more, b: rounds}}",
        "study.shapley.alternatives",
        27,
        '"a+b"',
        "",
    ),
    "order of causes": (
        "seed: 7",
        "shapley: {causes: [a, b], alternatives: {'': as-is, a: more, b: rounds, a+b: more, b+a: more}}",
        "study.shapley.alternatives.b+a",
        27,
        "not a set",
        "",
    ),
    "grid": (
        "seed: 7",
        "grid: {rows: {key: depot.rounds, values: [1.5]}, columns: {key: depot.round, values: [1]}}",
        "study.grid.rows.values[0]",
        27,
        "whole number",
        "",
    ),
    "key of an alternative": (
        "depot.rounds+: 40",
        "depot.round: 40",
        "alternatives.rounds.depot.round",
        25,
        "unknown key",
        "`rounds`",
    ),
    "item of an alternative": (
        "depot.rounds+: 40",
        "'batteries[b9].launchers': 4",
        "alternatives.rounds.batteries[b9].launchers",
        25,
        "no item [b9]: ids are b1, b2",
        "",
    ),
    "value of an alternative": (
        "depot.rounds+: 40",
        "depot.rounds: -4",
        "alternatives.rounds.depot.rounds",
        25,
        "at least 0",
        "",
    ),
    "value inside an alternative": (
        "launchers: 1}]",
        "launcher: 1}]",
        "alternatives.more.batteries+[b3].launcher",
        24,
        "unknown key",
        "`launchers`",
    ),
    "check inside an alternative": (
        "{id: b3,",
        "{id: b1,",
        "alternatives.more.batteries+[b1].id",
        24,
        "used twice",
        "",
    ),
    "alternative of the study": (
        "depot.rounds+: 40",
        "study.seed: 4",
        "alternatives.rounds.study.seed",
        25,
        "cannot change `study`",
        "",
    ),
    "adding to the catalogue": (
        "depot.rounds+: 40",
        "'batteries[b2].launchers+': 1",
        "alternatives.rounds.batteries[b2].launchers+",
        25,
        "no number here",
        "replace",
    ),
}


@pytest.mark.parametrize(("old", "new", "key", "line", "what", "cure"), ONE_MISTAKE.values(), ids=ONE_MISTAKE.keys())
def test_one_mistake(problems_of, old, new, key, line, what, cure):
    problems = problems_of((old, new))
    assert key in problems, {name: str(problem) for name, problem in problems.items()}
    problem = problems[key]
    assert problem.file == "small.yaml"
    assert problem.line == line
    assert what in problem.what
    assert cure in problem.cure


SINGLE = (
    "unknown key", "shares", "missing key", "swapped point", "no point", "system", "value inside an alternative",
    "range beyond limits", "daily list with text", "no choice", "hours", "number as id", "late delivery",
)  # fmt: skip


@pytest.mark.parametrize("name", SINGLE)
def test_one_mistake_is_reported_once(problems_of, name):
    old, new = ONE_MISTAKE[name][:2]
    assert len(problems_of((old, new))) == 1


def test_all_problems_at_once_in_order_of_lines(problems_of):
    problems = problems_of(
        ("name: small", "name: small\nname: smaller"),  # the reader
        ("site: {lat_deg: 35.0, lon_deg: -30.0}", "site: {lat_deg: 35.0}"),  # missing
        ("radius_km: 2,", "radius: 2,"),  # unknown
        ("medium-rocket: 0.4", "medium-rocket: 0.3"),  # across keys
        ("launchers: 2}", "launchers: two}"),  # type
        ("depot.rounds+: 40", "depot.round: 40"),  # an alternative
        ("high: 0.3", "high: 3"),  # a range
    )
    assert set(problems) == {
        "name",
        "site.lon_deg",
        "places.areas[a1].radius",
        "threats.raid.classes",
        "batteries[b1].launchers",
        "alternatives.rounds.depot.round",
        "study.inputs[0].high",
    }
    lines = [problem.line for problem in problems.values()]
    assert lines == sorted(lines) == [3, 4, 11, 18, 20, 26, 30]


def test_a_refused_value_is_reported_once(problems_of):
    problems = problems_of(("rounds: 100", "rounds: .nan"))
    assert list(problems) == ["depot.rounds"]
    assert "number the model can use" in problems["depot.rounds"].what


def test_a_problem_prints_file_line_key_what_and_cure(problems_of):
    text = str(problems_of(("radius_km: 2,", "radius: 2,"))["places.areas[a1].radius"])
    assert text == (
        "small.yaml:10: places.areas[a1].radius: unknown key (did you mean `radius_km`? numbers end in their unit)"
    )


def test_items_after_a_broken_one_keep_their_lines(problems_of):
    problems = problems_of(("id: a1,", "id: a1, size: 3,"), ("radius_km: 1, population: 900", "population: 900"))
    assert problems["places.areas[a1].size"].line == 10
    assert (
        problems_of(("at: [35.0, -30.0], ", ""), ("id: b2", "id: b2, system: patriott"))["batteries[b2].system"].line
        == 20
    )


SALVOS = {
    "two times": ("at_s: 5, at_utc: 2030-05-01T01:00:00Z", "needs one time"),
    "no time": ("count: 2", "needs one time"),
    "before the start": ("at_utc: 2030-04-30T23:00:00Z", "before the scenario starts"),
    "after the end": ("at_s: 259200", "after the scenario ends"),
}


@pytest.mark.parametrize(("when", "what"), SALVOS.values(), ids=SALVOS.keys())
def test_salvos(problems_of, when, what):
    salvo = f"threats:\n  given: [{{{when}, from: [35.1, -29.7], at: [35, -30.1], class: short-rocket}}]"
    problems = problems_of(("threats:", salvo))
    assert len(problems) == 1
    assert what in next(iter(problems.values())).what


def test_salvo_at_a_time_of_day_is_accepted(small_text):
    salvo = "{at_utc: 2030-05-02T20:00:00+02:00, from: [35.1, -29.7], at: [35, -30.1], class: short-rocket}"
    scenario = loads(small_text.replace("threats:", f"threats:\n  given: [{salvo}]"))
    assert scenario.data["threats"]["given"][0]["from"] == [35.1, -29.7]
    from opendome.raid.parameters import first_launch_s

    assert first_launch_s(scenario.model.threats.given[0], scenario.model.start_utc) == 86_400 + 18 * 3600


def test_nothing_launched(small_text):
    start, end = small_text.index("threats:"), small_text.index("batteries:")
    with pytest.raises(ScenarioError, match="nothing is launched"):
        loads(small_text[:start] + small_text[end:])


def test_no_defended_area(small_text):
    start, end = small_text.index("places:"), small_text.index("threats:")
    with pytest.raises(ScenarioError) as caught:
        loads(small_text[:start] + "places: {coast: false}\n" + small_text[end:], "small.yaml")
    (problem,) = caught.value.problems
    assert (problem.key, problem.line) == ("places", 6)
    assert "no defended area" in problem.what and "towns" in problem.cure


def test_thousands_of_problems_are_cut_off_and_cost_little(small_text):
    with pytest.raises(ScenarioError) as caught:
        loads(small_text + "".join(f"key-{i}: 1\n" for i in range(3000)))
    assert len(caught.value.problems) == MAX_WORDED + 1
    assert caught.value.problems[-1].what == f"{3000 - MAX_WORDED} more problems follow"


def test_checking_alternatives_has_a_limit(small_text, monkeypatch):
    monkeypatch.setattr("opendome.scenario.validate._MOST_WORK", 100_000)
    assert loads(small_text).alternatives() == ["as-is", "more", "rounds"]
    many = "".join(f"  alt-{i}: {{depot.rounds: {i}}}\n" for i in range(30))
    with pytest.raises(ScenarioError, match="too large to check") as caught:
        loads(small_text.replace("  as-is: {}\n", many))
    assert [problem.key for problem in caught.value.problems] == ["alternatives"]


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**15), 10**15),
        st.floats(-1e15, 1e15),
        st.sampled_from(
            ["", "b1", "iron-dome", "doctrine.salvo", "depot.rounds+", "as-is", "2030-05-01T00:00:00Z", "x.y[z]"]
        ),
        st.text("ab+-.[]", max_size=6),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["id", "at", "key", "low", "high", "a+", "depot", "study-", "mean", ""]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)


def _paths(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _paths(value[key], (*path, key))


@settings(max_examples=150)
@given(st.data())
def test_any_value_anywhere_is_either_accepted_or_explained(small_text, data):
    document = read_text(small_text).data
    paths = [path for path in _paths(document) if path]
    path = data.draw(st.sampled_from(paths))
    here = document
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = data.draw(VALUES)
    try:
        scenario = loads(to_yaml(document), "changed.yaml")
    except ScenarioError as error:
        assert all(problem.file == "changed.yaml" and problem.what for problem in error.problems)
        assert all(problem.line >= 1 for problem in error.problems)
    else:
        assert loads(scenario.to_yaml()) == scenario
        for name in scenario.alternatives():
            assert scenario.alternative(name).model is not None


@settings(max_examples=150)
@given(st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text("ab.[]+-1", max_size=8)), VALUES, max_size=3))
def test_any_override_is_either_applied_or_explained(overrides):
    try:
        changed = COASTLAND.override(overrides)
    except ScenarioError as error:
        assert all(problem.what and not problem.file for problem in error.problems)
    else:
        assert read_text(changed.to_yaml()).data == changed.data

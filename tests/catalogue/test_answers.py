"""Every key of the simulation is answered, in the unit of its name, published figures first; derived numbers again."""

from __future__ import annotations

import math
import subprocess
import sys
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from opendome import catalogue
from opendome.base.errors import CommandError
from opendome.catalogue import derive
from opendome.catalogue.figures import FACTORS

FIRING = ("iron-dome", "us-iron-dome", "mric", "ifpc-inc2", "patriot", "thaad", "davids-sling", "c-dome")
GROUPS = (
    "mortar",
    "short-rocket",
    "medium-rocket",
    "long-rocket",
    "one-way-drone",
    "small-drone",
    "cruise-missile",
)
SUFFIXES = {
    "_kgpm2": "kg/m2",
    "_m2": "m2",
    "_mps": "m/s",
    "_kmph": "km/h",
    "_km": "km",
    "_m": "m",
    "_h": "h",
    "_s": "s",
    "_deg": "deg",
    "_kusd": "kUSD",
    "_frac": "fraction",
    "_share": "fraction",
}


def suffix_unit(key: str) -> str | None:
    if key.startswith("p_") or "_frac_" in key or "probability" in key:
        return "fraction"
    if "_per_" in key:
        return None
    for suffix, unit in SUFFIXES.items():
        if key.endswith(suffix):
            return unit
    return None


def raw(stem: str) -> dict[str, Any]:
    text = files("opendome.catalogue").joinpath(f"{stem}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded


def test_names_are_those_promised() -> None:
    assert catalogue.system_ids() == (*FIRING, "carrier-strike-group")
    assert catalogue.threat_groups() == GROUPS
    assert {catalogue.threat(name).group for name in catalogue.threat_ids()} == set(GROUPS)


@pytest.mark.parametrize("system_id", FIRING)
def test_every_firing_system_answers_every_key(system_id: str) -> None:
    for key in catalogue.system_keys():
        figure = catalogue.value_of(system_id, key)
        low, high = figure.band
        assert low <= figure.number <= high, figure
        assert figure.key == key
        assert figure.unit == catalogue.key_unit(key), figure
        assert suffix_unit(key) in (None, figure.unit), figure
        assert catalogue.key_meaning(key)


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_answers_every_key(group: str) -> None:
    kind = catalogue.threat_value(group, "kind").value
    assert kind == ("cruise" if group in GROUPS[4:] else "ballistic")
    for key in catalogue.threat_keys(group):
        figure = catalogue.threat_value(group, key)
        assert figure.unit == catalogue.key_unit(key), figure
        assert suffix_unit(key) in (None, figure.unit), figure
        if key != "kind":
            low, high = figure.band
            assert low <= figure.number <= high, figure
    assert catalogue.threat_value(group, "range_min_km").number < catalogue.threat_value(group, "range_max_km").number


def test_model_keys_carry_their_unit_and_range() -> None:
    for key in catalogue.model_keys():
        figure = catalogue.model_value(key)
        low, high = figure.band
        assert low <= figure.number <= high, figure
        assert suffix_unit(key) in (None, figure.unit), figure


@pytest.mark.parametrize(
    ("system_id", "key", "low", "value", "high"),
    [
        ("iron-dome", "launchers_per_battery", 3, 3, 4),
        ("iron-dome", "rounds_per_launcher", 20, 20, 20),
        ("iron-dome", "time_between_shots_s", 0.3, 0.5, 2),
        ("iron-dome", "reload_s", 600, 1800, 3600),
        ("iron-dome", "interceptor_cost_kusd", 40, 100, 150),
        ("iron-dome", "threat_range_min_km", 4, 4, 5),
        ("iron-dome", "defended_radius_km", 5.6, 7, 25),
        ("iron-dome", "channels_per_battery", 6, 12, 30),
        ("c-dome", "rounds_per_launcher", 20, 20, 20),
        ("us-iron-dome", "launchers_per_battery", 3, 3, 6),
        ("patriot", "launchers_per_battery", 4, 8, 8),
        ("patriot", "interceptor_cost_kusd", 3000, 4000, 6000),
        ("thaad", "rounds_per_launcher", 8, 8, 8),
        ("thaad", "interceptor_cost_kusd", 12700, 12700, 19700),
        ("davids-sling", "threat_range_max_km", 200, 300, 300),
        ("ifpc-inc2", "interceptor_cost_kusd", 400, 500, 600),
    ],
)
def test_values_relied_upon(system_id: str, key: str, low: float, value: float, high: float) -> None:
    figure = catalogue.value_of(system_id, key)
    assert (figure.band[0], figure.number, figure.band[1]) == (low, value, high)


def test_published_figures_win_over_assumptions() -> None:
    assert not catalogue.value_of("iron-dome", "launchers_per_battery").is_assumption
    assert catalogue.value_of("iron-dome", "interceptor_cost_kusd").source[0] == "jpost_2011"
    assert catalogue.value_of("us-iron-dome", "launchers_per_battery").is_assumption  # its own count is only recalled
    for system_id in FIRING:
        known = catalogue.system(system_id)
        assert not set(known.figures) & set(known.assumptions), system_id


SHARES = {  # rules that convert and take a share of the figure at once
    ("iron-dome", "time_between_shots_s"): 1 / 20,
    ("us-iron-dome", "battery_cost_kusd"): 1 / 2,
}


def test_explicit_factors_agree_with_the_units() -> None:
    """`times` is the factor from the figure's unit to the key's, and every change of a number says why."""
    rules = [
        (system_id, key, rule)
        for system_id, entry in raw("systems")["systems"].items()
        for key, rule in (entry.get("answers") or {}).items()
    ]
    assert len(rules) > 30
    for system_id, key, rule in rules:
        units = (catalogue.value_of(system_id, rule["from"]).unit, catalogue.key_unit(key))
        factor = 1.0 if units[0] == units[1] else FACTORS[units]
        expected = factor * SHARES.get((system_id, key), 1.0)
        assert rule.get("times", 1.0) == pytest.approx(expected), (system_id, key)
        if {"value", "low", "high"} & set(rule) or (system_id, key) in SHARES:
            assert rule.get("why"), (system_id, key)


def test_explicit_factors_of_the_threat_groups_agree_with_the_units() -> None:
    for group, entry in raw("threats")["groups"].items():
        for key, rule in entry["answers"].items():
            class_id, name = rule["from"].split(".")
            known = catalogue.threat(class_id)
            units = ((known.figures | known.assumptions)[name].unit, catalogue.key_unit(key))
            assert rule.get("times", 1.0) == (1.0 if units[0] == units[1] else FACTORS[units]), (group, key)


def test_published_area_gives_the_defended_radius() -> None:
    area = catalogue.value_of("iron-dome", "protected_area_per_battery")
    radius = catalogue.value_of("iron-dome", "defended_radius_km")
    assert area.low is not None and area.high is not None
    assert derive.disc_radius_km(area.high) == pytest.approx(7.02, abs=0.005)
    assert derive.disc_radius_km(area.low) == pytest.approx(radius.band[0], abs=0.05)
    assert radius.number == pytest.approx(derive.disc_radius_km(area.high), abs=0.05)
    assert area.high == pytest.approx(60 * 1.609344**2, abs=0.5)  # sixty square miles


VACUUM = {  # class: the range ends that the figures were made from
    "qassam": (3.0, 12.0),
    "r107": (3.0, 8.5),
    "grad122": (5.0, 45.0),
    "fajr5": (60.0, 80.0),
    "m75-j80-r160": (70.0, 160.0),
}


@pytest.mark.parametrize("class_id", VACUUM)
def test_vacuum_bounds_of_the_classes(class_id: str) -> None:
    figures = catalogue.threat(class_id).figures
    for end, range_km in zip(("low", "high"), VACUUM[class_id], strict=True):
        expected = derive.vacuum_flight(range_km)
        for key, number in zip(("flight_time", "apogee", "speed"), expected, strict=True):
            printed = getattr(figures[key], end)
            assert printed == pytest.approx(number, rel=0.045), (key, end)


def test_drone_flight_time_at_65_km() -> None:
    speed = catalogue.threat_value("one-way-drone", "speed_mps")
    flight = catalogue.threat("one-way-drone").figures["flight_time_at_65_km"]
    low, high = speed.band
    assert flight.band == (round(65_000 / high / 60), round(65_000 / low / 60))


def test_time_between_shots_is_the_load_over_its_time() -> None:
    load = catalogue.value_of("iron-dome", "interceptors_per_launcher").number
    seconds = catalogue.value_of("iron-dome", "launcher_full_load_fire_time").number
    assert catalogue.value_of("iron-dome", "time_between_shots_s").number == pytest.approx(seconds / load)


def test_kill_probability_fits_both_published_figures_at_once() -> None:
    """q = p x reliability must give 1.03-1.28 rounds per interception and 0.90 per engagement with f inside [0, 1]."""
    figure = catalogue.value_of("iron-dome", "single_shot_kill_probability_rocket")
    reliability = catalogue.value_of("iron-dome", "reliability").number
    p_launch = figure.number * reliability
    assert 1.03 <= derive.rounds_per_kill(p_launch) <= 1.28
    second_look_frac = (0.90 - p_launch) / (p_launch * (1 - p_launch))
    assert 0 <= second_look_frac <= 1
    success, rounds = derive.engagement_from_single_shot(p_launch, second_look_frac)
    assert success == pytest.approx(0.90)
    assert 0.9 <= rounds <= 1.1
    for number in (f"{rounds:.2f}", f"{derive.rounds_per_kill(p_launch):.2f}", f"{second_look_frac:.2f}"):
        assert number in figure.note
    low, high = figure.band
    assert low < 1 / 1.28 / reliability < figure.number < 0.90 / reliability < high + 0.005


@given(p=st.floats(0.05, 1.0), f=st.floats(0.0, 1.0))
def test_rounds_per_kill_does_not_depend_on_the_second_shot(p: float, f: float) -> None:
    success, rounds = derive.engagement_from_single_shot(p, f)
    assert rounds / success == pytest.approx(derive.rounds_per_kill(p))


def test_casualty_area_is_that_of_a_five_metre_radius() -> None:
    assert catalogue.threat_value("short-rocket", "casualty_area_m2").number == pytest.approx(math.pi * 25, rel=0.02)


def test_warning_delays_add_up_to_twenty_seconds() -> None:
    parts = ("first_plot_delay_s", "confirm_delay_s", "impact_wait_s", "warning_decision_s", "message_delay_s")
    figures = [catalogue.model_value(key) for key in parts]
    assert [sum(f.band[0] for f in figures), sum(f.number for f in figures), sum(f.band[1] for f in figures)] == [
        12,
        20,
        32,
    ]


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda: catalogue.value_of("iron_dome", "crew"), "`iron-dome`"),
        (lambda: catalogue.value_of("iron-dome", "reload_time_s"), "`reload_"),
        (lambda: catalogue.value_of("carrier-strike-group", "crew"), "presence marker"),
        (lambda: catalogue.system("generic"), "unknown system"),
        (lambda: catalogue.threat("short-rocket"), "qassam, r107, grad122"),
        (lambda: catalogue.threat_value("qassam", "kind"), "`short-rocket`"),
        (lambda: catalogue.threat_value("one-way-drone", "elevation_deg"), "unknown key"),
        (lambda: catalogue.model_value("built_up_shar"), "`built_up_share`"),
        (lambda: catalogue.describe("relod_s"), "`reload_s`"),
        (lambda: catalogue.value_of("us-iron-dome", "airlift_sorties_estimate").number, "no single number"),
    ],
)
def test_errors_name_the_cure(call: Any, hint: str) -> None:
    with pytest.raises(CommandError, match=hint):
        call()


def test_describe_shows_published_and_assumed_together_and_marked() -> None:
    rows = catalogue.describe("iron-dome")
    assert {row["section"] for row in rows} == {"published", "assumed", "used by the simulation"}
    by_key = {row["key"]: row for row in rows}
    assert by_key["radar_artillery_detection_range"]["mark"] == "*"
    assert by_key["launcher_full_load_fire_time"]["mark"] == ""
    assert all(bool(row["mark"]) != bool(row["source"]) for row in rows)


def test_describe_knows_groups_keys_collections_and_sources() -> None:
    assert {row["of"] for row in catalogue.describe("short-rocket")} == {"short-rocket", "qassam", "r107", "grad122"}
    assert [row["of"] for row in catalogue.describe("reload_s")] == list(FIRING)
    assert [row["of"] for row in catalogue.describe("p_detect")] == list(GROUPS)
    assert {"israeli_stock", "us_plant_lead_time"} <= {row["key"] for row in catalogue.describe("production")}
    assert {row["of"] for row in catalogue.describe("paparo_2025")} == {"us-iron-dome", "patriot"}
    assert len(catalogue.describe("model")) == len(catalogue.model_keys())


def test_a_system_handed_out_can_be_changed_without_harm() -> None:
    catalogue.system("thaad").figures.clear()
    assert catalogue.system("thaad").figures["interceptors_per_launcher"].number == 8


def test_import_reads_no_data_and_loads_nothing_heavy() -> None:
    script = (
        "import sys, opendome.catalogue; "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in "
        "{'ruamel', 'numpy', 'scipy', 'numba', 'pyarrow', 'pandas', 'matplotlib'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

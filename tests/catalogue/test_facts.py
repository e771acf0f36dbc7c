"""The catalogue against the gathered facts: nothing lost, nothing changed, every source known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from opendome import catalogue
from opendome.catalogue.campaigns import campaign_figures
from opendome.catalogue.figures import CONFIDENCES, UNITS, Figure
from opendome.catalogue.tallies import tally_figures

FACTS = Path(__file__).parents[2].parent / "shared" / "facts" / "systems.yaml"

SYSTEM_NAMES = {
    "iron_dome_battery": "iron-dome",
    "us_army_iron_dome": "us-iron-dome",
    "ifpc_enduring_shield": "ifpc-inc2",
    "usmc_mric": "mric",
    "patriot": "patriot",
    "thaad": "thaad",
    "davids_sling": "davids-sling",
    "c_dome": "c-dome",
    "carrier_strike_group": "carrier-strike-group",
}
RECALLED = "recalled, unverified"


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    if not FACTS.exists():
        pytest.skip("the gathered facts are not beside this checkout")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(FACTS.read_text(encoding="utf-8"))
    return loaded


def every_figure() -> list[Figure]:
    """All published figures and assumptions, each once."""
    found: list[Figure] = []
    for system_id in catalogue.system_ids():
        known = catalogue.system(system_id)
        found += [*known.figures.values(), *known.assumptions.values()]
    for threat_id in catalogue.threat_ids():
        threat = catalogue.threat(threat_id)
        found += [*threat.figures.values(), *threat.assumptions.values()]
    found += [*catalogue.civil_warning().values(), *catalogue.production().values(), *campaign_figures().values()]
    found += tally_figures().values()
    return found + [catalogue.model_value(key) for key in catalogue.model_keys()]


def as_text_keys(value: Any) -> Any:
    return {str(key): number for key, number in value.items()} if isinstance(value, dict) else value


def mismatch(fact: dict[str, Any], figure: Figure | None) -> str:
    """What differs between a gathered figure and ours; '' when nothing does."""
    if figure is None:
        return f"{fact['key']}: missing"
    recalled = fact["source"] == RECALLED
    if recalled != figure.is_assumption:
        return f"{fact['key']}: recalled and assumed do not agree"
    for part in ("value", "low", "high", "unit"):
        wanted, ours = as_text_keys(fact.get(part)), getattr(figure, part)
        filled_by_us = recalled and wanted is None  # an assumption always has all three
        if wanted != ours and not filled_by_us:
            return f"{fact['key']}.{part}: {ours!r} instead of {wanted!r}"
    if not recalled:
        arithmetic = isinstance(fact["source"], str)
        wanted_source = ("opendome_arithmetic",) if arithmetic else tuple(fact["source"])
        if figure.source != wanted_source or figure.confidence != fact["confidence"]:
            return f"{fact['key']}: {figure.source} {figure.confidence}"
    return ""


def test_every_system_figure_is_here(facts: dict[str, Any]) -> None:
    wrong = []
    for entry in facts["systems"]:
        known = catalogue.system(SYSTEM_NAMES[entry["id"]])
        ours = known.figures | known.assumptions
        wrong += [f"{known.id}: {text}" for fact in entry["figures"] if (text := mismatch(fact, ours.get(fact["key"])))]
    assert wrong == []
    assert {entry["id"] for entry in facts["systems"]} == set(SYSTEM_NAMES)


def test_every_threat_figure_is_here(facts: dict[str, Any]) -> None:
    wrong = []
    for entry in facts["threat_classes"]:
        for fact in entry["figures"]:
            class_id, key = entry["id"].replace("_", "-"), fact["key"]
            if key == "range_extended":
                class_id, key = "grad122-extended", "range"
            known = catalogue.threat(class_id)
            if text := mismatch(fact, (known.figures | known.assumptions).get(key)):
                wrong.append(f"{class_id}: {text}")
    assert wrong == []


def test_every_other_figure_is_here(facts: dict[str, Any]) -> None:
    for section, ours in (
        ("civil_warning", catalogue.civil_warning()),
        ("production_and_resupply", catalogue.production()),
    ):
        wrong = [text for fact in facts[section]["figures"] if (text := mismatch(fact, ours.get(fact["key"])))]
        assert wrong == []


def test_sources_are_as_gathered(facts: dict[str, Any]) -> None:
    ours = catalogue.sources()
    assert {key: ours[key] for key in facts["sources"]} == facts["sources"]


def test_every_source_id_resolves_and_only_assumptions_have_none() -> None:
    known = catalogue.sources()
    for figure in every_figure():
        assert set(figure.source) <= set(known), figure
        assert bool(figure.source) != figure.is_assumption, figure


def test_ranges_units_and_confidences() -> None:
    figures = every_figure()
    assert len(figures) > 200
    for figure in figures:
        assert figure.unit in UNITS, figure
        assert figure.confidence in CONFIDENCES, figure
        assert figure.date[:2] == "20", figure
        steps: list[float] = [
            part for part in (figure.low, figure.value, figure.high) if isinstance(part, (int, float))
        ]
        assert steps == sorted(steps), figure
        if figure.is_assumption:
            assert figure.note, figure
            assert isinstance(figure.value, str) or len(steps) == 3, figure


def test_fractions_are_fractions() -> None:
    for figure in every_figure():
        if figure.unit == "fraction":
            ends = [part for part in (figure.low, figure.value, figure.high) if isinstance(part, (int, float))]
            assert ends, figure
            assert all(0 <= part <= 1 for part in ends), figure


def test_date_is_the_newest_year_of_the_sources() -> None:
    assert catalogue.value_of("iron-dome", "interceptor_cost").date == "2024"
    assert catalogue.value_of("mric", "components").date == "2023"  # one of its sources carries no year
    assert catalogue.model_value("decay_km").date == "2026-11-20"

"""Say what a scenario key means: unit, meaning, bounds, default, plausible range, source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from opendome.base import params
from opendome.base.errors import CommandError
from opendome.base.params import FieldNote, describe_fields
from opendome.scenario.paths import parse_key
from opendome.scenario.schema import ScenarioModel

__all__ = ["all_keys", "explain"]

_REFERENCE_SYSTEM = "iron-dome"
_ANSWERED_BY_CATALOGUE = {
    "batteries[].launchers": "launchers_per_battery",
    "batteries[].rounds_per_launcher": "rounds_per_launcher",
    "batteries[].channels": "channels_per_battery",
    "batteries[].set_up_h": "set_up_h",
    "batteries[].moves[].tear_down_h": "tear_down_h",
    "batteries[].moves[].set_up_h": "set_up_h",
    "launchers[].rounds_per_launcher": "rounds_per_launcher",
    "launchers[].set_up_h": "set_up_h",
    "sensors[].range_km": "radar_range_km",
    "sensors[].min_elevation_deg": "radar_min_elevation_deg",
    "sensors[].antenna_height_m": "antenna_height_m",
    "sensors[].track_capacity": "track_capacity",
    "doctrine.decision_s": "decision_s",
}
"""Keys whose null asks a system's figure of the catalogue."""


def explain(key: str) -> FieldNote:
    """Say what one scenario key means.

    Parameters
    ----------
    key : str
        A dotted key as in a scenario or an override: ``doctrine.salvo``, ``batteries[b1].launchers``; or a figure of
        the catalogue that a scenario may change: ``assumptions.iron-dome.reload_s``,
        ``threats.classes.short-rocket.spread_frac_of_range``.

    Returns
    -------
    FieldNote

    Raises
    ------
    CommandError
        There is no such key; the message offers the nearest.
    """
    note = _catalogue_note(key)
    if note is not None:
        return note
    if key.startswith("threats.raid.classes."):
        return replace(params.explain(ScenarioModel, "threats.raid.classes"), key=key)
    try:
        return _with_catalogue_answer(params.explain(ScenarioModel, key))
    except CommandError:
        homes = [note.key for note in describe_fields(ScenarioModel) if note.key.rsplit(".", 1)[-1] == key]
        if not homes:
            raise
        raise CommandError(f"no key `{key}`: did you mean `{'` or `'.join(homes[:4])}`?") from None


def all_keys() -> Iterator[FieldNote]:
    """Every key of the scenario schema, in order, with the catalogue's answers where null asks for them."""
    for note in describe_fields(ScenarioModel):
        yield _with_catalogue_answer(note)


def _with_catalogue_answer(note: FieldNote) -> FieldNote:
    """Add what the catalogue answers for the reference system where a key's null asks it."""
    name = _ANSWERED_BY_CATALOGUE.get(note.key)
    if name is None:
        return note
    from opendome.catalogue import loader

    figure = loader.value_of(_REFERENCE_SYSTEM, name)
    meaning = (
        f"{note.meaning} For {_REFERENCE_SYSTEM} that is {figure.value} (`assumptions.{_REFERENCE_SYSTEM}.{name}`)."
    )
    return replace(note, meaning=meaning, low=figure.low, high=figure.high, source=_source(figure))


def _catalogue_note(key: str) -> FieldNote | None:
    from opendome.catalogue import loader

    try:
        steps, _ = parse_key(key)
    except ValueError:
        return None
    names = [step for step in steps if isinstance(step, str)]
    if len(names) == 3 and names[0] == "assumptions":
        figure = loader.value_of(names[1], names[2])
    elif len(names) == 4 and names[:2] == ["threats", "classes"]:
        figure = loader.threat_value(names[2], names[3])
    else:
        return None
    meaning = loader.key_meaning(figure.key) or figure.note
    kind = "str" if isinstance(figure.value, str) else "float"
    return FieldNote(
        key, kind, meaning, figure.unit, figure.value, False, figure.low, figure.high, source=_source(figure)
    )


def _source(figure: object) -> str:
    """Sources and confidence of a catalogue figure in one line."""
    ids = ", ".join(getattr(figure, "source", ()))
    confidence = str(getattr(figure, "confidence", ""))
    return f"{ids} ({confidence})" if ids else confidence

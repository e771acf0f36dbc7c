"""Reference pages on data: scenario keys, result tables, measures, catalogue, assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opendome.base.params import FieldNote
    from opendome.catalogue import Figure
    from opendome.results.columns import TableSchema

__all__ = [
    "assumptions_page",
    "catalogue_page",
    "exercise_page",
    "markdown_table",
    "measures_page",
    "scenario_page",
    "tables_page",
]

MADE = "<!-- Made by `make docs` from the code; do not edit. -->"
"""First line of a page that is made."""


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Set rows as a Markdown table."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    text = " ".join(str("" if value is None else value).split())
    return text.replace("|", "\\|").replace("<", "&lt;")


def page(title: str, intro: str, sections: Iterable[str]) -> str:
    """Put a page together."""
    return "\n\n".join([MADE, f"# {title}", intro, *sections])


def scenario_page() -> str:
    """Every key of a scenario, from the parameter classes."""
    from opendome.scenario.explain import all_keys

    sections: dict[str, list[FieldNote]] = {}
    for note in all_keys():
        top = note.key.split(".")[0].split("[")[0]
        sections.setdefault(top, []).append(note)
    columns = ("key", "type", "unit", "default", "plausible", "bounds", "meaning", "source")
    parts = []
    single = [notes[0] for notes in sections.values() if len(notes) == 1]
    if single:
        parts.append("## Single keys\n\n" + markdown_table(columns, [_key_row(note) for note in single]))
    for top, notes in sections.items():
        if len(notes) > 1:
            parts.append(f"## {top}\n\n" + markdown_table(columns, [_key_row(note) for note in notes]))
    intro = (
        "A scenario is YAML 1.2. The name of every number ends in its unit, a point is `[lat_deg, lon_deg]`, and a key "
        "that is not listed here is an error. `[]` stands for an item of a list, `*` for a name of your own. "
        "*Plausible* is the range over which an uncertain value is swept; *bounds* are limits. The same words come "
        "from `opendome explain KEY`."
    )
    return page("Scenario keys", intro, parts)


def exercise_page() -> str:
    """Every key of an exercise file, from the parameter classes."""
    from opendome.base.params import describe_fields
    from opendome.console.exercise import Exercise

    columns = ("key", "type", "unit", "default", "bounds", "meaning")
    notes = [note for note in describe_fields(Exercise) if not note.key.startswith("orders[]")]
    rows = [(*row[:4], *row[5:7]) for row in map(_key_row, notes)]
    intro = (
        "An exercise is a YAML file for `opendome train FILE`; [how to write one](../how-to/write-an-exercise.md). A "
        "key that is not listed here is an error. The items of `orders` are written by the trainer when an exercise is "
        "saved."
    )
    return page("Exercise keys", intro, [markdown_table(columns, rows)])


def _key_row(note: FieldNote) -> tuple[str, ...]:
    default = "**required**" if note.is_required else f"`{_default(note.default)}`"
    low, high = note.low, note.high
    plausible = "" if low is None or high is None else f"{low:g} to {high:g}"
    unit = "" if note.unit == "1" else note.unit
    return f"`{note.key}`", f"`{note.kind}`", unit, default, plausible, note.bounds, note.meaning, note.source


def _default(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, str):
        return value or '""'
    if isinstance(value, list | tuple) and not value:
        return "[]"
    if isinstance(value, dict) and not value:
        return "{}"
    return "see its keys" if hasattr(value, "model_dump") else str(value)


def tables_page() -> str:
    """Every table and column, from the declarations."""
    from opendome.results.alert_schema import ALERT_TABLES
    from opendome.results.calibration_schema import CALIBRATION_TABLES
    from opendome.results.schema import DOCTRINE_TABLES, SCHEMA_VERSION, STUDY_TABLES, SWEEP_TABLES
    from opendome.results.single_schema import SINGLE_RUN_TABLES
    from opendome.results.siting_schema import SITING_TABLES
    from opendome.results.sustain_schema import SUSTAIN_TABLES
    from opendome.results.warning_schema import WARNING_TABLES

    intro = (
        f"Version {SCHEMA_VERSION} of the tables. Files are Parquet, one a table; units and meanings stand in each "
        "column's metadata as well. Times are seconds since the scenario's start; positions are local east-north at "
        "its origin. `first_stockout_t_s` is null when there was none."
    )
    parts = ["## Tables of a study"]
    parts += [_table_section(schema) for schema in STUDY_TABLES.values()]
    parts.append("## Beside them, how far rules were from the best")
    parts += [_table_section(schema) for schema in DOCTRINE_TABLES.values()]
    parts.append("## Tables of a sweep")
    parts += [_table_section(schema) for schema in SWEEP_TABLES.values()]
    parts.append("## Beside them, of a choice of sites")
    parts += [_table_section(schema) for schema in SITING_TABLES.values()]
    parts.append("## Beside them, of sustainment")
    parts += [_table_section(schema) for schema in SUSTAIN_TABLES.values()]
    parts.append("## Beside them, of warning")
    parts += [_table_section(schema) for schema in WARNING_TABLES.values()]
    parts.append("## Tables of a calibration")
    parts += [_table_section(schema) for schema in CALIBRATION_TABLES.values()]
    parts.append("## Tables of a single run")
    parts += [_table_section(schema) for schema in SINGLE_RUN_TABLES.values()]
    parts.append("## Tables of recorded alerts")
    parts += [_table_section(schema) for schema in ALERT_TABLES.values()]
    return page("Result tables", intro, parts)


def _table_section(schema: TableSchema) -> str:
    rows = [
        (f"`{column.name}`", column.dtype, "" if column.unit == "1" else column.unit, _nulls(column), column.meaning)
        for column in schema.columns
    ]
    text = f"### {schema.name}\n\n{schema.meaning[0].upper()}{schema.meaning[1:]}.\n\n"
    text += markdown_table(("column", "dtype", "unit", "null", "meaning"), rows)
    return text + (f"\n\nFurther columns: {schema.open_to}." if schema.open_to else "")


def _nulls(column: Any) -> str:
    return "yes" if column.nullable else ""


def measures_page() -> str:
    """Every measure by family."""
    from opendome.measures.derive import FAMILIES

    parts = []
    for family, measures in FAMILIES.items():
        rows = [
            (f"`{m.name}`", "" if m.unit == "1" else m.unit, m.meaning, _made_of(m), "" if m.has_mean else "no mean")
            for m in measures
        ]
        parts.append(f"## {family}\n\n" + markdown_table(("measure", "unit", "meaning", "made of", "note"), rows))
    intro = (
        "A measure is a column that the kernel counts in each replication, a function of such columns, or a ratio of "
        "two sums of them. Over many replications a ratio is the ratio of the totals, never the mean of the ratios. "
        "A package of your own may add measures (kind `measure` of `opendome.register`)."
    )
    return page("Measures", intro, parts)


def _made_of(measure: Any) -> str:
    if measure.is_ratio:
        return f"`{' + '.join(measure.numerator)}` / `{' + '.join(measure.denominator)}`"
    return "counted" if measure.is_stored else "computed"


def catalogue_page() -> str:
    """Published figures of systems and threats with their sources, and the list of sources."""
    from opendome import catalogue
    from opendome.catalogue.campaigns import campaign_figures
    from opendome.catalogue.tallies import tally_figures

    parts = ["## Systems"]
    for system_id in catalogue.system_ids():
        system = catalogue.system(system_id)
        fires = "Can be named in a scenario." if system.fires else "Has no launchers; cannot be named in a scenario."
        text = f"### {system_id}\n\n{system.name}. Operator: {system.operator}. {fires}\n\n"
        parts.append(text + _figures(system.figures))
    parts.append("## Threats")
    for threat_id in catalogue.threat_ids():
        threat = catalogue.threat(threat_id)
        text = f"### {threat_id}\n\n{threat.name}; class `{threat.group}` of scenarios.\n\n"
        parts.append(text + (_figures(threat.figures) if threat.figures else "Nothing is published."))
    sections = {
        "Civil warning": catalogue.civil_warning(),
        "Production": catalogue.production(),
        "Campaigns": campaign_figures(),
        "Tallies": tally_figures(),
    }
    for title, figures in sections.items():
        parts.append(f"## {title}\n\n" + _figures(figures))
    parts.append("## Sources\n\n" + _sources(catalogue.sources()))
    intro = (
        "Figures that somebody has published, each with its source and how far to trust it. What nobody publishes "
        "stands in [assumptions](assumptions.md)."
    )
    return page("Catalogue", intro, parts)


def _figures(figures: Mapping[str, Figure]) -> str:
    rows = [
        (
            f"`{figure.key}`",
            _value(figure.value),
            _value(figure.low),
            _value(figure.high),
            figure.unit,
            figure.confidence,
            ", ".join(figure.source),
            figure.note,
        )
        for figure in figures.values()
    ]
    return markdown_table(
        ("figure", "value", "low", "high", "unit", "confidence", "source", "what the source says"), rows
    )


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_value(inner)}" for key, inner in value.items())
    return f"{value:,g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _sources(sources: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (f"`{source_id}`", about["title"], about["publisher"], about["year"], about["address"])
        for source_id, about in sources.items()
    ]
    return markdown_table(("id", "title", "publisher", "year", "address"), rows)


def assumptions_page() -> str:
    """Every assumed figure with its range and reason, and what each system and class is run with."""
    from opendome import catalogue

    parts = []
    for system_id in catalogue.system_ids():
        if catalogue.system(system_id).fires:
            used = {key: catalogue.value_of(system_id, key) for key in catalogue.system_keys()}
            parts.append(f"## {system_id}\n\nScenario key: `assumptions.{system_id}.KEY`.\n\n" + _used(used))
    for group in catalogue.threat_groups():
        used = {key: catalogue.threat_value(group, key) for key in catalogue.threat_keys(group)}
        parts.append(f"## {group}\n\nScenario key: `threats.classes.{group}.KEY`.\n\n" + _used(used))
    model = {key: catalogue.model_value(key) for key in catalogue.model_keys()}
    parts.append("## The model\n\nFigures that belong to no system.\n\n" + _used(model))
    intro = (
        "What the simulation is run with, system by system and class by class. An asterisk marks a figure that no "
        "public page stands behind; it has a range, over which headline studies sweep it, and a reason."
    )
    return page("Assumptions", intro, parts)


def _used(figures: Mapping[str, Figure]) -> str:
    rows = [
        (
            f"`{figure.key}`" + (" *" if figure.is_assumption else ""),
            _value(figure.value),
            _value(figure.low),
            _value(figure.high),
            figure.unit,
            figure.confidence,
            ", ".join(figure.source),
            figure.note,
        )
        for figure in figures.values()
    ]
    return markdown_table(("key", "used", "low", "high", "unit", "confidence", "source", "reason"), rows)

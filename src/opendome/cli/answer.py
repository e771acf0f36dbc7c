"""The answer of a study as tables on the screen: estimates, and paired differences from the baseline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from opendome.base.errors import CommandError, nearest_name
from opendome.cli.screen import interval_text, number_text, print_table, say

if TYPE_CHECKING:
    from opendome.study.record import Study

__all__ = [
    "MEASURES",
    "print_best",
    "print_differences",
    "print_groups",
    "print_operations",
    "print_study",
    "records",
    "study_as_json",
]

MEASURES = (
    "launched", "threatening", "engaged", "intercepted", "leaked_built_up", "interceptors_fired", "stocked_out",
    "people_exposed", "injuries_expected", "areas_alerted", "areas_alerted_needlessly", "impacts_unwarned",
    "success_of_engaged", "success_of_defended", "success_of_built_up", "share_of_launched",
)  # fmt: skip
"""What is printed where nobody asks for something else."""

_OF_GROUP = ("bound", "engaged", "leaked", "share_leaked", "lead_mean_s")
"""What is printed of each group of threat classes."""

COMPARED = ("people_exposed", "stocked_out", "stockout_day_capped", "interceptors_fired")
"""What alternatives are compared in, beside the headline."""


def records(table: Any, measures: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Rows of a table of estimates or differences, those of ``measures`` only, in that order.

    Raises
    ------
    CommandError
        A measure that the table does not have.
    """
    rows: list[dict[str, Any]] = table.to_pylist()
    if measures is None:
        return rows
    known = dict.fromkeys(row["measure"] for row in rows)
    for name in measures:
        if name not in known:
            raise CommandError(f"no measure `{name}`: {nearest_name(name, known) or 'see `opendome list measures`'}")
    return [row for name in measures for row in rows if row["measure"] == name]


def study_as_json(study: Study) -> dict[str, Any]:
    """Everything that was estimated, for programs."""
    has_differences = "differences" in study.tables
    return {
        "name": study.manifest["name"],
        "seed": study.manifest["seed"],
        "replications": study.replications,
        "stopped": study.manifest["stopped"],
        "baseline": study.manifest["baseline"],
        "headline": study.manifest["headline"],
        "folder": None if study.folder is None else str(study.folder),
        "estimates": records(study.estimates()),
        "differences": records(study.compare()) if has_differences else [],
    }


def print_study(study: Study, question: str, labels: dict[str, str]) -> None:
    """Print the question, the answer, and two tables."""
    manifest = study.manifest
    if question:
        say(f"Question: {question}")
    headline = manifest["headline"]
    measures = tuple(dict.fromkeys((headline, *MEASURES)))
    differences = study.compare() if len(study.alternatives) > 1 else None
    if differences is not None:
        for row in records(differences, [headline]):
            if row["alternative"] not in manifest["main_alternatives"]:
                continue
            text = interval_text(row["value"], row["low"], row["high"], sign=True)
            name = labels.get(row["alternative"], row["alternative"])
            say(f"Answer: {name}: {headline} {text}, difference from {row['baseline']}, n = {row['n']:,}")
    say(
        f"\n{study.replications:,} replications of {len(study.alternatives)} alternatives, seed {manifest['seed']}; "
        f"stopped because {manifest['stopped']}. Intervals: {100 * manifest['confidence']:g} %, of the simulation only."
    )
    say()
    if differences is None:
        print_by_alternative(records(study.estimates(), measures), study.alternatives)
        print_groups(study, study.alternatives, labels)
        print_operations(study, study.alternatives, labels)
        return
    shown = [manifest["baseline"], *manifest["main_alternatives"]]
    columns = tuple(dict.fromkeys((headline, *COMPARED)))
    _print_rows("alternative", records(study.estimates(), columns), shown, labels, sign=False)
    say(f"\nPaired differences from {labels.get(manifest['baseline'], manifest['baseline'])}")
    _print_rows("alternative", records(differences, columns), shown, labels, sign=True)
    print_groups(study, shown, labels)
    print_operations(study, shown, labels)
    if "shapley" in study.tables:
        causes = [{**row, "alternative": row["cause"], "unit": ""} for row in study.table("shapley").to_pylist()]
        names = list(dict.fromkeys(row["cause"] for row in causes))
        say("\nWhere the gain comes from: Shapley values, which add up to the total")
        wanted = [row for measure in columns for row in causes if row["measure"] == measure]
        _print_rows("cause", wanted, names, {}, sign=True)
    if "best" in study.tables:
        say()
        print_best(study.table("best").to_pylist(), labels)


def print_groups(study: Study, shown: Sequence[str], labels: dict[str, str]) -> None:
    """Print what became of each group of threat classes; nothing where there are only rockets."""
    from opendome.base.tally import GROUPS

    found = {(row["alternative"], row["measure"]): row for row in study.estimates().to_pylist()}
    paired: dict[tuple[str, str], dict[str, Any]] = {}
    if len(study.alternatives) > 1:
        paired = {(row["alternative"], row["measure"]): row for row in study.compare().to_pylist()}
    groups = [(group, words) for group, words in GROUPS if found[shown[0], f"{group}_launched"]["value"] > 0.0]
    if [group for group, _ in groups] in ([], ["rockets"]):
        return
    say(
        "\nBy threat group: bound for built-up ground if nobody shoots; warning: mean lead time of those that came down"
    )
    rows = []
    for group, words in groups:
        for name in shown:
            if found[name, f"{group}_launched"]["value"] == 0.0:
                continue
            cells = [_cell(found.get((name, f"{group}_{what}"))) for what in _OF_GROUP]
            less = _cell(paired.get((name, f"{group}_leaked")), sign=True)
            rows.append((words, labels.get(name, name), *cells[:3], less, *cells[3:]))
    baseline = study.manifest["baseline"]
    head = ("bound", "shot at", "leaked", f"less {baseline}", "share leaked", "warning [s]")
    print_table(("threats", "alternative", *head), rows)


def _cell(row: dict[str, Any] | None, *, sign: bool = False) -> str:
    """An estimate with its interval; a dash where there is none."""
    if row is None or row["value"] is None or math.isnan(row["value"]):
        return "-"
    return interval_text(row["value"], row["low"], row["high"], sign=sign)


def print_operations(study: Study, shown: Sequence[str], labels: dict[str, str]) -> None:
    """Print on which day batteries begin to work, and leave; nothing where none of it is left to chance.

    Batteries that stand ready from the start and stay are left out.
    """
    days: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in study.table("operations").to_pylist() if "operations" in study.tables else ():
        if row["alternative"] in shown:
            days.setdefault((row["alternative"], row["battery_id"]), []).append(row)
    chances = {key: [row["operational_day"] for row in rows] for key, rows in days.items()}
    if all(len(set(values)) == 1 for values in chances.values()):
        return
    say(
        f"\nWhen batteries begin to work, ready and with a crew, in {study.replications:,} replications, failures left "
        "aside; never: not before the end"
    )
    lines = []
    for (name, battery), rows in days.items():
        if all(row["operational_day"] == 0.0 and row["left_day"] is None for row in rows):
            continue
        begun = sorted(day for day in chances[name, battery] if day is not None)
        left = next((row["left_day"] for row in rows if row["left_day"] is not None), None)
        cells = [number_text(_quantile(begun, share)) if begun else "-" for share in (0.5, 0.05, 0.95)]
        spread = f"{cells[1]} to {cells[2]}" if begun else "-"
        never = f"{len(rows) - len(begun)} of {len(rows)}"
        leaves = "-" if left is None else number_text(left)
        lines.append((labels.get(name, name), battery, cells[0], spread, never, leaves))
    print_table(("alternative", "battery", "median day", "5-95 %", "never", "leaves on day"), lines)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share does not pass."""
    return float(ordered[max(math.ceil(share * len(ordered)) - 1, 0)])


def print_best(rows: Sequence[dict[str, Any]], labels: dict[str, str]) -> None:
    """Print the table `best`: what each rule saves of one raid, beside the most that any policy could."""
    say(
        f"How far from the best possible: raid {rows[0]['replication']}, {rows[0]['n']} draws of kill luck. The bound "
        "holds for policies that know all arrivals, and asks nothing of launchers, channels and reload"
    )
    print_table(
        ("alternative", "rule", "", "at stake", "saved", "bound", "below it", "rounds fired"),
        [
            (
                labels.get(row["alternative"], row["alternative"]),
                row["rule"],
                row["what"],
                number_text(row["at_stake"]),
                interval_text(row["saved"], row["low"], row["high"]),
                number_text(row["bound"]),
                number_text(row["bound"] - row["saved"]),
                number_text(row["rounds_fired"]),
            )
            for row in rows
        ],
    )


def _print_rows(
    head: str, rows: Iterable[dict[str, Any]], names: Sequence[str], labels: dict[str, str], *, sign: bool
) -> None:
    """Print a line a name and a column a measure."""
    cells: dict[str, dict[str, str]] = {}
    measures: dict[str, None] = {}
    for row in rows:
        measure = row["measure"] if row["unit"] in ("1", "") else f"{row['measure']} [{row['unit']}]"
        measures[measure] = None
        text = interval_text(row["value"], row["low"], row["high"], sign=sign)
        cells.setdefault(row["alternative"], {})[measure] = text
    print_table(
        (head, *measures),
        [(labels.get(n, n), *(cells[n].get(measure, "-") for measure in measures)) for n in names if n in cells],
    )


def print_by_alternative(rows: Iterable[dict[str, Any]], alternatives: Sequence[str]) -> None:
    """Print estimates, a line a measure and a column an alternative."""
    lines: dict[str, dict[str, str]] = {}
    for row in rows:
        name = row["measure"] if row["unit"] in ("1", "") else f"{row['measure']} [{row['unit']}]"
        lines.setdefault(name, {})[row["alternative"]] = interval_text(row["value"], row["low"], row["high"])
    print_table(
        ("measure", *alternatives),
        [(name, *(cells.get(alternative, "-") for alternative in alternatives)) for name, cells in lines.items()],
    )


def print_differences(rows: Iterable[dict[str, Any]]) -> None:
    """Print paired differences, a line a measure and a column an alternative."""
    found = list(rows)
    alternatives = tuple(dict.fromkeys(row["alternative"] for row in found))
    lines: dict[str, dict[str, str]] = {}
    for row in found:
        name = row["measure"] if row["unit"] in ("1", "") else f"{row['measure']} [{row['unit']}]"
        text = interval_text(row["value"], row["low"], row["high"], sign=True)
        lines.setdefault(name, {})[row["alternative"]] = text
    print_table(
        ("measure", *alternatives),
        [(name, *(cells.get(alternative, "-") for alternative in alternatives)) for name, cells in lines.items()],
    )

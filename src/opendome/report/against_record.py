"""The page that stands all cases of validation beside the record: Markdown, and one figure.

Every case is a section that depends on its own record alone, so that one can be made anew and compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from opendome.catalogue.reading import sources
from opendome.report.figures.record import record_figure
from opendome.study.cases.case import Finding, Target
from opendome.study.validate import CaseRecord, Line, inside_share

__all__ = ["asked_words", "case_section", "page_text", "shown", "write_page"]

_KINDS = (
    ("published", "figures published by others"),
    ("margin", "margins fixed before the first run"),
    ("exact", "closed forms, proofs and identities"),
)
_INTRO = """\
Every figure that somebody published and that the program can answer, every margin that we set ourselves and every
closed form that a part can be held to, case by case. Questions, inputs, sources and margins of a case were committed
before the case was run for the first time; no margin has been moved since, and misses stay. A published figure is an
input or a check, never both: each case says which. Conflicting sources make a range. Agreement makes the model
consistent with what was published. It does not make it right.

This page is written by the program:

    opendome validate --page docs/validity/against-the-record.md

and each section by the command in it. [Check against the record](../how-to/check-against-the-record.md) says how to
read and extend it."""


def write_page(records: Sequence[CaseRecord], file: Path) -> list[Path]:
    """Write the page, and its figure beside it under the same name; give both files."""
    drawing = file.with_suffix(".svg")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page_text(records, drawing.name), encoding="utf-8", newline="\n")
    drawing.write_text(record_figure(records) + "\n", encoding="utf-8", newline="\n")
    return [file, drawing]


def page_text(records: Sequence[CaseRecord], drawing: str) -> str:
    """The whole page; ``drawing`` is the address of the figure as seen from it."""
    parts = [
        "# Against the record",
        _INTRO,
        "## In short",
        _in_short(records),
        f"![Published ranges and simulated values of every case that has published figures]({drawing})",
        _table(
            ("case", "figures judged", "inside", "outside as foreseen", "outside", "only told"),
            [_counts(record) for record in records],
        ),
        "## What lies outside",
        _misses(records),
        *(case_section(record) for record in records),
    ]
    return "\n\n".join(parts) + "\n"


def _in_short(records: Sequence[CaseRecord]) -> str:
    lines = []
    for kind, words in (*_KINDS, ("", "all")):
        share = inside_share(records, (kind,) if kind else tuple(name for name, _ in _KINDS))
        if share.n:
            k = round(share.value * share.n)
            spread = f"{100 * share.value:.0f} %, 95 % interval {100 * share.low:.0f} to {100 * share.high:.0f} %"
            lines.append(f"- **{k} of {share.n}** {words} inside ({spread})")
    lines.append(
        "\nThe intervals are Wilson's, as if figures were drawn one by one; figures of one case share inputs, so they "
        "are narrower than they should be."
    )
    return "\n".join(lines)


def _counts(record: CaseRecord) -> tuple[str, ...]:
    verdicts = [line.verdict for line in record.lines]
    told = verdicts.count("told") + verdicts.count("not measured")
    counts = [verdicts.count("inside"), verdicts.count("expected miss"), verdicts.count("outside")]
    title = record.declared.title
    return f"[{title}](#{_anchor(title)})", str(sum(counts)), *(str(count) for count in counts), str(told)


def _anchor(title: str) -> str:
    """The anchor that Markdown renderers give a title."""
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


def _misses(records: Sequence[CaseRecord]) -> str:
    found = [_miss(record, line) for record in records for line in record.lines if _is_miss(line)]
    return "\n".join(found) if found else "Nothing that is judged."


def _is_miss(line: Line) -> bool:
    return line.verdict in ("outside", "expected miss")


def _miss(record: CaseRecord, line: Line) -> str:
    values = f"{shown(line.finding.value)} against {asked_words(line.target)}"
    return f"- *{record.declared.name}*, {line.target.words}: {values}{_unit(line.target)}. {_reason(line.target)}"


def _reason(target: Target) -> str:
    parts = []
    if target.expected_miss:
        parts.append(f"Foreseen: {target.expected_miss}")
    if target.why:
        parts.append(f"Why: {target.why}")
    return " ".join(parts) or "Why: not known yet."


def case_section(record: CaseRecord) -> str:
    """The section of one case: question, command, figures, misses, notes, inputs, sources."""
    declared, lines = record.declared, record.lines
    parts = [
        f"## {declared.title}",
        declared.question,
        f"    opendome validate --case {declared.name}",
        _table(
            ("figure", "published or asked", "kind", "simulated", "interval", "n", "verdict"),
            [_row(line) for line in lines],
        ),
    ]
    misses = [f"- **{line.target.words}** ({line.verdict}): {_reason(line.target)}" for line in lines if _is_miss(line)]
    notes = [
        f"- {line.target.words}: {text}" for line in lines for text in (line.target.note, line.finding.note) if text
    ]
    for heading, found in (("Outside:", misses), ("Notes:", notes)):
        if found:
            parts.append(f"{heading}\n\n" + "\n".join(found))
    parts.append("Inputs:\n\n" + "\n".join(f"- {text}" for text in declared.inputs))
    if declared.campaigns:
        parts.append(f"Campaigns checked here: {', '.join(declared.campaigns)}.")
    named = list(dict.fromkeys(source for line in lines for source in line.target.sources))
    if named:
        parts.append("Sources:\n\n" + "\n".join(f"- {_source(name)}" for name in named))
    return "\n\n".join(parts)


def _row(line: Line) -> tuple[str, ...]:
    target, found = line.target, line.finding
    verdict = f"**{line.verdict}**" if line.verdict == "outside" else line.verdict
    if line.verdict == "inside" and target.kind != "exact" and not _holds(target, found.value):
        verdict += ", by its interval"
    sample = f"{found.n:,}" if found.n else "–"
    trust = f" ({target.confidence})" if target.confidence else ""
    return target.words + _unit(target), asked_words(target), target.kind + trust, *_measured(found), sample, verdict


def _holds(target: Target, value: float) -> bool:
    """Whether a value itself lies between the ends."""
    above = target.low is None or value >= target.low
    return above and (target.high is None or value <= target.high)


def _measured(found: Finding) -> tuple[str, str]:
    if math.isnan(found.value):
        return "–", "–"
    if found.low == found.high and not found.interval.endswith("%"):
        return shown(found.value), found.interval
    return shown(found.value), f"{shown(found.low)} to {shown(found.high)} ({found.interval})"


def _unit(target: Target) -> str:
    return "" if target.unit == "1" else f" [{target.unit}]"


def asked_words(target: Target) -> str:
    """What is published or asked of a figure, in words."""
    if target.low is None:
        return "–" if target.high is None else f"at most {shown(target.high)}"
    if target.high is None:
        return f"at least {shown(target.low)}"
    low, high = shown(target.low), shown(target.high)
    return low if low == high else f"{low} to {high}"


def shown(x: float) -> str:
    """Write a number for people with four figures, thousands parted.

    >>> shown(12345.6), shown(0.123456), shown(-3.0)
    ('12,346', '0.1235', '−3')
    """
    if not math.isfinite(x):
        return "–"
    if float(x).is_integer() or abs(x) >= 1000.0:
        text = f"{x:,.0f}"
    elif abs(x) < 1e-4:
        text = f"{x:.1e}"
    else:
        text = f"{x:.4g}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def _source(name: str) -> str:
    """A source of the catalogue with title, publisher, year and address; any other as it is written."""
    known = sources().get(name)
    if known is None:
        return name
    year = f", {known['year']}" if known["year"] else ""
    text = f"{known['title']}, {known['publisher']}{year} (`{name}`)"
    return f"{text}, {known['address']}" if known["address"] else text


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)

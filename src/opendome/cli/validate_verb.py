"""The verb validate: cases with published figures, margins and closed forms, misses and all."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import AsJson
from opendome.cli.screen import interval_text, note, number_text, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.study.cases.case import Finding, Target
    from opendome.study.validate import CasePlan, CaseRecord

__all__ = ["VERBS"]

_OUTSIDE = 4
"""Exit code where a judged figure lies outside and no miss was foreseen."""


def validate(
    case: Annotated[
        list[str] | None,
        typer.Option("--case", metavar="NAME", help="Case, or scenario with published figures; by default every case."),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the cases and run none.")] = False,
    replications: Annotated[
        int, typer.Option("--replications", help="Replications of a scenario; cases fix theirs.")
    ] = 200,
    workers: Annotated[
        int | None, typer.Option("--workers", help="By default one a processor. Numbers do not depend on it.")
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Write the page of all this, and its figure beside it."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder that keeps each finished case.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Read what is finished in --out DIR, run the rest.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stand results beside published figures, margins and closed forms, misses and all.

    Inputs, sources and margins of every case were fixed before its first run. Agreement makes the model consistent with
    what was published; it does not make it right. Exit code 0: every judged figure lies inside, or outside as was named
    beforehand; 4: one lies outside.

    \b
    Example:
      opendome validate --case erlang --case decisions
      opendome validate --out runs/validation --page runs/validation/page.md
    """
    from opendome.study.cases.case import case_names
    from opendome.study.pool import default_workers
    from opendome.study.validate import is_passed

    if resume and out is None:
        raise CommandError("--resume needs the folder to go on in: write --out DIR")
    if workers is not None and workers < 1:
        raise CommandError(f"workers must be 1 or more, not {workers}; leave it out to use every processor")
    plans = [_plan(name, replications) for name in dict.fromkeys(case or case_names())]
    if listing:
        _list(plans, as_json)
        return
    records = _run(plans, workers or default_workers(), out, resume, is_quiet=as_json)
    if page is not None:
        from opendome.report.against_record import write_page

        note(f"page: {', '.join(str(path) for path in write_page(records, page))}")
    if as_json:
        print_json({"passed": is_passed(records), "cases": [_plain(record) for record in records]})
    else:
        _summary(records)
    if not is_passed(records):
        raise typer.Exit(_OUTSIDE)


def _plan(name: str, replications: int) -> CasePlan:
    """A case by its name, or else the scenario of that name or file."""
    from opendome.scenario.reader import examples, load
    from opendome.study.cases.case import case_names
    from opendome.study.published_case import scenario_case
    from opendome.study.validate import planned_case

    if name not in case_names() and (name in examples() or Path(name).is_file()):
        return scenario_case(load(name), replications)
    return planned_case(name)


def _list(plans: Sequence[CasePlan], as_json: bool) -> None:
    found = [plan.declared for plan in plans]
    if as_json:
        print_json([one.model_dump() for one in found])
        return
    print_table(
        ("case", "cost", "figures", "title"), [(one.name, one.cost, len(one.targets), one.title) for one in found]
    )


def _run(plans: Sequence[CasePlan], workers: int, out: Path | None, resume: bool, is_quiet: bool) -> list[CaseRecord]:
    """Run with a line of progress; an interrupted run says how to go on."""
    from opendome.study.validate import Watch, run_cases

    with _ProgressLine() as line:

        def finished(record: CaseRecord, is_read: bool) -> None:
            line.finished(record.declared.name, is_read)
            if not is_quiet:
                line.aside(lambda: _print_case(record))

        try:
            return run_cases(plans, workers=workers, out=out, resume=resume, watch=Watch(line.progress, finished))
        except KeyboardInterrupt:
            cure = f"go on with the same command and --resume --out {out}" if out is not None else "nothing was kept"
            line.close()
            note(f"\ninterrupted; {cure}")
            raise typer.Exit(130) from None


class _ProgressLine:
    """Share done, case at work and time left on a terminal; one line a case where stderr is none."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._started_s = time.monotonic()

    def __enter__(self) -> _ProgressLine:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.percentage:3.0f} %"), BarColumn(bar_width=24), TimeRemainingColumn(compact=True),
                TextColumn("{task.fields[case]}"), console=Console(file=sys.stderr), transient=True,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task("", total=1.0, case="")
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the line away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def progress(self, share: float, name: str) -> None:
        """Take in the share of the whole that is done, and the case at work."""
        if self._bar is not None:
            self._bar.update(self._task, completed=share, case=name)

    def finished(self, name: str, is_read: bool) -> None:
        """Say that a case is finished."""
        took_s, self._started_s = time.monotonic() - self._started_s, time.monotonic()
        if self._bar is None:
            note(f"{name}: {'read' if is_read else f'{took_s:.1f} s'}")

    def aside(self, show: Callable[[], None]) -> None:
        """Print something while the line stands still."""
        if self._bar is not None:
            self._bar.stop()
        show()
        if self._bar is not None:
            self._bar.start()


def _print_case(record: CaseRecord) -> None:
    declared, lines = record.declared, record.lines
    say(f"{declared.name}: {declared.title}")
    say(declared.question)
    say()
    columns = ("figure", "published or asked", "simulated", "interval", "n", "verdict")
    print_table(columns, [_cells(line.target, line.finding, line.verdict) for line in lines], indent="  ")
    say()
    for line in lines:
        if line.verdict in ("outside", "expected miss"):
            why = line.target.why or line.target.expected_miss or "no reason is given"
            say(f"  {line.verdict}: {line.target.words}: {why}")
        if line.finding.note:
            say(f"  {line.target.words}: {line.finding.note}")
    for source in dict.fromkeys(source for line in lines for source in line.target.sources):
        say(f"  source: {source}")
    say()


def _cells(target: Target, found: Finding, verdict: str) -> tuple[str, ...]:
    from opendome.report.against_record import asked_words, shown

    unit = "" if target.unit == "1" else f" [{target.unit}]"
    simulated = shown(found.value)
    if found.low != found.high and not math.isnan(found.value):
        simulated = interval_text(found.value, found.low, found.high)
    sample = number_text(found.n) if found.n else "-"
    return target.words + unit, asked_words(target), simulated, found.interval, sample, verdict


def _summary(records: Sequence[CaseRecord]) -> None:
    from opendome.study.validate import inside_share

    verdicts = [line.verdict for record in records for line in record.lines]
    share = inside_share(records)
    spread = interval_text(share.value, share.low, share.high)
    say(
        f"{verdicts.count('inside')} of {share.n} judged figures inside: {spread}"
        f"; {verdicts.count('expected miss')} outside as foreseen, {verdicts.count('outside')} outside"
        + (f", {verdicts.count('not measured')} not measured" if "not measured" in verdicts else "")
    )


def _plain(record: CaseRecord) -> dict[str, Any]:
    rows = [
        {
            **line.target.model_dump(),
            **line.finding.__dict__,
            "verdict": line.verdict,
            "finding_note": line.finding.note,
        }
        | {"note": line.target.note, "published_low": line.target.low, "published_high": line.target.high}
        for line in record.lines
    ]
    declared = record.declared.model_dump(exclude={"targets"})
    return {"case": record.declared.name, **declared, "rows": rows}


VERBS: dict[str, Callable[..., None]] = {"validate": validate}
"""Verbs of this file by name."""

"""The verb supply: how long the rounds last, at any day of a campaign, and what a reserve costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import AsJson, Out, Seed, Settings, load_scenario
from opendome.cli.progress import ProgressLine
from opendome.cli.screen import interval_text, number_text, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.study.record import Study
    from opendome.study.reserve import Reserves

__all__ = ["VERBS"]

TargetArgument = Annotated[
    str, typer.Argument(metavar="DIR|FILE", help="Folder of a study, or a scenario file, or the name of an example.")
]
DayOption = Annotated[
    list[int] | None, typer.Option("--day", help="End of which day, 0 for the start; may be repeated. By default all.")
]
AlternativeOption = Annotated[
    str | None, typer.Option("--alternative", metavar="NAME", help="By default the study's baseline.")
]
ReserveOption = Annotated[
    str | None, typer.Option("--reserve", metavar="SHARES", help="Compare shares held back, such as 0,0.1,0.2.")
]
ReplicationsOption = Annotated[int, typer.Option("--replications", help="Of a scenario: raids, the same for all.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="Threads; by default one a processor.")]


def supply(
    target: TargetArgument,
    day: DayOption = None,
    alternative: AlternativeOption = None,
    reserve: ReserveOption = None,
    replications: ReplicationsOption = 200,
    workers: WorkersOption = None,
    seed: Seed = None,
    settings: Settings = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Say for how many days the rounds last, as a forecast with a band at the end of each day.

    Every campaign of the study forecasts from what it has met until that day; the last column says how often its band
    held. With --reserve: what holding rounds back costs now, and what it leaves for the last third of the days.

    \b
    Example:
      opendome supply runs/coastland --day 1
      opendome supply coastland --reserve 0,0.1,0.2
    """
    if reserve is not None:
        _answer_reserve(target, reserve, alternative, replications, workers, seed, settings, out, as_json=as_json)
        return
    done = _study_of(target, alternative, replications, workers, seed, settings, out)
    name = done.manifest["baseline"] if alternative is None or len(done.alternatives) == 1 else alternative
    from opendome.study.supply import supply_table

    rows = supply_table(done, name, day or ()).to_pylist()
    if as_json:
        print_json(rows)
        return
    print_supply(rows, done.replications)


def _is_study(target: str) -> bool:
    return (Path(target) / "manifest.json").is_file()


def _study_of(
    target: str,
    alternative: str | None,
    replications: int,
    workers: int | None,
    seed: int | None,
    settings: list[str] | None,
    out: Path | None,
) -> Study:
    """The study in a folder, or a study of one alternative of a scenario."""
    from opendome.study.marginal import compared_scenario
    from opendome.study.record import open_study
    from opendome.study.runner import study

    if _is_study(target):
        if settings or out is not None or seed is not None:
            raise CommandError(f"{target} is a finished study: --set, --seed and --out are for a scenario")
        return open_study(target)
    if replications < 2:
        raise CommandError(f"--replications must be 2 or more, not {replications}")
    whole = load_scenario(target, settings)
    asked = compared_scenario(whole.alternative(alternative or whole.model.study.baseline), [])
    with ProgressLine(asked.model.study.headline) as line:
        return study(asked, replications=replications, seed=seed, extras=False, out=out, workers=workers, progress=line)


def print_supply(rows: list[dict[str, Any]], replications: int) -> None:
    """Print a line a day."""
    say(
        f"{rows[0]['alternative']}, {replications:,} campaigns: rounds held at the end of a day, and days until they "
        "are fired: middle (5 % to 95 %)\n"
    )
    print_table(
        ("day", "rounds held", "days of supply", "as one campaign sees it", "with planned deliveries", "band held",
         "expected"),
        [
            (
                row["day"],
                _band(row, "held", "rounds"),
                _band(row, "supply", "day"),
                _band(row, "campaign", "day"),
                _band(row, "with_planned", "day"),
                interval_text(row["inside"], row["inside_low"], row["inside_high"]),
                f"{row['inside_expected']:.3f}",
            )
            for row in rows
        ],
    )  # fmt: skip
    say(
        "\nBand held: share of campaigns whose day by whose end half of the rounds held were fired lay in their 90 % "
        "band of\nwhole days, with its 95 % interval; expected: what the forecast says. `>`: beyond four campaigns."
    )


def _band(row: dict[str, Any], name: str, unit: str) -> str:
    low, middle, high = (row[f"{name}_{end}_{unit}"] for end in ("low", "middle", "high"))
    return f"{_short(middle)} ({_short(low)} to {_short(high)})"


def _short(value: float | None) -> str:
    return ">" if value is None else number_text(float(f"{value:.3g}"))


def _answer_reserve(
    target: str,
    text: str,
    alternative: str | None,
    replications: int,
    workers: int | None,
    seed: int | None,
    settings: list[str] | None,
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    from opendome.study.reserve import reserve_study

    if _is_study(target):
        raise CommandError(f"--reserve runs a study of its own: give the scenario instead of {target}")
    try:
        shares = [float(word) for word in text.split(",")]
    except ValueError:
        raise CommandError(f"--reserve {text!r} is no list of shares; for example --reserve 0,0.1,0.2") from None
    whole = load_scenario(target, settings)
    scenario = whole.alternative(alternative or whole.model.study.baseline)
    with ProgressLine(scenario.model.study.headline) as line:
        found = reserve_study(
            scenario, shares, replications=replications, seed=seed, out=out, workers=workers, progress=line
        )
    if as_json:
        print_json({"late_from_day": found.late_from_day, "reserve": found.table.to_pylist()})
        return
    print_reserve(found)
    if out is not None:
        say(f"\nstudy and table `reserve` in {out}; next: opendome report {out}")


def print_reserve(found: Reserves) -> None:
    """Print means, then paired differences from the first share."""
    rows = found.table.to_pylist()
    measures = dict.fromkeys(row["measure"] + ("" if row["unit"] == "1" else f" [{row['unit']}]") for row in rows)
    say(
        f"{found.study.replications:,} campaigns, the same raids for every share; late: from the end of day "
        f"{found.late_from_day} on"
    )
    for title, names, sign in (
        ("means", ("value", "value_low", "value_high"), False),
        (f"less {100 * rows[0]['reserve_share']:g} % held back", ("difference", "low", "high"), True),
    ):
        lines: dict[str, list[str]] = {}
        for row in rows:
            cells = lines.setdefault(f"{100 * row['reserve_share']:g} %", [])
            cells.append(interval_text(*(row[name] for name in names), sign=sign))
        say(f"\n{title}")
        print_table(("held back", *measures), [(name, *cells) for name, cells in lines.items()], indent="  ")


VERBS: dict[str, Callable[..., None]] = {"supply": supply}
"""Verbs of this file by name."""

"""The verb marginal: what one more, or one fewer, of each thing is worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import Alternative, AsJson, Out, ScenarioFile, Seed, Settings, load_scenario
from opendome.cli.progress import ProgressLine
from opendome.cli.screen import interval_text, note, number_text, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.study.marginal import Marginal

__all__ = ["VERBS", "read_lat_lon"]

AddOption = Annotated[
    list[str] | None,
    typer.Option("--add", metavar="KIND", help="battery, launcher, radar, rounds, link, post, lorry or crew; repeat."),
]
AtOption = Annotated[str | None, typer.Option("--at", metavar="LAT,LON", help="Site of what is added, in degrees.")]
LikeOption = Annotated[str, typer.Option("--like", metavar="ID", help="The thing that is copied and taken away.")]
EachOption = Annotated[
    bool, typer.Option("--each", help="Every thing in turn, not the nearest to where it leaks most.")
]
RoundsOption = Annotated[int, typer.Option("--rounds", help="Rounds that are added or taken away.")]
OnlyMoreOption = Annotated[bool, typer.Option("--only-more", help="Take nothing away.")]
ReplicationsOption = Annotated[int, typer.Option("--replications", help="Raids, the same for every alternative.")]
PilotOption = Annotated[int, typer.Option("--pilot", help="Other raids, to find where it leaks most.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="Threads; by default one a processor.")]


def marginal(
    file: ScenarioFile,
    add: AddOption = None,
    at: AtOption = None,
    like: LikeOption = "",
    each: EachOption = False,
    rounds: RoundsOption = 100,
    only_more: OnlyMoreOption = False,
    replications: ReplicationsOption = 200,
    pilot: PilotOption = 50,
    workers: WorkersOption = None,
    seed: Seed = None,
    settings: Settings = None,
    alternative: Alternative = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Say what one more of each thing is worth, and what the loss of one costs, on the same raids.

    By default a pilot finds the area that leaks most; the battery, launcher and so on nearest to it are copied on the
    spot, and then taken away. --like names another, --each takes all in turn, --at puts what is added elsewhere.

    \b
    Example:
      opendome marginal coastland --out runs/coastland-marginal
      opendome marginal coastland --add battery --at 34.88,-29.95
    """
    from opendome.scenario.scenario import BASELINE
    from opendome.study.marginal import marginal_study
    from opendome.study.marginal_changes import Place

    if rounds < 1:
        raise CommandError(f"--rounds must be 1 or more, not {rounds}")
    scenario = load_scenario(file, settings).alternative(BASELINE if alternative is None else alternative)
    site = None if at is None else read_lat_lon("--at", at)
    place = Place(site, like, site, rounds, each)
    with ProgressLine(scenario.model.study.headline) as line:
        found = marginal_study(
            scenario, add or (), place, is_removed=not only_more, replications=replications, pilot=pilot, seed=seed,
            out=out, workers=workers, progress=line,
        )  # fmt: skip
    if as_json:
        print_json(marginal_as_json(found))
        return
    print_marginal(found)
    if out is not None:
        say(f"\nstudy and table `marginal` in {out}; next: opendome report {out}")
    else:
        note("\nNothing was kept; write --out DIR for tables.")


def read_lat_lon(option: str, text: str) -> tuple[float, float]:
    """Read a place written LAT,LON in degrees.

    Raises
    ------
    CommandError
        It is no such pair.
    """
    try:
        lat_deg, lon_deg = (float(word) for word in text.split(","))
    except ValueError:
        lat_deg, lon_deg = 99.0, 0.0
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0):
        raise CommandError(f"{option} {text!r} is no place: write latitude and longitude, as in {option} 34.88,-29.95")
    return lat_deg, lon_deg


def marginal_as_json(found: Marginal) -> dict[str, Any]:
    """Everything that was found, for programs."""
    leakiest = found.leakiest
    return {
        "name": found.study.manifest["name"],
        "seed": found.study.manifest["seed"],
        "replications": found.study.replications,
        "pilot": None if leakiest is None else leakiest._asdict(),
        "marginal": found.table.to_pylist(),
    }


def print_marginal(found: Marginal) -> None:
    """Print where things were changed, then one more of each, then one fewer."""
    manifest = found.study.manifest
    say(
        f"{found.study.replications:,} raids, the same for every line, seed {manifest['seed']}; paired differences "
        f"from as it stands, {100 * manifest['confidence']:g} % intervals of the simulation"
    )
    if found.leakiest is not None:
        area = found.leakiest
        say(
            f"Where: nearest to {area.area_id}, which leaks most in a pilot of {area.n} other raids "
            f"({number_text(area.mean_leaks)} a raid)"
        )
    rows = found.table.to_pylist()
    for change, title in ((1, "One more"), (-1, "One fewer")):
        if any(row["change"] == change for row in rows):
            say(f"\n{title}")
            _print_changes([row for row in rows if row["change"] == change])
            say("\n  in leaks, for each million dollars of its price")
            _print_prices([row for row in rows if row["change"] == change and row["measure"] == "leaked_built_up"])


def _print_changes(rows: list[dict[str, Any]]) -> None:
    """A line a change, a column a measure."""
    lines: dict[str, list[str]] = {}
    columns = dict.fromkeys(row["measure"] + ("" if row["unit"] == "1" else f" [{row['unit']}]") for row in rows)
    for row in rows:
        lines.setdefault(row["words"], []).append(interval_text(row["value"], row["low"], row["high"], sign=True))
    print_table(("what", *columns), [(words, *cells) for words, cells in lines.items()], indent="  ")


def _print_prices(rows: list[dict[str, Any]]) -> None:
    """A line a change: its price with its range, and leaks for each million."""
    print_table(
        ("what", "price [kUSD]", "leaked_built_up per million"),
        [
            (
                row["words"],
                interval_text(row["price_kusd"], row["price_low_kusd"], row["price_high_kusd"])
                if row["price_kusd"] is not None
                else "no price in the catalogue",
                "-"
                if row["price_kusd"] is None
                else interval_text(row["value_per_musd"], row["low_per_musd"], row["high_per_musd"], sign=True),
            )
            for row in rows
        ],
        indent="  ",
    )


VERBS: dict[str, Callable[..., None]] = {"marginal": marginal}
"""Verbs of this file by name."""

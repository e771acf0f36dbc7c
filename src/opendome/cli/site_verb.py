"""The verb site: where to put batteries, or where to move them, by optimisation and then raced on the same raids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import Alternative, AsJson, Out, ScenarioFile, Seed, Settings, load_scenario
from opendome.cli.progress import ProgressLine
from opendome.cli.screen import interval_text, note, print_json, say
from opendome.cli.site_answer import print_site, site_as_json

if TYPE_CHECKING:
    from opendome.scenario.scenario import Scenario
    from opendome.study.record import Study
    from opendome.study.siting import Siting, SitingProblem
    from opendome.study.siting_race import Race

__all__ = ["VERBS"]


SystemOption = Annotated[str, typer.Option("--system", metavar="NAME", help="System of the batteries.")]
CountOption = Annotated[int, typer.Option("--count", help="Batteries to be placed, or with --move: that may move.")]
MoveOption = Annotated[bool, typer.Option("--move", help="Move batteries that stand instead of adding some.")]
GridKmOption = Annotated[float, typer.Option("--grid-km", help="Spacing of the grid of candidate sites.")]
NearKmOption = Annotated[float, typer.Option("--near-km", help="Candidates this near to the middle of an area.")]
KeepOffKmOption = Annotated[float, typer.Option("--keep-off-km", help="Least distance to launch areas.")]
CandidatesOption = Annotated[
    Path | None, typer.Option("--candidates", metavar="FILE", help="Candidate sites instead: .csv or .geojson.")
]
WeightOption = Annotated[
    str, typer.Option("--weight", help="What is covered: rockets, people (exposed) or population.")
]
PointsOption = Annotated[
    str, typer.Option("--points", help="Where it is: areas (their middles) or squares (of a km where rockets strike).")
]
DrawsOption = Annotated[int, typer.Option("--draws", help="Raids drawn for the demand.")]
EachOption = Annotated[int, typer.Option("--each", help="Best sitings of each model that are raced.")]
LaunchersOption = Annotated[int | None, typer.Option("--launchers", help="Launchers in all, to be split.")]
RoundsOption = Annotated[int | None, typer.Option("--rounds", help="Loaded rounds in all, to be split.")]
ArrivesDayOption = Annotated[float, typer.Option("--arrives-day", help="Day on which they arrive.")]
MeasureOption = Annotated[
    str, typer.Option("--measure", help="What is raced for: leaked_built_up, people_exposed or injuries_expected.")
]
RaceRaidsOption = Annotated[int, typer.Option("--race", metavar="N", help="Raids of the race, at most.")]
ReplicationsOption = Annotated[int, typer.Option("--replications", help="Fresh raids for the winner.")]
TimeLimitSOption = Annotated[float, typer.Option("--time-limit-s", help="For each optimisation.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="Threads; by default one a processor.")]
WriteOption = Annotated[
    Path | None, typer.Option("--write", metavar="FILE", help="Write the scenario with the winning sites.")
]


def site(
    file: ScenarioFile,
    system: SystemOption,
    count: CountOption,
    move: MoveOption = False,
    grid_km: GridKmOption = 2.5,
    near_km: NearKmOption = 5.0,
    keep_off_km: KeepOffKmOption = 4.0,
    candidates: CandidatesOption = None,
    weight: WeightOption = "rockets",
    points: PointsOption = "areas",
    draws: DrawsOption = 200,
    each: EachOption = 3,
    launchers: LaunchersOption = None,
    rounds: RoundsOption = None,
    arrives_day: ArrivesDayOption = 0.0,
    measure: MeasureOption = "leaked_built_up",
    race_raids: RaceRaidsOption = 400,
    replications: ReplicationsOption = 200,
    time_limit_s: TimeLimitSOption = 60.0,
    workers: WorkersOption = None,
    seed: Seed = None,
    settings: Settings = None,
    alternative: Alternative = None,
    out: Out = None,
    write: WriteOption = None,
    as_json: AsJson = False,
) -> None:
    """Say where to put batteries, notionally, and how to split their launchers and rounds.

    Sitings that are best by coverage, by coverage with backup and by expected leakage, each with a proven bound, are
    raced with greedy coverage and the scenario's own sites on the same raids; the winner is then tested on fresh ones.

    \b
    Example:
      opendome site coastland --system iron-dome --count 1 --out runs/coastland-site
      opendome site coastland --system iron-dome --count 1 --move
    """
    from opendome.study.siting import Ask

    whole = load_scenario(file, settings)
    ask = Ask(system, count, weight, points, draws, each, launchers, rounds, arrives_day, move, time_limit_s)
    seed = whole.model.study.seed if seed is None else seed
    _check_files(whole, write, out)
    problem, sitings = _choose(whole, ask, alternative, seed, candidates, (grid_km, keep_off_km, near_km))
    found, tested = _run(problem.scenario, sitings, ask, seed, measure, (race_raids, replications), workers, out)
    _finish(problem, sitings, found, tested, out, write, as_json)


def _finish(
    problem: SitingProblem,
    sitings: list[Siting],
    found: Race,
    tested: Study,
    out: Path | None,
    write: Path | None,
    as_json: bool,
) -> None:
    """Keep what is to be kept, and print the answer."""
    ask = problem.ask
    winner = next(siting for siting in sitings if siting.name == found.winner)
    after = problem.scenario.override(winner.overrides(ask))
    sentence = _sentence(winner, tested, found, ask)
    if write is not None:
        write.write_text(after.to_yaml(), encoding="utf-8", newline="\n")
    if out is not None:
        _keep(out, problem.scenario, after, sitings, found, tested, sentence)
    if as_json:
        print_json(site_as_json(problem, sitings, found, tested, sentence))
        return
    print_site(problem, sitings, found, tested, sentence)
    if write is not None:
        say(f"\nwrote {write}")
    if out is not None:
        say(f"\nstudy, sitings and page in {out}; open {out / 'site.html'}")
    else:
        note("\nNothing was kept; write --out DIR for tables and a map.")


def _check_files(scenario: Scenario, write: Path | None, out: Path | None) -> None:
    """Refuse, before anything is run, files that could not be written or would not read back."""
    if write is not None:
        if write.suffix not in (".yaml", ".yml"):
            raise CommandError(f"--write {write}: name it .yaml")
        if write.exists():
            raise CommandError(f"{write} is there already; choose another name, or take the file away first")
        own_files = [key for key in ("file", "terrain") if scenario.data["places"][key] is not None]
        if own_files and write.parent.resolve() != scenario.folder.resolve():
            raise CommandError(f"the scenario names files beside it; write {scenario.folder / write.name}")
    if out is not None and (out / "manifest.json").is_file():
        raise CommandError(f"{out} holds a study already: choose another folder")


def _choose(
    whole: Scenario,
    ask: Any,
    alternative: str | None,
    seed: int,
    file: Path | None,
    distances_km: tuple[float, float, float],
) -> tuple[SitingProblem, list[Siting]]:
    """The problem, and the sitings that are worth racing; ``distances_km`` are grid, keep-off and near."""
    from opendome.scenario.scenario import BASELINE
    from opendome.study.siting import find_sitings, own_sitings, siting_problem
    from opendome.study.siting_candidates import grid_candidates, read_candidates

    base = whole.alternative(BASELINE if alternative is None else alternative)
    grid_km, keep_off_km, near_km = distances_km
    if file is None:
        found = grid_candidates(base, grid_km, keep_off_km, near_km)
    else:
        found = read_candidates(base, file, keep_off_km)
    problem = siting_problem(base, ask, found, seed)
    own = [] if ask.is_move or alternative is not None else own_sitings(whole, ask.count)
    return problem, find_sitings(problem, own)


def _run(
    base: Scenario,
    sitings: list[Siting],
    ask: Any,
    seed: int,
    measure: str,
    raids: tuple[int, int],
    workers: int | None,
    out: Path | None,
) -> tuple[Race, Study]:
    from opendome.study.siting_race import race, try_winner

    most, replications = raids
    if replications < 2:
        raise CommandError(f"--replications must be 2 or more, not {replications}")
    with ProgressLine(measure) as line:
        found = race(base, sitings, ask, seed=seed, measure=measure, most=most, workers=workers, progress=line)
    with ProgressLine(measure) as line:
        tested = try_winner(
            base, sitings, found.winner, ask, seed=seed, replications=replications, out=out, workers=workers,
            progress=line,
        )  # fmt: skip
    return found, tested


def _sentence(winner: Siting, tested: Study, found: Race, ask: Any) -> str:
    """The answer in a few words."""
    rows = {row["alternative"]: row for row in tested.compare("greedy", [found.measure]).to_pylist()}
    as_is, n = rows["as-is"], tested.replications
    what = f"{ask.count} {ask.system} " + ("that move" if ask.is_move else "more")
    gain = interval_text(-as_is["value"], -as_is["high"], -as_is["low"], sign=True)
    known = f"({n:,} fresh raids, 95 % interval)"
    if winner.name == "greedy":
        return (
            f"No siting beat greedy coverage for {what}: at its sites {found.measure} changes by {gain} a raid {known}."
        )
    row = rows[winner.name]
    less = interval_text(row["value"], row["low"], row["high"], sign=True)
    verdict = "better" if row["high"] < 0.0 else "worse" if row["low"] > 0.0 else "neither better nor worse for certain"
    return (
        f"Of the sitings raced, {winner.name} is best for {what}. From greedy coverage {found.measure} differs by "
        f"{less} a raid: {verdict} {known}. Greedy coverage itself changes it by {gain} from what stands now."
    )


def _keep(
    out: Path,
    before: Scenario,
    after: Scenario,
    sitings: list[Siting],
    found: Race,
    tested: Study,
    sentence: str,
) -> None:
    from opendome.cli.site_page import write_site_page
    from opendome.exchange.sitings import write_sitings_geojson
    from opendome.study.siting_record import write_sitings

    write_sitings(out, sitings, found)
    write_sitings_geojson(out / "sitings.geojson", sitings, found.winner)
    write_site_page(out / "site.html", before, after, sitings, found, tested, sentence)


VERBS: dict[str, Callable[..., None]] = {"site": site}
"""Verbs of this file by name."""

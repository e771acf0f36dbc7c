"""Race sitings on the same raids: drop those that are worse, double the raids, and test the winner on fresh ones.

The race and the test of its winner have different raids. An interval made of the raids by which the winner was chosen
would flatter it; so the race's seed is derived from the study's, and only the test runs with the study's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from opendome.base.errors import CommandError
from opendome.measures.derive import find_measure
from opendome.scenario.scenario import BASELINE, Scenario
from opendome.study.cells import CHUNK, main_cells
from opendome.study.chunks import ChunkMemory
from opendome.study.controls import raid_moments
from opendome.study.engine import Engine, Headline, Progress
from opendome.study.estimates import Source, compare_measure, estimate_measure
from opendome.study.kernel import WorldShelf
from opendome.study.paired import Interval
from opendome.study.pool import ThreadWorkers
from opendome.study.record import Study
from opendome.study.runner import study
from opendome.study.siting import GREEDY, Ask, Siting
from opendome.study.siting_demand import derived_seed

__all__ = ["RACED_FOR", "Look", "Race", "alternatives_of", "race", "try_winner"]

RACED_FOR = ("leaked_built_up", "people_exposed", "injuries_expected")
"""Measures that sitings may be raced for: of these, less is better."""

_SURE = 0.95


class Look(NamedTuple):
    """One siting at one look: its mean, its paired difference from the leader, and whether it is dropped."""

    look: int
    siting: str
    mean: Interval
    less_leader: Interval
    is_dropped: bool


class Race(NamedTuple):
    """A finished race: the winner's name, every look, what was raced for, and the confidence of each comparison."""

    winner: str
    looks: tuple[Look, ...]
    measure: str
    confidence: float


def alternatives_of(scenario: Scenario, sitings: Sequence[Siting], ask: Ask) -> Scenario:
    """The scenario with a siting an alternative, beside ``as-is``, and nothing else to be studied."""
    n = len({siting.name for siting in sitings})
    if n < len(sitings):
        raise ValueError("sitings must have different names")
    bare = Scenario(scenario.data, scenario.file)
    verb = "move" if ask.is_move else "add"
    return bare.rebased(
        {
            "question": f"Where to {verb} {ask.count} of {ask.system}?",
            "alternatives": {siting.name: siting.overrides(ask) for siting in sitings},
            "study.baseline": BASELINE,
            "study.labels": {BASELINE: "As it stands", **{siting.name: siting.name for siting in sitings}},
            "study.shapley": None,
            "study.inputs": [],
            "study.grid": None,
            "study.published": None,
        }
    )


def race(
    scenario: Scenario,
    sitings: Sequence[Siting],
    ask: Ask,
    *,
    seed: int,
    measure: str,
    most: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Race:
    """Run all sitings on the same raids; after 25, 50, 100 ... drop those that their paired interval says are worse.

    Worse than the leader, that is, with the chance of ever dropping the best kept under 5 %: each comparison at each
    look is tested at 5 % over their number (Bonferroni). Sitings with the same sites run
    once. Ends with one siting, or after ``most`` raids with the one of the lowest mean.

    References: Jamieson and Talwalkar (2016) on successive halving; Nelson and Matejcik (1995) on common random numbers
    in selection.
    """
    if most < 2:
        raise CommandError(f"--race must be 2 or more raids, not {most}")
    if measure not in RACED_FOR:
        raise CommandError(f"sitings are not raced for `{measure}`: write {', '.join(RACED_FOR)}")
    found = find_measure(measure)
    firsts = {siting.sites: siting.name for siting in reversed(sitings)}
    left = [siting.name for siting in sitings if firsts[siting.sites] == siting.name]
    asked = alternatives_of(scenario, [s for s in sitings if s.name in left], ask)
    shelf = WorldShelf(asked, capacity=len(left) + 2)
    stops = _stops(most)
    confidence = 1.0 - (1.0 - _SURE) / max(1, len(stops) * (len(left) - 1))
    hands = ThreadWorkers(shelf, derived_seed(seed, "siting race"), None, workers)
    moments = {name: raid_moments(shelf.variant(name).model) for name in left}
    chunks = ChunkMemory()
    engine = Engine(chunks, hands, progress, len(left) * stops[0], Headline(found, left[0], left[0]))
    looks: list[Look] = []
    first = 0
    try:
        for number, until in enumerate(stops):
            if number:
                engine.expect(len(left) * (until - first))
            engine.ensure(main_cells(left, first, until))
            first = until
            source = Source(tuple(left), partial(engine.main_columns, until), moments, confidence)
            means = {name: estimate_measure(source, name, found) for name in left}
            leader = min(left, key=lambda name: means[name].value)
            for name in left:
                less = compare_measure(source, name, leader, found)
                looks.append(Look(number + 1, name, means[name], less, name != leader and less.low > 0.0))
            left = [look.siting for look in looks[-len(left) :] if not look.is_dropped]
            if len(left) == 1:
                break
    finally:
        hands.close()
    return Race(leader, tuple(looks), measure, confidence)


def _stops(most: int) -> list[int]:
    stops = [min(CHUNK, most)]
    while stops[-1] < most:
        stops.append(min(2 * stops[-1], most))
    return stops


def try_winner(
    scenario: Scenario,
    sitings: Sequence[Siting],
    winner: str,
    ask: Ask,
    *,
    seed: int,
    replications: int,
    out: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Study:
    """Run the scenario as it stands, the winner, greedy coverage and the scenario's own sites on raids of their own.

    ``study.compare("greedy")`` gives the winner's gain over greedy coverage.
    """
    if replications < 2:
        raise CommandError(f"--replications must be 2 or more, not {replications}")
    wanted = [s for s in sitings if s.name in (GREEDY, winner) or s.model == "own"]
    wanted.sort(key=lambda siting: siting.name != winner)
    asked = alternatives_of(scenario, wanted, ask)
    return study(asked, replications=replications, seed=seed, extras=False, out=out, workers=workers, progress=progress)

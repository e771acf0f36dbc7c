"""The answer of the verb site: on the screen, and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from opendome.cli.screen import interval_text, print_table, say

if TYPE_CHECKING:
    from opendome.study.record import Study
    from opendome.study.siting import Siting, SitingProblem
    from opendome.study.siting_race import Race

__all__ = ["print_site", "site_as_json"]


def site_as_json(
    problem: SitingProblem, sitings: list[Siting], found: Race, tested: Study, sentence: str
) -> dict[str, Any]:
    """Everything that was found, for programs."""
    from opendome.study.siting_record import siting_tables

    demand = problem.demand
    return {
        "answer": sentence,
        "winner": found.winner,
        "demand": {
            "rockets": demand.total,
            "low": demand.total_low,
            "high": demand.total_high,
            "draws": demand.n_draws,
            "p_kill": demand.p_kill,
            "p_act": problem.p_act,
        },
        "candidates": len(problem.site_ids) - len(problem.movable),
        **{name: table.to_pylist() for name, table in siting_tables(sitings, found).items()},
        "seconds": {s.name: s.answer.seconds for s in sitings if s.answer is not None},
        "estimates": tested.estimates([found.measure]).to_pylist(),
        "differences": tested.compare("greedy", [found.measure]).to_pylist(),
    }


def print_site(problem: SitingProblem, sitings: Sequence[Siting], found: Race, tested: Study, sentence: str) -> None:
    """Print what was asked, what each model found, the race, the test on fresh raids, and the sites that won."""
    demand, winner = problem.demand, next(siting for siting in sitings if siting.name == found.winner)
    rockets = interval_text(demand.total, demand.total_low, demand.total_high)
    n_sites = len(problem.site_ids) - len(problem.movable)
    say(f"{rockets} rockets a raid to be stopped at {len(demand.weight)} points, from {demand.n_draws} draws")
    say(f"{n_sites} candidate sites, footprint {problem.radius_m / 1000:g} km\n")
    columns = ("siting", "coverage", "backup", "leakage", "bound", "gap", "s", "raids", "race: less the leader")
    print_table(columns, [_raced(siting, found) for siting in sitings])
    confidence = 100 * tested.manifest["confidence"]
    say(f"\non {tested.replications:,} fresh raids, {found.measure}, {confidence:g} % intervals")
    print_table(("siting", "mean", "less greedy"), _tested(found.measure, tested))
    say(f"\nsites of {winner.name} (notional)")
    print_table(
        ("battery", "candidate", "lat_deg", "lon_deg", "launchers", "loaded rounds"),
        [
            (s.battery_id, s.candidate_id, f"{s.lat_deg:.3f}", f"{s.lon_deg:.3f}", s.launchers, s.loaded_rounds)
            for s in winner.sites
        ],
    )
    say(f"\n{sentence}")


def _raced(siting: Siting, found: Race) -> tuple[str, ...]:
    """One siting: its values, its proof, and how it did in the race."""
    answer = siting.answer
    values = (f"{siting.values[name]:.2f}" for name in ("coverage", "backup", "leakage"))
    proof = ("-", "-", "-")
    if answer is not None:
        proof = (f"{answer.bound:.2f}", f"{100 * answer.gap:.2g} %", f"{answer.seconds:.2f}")
    looks = [look for look in found.looks if look.siting == siting.name]
    if not looks:
        return (siting.name, *values, *proof, "-", "same sites as another")
    return (siting.name, *values, *proof, f"{looks[-1].mean.n}", interval_text(*looks[-1].less_leader[:3], sign=True))


def _tested(measure: str, tested: Study) -> Iterator[tuple[str, str, str]]:
    """Each siting on the fresh raids: mean, and difference from greedy coverage."""
    less_greedy = {row["alternative"]: row for row in tested.compare("greedy", [measure]).to_pylist()}
    for row in tested.estimates([measure]).to_pylist():
        other = less_greedy.get(row["alternative"])
        less = "-" if other is None else interval_text(other["value"], other["low"], other["high"], sign=True)
        yield row["alternative"], interval_text(row["value"], row["low"], row["high"]), less

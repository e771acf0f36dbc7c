"""The verb review: what an operator did of a raid, beside rules that play the same raid."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import AsJson
from opendome.cli.screen import interval_text, note, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.console.review import Review
    from opendome.study.decisive import Split
    from opendome.study.paired import Interval

__all__ = ["VERBS"]


def review(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of an exercise that `opendome train` wrote.")],
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--policy", metavar="NAME", help="Only beside this rule, and the exercise's own; may be repeated."
        ),
    ] = None,
    luck: Annotated[int, typer.Option("--luck", help="Draws of luck of each rule.")] = 200,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.html", help="Page to write.")] = None,
    as_json: AsJson = False,
) -> None:
    """Review an exercise: the operator beside every rule on the same raid, and the moments that decided.

    Writes review/index.html in DIR: one page that needs nothing else. With --json it prints score and regret instead.

    \b
    Example:
      opendome train tutorial
      opendome review runs/train/coastland
    """
    from opendome.console.review import review_of, write_review

    if luck < 2:
        raise CommandError("--luck must be 2 or more: intervals need draws to compare")
    found = review_of(folder, policies, luck, None if as_json else lambda words: note(f"playing {words}"))
    if as_json:
        print_json(_as_json(found))
        return
    path = write_review(found, out if out is not None else folder / "review" / "index.html")
    _print_review(found)
    say(f"\nreview in {path}; open it in a browser")


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _interval(one: Interval) -> dict[str, Any]:
    return {"value": _number(one.value), "low": _number(one.low), "high": _number(one.high), "n": one.n}


def _as_json(found: Review) -> dict[str, Any]:
    """Score, every rule's comparisons, bound, what was done and luck, decisive moments."""
    from opendome.console.review_words import moments_json

    regret, judgement = found.regret, found.judgement
    times = regret.times
    rules = {
        one.policy: [
            {
                "measure": row.measure,
                "same_luck": _number(row.same_luck),
                "exact_difference": _number(row.exact),
                "mean": _interval(row.mean),
                "middle_90": [_number(row.low), _number(row.high)],
                "difference": _interval(row.difference),
                "share_lower": _interval(row.lower),
            }
            for row in one.compare(found.played.row)
        ]
        for one in regret.automatic
    }
    return {
        "score": {name: _number(value) for name, value in regret.score().items()},
        "decisions": {
            "answered": times.n,
            "unanswered": times.n_unanswered,
            "median_s": _number(times.median_s),
            "p90_s": _number(times.p90_s),
        },
        "draws": regret.n_draws,
        "rules": rules,
        "bound": {"leaks": regret.least_leaks, "people": regret.least_people},
        "against": found.against.policy,
        "is_faithful": found.is_faithful,
        "leaks": _split(judgement.leaks if judgement else None),
        "people": _split(judgement.people if judgement else None),
        "moments": moments_json(found),
    }


def _split(split: Split | None) -> dict[str, Any] | None:
    return None if split is None else {name: _interval(one) for name, one in split._asdict().items()}


def _print_review(found: Review) -> None:
    from opendome.console.review_tables import LABELS
    from opendome.console.review_words import moment_words

    rules = [(one.policy, one.compare(found.played.row)) for one in found.regret.automatic]
    say(f"{found.played.played.scenario.name}: {found.regret.n_draws} draws of luck, means with 95 % intervals")
    rows = [
        (words, rules[0][1][k].played, *(interval_text(*found_rows[k].mean[:3]) for _, found_rows in rules))
        for k, words in enumerate(LABELS.values())
    ]
    print_table(("", "you", *(policy for policy, _ in rules)), rows)
    if found.judgement is not None and found.judgement.leaks is not None:
        difference, done, luck = (interval_text(*one[:3], sign=True) for one in found.judgement.leaks)
        say(f"\nLeaks beside {found.against.policy}: {difference}, of which what you did {done} and luck {luck}")
    told = [moment for moment in found.judgement.listed if moment.is_told_apart] if found.judgement else []
    if told:
        say("\nDecisive moments")
        for moment in told:
            say(f"  {moment_words(found, moment)}")


VERBS: dict[str, Callable[..., None]] = {"review": review}
"""Verbs of this file by name."""

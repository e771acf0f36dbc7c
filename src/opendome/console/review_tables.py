"""Tables and notes of the review, in finished words."""

from __future__ import annotations

import math
from collections import Counter

from opendome.measures.derive import find_measure
from opendome.report.model import TextTable
from opendome.report.words import interval, join, number, places_for, plural
from opendome.study.decisive import Deed, Judgement
from opendome.study.regret import Automatic, Comparison

from .review import Review
from .review_words import deed_words, estimate_words, plain

__all__ = ["LABELS", "comparisons", "notes_of", "places_of", "tables_of"]

LABELS = {
    "leaked_built_up": "leaks into built-up ground",
    "people_exposed": "people in casualty areas",
    "injuries_expected": "expected injuries",
    "interceptors_fired": "rounds fired",
    "rounds_per_interception": "rounds an interception",
    "engaged_needlessly": "needless engagements",
    "areas_alerted_needlessly": "needless alerts of an area",
    "impacts_unwarned": "impacts without warning",
}
"""Measures of the score in words, in the order of ``study.score.MEASURES``."""

_DEEDS: dict[Deed, str] = {
    Deed.LATE: "were fired at later",
    Deed.OTHER: "were fired at otherwise",
    Deed.NEEDLESS: "were fired at against the rule",
    Deed.LET_FALL: "were let fall",
    Deed.UNANSWERED: "were left unanswered",
    Deed.NOT_FIRED: "were not fired at",
}


def comparisons(review: Review, automatic: Automatic) -> dict[str, Comparison]:
    """The operator beside one rule, by measure."""
    return {one.measure: one for one in automatic.compare(review.played.row)}


def places_of(measure: str, half_width: float) -> int:
    """Decimals of a measure's numbers: those that the interval can bear, at least one where it is no count."""
    return max(places_for(half_width), 0 if find_measure(measure).unit in ("1", "rounds") else 1)


def tables_of(review: Review) -> list[TextTable]:
    """Tables in the order of the page; the decisive moments come first where they are known."""
    tables = [_moments_table(review, review.judgement)] if review.judgement is not None else []
    tables += [_score_table(review), _exact_table(review)]
    if review.judgement is not None and review.judgement.leaks is not None:
        tables.append(_split_table(review, review.judgement))
    return tables


def _deeds(judgement: Judgement) -> str:
    """How the operator's ways differed from the rule's, counted."""
    counts = Counter(moment.deed for moment in judgement.moments)
    return join([f"{number(counts[deed])} {words}" for deed, words in _DEEDS.items() if counts[deed]])


def _moments_table(review: Review, judgement: Judgement) -> TextTable:
    listed = [moment for moment in judgement.listed if moment.is_told_apart]
    title = (
        f"{number(len(listed))} {plural(len(listed), 'moment')} changed the expected result beyond chance"
        if listed
        else "No single moment changed the expected result by more than chance can tell"
    )
    ways = f"; of the others {_deeds(judgement)}" if judgement.moments else ""
    return TextTable(
        title,
        f"Of {number(judgement.n_tracks)} tracks about which a decision was put, {number(judgement.n_same)} were "
        f"treated just as {review.against.policy} would have{ways}. Each such moment was taken up as the battle stood, "
        "treated your way and the rule's, and played on by the rule over the same draws of luck. Costliest first; "
        "below 0 your way was better. 95 % intervals over "
        f"{number(judgement.n_fresh)} draws that had no part in choosing them.",
        (("decisive moment", False), ("leaks it cost", True), ("people it cost", True)),
        tuple(
            (
                deed_words(review, moment),
                estimate_words(moment.leaks.value, moment.leaks.low, moment.leaks.high, 1),
                estimate_words(moment.people.value, moment.people.low, moment.people.high, 1),
            )
            for moment in listed
        ),
    )


def _score_table(review: Review) -> TextTable:
    rules = [(one.policy, comparisons(review, one)) for one in review.regret.automatic]
    rows = []
    for measure, words in LABELS.items():
        cells = []
        for _, found in rules:
            one = found[measure]
            places = places_of(measure, one.mean.half_width)
            cells.append(f"{number(one.mean.value, places)} ({interval(one.low, one.high, places)})")
        played = rules[0][1][measure].played if rules else math.nan
        rows.append((words, plain(played), *cells))
    return TextTable(
        "Your score in the field's measures, beside every rule",
        f"Means over {number(review.regret.n_draws)} draws of luck, and below them what the middle 90 % of the draws "
        "came to.",
        (("measure", False), ("you", True), *((policy, True) for policy, _ in rules)),
        tuple(rows),
    )


def _exact_table(review: Review) -> TextTable:
    """Differences: exact with the same luck, and from the mean."""
    rules = [(one.policy, comparisons(review, one)) for one in review.regret.automatic]
    rows = []
    for measure, words in LABELS.items():
        cells: list[str] = []
        for _, found in rules:
            one = found[measure]
            cells += [
                plain(one.exact),
                estimate_words(one.difference.value, one.difference.low, one.difference.high, 1),
            ]
        rows.append((words, *cells))
    columns = [("you less the rule", False)]
    for policy, _ in rules:
        columns += [(f"{policy}, your luck", True), (f"{policy}, mean", True)]
    return TextTable(
        "Differences from every rule",
        "With your luck the difference is exact, but it is one draw. From the mean it has the 95 % interval of the "
        "mean alone: you played once, so your own luck is in it.",
        tuple(columns),
        tuple(rows),
        is_folded=True,
    )


def _split_table(review: Review, judgement: Judgement) -> TextTable:
    rows = [
        (words, *(estimate_words(one.value, one.low, one.high, 1) for one in split))
        for words, split in (("leaks", judgement.leaks), ("people", judgement.people))
        if split is not None
    ]
    return TextTable(
        f"What you did, and what luck did, beside the mean of {review.against.policy}",
        "The difference from the rule's mean is the sum of what your steps cost in expectation and of luck, whose mean "
        "is zero. 95 % intervals.",
        (("more than the rule", False), ("difference", True), ("what you did", True), ("luck", True)),
        tuple(rows),
    )


def notes_of(review: Review) -> list[tuple[str, str]]:
    """Assumptions, and what the numbers do not say."""
    regret, run, own = review.regret, review.played.played, review.against.policy
    notes = [
        (
            "What is compared",
            f"{', '.join(one.policy for one in regret.automatic)}: each plays the exercise from its beginning against "
            "the same raid and picture, with doctrine and alerts as the scenario has them, "
            f"{number(regret.n_draws)} times with other kills, judgements and lost orders. Before and after the "
            f"exercise {own} decides, for you and for them.",
        ),
        (
            "What is counted",
            "What came down from the beginning of the exercise until all that was launched in it was down. Rounds that "
            "were saved are worth something later; that is not counted.",
        ),
        (
            "What the numbers do not say",
            "You played one draw of luck. A rank among a rule's draws says how rare your result would be for the rule, "
            "not how good you are; one exercise tells little about a person. A rule answers at once and never tires.",
        ),
        ("The bound", _bound_words(review)),
    ]
    if not review.is_faithful:
        words = "The orders that were kept do not lead to the battle that was kept, so single decisions are not judged."
        notes.append(("Not told", words))
    elif review.judgement is None or review.judgement.leaks is None:
        words = (
            f"{own} prices its rounds anew on a later day, is not compiled, or the reserve was changed: then the costs "
            "of single decisions do not add up exactly."
        )
        notes.append(("Luck is not split off", words))
    how = f"opendome review DIR   (seed {run.seed}, replication {run.replication}, scenario {run.scenario.hash[:12]})"
    return [*notes, ("To reproduce", how)]


def _bound_words(review: Review) -> str:
    if review.regret.bound is None:
        return "There is none here: the picture is tracked, or was made anew on the way."
    return (
        "No rule that keeps doctrine's thresholds can expect less, even one that knows all arrivals; it asks nothing "
        "of launchers, channels and reload, so nobody may be able to reach it. One lucky draw can lie below it."
    )

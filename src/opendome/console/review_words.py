"""Sentences of the review: what was done about a track, what it cost, and how the operator stands beside a rule."""

from __future__ import annotations

import math
from datetime import timedelta

from opendome.report.model import Answer
from opendome.report.words import count, interval, number, places_for, plural
from opendome.study.decisive import Deed, Moment, Shot
from opendome.study.orders import ALL_TRACKS
from opendome.study.paired import Interval
from opendome.study.regret import Comparison

from .review import Review

__all__ = ["answer_of", "clock", "deed_words", "estimate_words", "moment_words", "moments_json", "plain", "rank_words"]

_WEAPONS_WORDS = "changed authority or weapons control"


def clock(review: Review, t_s: float, with_day: bool = False) -> str:
    """A moment as the scenario's clock shows it, UTC."""
    moment = review.played.changed.scenario.model.start_utc + timedelta(seconds=float(t_s))
    day = f"{moment.day} {moment:%B} " if with_day else ""
    return f"{day}{moment:%H:%M:%S}"


def estimate_words(value: float, low: float, high: float, least: int = 0) -> str:
    """An estimate with its interval, rounded to what the interval can bear."""
    places = max(places_for((high - low) / 2.0), least)
    return f"{number(value, places)} ({interval(low, high, places)})"


def _unit(review: Review, shot: Shot) -> str:
    rounds = f" with {count(shot.n_rounds)} rounds" if shot.n_rounds > 1 else ""
    return f"{review.names.units[shot.i_unit]}{rounds}"


def _track(review: Review, moment: Moment) -> str:
    toward = f" toward {review.names.areas[moment.i_area]}" if moment.i_area >= 0 else ""
    return f"track {review.numbers.get(moment.track_id, moment.track_id)}{toward}"


def _done(review: Review, moment: Moment) -> str:
    """What was done, and what the rule would have done."""
    rule = review.against.policy
    theirs = f"{_unit(review, moment.theirs)} could have fired" if moment.theirs else f"{rule} would have held"
    if moment.track_id == ALL_TRACKS:
        return f"you {_WEAPONS_WORDS}, once or more; {rule} decides by itself all the time"
    track = _track(review, moment)
    if moment.deed is Deed.LET_FALL:
        return f"{track} was let fall; {theirs}"
    if moment.deed is Deed.UNANSWERED:
        return f"{track} was left unanswered; {theirs}"
    if moment.deed is Deed.NOT_FIRED or moment.ours is None:
        return f"{track} was not fired at; {theirs}"
    if moment.deed is Deed.NEEDLESS:
        return f"{_unit(review, moment.ours)} fired at {track}; {rule} would have held"
    delay_s = moment.ours.t_s - moment.t_s
    if moment.deed is Deed.LATE:
        return f"{_unit(review, moment.ours)} fired at {track} {number(delay_s, 1)} s later; {theirs} at once"
    return f"{_unit(review, moment.ours)} fired at {track}; {theirs}"


def plain(value: float, places: int = 2) -> str:
    """A number without decimals where it is whole."""
    return number(value, 0 if float(value).is_integer() else places)


def deed_words(review: Review, moment: Moment) -> str:
    """When and what was done, and what the rule would have done."""
    return f"{clock(review, moment.t_s)} {_done(review, moment)}"


def moment_words(review: Review, moment: Moment) -> str:
    """A decisive moment in one sentence, with what the other way would have changed."""
    more = "fewer" if moment.leaks.value >= 0.0 else "more"
    low, high = sorted((abs(moment.leaks.low), abs(moment.leaks.high)))
    places = max(places_for(moment.leaks.half_width), 1)
    if moment.is_told_apart:
        said = f"{number(abs(moment.leaks.value), places)} leaks {more} ({interval(low, high, places)}"
    else:
        span = interval(-moment.leaks.high, -moment.leaks.low, places)
        said = f"{number(-moment.leaks.value, places)} leaks, not told apart from none ({span}"
    return f"{deed_words(review, moment)}: expected {said}, {moment.leaks.n} draws)"


def moments_json(review: Review) -> list[dict[str, object]]:
    """The listed moments as data."""
    judgement = review.judgement
    return [
        {
            "t_s": moment.t_s,
            "track": review.numbers.get(moment.track_id, moment.track_id),
            "deed": moment.deed.value,
            "words": moment_words(review, moment),
            "leaks": _interval_json(moment.leaks),
            "people": _interval_json(moment.people),
        }
        for moment in (judgement.listed if judgement else ())
    ]


def _interval_json(one: Interval) -> dict[str, float | int | None]:
    return {
        name: None if math.isnan(value) else value
        for name, value in (("value", one.value), ("low", one.low), ("high", one.high), ("n", one.n))
    }


def rank_words(review: Review, leaks: Comparison) -> str:
    """How many of the rule's draws leaked less."""
    n_less = round(leaks.lower.value * leaks.lower.n)
    span = interval(100.0 * leaks.lower.low, 100.0 * leaks.lower.high)
    return f"{number(n_less)} of {number(leaks.lower.n)} draws of {review.against.policy} leaked less ({span} %)"


def answer_of(review: Review, bound_for: float, leaks: Comparison) -> Answer:
    """The answer: what was let through, what the rule would have let through, and what of it was luck."""
    places = places_for(leaks.mean.half_width)
    policy = f"the rule {review.against.policy}"
    pieces: list[tuple[str, bool]] = [
        (f"You let {number(leaks.played)} of {number(bound_for)} through; {policy} would have let through "
         f"{number(leaks.mean.value, places)} on average, ", False),
        (interval(leaks.low, leaks.high), True),
        (" in nine of ten draws of luck.", False),
    ]  # fmt: skip
    split = review.judgement.leaks if review.judgement else None
    if split is not None:
        done, luck = split.done, split.luck
        if done.low <= 0.0 <= done.high:
            pieces.append((" What you did cannot be told apart from the rule", False))
        else:
            verb = "cost" if done.value > 0.0 else "saved"
            low, high = sorted((abs(done.low), abs(done.high)))
            places = max(places_for(done.half_width), 1)
            pieces.append(
                (f" What you did {verb} {number(abs(done.value), places)} {plural(done.value, 'leak')}", False)
            )
            pieces.append((f" ({interval(low, high, places)})", True))
        verb = "cost" if luck.value > 0.0 else "saved"
        pieces.append((f"; luck {verb} {number(abs(luck.value), max(places_for(luck.half_width), 0))}.", False))
    return Answer(tuple(pieces))

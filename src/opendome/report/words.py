"""Numbers as words: counts, shares, intervals, durations, in the form that the report prints everywhere.

Thousands carry a comma, the minus is a true minus sign, a no-break space stands before the per cent sign, and a number
is rounded to what its interval can bear.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = [
    "capital",
    "count",
    "duration",
    "interval",
    "join",
    "lower",
    "number",
    "per_cent",
    "places_for",
    "plural",
    "share_of",
    "share_phrase",
    "signed",
    "spelled",
    "subject_words",
    "value",
]

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_FRACTIONS = tuple((a, n) for n in range(2, 11) for a in range(1, n) if math.gcd(a, n) == 1)
_MONTHS = frozenset(
    (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    )
)  # fmt: skip

_NEAR = 0.03


def places_for(half_width: float) -> int:
    """Give the decimals that a number with this half-width of its interval can bear: one or two of its figures."""
    if not math.isfinite(half_width) or half_width <= 0.0:
        return 0
    return min(4, max(0, math.ceil(-math.log10(half_width))))


def number(x: float, places: int = 0) -> str:
    """Write a number with comma and true minus; '–' for a missing one.

    >>> number(-1234.5), number(0.126, 2)
    ('−1,234', '0.13')
    """
    if not math.isfinite(x):
        return "–"
    rounded = round(x, places) + 0.0
    return f"{abs(rounded):,.{places}f}" if rounded >= 0 else f"−{abs(rounded):,.{places}f}"


def signed(x: float, places: int = 0) -> str:
    """Write a number with its sign, plus included; zero has none."""
    rounded = round(x, places) + 0.0
    return f"+{number(rounded, places)}" if rounded > 0 else number(rounded, places)


def interval(low: float, high: float, places: int = 0) -> str:
    """Write an interval: '57 to 67', or '−12 to −6'."""
    return f"{number(low, places)} to {number(high, places)}"


def per_cent(share: float, places: int = 0) -> str:
    """Write a share as per cent; never '0 %' for something that happened, nor '100 %' for something that failed."""
    if not math.isfinite(share):
        return "–"
    text = f"{100.0 * share:.{places}f}"
    edge = 10.0**-places
    if share > 0.0 and float(text) == 0.0:
        return f"under {edge:g} %"
    if share < 1.0 and float(text) == 100.0:
        return f"over {100.0 - edge:g} %"
    return f"{text} %"


def count(n: int) -> str:
    """Write a small whole number as a word, a larger one in figures."""
    return _SMALL[n] if 0 <= n < len(_SMALL) else f"{n:,}"


def spelled(n: int) -> str:
    """Like ``count``, with 'none' for zero, for use without a noun."""
    return "none" if n == 0 else count(n)


def plural(n: float, singular: str, many: str = "") -> str:
    """Give the noun that goes with n."""
    return singular if n == 1 else (many or singular + "s")


def join(parts: Sequence[str], last: str = "and") -> str:
    """Join a list in words: 'a, b and c'."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def capital(text: str) -> str:
    """Raise the first letter only."""
    return text[:1].upper() + text[1:]


def lower(label: str) -> str:
    """Lower the first letter inside a sentence, but not that of an abbreviation or of a month.

    >>> lower("Two more"), lower("May 2021, a priori"), lower("US")
    ('two more', 'May 2021, a priori', 'US')
    """
    if label.split(" ", 1)[0] in _MONTHS:
        return label
    return label[:1].lower() + label[1:] if label[1:2].islower() or label[1:2] == " " else label


def subject_words(label: str) -> str:
    """Begin a sentence with a label; one that holds a comma is closed by another.

    >>> subject_words("only their rounds, day 5") + " would"
    'Only their rounds, day 5, would'
    """
    return capital(label) + ("," if ", " in label else "")


def duration(days: float) -> str:
    """Write a campaign's length: 'three weeks', 'eleven days', '36 hours'.

    >>> duration(21), duration(10), duration(1.5)
    ('three weeks', 'ten days', '36 hours')
    """
    if days < 3 and days != int(days):
        return f"{number(24 * days)} hours"
    whole = round(days)
    if whole >= 14 and whole % 7 == 0 and whole // 7 <= 12:
        return f"{count(whole // 7)} weeks"
    return f"{count(whole)} {plural(whole, 'day')}"


def share_phrase(share: float) -> str:
    """Write a share as people say it; between a tenth and nine tenths the phrase is within three points of the number.

    >>> share_phrase(0.38), share_phrase(0.25), share_phrase(0.047), share_phrase(0.97)
    ('two in five', 'one in four', 'one in 21', 'all but one in 33')
    """
    if not math.isfinite(share):
        return "an unknown share"
    if share <= 0.0:
        return "none"
    if share >= 1.0:
        return "all"
    if share < 0.095:
        return _one_in(share) if share >= 0.01 else "fewer than one in a hundred"
    if share > 0.905:
        return f"all but {_one_in(1.0 - share)}" if share <= 0.99 else "more than 99 in a hundred"
    near = [c for c in _FRACTIONS if abs(c[0] / c[1] - share) <= _NEAR]
    parts, of = min(near, key=lambda c: abs(c[0] / c[1] - share) + (0.002 if c[0] == 1 else 0.006) * c[1])
    return "half" if of == 2 else f"{_SMALL[parts]} in {_SMALL[of]}"


def share_of(share: float, singular: str, many: str = "") -> tuple[str, bool]:
    """Write a share of things, and say whether its verb is plural.

    >>> share_of(0.38, "campaign"), share_of(0.25, "warning"), share_of(0.5, "leak")
    (('two campaigns in five', True), ('one warning in four', False), ('half of the leaks', True))
    """
    many = many or singular + "s"
    phrase = share_phrase(share)
    if phrase in ("none", "all"):
        return (f"no {singular}", False) if phrase == "none" else (f"every {singular}", False)
    if phrase == "half":
        return f"half of the {many}", True
    if phrase.startswith("fewer than one"):
        return f"fewer than one {singular} in a hundred", False
    if phrase.startswith("all but one in"):
        return phrase.replace("one in", f"one {singular} in"), True
    parts, _, rest = phrase.partition(" in ")
    is_single = parts == "one"
    return f"{parts} {singular if is_single else many} in {rest}", not is_single


def _one_in(share: float) -> str:
    n = round(1.0 / share)
    return f"one in {'a hundred' if n == 100 else count(n)}"


def value(x: float) -> str:
    """Write an input's value with as many figures as it has, up to four."""
    if not math.isfinite(x):
        return "–"
    if x == int(x) and abs(x) < 1e15:
        return number(x)
    return number(x, min(6, max(0, 3 - math.floor(math.log10(abs(x))))) if x else 0).rstrip("0").rstrip(".")

"""Fig. 2, success in every definition, and what was done needlessly: numbers and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from opendome.base.tally import RATIOS
from opendome.report.folder import StudyFolder
from opendome.report.model import EndsPanel, EndsRow, Estimate, Heading, Part, SuccessPanel, SuccessRow, TextTable
from opendome.report.statistics import mean_estimate, totals_ratio
from opendome.report.words import capital, interval, join, lower, number, per_cent, share_of, share_phrase

__all__ = [
    "REASON_GROUPS",
    "ends_panel",
    "ends_title",
    "lead_text",
    "needless_table",
    "needless_title",
    "success_panel",
    "success_title",
]

PARTS: tuple[Part, ...] = (
    Part("failed or short", "failed", "on-failed"),
    Part("at sea", "sea", "on-sea"),
    Part("open ground", "open", "on-open"),
    Part("shot down needlessly", "needless", "on-needless"),
    Part("shot down", "intercepted", "on-intercepted"),
    Part("leaked", "leaked", "on-leaked-1"),
)

REASON_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("out of reach", "fell where no ready battery could reach", ("out_of_footprint", "no_battery_ready")),
    ("missed", "were shot at and missed", ("engaged", "engaged_waited", "shots_used_up", "judged_killed")),
    ("too late", "came too late for a shot", ("too_late",)),
    ("no rounds", "met empty launchers", ("no_rounds", "held_in_reserve")),
    ("busy", "came while every channel or launcher was busy", ("no_channel", "reloading")),
    ("not seen", "were never tracked", ("never_seen", "not_confirmed", "track_capacity")),
    ("let fall", "were let fall by rule", ("below_threshold", "policy_declined")),
    (
        "network",
        "met a battery that had failed or had no contact",
        ("not_reported", "battery_failed", "cut_off", "left_to_others", "order_lost"),
    ),
)
"""(name, what is said of the leaks, reasons of ``base.tally.LEAK_REASONS``); together they hold every reason once."""

_N_SHADES = 4
_SCALES = (1, 2, 3, 4, 5, 8, 10, 15, 20, 30, 40, 50, 80, 100, 200, 500, 1000)


def _mean(folder: StudyFolder, name: str, measure: str) -> float:
    """Estimate a mean as the tables print it; one and the same linear estimate for all, so that parts add up."""
    return folder.estimate(name, measure).value


def _parts(folder: StudyFolder, name: str) -> tuple[float, ...]:
    mean = {
        key: _mean(folder, name, key)
        for key in (
            "failed",
            "fell_short",
            "at_sea",
            "open_ground",
            "intercepted",
            "intercepted_threatening",
            "leaked_built_up",
        )
    }
    needless = mean["intercepted"] - mean["intercepted_threatening"]
    return (
        mean["failed"] + mean["fell_short"],
        mean["at_sea"],
        mean["open_ground"],
        needless,
        mean["intercepted_threatening"],
        mean["leaked_built_up"],
    )


def _reasons(folder: StudyFolder, name: str) -> dict[str, float]:
    return {
        group: max(0.0, sum(_mean(folder, name, f"leaked_{r}") for r in reasons if folder.measures(f"leaked_{r}")))
        for group, _, reasons in REASON_GROUPS
    }


def _shown_reasons(base: Mapping[str, float], rows: Sequence[Mapping[str, float]]) -> list[str]:
    ordered = sorted(base, key=lambda group: -base[group])
    present = [group for group in ordered if max(row[group] for row in rows) >= 0.05]
    return present[:_N_SHADES] if len(present) > _N_SHADES + 1 else present


def ends_title(reasons: Mapping[str, float]) -> str:
    """State the largest reason of the baseline's leaks with its share, from mean leaks by group of reasons."""
    total = sum(reasons.values())
    if total <= 0:
        return "Nothing came down in built-up ground"
    largest = max(reasons, key=lambda group: reasons[group])
    said = next(words for group, words, _ in REASON_GROUPS if group == largest)
    share, is_plural = share_of(reasons[largest] / total, "leak")
    return f"{capital(share)} {said if is_plural else said.replace('were ', 'was ', 1)}"


def lead_text(folder: StudyFolder, noun: str) -> str:
    """Say in two sentences how much of what is launched leaks in the baseline, and what the largest reason means."""
    base = folder.baseline
    launched, leaked = _mean(folder, base, "launched"), _mean(folder, base, "leaked_built_up")
    reasons = _reasons(folder, base)
    if leaked <= 0 or launched <= 0:
        return f"Of some {number(launched)} {noun} a campaign, none came down in built-up ground."
    first = (
        f"Of some {number(launched)} {noun} a campaign, {share_phrase(leaked / launched)} comes down in "
        "built-up ground."
    )
    largest = max(reasons, key=lambda group: reasons[group])
    return f"{first} {_MEANS.get(largest, '')}".strip()


_MEANS = {
    "out of reach": "The largest part of those fell where no ready battery could reach. More rounds cannot help "
    "there; more or better placed launchers can.",
    "missed": "The largest part of those were shot at and missed. There the interceptor and the number of shots "
    "count, not the number of batteries.",
    "too late": "The largest part of those came too late for a shot: seen, but outside what an interceptor could "
    "still reach.",
    "no rounds": "The largest part of those met empty launchers. There rounds count first.",
    "busy": "The largest part of those came while everything that could fire was busy. There channels and "
    "launchers count.",
    "not seen": "The largest part of those were never tracked. There radars count, not interceptors.",
    "let fall": "The largest part of those were let fall by rule, as unlikely to hit a defended area. There the "
    "threshold counts.",
}


def ends_panel(folder: StudyFolder, noun: str) -> EndsPanel:
    """Give Fig. 2: where every launch ended, and the leaks by reason."""
    by_name = {name: _reasons(folder, name) for name in folder.main}
    shown = _shown_reasons(by_name[folder.baseline], list(by_name.values()))
    rest = [group for group, _, _ in REASON_GROUPS if group not in shown]
    has_rest = any(sum(row[group] for group in rest) >= 0.05 for row in by_name.values())
    rows = []
    for name, reasons in by_name.items():
        leaks = [reasons[group] for group in shown]
        if has_rest:
            leaks.append(sum(reasons[group] for group in rest))
        rows.append(EndsRow(folder.label(name), name == folder.headline, _parts(folder, name), tuple(leaks)))
    names = [*shown, *(["other reasons"] if has_rest else [])]
    shades = tuple(Part(name, f"leaked-{i}", f"on-leaked-{i}") for i, name in enumerate(names, 1))
    launched = max(sum(row.parts) for row in rows)
    leaked = max(max(row.parts[-1] for row in rows), 1e-9)
    wide, narrow = _fitting(0.55 * launched / leaked), _fitting(launched / leaked)
    leaked_by_name = [folder.estimate(name, "leaked_built_up") for name in by_name]
    error = max((found.high - found.low) / 2 for found in leaked_by_name)
    subtitle = (
        f"Where every launch ended, mean number of {noun} in a campaign. "
        f"“Shot down needlessly” would have missed every defended area."
    )
    note = f"Means of {_replications(folder)}, seed {folder.seed}."
    if np.isfinite(error):
        note += f" The leaked part is known to ±{number(error, 0 if error >= 1 else 1)} or better in every row."
    if has_rest:
        note += f" Other reasons: {join([group for group in rest if any(r[group] >= 0.05 for r in by_name.values())])}."
    heading = Heading(ends_title(by_name[folder.baseline]), subtitle, note)
    return EndsPanel(heading, PARTS, shades, tuple(rows), wide, narrow)


def _fitting(scale: float) -> float:
    return float(max((s for s in _SCALES if s <= scale), default=1))


def _replications(folder: StudyFolder) -> str:
    counts = {len(folder.series(name, "launched")) for name in folder.main}
    low, high = min(counts), max(counts)
    return f"{low:,} campaigns" if low == high else f"{low:,} to {high:,} campaigns"


_DEFINITIONS = (
    ("A", "success_of_engaged", "intercepted of those engaged"),
    ("B", "success_of_defended", "of threats that a battery could have shot at"),
    ("C", "success_of_built_up", "of all threats to built-up ground, defended or not"),
    ("F", "share_of_launched", "of everything launched"),
)


def _success(folder: StudyFolder, name: str, key: str, top: str, bottom: tuple[str, ...]) -> Estimate:
    """Give a success rate: the ratio of totals that the tables print, with the spread over campaigns."""
    found = totals_ratio(folder.series(name, top), folder.total(name, bottom), folder.confidence)
    return replace(found, value=folder.estimate(name, key).value) if folder.measures(key) else found


def success_title(shares: Sequence[float]) -> str:
    """State how far the definitions lie apart: shares in the order A, B, C, F; missing ones are NaN."""
    known = [share for share in shares if np.isfinite(share)]
    if len(known) < 2:
        return "A rate of success needs its definition"
    high, low = max(known), min(known)
    if high - low < 0.02:
        return f"Every definition gives a success of some {per_cent(high)}"
    return f"Success is {per_cent(high)} or {per_cent(low)}: the definition decides"


def success_panel(folder: StudyFolder) -> SuccessPanel:
    """Give success in definitions A, B, C and F: ratio of totals, with the spread over campaigns."""
    names = [folder.baseline] + ([folder.headline] if folder.headline != folder.baseline else [])
    rows = []
    for letter, key, words in _DEFINITIONS:
        top, bottom, _ = RATIOS[key]
        marks = tuple((folder.label(name), _success(folder, name, key, top, bottom)) for name in names)
        rows.append(SuccessRow(letter, words, marks))
    shown = lower(folder.label(names[0]))
    marks_said = (
        f"Open mark: “{shown}”. Full mark: “{lower(folder.label(names[1]))}”."
        if len(names) > 1
        else f"{capital(shown)}."
    )
    subtitle = (
        f"Share intercepted under four definitions in use, per cent. {marks_said} "
        f"Whiskers: {per_cent(folder.confidence)} of campaigns."
    )
    b, c = rows[1].marks[0][1].value, rows[2].marks[0][1].value
    note = f"{_replications(folder)}, seed {folder.seed}."
    if np.isfinite(b) and np.isfinite(c) and b - c > 0.005:
        note = (
            f"The gap from B to C ({per_cent(b)} to {per_cent(c)}) is coverage, not the quality of the "
            f"interceptor. {note}"
        )
    return SuccessPanel(Heading(success_title([row.marks[0][1].value for row in rows]), subtitle, note), tuple(rows))


def needless_title(engaged: float, alerts: float) -> str:
    """State the shares of engagements and of area-alerts that were needless in the baseline."""
    if not (engaged > 0 or alerts > 0):
        return "No engagement and no alert was needless"
    one, one_many = share_of(engaged, "engagement") if np.isfinite(engaged) else ("no engagement", False)
    two, two_many = share_of(alerts, "area-alert") if np.isfinite(alerts) else ("no area-alert", False)
    return (
        f"{capital(one)} and {two} {'were' if one_many or two_many or (engaged > 0 and alerts > 0) else 'was'} needless"
    )


def needless_table(folder: StudyFolder) -> TextTable:
    """Give needless engagements, wasted rounds and needless alerts of each main alternative, with their shares."""
    rows = []
    for name in folder.main:
        cells = [folder.label(name)]
        for part, whole in (
            ("engaged_needlessly", "engaged"),
            ("interceptors_wasted", "interceptors_fired"),
            ("areas_alerted_needlessly", "areas_alerted"),
        ):
            mean = mean_estimate(folder.series(name, part), folder.confidence)
            ratio = totals_ratio(folder.series(name, part), folder.series(name, whole), folder.confidence)
            places = 0 if mean.value >= 20 else 1
            cells += [
                f"{number(mean.value, places)} ({interval(mean.low, mean.high, places)})",
                per_cent(ratio.value),
            ]
        rows.append(tuple(cells))
    base = folder.baseline
    engaged = totals_ratio(folder.series(base, "engaged_needlessly"), folder.series(base, "engaged")).value
    alerts = totals_ratio(folder.series(base, "areas_alerted_needlessly"), folder.series(base, "areas_alerted")).value
    title = needless_title(engaged, alerts)
    return TextTable(
        title,
        "Means of a campaign with their intervals. Needless engagement: it would have missed every defended "
        "area. Wasted round: fired at "
        "something already destroyed or gone. Needless alert: nothing came down in that area.",
        (
            ("alternative", False),
            ("needless engagements", True),
            ("of all", True),
            ("wasted rounds", True),
            ("of all", True),
            ("needless area-alerts", True),
            ("of all", True),
        ),
        tuple(rows),
        tuple(i for i, name in enumerate(folder.main) if name == folder.headline),
    )

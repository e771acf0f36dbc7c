"""From a study's tables to the page's content: numbers become words and panels, by functions without side effects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opendome import catalogue
from opendome.report.answer import answer, boxes, single_answer, state_of
from opendome.report.background import Background
from opendome.report.best import best_table
from opendome.report.folder import StudyFolder
from opendome.report.gains import gain_estimate, gain_panel, inputs_estimate
from opendome.report.inputs import assumptions_table, swing_rows, tornado_panel
from opendome.report.losses import ends_panel, lead_text, needless_table, success_panel
from opendome.report.model import Answer, Box, Content, TextTable, TornadoRow
from opendome.report.people import leads_panel, map_panel
from opendome.report.published import apart_table, predictive, published_panel, published_table
from opendome.report.subjects import Subject, objects_noun, subject_of
from opendome.report.supply import grid_panel, stock_panel, timeline_panel
from opendome.report.supply_days import supply_panel
from opendome.report.tables import difference_table, estimates_table, reasons_table
from opendome.report.tradeoff import tradeoff_panel, tradeoff_table
from opendome.report.turning import RoundsOnly, turning_words
from opendome.report.two_by_two import two_by_two_table
from opendome.report.words import capital, count, duration, interval, join, lower, per_cent, plural

__all__ = ["LEFT_OUT", "content_of", "notes_of", "picture_note", "study_command"]

LEFT_OUT = (
    "Threats do not react to the defence. Debris of interceptions, attacks on batteries and radars, and terrain "
    "masking "
    "of low flyers are left out unless the scenario says otherwise. People do not move between areas unless it gives "
    "people of the day, and impacts do "
    "harm by expectation, not by draw."
)


def content_of(folder: StudyFolder, background: Background) -> Content:
    """Make everything that the page shows.

    Parameters
    ----------
    folder : StudyFolder
        Tables of a finished study.
    background : Background
        Resolved scenarios, map shapes, catalogue figures.

    Returns
    -------
    Content
        The same for the same folder; sections whose tables are absent are None.
    """
    noun = objects_noun(folder.scenario)
    subject = subject_of(folder.measure, noun)
    swing = swing_rows(folder, subject, background.catalogue, folder.headline)
    state = "unclear"
    if folder.headline != folder.baseline:
        state = state_of(gain_estimate(folder, folder.headline, subject))
    said, said_boxes = _answer(folder, subject, noun, swing, background)
    tables: list[TextTable | None] = [
        tradeoff_table(folder),
        estimates_table(folder),
        difference_table(folder),
        best_table(folder),
        reasons_table(folder),
        assumptions_table(folder, swing, background.assumptions),
    ]
    published = published_panel(folder)
    if published is not None:
        tables[:0] = [published_table(published), apart_table(folder)]
    return Content(
        title=str(
            folder.scenario.get("title") or capital(str(folder.scenario.get("name") or "study").replace("-", " "))
        ),
        place_line=_place_line(folder),
        question=str(folder.scenario.get("question") or _question(folder)),
        answer=said,
        boxes=said_boxes,
        lead=lead_text(folder, noun),
        gain=gain_panel(folder, subject),
        ends=ends_panel(folder, noun),
        stock=stock_panel(folder, background.resolved),
        supply=supply_panel(folder, background.resolved),
        grid=grid_panel(folder),
        success=success_panel(folder),
        map=map_panel(folder, background.geometry),
        timeline=timeline_panel(folder, background.resolved, background.set_up_h),
        leads=leads_panel(folder),
        two_by_two=two_by_two_table(folder),
        tradeoff=tradeoff_panel(folder),
        tornado=tornado_panel(folder, subject, swing, state),
        needless=needless_table(folder),
        published=published,
        tables=tuple(table for table in tables if table is not None and table.rows),
        notes=notes_of(folder),
    )


def _answer(
    folder: StudyFolder, subject: Subject, noun: str, swing: Sequence[TornadoRow], background: Background
) -> tuple[Answer, tuple[Box, ...]]:
    base = folder.baseline
    if folder.headline == base:
        return _single(folder, noun)
    gain = gain_estimate(folder, folder.headline, subject)
    whole = subject.scale * folder.estimate(base, folder.measure).value
    rounds: RoundsOnly | None = None
    only = folder.rounds_only
    if only and only != folder.headline:
        swung = swing_rows(folder, subject, background.catalogue, only)
        rounds = RoundsOnly(folder.label(only), gain_estimate(folder, only, subject), swung)
    label = folder.label(folder.headline)
    second = None if rounds is None else (rounds.label, rounds.gain)
    said = answer(label, gain, whole, subject, folder.duration_day, second)
    turning = turning_words(swing, label, gain, subject, rounds) if swing else None
    inputs = inputs_estimate(folder, folder.headline, subject)
    return said, boxes(gain, inputs, subject, turning, folder.confidence)


def _single(folder: StudyFolder, noun: str) -> tuple[Answer, tuple[Box, ...]]:
    base = folder.baseline
    leaked = folder.estimate(base, "leaked_built_up")
    launched = folder.estimate(base, "launched").value
    p_stockout = float(np.mean(folder.series(base, "stocked_out")))
    said = single_answer(leaked, launched, noun, p_stockout, folder.duration_day)
    out = []
    if math.isfinite(leaked.low):
        words = interval(leaked.low, leaked.high, 0 if leaked.value >= 10 else 1)
        out.append(Box(f"Interval of the mean, {per_cent(folder.confidence)}", ((words, True), (f" {noun}", False))))
    low, high = np.quantile(folder.series(base, "leaked_built_up"), [0.05, 0.95])
    out.append(Box("Nine campaigns in ten", ((interval(float(low), float(high)), True), (f" {noun}", False))))
    found = predictive(folder, "leaked_built_up")
    if found is not None:
        out.append(
            Box(
                f"One campaign with uncertain inputs, {per_cent(folder.confidence)}",
                ((interval(*found), True), (f" {noun}", False)),
            )
        )
    return said, tuple(out)


def _question(folder: StudyFolder) -> str:
    others = [
        lower(folder.label(name)) for name in (folder.headline, folder.rounds_only) if name and name != folder.baseline
    ]
    others = list(dict.fromkeys(others))
    return f"What would {join(others, 'or')} have bought?" if others else "What got through, and why?"


def _place_line(folder: StudyFolder) -> str:
    start = str(folder.scenario.get("start_utc") or "")[:10]
    when = f", from {start}" if start else ""
    return f"{duration(folder.duration_day)}{when}"


def study_command(folder: StudyFolder) -> str:
    """Give the command that makes this study again."""
    name = str(folder.scenario.get("name") or "scenario")
    n = max(len(folder.series(a, "launched")) for a in folder.alternatives)
    return f"opendome study {name}.yaml --seed {folder.seed} --replications {n} --out runs/{name}"


def picture_note(picture: Mapping[str, Any]) -> str:
    """Say how the picture was made, with the tracker's stated prior where there is one."""
    curves, tracked = picture.get("curves"), picture.get("tracked") or {}
    if picture.get("kind") != "tracked":
        whence = "the catalogue's curves" if curves is None else f"the curves `{curves}`, fitted to simulated tracks"
        return f"Statistical picture: detection, confirmation and prediction errors are drawn from {whence}."
    wind = tracked.get("wind_mps")
    wind = picture.get("wind_unknown_mps") if wind is None else wind
    wind = catalogue.model_value("wind_unknown_mps").number if wind is None else wind
    slope = 100.0 * float(tracked.get("density_slope_frac_per_10km", 0.02))
    shape, scale = tracked.get("drag_shape_scale", 1.0), tracked.get("prior_scale", 1.0)
    return (
        f"Tracked picture: simulated radars and the tracker `{tracked.get('tracker', 'opendome')}`. It is told to "
        f"allow for unknown wind of {wind:g} m/s a side near the ground, a tenth more a kilometre up; for drag curves "
        f"off by {shape:g} times the usual spread (30 % below the speed of sound, 5 % at twice it); and {slope:g} % "
        f"of density for each 10 km of height: {scale:g} times what the simulated flights are drawn from."
    )


def notes_of(folder: StudyFolder) -> tuple[tuple[str, str], ...]:
    """Give the closing notes: what is left out, replications and seed, how to reproduce, what the report is for."""
    manifest = folder.manifest
    counts = {len(folder.series(name, "launched")) for name in folder.alternatives}
    n = f"{min(counts):,}" if len(counts) == 1 else f"{min(counts):,} to {max(counts):,}"
    number_of = len(folder.alternatives)
    versions = manifest.get("versions") or {}
    used = join([f"{name} {versions[name]}" for name in sorted(versions)]) if versions else ""
    digest = str(manifest.get("scenario_hash") or "")
    runs = (
        f"{capital(count(number_of))} {plural(number_of, 'alternative')} of {n} replications each, seed "
        f"{folder.seed}. Replication k of every "
        "alternative meets the same raid. Any of them can be made again from seed and number."
    )
    again = f"{study_command(folder)}"
    notes = [
        ("What the model leaves out", LEFT_OUT),
        ("What the defence perceives", picture_note(folder.scenario.get("picture") or {})),
        ("Replications", runs),
        ("To reproduce", again),
    ]
    if digest:
        notes.append(
            (
                "Scenario",
                f"{folder.scenario.get('name', '')}, hash {digest[:16]}{f'. Made with {used}.' if used else '.'}",
            )
        )
    notes.append(
        (
            "Use",
            "Analysis and education only; battery sites are notional. Figures rest on public sources or on "
            "assumptions that are marked as such.",
        )
    )
    return tuple(notes)

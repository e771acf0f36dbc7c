"""Where leaks fell and how early people were warned: numbers and words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from opendome.report.folder import StudyFolder
from opendome.report.geometry import MapGeometry
from opendome.report.model import AreaLeaks, Heading, LeadRow, LeadsPanel, MapPanel
from opendome.report.statistics import quantile_dots
from opendome.report.words import capital, count, lower, number, per_cent, plural, share_of

__all__ = ["leads_panel", "leads_title", "map_panel", "map_title"]

_LISTED = 12
_LONGEST_S = 240.0


def _area_leaks(folder: StudyFolder) -> list[AreaLeaks]:
    base = folder.rows("areas", alternative=folder.baseline)
    after: dict[str, float] = {}
    if folder.headline != folder.baseline:
        mine = folder.rows("areas", alternative=folder.headline)
        after = dict(zip(mine["area_id"].tolist(), mine["mean_leaks"].tolist()))
    out = [
        AreaLeaks(
            str(base["name"][i] or base["area_id"][i]),
            float(base["east_m"][i]),
            float(base["north_m"][i]),
            float(base["mean_leaks"][i]),
            after.get(base["area_id"][i]),
        )
        for i in range(len(base["area_id"]))
    ]
    return sorted(out, key=lambda area: (-area.before, area.name))


def map_title(outside: float | None, top: Sequence[AreaLeaks], total: float) -> str:
    """State where leaks fall: outside every arc, in a few areas, or spread out.

    Parameters
    ----------
    outside : float or None
        Share of the baseline's leaks in areas whose centre lies outside every arc; None without arcs.
    top : sequence of AreaLeaks
        The areas with most leaks, most first.
    total : float
        All leaks of the baseline.
    """
    if total <= 0:
        return "No area was hit"
    if outside is not None and outside >= 0.5:
        return f"{capital(share_of(outside, 'leak')[0])} fell in areas whose centre no arc reaches"
    few = sum(area.before for area in top[:3]) / total
    if len(top) >= 6 and few >= 0.4:
        return f"{capital(share_of(few, 'leak')[0])} fell in three areas"
    if outside is not None and outside <= 0.1:
        return "Most leaks fell within the arcs: reach is not what is missing"
    if outside is not None:
        return f"{capital(share_of(outside, 'leak')[0])} fell in areas whose centre no arc reaches"
    return f"{top[0].name} was hit most"


def map_panel(folder: StudyFolder, geometry: MapGeometry | None) -> MapPanel | None:
    """Give the leaks of each area for map and list."""
    if not folder.has("areas"):
        return None
    areas = _area_leaks(folder)
    total = sum(area.before for area in areas)
    outside: float | None = None
    old = [b for b in geometry.batteries if not b.is_new] if geometry is not None else []
    if old and total > 0:
        missed = [
            area.before
            for area in areas
            if all(math.hypot(area.east_m - b.east_m, area.north_m - b.north_m) > b.radius_m for b in old)
        ]
        outside = sum(missed) / total
    rest = areas[_LISTED:]
    after = [area.after for area in rest if area.after is not None]
    others = (len(rest), sum(area.before for area in rest), sum(after) if after else None)
    base_words = lower(folder.label(folder.baseline))
    pair = folder.headline != folder.baseline
    new = bool(geometry and any(b.is_new for b in geometry.batteries))
    subtitle = f"Leaks into built-up ground, “{base_words}”, mean of a campaign."
    if new:
        subtitle += f" Dashed: the batteries that “{lower(folder.label(folder.headline))}” adds."
    beyond = 0
    if geometry is not None:
        west, south, east, north = geometry.box
        beyond = sum(not (west <= a.east_m <= east and south <= a.north_m <= north) for a in areas)
    note = "Battery sites are notional. Arcs: the radius that a battery protects. Area of a dot in proportion to leaks."
    if beyond:
        note += f" {capital(count(beyond))} {plural(beyond, 'area')} with few leaks lie outside the map."
    list_subtitle = (
        f"Open: “{base_words}”. Full: “{lower(folder.label(folder.headline))}”." if pair else f"{capital(base_words)}."
    )
    return MapPanel(
        Heading(map_title(outside, areas, total), subtitle, note),
        tuple(areas),
        "Leaks in each area",
        list_subtitle,
        others,
    )


def leads_title(rows: Sequence[LeadRow]) -> str:
    """State the share of impacts without time to reach shelter in the class of areas where it is greatest."""
    if not rows:
        return "Nothing came down inside an area"
    worst = max(rows, key=lambda row: row.share_late)
    if worst.share_late <= 0.005:
        return "Nearly every warning leaves time to reach shelter"
    share, is_plural = share_of(worst.share_late, "impact")
    said = f"{share} {'were' if is_plural else 'was'} warned too late or not at all"
    if len(rows) == 1:
        return capital(said)
    return f"With {number(worst.shelter_s)} s to reach shelter, {said}"


def leads_panel(folder: StudyFolder) -> LeadsPanel | None:
    """Give warning lead times by time to shelter, baseline; unwarned impacts count as a lead of 0 s."""
    if not folder.has("leads"):
        return None
    table = folder.rows("leads", alternative=folder.baseline)
    people = folder.rows("areas", alternative=folder.baseline) if folder.has("areas") else None
    rows = []
    for shelter in sorted({float(v) for v in table["time_to_shelter_s"]}):
        mine = table["time_to_shelter_s"] == shelter
        lead, n = table["lead_s"][mine].astype(float), table["n"][mine].astype(float)
        total = float(np.sum(n))
        if total <= 0:
            continue
        late = float(np.sum(n[lead + 1.0 < shelter]) / total)
        middle = np.where(lead > 0, lead + 1.0, 0.0)
        lives = None
        if people is not None and "time_to_shelter_s" in people:
            lives = float(np.sum(people["population"][people["time_to_shelter_s"] == shelter]))
        rows.append(LeadRow(shelter, quantile_dots(middle, n), late, int(total), lives))
    if not rows:
        return None
    runs = len(folder.series(folder.baseline, "launched"))
    ellipse = (folder.scenario.get("warning") or {}).get("ellipse")
    late_end = (
        " Dots at the right edge: four minutes or more."
        if any(x >= _LONGEST_S for row in rows for x in row.dots)
        else ""
    )
    rule = f" Areas that meet the {per_cent(float(ellipse))} ellipse are alerted." if ellipse else ""
    subtitle = (
        "Lead time from alert to impact, seconds, of impacts inside areas; no warning counts as none. Each dot "
        "is one impact in fifty. "
        "The upright mark is the time people there need to reach shelter."
    )
    note = (
        f"{number(sum(row.n for row in rows))} impacts in {runs:,} campaigns, "
        f"“{lower(folder.label(folder.baseline))}”, seed {folder.seed}.{rule}{late_end}"
    )
    return LeadsPanel(Heading(leads_title(rows), subtitle, note), tuple(rows))

"""Days of supply over the campaign: the forecast's band at the end of each day, as a panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from opendome.report.folder import StudyFolder
from opendome.report.model import Heading
from opendome.report.supply_model import SupplyPanel, SupplySeries
from opendome.report.words import capital, lower, number
from opendome.study.supply import Daily, supply_bands

__all__ = ["supply_panel"]

_MOST_CAMPAIGNS = 100
_MOST_DAYS = 15
_COLUMNS = ("launched", "fired", "ready_rounds", "depot_rounds", "leaked_built_up")


def supply_panel(folder: StudyFolder, resolved: Mapping[str, Mapping[str, Any]]) -> SupplyPanel | None:
    """Give the band of days of supply for the baseline and the headline alternative; None without days or forecast.

    Campaigns beyond the first hundred, and days beyond fifteen evenly chosen, would not show.
    """
    names = list(dict.fromkeys((folder.baseline, folder.headline)))
    if not folder.has("daily") or any("forecast" not in (resolved[n].get("doctrine") or {}) for n in names):
        return None
    series = [found for name in names if (found := _series(folder, name, dict(resolved[name]))) is not None]
    if not series:
        return None
    first = series[0]
    subtitle = (
        "Days until the rounds held at the end of a day are fired, forecast on that day. Pale band: nine in ten over "
        "all campaigns; dark: as one sees it. The dashed line is what is left of the campaign: below it, rounds "
        "run short."
    )
    last = first.days[-1]
    title = (
        f"{capital(lower(first.label))}: {_days(first.over_all[1][0])} days of supply at the start, "
        f"{_days(first.over_all[1][-1])} on day {number(last)}"
    )
    n = min(_MOST_CAMPAIGNS, len(folder.series(folder.baseline, "launched")))
    note = f"Forecast of {n:,} campaigns. The forecast counts rounds that are held, not those to be delivered."
    return SupplyPanel(Heading(title, subtitle, note), tuple(series), folder.duration_day)


def _series(folder: StudyFolder, name: str, data: dict[str, Any]) -> SupplySeries | None:
    rows = folder.rows("daily", alternative=name)
    n_days = len(np.unique(rows["day"]))
    if n_days < 3:
        return None
    columns = [np.asarray(rows[c], float).reshape(-1, n_days)[:_MOST_CAMPAIGNS] for c in _COLUMNS]
    launched, fired, ready, depot, leaked = columns
    if len(launched) < 2 or not fired[:, 1].any():
        return None
    days = np.unique(np.linspace(0, n_days - 2, min(_MOST_DAYS, n_days - 1)).astype(int))
    over_all, of_one = supply_bands(Daily(launched, fired, ready + depot, leaked), data, days.tolist())
    ceiling = float(4 * (n_days - 1))
    return SupplySeries(
        folder.label(name),
        tuple(map(float, days)),
        tuple(tuple(map(float, np.minimum(band, ceiling))) for band in over_all),
        tuple(tuple(map(float, np.minimum(band, ceiling))) for band in of_one),
    )


def _days(days: float) -> str:
    return number(days, 0 if days >= 10.0 else 1)

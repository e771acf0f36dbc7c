"""Measures the case `partitions`: six campaigns played by the simulation from one common setting, fitted to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from opendome.scenario.reader import load
from opendome.scenario.scenario import Scenario
from opendome.study.cases.case import Declared, Effort, Finding, Target
from opendome.study.runner import study

__all__ = ["run"]

_Z = 1.959963984540054
_RATES = {
    "rate-a": "success_of_engaged",
    "rate-b": "success_of_defended",
    "rate-c": "success_of_built_up",
    "rate-f": "share_of_launched",
    "engaged-of-crossed": "engaged_of_crossed",
}
_COUNTS = {
    "launched": "launched",
    "short": "fell_short",
    "intercepted": "intercepted",
    "leaked": "leaked_built_up",
    "open": "open_ground",
    "sea": "at_sea",
}


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Play each campaign of the settings, and measure every target that ends in its id."""
    settings = declared.settings
    base = load(str(settings["scenario"]))
    found = []
    for i, (name, entry) in enumerate(settings["campaigns"].items()):
        scenario = base.override(overrides_of(base, entry, settings))
        played = study(scenario, settings["replications"], seed=settings["seed"], workers=effort.workers, extras=False)
        table = played.table("replications")
        column = {key: table.column(key).to_numpy() for key in (*_RATES.values(), *_COUNTS.values(), "failed")}
        own = [target for target in declared.targets if target.id.endswith(f"-{name}")]
        found += [_measured(target, column, settings["effect_sd_logit"]) for target in own]
        if effort.progress is not None:
            effort.progress((i + 1) / len(settings["campaigns"]))
    return found


def overrides_of(base: Scenario, entry: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a campaign changes in the common scenario: totals, days, batteries, short falls, and where it happens.

    A campaign of as many days as the scenario and of its total keeps the scenario's own totals of days.
    """
    changes: dict[str, Any] = {"batteries": base.data["batteries"][: entry["batteries"]]}
    own_days = base.get("threats.raid.launched_per_day.mean")
    if entry["days"] != len(own_days) or abs(sum(own_days) - entry["launched"]) > 0.5:
        changes["duration_day"] = entry["days"]
        changes["threats.raid.launched_per_day.mean"] = [entry["launched"] / entry["days"]] * entry["days"]
    if "short" in entry:
        share = entry["short"] / entry["launched"] / settings["short_per_failing"]
        changes["threats.raid.failing.share"] = round(share, 4)
    if "launch_area" in entry:
        area = settings["launch_areas"][entry["launch_area"]]
        lat_deg, lon_deg = area["site"]
        changes["site.lat_deg"], changes["site.lon_deg"] = lat_deg, lon_deg
        changes["places.alert_areas.of"] = area["areas_within_km_of"]
        launch_area = {**base.data["threats"]["raid"]["launch_areas"][0], "id": entry["launch_area"]}
        changes["threats.raid.launch_areas"] = [{**launch_area, "polygon": area["polygon"]}]
    return changes


def _measured(target: Target, column: Mapping[str, np.ndarray], effect_sd_logit: float) -> Finding:
    """One target from the replications: a share with the campaign effect, as a count where the target is one."""
    launched = column["launched"]
    n = len(launched)
    kind = next(key for key in (*_RATES, *_COUNTS, "built-up") if target.id.startswith(f"{key}-"))
    if kind == "launched":
        low, high = (float(part) for part in np.quantile(launched, (0.025, 0.975)))
        return Finding(target.id, float(launched.mean()), low, high, n, "95 %, noise of one campaign")
    if kind in _RATES:
        share, scale = column[_RATES[kind]], 1.0
    elif kind == "built-up":
        share, scale = column["leaked_built_up"] / (launched - column["fell_short"] - column["failed"]), 1.0
    else:
        share, scale = column[_COUNTS[kind]] / launched, float(launched.mean())
    low, high = with_effect(share, effect_sd_logit)
    middle = float(share.mean())
    return Finding(target.id, scale * middle, scale * low, scale * high, n, "95 %, campaign effect and noise")


def with_effect(share: np.ndarray, effect_sd_logit: float) -> tuple[float, float]:
    """Central 95 % of one campaign's share: the mean, the spread of replications (n,) and the campaign effect.

    Parameters
    ----------
    share : ndarray (n,)       shares of replications [-]
    effect_sd_logit : float    standard deviation of the campaign effect [logit]

    Returns
    -------
    (float, float) [-]
    """
    middle = float(share.mean())
    if not 0.0 < middle < 1.0:
        return middle, middle
    inside = np.clip(share, 1e-6, 1.0 - 1e-6)
    noise = float((np.log(inside) - np.log1p(-inside)).std(ddof=1))
    half = _Z * np.hypot(effect_sd_logit, noise)
    logit = np.log(middle) - np.log1p(-middle)
    low, high = (1.0 / (1.0 + np.exp(-(logit + sign * half))) for sign in (-1.0, 1.0))
    return float(low), float(high)

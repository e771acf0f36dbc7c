"""What alerts do to people: who is in shelter since when, which alerts were needless, person-time in shelter.

Alerts sound in time order beside what comes down. An alert is needless when nothing that was bound for its area came
due while it lasted; what was intercepted on its way there makes it needed as well as what came down.

Left out: people who walk from one alerted area into another; fatigue that wears off with time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.base.hours import is_between_hours
from opendome.base.kernels import allocating_kernel, kernel

from .alerts import WarningModel

__all__ = ["EVERYBODY", "Ledger", "Response", "new_ledger", "play_alerts"]


class Response(NamedTuple):
    """How people answer to alerts.

    ``reached_frac`` share that some channel reaches. ``fatigue_frac``: each needless alert so far of an area takes this
    share of those who would still go to shelter, down to ``fatigue_floor``. From ``day_from_hour`` to
    ``day_until_hour``, local, with ``start_hour`` at time 0, the people of the day are there; equal hours: never.
    """

    reached_frac: float
    fatigue_frac: float
    fatigue_floor: float
    start_hour: float
    day_from_hour: float
    day_until_hour: float


EVERYBODY = Response(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Everybody is reached and goes, at all hours."""


class Ledger(NamedTuple):
    """State of alerts by area (n,): start and end of the sheltering in force, last alert, whether something was bound
    for the area during it, and the share of people who heed it.

    ``totals`` (4,): area-alerts, needless ones, person-seconds in shelter, people sent to shelter. ``alerts`` and
    ``needless`` (n,) count by area; ``sheltered_s`` and ``sheltered_day_s`` (n,) are seconds of alert that began with
    the residents and with the people of the day.
    ``sounded_s`` (1,): every alert before this time has sounded.
    """

    t_start_s: np.ndarray
    t_until_s: np.ndarray
    t_last_s: np.ndarray
    is_needed: np.ndarray
    heeding_frac: np.ndarray
    totals: np.ndarray
    alerts: np.ndarray
    needless: np.ndarray
    sheltered_s: np.ndarray
    sheltered_day_s: np.ndarray
    sounded_s: np.ndarray


@allocating_kernel
def new_ledger(n_areas: int) -> Ledger:
    """Nobody alerted yet."""
    return Ledger(
        np.full(n_areas, -np.inf),
        np.full(n_areas, -np.inf),
        np.full(n_areas, -np.inf),
        np.zeros(n_areas, np.int8),
        np.ones(n_areas),
        np.zeros(4),
        np.zeros(n_areas, np.int64),
        np.zeros(n_areas, np.int64),
        np.zeros(n_areas),
        np.zeros(n_areas),
        np.full(1, -np.inf),
    )


@kernel
def _sound(model, response, ledger, alert, area):
    """One alert goes off: start or lengthen the sheltering of its area."""
    i, t_s = alert.i_area, alert.t_s
    is_day = is_between_hours(response.start_hour, t_s, response.day_from_hour, response.day_until_hour)
    people = area.day_population if is_day else area.population
    is_first, is_new = t_s - ledger.t_last_s[i] > model.merge_s, t_s > ledger.t_until_s[i]
    if is_first and is_new and response.fatigue_frac > 0.0:
        ledger.heeding_frac[i] = max(response.fatigue_floor, (1.0 - response.fatigue_frac) ** ledger.needless[i])
    going = response.reached_frac * ledger.heeding_frac[i]
    if is_first:
        alert.is_first = 1
        ledger.totals[0] += 1
        ledger.totals[1] += 1
        ledger.totals[3] += people * going
        ledger.alerts[i] += 1
        ledger.needless[i] += 1
        ledger.is_needed[i] = 0
    if is_new:
        ledger.t_start_s[i] = t_s
    until = alert.t_end_s
    added = until - max(t_s, ledger.t_until_s[i])
    if until > ledger.t_until_s[i]:
        ledger.totals[2] += added * people * model.p_shelter_max * going
        if is_day:
            ledger.sheltered_day_s[i] += added
        else:
            ledger.sheltered_s[i] += added
        ledger.t_until_s[i] = until
    ledger.t_last_s[i] = t_s


@allocating_kernel
def play_alerts(
    model: WarningModel,
    response: Response,
    ledger: Ledger,
    alerts: np.ndarray,
    areas: np.ndarray,
    t_due_s: np.ndarray,
    due_area: np.ndarray,
    is_threat: np.ndarray,
) -> tuple:
    """Sound the alerts and let happen what is due, in time order; gives lead times and the shares who heed.

    Parameters
    ----------
    alerts (n,) of ALERT in time order; areas (n_areas,) of AREA
    t_due_s, due_area (m,)    moments in time order [s], and places, at which something comes down or would have
    is_threat (m,)            1 where it makes the alert in force a needed one

    Returns
    -------
    lead_s (m,)           time from the start of the sheltering in force to the moment [s]; NaN for unwarned
    heeding_frac (m,)     share of the people reached who heed that alert
    """
    lead_s, heeding_frac = np.full(len(t_due_s), np.nan), np.ones(len(t_due_s))
    k = 0
    for j in range(len(t_due_s)):
        while k < len(alerts) and alerts[k].t_s <= t_due_s[j]:
            _sound(model, response, ledger, alerts[k], areas[alerts[k].i_area])
            k += 1
        i = due_area[j]
        if t_due_s[j] <= ledger.t_until_s[i]:
            lead_s[j], heeding_frac[j] = t_due_s[j] - ledger.t_start_s[i], ledger.heeding_frac[i]
            if ledger.is_needed[i] == 0 and is_threat[j] == 1:
                ledger.is_needed[i] = 1
                ledger.totals[1] -= 1
                ledger.needless[i] -= 1
    while k < len(alerts):
        _sound(model, response, ledger, alerts[k], areas[alerts[k].i_area])
        k += 1
    return lead_s, heeding_frac

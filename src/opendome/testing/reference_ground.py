"""What the reference engine makes of a battle on the ground: alerts, lead times, harm, and the summary row.

Alerts of one area are a sorted list; what is in force at a time is looked up in it, instead of being carried along.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from opendome.base.tally import N_TALLY, Tally
from opendome.scenario.world import World

from .reference_battle import ReferenceBattle
from .reference_pieces import Assessment, Campaign, Missile, Track, as_objects

__all__ = ["AlertBook", "book_alerts", "count_row", "sheltered"]

_MOST_LEAD_S = 600


@dataclass
class AlertBook:
    """Alerts of an area, each from a time to another; ``groups`` (alerts that count) and ``stays`` (times in shelter,
    the union of what alerts last) are starts.
    """

    spans_s: list[tuple[float, float]]
    merge_s: float
    groups: list[float] = field(default_factory=list)
    stays: list[float] = field(default_factory=list)
    needed: set[int] = field(default_factory=set)
    sheltered_s: float = 0.0

    def __post_init__(self) -> None:
        self.spans_s.sort()
        self.times_s = [t_s for t_s, _ in self.spans_s]
        self.ends_s: list[float] = []
        for i, (t_s, end_s) in enumerate(self.spans_s):
            gap_s = t_s - self.times_s[i - 1] if i else math.inf
            until_s = self.ends_s[-1] if i else -math.inf
            if gap_s > self.merge_s:
                self.groups.append(t_s)
            if t_s > until_s:
                self.stays.append(t_s)
            self.sheltered_s += max(end_s - max(t_s, until_s), 0.0)
            self.ends_s.append(max(end_s, until_s))

    def lead_s(self, t_impact_s: float, is_down: bool) -> float | None:
        """Time for which people have been called into shelter [s], None if they are not; the alert was then needed."""
        n_before = bisect.bisect_right(self.times_s, t_impact_s)
        if n_before == 0 or t_impact_s > self.ends_s[n_before - 1]:
            return None
        if is_down:
            self.needed.add(bisect.bisect_right(self.groups, t_impact_s) - 1)
        return t_impact_s - self.stays[bisect.bisect_right(self.stays, t_impact_s) - 1]


def _is_level(world: World, track: Track) -> bool:
    """Whether a level flyer's track goes by a rule of its own."""
    is_level = world.warning.level.is_level
    return len(is_level) > 0 and bool(is_level[track.figures.i_class])


def _zone_of(world: World, i_area: int) -> list[int]:
    """Areas that are alerted together."""
    zone_of_area = world.warning.zones.zone_of_area.tolist()
    return [i for i, zone in enumerate(zone_of_area) if zone == zone_of_area[i_area]] if zone_of_area else [i_area]


def _met(world: World, track: Track, assessment: Assessment) -> set[int]:
    """Areas in zones that an assessment meets."""
    rules, is_level, met = world.warning, _is_level(world, track), set[int]()
    p_min = rules.level.p_area_min if is_level else rules.p_area_min
    for i_area, p_hit, is_inside in assessment.areas:
        together = _zone_of(world, i_area)
        if rules.is_ellipse and not is_level:
            is_met = is_inside and p_hit >= p_min
        else:
            is_met = sum(p for other, p, _ in assessment.areas if other in together) >= p_min
        met |= set(together) if is_met else set()
    return met


def _alerts_of(track: Track, world: World) -> list[tuple[float, float, int]]:
    """(time, end, area) of each alert that one track leads to."""
    rules, found = world.warning, []
    wait_s = rules.level.wait_s if _is_level(world, track) else rules.wait_s
    old_enough_s, delay_s = track.figures.t_first_plot_s + wait_s, rules.decision_delay_s + rules.message_delay_s
    for i, assessment in enumerate(track.assessments):
        t_s, t_impact_s = max(assessment.figures.t_s, old_enough_s), assessment.figures.t_impact_s
        later = track.assessments[i + 1 :]
        if any(one.figures.t_s <= t_s for one in later) or t_s >= t_impact_s:
            continue
        sounds_s = t_s + delay_s
        stays_s = sounds_s + rules.stay_s
        if not math.isnan(rules.all_clear_s):
            stays_s = max(sounds_s, t_impact_s + rules.all_clear_s)
        for i_area in sorted(_met(world, track, assessment)):
            ends_s = [stays_s]
            if rules.is_called_off:
                ends_s += [one.figures.t_s + delay_s for one in later if i_area not in _met(world, track, one)]
            found.append((sounds_s, min(ends_s), i_area))
    return found


def book_alerts(world: World, campaign: Campaign) -> list[AlertBook]:
    """Alert book of each area over the whole campaign."""
    spans_s: list[list[tuple[float, float]]] = [[] for _ in world.areas]
    for track in campaign.tracks:
        for t_s, end_s, i_area in _alerts_of(track, world):
            spans_s[i_area].append((t_s, end_s))
    return [AlertBook(spans, world.warning.merge_s) for spans in spans_s]


def sheltered(world: World, lead_s: float | None, time_to_shelter_s: float) -> float:
    """Share of people in shelter: a log-normal time to get there, after a reaction."""
    harm = world.harm
    if lead_s is None or lead_s <= harm.reaction_s:
        return 0.0
    if time_to_shelter_s <= 0.0:
        return float(harm.p_shelter_max)
    median_s = harm.shelter_median_frac * time_to_shelter_s
    z = (math.log(lead_s - harm.reaction_s) - math.log(median_s)) / harm.shelter_log_sd
    return float(harm.p_shelter_max * 0.5 * (1.0 + math.erf(z / math.sqrt(2.0))))


def _quantile_s(leads_s: list[float], share: float) -> float:
    """Quantile of lead times that are known to the second, straight within a second."""
    if not leads_s:
        return math.nan
    seconds = sorted(min(int(lead), _MOST_LEAD_S) for lead in leads_s)
    wanted = share * len(seconds)
    second = seconds[max(math.ceil(wanted) - 1, 0)]
    below, n = bisect.bisect_left(seconds, second), seconds.count(second)
    return second + (wanted - below) / n


def _timetables(battle: ReferenceBattle) -> list[tuple[float, list[Any]]]:
    """(radius of the footprint, entries of the timetable) of each unit."""
    entries = as_objects(battle.model.changes)
    return [
        (unit.defended_radius_m, entries[unit.first_change : unit.first_change + unit.n_changes])
        for unit in (one.figures for one in battle.units)
    ]


def _is_defended(timetables: list[tuple[float, list[Any]]], missile: Missile) -> bool:
    """Whether it would come down inside the footprint of a unit that is ready by its timetable."""
    truth = missile.truth
    for radius_m, entries in timetables:
        past = [entry for entry in entries if entry.t_s <= truth.t_impact_s]
        if not past or not past[-1].is_ready:
            continue
        away_m = math.dist((truth.impact_east_m, truth.impact_north_m), (past[-1].east_m, past[-1].north_m))
        if away_m <= radius_m:
            return True
    return False


def _count_end(row: np.ndarray, missile: Missile) -> None:
    """Where it ended: one column of the partition."""
    truth = missile.truth
    if missile.t_killed_s is not None:
        column = Tally.INTERCEPTED
    elif missile.is_misfire:
        column = Tally.FAILED
    elif missile.i_area >= 0 and truth.is_built_up:
        column = Tally.LEAKED_BUILT_UP
    elif missile.i_area < 0 and truth.is_in_launch_area:
        column = Tally.FELL_SHORT
    else:
        column = Tally.AT_SEA if missile.i_area < 0 and truth.is_at_sea else Tally.OPEN_GROUND
    row[column] += 1


def _count_missile(row: np.ndarray, world: World, timetables: list[tuple[float, list[Any]]], missile: Missile) -> None:
    truth, is_killed = missile.truth, missile.t_killed_s is not None
    row[Tally.LAUNCHED] += 1
    row[Tally.COST_ATTACKER_KUSD] += world.classes["unit_cost_kusd"][truth.i_class]
    row[Tally.TRACKED] += bool(missile.tracks)
    row[Tally.ENGAGED] += missile.was_engaged
    _count_end(row, missile)
    if missile.i_area < 0 or missile.is_misfire:
        row[Tally.ENGAGED_NEEDLESSLY] += missile.was_engaged
        return
    row[Tally.THREATENING] += 1
    row[Tally.THREATENING_BUILT_UP] += truth.is_built_up
    row[Tally.INTERCEPTED_THREATENING] += is_killed
    row[Tally.IMPACTS_IN_AREAS] += not is_killed
    if _is_defended(timetables, missile):
        row[Tally.DEFENDED_THREATENING] += 1
        row[Tally.DEFENDED_INTERCEPTED] += is_killed
    reason = int(missile.last_reason)
    if not missile.was_engaged:
        row[Tally.NOT_ENGAGED_FIRST + reason] += 1
    if not is_killed and truth.is_built_up:
        row[Tally.LEAKED_FIRST + reason] += 1


def _count_impact(row: np.ndarray, world: World, missile: Missile, lead_s: float | None) -> None:
    """Warning of an impact inside an area."""
    time_to_shelter_s = float(world.areas[missile.i_area]["time_to_shelter_s"])
    row[Tally.IMPACTS_UNWARNED if lead_s is None else Tally.IMPACTS_WARNED] += 1
    row[Tally.IMPACTS_WARNED_LATE] += lead_s is not None and lead_s < time_to_shelter_s


def _count_harm(row: np.ndarray, world: World, missile: Missile, lead_s: float | None) -> None:
    """Harm of an object bound for built-up ground, in the four cases of interceptors and warning on or off."""
    area, kind, harm = world.areas[missile.i_area], world.classes[missile.truth.i_class], world.harm
    people = harm.casualty_scale * area["density_people_per_m2"] * kind["casualty_area_m2"]
    unwarned = people * harm.injuries_per_person
    warned = unwarned * (1.0 - sheltered(world, lead_s, float(area["time_to_shelter_s"])) * harm.shelter_protection)
    row[Tally.INJURIES_IF_NEITHER] += unwarned
    row[Tally.INJURIES_IF_UNDEFENDED] += warned
    if missile.t_killed_s is None:
        row[Tally.PEOPLE_EXPOSED] += people
        row[Tally.INJURIES_IF_UNWARNED] += unwarned
        row[Tally.INJURIES_EXPECTED] += warned
        row[Tally.DAMAGE_KUSD] += kind["damage_kusd"]


def _count_stock(row: np.ndarray, world: World, battle: ReferenceBattle) -> None:
    row[Tally.INTERCEPTORS_FIRED] = battle.n_fired
    row[Tally.INTERCEPTORS_LEFT] = battle.n_left
    row[Tally.INTERCEPTORS_WASTED] = battle.n_wasted
    row[Tally.INTERCEPTORS_DELIVERED] = battle.n_delivered
    sent = [lot for lot in as_objects(world.battle.resupply) if not lot.is_made and lot.t_sent_s < world.duration_s]
    row[Tally.ROUNDS_INITIAL], row[Tally.ROUNDS_MADE] = battle.n_initial, battle.n_made
    row[Tally.ROUNDS_SENT] = battle.n_sent + sum(lot.n_rounds for lot in sent)
    late = sum(lot.n_rounds for lot in sent if lot.t_s == math.inf)
    row[Tally.ROUNDS_IN_TRANSIT] = late + sum(n for orders in battle.under_way for n, _ in orders)
    row[Tally.ROUNDS_LOST], row[Tally.ROUNDS_RETURNED] = battle.n_lost, battle.n_returned
    row[Tally.COST_DEFENDER_KUSD] = sum(unit.n_fired * unit.figures.interceptor_cost_kusd for unit in battle.units)
    t_s = battle.t_stockout_s
    row[Tally.FIRST_STOCKOUT_T_S] = math.nan if t_s is None else t_s
    row[Tally.STOCKED_OUT] = t_s is not None
    row[Tally.STOCKOUT_DAY_CAPPED] = min(world.duration_s if t_s is None else t_s, world.duration_s) / 86400.0


def count_row(
    world: World, battle: ReferenceBattle, campaign: Campaign
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """The summary row of a finished battle, and the lead time of every impact in an area; NaN for unwarned.

    Returns
    -------
    row (N_TALLY,), leads [(time of impact, lead) [s], in time order]
    """
    row = np.zeros(N_TALLY)
    row[Tally.BURSTS] = campaign.n_bursts
    books, timetables = book_alerts(world, campaign), _timetables(battle)
    impacts = []
    for missile in campaign.missiles:
        _count_missile(row, world, timetables, missile)
        if missile.i_area >= 0 and not missile.is_misfire:
            impacts.append(missile)
    impacts.sort(key=lambda missile: missile.truth.t_impact_s)
    leads = []
    for missile in impacts:
        is_down = missile.t_killed_s is None
        lead_s = books[missile.i_area].lead_s(missile.truth.t_impact_s, is_down)
        if missile.truth.is_built_up:
            _count_harm(row, world, missile, lead_s)
        if not is_down:
            continue
        _count_impact(row, world, missile, lead_s)
        leads.append((missile.truth.t_impact_s, math.nan if lead_s is None else lead_s))
    for book, people in zip(books, world.areas["population"].tolist()):
        row[Tally.AREAS_ALERTED] += len(book.groups)
        row[Tally.AREAS_ALERTED_NEEDLESSLY] += len(book.groups) - len(book.needed)
        row[Tally.PERSON_MINUTES_SHELTERED] += book.sheltered_s * people * world.warning.p_shelter_max / 60.0
        on_the_way = len(book.groups) * people * world.harm.sheltering_injuries_per_person
        for column in (Tally.INJURIES_SHELTERING, Tally.INJURIES_EXPECTED, Tally.INJURIES_IF_UNDEFENDED):
            row[column] += on_the_way
    person_hours = row[Tally.PERSON_MINUTES_SHELTERED] / 60.0
    row[Tally.COST_SHELTER_KUSD] = person_hours * world.harm.shelter_kusd_per_person_hour
    in_force_s = [0.0 if math.isnan(lead) else lead for _, lead in leads]
    row[Tally.WARNING_LEAD_P10_S], row[Tally.WARNING_LEAD_P50_S] = (
        _quantile_s(in_force_s, 0.1),
        _quantile_s(in_force_s, 0.5),
    )
    _count_stock(row, world, battle)
    return row, leads

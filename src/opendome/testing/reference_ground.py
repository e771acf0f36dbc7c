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
from .reference_pieces import Assessment, Campaign, Missile, Track, area_of, area_rings, as_objects

__all__ = ["AlertBook", "book_alerts", "count_row", "sheltered"]

_MOST_LEAD_S = 600


@dataclass
class AlertBook:
    """Alerts of an area, each from a time to another; ``groups`` (alerts that count) and ``stays`` (times in shelter,
    the union of what alerts last) are starts.

    ``fatigue``: share of those who would still go that each needless alert takes, and the least share that goes.
    """

    spans_s: list[tuple[float, float]]
    merge_s: float
    fatigue: tuple[float, float] = (0.0, 0.0)
    groups: list[float] = field(default_factory=list)
    stays: list[float] = field(default_factory=list)
    needed: set[int] = field(default_factory=set)

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
            self.ends_s.append(max(end_s, until_s))

    def lead_s(self, t_impact_s: float) -> float | None:
        """Time for which people have been called into shelter [s], None if they are not; the alert was then needed."""
        lead_s = self.lead_of(t_impact_s)
        if lead_s is not None:
            self.needed.add(bisect.bisect_right(self.groups, t_impact_s) - 1)
        return lead_s

    def lead_of(self, t_s: float) -> float | None:
        """The same of a moment that makes no alert needed."""
        n_before = bisect.bisect_right(self.times_s, t_s)
        if n_before == 0 or t_s > self.ends_s[n_before - 1]:
            return None
        return t_s - self.stays[bisect.bisect_right(self.stays, t_s) - 1]

    def heeding(self, t_s: float) -> float:
        """Share of people who heed the alert in force, once all that came due is known.

        They make up their mind when an alert that counts calls them out of the open: after as many needless ones.
        """
        takes, floor = self.fatigue
        if takes == 0.0:
            return 1.0
        called = [i for i, start_s in enumerate(self.groups) if start_s in self.stays and start_s <= t_s]
        if not called:
            return 1.0
        n_needless = sum(i not in self.needed for i in range(called[-1]))
        return max(floor, float((1.0 - takes) ** n_needless))

    def times_added_s(self) -> list[tuple[float, float]]:
        """(time of each alert, time in shelter that it adds) [s]."""
        before = [-math.inf, *self.ends_s[:-1]]
        return [(t_s, max(end_s - max(t_s, last_s), 0.0)) for (t_s, end_s), last_s in zip(self.spans_s, before)]


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
    fatigue = (world.harm.fatigue_frac, world.harm.fatigue_floor)
    return [AlertBook(spans, world.warning.merge_s, fatigue) for spans in spans_s]


def _hour(world: World, t_s: float) -> float:
    """Local hour of a moment."""
    return (world.harm.start_hour + t_s / 3600.0) % 24.0


def _is_within(hour: float, from_hour: float, until_hour: float) -> bool:
    """Whether an hour lies in daily hours, over midnight where the end is the earlier."""
    return (hour - from_hour) % 24.0 < (until_hour - from_hour) % 24.0


def _people_there(world: World, i_area: int, t_s: float) -> tuple[float, float]:
    """People in an area at a moment, and their density on built-up ground [people/m2]."""
    area = world.areas[i_area]
    if _is_within(_hour(world, t_s), world.harm.day_from_hour, world.harm.day_until_hour):
        return float(area["day_population"]), float(area["density_day_people_per_m2"])
    return float(area["population"]), float(area["density_people_per_m2"])


def sheltered(world: World, lead_s: float | None, time_to_shelter_s: float, t_s: float) -> float:
    """Share of people in shelter: channel by channel, a log-normal time to get there after a reaction."""
    harm, total = world.harm, 0.0
    is_night = _is_within(_hour(world, t_s), harm.night_from_hour, harm.night_until_hour)
    reaction_s = harm.reaction_s * (harm.night_reaction_factor if is_night else 1.0)
    for share, delay_s in harm.channels.tolist():
        if lead_s is None or lead_s - delay_s <= reaction_s:
            continue
        if time_to_shelter_s <= 0.0:
            total += share * harm.p_shelter_max
            continue
        median_s = harm.shelter_median_frac * time_to_shelter_s
        z = (math.log(lead_s - delay_s - reaction_s) - math.log(median_s)) / harm.shelter_log_sd
        total += share * harm.p_shelter_max * 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
    return float(total)


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
    """Warning and damage of an impact inside an area."""
    time_to_shelter_s = float(world.areas[missile.i_area]["time_to_shelter_s"])
    row[Tally.IMPACTS_UNWARNED if lead_s is None else Tally.IMPACTS_WARNED] += 1
    row[Tally.IMPACTS_WARNED_LATE] += lead_s is not None and lead_s < time_to_shelter_s
    if missile.truth.is_built_up:
        row[Tally.DAMAGE_KUSD] += world.classes[missile.truth.i_class]["damage_kusd"]


def _injuries(
    world: World, book: AlertBook, i_area: int, t_s: float, lead_s: float | None, people: float
) -> tuple[float, float]:
    """Injuries among people in a casualty area: warned, and had they not been."""
    harm, time_to_shelter_s = world.harm, float(world.areas[i_area]["time_to_shelter_s"])
    share = sheltered(world, lead_s, time_to_shelter_s, t_s) * book.heeding(t_s)
    unwarned = people * harm.injuries_per_person
    return unwarned * (1.0 - share * harm.shelter_protection), unwarned


def _count_harm(row: np.ndarray, world: World, book: AlertBook, missile: Missile, lead_s: float | None) -> None:
    """Injuries by an object bound for built-up ground of an area, with and without interceptors and warning."""
    t_s, kind = missile.truth.t_impact_s, world.classes[missile.truth.i_class]
    _, density = _people_there(world, missile.i_area, t_s)
    people = world.harm.casualty_scale * density * kind["casualty_area_m2"]
    warned, unwarned = _injuries(world, book, missile.i_area, t_s, lead_s, people)
    row[Tally.INJURIES_IF_UNDEFENDED] += warned
    row[Tally.INJURIES_IF_NEITHER] += unwarned
    if missile.t_killed_s is None:
        row[Tally.PEOPLE_EXPOSED] += people
        row[Tally.INJURIES_EXPECTED] += warned
        row[Tally.INJURIES_IF_UNWARNED] += unwarned


def _count_debris(row: np.ndarray, world: World, books: list[AlertBook], rings: list[Any], missile: Missile) -> None:
    """Injuries by what falls from an intercepted object: between the point under it and where it was bound."""
    truth, carried = missile.truth, world.harm.debris_carry_frac
    if missile.t_killed_s is None:
        return
    left = (truth.t_impact_s - missile.t_killed_s) / (truth.t_impact_s - truth.t_launch_s) * (1.0 - carried)
    east_m = truth.impact_east_m - left * (truth.impact_east_m - truth.launch_east_m)
    north_m = truth.impact_north_m - left * (truth.impact_north_m - truth.launch_north_m)
    i_area = area_of(rings, east_m, north_m)
    if i_area < 0:
        return
    _, density = _people_there(world, i_area, truth.t_impact_s)
    people = density * world.areas[i_area]["built_up_frac"] * world.harm.debris_area_m2
    lead_s = books[i_area].lead_of(truth.t_impact_s)
    warned, unwarned = _injuries(world, books[i_area], i_area, truth.t_impact_s, lead_s, people)
    row[Tally.INJURIES_BY_DEBRIS] += warned
    row[Tally.INJURIES_EXPECTED] += warned
    row[Tally.INJURIES_IF_UNWARNED] += unwarned


def _count_alerts(row: np.ndarray, world: World, books: list[AlertBook]) -> None:
    """Alerts, the people whom they send to shelter, and what that costs."""
    harm, reached = world.harm, math.fsum(world.harm.channels[:, 0].tolist())
    for i_area, book in enumerate(books):
        row[Tally.AREAS_ALERTED] += len(book.groups)
        row[Tally.AREAS_ALERTED_NEEDLESSLY] += len(book.groups) - len(book.needed)
        for t_s, added_s in book.times_added_s():
            going = _people_there(world, i_area, t_s)[0] * reached * book.heeding(t_s)
            row[Tally.PERSON_MINUTES_SHELTERED] += added_s * going * world.warning.p_shelter_max / 60.0
        for t_s in book.groups:
            going = _people_there(world, i_area, t_s)[0] * reached * book.heeding(t_s)
            row[Tally.INJURIES_SHELTERING] += going * harm.sheltering_injuries_per_person
    row[Tally.INJURIES_EXPECTED] += row[Tally.INJURIES_SHELTERING]
    row[Tally.INJURIES_IF_UNDEFENDED] += row[Tally.INJURIES_SHELTERING]
    row[Tally.COST_SHELTER_KUSD] = row[Tally.PERSON_MINUTES_SHELTERED] / 60.0 * harm.shelter_kusd_per_person_hour


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
    for missile in campaign.missiles:
        _count_missile(row, world, timetables, missile)
    bound = [missile for missile in campaign.missiles if missile.i_area >= 0 and not missile.is_misfire]
    bound.sort(key=lambda missile: missile.truth.t_impact_s)
    leads_s = [books[missile.i_area].lead_s(missile.truth.t_impact_s) for missile in bound]
    leads = []
    for missile, lead_s in zip(bound, leads_s):
        if missile.t_killed_s is None:
            _count_impact(row, world, missile, lead_s)
            leads.append((missile.truth.t_impact_s, math.nan if lead_s is None else lead_s))
        if missile.truth.is_built_up:
            _count_harm(row, world, books[missile.i_area], missile, lead_s)
    rings = area_rings(world)
    for missile in campaign.missiles if world.harm.debris_area_m2 > 0.0 else []:
        _count_debris(row, world, books, rings, missile)
    _count_alerts(row, world, books)
    in_force_s = [0.0 if math.isnan(lead) else lead for _, lead in leads]
    row[Tally.WARNING_LEAD_P10_S], row[Tally.WARNING_LEAD_P50_S] = (
        _quantile_s(in_force_s, 0.1),
        _quantile_s(in_force_s, 0.5),
    )
    _count_stock(row, world, battle)
    return row, leads

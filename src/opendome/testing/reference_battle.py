"""The battle of the reference engine: plain objects, one event list, the whole campaign in one pass.

It keeps the rules of ``battle.kernel`` and nothing of its writing: no windows, no record arrays, no compiled code.
Timetables, deliveries, failures and the ends of reloading are events like any other. It exists to be compared with the
kernel, replication by replication.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from typing import Any

from opendome.base.philox import Purpose
from opendome.base.types import Reason
from opendome.scenario.world import World

from .reference_flight import PathTable, Point, cruise_path, find_opening, rocket_path
from .reference_luck import Luck, standard_normals
from .reference_pieces import BUSY, CLOSED, LOOKING, Assessment, Campaign, Engagement, Launcher, Track, Unit, as_objects
from .reference_policy import Choice, Policy, choose_earliest

__all__ = ["ReferenceBattle"]

# What happens first of things at the same time.
_BEFORE_ALL, _LOADED, _TIMETABLE, _DELIVERY, _FAILURE, _ENGAGEMENT, _ASSESSMENT = range(7)
_MARGIN_S = 1.0
_NEARNESS = (
    Reason.NO_BATTERY_READY,
    Reason.OUT_OF_FOOTPRINT,
    Reason.TOO_LATE,
    Reason.NO_ROUNDS,
    Reason.RELOADING,
    Reason.NO_CHANNEL,
)


class ReferenceBattle:
    """One replication's battle. ``run`` carries it through; what came of it stands in the attributes.

    ``stock_at_day_end`` holds (rounds in launchers, rounds in depots, rounds fired), first at the start; ``arrivals``
    every salvo that has met, in order of time.
    """

    def __init__(
        self,
        world: World,
        luck: Luck,
        campaign: Campaign,
        tables: list[PathTable],
        policy: Policy = choose_earliest,
    ):
        self.model, self.luck, self.campaign, self.policy = world.battle, luck, campaign, policy
        self.n_days = world.n_days
        self.classes = as_objects(world.battle.classes)
        self.tables = tables
        self.posts = as_objects(world.battle.posts)
        self.units = [
            Unit(i, figures, [Launcher() for _ in range(figures.n_launchers)])
            for i, figures in enumerate(as_objects(world.battle.units))
        ]
        self.n_busy = [0] * len(self.posts)
        self.depots = [int(n) for n in world.battle.depot_rounds]
        self.n_delivered = sum(self.depots)
        self.places = [[-math.inf] * int(n) for n in world.battle.track_capacity]
        self.next_place = [0] * len(self.places)
        self.n_wasted = 0
        self.t_stockout_s: float | None = None
        self.arrivals: list[Engagement] = []
        self.stock_at_day_end: list[tuple[int, int, int]] = []
        self._queue: list[tuple[float, int, int, Callable[..., None], tuple]] = []
        self._serial = itertools.count()
        self._fill_queue()

    # --- the event list ---

    def _put(self, t_s: float, rank: int, action: Callable[..., None], *details: Any) -> None:
        heapq.heappush(self._queue, (t_s, rank, next(self._serial), action, details))

    def _fill_queue(self) -> None:
        """Everything that is known beforehand."""
        for day in range(self.n_days):
            self._put(1e-6 if day == 0 else day * 86400.0, _BEFORE_ALL, self._note_stock)
        changes = as_objects(self.model.changes)
        for row in self.model.change_order.tolist():
            self._put(
                changes[row].t_s, _TIMETABLE, self._on_change, self.units[self.model.change_unit[row]], changes[row]
            )
        for lot in as_objects(self.model.resupply):
            self._put(lot.t_s, _DELIVERY, self._on_delivery, lot)
        for track in self.campaign.tracks:
            for assessment in track.assessments:
                self._put(assessment.figures.t_s, _ASSESSMENT, self._on_assessment, track, assessment)

    def run(self, after_s: float = 7200.0) -> None:
        """Carry everything out, up to ``after_s`` after the last day."""
        end_s = self.n_days * 86400.0 + after_s
        while self._queue and self._queue[0][0] < end_s:
            t_s, _, _, action, details = heapq.heappop(self._queue)
            action(t_s, *details)
        self._note_stock(end_s)

    # --- stock ---

    @property
    def n_in_launchers(self) -> int:
        """Rounds in launchers, those being loaded included."""
        return sum(launcher.n_rounds + launcher.n_coming for unit in self.units for launcher in unit.launchers)

    @property
    def n_fired(self) -> int:
        """Rounds fired so far."""
        return sum(unit.n_fired for unit in self.units)

    @property
    def n_left(self) -> int:
        """Rounds in launchers and depots."""
        return self.n_in_launchers + sum(self.depots)

    def _note_stock(self, t_s: float) -> None:
        self.stock_at_day_end.append((self.n_in_launchers, sum(self.depots), self.n_fired))

    def _load(self, unit: Unit, launcher: Launcher, t_s: float) -> None:
        """Begin to fill a launcher from the depot, or let it wait."""
        depot = unit.figures.i_depot
        n = min(unit.figures.rounds_per_launcher - launcher.n_rounds, self.depots[depot])
        launcher.is_short = n <= 0
        if n > 0:
            self.depots[depot] -= n
            launcher.n_coming, launcher.is_loading = n, True
            self._put(t_s + unit.figures.reload_s, _LOADED, self._on_loaded, launcher)

    def _on_loaded(self, t_s: float, launcher: Launcher) -> None:
        launcher.n_rounds, launcher.n_coming, launcher.is_loading = launcher.n_rounds + launcher.n_coming, 0, False

    def _on_delivery(self, t_s: float, lot: Any) -> None:
        if self.luck.uniforms(Purpose.RESUPPLY, lot.ordinal, 0, 0)[0] < lot.p_lost:
            return
        self.depots[lot.i_depot] += lot.n_rounds
        self.n_delivered += lot.n_rounds
        for unit in self.units:
            for launcher in unit.launchers:
                if launcher.is_short and unit.figures.i_depot == lot.i_depot and self.depots[lot.i_depot] > 0:
                    self._load(unit, launcher, t_s)

    def _on_change(self, t_s: float, unit: Unit, change: Any) -> None:
        unit.site_m, unit.is_ready = (change.east_m, change.north_m), bool(change.is_ready)
        if not change.is_arrival:
            return
        left = unit.figures.loaded_rounds
        for launcher in unit.launchers:
            launcher.n_rounds = min(left, unit.figures.rounds_per_launcher)
            left -= launcher.n_rounds
            self.n_delivered += launcher.n_rounds
            if launcher.n_rounds <= unit.figures.reload_when_left_rounds:
                self._load(unit, launcher, t_s)
        self._expect_failure(t_s, unit)

    def _expect_failure(self, t_s: float, unit: Unit) -> None:
        mean_s = unit.figures.fails_every_s
        if mean_s < math.inf:
            after_s = self.luck.exponential(mean_s, Purpose.FAILURE, unit.figures.identity, unit.n_failures, 0)
            self._put(t_s + after_s, _FAILURE, self._on_failure, unit)

    def _on_failure(self, t_s: float, unit: Unit) -> None:
        unit.is_failed = True
        unit.n_failures += 1
        mean_s = unit.figures.repaired_in_s
        after_s = self.luck.exponential(mean_s, Purpose.FAILURE, unit.figures.identity, unit.n_failures, 1)
        self._put(t_s + after_s, _FAILURE, self._on_repair, unit)

    def _on_repair(self, t_s: float, unit: Unit) -> None:
        unit.is_failed = False
        self._expect_failure(t_s, unit)

    # --- what is seen ---

    def _find_place(self, i_sensor: int, t_s: float, until_s: float) -> int | None:
        """A free place in the sensor's list, looked for behind the one last taken; None if all are held."""
        places = self.places[i_sensor]
        for step in range(len(places)):
            place = (self.next_place[i_sensor] + step) % len(places)
            if places[place] <= t_s:
                places[place] = until_s
                self.next_place[i_sensor] = place + 1
                return place
        return None

    def _on_assessment(self, t_s: float, track: Track, assessment: Assessment) -> None:
        if not track.missile.is_flying(t_s):
            return
        track.current = assessment
        if track.place is None and self.places:
            track.place = self._find_place(track.figures.i_sensor, t_s, assessment.figures.t_impact_s)
            if track.place is None:
                self._pass_over(track, Reason.TRACK_CAPACITY)
                return
        if track.state == CLOSED and t_s > track.t_closed_s + self.model.drop_mean_s:
            track.state = LOOKING
        if track.state == LOOKING and self._is_due(t_s, track, assessment):
            self._consider(t_s, track, False)

    def _is_due(self, t_s: float, track: Track, assessment: Assessment) -> bool:
        """Whether a first shot may be thought of: a rocket is let fly for a share of its time and is looked at then."""
        if self.classes[track.figures.i_class].is_cruise or track.n_rounds > 0:
            return True
        origin_s, share = track.figures.t_origin_s, self.model.decision_age_frac
        t_due_s = origin_s + share * (assessment.figures.t_impact_s - origin_s)
        if t_s < t_due_s and not track.has_retry:
            track.has_retry = True
            self._put(t_due_s, _ENGAGEMENT, self._on_retry, track)
        return bool(t_s >= t_due_s)

    # --- decisions ---

    def _pass_over(self, track: Track, reason: Reason) -> None:
        if track.n_rounds == 0 or reason == Reason.SHOTS_USED_UP:
            track.reason = reason

    def _consider(self, t_s: float, track: Track, has_waited: bool) -> None:
        """Shoot at a track, or note why not."""
        model, assessment = self.model, track.current
        if assessment is None:
            return
        figures = assessment.figures
        if figures.p_any < model.p_hit_min and figures.value_people < model.value_min_people:
            return self._pass_over(track, Reason.BELOW_THRESHOLD)
        if track.n_rounds >= model.max_shots:
            return self._pass_over(track, Reason.SHOTS_USED_UP)
        if model.reserve_share > 0.0 and self.n_left <= model.reserve_share * self.n_delivered:
            return self._pass_over(track, Reason.HELD_IN_RESERVE)
        choices, nearest, t_latest_s = self._choices(t_s, track, assessment)
        if not choices:
            if nearest == Reason.NO_ROUNDS and self.t_stockout_s is None:
                self.t_stockout_s = t_s
            may_come = nearest in (Reason.NO_CHANNEL, Reason.RELOADING) and t_s + model.retry_s <= t_latest_s
            if may_come and not track.has_retry:
                track.has_retry = True
                self._put(t_s + model.retry_s, _ENGAGEMENT, self._on_retry, track)
            return self._pass_over(track, nearest)
        choice = self.policy(track, choices, model.round_price_people)
        if choice is None:
            return self._pass_over(track, Reason.POLICY_DECLINED)
        opening = choice.opening
        if model.is_latest and not has_waited and opening.t_launch_s < opening.t_latest_s - 2.0 * _MARGIN_S:
            t_again_s = opening.t_latest_s - _MARGIN_S - self.posts[choice.unit.figures.i_post].decision_s
            track.state = BUSY
            self._put(max(t_again_s, t_s), _ENGAGEMENT, self._on_wait_over, track)
            return None
        return self._fire(t_s, track, assessment, choice)

    def _choices(self, t_s: float, track: Track, assessment: Assessment) -> tuple[list[Choice], Reason, float]:
        """What can be done about a track; the reason nearest to a shot, and the latest launch of any unit."""
        kind = self.classes[track.figures.i_class]
        origin_m = (track.figures.origin_east_m, track.figures.origin_north_m)
        range_m = None if kind.is_cruise else math.dist(assessment.end_m, origin_m)
        path: list[Point] | None = None
        choices: list[Choice] = []
        nearest, t_latest_s = 0, -math.inf
        for unit in self.units:
            figures = unit.figures
            if not unit.is_ready or unit.is_failed:
                continue
            is_in_band = range_m is None or figures.threat_range_min_m <= range_m <= figures.threat_range_max_m
            if not is_in_band or math.dist(assessment.end_m, unit.site_m) > figures.defended_radius_m:
                nearest = max(nearest, 1)
                continue
            path = path or self._path(track, assessment, kind, origin_m)
            rank, t_unit_s = self._add_choices(choices, t_s, track, unit, path, assessment.sigma_m)
            nearest, t_latest_s = max(nearest, rank), max(t_latest_s, t_unit_s)
        return choices, _NEARNESS[nearest], t_latest_s

    def _path(self, track: Track, assessment: Assessment, kind: Any, origin_m: tuple[float, float]) -> list[Point]:
        """Predicted path of a track; the same for every look at one assessment."""
        if assessment.path is None:
            figures, end_m = assessment.figures, assessment.end_m
            if kind.is_cruise:
                now_m = (figures.now_east_m, figures.now_north_m)
                assessment.path = cruise_path(now_m, end_m, kind.height_m, figures.t_s, figures.t_impact_s)
            else:
                table, t_origin_s = self.tables[kind.i_table], track.figures.t_origin_s
                assessment.path = rocket_path(table, origin_m, end_m, t_origin_s, figures.t_impact_s)
        return assessment.path

    def _add_choices(
        self, choices: list[Choice], t_s: float, track: Track, unit: Unit, path: list[Point], sigma_m: float
    ) -> tuple[int, float]:
        """One unit's choices; how near it came to a shot (a place in _NEARNESS), and its latest launch."""
        post = self.posts[unit.figures.i_post]
        loaded = [launcher for launcher in unit.launchers if not launcher.is_loading and launcher.n_rounds > 0]
        launcher = min(loaded, key=lambda one: one.t_free_s, default=None)
        t_ready_s = t_s + post.decision_s
        opening = find_opening(
            unit.figures, unit.site_m, path, t_ready_s if launcher is None else max(t_ready_s, launcher.t_free_s)
        )
        if opening is None:
            return 2, -math.inf
        if launcher is None:
            return (4 if any(one.is_loading for one in unit.launchers) else 3), opening.t_latest_s
        if self.n_busy[unit.figures.i_post] >= post.n_channels:
            return 5, opening.t_latest_s
        p_one = unit.figures.reliability * self._p_kill(unit, track, sigma_m)
        for n in range(1, min(self.model.salvo, self.model.max_shots - track.n_rounds, launcher.n_rounds) + 1):
            p_apart = 1.0 - (1.0 - p_one) ** n
            shared = unit.figures.salvo_correlation
            choices.append(Choice(unit, launcher, n, opening, shared * p_one + (1.0 - shared) * p_apart))
        return 5, opening.t_latest_s

    def _p_kill(self, unit: Unit, track: Track, sigma_m: float) -> float:
        """Kill probability of a round that works."""
        figures = unit.figures
        by_group = (figures.p_kill_rocket, figures.p_kill_mortar, figures.p_kill_drone, figures.p_kill_cruise)
        quality = math.exp(-((sigma_m / self.model.quality_sigma_m) ** 2))
        return float(by_group[self.classes[track.figures.i_class].i_kill_group] * quality)

    # --- engagements ---

    def _fire(self, t_s: float, track: Track, assessment: Assessment, choice: Choice) -> None:
        unit, launcher, n, opening = choice.unit, choice.launcher, choice.n_rounds, choice.opening
        launcher.n_rounds -= n
        launcher.t_free_s = opening.t_launch_s + n * unit.figures.time_between_shots_s
        unit.n_fired += n
        self.n_busy[unit.figures.i_post] += 1
        if launcher.n_rounds <= unit.figures.reload_when_left_rounds:
            self._load(unit, launcher, launcher.t_free_s)
        track.state = BUSY
        track.n_rounds += n
        track.reason = Reason.ENGAGED_WAITED if self.model.is_latest else Reason.ENGAGED
        track.missile.was_engaged = True
        if self.places:
            self._find_place(track.figures.i_sensor, t_s, opening.t_meet_s)
        p_kill = self._p_kill(unit, track, assessment.sigma_m)
        engagement = Engagement(track, unit, n, t_s, opening.t_launch_s, opening.t_meet_s, p_kill)
        self._put(opening.t_meet_s, _ENGAGEMENT, self._on_meeting, engagement)

    def _on_meeting(self, t_s: float, engagement: Engagement) -> None:
        track, unit, missile = engagement.track, engagement.unit, engagement.track.missile
        self.arrivals.append(engagement)
        if missile.is_flying(t_s):
            truth = missile.truth
            engagement.is_kill = self._kills(engagement)
            missile.n_rounds_met += engagement.n_rounds
            if engagement.is_kill:
                missile.t_killed_s = t_s
                coast_s = self.luck.exponential(self.model.drop_mean_s, Purpose.DROP, truth.burst, truth.shot, 0)
                track.t_dropped_s = t_s + coast_s
                if track.place is not None:
                    self.places[track.figures.i_sensor][track.place] = track.t_dropped_s
        else:
            self.n_wasted += engagement.n_rounds
        self._put(t_s + unit.figures.look_delay_s, _ENGAGEMENT, self._on_look, engagement)

    def _kills(self, engagement: Engagement) -> bool:
        """Whether a round of the salvo works and its luck, part of it the salvo's, stays under the kill probability."""
        missile, figures = engagement.track.missile, engagement.unit.figures
        burst, shot, ordinal = missile.truth.burst, missile.truth.shot, missile.n_rounds_met
        together, _ = standard_normals(*self.luck.uniforms(Purpose.KILL_SHARED, burst, shot, ordinal)[:2])
        for j in range(engagement.n_rounds):
            radius, angle, works, _ = self.luck.uniforms(Purpose.KILL, burst, shot, ordinal + j)
            own, _ = standard_normals(radius, angle)
            share = figures.salvo_correlation
            z = math.sqrt(share) * together + math.sqrt(1.0 - share) * own
            if works < figures.reliability and 0.5 * (1.0 + math.erf(z / math.sqrt(2.0))) < engagement.p_kill:
                return True
        return False

    def _on_look(self, t_s: float, engagement: Engagement) -> None:
        track, unit = engagement.track, engagement.unit
        self.n_busy[unit.figures.i_post] -= 1
        truth = track.missile.truth
        (u, *_) = self.luck.uniforms(Purpose.JUDGEMENT, truth.burst, truth.shot, track.n_engagements)
        is_judged = u >= unit.figures.p_kill_judged_miss if engagement.is_kill else u < unit.figures.p_miss_judged_kill
        engagement.is_judged_kill = is_judged
        track.n_engagements += 1
        track.has_retry = False
        if is_judged:
            track.state, track.t_closed_s, track.reason = CLOSED, t_s, Reason.JUDGED_KILLED
        elif not self.model.is_looking:
            track.state, track.t_closed_s = CLOSED, math.inf
        else:
            track.state = LOOKING
            if t_s < track.t_dropped_s:
                self._consider(t_s, track, True)

    def _on_wait_over(self, t_s: float, track: Track) -> None:
        if track.n_rounds == 0 and not track.missile.is_flying(t_s):
            return
        track.state = LOOKING
        self._consider(t_s, track, True)

    def _on_retry(self, t_s: float, track: Track) -> None:
        if track.n_rounds == 0 and not track.missile.is_flying(t_s):
            return
        track.has_retry = False
        if track.state == LOOKING and t_s < track.t_dropped_s:
            self._consider(t_s, track, False)

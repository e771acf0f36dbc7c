"""The battle of the reference engine: plain objects, one event list, the whole campaign in one pass.

It keeps the rules of ``battle.kernel`` and nothing of its writing: no windows, no record arrays, no compiled code.
Timetables, deliveries, failures and the ends of reloading are events like any other. It exists to be compared with the
kernel, replication by replication.
"""

from __future__ import annotations

import math

from opendome.base.philox import Purpose
from opendome.base.types import Reason
from opendome.scenario.world import World

from .reference_flight import PathTable
from .reference_luck import Luck, standard_normals
from .reference_options import ReferenceOptions
from .reference_pieces import BUSY, CLOSED, LOOKING, Assessment, Campaign, Engagement, Track, Unit
from .reference_policy import Choice, Policy
from .reference_stock import ASSESSMENT, ENGAGEMENT

__all__ = ["ReferenceBattle"]

_MARGIN_S = 1.0


class ReferenceBattle(ReferenceOptions):
    """One replication's battle. ``run`` carries it through; what came of it stands in the attributes.

    ``arrivals`` holds every salvo that has met, in order of time; missiles and tracks of the campaign hold the rest.
    """

    def __init__(self, world: World, luck: Luck, campaign: Campaign, tables: list[PathTable], policy: Policy):
        super().__init__(world, luck, tables)
        self.policy = policy
        self.places = [[-math.inf] * int(n) for n in world.battle.track_capacity]
        self.next_place = [0] * len(self.places)
        self.n_wasted = 0
        self.t_stockout_s: float | None = None
        self.arrivals: list[Engagement] = []
        for track in campaign.tracks:
            for assessment in track.assessments:
                self._put(assessment.figures.t_s, ASSESSMENT, self._on_assessment, track, assessment)

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
        if track.figures.post_mask == 0:
            self._pass_over(track, Reason.NOT_REPORTED)
            return
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
            self._put(t_due_s, ENGAGEMENT, self._on_retry, track)
        return bool(t_s >= t_due_s)

    # --- decisions ---

    def _pass_over(self, track: Track, reason: Reason) -> None:
        nearer = Reason.NO_CHANNEL <= track.reason <= Reason.POLICY_DECLINED or track.reason == Reason.ORDER_LOST
        if reason == Reason.SHOTS_USED_UP or (track.n_rounds == 0 and not (nearer and reason == Reason.TOO_LATE)):
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
                self._put(t_s + model.retry_s, ENGAGEMENT, self._on_retry, track)
            return self._pass_over(track, nearest)
        choice = self.policy(track, choices, model.round_price_people)
        if choice is None:
            return self._pass_over(track, Reason.POLICY_DECLINED)
        t_again_s = self._postponed_s(t_s, track, choice, has_waited)
        if t_again_s is not None:
            track.state = BUSY
            if track.n_rounds == 0:
                track.reason = Reason.TOO_LATE
            self._put(t_again_s, ENGAGEMENT, self._on_wait_over, track)
            return None
        if self._order_is_lost(track, choice.unit):
            track.has_retry = True
            self._put(t_s + model.retry_s, ENGAGEMENT, self._on_retry, track)
            return self._pass_over(track, Reason.ORDER_LOST)
        return self._fire(t_s, track, assessment, choice)

    def _postponed_s(self, t_s: float, track: Track, choice: Choice, has_waited: bool) -> float | None:
        """When the order is thought of again: at the last moment by doctrine, or when a slow flyer comes into reach."""
        opening, delay_s = choice.opening, self._order_delay_s(track, choice.unit)
        if self.model.is_latest and not has_waited and opening.t_launch_s < opening.t_latest_s - 2.0 * _MARGIN_S:
            return max(opening.t_latest_s - _MARGIN_S - delay_s, t_s)
        is_level = self.classes[track.figures.i_class].is_cruise
        if is_level and opening.t_launch_s - delay_s > t_s + 2.0 * _MARGIN_S:
            return opening.t_launch_s - delay_s - _MARGIN_S
        return None

    def _order_is_lost(self, track: Track, unit: Unit) -> bool:
        """Whether a launch order does not arrive."""
        p_lost = self.model.net.order_p_lost[self.epoch, unit.number]
        if p_lost == 0.0:
            return False
        track.n_lost_orders += 1
        truth = track.missile.truth
        u = self.luck.of_unit(Purpose.LAUNCH_ORDER, unit.figures.identity, truth.burst, truth.shot, track.n_lost_orders)
        return bool(u < p_lost)

    # --- engagements ---

    def _fire(self, t_s: float, track: Track, assessment: Assessment, choice: Choice) -> None:
        unit, launcher, n, opening = choice.unit, choice.launcher, choice.n_rounds, choice.opening
        launcher.n_rounds -= n
        launcher.t_free_s = opening.t_launch_s + n * unit.figures.time_between_shots_s
        unit.n_fired += n
        post, layer = self._post_of(unit), unit.figures.i_layer
        self.n_busy[post] += 1
        if launcher.n_rounds <= unit.figures.reload_when_left_rounds:
            self._load(unit, launcher, launcher.t_free_s)
        track.state = BUSY
        track.n_rounds += n
        track.n_by_layer[layer] = track.n_by_layer.get(layer, 0) + n
        track.reason = Reason.ENGAGED_WAITED if self.model.is_latest else Reason.ENGAGED
        track.missile.was_engaged = True
        if self.places:
            self._find_place(track.figures.i_sensor, t_s, opening.t_meet_s)
        p_kill = self._p_kill(unit, track, assessment.sigma_m)
        engagement = Engagement(track, unit, n, t_s, opening.t_launch_s, opening.t_meet_s, p_kill, post)
        self._put(opening.t_meet_s, ENGAGEMENT, self._on_meeting, engagement)

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
                missile.t_dropped_s = t_s + coast_s
                if track.place is not None:
                    self.places[track.figures.i_sensor][track.place] = missile.t_dropped_s
        else:
            self.n_wasted += engagement.n_rounds
        self._put(t_s + unit.figures.look_delay_s, ENGAGEMENT, self._on_look, engagement)

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
        self.n_busy[engagement.i_post] -= 1
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
            if t_s < track.missile.t_dropped_s:
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
        if track.state != LOOKING or t_s >= track.missile.t_dropped_s or track.current is None:
            return
        if self._is_due(t_s, track, track.current):
            self._consider(t_s, track, False)

"""What the reference engine's defence can do about a track: who is in contact and who reaches it, with what."""

from __future__ import annotations

import math
from typing import Any

from opendome.base.types import Reason
from opendome.scenario.world import World

from .reference_flight import PathTable, Point, cruise_path, find_opening, rocket_path
from .reference_luck import Luck
from .reference_pieces import Assessment, Track, Unit, as_objects
from .reference_policy import Choice
from .reference_stock import ReferenceStock

__all__ = ["ReferenceOptions"]

_NEARNESS = (
    Reason.NO_BATTERY_READY,
    Reason.OUT_OF_FOOTPRINT,
    Reason.BATTERY_FAILED,
    Reason.CUT_OFF,
    Reason.TOO_LATE,
    Reason.NO_ROUNDS,
    Reason.RELOADING,
    Reason.NO_CHANNEL,
)
_OUT, _FAILED, _CUT_OFF, _TOO_LATE, _EMPTY, _LOADING, _BUSY = range(1, 8)


class ReferenceOptions(ReferenceStock):
    """Units and posts with what they can do at a moment."""

    def __init__(self, world: World, luck: Luck, tables: list[PathTable]):
        super().__init__(world, luck)
        self.tables = tables
        self.classes = as_objects(world.battle.classes)
        self.posts = as_objects(world.battle.posts)
        self.layers = as_objects(world.battle.layers)
        self.n_busy = [0] * len(self.posts)

    def _post_of(self, unit: Unit) -> int:
        """The command post that orders a unit's shots now, -1 for none."""
        return int(self.model.net.i_post[self.epoch, unit.number])

    def _order_delay_s(self, track: Track, unit: Unit) -> float:
        """From a sensor's look to the order at the launcher; infinite where they are not in contact."""
        net, post = self.model.net, self._post_of(unit)
        if post < 0 or not track.figures.post_mask >> post & 1:
            return math.inf
        seen_by = [getattr(track.figures, f"i_sensor{end}") for end in ("", "_2", "_3", "_4")]
        report_s = min(net.report_delay_s[self.epoch, i, post] for i in seen_by if i >= 0)
        return float(self.posts[post].decision_s + report_s + net.order_delay_s[self.epoch, unit.number])

    def _choices(self, t_s: float, track: Track, assessment: Assessment) -> tuple[list[Choice], Reason, float]:
        """What can be done about a track; the reason nearest to a shot, and the latest launch of any unit."""
        if self._belongs_to_others(track, assessment):
            return [], Reason.LEFT_TO_OTHERS, -math.inf
        n_most = min(self.model.salvo, self.model.max_shots - track.n_rounds)
        if not self.layers:
            return self._choices_of(self.units, n_most, t_s, track, assessment)
        layers = self.layers
        order = sorted(range(len(layers)), key=lambda i: (self._is_kept_back(i, layers[i]), i))
        choices: list[Choice] = []
        reason, t_latest_s = Reason.NO_BATTERY_READY, -math.inf
        for i in order:
            n = min(n_most, layers[i].shots_at_most - track.n_by_layer.get(i, 0))
            units = [unit for unit in self.units if unit.figures.i_layer == i]
            if n <= 0:
                continue
            choices, nearer, t_layer_s = self._choices_of(units, n, t_s, track, assessment)
            reason = max(reason, nearer, key=_NEARNESS.index)
            t_latest_s = max(t_latest_s, t_layer_s)
            if choices:
                break
        return choices, reason, t_latest_s

    def _is_kept_back(self, i: int, layer: Any) -> bool:
        """Whether a layer has no more ready rounds than it keeps for what nobody else can reach."""
        ready = sum(unit.n_ready for unit in self.units if unit.figures.i_layer == i and unit.is_ready)
        return bool(layer.reserve_rounds > 0 and ready <= layer.reserve_rounds)

    def _belongs_to_others(self, track: Track, assessment: Assessment) -> bool:
        """Whether, of the units meant for it, the nearest to the impact is ordered by posts without the track."""
        if track.figures.post_mask == -1:
            return False
        range_m = self._launch_range_m(track, assessment)
        near = [
            (math.dist(assessment.end_m, unit.site_m), bool(track.figures.post_mask >> self._orderer(unit) & 1))
            for unit in self.units
            if unit.is_ready and not unit.is_failed and self._is_meant(unit, track, assessment, range_m)
        ]
        own = [distance for distance, is_own in near if is_own]
        return bool(own) and min(near)[0] < min(own)

    def _orderer(self, unit: Unit) -> int:
        """The post that orders a unit's shots, or would by plan if one could reach it."""
        post = self._post_of(unit)
        return post if post >= 0 else int(unit.figures.i_post)

    def _launch_range_m(self, track: Track, assessment: Assessment) -> float | None:
        """From launch to impact; None for what flies level."""
        if self.classes[track.figures.i_class].is_cruise:
            return None
        return math.dist(assessment.end_m, (track.figures.origin_east_m, track.figures.origin_north_m))

    def _is_meant(self, unit: Unit, track: Track, assessment: Assessment, range_m: float | None) -> bool:
        """Whether class, launch range and impact are the unit's."""
        figures = unit.figures
        is_in_band = range_m is None or figures.threat_range_min_m <= range_m <= figures.threat_range_max_m
        return is_in_band and bool(figures.class_mask >> track.figures.i_class & 1) and self._is_near(unit, assessment)

    def _is_near(self, unit: Unit, assessment: Assessment) -> bool:
        return math.dist(assessment.end_m, unit.site_m) <= unit.figures.defended_radius_m

    def _choices_of(
        self, units: list[Unit], n_most: int, t_s: float, track: Track, assessment: Assessment
    ) -> tuple[list[Choice], Reason, float]:
        """What some of the units can do."""
        kind = self.classes[track.figures.i_class]
        origin_m = (track.figures.origin_east_m, track.figures.origin_north_m)
        range_m = self._launch_range_m(track, assessment)
        choices: list[Choice] = []
        nearest, t_latest_s = 0, -math.inf
        for unit in units:
            if not unit.is_ready:
                continue
            if not self._is_meant(unit, track, assessment, range_m):
                nearest = max(nearest, _OUT)
                continue
            path = self._path(track, assessment, kind, origin_m)
            rank, t_unit_s = self._add_choices(choices, n_most, t_s, track, unit, path, assessment.sigma_m)
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
        self,
        choices: list[Choice],
        n_most: int,
        t_s: float,
        track: Track,
        unit: Unit,
        path: list[Point],
        sigma_m: float,
    ) -> tuple[int, float]:
        """One unit's choices; how near it came to a shot (a place in _NEARNESS), and its latest launch."""
        delay_s = self._order_delay_s(track, unit)
        if unit.is_failed or delay_s == math.inf:
            return (_FAILED if unit.is_failed else _CUT_OFF), -math.inf
        loaded = [launcher for launcher in unit.launchers if not launcher.is_loading and launcher.n_rounds > 0]
        launcher = min(loaded, key=lambda one: one.t_free_s, default=None)
        t_ready_s = t_s + delay_s
        opening = find_opening(
            unit.figures, unit.site_m, path, t_ready_s if launcher is None else max(t_ready_s, launcher.t_free_s)
        )
        if opening is None:
            return _TOO_LATE, -math.inf
        if launcher is None:
            return (_LOADING if any(one.is_loading for one in unit.launchers) else _EMPTY), opening.t_latest_s
        post = self._post_of(unit)
        if self.n_busy[post] >= self.posts[post].n_channels:
            return _BUSY, opening.t_latest_s
        p_one = unit.figures.reliability * self._p_kill(unit, track, sigma_m)
        for n in range(1, min(n_most, launcher.n_rounds) + 1):
            p_apart = 1.0 - (1.0 - p_one) ** n
            shared = unit.figures.salvo_correlation
            choices.append(Choice(unit, launcher, n, opening, shared * p_one + (1.0 - shared) * p_apart))
        return _BUSY, opening.t_latest_s

    def _p_kill(self, unit: Unit, track: Track, sigma_m: float) -> float:
        """Kill probability of a round that works."""
        figures = unit.figures
        by_group = (figures.p_kill_rocket, figures.p_kill_mortar, figures.p_kill_drone, figures.p_kill_cruise)
        quality = math.exp(-((sigma_m / self.model.quality_sigma_m) ** 2))
        return float(by_group[self.classes[track.figures.i_class].i_kill_group] * quality)

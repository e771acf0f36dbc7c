"""The peer: the same battle written in SimPy, one process for each rocket and one for each engagement.

Rules, raid, picture and luck are the kernel's, so every count must equal the kernel's, replication by replication.
Written as one would write it in SimPy without the kernel: objects, generators, plain Python arithmetic. Channels,
magazines and track lists are plain attributes, which is quicker than SimPy's own resources. The rule is ``earliest``;
no other is known here.

Left out on purpose: warning and harm, which the kernel's whole chain does as well.
"""

from __future__ import annotations

import math
from typing import Any

import simpy

from benchmarks.peer_data import Assessment, Launcher, Luck, Rocket, Unit, plain
from benchmarks.peer_paths import launch_window, predicted_path
from benchmarks.peer_stock import Process, Stock, TrackList
from opendome.base.philox import Purpose
from opendome.base.tally import GROUPS_FIRST, N_TALLY, Tally
from opendome.base.types import Fate, Reason
from opendome.battle.state import CLOSED, OPEN, PENDING
from opendome.scenario.world import World

__all__ = ["COMPARED", "Battle", "fight"]

_NOT_COUNTED = {Tally.BURSTS, Tally.DEFENDED_THREATENING, Tally.DEFENDED_INTERCEPTED}
COMPARED = tuple(
    column
    for column in (*range(Tally.STOCKED_OUT + 1), *range(Tally.NOT_ENGAGED_FIRST, GROUPS_FIRST))
    if column not in _NOT_COUNTED
)
"""Columns of the summary row that the peer fills as well, and that must be equal."""

_DAY_S = 86400.0
_AFTER_S = 7200.0
_LATEST_MARGIN_S = 1.0
_FEASIBLE = 99
_RANK = {
    Reason.NO_BATTERY_READY: 0,
    Reason.OUT_OF_FOOTPRINT: 1,
    Reason.BATTERY_FAILED: 2,
    Reason.TOO_LATE: 3,
    Reason.NO_ROUNDS: 4,
    Reason.RELOADING: 5,
    Reason.NO_CHANNEL: 6,
    _FEASIBLE: 7,
}
_P_KILL_OF_GROUP = ("p_kill_rocket", "p_kill_mortar", "p_kill_drone", "p_kill_cruise")


class Shot:
    """What a unit could do about a rocket: launcher, number of rounds, times."""

    __slots__ = ("launcher", "n_rounds", "t_latest_s", "t_launch_s", "t_meet_s", "unit")

    def __init__(self, unit: Unit, launcher: Launcher, n_rounds: int, times: tuple[float, float, float]):
        self.unit, self.launcher, self.n_rounds = unit, launcher, n_rounds
        self.t_launch_s, self.t_meet_s, self.t_latest_s = times


class Battle:
    """The battle of one replication."""

    def __init__(self, env: simpy.Environment, world: World, tables: list[Any], rockets: list[Rocket], luck: Luck):
        model = world.battle
        self.env, self.model, self.tables, self.rockets, self.luck = env, model, tables, rockets, luck
        self.classes = [plain(kind) for kind in model.classes]
        self.posts = [plain(post) for post in model.posts]
        self.stock = Stock(env, world)
        self.busy = [0] * len(self.posts)
        self.lists = [TrackList(capacity) for capacity in model.track_capacity.tolist()]
        self.fired, self.wasted, self.t_stockout_s = 0, 0, math.nan
        self.row = [0.0] * N_TALLY
        env.process(self.stock.timetable())
        env.process(self.count_days(world.n_days))
        env.process(self.send())

    def send(self) -> Process:
        """Process: each rocket becomes a process when it is first seen."""
        env = self.env
        seen = [rocket for rocket in self.rockets if rocket.is_tracked]
        for rocket in sorted(seen, key=lambda rocket: rocket.assessments[0].t_s):
            t_s = rocket.assessments[0].t_s
            yield env.timeout(t_s - env.now)
            env.process(self.fly(rocket))

    def fly(self, rocket: Rocket) -> Process:
        """Process: a rocket's assessments, for as long as there is something to see."""
        env = self.env
        for row in rocket.assessments:
            if row.t_s > env.now:
                yield env.timeout(row.t_s - env.now)
            if rocket.is_down(row.t_s):
                return
            self.on_assessment(rocket, row)

    def on_assessment(self, rocket: Rocket, row: Assessment) -> None:
        """A new prediction."""
        rocket.current = row
        if rocket.slot < 0 and self.lists:
            rocket.slot = self.lists[rocket.i_sensor].take(row.t_s, row.t_impact_s)
            if rocket.slot < 0:
                self.refuse(rocket, Reason.TRACK_CAPACITY)
                return
        if rocket.status == CLOSED and row.t_s > rocket.t_closed_s + self.model.drop_mean_s:
            rocket.status = OPEN
        if rocket.status == OPEN and self.is_mature(rocket, row, row.t_s):
            self.consider(rocket, row.t_s, False)

    def is_mature(self, rocket: Rocket, row: Assessment, t_s: float) -> bool:
        """Whether a first decision is due; if not, look again when it is."""
        if rocket.n_shots > 0 or self.classes[rocket.i_class]["is_cruise"]:
            return True
        t_due_s = rocket.t_origin_s + self.model.decision_age_frac * (row.t_impact_s - rocket.t_origin_s)
        if t_s >= t_due_s:
            return True
        if not rocket.has_retry:
            rocket.has_retry = True
            self.env.process(self.retry(rocket, t_due_s))
        return False

    @staticmethod
    def refuse(rocket: Rocket, reason: int) -> None:
        """Note why a rocket was not shot at."""
        nearer = Reason.NO_CHANNEL <= rocket.reason <= Reason.POLICY_DECLINED
        if reason == Reason.SHOTS_USED_UP or (rocket.n_shots == 0 and not (nearer and reason == Reason.TOO_LATE)):
            rocket.reason = reason

    def consider(self, rocket: Rocket, t_s: float, is_waited: bool) -> None:
        """Shoot at a rocket now, if doctrine and stock allow it."""
        model, row = self.model, rocket.current
        assert row is not None
        if not (row.p_any >= model.p_hit_min or row.value_people >= model.value_min_people):
            self.refuse(rocket, Reason.BELOW_THRESHOLD)
            return
        if rocket.n_shots >= model.max_shots:
            self.refuse(rocket, Reason.SHOTS_USED_UP)
            return
        if model.reserve_share > 0.0 and self.stock.total_rounds() <= model.reserve_share * self.stock.delivered:
            self.refuse(rocket, Reason.HELD_IN_RESERVE)
            return
        shot, reason, t_latest_s = self.best_shot(rocket, row, t_s)
        if shot is not None:
            self.order(rocket, row, shot, t_s, is_waited)
            return
        if reason == Reason.NO_ROUNDS and math.isnan(self.t_stockout_s):
            self.t_stockout_s = t_s
        may_change = reason in (Reason.NO_CHANNEL, Reason.RELOADING) and t_s + model.retry_s <= t_latest_s
        if may_change and not rocket.has_retry:
            rocket.has_retry = True
            self.env.process(self.retry(rocket, t_s + model.retry_s))
        self.refuse(rocket, reason)

    def best_shot(self, rocket: Rocket, row: Assessment, t_s: float) -> tuple[Shot | None, int, float]:
        """Give the shot that intercepts first, the reason nearest to a shot, and the latest launch of any unit."""
        kind = self.classes[rocket.i_class]
        range_m = -1.0
        if not kind["is_cruise"]:
            range_m = math.hypot(row.mean_east_m - rocket.origin_east_m, row.mean_north_m - rocket.origin_north_m)
        best, best_reason, t_latest_s = None, int(Reason.NO_BATTERY_READY), -math.inf
        for unit in self.stock.units:
            shot, reason, latest_s = self.judge(unit, rocket, row, range_m, t_s)
            if _RANK[reason] > _RANK[best_reason]:
                best_reason = reason
            t_latest_s = max(t_latest_s, latest_s)
            if shot is not None and (best is None or shot.t_meet_s < best.t_meet_s):
                best = shot
        return best, best_reason, t_latest_s

    def judge(
        self, unit: Unit, rocket: Rocket, row: Assessment, range_m: float, t_s: float
    ) -> tuple[Shot | None, int, float]:
        """Give one unit's shot, or how far it came."""
        figures = unit.figures
        if not unit.is_ready:
            return None, Reason.NO_BATTERY_READY, -math.inf
        if range_m >= 0.0 and not figures["threat_range_min_m"] <= range_m <= figures["threat_range_max_m"]:
            return None, Reason.OUT_OF_FOOTPRINT, -math.inf
        if math.hypot(row.mean_east_m - unit.east_m, row.mean_north_m - unit.north_m) > figures["defended_radius_m"]:
            return None, Reason.OUT_OF_FOOTPRINT, -math.inf
        if unit.is_failed:
            return None, Reason.BATTERY_FAILED, -math.inf
        post = self.posts[unit.i_post]
        launcher, why_not = self.best_launcher(unit, t_s)
        t_free_s = t_s + post["decision_s"]
        if launcher is not None:
            t_free_s = max(t_free_s, launcher.t_free_s)
        times = launch_window(unit, self.path(rocket, row), t_free_s)
        if times[2] == -math.inf:
            return None, Reason.TOO_LATE, -math.inf
        if launcher is None:
            return None, why_not, times[2]
        if self.busy[unit.i_post] >= post["n_channels"]:
            return None, Reason.NO_CHANNEL, times[2]
        n_rounds = min(self.model.salvo, self.model.max_shots - rocket.n_shots, launcher.rounds)
        return Shot(unit, launcher, n_rounds, times), _FEASIBLE, times[2]

    def best_launcher(self, unit: Unit, t_s: float) -> tuple[Launcher | None, int]:
        """Give the loaded launcher that is free first; and why there is none."""
        best, reason = None, int(Reason.NO_ROUNDS)
        for launcher in unit.launchers:
            if launcher.t_loaded_s <= t_s:
                launcher.rounds += launcher.coming
                launcher.coming, launcher.t_loaded_s = 0, math.inf
            if launcher.t_loaded_s < math.inf:
                reason = int(Reason.RELOADING)
            elif launcher.rounds > 0 and (best is None or launcher.t_free_s < best.t_free_s):
                best = launcher
        return best, reason

    def path(self, rocket: Rocket, row: Assessment) -> list[tuple[float, float, float, float]]:
        """Give the predicted path as nodes (time, east, north, height); worked out once for an assessment."""
        if row.nodes is None:
            row.nodes = predicted_path(self.classes[rocket.i_class], self.tables, rocket, row)
        return row.nodes

    def order(self, rocket: Rocket, row: Assessment, shot: Shot, t_s: float, is_waited: bool) -> None:
        """Fire, or wait: for the last moment if doctrine asks for it, or until what flies level comes into reach."""
        unit, n, model = shot.unit, shot.n_rounds, self.model
        t_again_s = self.postponed_s(rocket, shot, t_s, is_waited)
        if t_again_s is not None:
            rocket.status = PENDING
            if rocket.n_shots == 0:
                rocket.reason = Reason.TOO_LATE
            self.env.process(self.wait(rocket, t_again_s))
            return
        launcher = shot.launcher
        launcher.rounds -= n
        launcher.t_free_s = shot.t_launch_s + n * unit.figures["time_between_shots_s"]
        self.stock.ready_rounds -= n
        self.fired += n
        self.busy[unit.i_post] += 1
        if launcher.rounds <= unit.figures["reload_when_left_rounds"]:
            self.stock.start_reload(launcher, launcher.t_free_s)
        rocket.status = PENDING
        rocket.n_shots += n
        rocket.reason = Reason.ENGAGED_WAITED if model.is_latest else Reason.ENGAGED
        rocket.was_engaged = True
        if self.lists:
            self.lists[rocket.i_sensor].take(t_s, shot.t_meet_s)
        p_kill = unit.figures[_P_KILL_OF_GROUP[self.classes[rocket.i_class]["i_kill_group"]]]
        p_kill *= math.exp(-((row.sigma_m / model.quality_sigma_m) ** 2))
        self.env.process(self.engage(rocket, unit, n, shot.t_meet_s, p_kill))

    def postponed_s(self, rocket: Rocket, shot: Shot, t_s: float, is_waited: bool) -> float | None:
        """Give the time at which a shot is thought of again; None if it is fired now."""
        decision_s = self.posts[shot.unit.i_post]["decision_s"]
        if self.model.is_latest and not is_waited and shot.t_launch_s < shot.t_latest_s - 2.0 * _LATEST_MARGIN_S:
            return max(shot.t_latest_s - _LATEST_MARGIN_S - decision_s, t_s)
        is_level = self.classes[rocket.i_class]["is_cruise"]
        if is_level and shot.t_launch_s - decision_s > t_s + 2.0 * _LATEST_MARGIN_S:
            return shot.t_launch_s - decision_s - _LATEST_MARGIN_S
        return None

    def engage(self, rocket: Rocket, unit: Unit, n: int, t_meet_s: float, p_kill: float) -> Process:
        """Process: rounds fly, arrive, and are judged; then perhaps another shot."""
        env = self.env
        yield env.timeout(t_meet_s - env.now)
        is_killed = self.arrive(rocket, unit, n, t_meet_s, p_kill)
        t_look_s = t_meet_s + unit.figures["look_delay_s"]
        yield env.timeout(t_look_s - env.now)
        self.busy[unit.i_post] -= 1
        u = self.luck.four(Purpose.JUDGEMENT, rocket.burst, rocket.shot, rocket.n_engagements)[0]
        rocket.n_engagements += 1
        rocket.has_retry = False
        if u >= unit.figures["p_kill_judged_miss"] if is_killed else u < unit.figures["p_miss_judged_kill"]:
            rocket.status, rocket.t_closed_s, rocket.reason = CLOSED, t_look_s, Reason.JUDGED_KILLED
        elif not self.model.is_looking:
            rocket.status, rocket.t_closed_s = CLOSED, math.inf
        else:
            rocket.status = OPEN
            if t_look_s < rocket.t_dropped_s:
                self.consider(rocket, t_look_s, True)

    def arrive(self, rocket: Rocket, unit: Unit, n: int, t_s: float, p_kill: float) -> bool:
        """Rounds meet the rocket, or nothing."""
        if rocket.is_down(t_s):
            self.wasted += n
            return False
        is_killed = self.draw_kill(rocket, unit.figures, n, p_kill)
        if is_killed:
            rocket.is_killed = True
            u = self.luck.four(Purpose.DROP, rocket.burst, rocket.shot, 0)[0]
            rocket.t_dropped_s = t_s - self.model.drop_mean_s * math.log(u)
            if rocket.slot >= 0:
                self.lists[rocket.i_sensor].until_s[rocket.slot] = rocket.t_dropped_s
        rocket.n_shots_arrived += n
        return is_killed

    def draw_kill(self, rocket: Rocket, figures: dict[str, Any], n: int, p_kill: float) -> bool:
        """Whether any round of a salvo kills: normal luck, part of it shared by the salvo."""
        four, ordinal = self.luck.four, rocket.n_shots_arrived
        s0, s1, _, _ = four(Purpose.KILL_SHARED, rocket.burst, rocket.shot, ordinal)
        shared = math.sqrt(figures["salvo_correlation"]) * _normal(s0, s1)
        own_scale = math.sqrt(1.0 - figures["salvo_correlation"])
        for j in range(n):
            u0, u1, u2, _ = four(Purpose.KILL, rocket.burst, rocket.shot, ordinal + j)
            luck = shared + own_scale * _normal(u0, u1)
            if u2 < figures["reliability"] and 0.5 * math.erfc(-luck / math.sqrt(2.0)) < p_kill:
                return True
        return False

    def wait(self, rocket: Rocket, t_s: float) -> Process:
        """Process: look again at the last feasible moment."""
        yield self.env.timeout(max(t_s - self.env.now, 0.0))
        if rocket.n_shots == 0 and rocket.is_down(t_s):
            return
        rocket.status = OPEN
        self.consider(rocket, t_s, True)

    def retry(self, rocket: Rocket, t_s: float) -> Process:
        """Process: look again at what was too early, or lacked a channel or a loaded launcher."""
        yield self.env.timeout(t_s - self.env.now)
        if rocket.n_shots == 0 and rocket.is_down(t_s):
            return
        rocket.has_retry = False
        row = rocket.current
        if rocket.status == OPEN and t_s < rocket.t_dropped_s and row and self.is_mature(rocket, row, t_s):
            self.consider(rocket, t_s, False)

    def count_days(self, n_days: int) -> Process:
        """Process: at the end of each day count what has come down; the last day is counted by ``finish``."""
        for day in range(1, n_days):
            yield self.env.timeout(day * _DAY_S - self.env.now)
            self.count(day * _DAY_S)

    def count(self, until_s: float) -> None:
        """Count the fate of every rocket that has come down by a time."""
        for rocket in self.rockets:
            if not rocket.is_counted and rocket.t_impact_s < until_s:
                rocket.is_counted = True
                count_rocket(self.row, rocket)

    def finish(self) -> list[float]:
        """Give the summary row at the end."""
        self.count(math.inf)
        row = self.row
        row[Tally.INTERCEPTORS_FIRED], row[Tally.INTERCEPTORS_WASTED] = self.fired, self.wasted
        row[Tally.INTERCEPTORS_LEFT] = self.stock.total_rounds()
        row[Tally.INTERCEPTORS_DELIVERED] = self.stock.delivered
        row[Tally.FIRST_STOCKOUT_T_S] = self.t_stockout_s
        row[Tally.STOCKED_OUT] = 0.0 if math.isnan(self.t_stockout_s) else 1.0
        return row


def _normal(u_radius: float, u_angle: float) -> float:
    """Give a standard normal from two uniforms (Box and Muller 1958)."""
    return math.sqrt(-2.0 * math.log(u_radius)) * math.cos(2.0 * math.pi * u_angle)


def count_rocket(row: list[float], rocket: Rocket) -> None:
    """Add one rocket's fate to the summary row."""
    is_misfire = rocket.fate == Fate.MISFIRES
    row[Tally.LAUNCHED] += 1
    row[Tally.TRACKED] += rocket.is_tracked
    row[Tally.ENGAGED] += rocket.was_engaged
    row[_fate_column(rocket, is_misfire)] += 1
    if rocket.end_area < 0 or is_misfire:
        row[Tally.ENGAGED_NEEDLESSLY] += rocket.was_engaged
        return
    row[Tally.THREATENING] += 1
    row[Tally.THREATENING_BUILT_UP] += rocket.is_built_up
    if not rocket.was_engaged:
        row[Tally.NOT_ENGAGED_FIRST + rocket.reason] += 1
    if rocket.is_killed:
        row[Tally.INTERCEPTED_THREATENING] += 1
        return
    row[Tally.IMPACTS_IN_AREAS] += 1
    if rocket.is_built_up:
        row[Tally.LEAKED_FIRST + rocket.reason] += 1


def _fate_column(rocket: Rocket, is_misfire: bool) -> Tally:
    if rocket.is_killed:
        return Tally.INTERCEPTED
    if is_misfire:
        return Tally.FAILED
    if rocket.is_built_up:
        return Tally.LEAKED_BUILT_UP
    if rocket.is_in_launch_area:
        return Tally.FELL_SHORT
    return Tally.AT_SEA if rocket.is_at_sea else Tally.OPEN_GROUND


def fight(world: World, tables: list[Any], rockets: list[Rocket], luck: Luck) -> list[float]:
    """Fight one replication's battle from the first second to two hours after the last day; give the summary row.

    Parameters
    ----------
    world : World
    tables : list
        ``peer_data.flight_rows(world)``.
    rockets : list of Rocket
        ``peer_data.draw_rockets``; used up by the battle.
    luck : Luck

    Returns
    -------
    list of N_TALLY numbers
        Columns other than ``COMPARED`` are 0.
    """
    env = simpy.Environment()
    battle = Battle(env, world, tables, rockets, luck)
    env.run(until=world.n_days * _DAY_S + _AFTER_S)
    return battle.finish()

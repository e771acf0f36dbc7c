"""One replication played live: it stops at any time, a person's orders enter with theirs, and every answer is kept.

A live battle is a function of its world, seed, number and orders. So nothing has to be saved but the orders: a battle
is rewound or branched by playing them again up to a time, which gives the same arrays to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opendome.battle.looking import ask_about
from opendome.battle.scope import BLIP, tracks_on_scope
from opendome.battle.splice import Seen, splice, under_way
from opendome.battle.state import OPEN, BattleState, Count, Window
from opendome.battle.windows import open_window
from opendome.picture.model import PictureModel
from opendome.picture.statistical import perceive
from opendome.raid.model import RaidModel
from opendome.scenario.world import DAY_S, TrackedWorld, World
from opendome.warning.alerts import ALERT
from opendome.warning.zones import areas_together

from .desk import Desk, Question
from .doors import as_function, is_priced
from .inject import ghosts_of_day
from .orders import Action, Authority, Order, Weapons
from .recorder import Recorder

__all__ = ["LivePlay", "Operator", "play_orders", "remade_window", "status_at"]

Operator = Callable[[Question], Order | None]
"""Answers a question on the spot, or leaves it to the desk."""

_PAUSE = "pause"


class LivePlay(Recorder):
    """A battle that runs as far as it is told.

    Parameters
    ----------
    world : World or TrackedWorld
    seed, replication : int
    rule : policy              proposes, and decides where authority is automatic
    desk : Desk                levels at the start
    operator : Operator        asked at every decision before the desk is; for scripted play
    on_spot : orders           orders of an earlier play that answered decisions on the spot
    remade_s : times           when the picture of what is in the air is made anew: radars fail or come back, links too
    ghosts : RaidModel         what false tracks look like; None for none

    Attributes
    ----------
    now_s : float      the battle has been played up to here (this moment not included)
    orders : list      every order so far, in order
    choices : list     row answered at every decision, -1 for none
    is_over : bool
    """

    def __init__(
        self,
        world: World | TrackedWorld,
        seed: int,
        replication: int,
        rule: Any,
        desk: Desk | None = None,
        operator: Operator | None = None,
        on_spot: Sequence[Order] = (),
        remade_s: Sequence[float] = (),
        ghosts: RaidModel | None = None,
    ):
        super().__init__(world, seed, replication, is_priced(rule))
        self.desk = Desk() if desk is None else desk
        self.orders: list[Order] = []
        self.choices: list[int] = []
        self.now_s, self.is_over = 0.0, False
        self._rule = as_function(rule)
        self._operator = operator
        self._on_spot = {order.ordinal: order for order in on_spot}
        self._stop_s = -math.inf
        self._remade_s = [] if self._sight is not None else sorted(remade_s, reverse=True)
        self._ghosts = ghosts
        self._doctrine = self.world.battle

    # --- the clock ---

    def run_until(self, t_s: float) -> None:
        """Play up to a time, this moment not included."""
        self._stop_s = t_s
        while not self.is_over and self.now_s < t_s:
            step = next(self._steps, None)
            if step is None:
                self.is_over = True
                self.finish()
                self.desk.expire(math.inf)
            elif step == _PAUSE:
                self.now_s = t_s
            else:
                self._decide()
        self.desk.expire(self.now_s)

    def run_to_end(self) -> None:
        """Play to the end of the replication."""
        self.run_until(math.inf)

    def _advance(self, until_s: float) -> Iterator[Any]:
        """Advance as a recorder does, but stop where ``run_until`` says and where the picture is made anew."""
        while self._next_stop_s() < until_s:
            stop_s = self._next_stop_s()
            yield from super()._advance(stop_s)
            if self._remade_s and self._remade_s[-1] == stop_s:
                self._remake(self._remade_s.pop())
            elif self._stop_s == stop_s:
                yield _PAUSE
        yield from super()._advance(until_s)

    def _next_stop_s(self) -> float:
        """Where to stop next: where the picture is made anew, or where one was told to."""
        return min(self._stop_s, self._remade_s[-1]) if self._remade_s else self._stop_s

    # --- the picture ---

    def _open(self, day: int) -> tuple[Window, int]:
        """The day's window, with its false tracks."""
        window, n_bursts = super()._open(day)
        if self._ghosts is None:
            return window, n_bursts
        objects = ghosts_of_day(self._ghosts, self.seed, self.replication, day)
        *seen, _ = perceive(self.world.picture, self.seed, self.replication, objects)
        links = (np.zeros(len(seen[0]) + 1, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
        return open_window(window, self.state, day * DAY_S, objects[:0], *seen, links), n_bursts

    def _remake(self, t_s: float) -> None:
        """Make the picture of what is in the air anew: it is seen by the radars that work now."""
        self.window = remade_window(self.world, self.window, self.state, self.seed, self.replication, t_s)

    # --- decisions ---

    def _decide(self) -> None:
        """Answer the pending decision: by an order on the spot, or by what stands on the desk."""
        question = self._question()
        self.desk.expire(question.t_s)
        order = self._on_spot.get(question.ordinal)
        if order is None and self._operator is not None:
            order = self._operator(question)
        if order is not None:
            order = self.desk.take(replace(order, t_s=question.t_s, ordinal=question.ordinal))
            self.orders.append(order)
        choice = self.desk.choose(question)
        before = int(self.state.count[Count.FIRED])
        self.choices.append(choice)
        self.answer(choice)
        if self.state.count[Count.FIRED] > before:
            self.desk.fired(question.track_id)
        else:
            self._ask_when_due(question)

    def _question(self) -> Question:
        """The pending decision, copied out of the kernel's scratch."""
        state = self.state
        n = int(state.count[Count.N_OPTIONS])
        return Question(
            len(self.choices),
            float(state.view_track[0]),
            int(self.window.tracks["track_id"][state.count[Count.PENDING_TRACK]]),
            state.view_track.copy(),
            state.view_options[:n].copy(),
            state.view_stock.copy(),
            self.propose(state.view_track, state.view_options[:n], state.view_stock),
        )

    def propose(self, track: np.ndarray, options: np.ndarray, stock: np.ndarray) -> int:
        """Row of the options that the rule would take; -1 for none."""
        row = int(self._rule(track, options, stock))
        return row if 0 <= row < len(options) else -1

    def _ask_when_due(self, question: Question) -> None:
        """Under veto, have the decision put again at the time at which the shot is fired."""
        waiting = self.desk.waiting.get(question.track_id)
        if waiting is not None and question.t_s < waiting.t_fires_s < math.inf and waiting.asked_s == question.t_s:
            ask_about(self.state, self._row_of(question.track_id), waiting.t_fires_s)

    # --- orders ---

    def begin(self, authority: Authority, weapons: Weapons) -> None:
        """Hand the desk over at this moment, at the levels that an exercise begins with; it is nobody's order."""
        self.desk.authority, self.desk.weapons = authority, weapons
        if weapons is Weapons.FREE:
            self._set_doctrine(Order(self.now_s, Action.WEAPONS, value=weapons.value))

    def enter(self, order: Order) -> bool:
        """Enter an order at its time, not before now; whether it could be carried out at once.

        An approval that cannot be carried out yet stands until it can be, or is taken back.
        """
        self.run_until(order.t_s)
        levels = self.desk.authority, self.desk.weapons
        order = replace(self.desk.take(order), t_s=self.now_s)
        self.orders.append(order)
        fired = int(self.state.count[Count.FIRED])
        if order.action in (Action.APPROVE, Action.ASSIGN):
            self._ask_now(order.track_id)
        elif order.action in (Action.SALVO, Action.RESERVE, Action.WEAPONS):
            self._set_doctrine(order)
        elif order.action in (Action.ALERT, Action.ALERT_RULE):
            self._set_alerts(order)
        elif order.action is Action.JAM:
            self._jam(order)
        if (self.desk.authority, self.desk.weapons) != levels and self.desk.authority is not Authority.MANUAL:
            self._ask_all()
        if order.action in (Action.APPROVE, Action.ASSIGN, Action.AUTHORITY, Action.WEAPONS):
            self.run_until(math.nextafter(order.t_s, math.inf))
            return int(self.state.count[Count.FIRED]) > fired
        return True

    def _row_of(self, track_id: int) -> int:
        """Row of a track in the window; -1 where it is not there any more."""
        rows = np.flatnonzero(self.window.tracks["track_id"] == track_id)
        return int(rows[0]) if len(rows) else -1

    def _ask_now(self, track_id: int) -> None:
        """Put the decision about a track now, if it is open to one."""
        i_track = self._row_of(track_id)
        if i_track >= 0 and self._is_open(i_track):
            ask_about(self.state, i_track, self.now_s)

    def _ask_all(self) -> None:
        """Put the decision about every track that is open to one."""
        for blip in self.scope():
            if self._is_open(int(blip["i_track"])):
                ask_about(self.state, int(blip["i_track"]), self.now_s)

    def _is_open(self, i_track: int) -> bool:
        track_state = self.window.track_state[i_track]
        return bool(track_state["status"] == OPEN and track_state["current"] >= 0)

    def _set_doctrine(self, order: Order) -> None:
        """Change salvo, reserve or threshold from now on."""
        battle = self.world.battle
        if order.action is Action.SALVO:
            battle = battle._replace(salvo=order.n_rounds)
        elif order.action is Action.RESERVE:
            battle = battle._replace(reserve_share=float(order.value))
        else:
            is_free = self.desk.weapons is Weapons.FREE
            battle = battle._replace(p_hit_min=0.0 if is_free else self._doctrine.p_hit_min)
        self.world = self.world._replace(battle=battle)

    def _set_alerts(self, order: Order) -> None:
        """Alert an area's zone by hand, or switch the rule."""
        warning = self.world.warning
        if order.action is Action.ALERT:
            together = areas_together(warning.zones, order.i_area)
            alerts = np.zeros(len(together), ALERT)
            alerts["t_s"], alerts["i_area"] = order.t_s + warning.message_delay_s, together
            alerts["t_end_s"] = alerts["t_s"] + warning.stay_s
            alerts["i_track"] = alerts["i_row"] = -1
            warning = warning._replace(placed=np.concatenate((warning.placed, alerts)))
        else:
            off_s = warning.off_s[warning.off_s[:, 1] < math.inf]
            was_off = warning.off_s[warning.off_s[:, 1] == math.inf]
            if order.value == "on":
                closed = was_off.copy()
                closed[:, 1] = order.t_s
                warning = warning._replace(off_s=np.concatenate((off_s, closed)))
            elif len(was_off) == 0:
                warning = warning._replace(off_s=np.concatenate((off_s, [[order.t_s, math.inf]])))
        self.world = self.world._replace(warning=warning)

    def _jam(self, order: Order) -> None:
        """Launchers of a unit, as many as ``n_rounds`` says, cannot fire for ``value`` seconds."""
        launchers = self.state.launchers
        rows = np.flatnonzero(launchers["i_unit"] == order.i_unit)[: order.n_rounds]
        launchers["t_free_s"][rows] = np.maximum(launchers["t_free_s"][rows], order.t_s + float(order.value))

    # --- what can be seen ---

    def scope(self) -> np.ndarray:
        """Tracks that the defence carries now: (n,) of BLIP."""
        if self.is_over or self.now_s <= 0.0:
            return np.zeros(0, BLIP)
        blips: np.ndarray = tracks_on_scope(self.world.battle, self.state, self.window, self.now_s)
        return blips


def remade_window(world: World, window: Window, state: BattleState, seed: int, replication: int, t_s: float) -> Window:
    """The window with the picture of what is in the air made anew by the radars and links that work at a time."""
    rows = under_way(window, t_s)
    *seen, i_object = perceive(status_at(world.picture, t_s), seed, replication, window.objects[rows])
    remade = Seen._make((*seen, rows[i_object]))
    return splice(window, state, t_s, remade, float(world.battle.drop_mean_s))


def status_at(picture: PictureModel, t_s: float) -> PictureModel:
    """The picture's model as radars and links stand at a time, for what is in the air then."""
    sensors = picture.sensors.copy()
    is_up = (sensors["t_up_s"] <= t_s) & (t_s < sensors["t_down_s"])
    sensors["t_up_s"], sensors["t_down_s"] = np.where(is_up, -np.inf, np.inf), np.inf
    net = picture.net
    if not net.is_ideal:
        k = max(int(np.searchsorted(net.t_s, t_s, side="right")) - 1, 0)
        one = {name: getattr(net, name)[k : k + 1].copy() for name in net._fields if name != "is_ideal"}
        net = net._replace(**{**one, "t_s": np.array([-np.inf])})
    return picture._replace(sensors=sensors, net=net)


def play_orders(play: LivePlay, orders: Sequence[Order], until_s: float) -> LivePlay:
    """Enter orders of an earlier play that were given up to a time, and play up to it; gives the play.

    Those that answered on the spot belong into ``on_spot`` of the play.
    """
    for order in orders:
        if order.t_s <= until_s and order.ordinal < 0:
            play.enter(order)
    play.run_until(until_s)
    return play

"""Battles over one raid with other luck: what flies and what is seen of it is made once, and played on from an instant.

Perception comes before battle, so the raid and the picture are the same however the defence decides. Luck is what is
drawn in the battle: kills, reliability, judgements, orders lost, deliveries that a depot asked for. A battle is taken
up at an instant, with everything that has happened until then, and played on by a rule with luck of its own, to the end
of the campaign or to a time at which the count is closed.
"""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import RunError
from opendome.base.tally import N_TALLY
from opendome.battle.state import BattleState, Status, Window
from opendome.battle.windows import one_to_one_links
from opendome.doctrine import rules
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.raid.model import RaidModel
from opendome.scenario.world import TrackedWorld, World, drawn_sight, drawn_world
from opendome.warning.ledger import Ledger

from .doors import is_compiled, is_priced, overflow, perceive_day
from .forecast import own_forecast
from .inject import ghosts_of_day
from .live import remade_window
from .luck_kernel import NOT_ASKED, STOPPED, SeenRaid, close_count, copied_battle, play_draws
from .pool import default_workers

__all__ = ["Charge", "Instant", "closed_row", "luck_rows", "luck_seeds", "see_raid"]

_DONE = int(Status.DONE)
_LUCK = 0x2545F4914F6CDD1D
_DRAWS = 1 << 20
_SEED_MASK = (1 << 62) - 1


def see_raid(world: World | TrackedWorld, seed: int, replication: int, ghosts: RaidModel | None = None) -> SeenRaid:
    """Draw every day of a raid and perceive it, by whichever picture the scenario has.

    Parameters
    ----------
    world : World or TrackedWorld
    seed, replication : int    they name the raid
    ghosts : RaidModel         what false tracks look like; None for none
    """
    sight = drawn_sight(world, seed, replication) if isinstance(world, TrackedWorld) else None
    inner = sight.world if sight is not None else drawn_world(cast("World", world), seed, replication)
    days: list[tuple[np.ndarray, ...]] = []
    n_bursts = np.zeros(inner.n_days, np.int64)
    cuts = np.zeros((inner.n_days + 1, 4), np.int64)
    for day in range(inner.n_days):
        objects, n_bursts[day] = draw_day(inner.raid, seed, replication, day)
        if sight is not None:
            *picture, links = perceive_day(sight, inner, seed, replication, day, objects)
        else:
            *picture, i_object = perceive(inner.picture, seed, replication, objects)
            links = one_to_one_links(i_object)
        if ghosts is not None:
            seen = perceive(inner.picture, seed, replication, ghosts_of_day(ghosts, seed, replication, day))
            picture, links = _with_ghosts(picture, links, seen)
        days.append((objects, *picture, *links))
        cuts[day + 1] = cuts[day] + [len(objects), len(picture[0]), len(picture[1]), len(links[1])]
    joined = [np.concatenate(column) for column in zip(*days, strict=True)]
    return SeenRaid._make([*joined, n_bursts, cuts])


def _with_ghosts(picture: list[np.ndarray], links: tuple, ghosts: tuple) -> tuple[list[np.ndarray], tuple]:
    """A day's picture with false tracks behind the true ones: they hold no object."""
    tracks, rows = ghosts[0].copy(), ghosts[1].copy()
    tracks["first_assessment"] += len(picture[1])
    rows["i_track"] += len(picture[0])
    first = np.concatenate((links[0], np.full(len(tracks), links[0][-1])))
    parts = zip(picture, (tracks, rows, *ghosts[2:5]), strict=True)
    return [np.concatenate(part) for part in parts], (first, *links[1:])


class Instant(NamedTuple):
    """A battle as it stands, with copies of all that changes, and the raid that it is played over.

    ``day`` of the campaign; ``n_seen`` tracks counted on the days before and on this one. ``jams`` (n, 4) and
    ``remade_s`` (k,) that are still to come: time [s], unit, launchers and seconds of each jam; when the picture of
    what is in the air is made anew. ``t_end_s`` when the count is closed; infinite: the campaign's end.
    """

    world: World
    seen: SeenRaid
    seed: int
    replication: int
    state: BattleState
    window: Window
    ledger: Ledger
    row: NDArray[np.float64]
    fine_hist: NDArray[np.int64]
    day: int
    n_seen: int
    jams: NDArray[np.float64]
    remade_s: NDArray[np.float64]
    t_end_s: float


class Charge(NamedTuple):
    """Who decides from an instant on: ``rule`` until ``t_rest_s``, ``rest`` from then; ``asks``: about every open track
    when it takes over.
    """

    rule: Any
    rest: Any
    t_rest_s: float
    asks: bool

    @property
    def is_compiled(self) -> bool:
        """Whether both are."""
        return is_compiled(self.rule) and is_compiled(self.rest)

    @property
    def is_priced(self) -> bool:
        """Whether either asks what a round is worth."""
        return is_priced(self.rule) or is_priced(self.rest)

    def at(self, t_s: float) -> Charge:
        """The same from a time on."""
        return self if t_s < self.t_rest_s else Charge(self.rest, self.rest, math.inf, False)


def luck_seeds(seed: int, n: int, stream: int = 0) -> NDArray[np.int64]:
    """Seeds of n draws of luck (n,), none of them the study's own; other streams are other draws."""
    first = (seed ^ _LUCK) + stream * _DRAWS
    return np.array([(first + 1 + k) & _SEED_MASK for k in range(n)], np.int64)


def luck_rows(
    instant: Instant, choice: int, charge: Charge, luck: NDArray[np.int64], workers: int | None = None
) -> NDArray[np.float64]:
    """Play a battle on from an instant, by compiled rules, once for each draw of luck.

    Parameters
    ----------
    choice : int                  the answer to the pending decision; NOT_ASKED where there is none
    luck : ndarray (n,)           seeds of the draws; the replication's own seed gives the luck that it had
    workers : int, optional       threads, by default one a processor; the numbers do not depend on it

    Returns
    -------
    rows : ndarray (n, N_TALLY)   columns as in ``base.tally``

    Raises
    ------
    RunError    the event queue overflowed
    """
    rows = np.zeros((len(luck), N_TALLY))

    def play(part: slice) -> None:
        own = instant._replace(world=own_forecast(instant.world, instant.world.forecast.is_on))
        if not len(own.remade_s):
            _draw(own, choice, charge, math.inf, luck[part], rows[part])
            return
        for k in range(part.start, part.stop):
            _draw_with_stops(own, choice, charge, luck[k : k + 1], rows[k : k + 1])

    n_parts = min(workers or default_workers(), max(len(luck), 1))
    edges = np.linspace(0, len(luck), n_parts + 1).astype(int).tolist()
    parts = [slice(a, b) for a, b in itertools.pairwise(edges)]
    if n_parts == 1:
        play(parts[0])
    else:
        with ThreadPoolExecutor(n_parts) as pool:
            list(pool.map(play, parts))
    return rows


def _draw(
    instant: Instant,
    choice: int,
    charge: Charge,
    t_stop_s: float,
    luck: NDArray[np.int64],
    rows: NDArray[np.float64],
) -> Any:
    """Play on to a stop for each draw; the last battle as ``play_draws`` gives it."""
    found = play_draws(
        instant.world, instant.seen, instant.state, instant.window, instant.ledger, instant.row, instant.fine_hist,
        instant.day, instant.n_seen, instant.seed, instant.replication, choice, charge.rule, charge.rest,
        charge.t_rest_s, charge.asks, rules.price, instant.jams, t_stop_s, instant.t_end_s, luck, rows,
    )  # fmt: skip
    if found[0] not in (_DONE, STOPPED):
        raise RunError(overflow(instant.replication))
    return found


def _draw_with_stops(
    instant: Instant, choice: int, charge: Charge, luck: NDArray[np.int64], rows: NDArray[np.float64]
) -> None:
    """One draw, with the picture of what is in the air made anew on the way."""
    for t_s in (*instant.remade_s.tolist(), math.inf):
        status, state, window, ledger, leads, day, n_seen = _draw(instant, choice, charge, t_s, luck, rows)
        if status == _DONE:
            return
        choice = NOT_ASKED
        window = remade_window(instant.world, window, state, instant.seed, instant.replication, t_s)
        instant = instant._replace(
            state=state,
            window=window,
            ledger=ledger,
            row=rows[0].copy(),
            fine_hist=leads,
            day=day,
            n_seen=n_seen,
            jams=instant.jams[instant.jams[:, 0] >= t_s],
        )
        if t_s > charge.t_rest_s:
            charge = charge.at(t_s)


def closed_row(instant: Instant) -> NDArray[np.float64]:
    """The summary row (N_TALLY,) with the count closed at this very instant, ``t_end_s``."""
    state, window, ledger = copied_battle(instant.state, instant.window, instant.ledger)
    row = instant.row.copy()
    close_count(instant.world, state, window, ledger, row, instant.fine_hist.copy(), instant.t_end_s)
    return row

"""An exercise as it was played: the run, the operator's orders, and the answer at every decision, so that it can be
played again to any of them.

An operator is in charge of a replication for a stretch of it, the *span*; before and after it a rule decides. The
kernel asks the same questions of a person as of a rule, so the answers in order, and nothing else, play the battle
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from opendome.base.errors import CommandError
from opendome.base.registry import registered
from opendome.base.tally import Tally
from opendome.battle.state import Count
from opendome.doctrine.view import HOLD
from opendome.scenario.compile import compile_world
from opendome.scenario.world import TrackedWorld, World

from .doors import find_policy
from .luck import Charge, Seen, Standing, luck_rows, see_raid
from .single import Run

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["ACTIONS", "MANUAL", "UNANSWERED", "Exercise", "automatic_rules", "open_exercise"]

MANUAL = "manual"
"""Name of the policy that asks a person; no rule of an automatic run."""

UNANSWERED = "unanswered"
ACTIONS = (
    "approve", "assign", "hold", "cease", "authority", "weapons", "salvo", "reserve", "alert", "alert_rule", "inject",
    UNANSWERED,
)  # fmt: skip
"""What a row of the orders may say."""

_ORDER_COLUMNS = ("t_s", "seat", "action", "track_id", "battery_id", "n_rounds", "value", "asked_s")
_FOUGHT = (
    Tally.LEAKED_BUILT_UP,
    Tally.INTERCEPTED,
    Tally.ENGAGED,
    Tally.INTERCEPTORS_FIRED,
    Tally.INTERCEPTORS_WASTED,
    Tally.PEOPLE_EXPOSED,
)
"""Columns that answers alone decide; alerts may be ordered as well."""


@dataclass(frozen=True)
class Exercise:
    """One replication that somebody played.

    Attributes
    ----------
    played : Run               as it ended
    orders : pyarrow.Table     columns as in ``open_exercise``
    from_s, until_s : float    the operator was in charge from the one moment until before the other [s]
    choices : ndarray (n,)     the row that answered each decision of the kernel, in order; -1 for holding
    world : World or TrackedWorld    what was played, with everything that was put into it on the way
    seen : Seen                its raid and picture
    rest : policy              who decided before and after
    """

    played: Run
    orders: pa.Table
    from_s: float
    until_s: float
    choices: NDArray[np.int64]
    world: World | TrackedWorld
    seen: Seen
    rest: Any

    def charge(self, rule: Any) -> Charge:
        """A rule in the operator's place, and whoever decided afterwards."""
        return Charge(rule, self.rest, self.until_s)

    def answers(self, is_priced: bool) -> Iterator[tuple[int, Standing]]:
        """Play it again: (ordinal, the battle) at each decision, which is answered as it was once the loop goes on.

        Past the last answer the rule that decided afterwards goes on. ``is_priced``: rounds are priced on the way.
        """
        play = Standing(self.world, self.played.seed, self.played.replication, self.seen, is_priced)
        rest, ordinal = Charge(self.rest, self.rest, self.until_s), 0
        while play.decide():
            yield ordinal, play
            play.answer(self.choices[ordinal] if ordinal < len(self.choices) else rest.choose(play.state))
            ordinal += 1
        yield ordinal, play

    def asked(self, is_priced: bool) -> Iterator[tuple[int, Standing]]:
        """The same at the decisions that fell to the operator alone."""
        for ordinal, play in self.answers(is_priced):
            if _is_pending(play) and self.from_s <= play.state.view_track[0] < self.until_s:
                yield ordinal, play

    def row_again(self) -> NDArray[np.float64]:
        """The summary row to which the answers lead, (N_TALLY,)."""
        *_, (_, play) = self.answers(False)
        return play.row

    def is_faithful(self) -> bool:
        """Whether the answers alone lead to the battle that was played."""
        again = self.row_again()
        return all(again[column] == self.played.row[column] for column in _FOUGHT)

    def choice_at(self, ordinal: int, n_options: int) -> int:
        """The answer to a decision, -1 where it was not among the options."""
        choice = int(self.choices[ordinal]) if ordinal < len(self.choices) else HOLD
        return choice if 0 <= choice < n_options else HOLD

    def rows_by(
        self, rule: Any, luck: NDArray[np.int64], workers: int | None = None, is_frozen: bool = False
    ) -> NDArray[np.float64]:
        """Play the span by a rule, once for each draw of luck from its first decision on.

        Parameters
        ----------
        luck : ndarray (n,)      seeds; the replication's own seed gives the luck that the operator met
        is_frozen : bool         keep the price of a round as it stands at that decision

        Returns
        -------
        rows : ndarray (n, N_TALLY); none where the operator was never asked
        """
        charge = self.charge(rule)
        for _, play in self.asked(charge.is_priced):
            if charge.is_compiled:
                return luck_rows(play.instant(is_frozen), charge.choose(play.state), charge, luck, workers)
            return np.array([self._row_through_python(charge, int(seed)) for seed in luck])
        return np.zeros((0, len(self.played.row)))

    def _row_through_python(self, charge: Charge, luck_seed: int) -> NDArray[np.float64]:
        """One row by a rule that is not compiled."""
        for _, play in self.asked(charge.is_priced):
            play.luck_seed = play.state.count[Count.SEED] = luck_seed
            play.answer(charge.choose(play.state))
            while play.decide():
                play.answer(charge.choose(play.state))
            return play.row
        return self.played.row


def _is_pending(play: Standing) -> bool:
    return int(play.state.count[Count.PENDING_TRACK]) >= 0


def automatic_rules(names: list[str] | None = None) -> dict[str, Any]:
    """Registered policies that need no person, by name; or those named.

    Raises
    ------
    CommandError    there is no policy of that name, or it asks a person
    """
    if names is None:
        return {name: rule for name, rule in registered("policy").items() if name != MANUAL}
    if MANUAL in names:
        raise CommandError(f"`{MANUAL}` asks a person; compare with a policy that decides by itself")
    return {name: find_policy(name) for name in names}


def open_exercise(
    played: Run,
    orders: pa.Table,
    span: tuple[float, float],
    choices: NDArray[np.int64] | list[int],
    world: World | TrackedWorld | None = None,
) -> Exercise:
    """Make an exercise of what the trainer keeps.

    Parameters
    ----------
    played : Run             as the operator left it
    orders : pyarrow.Table   t_s, seat, action (one of ``ACTIONS``), track_id (-1: none), battery_id, n_rounds, value,
        asked_s (when the decision was first put to the operator; null: nobody asked). A decision that nobody answered
        has the action `unanswered`, and t_s is its last feasible launch
    span : (from_s, until_s)
    choices : (n,) ints      the row that answered each decision of the kernel, in order; -1 for holding
    world : World or TrackedWorld, optional    what was played, where something was put into it on the way; else it is
        compiled from the run's scenario

    Raises
    ------
    CommandError    the orders or the span are not as declared
    """
    _check(orders, span)
    world = compile_world(played.scenario) if world is None else world
    own = played.scenario.model.doctrine.policy
    rest = find_policy("earliest" if own == MANUAL else own)
    seen = see_raid(world, played.seed, played.replication)
    from_s, until_s = float(span[0]), float(span[1])
    return Exercise(played, orders, from_s, until_s, np.asarray(choices, np.int64), world, seen, rest)


def _check(orders: pa.Table, span: tuple[float, float]) -> None:
    """Refuse orders and spans that are not as declared, with all that is wrong."""
    wrong = []
    missing = [name for name in _ORDER_COLUMNS if name not in orders.column_names]
    if missing:
        wrong.append(f"the orders lack the columns {', '.join(missing)}")
    if "action" in orders.column_names:
        unknown = sorted(set(orders.column("action").to_pylist()) - set(ACTIONS), key=str)
        if unknown:
            wrong.append(f"unknown actions {', '.join(map(str, unknown))} (write one of {', '.join(ACTIONS)})")
    if not span[0] < span[1]:
        wrong.append(f"the span ends at {span[1]:g} s, which is not after {span[0]:g} s")
    if wrong:
        raise CommandError("the exercise is not as declared: " + "; ".join(wrong))

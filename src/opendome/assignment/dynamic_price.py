"""The policy `price`: fire where the expected saving exceeds the price of a round, and find the price by rollouts.

Each second, over sampled futures of the forecast law, every member of a family of fast rules is played out from the
present state; running means say which price saves most. How the launchers' prices stand to one another comes from the
fluid model of per-threat programs, by dual steps that go on from second to second.

References: Bertsekas and Castanon (1999), Rollout algorithms for stochastic scheduling problems, J. Heuristics 5;
Adelman and Mersereau (2008), Relaxations of weakly coupled stochastic dynamic programs, Operations Research 56(3).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.dynamic_duals import new_plan, plan_with_look
from opendome.assignment.dynamic_forecast import BurstForecast, draw_futures, expected_seen, rate_factors
from opendome.assignment.dynamic_rollout import add_future, asked_price, new_rollout, play_out, take_present
from opendome.assignment.dynamic_rules import choose, new_ranked, rank
from opendome.assignment.dynamic_types import Knowledge, Launchers, Sight, Threats
from opendome.base.kernels import kernel
from opendome.base.philox import Purpose, normal_quantile, stream_key

__all__ = ["Price", "PriceRules", "step_duals", "try_members"]

Floats = NDArray[np.float64]
LEAST_PRICE = 1e-3
"""Of the mean value: below it no launcher's dual price falls, so that it can rise again."""


class PriceRules(NamedTuple):
    """Rules of ``Price``. All defaults are choices of the design, measured on fictional battles.

    * ``n_futures``: futures drawn before the battle; ``n_each_s``: of them looked at each second.
    * ``price_low``, ``price_high``, ``n_prices``: the grid of prices, in mean values of a threat of worth. Beside it
      stand the two greedy rules, with and without the look.
    * ``forget``: weight that a running mean keeps from one sample to the next.
    * ``ratio_least``: share of a launcher's price that is common to all launchers.
    * ``ratio_keep``: share of the launchers' ratios kept from second to second.
    * ``dual_step``: logarithm by which a dual price changes at most in a step.
    * ``n_dual_start``: dual steps before the battle.
    * ``rate_shape``: shape of the Gamma prior of the true rate over the forecast one: 1 / variance of the factor.
    """

    n_futures: int = 24
    n_each_s: int = 1
    price_low: float = 0.004
    price_high: float = 1.0
    n_prices: int = 12
    forget: float = 0.93
    ratio_least: float = 0.2
    ratio_keep: float = 0.8
    dual_step: float = 0.15
    n_dual_start: int = 72
    rate_shape: float = 6.0


@kernel
def step_duals(rollout, plan, rounds, look_s, toll, use, step, floor):
    """Move the dual prices of rounds, (1, m), by one step; ``use`` becomes the rounds that the plans would take."""
    use[:] = 0.0
    for i in range(rollout.size[1]):
        plan_with_look(rollout.threats, i, rollout.start_t_free_s[i], look_s, toll, rollout.start_p_alive[i], plan, use)
    for launcher in range(rounds.size):
        if rounds[launcher] > 0:
            excess = (use[0, launcher] - rounds[launcher]) / (use[0, launcher] + rounds[launcher])
            toll[0, launcher] = max(floor, toll[0, launcher] * math.exp(step * excess))


@kernel
def try_members(rollout, ranked, launchers, known, ratio, members, key, future, t_s, saved):
    """Play every member (k, 3) of price and factors; what each saves goes into ``saved`` (k,)."""
    for k in range(members.shape[0]):
        saved[k] = play_out(
            rollout, ranked, launchers, known.rounds, known.t_ready_s, ratio,
            members[k, 0], members[k, 1], members[k, 2], key, future, t_s,
        )  # fmt: skip


class Price:
    """Fire where ``q V p`` exceeds the price of a round, learnt by rollouts over sampled futures.

    Parameters
    ----------
    forecast : BurstForecast   law of the threats to come; never the battle's own future
    launchers : Launchers      rounds, seconds between shots, seconds of the look
    seed : int                 names the futures and the luck of the rollouts
    rules : PriceRules         as in its docstring

    Assumes: kill probabilities and values of threats in sight are as believed; looks never err.
    """

    def __init__(
        self,
        forecast: BurstForecast,
        launchers: Launchers,
        *,
        seed: int,
        rules: PriceRules | None = None,
    ) -> None:
        self._rules = rules = rules or PriceRules()
        self._forecast, self._launchers = forecast, launchers
        self._key = np.uint64(stream_key(seed, int(Purpose.FUTURE_KILL)))
        self._futures = draw_futures(forecast, rules.n_futures, seed=seed)
        self._make_room(self._futures.threats, 256)
        worth = self._futures.threats.value
        self._mean_value = float(worth.mean()) if worth.size else 1.0
        m = launchers.rounds.size
        self._toll, self._use = np.full((1, m), 0.2 * self._mean_value), np.zeros((1, m))
        self._ratio = np.ones(m)
        prices = self._mean_value * np.geomspace(rules.price_low, rules.price_high, rules.n_prices)
        greedy = [(0.0, math.inf, math.inf), (0.0, 1.0, 1.0), (0.0, math.inf, 1.0)]
        self._members = np.array([*greedy, *((price, math.inf, 1.0) for price in prices)])
        self._standard = np.array([normal_quantile((k + 0.5) / rules.n_futures) for k in range(rules.n_futures)])
        self._mean = np.zeros(len(self._members))
        self._n_looked_at = 0
        self._prepare()

    def _make_room(self, threats: Threats, n_threats: int) -> None:
        """Make room for so many threats in sight, with windows and fly-outs as long as these."""
        flyout_s = int(threats.flyout_s.max(initial=0))
        self._rollout, self._ranked = new_rollout(n_threats, self._launchers, self._futures, flyout_s)
        self._plan = new_plan(1 + int((threats.t_closed_s - threats.t_seen_s).max(initial=0)))

    def _see_to_room(self, threats: Threats) -> None:
        """Make more room if what is in sight needs it."""
        n, longest_s = threats.value.size, 1 + int((threats.t_closed_s - threats.t_seen_s).max(initial=0))
        ring_s = int(threats.flyout_s.max(initial=0)) + self._launchers.look_s
        state = self._rollout
        if n > state.row_of.size or longest_s > self._plan.loss.size or ring_s >= state.due.size:
            known = self._futures.threats
            both = (np.concatenate([getattr(known, name), getattr(threats, name)]) for name in Threats._fields)
            self._make_room(Threats._make(both), 2 * n)

    def _prepare(self) -> None:
        """Look at all futures before the first second."""
        rules, m = self._rules, self._launchers.rounds.size
        nothing = Threats._make(column[:0] for column in self._futures.threats)
        none = (np.zeros(0, np.int64),) * 2
        known = Knowledge(
            self._launchers.rounds, np.zeros(m, np.int64), np.zeros(0), *none, none[0], np.zeros(0, np.bool_),
            *none, *none, np.zeros(0), np.zeros(1, np.int64),
        )  # fmt: skip
        t_s = -1
        take_present(nothing, known, self._rollout, self._ranked, t_s)
        for k in range(rules.n_dual_start):
            add_future(self._futures, k % rules.n_futures, 1.0, self._rollout, self._ranked, t_s)
            self._step_duals(self._launchers.rounds)
        self._ratio = self._ratios()
        factors = rate_factors(0, 0.0, rules.rate_shape, self._standard)
        for future in range(rules.n_futures):
            add_future(self._futures, future, factors[future], self._rollout, self._ranked, t_s)
            saved = self._try_members(known, future, 0)
            self._mean += (saved - saved.mean()) / rules.n_futures

    def _step_duals(self, rounds: NDArray[np.int64]) -> None:
        step_duals(
            self._rollout, self._plan, rounds, self._launchers.look_s, self._toll, self._use,
            self._rules.dual_step, LEAST_PRICE * self._mean_value,
        )  # fmt: skip

    def _ratios(self) -> Floats:
        """Launchers' prices over their mean, drawn towards 1."""
        least = self._rules.ratio_least
        return least + (1.0 - least) * self._toll[0] / self._toll[0].mean()

    def _try_members(self, known: Knowledge, future: int, t_s: int) -> Floats:
        saved = np.zeros(len(self._members))
        try_members(
            self._rollout, self._ranked, self._launchers, known, self._ratio, self._members, self._key, future, t_s,
            saved,
        )  # fmt: skip
        return saved

    def _learn(self, sight: Sight) -> None:
        """Look at the next futures from the present state."""
        rules, known = self._rules, sight.knowledge
        n_seen = sight.threats.value.size
        factors = rate_factors(n_seen, expected_seen(self._forecast, sight.t_s), rules.rate_shape, self._standard)
        self._see_to_room(sight.threats)
        take_present(sight.threats, known, self._rollout, self._ranked, sight.t_s)
        for _ in range(rules.n_each_s):
            # A stride prime to the number of futures mixes the levels of the rate.
            future = 7 * self._n_looked_at % rules.n_futures
            self._n_looked_at += 1
            add_future(self._futures, future, factors[future], self._rollout, self._ranked, sight.t_s)
            self._step_duals(known.rounds)
            self._ratio = rules.ratio_keep * self._ratio + (1.0 - rules.ratio_keep) * self._ratios()
            saved = self._try_members(known, future, sight.t_s)
            self._mean += (1.0 - rules.forget) * (saved - saved.mean() - self._mean)

    def best_member(self) -> tuple[float, float, float]:
        """Give price and factors of the best member, the price refined by a parabola."""
        k = int(self._mean.argmax())
        price, early, late = self._members[k]
        if 4 <= k < len(self._mean) - 1:
            left, top, right = self._mean[k - 1 : k + 2]
            bend = left - 2.0 * top + right
            if bend < 0.0:
                ratio = self._members[k + 1, 0] / price
                price = price * ratio ** (0.5 * (left - right) / bend)
        return float(price), float(early), float(late)

    def decide(self, sight: Sight) -> NDArray[np.int64]:
        """Give the shots of one second."""
        known, launchers = sight.knowledge, self._launchers
        if known.rounds.sum() == 0:
            return np.zeros((0, 2), np.int64)
        self._learn(sight)
        price, early, late = self.best_member()
        ranked = new_ranked(sight.threats.value.size, sight.threats.p_kill.max(axis=0, initial=0.0))
        for i, (ratio, n_start, n_left) in enumerate(zip(self._ratio, launchers.rounds, known.rounds)):
            ranked.price[i] = asked_price(price, ratio, n_start, n_left)
        rank(sight.threats, known.is_down, ranked, sight.t_s)
        n_orders = choose(sight.threats, known, ranked, early, late, sight.t_s)
        return ranked.orders[:n_orders]

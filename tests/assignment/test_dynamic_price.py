"""The price policy: its rollouts are those of a slow battle, it protects more than the rules of thumb, in time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.dynamic_assignment import CASES, GOALS, ROWS, fight_all, interval
from benchmarks.dynamic_battles import draw_battle
from opendome.assignment.dynamic_battle import play
from opendome.assignment.dynamic_bound import bound_any, bound_with_look
from opendome.assignment.dynamic_forecast import Futures
from opendome.assignment.dynamic_price import Price, PriceRules, try_members
from opendome.assignment.dynamic_rollout import add_future, new_rollout, take_present
from opendome.assignment.dynamic_rules import Greedy
from opendome.assignment.dynamic_types import Launchers, Sight, Threats, make_threats, rows
from opendome.base.philox import Purpose, stream_key
from opendome.testing.reference_luck import Luck
from tests.assignment.dynamic_reference import taken_up

RATIO = np.linspace(0.5, 1.5, 15)


class StoppedError(Exception):
    """Carries what a policy saw at the second asked for."""


class StopAt:
    """Greedy without look up to a second."""

    def __init__(self, t_stop_s: int) -> None:
        self._t_stop_s = t_stop_s

    def decide(self, sight: Sight) -> NDArray[np.int64]:
        if sight.t_s == self._t_stop_s:
            raise StoppedError(sight)
        return Greedy(with_look=False).decide(sight)


def sight_at(threats: Threats, launchers: Launchers, t_s: int) -> Sight:
    with pytest.raises(StoppedError) as found:
        play(threats, launchers, StopAt(t_s), seed=1)
    sight = found.value.args[0]
    assert isinstance(sight, Sight)
    return sight


@pytest.mark.parametrize(("t_s", "price"), [(0, 2.0), (23, 0.0), (23, 3.0), (112, 1.0)])
def test_rollout_equals_the_slow_battle(t_s: int, price: float) -> None:
    threats, launchers, _ = draw_battle(1, rounds=30)
    sight = sight_at(threats, launchers, t_s)
    n_seen = sight.threats.value.size
    can = np.flatnonzero((threats.value > 0.0) & (threats.t_closed_s >= 0))
    futures = Futures(rows(threats, can), np.array([0, can.size]), np.full(can.size, 0.5))
    state, ranked = new_rollout(n_seen, launchers, futures, int(threats.flyout_s.max()))
    take_present(sight.threats, sight.knowledge, state, ranked, t_s)
    add_future(futures, 0, 1.0, state, ranked, t_s)
    key, saved = np.uint64(stream_key(9, int(Purpose.FUTURE_KILL))), np.zeros(1)
    try_members(
        state, ranked, launchers, sight.knowledge, RATIO, np.array([[price, math.inf, 1.0]]), key, 0, t_s, saved
    )
    name = {int(row): (1 << 24) + k for k, row in enumerate(can)} | {row: row for row in range(n_seen)}
    luck = Luck(9, 0)
    slow = taken_up(
        sight, threats, lambda threat, k: luck.uniforms(int(Purpose.FUTURE_KILL), name[threat], k, t_s)[0], price,
        RATIO.tolist(),
    ).play(t_s)  # fmt: skip
    # Threats past their last launch are left out of the rollout: nothing can be done about them.
    gone = {threat for threat in slow.stopped if threats.t_closed_s[threat] < t_s}
    assert saved[0] == pytest.approx(slow.saved() - float(sum(threats.value[one] for one in gone)), rel=1e-12)
    assert len(slow.fired) > 20


def test_same_seed_same_shots() -> None:
    threats, launchers, forecast = draw_battle(5)

    def shots() -> bytes:
        policy = Price(forecast, launchers, seed=5, rules=PriceRules(n_futures=6, n_dual_start=6))
        return play(threats, launchers, policy, seed=5).shots.tobytes()

    assert shots() == shots()


def test_room_grows_with_what_is_in_sight() -> None:
    _, launchers, forecast = draw_battle(0, rounds=10)
    n, m = 700, launchers.rounds.size
    rng = np.random.default_rng(4)
    seen = np.sort(rng.integers(0, 60, n))
    first = np.repeat(seen[:, None] + 5, m, axis=1)
    threats = make_threats(
        seen, seen + 400, rng.exponential(10.0, n), first, first + 300, np.full((n, m), 90), np.full((n, m), 0.6)
    )
    played = play(threats, launchers, Price(forecast, launchers, seed=1), seed=1)
    greedy = play(threats, launchers, Greedy(), seed=1)
    assert len(played.shots) <= 150
    assert played.protected_frac >= greedy.protected_frac


def test_the_price_falls_with_stock() -> None:
    def price(rounds: int) -> float:
        _, launchers, forecast = draw_battle(0, rounds=rounds)
        return Price(forecast, launchers, seed=1).best_member()[0]

    prices = [price(rounds) for rounds in (10, 20, 40, 160)]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] > 2.0 * prices[2]


def test_a_few_battles_of_each_row() -> None:
    for rounds, reload_s in ROWS:
        fought = fight_all(range(200, 202), rounds, reload_s)
        shares = np.array([one.protected_frac for one in fought])
        assert (shares[:, 3] - shares[:, 2]).mean() > 0.04, (rounds, reload_s)
        assert (shares[:, 3] - shares[:, 1]).mean() > 0.0, (rounds, reload_s)
        assert max(float(np.percentile(one.spent_ms, 99)) for one in fought) < 60.0
        for number, share in zip(range(200, 202), shares):
            threats, launchers, _ = draw_battle(number, rounds=rounds, reload_s=reload_s)
            assert share[2] < bound_with_look(threats, launchers, n_steps=60).protected_frac + 0.05
            assert share.max() < bound_any(threats, launchers, n_steps=60).protected_frac + 0.05


@pytest.mark.validate
@pytest.mark.parametrize(("row", "goal"), list(zip(ROWS, GOALS)), ids=lambda value: str(value))
def test_hundred_battles(row: tuple[int, int], goal: float) -> None:
    fought = fight_all(range(100), *row)
    shares = np.array([one.protected_frac for one in fought])
    gain, no_look = interval(shares[:, 3] - shares[:, 2]), interval(shares[:, 3] - shares[:, 1])
    spent_ms = np.concatenate([one.spent_ms for one in fought])
    p99_ms, prepare_s = float(np.percentile(spent_ms, 99)), float(np.median([one.prepare_s for one in fought]))
    bounds = []
    for number in range(100):
        threats, launchers, _ = draw_battle(number, rounds=row[0], reload_s=row[1])
        looked = bound_with_look(threats, launchers).protected_frac
        bounds.append((looked, bound_any(threats, launchers).protected_frac))
    means, limits = shares.mean(axis=0), np.mean(bounds, axis=0)
    print(
        f"\n{row}: first come {means[0]:.3f}, no look {means[1]:.3f}, with look {means[2]:.3f}, price {means[3]:.3f}; "
        f"gain {gain[0]:+.4f} ± {gain[1]:.4f}, over no look {no_look[0]:+.4f} ± {no_look[1]:.4f}; "
        f"bound with look {limits[0]:.3f}, any {limits[1]:.3f}, gap {limits[1] - means[3]:.3f}; "
        f"p99 {p99_ms:.1f} ms, preparation {prepare_s:.2f} s"
    )
    assert gain[0] - gain[1] > goal
    assert no_look[0] > 0.0
    assert means[2] <= limits[0]
    assert means[3] <= limits[1]
    assert p99_ms < 20.0
    assert prepare_s < 1.0


@pytest.mark.validate
@pytest.mark.parametrize("row", ROWS[:2], ids=str)
def test_wrong_beliefs(row: tuple[int, int]) -> None:
    numbers = range(40)
    right = np.array([one.protected_frac for one in fight_all(numbers, *row)])
    for case in CASES[1:]:
        wrong = np.array([one.protected_frac for one in fight_all(numbers, *row, case)])
        change, gain = interval(wrong[:, 3] - right[:, 3]), interval(wrong[:, 3] - wrong[:, 2])
        print(f"\n{row}, {case.name}: {change[0]:+.4f} ± {change[1]:.4f}; over greedy {gain[0]:+.4f} ± {gain[1]:.4f}")
        assert gain[0] > 0.04
        if case.forecast_rate == 0.5:
            assert change[0] >= -0.03

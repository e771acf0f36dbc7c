"""The compiled battle is that of a plain Python one, second by second; policies see no more than they may."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.dynamic_battles import draw_battle
from opendome.assignment.dynamic_battle import play
from opendome.assignment.dynamic_rules import FirstCome, Greedy
from opendome.assignment.dynamic_types import Sight, make_launchers, make_threats
from opendome.base.philox import Purpose
from opendome.testing.reference_luck import Luck
from tests.assignment.dynamic_reference import SlowBattle
from tests.assignment.dynamic_tiny import tiny


def luck_of(seed: int) -> Luck:
    return Luck(seed, 0)


@pytest.mark.parametrize("with_look", [True, False])
@pytest.mark.parametrize("number", range(4))
def test_greedy_battle_equals_the_slow_one(number: int, with_look: bool) -> None:
    threats, launchers, _ = draw_battle(number, rounds=4 + 6 * number)
    luck, factor = luck_of(number), math.inf if with_look else 1.0
    slow = SlowBattle(
        threats, launchers, lambda threat, k: luck.uniforms(int(Purpose.KILL), threat, k, 0)[0], 0.0, factor, factor,
        [1.0] * 15,
    ).play()  # fmt: skip
    fast = play(threats, launchers, Greedy(with_look=with_look), seed=number)
    assert fast.shots.tolist() == [list(shot) for shot in slow.fired]
    assert set(np.flatnonzero(fast.is_stopped)) == slow.stopped
    assert fast.protected_frac == pytest.approx(slow.saved() / threats.value.sum(), rel=1e-12)


@pytest.mark.parametrize("number", range(6))
def test_tiny_battles_equal_the_slow_one(number: int) -> None:
    threats, launchers = tiny(number, n_threats=6, rounds=4)
    luck = luck_of(5)
    slow = SlowBattle(
        threats, launchers, lambda threat, k: luck.uniforms(int(Purpose.KILL), threat, k, 0)[0], 0.0, 1.0, 1.0,
        [1.0] * 2,
    ).play()  # fmt: skip
    assert play(threats, launchers, Greedy(with_look=False), seed=5).shots.tolist() == [list(s) for s in slow.fired]


class Watch:
    """Greedy, and notes on what it is shown."""

    def __init__(self) -> None:
        self.sights: list[tuple[int, int, int]] = []

    def decide(self, sight: Sight) -> NDArray[np.int64]:
        known = sight.knowledge
        late = int(sight.threats.t_seen_s.max(initial=-1))
        pending = int((known.shot_t_known_s > sight.t_s).sum())
        self.sights.append((sight.t_s, late, pending - int(known.n_pending.sum())))
        assert sight.threats.value.size == known.is_down.size == known.t_free_s.size
        return Greedy().decide(sight)


def test_only_what_has_been_seen_is_shown() -> None:
    threats, launchers, _ = draw_battle(3)
    watch = Watch()
    play(threats, launchers, watch, seed=1)
    assert all(late <= t_s for t_s, late, _ in watch.sights)
    assert all(difference == 0 for _, _, difference in watch.sights)
    assert len(watch.sights) > 200


@pytest.mark.parametrize("policy", [FirstCome(), Greedy(), Greedy(with_look=False)])
def test_shots_keep_the_rules(policy: Greedy | FirstCome) -> None:
    threats, launchers, _ = draw_battle(2, rounds=10, reload_s=6)
    shots = play(threats, launchers, policy, seed=2).shots
    assert np.all(np.bincount(shots[:, 1], minlength=15) <= 10)
    for launcher in range(15):
        assert np.all(np.diff(shots[shots[:, 1] == launcher, 0]) >= 6)
    assert np.all(shots[:, 0] >= threats.t_first_s[shots[:, 2], shots[:, 1]])
    assert np.all(shots[:, 0] <= threats.t_last_s[shots[:, 2], shots[:, 1]])
    assert np.all(threats.value[shots[:, 2]] > 0.0)


def test_same_seed_same_bytes_and_luck_is_by_threat_and_ordinal() -> None:
    threats, launchers, _ = draw_battle(4)
    one, two = (play(threats, launchers, Greedy(), seed=7) for _ in range(2))
    assert one.shots.tobytes() == two.shots.tobytes()
    assert one.is_hit.tobytes() == two.is_hit.tobytes()
    assert play(threats, launchers, Greedy(), seed=8).is_hit.tobytes() != one.is_hit.tobytes()
    # A launcher more that reaches nothing changes no outcome.
    more = make_threats(
        threats.t_seen_s, threats.t_impact_s, threats.value,
        *(np.column_stack([table, np.full(threats.value.size, fill)]) for table, fill in
          ((threats.t_first_s, 0), (threats.t_last_s, -1), (threats.flyout_s, 0), (threats.p_kill, 0.0))),
    )  # fmt: skip
    wider = make_launchers([*launchers.rounds, 5], [*launchers.reload_s, 3], launchers.look_s)
    assert play(more, wider, Greedy(), seed=7).is_hit.tobytes() == one.is_hit.tobytes()


class Fixed:
    """Orders the same shot each second."""

    def __init__(self, launcher: int, threat: int) -> None:
        self._order = np.array([[launcher, threat]])

    def decide(self, sight: Sight) -> NDArray[np.int64]:
        return self._order if sight.t_s >= 2 else self._order[:0]


@pytest.mark.parametrize(
    ("launcher", "threat", "says"),
    [(0, 0, "not ready"), (1, 0, "cannot reach"), (0, 5, "no threat 5 in sight"), (2, 0, "has no round")],
)
def test_orders_that_cannot_be_are_refused(launcher: int, threat: int, says: str) -> None:
    threats = make_threats([0], [30], [1.0], [[0, 0, 0]], [[20, -1, 20]], [[5, 5, 5]], [[0.5, 0.5, 0.5]])
    launchers = make_launchers([4, 4, 0], [5, 5, 5], 3)
    with pytest.raises(ValueError, match=says):
        play(threats, launchers, Fixed(launcher, threat), seed=1)


def test_a_threat_known_to_be_stopped_is_not_fired_at() -> None:
    threats = make_threats([0], [60], [1.0], [[0]], [[50]], [[5]], [[0.999999]])
    with pytest.raises(ValueError, match="known to be stopped"):
        play(threats, make_launchers([20], [1], 3), Fixed(0, 0), seed=1)


def test_wrong_arrays_are_refused() -> None:
    with pytest.raises(ValueError, match="arrays for threats and launchers"):
        make_threats([0], [1, 2], [1.0], [[0]], [[5]], [[1]], [[0.5]])
    with pytest.raises(ValueError, match="in \\[0, 1\\)"):
        make_threats([0], [9], [1.0], [[0]], [[5]], [[1]], [[1.0]])
    with pytest.raises(ValueError, match="reload_s of at least 1"):
        make_launchers([2], [0], 3)


def test_nothing_of_worth_is_all_protected() -> None:
    threats = make_threats([0], [30], [0.0], [[0]], [[20]], [[5]], [[0.5]])
    assert play(threats, make_launchers([2], [3], 3), Greedy(), seed=1).protected_frac == 1.0

"""The defence as a Gymnasium environment: its contract, and that an episode is the replication it says it is."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("gymnasium")

import gymnasium
from gymnasium.utils.env_checker import check_env

import opendome as od
from opendome.adapters import gym_episode, gym_vector
from opendome.adapters.gym import ENV_ID, DefenceEnv, make_env
from opendome.adapters.gym_baselines import RegisteredOrders, baseline, play_episode
from opendome.adapters.gym_scaling import ScaledObservation
from opendome.adapters.gym_vector import DefenceVectorEnv
from opendome.base.errors import CommandError, RunError
from opendome.battle.state import Count, Status
from opendome.doctrine import view
from opendome.doctrine.view import HOLD
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.study.doors import Play
from tests.engine.scenarios import HERE as ENGINE_SCENARIOS

BUSY = {
    "doctrine.salvo": 2,
    "depot.rounds": 10,
    "assumptions.iron-dome.defended_radius_km": 15,
    "threats.raid.launched_per_day.mean": [200, 200, 200],
}
"""Two rounds in a salvo and not enough of them."""
INFO = ("is_out_of_mask", "n_rounds", "people_exposed", "n_options")
QUIET = {"threats.raid.launched_per_day.mean": [0.001, 0.001, 0.001]}


@pytest.fixture(scope="module")
def env() -> DefenceEnv:
    return make_env("coastland", seed=1)


@pytest.fixture(scope="module")
def busy() -> DefenceEnv:
    return make_env(load("coastland").alternative("one-more").override(BUSY), seed=3)


def stress() -> Any:
    return load(ENGINE_SCENARIOS / "stress.yaml")


def roll(env: Any, actions: Any, **how: Any) -> list[Any]:
    """Play an episode; give everything that came of it."""
    observation, info = env.reset(**how)
    found: list[Any] = [observation]
    is_over = False
    while not is_over:
        observation, reward, is_over, is_cut, info = env.step(actions(env, observation))
        assert not is_cut
        found += [observation, reward, info]
    return found


def assert_same_bytes(ours: Any, theirs: Any) -> None:
    assert type(ours) is type(theirs)
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        for name in ours:
            assert_same_bytes(ours[name], theirs[name])
    elif isinstance(ours, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            assert_same_bytes(one, other)
    elif isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype and ours.tobytes() == theirs.tobytes()
    else:
        assert ours == theirs


# --- Gymnasium's contract ---


@pytest.mark.parametrize("picture", ["statistical", "tracked"])
def test_gymnasium_finds_nothing_to_say(picture: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = gymnasium.make(ENV_ID, picture=picture, alternative="one-more")
        check_env(made.unwrapped)
        check_env(make_env("coastland", picture=picture))


def test_scaled_observation_is_one_vector(busy: DefenceEnv) -> None:
    scaled = ScaledObservation(busy)
    rows = [one for one in roll(scaled, lambda env, seen: 1, seed=3) if isinstance(one, np.ndarray)]
    assert all(row in scaled.observation_space for row in rows)
    table = np.array(rows[:-1])
    assert np.abs(table).max() <= 1.0
    assert (table.std(axis=0)[: view.ROUND_PRICE_PEOPLE] > 0.01).all()
    n_options = busy.task.n_options
    np.testing.assert_array_equal(table[0, -n_options - 1 :], roll(busy, lambda env, seen: 1, seed=3)[0]["action_mask"])
    assert scaled.action_masks()[0]


def test_every_observation_stands_by_itself(busy: DefenceEnv) -> None:
    first, _ = busy.reset(seed=3)
    kept = {name: array.copy() for name, array in first.items()}
    second = busy.step(1)[0]
    for name in first:
        assert not np.shares_memory(first[name], second[name])
        np.testing.assert_array_equal(first[name], kept[name])
    first["options"][:] = np.nan
    assert np.isfinite(busy.step(1)[0]["options"]).all()


def test_same_seed_same_bytes() -> None:
    once = [roll(make_env("coastland", seed=5), lambda env, seen: 1) for _ in range(2)]
    assert_same_bytes(*once)
    env = make_env("coastland", seed=9)
    roll(env, lambda env, seen: 0)
    assert_same_bytes(once[0], roll(env, lambda env, seen: 1, seed=5))
    other = roll(env, lambda env, seen: 1, seed=6)
    assert other[0]["track"].tobytes() != once[0][0]["track"].tobytes()


def test_two_environments_in_one_process_do_not_meet() -> None:
    alone = roll(make_env("coastland", seed=2), lambda env, seen: 1)
    left, right = make_env("coastland", seed=2), make_env("coastland", "one-more", seed=4)
    found: list[Any] = [left.reset()[0]]
    right.reset()
    is_over = False
    while not is_over:
        observation, reward, is_over, _, info = left.step(1)
        found += [observation, reward, info]
        if right.step(0)[2]:
            right.reset()
    assert_same_bytes(alone, found)


# --- an episode is a replication ---


@pytest.mark.parametrize("policy", ["earliest", "greedy"])
@pytest.mark.parametrize("picture", ["statistical", "tracked"])
def test_a_registered_policy_plays_as_in_a_run(policy: str, picture: str) -> None:
    scenario = load("coastland").alternative("one-more").override(BUSY)
    env = make_env(scenario, seed=3, picture=picture)
    for replication in (0, 4):
        found = play_episode(env, RegisteredOrders(policy), seed=3, replication=replication)
        run = od.run(scenario, seed=3, replication=replication, policy=policy, picture=picture)
        assert found.measures == run.measures()
        assert found.n_decisions > 50


@pytest.mark.parametrize("rule", [lambda track, options, stock: len(options) - 1, lambda track, options, stock: HOLD])
def test_rules_in_plain_python_too(busy: DefenceEnv, rule: Any) -> None:
    found = play_episode(busy, baseline(rule, busy), seed=3, replication=1)
    run = od.run(busy.task.scenario, seed=3, replication=1, policy=rule)
    assert found.measures == run.measures()


def test_everything_at_once_plays_as_in_a_run() -> None:
    scenario = stress().alternative("as-is").override({"doctrine.reserve_share": 0.0})
    env = make_env(scenario, seed=2)
    for replication in range(3):
        found = play_episode(env, RegisteredOrders("greedy"), seed=2, replication=replication)
        assert found.measures == od.run(scenario, seed=2, replication=replication, policy="greedy").measures()


def test_an_observation_holds_what_a_policy_sees_and_no_more(busy: DefenceEnv) -> None:
    play = Play(compile_world(busy.task.scenario), 3, 0)
    observation, _ = busy.reset(seed=3)
    n_seen = 0
    while play.decide():
        n = play.state.count[Count.N_OPTIONS]
        np.testing.assert_array_equal(observation["track"], play.state.view_track)
        np.testing.assert_array_equal(observation["stock"], play.state.view_stock)
        np.testing.assert_array_equal(observation["options"][:n], play.state.view_options[:n])
        assert not observation["options"][n:].any()
        np.testing.assert_array_equal(observation["action_mask"], np.arange(busy.task.n_options + 1) <= n)
        np.testing.assert_array_equal(observation["action_mask"].astype(bool), busy.action_masks())
        play.answer(0)
        observation, _, is_over, _, _ = busy.step(1)
        n_seen += 1
    assert is_over and n_seen > 50
    assert not any(observation[name].any() for name in ("track", "options", "stock"))
    np.testing.assert_array_equal(busy.action_masks().nonzero()[0], [0])


def test_what_is_to_come_does_not_show() -> None:
    """Perception being the same, another truth changes no observation as long as orders and luck do not meet it."""
    env, other = make_env("coastland", seed=1), make_env("coastland", seed=1)
    ours, _ = env.reset()
    theirs, _ = other.reset()
    other._episode.window.objects["t_impact_s"][:] += 1e5
    other._episode.window.objects["is_built_up"][:] = 1 - other._episode.window.objects["is_built_up"]
    assert_same_bytes(ours, theirs)
    for _ in range(10):
        ours, theirs = env.step(0)[0], other.step(0)[0]
        assert_same_bytes(ours, theirs)


def test_replications_follow_one_another() -> None:
    env = make_env("coastland", seed=7)
    assert env.replication == -1
    assert [env.reset()[1]["replication"] for _ in range(3)] == [0, 1, 2]
    info = env.reset(options={"replication": 8})[1]
    assert (info["replication"], info["seed"], env.replication) == (8, 7, 8)
    assert env.reset()[1]["replication"] == 9
    info = env.reset(seed=4)[1]
    assert (info["replication"], info["seed"]) == (0, 4)


# --- reward ---


@pytest.mark.parametrize("price", [None, 0.0, 0.5])
@pytest.mark.parametrize("policy", ["random", "earliest", "greedy"])
def test_rewards_add_up_to_the_measures(policy: str, price: float | None) -> None:
    env = make_env(load("coastland").override(BUSY), seed=1, round_price_people=price)
    price = 0.02 if price is None else price
    for replication in range(2):
        found = play_episode(env, baseline(policy, env), replication=replication)
        people, fired = found.measures["people_exposed"], found.measures["interceptors_fired"]
        assert people is not None and fired is not None and people > 0 and fired > 0
        assert found.total_reward == pytest.approx(-people - price * fired, rel=1e-12)


def test_people_are_counted_when_they_are_hit(busy: DefenceEnv) -> None:
    """Each step bears the leaks between its decision and the next, as the run's own table of ends has them."""
    run = od.run(busy.task.scenario, seed=3, replication=0, policy=lambda track, options, stock: HOLD)
    threats = run.table("threats")
    is_leak = np.array(threats["end"]) == "leaked_built_up"
    leaks_s = np.sort(np.array(threats["t_impact_s"])[is_leak])
    observation, _ = busy.reset(seed=3)
    from_s, is_over, n_hits = -np.inf, False, 0
    while not is_over:
        observation, reward, is_over, _, info = busy.step(0)
        until_s = np.inf if is_over else observation["track"][view.T_S]
        n = np.searchsorted(leaks_s, [from_s, until_s])
        assert (info["people_exposed"] > 0) == (n[1] > n[0])
        assert reward == -info["people_exposed"] and info["n_rounds"] == 0
        n_hits += n[1] > n[0]
        from_s = until_s
    assert n_hits > 20


def test_agents_differ_as_they_should() -> None:
    env = make_env("coastland", seed=1)
    total = {
        name: np.mean([play_episode(env, baseline(name, env), seed=1, replication=k).total_reward for k in range(8)])
        for name in ("random", "earliest", "greedy")
    }
    total["hold"] = np.mean([sum(roll(env, lambda env, seen: 0, options={"replication": k})[2::3]) for k in range(8)])
    assert total["hold"] < total["random"] < total["earliest"] <= total["greedy"] + 0.5


# --- masks, padding, odd episodes ---


def test_what_the_mask_forbids_is_holding(busy: DefenceEnv) -> None:
    def forbidden(env: DefenceEnv, seen: dict[str, np.ndarray]) -> int:
        return env.task.n_options if not seen["action_mask"][-1] else 0

    held = roll(busy, lambda env, seen: 0, seed=3)
    found = roll(busy, forbidden, seed=3)
    assert_same_bytes(found[1::3], held[1::3])
    assert_same_bytes(found[2::3], held[2::3])
    assert any(info["is_out_of_mask"] for info in found[3::3])
    assert not any(info["is_out_of_mask"] for info in held[3::3])


def test_fewer_rows_than_options_are_said(busy: DefenceEnv) -> None:
    narrow = make_env(busy.task.scenario, seed=3, n_options=1)
    observation, info = narrow.reset()
    assert observation["options"].shape == (1, view.N_OPTION)
    infos = [info, *roll(narrow, lambda env, seen: 1, seed=3)[3::3]]
    assert max(info["n_options"] for info in infos) > 1
    wide = make_env(busy.task.scenario, seed=3, n_options=view.MAX_OPTIONS)
    assert play_episode(wide, baseline("greedy", wide)) == play_episode(busy, baseline("greedy", busy), seed=3)


def test_a_replication_without_a_decision_is_an_episode_of_one_step() -> None:
    env = make_env(load("coastland").override(QUIET), seed=1)
    observation, info = env.reset()
    assert info["n_options"] == 0 and not observation["track"].any()
    _, reward, is_over, _, info = env.step(1)
    assert is_over and info["is_out_of_mask"] and info["measures"]["interceptors_fired"] == 0
    assert reward == pytest.approx(-info["measures"]["people_exposed"], rel=1e-12)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**63 - 1), replication=st.integers(0, 2**31 - 1), data=st.data())
def test_any_orders_at_all(busy: DefenceEnv, seed: int, replication: int, data: st.DataObject) -> None:
    observation, _ = busy.reset(seed=seed, options={"replication": replication})
    orders = data.draw(st.lists(st.integers(0, busy.task.n_options), min_size=1, max_size=40))
    total, is_over, n = 0.0, False, 0
    while not is_over:
        assert observation in busy.observation_space
        assert all(np.isfinite(array).all() for array in observation.values())
        observation, reward, is_over, _, info = busy.step(orders[n % len(orders)])
        assert np.isfinite(reward) and reward <= 0.0
        total += reward
        n += 1
    assert observation in busy.observation_space
    measures = info["measures"]
    assert total == pytest.approx(-measures["people_exposed"] - 0.02 * measures["interceptors_fired"], rel=1e-9)


@pytest.mark.parametrize("name", ["coastland", "two-batteries", "may-2021"])
def test_bounds_are_not_touched(name: str) -> None:
    env = make_env(name, seed=1)
    seen = roll(env, lambda env, seen: 1)[1:-3:3]
    bounds = env.task.bounds
    for column in (view.T_IMPACT_S, view.VALUE_PEOPLE, view.SIGMA_M, view.IMPACT_EAST_M, view.IMPACT_NORTH_M):
        assert max(abs(one["track"][column]) for one in seen) < bounds.track[column]
    assert max(one["options"].max(axis=0)[view.T_LATEST_S] for one in seen) < bounds.options[view.T_LATEST_S]
    assert max(one["stock"][view.DELIVERED_ROUNDS] for one in seen) <= bounds.stock[view.DELIVERED_ROUNDS]


# --- many at once ---


def test_seats_play_what_they_would_play_alone() -> None:
    n = 3
    envs = gymnasium.make_vec(ENV_ID, num_envs=n, scenario="coastland", seed=1)
    assert isinstance(envs.unwrapped, DefenceVectorEnv)
    observations, infos = envs.reset()
    assert observations in envs.observation_space
    assert infos["replication"].tolist() == [0, 1, 2] and infos["seed"].tolist() == [1, 1, 1]
    found: list[list[list[Any]]] = [[[]] for _ in range(n)]
    for i in range(n):
        found[i][0].append({name: array[i] for name, array in observations.items()})
    while min(map(len, found)) < 3:
        was_over = [len(parts[-1]) > 1 and "measures" in parts[-1][-1] for parts in found]
        observations, rewards, terminated, truncated, infos = envs.step(np.ones(n, np.int64))
        assert not truncated.any()
        for i in range(n):
            observation = {name: array[i] for name, array in observations.items()}
            if was_over[i]:
                assert rewards[i] == 0.0 and not terminated[i]
                found[i].append([observation])
                continue
            info = {
                name: infos[name][i].item() for name in ("is_out_of_mask", "n_rounds", "people_exposed", "n_options")
            }
            if terminated[i]:
                assert infos["_measures"][i]
                info["measures"] = infos["measures"][i]
            found[i][-1] += [observation, float(rewards[i]), info]
    env = make_env("coastland", seed=1)
    for i in range(n):
        for k in range(2):
            alone = roll(env, lambda env, seen: 1, options={"replication": i + k * n})
            assert_same_bytes(found[i][k], alone)


def test_seats_with_seeds_of_their_own() -> None:
    envs = DefenceVectorEnv(2, "coastland")
    seen, infos = envs.reset(seed=[4, 5])
    assert infos["replication"].tolist() == [0, 0]
    for i, seed in enumerate((4, 5)):
        alone, _ = make_env("coastland", seed=seed).reset()
        np.testing.assert_array_equal(seen["track"][i], alone["track"])
    assert envs.reset(options={"replication": 6})[1]["replication"].tolist() == [6, 7]
    assert envs.reset(seed=4)[1]["seed"].tolist() == [4, 4]
    np.testing.assert_array_equal(envs.action_masks(), envs.reset(seed=4)[0]["action_mask"])


# --- what is refused ---


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"scenario": "coastlnd"}, "coastland"),
        ({"alternative": "one-mor"}, "one-more"),
        ({"picture": "blurred"}, "unknown picture `blurred`: write statistical or tracked"),
        ({"round_price_people": -1.0}, "round_price_people must be a number of people, 0 or more, not -1.0"),
        ({"round_price_people": "dear"}, "round_price_people must be a number"),
        ({"n_options": 0}, "n_options must be from 1 to 128, not 0"),
        ({"n_options": 2.5}, "n_options must be a whole number"),
        ({"seed": -1}, "seed must be from 0 to 9223372036854775807, not -1"),
        ({"seed": "one"}, "seed must be a whole number, not 'one'"),
        ({"render_mode": "human"}, "no render mode `human`"),
    ],
)
def test_what_cannot_be_made_is_told_why(how: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_env(**how)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"options": {"replicaton": 3}}, "knows no option `replicaton`: did you mean `replication`"),
        ({"options": {"replication": -1}}, "must be from 0 to 2147483647, not -1"),
    ],
)
def test_what_cannot_be_reset_is_told_why(env: DefenceEnv, how: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        env.reset(**how)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (-1, "action must be from 0 to 2, not -1"),
        (3, "from 0 to 2, not 3"),
        (1.0, "whole number, not 1.0"),
        ("1", "'1'"),
    ],
)
def test_what_is_no_action_is_told_why(env: DefenceEnv, action: Any, words: str) -> None:
    env.reset(seed=1)
    with pytest.raises(CommandError, match=words):
        env.step(action)
    assert np.isfinite(env.step(np.int64(1))[1])


def test_no_step_before_the_first_reset_or_after_the_end() -> None:
    env = make_env("coastland")
    with pytest.raises(CommandError, match="call reset"):
        env.step(0)
    roll(env, lambda env, seen: 0)
    with pytest.raises(CommandError, match="call reset"):
        env.step(0)


def test_an_overflow_ends_the_episode(monkeypatch: pytest.MonkeyPatch) -> None:
    env, envs = make_env("coastland"), DefenceVectorEnv(2, "coastland")
    env.reset(), envs.reset()
    monkeypatch.setattr(gym_episode, "act", lambda *args: int(Status.HEAP_FULL))
    monkeypatch.setattr(gym_vector, "act_all", lambda *args: args[4].fill(int(Status.HEAP_FULL)) or 2)
    for one, action in ((env, 0), (envs, np.zeros(2, int))):
        with pytest.raises(RunError, match="more engagements are open at once"):
            one.step(action)
        with pytest.raises(CommandError, match="call reset"):
            one.step(action)


@pytest.mark.parametrize("actions", [[0], [0, 3], [0, -1], [0.0, 1.0]])
def test_what_are_no_actions_is_told_why(actions: list[float]) -> None:
    envs = DefenceVectorEnv(2, "coastland")
    with pytest.raises(CommandError, match="call reset"):
        envs.step(np.zeros(2, int))
    envs.reset()
    with pytest.raises(CommandError, match="actions must be"):
        envs.step(np.array(actions))
    with pytest.raises(CommandError, match="give one seed or 2 of them, not 3"):
        envs.reset(seed=[1, 2, 3])
    with pytest.raises(CommandError, match="num_envs must be at least 1"):
        DefenceVectorEnv(0)


def test_unknown_baseline_is_told_the_nearest(env: DefenceEnv) -> None:
    with pytest.raises(CommandError, match="did you mean `greedy`"):
        baseline("greeedy", env)


def test_without_gymnasium_the_adapter_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['gymnasium'] = None\n"
        "try:\n    import opendome.adapters.gym\n"
        "except ValueError as error:\n    print(error)"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "uv pip install opendome[gym]" in found

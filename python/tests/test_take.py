"""`TakeEnv`: accounts, episodes, seeds, no future."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from orderbook_gym import Market, MarketError, TakeEnv, TakeVectorEnv
from orderbook_gym.synthetic import simulate
from tests.replay import take

OPTIONS: dict[str, Any] = {"unit": "0.35", "units": 2, "fee": "0.000731", "latency": 1, "horizon": 120}


def play(env: gymnasium.Env[Any, Any], seed: int, start: int | None = None, steps: int = 120) -> list[Any]:
    """Observations, rewards and infos of random actions."""
    random = np.random.default_rng(seed)
    observation, info = env.reset(seed=seed, options=None if start is None else {"start": start})
    told = [(observation.tobytes(), 0.0, info)]
    size = env.action_space.n  # type: ignore[attr-defined]
    for _ in range(steps):
        observation, reward, _, truncated, info = env.step(int(random.integers(size)))
        told.append((observation.tobytes(), reward, info))
        if truncated:
            break
    return told


def test_gymnasium_has_nothing_to_say(market: Market) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(TakeEnv(market, unit="0.1", horizon=50), skip_render_check=True)
        check_env(gymnasium.make("orderbook_gym/Take-v0", market=market, unit="0.1", horizon=50).unwrapped)


@pytest.mark.parametrize("seed", range(40))
def test_the_account_is_that_of_a_replay(market: Market, seed: int) -> None:
    random = np.random.default_rng(seed)
    options = {
        "unit": f"0.{random.integers(1, 9999):04}",
        "units": int(random.integers(1, 4)),
        "fee": str(random.integers(-300, 5000) / 1_000_000)[:9] if seed % 3 else "0",
        "latency": int(random.integers(0, 4)),
        "horizon": int(random.integers(1, 150)),
    }
    options["fee"] = f"{int(random.integers(-300, 5000)) / 1_000_000:.6f}"
    env = TakeEnv(market, **options)
    _, info = env.reset(seed=seed)
    start = info["row"]
    actions = random.integers(0, 2 * options["units"] + 1, size=options["horizon"]).tolist()
    for number, (action, should) in enumerate(zip(actions, take(market, start, actions, options), strict=True)):
        _, reward, terminated, truncated, info = env.step(action)
        assert {key: info[key] for key in ("cash", "fees", "position", "rejected")} == {
            key: should[key] for key in ("cash", "fees", "position", "rejected")
        }
        assert reward == pytest.approx(float(should["reward"]), rel=1e-12, abs=1e-12)
        assert not terminated
        assert truncated == (number == options["horizon"] - 1)
    assert info["row"] == start + options["horizon"]


def test_rewards_add_up_to_the_profit(market: Market) -> None:
    env = TakeEnv(market, **OPTIONS)
    env.reset(seed=3)
    total = 0.0
    truncated = False
    while not truncated:
        _, reward, _, truncated, info = env.step(int(env.np_random.integers(5)))
        total += reward
    row = info["row"]
    twice_mid = int(market.bid_prices[row, 0] + market.ask_prices[row, 0])
    profit = (2 * info["cash"] + info["position"] * twice_mid) / (2 * 10**market.money_scale)
    assert info["fees"] > 0
    assert total == pytest.approx(profit, rel=1e-9)


def test_a_position_held_earns_the_change_of_prices_less_costs(market: Market) -> None:
    env = TakeEnv(market, unit="0.0001", fee="0", latency=0, horizon=100)
    env.reset(options={"start": 10})
    total = sum(float(env.step(2)[1]) for _ in range(100))
    last = int(market.bid_prices[110, 0] + market.ask_prices[110, 0])
    paid = 2 * int(market.ask_prices[10, 0])
    assert total == pytest.approx((last - paid) / 2 / 10**market.price_scale * 0.0001, rel=1e-9)


def test_a_seed_gives_the_same_bits(market: Market) -> None:
    for seed in range(5):
        assert play(TakeEnv(market, **OPTIONS), seed) == play(TakeEnv(market, **OPTIONS), seed)
    starts = {play(TakeEnv(market, **OPTIONS), seed, steps=1)[0][2]["row"] for seed in range(20)}
    assert len(starts) > 5


def test_an_episode_never_leaves_its_segment(market: Market) -> None:
    env = TakeEnv(market, **OPTIONS)
    for seed in range(200):
        _, info = env.reset(seed=seed)
        first = info["row"]
        assert set(market.segment[first : first + 121].tolist()) == {info["segment"]}
        assert np.all(np.diff(market.at_us[first : first + 121]) == market.every_us)
    assert {env.episodes.row(n) for n in range(env.episodes.count)} == {
        row for row in range(market.rows - 120) if market.segment[row] == market.segment[row + 120]
    }


@pytest.mark.parametrize("latency", [0, 1, 3])
def test_nothing_depends_on_later_rows(market: Market, latency: int) -> None:
    """Cut the file after each row: everything up to it is the same, bit by bit."""
    options = OPTIONS | {"latency": latency}
    for start in (0, 200, 479):
        whole = play(TakeEnv(market, **options), 1, start)
        for steps in [*range(1, 20), 60, 119]:
            cut = market.part(0, start + steps + 1)
            told = play(TakeEnv(cut, **options | {"horizon": steps}), 1, start)
            assert told == whole[: steps + 1]


def test_an_order_beyond_the_depth_is_rejected_as_a_whole(market: Market) -> None:
    env = TakeEnv(market, unit="500", fee="0", latency=0, horizon=10)
    env.reset(seed=0)
    for _ in range(10):
        _, reward, _, _, info = env.step(2)
        assert (reward, info["position"], info["cash"]) == (0.0, 0, 0)
    assert info["rejected"] == 10


def test_an_account_that_could_overflow_is_rejected(market: Market) -> None:
    with pytest.raises(MarketError, match="64 bits"):
        TakeEnv(market, unit="3000000000", horizon=190)


def test_impossible_episodes_are_rejected(market: Market) -> None:
    with pytest.raises(MarketError, match="longest run has 200"):
        TakeEnv(market, unit="0.1", horizon=200)
    env = TakeEnv(market, **OPTIONS)
    for row in (-1, 80, 199, 600):
        with pytest.raises(MarketError, match="can begin at row"):
            env.reset(options={"start": row})
    env.reset(options={"start": 79})
    for _ in range(120):
        env.step(0)
    with pytest.raises(MarketError, match="over"):
        env.step(0)


@pytest.mark.parametrize("latency", [0, 1, 2, 5])
def test_the_vector_is_equal_to_single_environments(latency: int) -> None:
    market = simulate(400, seed=5, depth=4, segments=2).market
    options = OPTIONS | {"latency": latency, "horizon": 37, "unit": "0.9"}
    one = gymnasium.make_vec(
        "orderbook_gym/Take-v0", num_envs=7, vectorization_mode="vector_entry_point", market=market, **options
    )
    other = SyncVectorEnv([lambda: TakeEnv(market, **options)] * 7, autoreset_mode=AutoresetMode.NEXT_STEP)
    assert isinstance(one.unwrapped, TakeVectorEnv)
    random = np.random.default_rng(latency)
    mine, theirs = one.reset(seed=11), other.reset(seed=11)
    rejected = 0
    for _ in range(200):
        np.testing.assert_array_equal(mine[0], theirs[0])
        for key in ("row", "at_us", "segment", "position", "cash", "fees", "rejected"):
            np.testing.assert_array_equal(mine[-1][key], theirs[-1][key])
        rejected += int(mine[-1]["rejected"].sum())
        actions = random.integers(0, 5, size=7)
        step, should = one.step(actions), other.step(actions)
        for part in (1, 2, 3):
            np.testing.assert_array_equal(step[part], should[part])
        mine, theirs = step, should
    assert rejected > 0


@pytest.mark.parametrize("action", [-1, 5])
def test_an_action_outside_of_the_space_is_rejected(market: Market, action: int) -> None:
    """It would leave the largest position, for which the range of the account was checked."""
    env, vector = TakeEnv(market, **OPTIONS), TakeVectorEnv(2, market, **OPTIONS)
    assert env.action_space.n == 5
    env.reset(seed=1)
    vector.reset(seed=1)
    with pytest.raises(MarketError, match="no action"):
        env.step(action)
    with pytest.raises(MarketError, match="no action"):
        vector.step(np.array([0, action]))

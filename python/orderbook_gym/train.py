"""``python -m orderbook_gym.train book.parquet``: a linear policy for `TakeEnv`, found by the cross-entropy method.

The first part of the file trains, the rest judges. Nothing but numpy, and seconds on one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orderbook_gym.features import FLOWS, Floats
from orderbook_gym.files import load
from orderbook_gym.market import Ints, Market, MarketError
from orderbook_gym.take import ACCOUNT_FEATURES, TakeEnv
from orderbook_gym.vector import TakeVectorEnv

Doubles = NDArray[np.float64]

TRAINED_PART = 0.7
ELITE_PART = 0.2
MEMORIES = (8, 40)
"""Steps over which a policy remembers signals."""
SIGNALS = 5
WEIGHTS = SIGNALS * (1 + len(MEMORIES)) + 1
LEAST_DEVIATION = 0.02


def signals(observations: Floats) -> Floats:
    """Return what tells up from down in observations of `TakeEnv`: shape ``(n, features)`` to ``(n, 5)``.

    Bid less ask size at the best price and over all levels, how much nearer the bids are, what takers bought less what
    they sold, and the last change of the mid price.
    """
    market = observations[:, :-ACCOUNT_FEATURES]
    depth = (market.shape[1] - FLOWS) // 4
    distances, sizes = market[:, : 2 * depth], market[:, 2 * depth : 4 * depth]
    bids, asks = sizes[:, :depth], sizes[:, depth:]
    mid_change, up, _, down, _, _ = market[:, 4 * depth :].T
    found = (
        bids[:, 0] - asks[:, 0],
        (bids - asks).mean(axis=1),
        np.tanh(distances.mean(axis=1)),
        up - down,
        mid_change,
    )
    return np.stack(found, axis=1).astype(np.float32)


@dataclass
class Policy:
    """Position = the weighted sum of signals now and remembered and of the position, rounded to whole units.

    It plays many episodes at once, and has a memory for each: `reset` it before the first step of all of them.
    """

    scale: Doubles
    """Deviation of each signal where it was trained, shape ``(5,)``."""
    weights: Doubles
    """Shape ``(weights,)``, or ``(n, weights)``: one row for each episode."""

    def reset(self) -> None:
        """Forget."""
        self._remembered: list[Doubles] | None = None

    def act(self, observations: Floats, units: int) -> Ints:
        """Actions of shape ``(n,)`` for observations of shape ``(n, features)``."""
        now: Doubles = np.clip(signals(observations) / self.scale, -5, 5)
        if self._remembered is None:
            self._remembered = [np.zeros_like(now) for _ in MEMORIES]
        for steps, memory in zip(MEMORIES, self._remembered, strict=True):
            memory += (now - memory) / steps
        position = observations[:, -ACCOUNT_FEATURES, None]
        everything = np.concatenate([now, *self._remembered, position], axis=1)
        scores = (everything * self.weights).sum(axis=1)
        actions: Ints = (np.clip(np.rint(scores * units), -units, units) + units).astype(np.int64)
        return actions


@dataclass(frozen=True)
class Result:
    """What a training came to. Profits are the mean of an episode, in quote currency."""

    policy: Policy
    generations: list[float]
    """Profit of the chosen policies of each generation, in training."""
    random_profit: float
    """Profit of random positions, in the judging part."""
    profit: float
    """Profit of the trained policy from the same starts."""


def train(
    market: Market,
    *,
    generations: int = 30,
    population: int = 64,
    episodes: int = 16,
    seed: int = 0,
    **options: Any,
) -> Result:
    """Train on the first part of a market and judge on the rest.

    Args:
        market: from `load`.
        generations: rounds of trying and choosing.
        population: policies in each round.
        episodes: starts, the same for all policies of a round.
        seed: of everything random; the same seed gives the same policy.
        options: those of `TakeEnv`.

    """
    random = np.random.default_rng(seed)
    split = int(market.rows * TRAINED_PART)
    first, rest = market.part(0, split), market.part(split, market.rows)
    envs = TakeVectorEnv(population * episodes, first, **options)
    one = TakeEnv(first, **options)
    scale = np.maximum(signals(one.features).std(axis=0).astype(np.float64), 1e-6)
    center, spread = np.zeros(WEIGHTS), np.full(WEIGHTS, 0.5)
    told = []
    for _ in range(generations):
        tried = center + spread * random.standard_normal((population, WEIGHTS))
        starts = np.array([one.episodes.draw(random) for _ in range(episodes)], dtype=np.int64)
        policies = Policy(scale, np.repeat(tried, episodes, axis=0))
        profits = play(envs, np.tile(starts, population), policies).reshape(population, episodes).mean(axis=1)
        chosen = np.argsort(profits)[-max(int(population * ELITE_PART), 2) :]
        center = tried[chosen].mean(axis=0)
        spread = np.maximum(tried[chosen].std(axis=0), LEAST_DEVIATION)
        told.append(float(profits[chosen].mean()))
    policy = Policy(scale, center)
    return Result(policy, told, *judge(rest, policy, seed=seed, **options))


def judge(market: Market, policy: Policy, *, episodes: int = 256, seed: int = 0, **options: Any) -> tuple[float, float]:
    """Mean profit of an episode with random positions, and with the policy, from the same starts."""
    envs = TakeVectorEnv(episodes, market, **options)
    one = TakeEnv(market, **options)
    random = np.random.default_rng(seed)
    starts = np.array([one.episodes.draw(random) for _ in range(episodes)], dtype=np.int64)
    profit = float(play(envs, starts, policy).mean())
    envs.reset(options={"start": starts})
    random_profit = 0.0
    for _ in range(one.horizon):
        actions = random.integers(0, 2 * one.units + 1, size=episodes)
        random_profit += float(envs.step(actions)[1].mean())
    return random_profit, profit


def play(envs: TakeVectorEnv, starts: Ints, policy: Policy) -> Doubles:
    """Profit of one episode in each environment, shape ``(num_envs,)``."""
    observations, _ = envs.reset(options={"start": starts})
    policy.reset()
    profits = np.zeros(envs.num_envs)
    for _ in range(envs.horizon):
        observations, rewards, _, _, _ = envs.step(policy.act(observations, envs.units))
        profits += rewards
    return profits


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on files and print what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m orderbook_gym.train",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("snapshots", nargs="+", help="files of export --type snapshots, in their order")
    parser.add_argument("--unit", default="0.01", help="size of one unit")
    parser.add_argument("--units", type=int, default=1, help="largest position, in units")
    parser.add_argument("--fee", default="0", help="rate that a taker pays: 0.001 is 0.1 %%")
    parser.add_argument("--latency", type=int, default=1, help="rows from decision to market")
    parser.add_argument("--horizon", type=int, default=200, help="steps of an episode")
    parser.add_argument("--generations", type=int, default=30, help="rounds of trying and choosing")
    parser.add_argument("--seed", type=int, default=0, help="of everything random")
    parser.add_argument("--out", help="keep the policy in this file (.npz)")
    given = vars(parser.parse_args(arguments))
    out = given.pop("out")
    try:
        market = load(given.pop("snapshots"))
        print(f"{market.security}: {market.rows} snapshots, every {market.every_us / 1e6:g} s")
        result = train(market, **given)
    except (MarketError, OSError) as error:
        parser.error(str(error))
    for number, profit in enumerate(result.generations, start=1):
        if number == 1 or number % 5 == 0:
            print(f"generation {number:3}: the best earn {profit:+.4f} an episode")
    print(f"on later rows: {result.profit:+.4f} an episode; random positions: {result.random_profit:+.4f}")
    if out is not None:
        np.savez(out, scale=result.policy.scale, weights=result.policy.weights)
        print(f"the policy is in {out}")


if __name__ == "__main__":
    main()

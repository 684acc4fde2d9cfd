"""``python -m orderbook_gym.bench``: steps per second of each environment on a simulated market."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np

from orderbook_gym.make import MakeEnv
from orderbook_gym.market import Market
from orderbook_gym.synthetic import simulate
from orderbook_gym.take import TakeEnv
from orderbook_gym.vector import TakeVectorEnv

TAKE: dict[str, Any] = {"unit": "0.1", "units": 2, "horizon": 1000}
MAKE: dict[str, Any] = {"unit": "0.05", "tick": "0.1", "horizon": 1000}
RUNS = 3
KEPT = 10
"""Steps for which a calm agent keeps its action: its position, or its quotes' distances."""


def single(env: gymnasium.Env[Any, Any], actions: list[Any]) -> int:
    """Play the actions one by one; returns the number of steps."""
    env.reset(seed=0)
    step = env.step
    for action in actions:
        if step(action)[3]:
            env.reset()
    return len(actions)


def vector(env: gymnasium.vector.VectorEnv[Any, Any, Any], actions: Any) -> int:
    """Play rows of actions; returns the number of steps of all environments."""
    env.reset(seed=0)
    for action in actions:
        env.step(action)
    return int(len(actions) * env.num_envs)


def best(play: Callable[..., int], env: Any, actions: Any) -> float:
    """Return the steps per second of processor time, the best of some runs."""
    rates = []
    for _ in range(RUNS):
        started = time.process_time()
        steps = play(env, actions)
        rates.append(steps / (time.process_time() - started))
    return max(rates)


def measure(market: Market, steps: int) -> Iterator[tuple[str, float]]:
    """Yield the steps per second of each environment."""
    random = np.random.default_rng(0)
    levels = replace(market, orders=None)
    made = gymnasium.make("orderbook_gym/Take-v0", market=market, disable_env_checker=True, **TAKE)
    singles: list[tuple[str, gymnasium.Env[Any, Any], tuple[int, ...]]] = [
        ("TakeEnv", TakeEnv(market, **TAKE), ()),
        ("TakeEnv by gymnasium.make", made, ()),
        ("MakeEnv on trades", MakeEnv(levels, **MAKE), (2,)),
        ("MakeEnv on orders", MakeEnv(market, **MAKE), (2,)),
    ]
    for name, env, shape in singles:
        for kept in (1, KEPT):
            actions = np.repeat(random.integers(0, 5, size=(steps // kept, *shape)), kept, axis=0).tolist()
            yield f"{name}, a new action every {kept} steps", best(single, env, actions)
    for count in (64, 1024):
        envs = TakeVectorEnv(count, market, **TAKE)
        for kept in (1, KEPT):
            rows = max(steps // count, 100) // kept
            actions = np.repeat(random.integers(0, 5, size=(rows, count)), kept, axis=0)
            yield f"TakeVectorEnv of {count}, a new action every {kept} steps", best(vector, envs, actions)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m orderbook_gym.bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="rows of the simulated market")
    parser.add_argument("--steps", type=int, default=100_000, help="steps of each run")
    arguments = parser.parse_args()
    market = simulate(arguments.rows, depth=10, seed=1).market
    print(f"{arguments.rows} rows of 10 levels a side, best of {RUNS} runs of {arguments.steps} steps; one core")
    for name, rate in measure(market, arguments.steps):
        print(f"{name:54} {rate:12,.0f} steps/s")


if __name__ == "__main__":
    main()

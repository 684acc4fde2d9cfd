"""`TakeEnv` many times over, in one step of numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from orderbook_gym.features import Floats
from orderbook_gym.files import Source
from orderbook_gym.market import Ints, MarketError
from orderbook_gym.money import ratios, walks
from orderbook_gym.take import TakeEnv


class TakeVectorEnv(VectorEnv[Floats, Ints, NDArray[Any]]):
    """``num_envs`` independent `TakeEnv`, equal to them bit by bit (gymnasium's ``SyncVectorEnv`` of them).

    Environment ``i`` is seeded with ``seed + i``. An episode that is over begins anew with the next step, whose action
    is ignored and whose reward is 0 (``AutoresetMode.NEXT_STEP``).

    Shapes: observations ``(num_envs, 4 * depth + 8)`` float32, actions ``(num_envs,)``, rewards ``(num_envs,)``
    float64; arrays of ``infos`` ``(num_envs,)``. Those of the account are int64.
    """

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012

    def __init__(self, num_envs: int, market: Source, **options: Any) -> None:
        """Play on a market; ``options`` are those of `TakeEnv`."""
        if num_envs < 1:
            raise MarketError(f"{num_envs} environments are none")
        self._one = one = TakeEnv(market, **options)
        self.market = one.market
        self.units = one.units
        self.horizon = one.horizon
        self.num_envs = num_envs
        self.render_mode = None
        self.single_observation_space = one.observation_space
        self.single_action_space = one.action_space
        self.observation_space = batch_space(one.observation_space, num_envs)
        self.action_space = batch_space(one.action_space, num_envs)
        self._twice_mid = self.market.bid_prices[:, 0] + self.market.ask_prices[:, 0]
        self._largest = one.unit * one.units
        self._reward_unit = 2 * 10**self.market.money_scale
        self._randoms = [seeding.np_random(None)[0] for _ in range(num_envs)]
        self._row = np.full(num_envs, one.episodes.row(0), dtype=np.int64)
        self._left = np.full(num_envs, one.horizon, dtype=np.int64)
        self._position, self._cash, self._fees, self._rejected = np.zeros((4, num_envs), np.int64)
        self._twice_equity, self._ordered = np.zeros((2, num_envs), np.int64)
        # Orders that have not reached the market, oldest first; a row for each step of latency.
        self._on_the_way = np.zeros((max(one.latency - 1, 0), num_envs), np.int64)

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Floats, dict[str, Any]]:
        """Begin an episode in each environment; ``options["start"]`` is a row or one row for each."""
        if isinstance(seed, int):
            seed = [seed + i for i in range(self.num_envs)]
        if seed is not None:
            for i, one in enumerate(seed):
                if one is not None:
                    self._randoms[i] = seeding.np_random(one)[0]
        start = (options or {}).get("start")
        if start is not None:
            rows = np.broadcast_to(np.asarray(start, dtype=np.int64), (self.num_envs,))
            for row in rows.tolist():
                self._one.episodes.check(row)
            self._begin(np.arange(self.num_envs), rows)
        else:
            self._draw(np.arange(self.num_envs))
        return self._observations(), self._infos()

    def step(self, actions: Ints) -> tuple[Floats, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Order a position in each environment, and go on to the next row."""
        one = self._one
        over = np.flatnonzero(self._left == 0)
        plays = self._left > 0
        steps = np.asarray(actions, dtype=np.int64) - one.units
        if np.any(np.abs(steps) > one.units):
            raise MarketError(f"There are no actions {actions}")
        ordered = steps * one.unit
        self._ordered = np.where(plays, ordered, self._ordered)
        if one.latency == 0:
            self._trade(ordered, plays)
            self._row += plays
        else:
            arriving = ordered
            if one.latency > 1:
                arriving = self._on_the_way[0].copy()
                self._on_the_way[:-1] = self._on_the_way[1:]
                self._on_the_way[-1] = ordered
            self._row += plays
            self._trade(arriving, plays)
        self._left -= plays
        twice_equity = 2 * self._cash + self._position * self._twice_mid[self._row]
        rewards = ratios(twice_equity - self._twice_equity, self._reward_unit)
        self._twice_equity = twice_equity
        truncated = plays & (self._left == 0)
        if len(over):
            rewards[over] = 0.0
            self._draw(over)
        terminated = np.zeros(self.num_envs, dtype=np.bool_)
        return self._observations(), rewards, terminated, truncated, self._infos()

    def _draw(self, which: Ints) -> None:
        rows = [self._one.episodes.draw(self._randoms[i]) for i in which.tolist()]
        self._begin(which, np.array(rows, dtype=np.int64))

    def _begin(self, which: Ints, rows: Ints) -> None:
        self._row[which] = rows
        self._left[which] = self._one.horizon
        for account in (self._position, self._cash, self._fees, self._rejected):
            account[which] = 0
        self._twice_equity[which] = 0
        self._ordered[which] = 0
        self._on_the_way[:, which] = 0

    def _trade(self, positions: Ints, plays: NDArray[np.bool_]) -> None:
        """Go to these positions by market orders in the books of the current rows."""
        sizes = positions - self._position
        for is_buy in (True, False):
            which = np.flatnonzero(plays & (sizes > 0 if is_buy else sizes < 0))
            if not len(which):
                continue
            rows = self._row[which]
            market = self.market
            prices = market.ask_prices if is_buy else market.bid_prices
            levels = market.ask_sizes if is_buy else market.bid_sizes
            notional, enough = walks(prices[rows], levels[rows], np.abs(sizes[which]))
            self._rejected[which[~enough]] += 1
            which, notional = which[enough], notional[enough]
            fees = self._one.fee.of_all(notional)
            self._cash[which] -= (notional if is_buy else -notional) + fees
            self._fees[which] += fees
            self._position[which] = positions[which]

    def _observations(self) -> Floats:
        observations: Floats = self._one.features[self._row]
        observations[:, -2] = self._position / self._largest
        observations[:, -1] = self._ordered / self._largest
        return observations

    def _infos(self) -> dict[str, Any]:
        return {
            "row": self._row.copy(),
            "at_us": self.market.at_us[self._row],
            "segment": self.market.segment[self._row],
            "position": self._position.copy(),
            "cash": self._cash.copy(),
            "fees": self._fees.copy(),
            "rejected": self._rejected.copy(),
        }

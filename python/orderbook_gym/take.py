"""An environment that takes liquidity: positions by market orders through the recorded depth."""

from __future__ import annotations

from collections import deque
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from orderbook_gym.episodes import Episodes
from orderbook_gym.features import LIMIT, Floats, market_features
from orderbook_gym.files import Source, market_of
from orderbook_gym.market import MarketError
from orderbook_gym.money import Fee, check_money, walk

ACCOUNT_FEATURES = 2
"""The last columns of an observation: position / units, ordered position / units."""


class TakeEnv(gymnasium.Env[Floats, np.int64]):
    """Hold a position between ``-units`` and ``units`` times ``unit``.

    **Action** ``a`` orders the position ``a - units``. It reaches the market ``latency`` rows later, as one market
    order that walks the recorded depth there. If the depth does not hold all of it, it is rejected as a
    whole and the position stays. The recorded book does not change by it: keep ``unit`` small.

    **Observation**: float32, shape ``(4 * depth + 8,)``: `market_features` of the row, then the position and
    the last ordered position, both divided by ``units``.

    **Reward**: the change of cash + position x mid price since the last step, in quote currency; rewards of an
    episode add up to its profit after fees. The open position counts at the mid price to the end.

    An episode has ``horizon`` steps and is then truncated; it is never terminated. All of its rows lie in one
    segment. ``reset(options={"start": row})`` begins at that row.

    **info**: ``row``, ``at_us``, ``segment``; ``position`` (integer at the size scale); ``cash`` and ``fees`` (integers
    at ``market.money_scale``, since the episode's beginning); ``rejected`` (orders so far).
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (declared so by gymnasium)

    def __init__(
        self,
        market: Source,
        *,
        unit: str,
        units: int = 1,
        fee: str = "0.001",
        latency: int = 1,
        horizon: int = 1000,
        depth: int = 10,
        render_mode: str | None = None,
    ) -> None:
        """Play on a market or its snapshot file.

        Args:
            market: a `Market`, or the path (or paths, in order) of snapshot files.
            unit: size of one unit, decimal text in base currency or contracts.
            units: the largest position, in units.
            fee: rate that a taker pays, decimal text: ``"0.001"`` is 0.1 %.
            latency: rows from the decision to the market order; 0 trades in the book that was seen.
            horizon: steps of an episode.
            depth: levels of each side in the observation; at most those of the file count.
            render_mode: there is none.

        """
        self.market = market_of(market)
        self.render_mode = render_mode
        self.unit = self.market.size(unit)
        self.units = units
        if self.unit < 1 or units < 1 or latency < 0 or depth < 1:
            raise MarketError("unit, units and depth are at least 1, latency at least 0")
        self._largest = self.unit * units
        self.fee = Fee.read(fee, self.market)
        self.latency = latency
        self.horizon = horizon
        check_money(self.market, self._largest, horizon, self.fee)
        self.episodes = Episodes(self.market, horizon, with_flows=False)
        depth = min(depth, self.market.depth)
        features = market_features(self.market, depth)
        room = np.zeros((self.market.rows, ACCOUNT_FEATURES), dtype=np.float32)
        self.features = np.concatenate([features, room], axis=1)
        shape = (self.features.shape[1],)
        self.observation_space = spaces.Box(-LIMIT, LIMIT, shape, np.float32)
        self.action_space = spaces.Discrete(2 * units + 1)
        # Lists of Python's integers: reading one number of an array takes ten times as long.
        self._twice_mid = (self.market.bid_prices[:, 0] + self.market.ask_prices[:, 0]).tolist()
        self._at_us = self.market.at_us.tolist()
        self._segment = self.market.segment.tolist()
        self._reward_unit = 2 * 10**self.market.money_scale
        self._begin(self.episodes.row(0))

    def _begin(self, row: int) -> None:
        self._row = row
        self._left = self.horizon
        self._position = 0
        self._cash = 0
        self._fees = 0
        self._rejected = 0
        self._twice_equity = 0
        self._ordered = 0
        # Until the first order arrives, nothing changes.
        self._on_the_way = deque([0] * (self.latency - 1))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Floats, dict[str, Any]]:
        """Begin an episode at a row that is drawn, or at ``options["start"]``."""
        super().reset(seed=seed)
        start = (options or {}).get("start")
        self._begin(self.episodes.draw(self.np_random) if start is None else self.episodes.check(int(start)))
        return self._observation(), self._info()

    def step(self, action: np.int64 | int) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Order a position, and go on to the next row."""
        if self._left == 0:
            raise MarketError("The episode is over: reset it")
        if not 0 <= action <= 2 * self.units:
            raise MarketError(f"There is no action {action}")
        self._left -= 1
        self._ordered = arriving = (int(action) - self.units) * self.unit
        if self.latency == 0:
            if arriving != self._position:
                self._trade(arriving)
            self._row += 1
        else:
            self._on_the_way.append(arriving)
            self._row += 1
            arriving = self._on_the_way.popleft()
            if arriving != self._position:
                self._trade(arriving)
        twice_equity = 2 * self._cash + self._position * self._twice_mid[self._row]
        reward = (twice_equity - self._twice_equity) / self._reward_unit
        self._twice_equity = twice_equity
        return self._observation(), reward, False, self._left == 0, self._info()

    def _trade(self, position: int) -> None:
        """Go to that position by a market order in the book of the current row, if it holds enough."""
        row, market = self._row, self.market
        size = position - self._position
        if size > 0:
            notional = walk(market.ask_prices[row].tolist(), market.ask_sizes[row].tolist(), size)
        else:
            notional = walk(market.bid_prices[row].tolist(), market.bid_sizes[row].tolist(), -size)
        if notional is None:
            self._rejected += 1
            return
        fee = self.fee.of(notional)
        self._cash -= (notional if size > 0 else -notional) + fee
        self._fees += fee
        self._position = position

    def _observation(self) -> Floats:
        observation: Floats = self.features[self._row].copy()
        observation[-2] = self._position / self._largest
        observation[-1] = self._ordered / self._largest
        return observation

    def _info(self) -> dict[str, Any]:
        row = self._row
        return {
            "row": row,
            "at_us": self._at_us[row],
            "segment": self._segment[row],
            "position": self._position,
            "cash": self._cash,
            "fees": self._fees,
            "rejected": self._rejected,
        }

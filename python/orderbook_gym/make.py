"""An environment that makes liquidity: quotes on both sides, with a place in the recorded queues."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from math import log1p
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from orderbook_gym.episodes import Episodes
from orderbook_gym.features import LIMIT, Floats, market_features
from orderbook_gym.market import Market, MarketError
from orderbook_gym.money import Fee, check_money
from orderbook_gym.queues import ASK, BID, Queues, Quote

ACCOUNT_FEATURES = 7
"""The last columns of an observation: position / largest; of bid and ask: distance, remaining / unit, size ahead."""


class MakeEnv(gymnasium.Env[Floats, NDArray[np.int64]]):
    """Quote a bid and an ask, and be filled by the recorded trades.

    **Action** ``[b, a]``, each from 0 to ``len(offsets)``: 0 quotes nothing on that side, ``n`` quotes
    ``offsets[n - 1]`` ticks behind the best price that is seen now (a negative offset improves it). It reaches the
    market ``latency`` rows later. A quote that rests at the wanted price stays as it is and keeps its place;
    otherwise it is cancelled, and a new one of one ``unit`` joins the end of the queue. Quotes are post-only: one that
    would meet the other side is rejected. So is one that could bring the position beyond ``units``.

    **Fills**: see `orderbook_gym.queues`. The market must be loaded with trades (a model of the queue from levels) or
    with orders (the exact place in the queue).

    **Observation**: float32, shape ``(4 * depth + 13,)``: `market_features` of the row, then position /
    (units x unit), and for bid and ask the quote's price over mid price - 1 (basis points), remaining / unit and
    log(1 + size ahead); 0, 0, 0 without a quote.

    **Reward**, episodes and their options: as of `TakeEnv`.

    **info**: ``row``, ``at_us``, ``segment``; ``position`` (integer at the size scale); ``cash`` and ``fees`` (integers
    at ``market.money_scale``); ``fills`` of this step: ``(side, price, size)`` with side 0 for the bid and 1 for the
    ask; ``rejected`` (quotes so far).
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (declared so by gymnasium)

    def __init__(
        self,
        market: Market,
        *,
        unit: str,
        tick: str,
        units: int = 5,
        offsets: Sequence[int] = (0, 1, 2, 4),
        fee: str = "0",
        latency: int = 1,
        horizon: int = 1000,
        depth: int = 10,
        render_mode: str | None = None,
    ) -> None:
        """Play on a market with trades or orders.

        Args:
            market: from `load` with ``trades`` or ``orders``.
            unit: size of each quote, decimal text in base currency or contracts.
            tick: the exchange's price step, decimal text in quote currency.
            units: the largest position, in units.
            offsets: distances from the own side's best price, in ticks, that an action can choose.
            fee: rate that a maker pays, decimal text; negative: a rebate.
            latency: rows from the decision to the market.
            horizon: steps of an episode.
            depth: levels of each side in the observation; at most those of the file count.
            render_mode: there is none.

        """
        self.market = market
        self.render_mode = render_mode
        self.unit = market.size(unit)
        self.tick = market.price(tick)
        self.units = units
        self.offsets = tuple(offsets)
        if min(self.unit, self.tick, units, depth, len(self.offsets)) < 1 or latency < 0:
            raise MarketError("unit, tick, units, offsets and depth are at least 1, latency at least 0")
        self._largest = self.unit * units
        self.fee = Fee.read(fee, market)
        self.latency = latency
        self.horizon = horizon
        check_money(market, self._largest, horizon, self.fee)
        self.episodes = Episodes(market, horizon, with_flows=True)
        self.queues = Queues(market)
        features = market_features(market, min(depth, market.depth))
        room = np.zeros((market.rows, ACCOUNT_FEATURES), dtype=np.float32)
        self.features = np.concatenate([features, room], axis=1)
        shape = (self.features.shape[1],)
        self.observation_space = spaces.Box(-LIMIT, LIMIT, shape, np.float32)
        self.action_space = spaces.MultiDiscrete([len(self.offsets) + 1] * 2)
        self._best: tuple[list[int], list[int]] = (
            market.bid_prices[:, 0].tolist(),
            market.ask_prices[:, 0].tolist(),
        )
        self._twice_mid = (market.bid_prices[:, 0] + market.ask_prices[:, 0]).tolist()
        self._at_us = market.at_us.tolist()
        self._segment = market.segment.tolist()
        self._reward_unit = 2 * 10**market.money_scale
        self._size_unit = 10**market.size_scale
        self._begin(self.episodes.row(0))

    def _begin(self, row: int) -> None:
        self._row = row
        self._left = self.horizon
        self._position = 0
        self._cash = 0
        self._fees = 0
        self._rejected = 0
        self._twice_equity = 0
        self._quotes: list[Quote | None] = [None, None]
        self._fills: list[tuple[int, int, int]] = []
        # Until the first quotes arrive, there are none.
        self._on_the_way = deque([(0, 0)] * (self.latency - 1))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Floats, dict[str, Any]]:
        """Begin an episode at a row that is drawn, or at ``options["start"]``."""
        super().reset(seed=seed)
        start = (options or {}).get("start")
        self._begin(self.episodes.draw(self.np_random) if start is None else self.episodes.check(int(start)))
        return self._observation(), self._info()

    def step(self, action: NDArray[np.int64] | Sequence[int]) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Choose the quotes, and go on to the next row."""
        if self._left == 0:
            raise MarketError("The episode is over: reset it")
        bid, ask = int(action[0]), int(action[1])
        if not (0 <= bid <= len(self.offsets) >= ask >= 0):
            raise MarketError(f"There is no action {action}")
        self._left -= 1
        row = self._row
        wanted = (
            self._best[BID][row] - self.offsets[bid - 1] * self.tick if bid else 0,
            self._best[ASK][row] + self.offsets[ask - 1] * self.tick if ask else 0,
        )
        if self.latency == 0:
            self._quote(row, wanted)
        self._row = row = row + 1
        self._fills = []
        for side, quote in enumerate(self._quotes):
            if quote is not None:
                self._fill(side, row, quote)
        if self.latency > 0:
            self._on_the_way.append(wanted)
            self._quote(row, self._on_the_way.popleft())
        twice_equity = 2 * self._cash + self._position * self._twice_mid[row]
        reward = (twice_equity - self._twice_equity) / self._reward_unit
        self._twice_equity = twice_equity
        return self._observation(), reward, False, self._left == 0, self._info()

    def _quote(self, row: int, wanted: tuple[int, int]) -> None:
        """Bring the quotes to these prices; 0 or less: none."""
        for side, price in enumerate(wanted):
            quote = self._quotes[side]
            if quote is not None and quote.price == price:
                continue
            self._quotes[side] = None
            if price <= 0:
                continue
            is_bid = side == BID
            reaches = price >= self._best[ASK][row] if is_bid else price <= self._best[BID][row]
            position = self._position if is_bid else -self._position
            if reaches or position + self.unit > self._largest:
                self._rejected += 1
            else:
                self._quotes[side] = self.queues.place(side, row, price, self.unit)

    def _fill(self, side: int, row: int, quote: Quote) -> None:
        size = self.queues.fill(side, row, quote)
        if size == 0:
            return
        notional = quote.price * size
        fee = self.fee.of(notional)
        self._fees += fee
        if side == BID:
            self._position += size
            self._cash -= notional + fee
        else:
            self._position -= size
            self._cash += notional - fee
        self._fills.append((side, quote.price, size))
        if quote.remaining == 0:
            self._quotes[side] = None

    def _observation(self) -> Floats:
        observation: Floats = self.features[self._row].copy()
        observation[-7] = self._position / self._largest
        place = -6
        for quote in self._quotes:
            if quote is not None:
                twice_mid = self._twice_mid[self._row]
                distance = (2 * quote.price - twice_mid) / twice_mid * 1e4
                observation[place] = min(max(distance, -LIMIT), LIMIT)
                observation[place + 1] = quote.remaining / self.unit
                observation[place + 2] = log1p(quote.ahead / self._size_unit)
            place += 3
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
            "fills": self._fills,
            "rejected": self._rejected,
        }

"""What an agent sees of a market: numbers of one row that depend on that row and the one before it, and nothing else.

There is no scaling by a mean or deviation of the file: that would tell of later rows. Scale in the policy, with
what it has seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orderbook_gym.market import Ints, Market

Floats = NDArray[np.float32]

LIMIT = 1e4
"""All features are clipped to this range, so that the space is finite."""
FLOWS = 6
"""Features that do not belong to a level."""


def feature_names(depth: int) -> list[str]:
    """Names of the columns of `market_features`."""
    levels = [
        f"{side}_{kind}_{level}" for kind in ("distance", "size") for side in ("bid", "ask") for level in range(depth)
    ]
    flows = ["up_notional", "up_count", "down_notional", "down_count", "flow_complete"]
    return [*levels, "mid_change", *flows]


def market_features(market: Market, depth: int) -> Floats:
    """Features of every row, shape ``(rows, 4 * depth + 6)``, float32.

    - ``*_distance_n``: price over mid price - 1, in basis points; the limit where there is no level
    - ``*_size_n``: log(1 + size)
    - ``mid_change``: mid price over that of the row before - 1, in basis points; 0 at the beginning of a run
    - ``*_notional``, ``*_count``: log(1 + flow of the period)
    - ``flow_complete``: 1, or 0 where trades of the period may be missing
    """
    twice_mid = market.bid_prices[:, 0] + market.ask_prices[:, 0]
    columns = [
        _distance(market.bid_prices[:, :depth], twice_mid, -LIMIT),
        _distance(market.ask_prices[:, :depth], twice_mid, LIMIT),
        _log(market.bid_sizes[:, :depth], market.size_scale),
        _log(market.ask_sizes[:, :depth], market.size_scale),
        _change(twice_mid, market)[:, None],
        _log(market.up_notional, market.money_scale)[:, None],
        _log(market.up_count, 0)[:, None],
        _log(market.down_notional, market.money_scale)[:, None],
        _log(market.down_count, 0)[:, None],
        market.flow_complete[:, None].astype(np.float64),
    ]
    return np.clip(np.concatenate(columns, axis=1), -LIMIT, LIMIT).astype(np.float32)


def _distance(prices: Ints, twice_mid: Ints, absent: float) -> NDArray[np.float64]:
    mid = np.maximum(twice_mid, 1)[:, None]
    distance = (2 * prices - mid) / mid * 1e4
    return np.where(prices > 0, distance, absent)


def _log(values: Ints, scale: int) -> NDArray[np.float64]:
    logs: NDArray[np.float64] = np.log1p(values / 10**scale)
    return logs


def _change(twice_mid: Ints, market: Market) -> NDArray[np.float64]:
    change = np.zeros(market.rows)
    before = np.maximum(twice_mid[:-1], 1)
    change[1:] = (twice_mid[1:] - before) / before * 1e4
    change[market.runs()[:, 0]] = 0
    return change

"""Files that the logger exported of the demo: 3 s of Coinbase order by order, 4 s of Binance with a gap.

Snapshots with `--every 100ms --depth 10`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from orderbook_gym import MakeEnv, Market, TakeEnv, load
from orderbook_gym.queues import ASK, BID, Queues

DATA = Path(__file__).parent / "recorded"


def coinbase() -> Market:
    return load(DATA / "coinbase-snapshots.parquet", orders=DATA / "coinbase-orders.parquet")


def test_orders_have_the_trades() -> None:
    levels = load(DATA / "coinbase-snapshots.parquet", trades=DATA / "coinbase-trades.feather")
    assert levels.trades is not None
    assert len(levels.trades.at_us) > 100
    orders = coinbase().trades
    assert orders is not None
    for name in ("at_us", "price", "size", "is_buy"):
        np.testing.assert_array_equal(getattr(orders, name), getattr(levels.trades, name))


def test_the_size_ahead_is_never_negative_nor_more_than_the_level() -> None:
    market = coinbase()
    queues = Queues(market)
    compared = shorter = 0
    for row in range(1, market.rows - 1):
        for side in (BID, ASK):
            prices = market.bid_prices if side == BID else market.ask_prices
            sizes = market.bid_sizes if side == BID else market.ask_sizes
            for price in prices[row].tolist():
                quote = queues.place(side, row, price, 10**12)
                placed = quote.ahead
                for at in range(row + 1, market.rows):
                    before = quote.remaining
                    queues.fill(side, at, quote)
                    if quote.remaining != before or price not in prices[at]:
                        break
                    shown = int(sizes[at, prices[at].tolist().index(price)])
                    assert 0 <= quote.ahead <= shown
                    compared += 1
                    shorter += quote.ahead < placed
    assert compared > 300
    assert shorter > 50


def test_a_gap_ends_a_run_and_decimals_without_use_are_left_out() -> None:
    market = load(DATA / "binance-snapshots.feather", trades=DATA / "binance-trades.parquet")
    runs = market.runs(with_flows=True)
    assert len(runs) == 2
    assert market.segment[runs[0, 1] - 1] != market.segment[runs[1, 0]]
    assert (market.price_scale, market.money_scale) == (2, 8)


@pytest.mark.parametrize("seed", range(3))
def test_agents_play_on_them(seed: int) -> None:
    market = coinbase()
    make = MakeEnv(market, unit="0.01", tick="0.01", horizon=20)
    make.reset(seed=seed)
    filled = sum(len(make.step([1, 1])[4]["fills"]) for _ in range(20))
    assert filled > 0
    take = TakeEnv(market, unit="0.01", horizon=20)
    take.reset(seed=seed)
    for _ in range(20):
        _, _, _, _, info = take.step(2)
    assert info["position"] == market.size("0.01")

"""Exact money: integers at a scale, never floats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orderbook_gym.market import Bools, Ints, Market, MarketError, scaled

FEE_DECIMALS = 6
"""Fees are rates with at most six decimals: 0.000001 is a hundredth of a basis point."""
FEE_UNIT = 1_000_000
INT64_MAX = int(np.iinfo(np.int64).max)


def fee_rate(text: str) -> int:
    """Read a decimal fee rate (``"0.001"`` is 0.1 %; negative: a rebate) as millionths."""
    rate = scaled(text, FEE_DECIMALS, "fee")
    if abs(rate) >= FEE_UNIT:
        raise MarketError(f"A fee of {text} is 100 % or more")
    return rate


def fee_of(notional: int, rate: int) -> int:
    """Fee of a fill: notional x rate in money units, rounded up (a rebate: down) to a whole unit."""
    return -(-notional * rate // FEE_UNIT)


def fees_of(notional: Ints, rate: int) -> Ints:
    """Do the same as `fee_of` for an array, without leaving int64."""
    whole, rest = np.divmod(notional, FEE_UNIT)
    fees: Ints = whole * rate - (-rest * rate // FEE_UNIT)
    return fees


def walk(prices: Sequence[int], sizes: Sequence[int], size: int) -> int | None:
    """Notional of a market order through these levels, best first; None if they hold less than ``size``."""
    notional = 0
    for price, there in zip(prices, sizes, strict=True):
        if size <= there:
            return notional + price * size
        notional += price * there
        size -= there
    return None


def walks(prices: Ints, sizes: Ints, size: Ints) -> tuple[Ints, Bools]:
    """Do the same as `walk` for rows of levels: ``(orders, depth)``, ``(orders, depth)`` and ``(orders,)``.

    Returns the notionals, ``(orders,)``, and where the levels hold enough.
    """
    behind = np.cumsum(sizes, axis=1)
    taken = np.clip(size[:, None] - (behind - sizes), 0, sizes)
    return (taken * prices).sum(axis=1), behind[:, -1] >= size


def check_money(market: Market, max_position: int, horizon: int, rate: int) -> None:
    """Raise MarketError if an account could leave the range of int64 within an episode."""
    tops = np.concatenate([market.bid_prices.ravel(), market.ask_prices.ravel()])
    worth = 2 * max_position * int(np.abs(tops).max())
    # Every step may turn the position around, pay the fee for it and meet the largest change of prices.
    lowest = int(tops[tops > 0].min())
    change = 2 * max_position * (int(tops.max()) - lowest)
    fees = worth * abs(rate) // FEE_UNIT + 1
    if 2 * (worth + horizon * (change + fees)) > INT64_MAX:
        raise MarketError(
            "The account could leave the range of 64 bits: choose a smaller unit, fewer units or a shorter horizon"
        )

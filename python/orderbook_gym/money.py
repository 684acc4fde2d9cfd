"""Exact money: integers at a scale, never floats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orderbook_gym.market import Bools, Ints, Market, MarketError, scaled

FEE_DECIMALS = 6
"""Fees are rates with at most six decimals: 0.000001 is a hundredth of a basis point."""
MILLION = 1_000_000
INT64_MAX = int(np.iinfo(np.int64).max)
EXACT_DOUBLE = 2**53
"""Up to here doubles hold every integer."""


@dataclass(frozen=True)
class Fee:
    """A fee rate, and how fees are rounded: up to a whole multiple of the market's smallest fee."""

    rate: int
    """Millionths; negative: a rebate."""
    unit: int
    """The smallest fee in units of money."""

    @classmethod
    def read(cls, text: str, market: Market) -> Fee:
        """Read a decimal rate: ``"0.001"`` is 0.1 %."""
        rate = scaled(text, FEE_DECIMALS, "fee")
        fee = cls(rate, 10 ** (market.money_scale - market.fee_scale))
        if abs(rate) >= MILLION or fee.unit * MILLION * MILLION > INT64_MAX:
            raise MarketError(f"A fee of {text} is 100 % or more, or money has too many decimals")
        return fee

    def of(self, notional: int) -> int:
        """Fee of a fill in units of money."""
        return -(-notional * self.rate // (MILLION * self.unit)) * self.unit

    def of_all(self, notional: Ints) -> Ints:
        """Do the same as `of` for an array, without leaving int64."""
        whole, rest = np.divmod(notional, MILLION * self.unit)
        fees: Ints = (whole * self.rate - (-rest * self.rate // (MILLION * self.unit))) * self.unit
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
    # More than the order does not count, so that sums of levels stay in int64.
    sizes = np.minimum(sizes, size[:, None])
    behind = np.cumsum(sizes, axis=1)
    taken = np.clip(size[:, None] - (behind - sizes), 0, sizes)
    return (taken * prices).sum(axis=1), behind[:, -1] >= size


def ratios(values: Ints, divisor: int) -> NDArray[np.float64]:
    """Divide integers as Python does: each result is the double nearest to the exact one."""
    exact: NDArray[np.float64] = values / divisor
    for i in np.flatnonzero(np.abs(values) > EXACT_DOUBLE).tolist():
        exact[i] = int(values[i]) / divisor
    return exact


def check_money(market: Market, max_position: int, horizon: int, fee: Fee) -> None:
    """Raise MarketError if an account could leave the range of int64 within an episode."""
    tops = np.concatenate([market.bid_prices.ravel(), market.ask_prices.ravel()])
    worth = 2 * max_position * int(np.abs(tops).max())
    # Every step may turn the position around, pay the fee for it and meet the largest change of prices.
    lowest = int(tops[tops > 0].min())
    change = 2 * max_position * (int(tops.max()) - lowest)
    fees = worth * abs(fee.rate) // MILLION + fee.unit
    if 2 * (worth + horizon * (change + fees)) > INT64_MAX:
        raise MarketError(
            "The account could leave the range of 64 bits: choose a smaller unit, fewer units or a shorter horizon"
        )

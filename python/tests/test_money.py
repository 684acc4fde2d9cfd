"""Fees and walks: arrays as plain integers, rounding against the trader."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from orderbook_gym import MarketError
from orderbook_gym.money import Fee, ratios, walk, walks


def scales(money: int) -> Any:
    return SimpleNamespace(money_scale=money, fee_scale=min(8, money))


@pytest.mark.parametrize("money", [5, 8, 10, 12])
@pytest.mark.parametrize("rate", ["0", "0.001", "0.000001", "-0.000123", "0.999999"])
def test_fees_are_rounded_up_to_the_smallest_fee(money: int, rate: str) -> None:
    fee = Fee.read(rate, scales(money))
    notional = np.random.default_rng(1).integers(0, 10**12, size=2000)
    notional[:3] = (0, 1, 10**12)
    told = fee.of_all(notional)
    unit = Decimal(1).scaleb(-min(8, money))
    for one, array in zip(notional.tolist(), told.tolist(), strict=True):
        exact = Decimal(one).scaleb(-money) * Decimal(rate)
        assert Decimal(array).scaleb(-money) == exact.quantize(unit, rounding=ROUND_CEILING)
        assert fee.of(one) == array


@pytest.mark.parametrize("rate", ["1", "-1", "0.0000001", "nan"])
def test_impossible_rates_are_rejected(rate: str) -> None:
    with pytest.raises(MarketError):
        Fee.read(rate, scales(8))


def test_a_walk_takes_the_best_levels_first() -> None:
    prices, sizes = [100, 101, 105, 0], [3, 2, 4, 0]
    should = {1: 100, 3: 300, 4: 401, 5: 502, 9: 922, 10: None}
    for size, notional in should.items():
        assert walk(prices, sizes, size) == notional
    wanted = np.array(list(should), dtype=np.int64)
    rows = np.tile(np.array([prices, sizes], dtype=np.int64)[:, None], (1, len(wanted), 1))
    notionals, enough = walks(rows[0], rows[1], wanted)
    for notional, fits, told in zip(notionals.tolist(), enough.tolist(), should.values(), strict=True):
        assert (notional if fits else None) == told


def test_walks_through_levels_whose_sum_needs_more_than_64_bits() -> None:
    prices = np.array([[100, 101, 102]], dtype=np.int64)
    sizes = np.full((1, 3), 5 * 10**18, dtype=np.int64)
    for size in (1, 10**15):
        notionals, enough = walks(prices, sizes, np.array([size]))
        assert (notionals.tolist(), enough.tolist()) == ([walk([100, 101, 102], sizes[0].tolist(), size)], [True])


@pytest.mark.parametrize("divisor", [2, 2 * 10**7, 2 * 10**14])
def test_ratios_are_those_of_plain_integers(divisor: int) -> None:
    random = np.random.default_rng(3)
    for top in (10**6, 2**53, 2**62):
        values = random.integers(-top, top, size=1000)
        assert ratios(values, divisor).tolist() == [value / divisor for value in values.tolist()]

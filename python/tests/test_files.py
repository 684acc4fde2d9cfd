"""Files as the logger exports them become the same market, and wrong ones are rejected."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from orderbook_gym import Market, MarketError, load
from orderbook_gym.synthetic import Simulated
from tests.exports import orders_table, snapshots_table, trades_table, write


def assert_same(one: object, other: object) -> None:
    for field in fields(one):  # type: ignore[arg-type]
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)
        elif field.name in ("trades", "orders") and mine is not None:
            assert_same(mine, theirs)
        else:
            assert mine == theirs


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_snapshots_and_orders_are_read_exactly(simulated: Simulated, tmp_path: Path, suffix: str) -> None:
    book = write(snapshots_table(simulated.market), tmp_path / f"book.{suffix}")
    orders = write(orders_table(simulated), tmp_path / f"orders.{suffix}")
    assert_same(load(book, orders=orders), simulated.market)


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_snapshots_and_trades_are_read_exactly(level_market: Market, tmp_path: Path, suffix: str) -> None:
    book = write(snapshots_table(level_market), tmp_path / f"book.{suffix}")
    trades = write(trades_table(level_market), tmp_path / f"trades.{suffix}")
    assert_same(load(book, trades=trades), level_market)


def test_several_files_of_an_export_are_one_market(level_market: Market, tmp_path: Path) -> None:
    parts = [
        write(snapshots_table(level_market.part(first, first + 200)), tmp_path / f"book-{first}.parquet")
        for first in (0, 200, 400)
    ]
    trades = write(trades_table(level_market), tmp_path / "trades.parquet")
    assert_same(load(parts, trades=trades), level_market)
    with pytest.raises(MarketError, match="order of their time"):
        load(parts[::-1])


def test_sums_are_exact_up_to_64_bits_and_rejected_beyond(market: Market, tmp_path: Path) -> None:
    table = snapshots_table(market)
    at = table.column_names.index("uptick_notional")
    kind = table.schema.field(at).type
    largest = [2**63 - 1, -(2**63), 10**15 + 1]
    plain = [Decimal(n).scaleb(-kind.scale) for n in largest] + [None] * (market.rows - 3)
    read = load(write(table.set_column(at, "uptick_notional", pa.array(plain, kind)), tmp_path / "a.parquet"))
    assert read.up_notional[:4].tolist() == [*largest, 0]
    plain[0] = Decimal(2**63).scaleb(-kind.scale)
    path = write(table.set_column(at, "uptick_notional", pa.array(plain, kind)), tmp_path / "b.parquet")
    with pytest.raises(MarketError, match="more than 64 bits"):
        load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"floats": "true"}, "--floats"),
        ({"type": "quotes"}, "has quotes, not snapshots"),
        ({"format_version": "2"}, "format version 2"),
    ],
)
def test_other_files_are_rejected(market: Market, tmp_path: Path, change: dict[str, str], message: str) -> None:
    path = write(snapshots_table(market, **change), tmp_path / "book.parquet")
    with pytest.raises(MarketError, match=message):
        load(path)


@pytest.mark.parametrize("change", [{"security": "binance:ETHUSDT"}, {"clock": "exchange"}])
def test_trades_of_another_market_are_rejected(market: Market, tmp_path: Path, change: dict[str, str]) -> None:
    book = write(snapshots_table(market), tmp_path / "book.parquet")
    trades = write(trades_table(market, **change), tmp_path / "trades.parquet")
    with pytest.raises(MarketError, match=next(iter(change))):
        load(book, trades=trades)


def test_trades_that_the_snapshots_do_not_count_are_rejected(market: Market, tmp_path: Path) -> None:
    book = write(snapshots_table(market), tmp_path / "book.parquet")
    whole = trades_table(market)
    for some in (whole.slice(0, whole.num_rows - 1), pa.concat_tables([whole, whole.slice(5, 1)])):
        trades = write(some.replace_schema_metadata(whole.schema.metadata), tmp_path / "trades.parquet")
        with pytest.raises(MarketError, match="not the trades of the snapshots"):
            load(book, trades=trades)


def test_trades_at_other_scales_are_the_same_or_rejected(level_market: Market, tmp_path: Path) -> None:
    book = write(snapshots_table(level_market), tmp_path / "book.parquet")
    whole = trades_table(level_market, price_scale="4")
    at = whole.column_names.index("price")
    finer = whole.set_column(at, "price", pa.array(whole["price"].to_numpy() * 100))
    trades = write(finer, tmp_path / "trades.parquet")
    assert_same(load(book, trades=trades), level_market)
    between = whole.set_column(at, "price", pa.array(whole["price"].to_numpy() * 100 + 1))
    with pytest.raises(MarketError, match="more decimals"):
        load(book, trades=write(between, tmp_path / "between.parquet"))


def test_a_csv_is_neither_format(tmp_path: Path) -> None:
    with pytest.raises(MarketError, match=r"neither a \.parquet nor a \.feather"):
        load(tmp_path / "book.csv")

"""Files as the logger exports them become the same market, and wrong ones are rejected."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pytest

from orderbook_gym import Market, MarketError, TakeEnv, load
from orderbook_gym.synthetic import Simulated
from tests.exports import metadata, orders_table, snapshots_table, trades_table, write


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


def test_trades_must_cover_the_snapshots_but_for_the_first_period(level_market: Market, tmp_path: Path) -> None:
    """An export from a time on has the book of that time, and its flows from before; the trades begin there."""
    row = int(np.flatnonzero(level_market.up_count)[0])
    later = level_market.part(row, row + 100)
    first, behind = int(later.at_us[0]), int(later.at_us[-1]) + 1
    book = write(snapshots_table(later, from_us=str(first), to_us=str(behind)), tmp_path / "book.parquet")
    whole = trades_table(level_market)
    at_us = whole["receive_time"].cast("int64").to_numpy()

    def trades(start: int, end: int) -> Path:
        chosen = whole.filter(pa.array((at_us >= start) & (at_us < end)))
        texts = metadata(later, "trades", chosen.num_rows, from_us=str(start), to_us=str(end))
        return write(chosen.replace_schema_metadata(texts), tmp_path / "trades.parquet")

    assert load(book, trades=trades(first, behind)).rows == 100
    for start, end, row in ((first + 2, behind, 1), (first, behind - 1, 99)):
        with pytest.raises(MarketError, match=f"time of row {row}:"):
            load(book, trades=trades(start, end))


def finer(table: pa.Table, price: int, size: int) -> pa.Table:
    """Tell the same prices and sizes with more decimals, as an exchange with fixed decimals does."""
    texts = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    columns = {}
    for name in table.column_names:
        column = table[name]
        if "price" in name or "horizon" in name:
            column = pa.compute.multiply(column, 10**price)
        elif "size" in name:
            column = pa.compute.multiply(column, 10**size)
        elif "notional" in name:
            column = column.cast(pa.decimal128(38, column.type.scale + price + size))
        columns[name] = column
    for key, more in (("price_scale", price), ("size_scale", size), ("notional_scale", price + size)):
        texts[key] = str(int(texts[key]) + more)
    return pa.table(columns, metadata=texts)


def with_size_decimals(market: Market, more: int) -> Market:
    """Return the same market with more decimals of sizes."""
    factor = np.int64(10**more)
    names = ("bid_sizes", "ask_sizes", "up_notional", "down_notional")
    changes = {name: getattr(market, name) * factor for name in names}
    parts = (market.trades, market.orders)
    trades, orders = (part and replace(part, size=part.size * factor) for part in parts)
    return replace(market, size_scale=market.size_scale + more, trades=trades, orders=orders, **changes)


@pytest.mark.parametrize("more", [(0, 0), (7, 4), (3, 0)])
def test_decimals_that_no_number_has_are_left_out(simulated: Simulated, tmp_path: Path, more: tuple[int, int]) -> None:
    """But money keeps 8, which fees can have."""
    should = with_size_decimals(simulated.market, 3)
    assert should.money_scale == 8
    book = write(finer(snapshots_table(simulated.market), 7, 4), tmp_path / "book.parquet")
    orders = write(finer(orders_table(simulated), *more), tmp_path / "orders.parquet")
    assert_same(load(book, orders=orders), should)
    trades = write(finer(trades_table(simulated.market), *more), tmp_path / "trades.parquet")
    assert_same(load(book, trades=trades), replace(should, orders=None))


def test_a_size_that_needs_more_than_64_bits_at_the_finest_scale_is_rejected(
    level_market: Market, tmp_path: Path
) -> None:
    sizes = level_market.bid_sizes.copy()
    sizes[300, -1] = 10**17
    book = write(snapshots_table(replace(level_market, bid_sizes=sizes)), tmp_path / "book.parquet")
    table = finer(trades_table(level_market), 0, 3)
    size = table["size"].to_numpy().copy()
    size[0] += 1
    at = table.column_names.index("size")
    trades = write(table.set_column(at, "size", pa.array(size)), tmp_path / "trades.parquet")
    with pytest.raises(MarketError, match="64 bits at 7 decimals"):
        load(book, trades=trades)


def test_sums_may_have_more_decimals_than_the_levels(market: Market, tmp_path: Path) -> None:
    table = snapshots_table(market)
    texts = table.schema.metadata | {b"size_scale": b"6"}
    at = table.column_names.index("uptick_notional")
    plain = [None] + [Decimal("0.0000001")] + [Decimal(0)] * (market.rows - 2)
    sums = pa.array(plain, pa.decimal128(38, 7))
    table = table.set_column(at, "uptick_notional", sums).replace_schema_metadata(texts)
    read = load(write(table, tmp_path / "book.parquet"))
    assert (read.price_scale + read.size_scale, read.up_notional[1]) == (7, 1)


def test_a_shorter_file_with_fewer_decimals_plays_the_same(market: Market, tmp_path: Path) -> None:
    """The first rows have rounder sizes than the later ones, so a file that is cut behind them has other scales."""
    coarse = market.part(0, 200)
    sizes = {name: getattr(coarse, name) // 100 * 100 + 100 for name in ("bid_sizes", "ask_sizes")}
    for name in ("bid", "ask"):
        sizes[f"{name}_sizes"] = np.where(getattr(coarse, f"{name}_prices") > 0, sizes[f"{name}_sizes"], 0)
    coarse = replace(coarse, up_notional=coarse.up_notional * 0, down_notional=coarse.down_notional * 0, **sizes)
    long = write(snapshots_table(coarse), tmp_path / "long.parquet")
    told = []
    odd = with_size_decimals(coarse, 5).bid_sizes.copy()
    odd[150:] += 1
    for whole in (replace(with_size_decimals(coarse, 5), bid_sizes=odd), with_size_decimals(coarse, 5)):
        path = write(snapshots_table(whole), long)
        read = load(path)
        env = TakeEnv(read, unit="0.37", fee="0.0007", horizon=100)
        random = np.random.default_rng(0)
        told.append([env.reset(options={"start": 20})[0].tobytes()])
        for _ in range(100):
            observation, reward, *_ = env.step(int(random.integers(3)))
            told[-1].append((observation.tobytes(), reward))
        told[-1].append(read.size_scale)
    assert told[0][-1] != told[1][-1]
    assert told[0][:-1] == told[1][:-1]


def test_a_csv_is_neither_format(tmp_path: Path) -> None:
    with pytest.raises(MarketError, match=r"neither a \.parquet nor a \.feather"):
        load(tmp_path / "book.csv")

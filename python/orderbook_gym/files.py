"""Reads what ``orderbook-manager export`` writes in Parquet and Feather into a `Market`.

The columns, types and metadata are described in ``docs/files.md`` of the logger. Exports with ``--floats`` are
rejected: accounts need exact integers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.feather
import pyarrow.parquet

from orderbook_gym.market import MOST_FEE_DECIMALS, Bools, Ints, Market, MarketError, OrderEvents, Trades
from orderbook_gym.money import INT64_MAX
from orderbook_gym.orders import Change, order_events

Path: TypeAlias = str | os.PathLike[str]
Paths: TypeAlias = Path | Sequence[Path]
"""One file, or the files of one export in their order."""
Source: TypeAlias = Market | Paths

FORMAT_VERSION = "1"
_COLUMNS = {"price": r"(^|_)price(_\d+)?$|_horizon$", "size": r"(^|_)size(_\d+)?$"}


def load(snapshots: Paths, *, trades: Paths | None = None, orders: Paths | None = None) -> Market:
    """Read a market from an export of snapshots and, for `MakeEnv`, of the trades or orders of the same time.

    Args:
        snapshots: ``export --type snapshots``.
        trades: ``export --type trades``, for a queue position by a model.
        orders: ``export --type orders``, for the exact queue position. Its matches are the trades.

    Raises:
        MarketError: a file is of another type, format, security or clock, has floats, or its trades are not those
            that the snapshots count.

    """
    if trades is not None and orders is not None:
        raise MarketError("Give trades or orders, not both: orders have the trades")
    file = read_file(snapshots, "snapshots")
    if trades is None and orders is None:
        return _market(file, *_scales([file]))
    kind, paths = ("trades", trades) if orders is None else ("orders", orders)
    assert paths is not None
    more = read_file(paths, kind, like=file)
    market = _market(file, *_scales([file, more]))
    if orders is None:
        market = replace(market, trades=_trades(more, market))
    else:
        market = replace(market, trades=_matches(more, market), orders=_orders(more, market))
    assert market.trades is not None
    _check_flows(market, market.trades, _covered(market, more))
    return market


def market_of(source: Source) -> Market:
    """Return the market, read from its snapshot files if it is a path."""
    return source if isinstance(source, Market) else load(source)


class ExportFile:
    """The files of one export: their rows one after another, and the metadata of the first."""

    def __init__(self, table: Any, metadata: dict[str, str]) -> None:
        self.table = table
        self.metadata = metadata

    def number(self, key: str) -> int:
        """Read a whole number of the metadata."""
        return int(self.metadata[key])

    def ints(self, name: str, absent: int = 0) -> Ints:
        """Read a column of integers or times; null becomes ``absent``."""
        column = self.table.column(name)
        if not pa.types.is_integer(column.type):
            column = column.cast(pa.int64())
        filled: Ints = column.cast(pa.int64()).fill_null(absent).to_numpy()
        return filled

    def bools(self, name: str) -> Bools:
        """Read a column of truth values."""
        values: Bools = self.table.column(name).to_numpy().astype(np.bool_)
        return values

    def is_equal(self, name: str, text: str) -> Bools:
        """Tell where a column of text has this one."""
        column = self.table.column(name).fill_null("")
        values: Bools = pa.compute.equal(column, text).to_numpy().astype(np.bool_)
        return values

    def sums(self, name: str, scale: int) -> Ints:
        """Read a column of decimals as integers at a scale; null becomes 0."""
        column = self.table.column(name).cast(pa.decimal128(38, scale))
        parts = [_unscaled(chunk, name) for chunk in column.chunks]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def sum_decimals(self, name: str, least: int) -> int:
        """Return how many decimals the sums have, but ``least`` or more."""
        column = self.table.column(name)
        if not pa.types.is_decimal128(column.type):
            raise MarketError(f"{name} is {column.type}, not decimal128")
        for scale in range(least, column.type.scale):
            try:
                column.cast(pa.decimal128(38, scale))
            except pa.ArrowInvalid:
                continue
            return scale
        return max(least, int(column.type.scale))

    def decimals(self, what: str) -> int:
        """Return how many decimals the numbers of all columns of prices (or sizes) have."""
        scale = self.number(f"{what}_scale")
        spare = scale
        for name in self.table.column_names:
            if re.search(_COLUMNS[what], name):
                spare = _spare_decimals(self.ints(name), spare)
        return scale - spare

    def has(self, name: str) -> Bools:
        """Tell where a column is not null."""
        values: Bools = self.table.column(name).is_valid().to_numpy().astype(np.bool_)
        return values

    def texts(self, name: str) -> list[str]:
        """Read a column of text; null becomes empty."""
        values: list[str] = self.table.column(name).fill_null("").to_pylist()
        return values


def _unscaled(chunk: Any, name: str) -> Ints:
    # Arrow keeps a decimal as 16 bytes, least significant first. Those of a null are anything.
    words = np.frombuffer(chunk.buffers()[1], dtype="<i8")
    words = words[2 * chunk.offset : 2 * (chunk.offset + len(chunk))].reshape(-1, 2)
    valid = chunk.is_valid().to_numpy(zero_copy_only=False)
    values: Ints = np.where(valid, words[:, 0], 0)
    if np.any(np.where(valid, words[:, 1], 0) != values >> 63):
        raise MarketError(f"A {name} needs more than 64 bits")
    return values


def _spare_decimals(values: Ints, most: int) -> int:
    """Return how many decimals are 0 in all of the values, up to ``most``."""
    # A few of them usually settle it.
    for some in (values[:1000], values):
        while most > 0 and np.any(some % 10**most):
            most -= 1
    return most


def _scales(files: Sequence[ExportFile]) -> tuple[int, int]:
    """Return the smallest scales of prices and sizes that hold all numbers of the files.

    An exchange may tell 8 decimals for prices that never have more than 2. Money at the sum of both scales would
    then need more than 64 bits.
    """
    price = max(file.decimals("price") for file in files)
    size = max(file.decimals("size") for file in files)
    # Trades that are not in these files can have more decimals than the levels: then the sums have.
    money = max(files[0].sum_decimals(name, price + size) for name in ("uptick_notional", "downtick_notional"))
    # Nor must the rounding of fees depend on what else is in the files.
    most_price, most_size = files[0].number("price_scale"), files[0].number("size_scale")
    money = max(money, min(MOST_FEE_DECIMALS, most_price + most_size))
    size = max(size, min(most_size, money - price))
    return max(price, money - size), size


def read_file(paths: Paths, kind: str, like: ExportFile | None = None) -> ExportFile:
    """Read the files of one export of a type, of the same security and clock as ``like``."""
    names = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not names:
        raise MarketError(f"There is no file of {kind}")
    tables = [_table(name) for name in names]
    first: dict[str, str] | None = None
    for name, table in zip(names, tables, strict=True):
        texts = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        first = texts if first is None else first
        _check_metadata(os.fspath(name), texts, kind, like.metadata if like else first)
        if texts["price_scale"] != first["price_scale"] or texts["size_scale"] != first["size_scale"]:
            raise MarketError(f"{os.fspath(name)} has other scales than the file before it")
    if first is None:
        raise MarketError(f"There is no file of {kind}")
    bare = [table.replace_schema_metadata(None) for table in tables]
    return ExportFile(pa.concat_tables(bare), first)


def _table(path: Path) -> Any:
    name = os.fspath(path)
    if name.endswith((".feather", ".arrow", ".ipc")):
        return pyarrow.feather.read_table(name, memory_map=True)
    if name.endswith(".parquet"):
        return pyarrow.parquet.read_table(name, partitioning=None)
    raise MarketError(f"{name} is neither a .parquet nor a .feather file")


def _check_metadata(name: str, texts: dict[str, str], kind: str, like: dict[str, str]) -> None:
    if texts.get("format_version") != FORMAT_VERSION:
        version = texts.get("format_version", "unknown")
        raise MarketError(f"{name} has the format version {version}, not {FORMAT_VERSION}")
    if texts.get("type") != kind:
        raise MarketError(f"{name} has {texts.get('type')}, not {kind}")
    if texts.get("floats") != "false":
        raise MarketError(f"{name} was exported with --floats: accounts need exact integers")
    for key in ("security", "clock", "every_us") if kind == "snapshots" else ("security", "clock"):
        if texts.get(key) != like.get(key):
            raise MarketError(f"{name} has the {key} {texts.get(key)}, not {like.get(key)}")


def _market(file: ExportFile, price_scale: int, size_scale: int) -> Market:
    depth = file.number("depth")
    # A file may have fewer columns than levels were asked for.
    levels = [n for n in range(depth) if f"bid_price_{n}" in file.table.column_names]

    def side(name: str) -> Ints:
        what = name.split("_")[1]
        start, end = file.number(f"{what}_scale"), {"price": price_scale, "size": size_scale}[what]
        return np.stack([_at_scale(file.ints(f"{name}_{level}"), start, end) for level in levels], axis=1)

    money_scale = price_scale + size_scale
    return Market(
        security=file.metadata["security"],
        price_scale=price_scale,
        size_scale=size_scale,
        every_us=file.number("every_us"),
        at_us=file.ints("at"),
        segment=file.ints("segment"),
        bid_prices=side("bid_price"),
        bid_sizes=side("bid_size"),
        ask_prices=side("ask_price"),
        ask_sizes=side("ask_size"),
        bid_horizon=_at_scale(file.ints("bid_horizon"), file.number("price_scale"), price_scale),
        ask_horizon=_at_scale(file.ints("ask_horizon"), file.number("price_scale"), price_scale),
        up_notional=file.sums("uptick_notional", money_scale),
        up_count=file.ints("uptick_count"),
        down_notional=file.sums("downtick_notional", money_scale),
        down_count=file.ints("downtick_count"),
        flow_complete=file.bools("flow_complete"),
    )


def _clock(file: ExportFile) -> Ints:
    return file.ints(f"{file.metadata['clock']}_time")


def _at_scale(values: Ints, start: int, end: int) -> Ints:
    """Bring integers from one scale to another that holds them."""
    factor = np.int64(10 ** abs(end - start))
    if end < start:
        return values // factor
    if len(values) and np.abs(values).max() > INT64_MAX // factor:
        raise MarketError(f"A price or size needs more than 64 bits at {end} decimals")
    return values * factor


def _prices(file: ExportFile, name: str, market: Market) -> Ints:
    return _at_scale(file.ints(name), file.number("price_scale"), market.price_scale)


def _sizes(file: ExportFile, name: str, market: Market) -> Ints:
    return _at_scale(file.ints(name), file.number("size_scale"), market.size_scale)


def _trades(file: ExportFile, market: Market) -> Trades:
    return Trades(
        at_us=_clock(file),
        price=_prices(file, "price", market),
        size=_sizes(file, "size", market),
        is_buy=file.is_equal("side", "buy"),
    )


def _matches(file: ExportFile, market: Market) -> Trades:
    is_match = file.is_equal("type", "match")
    all_rows = _trades(file, market)
    return Trades(
        at_us=all_rows.at_us[is_match],
        price=all_rows.price[is_match],
        size=all_rows.size[is_match],
        is_buy=all_rows.is_buy[is_match],
    )


def _covered(market: Market, file: ExportFile) -> Bools:
    """Tell which rows' periods lie in the time for which the trades were exported.

    The first of a run may begin before it: nobody can be filled in its period.
    """
    start, end = (file.metadata.get(key) or None for key in ("from_us", "to_us"))
    covered = np.ones(market.rows, dtype=np.bool_)
    if start is not None:
        covered &= market.at_us - market.every_us + 1 >= int(start)
    if end is not None:
        covered &= market.at_us < int(end)
    needed = np.ones(market.rows, dtype=np.bool_)
    needed[market.runs()[:, 0]] = False
    missing = np.flatnonzero(needed & ~covered)
    if len(missing):
        raise MarketError(f"There are no trades of the time of row {missing[0]}: export them over the same time")
    return covered


def _check_flows(market: Market, trades: Trades, covered: Bools) -> None:
    """Compare the trades of each period with what the snapshots say of it."""
    row = market.row_of(trades.at_us)
    for is_buy, notional, count in (
        (True, market.up_notional, market.up_count),
        (False, market.down_notional, market.down_count),
    ):
        mine = (row >= 0) & (trades.is_buy == is_buy)
        sums = np.zeros(market.rows, dtype=np.int64)
        np.add.at(sums, row[mine], trades.price[mine] * trades.size[mine])
        counts = np.bincount(row[mine], minlength=market.rows)
        differs = market.flow_complete & covered & ((sums != notional) | (counts != count))
        if np.any(differs):
            at = int(np.flatnonzero(differs)[0])
            raise MarketError(
                f"These are not the trades of the snapshots: before {market.at_us[at]} us (row {at}) they have "
                f"{counts[at]} whose taker {'bought' if is_buy else 'sold'}, the snapshot {count[at]}"
            )


def _orders(file: ExportFile, market: Market) -> OrderEvents:
    kinds = file.texts("type")
    price = _prices(file, "price", market)
    old_price = _prices(file, "old_price", market)
    rests = np.isin(np.array(kinds, dtype=np.str_), ("open", "done"))
    size = np.where(rests, _sizes(file, "remaining_size", market), _sizes(file, "size", market))
    new_size = np.where(file.has("new_size"), _sizes(file, "new_size", market), -1)
    changes = map(
        Change._make,
        zip(
            np.where(old_price > 0, old_price, price).tolist(),
            _sizes(file, "old_size", market).tolist(),
            _prices(file, "new_price", market).tolist(),
            new_size.tolist(),
            strict=True,
        ),
    )
    return order_events(
        zip(
            file.ints("segment").tolist(),
            _clock(file).tolist(),
            kinds,
            file.is_equal("side", "buy").tolist(),
            file.texts("order_id"),
            file.texts("maker_order_id"),
            price.tolist(),
            size.tolist(),
            changes,
            strict=True,
        )
    )

"""Writes a simulated market as ``export`` of the logger does: names, types, nulls and metadata of docs/files.md."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from orderbook_gym.market import Market
from orderbook_gym.synthetic import Message, Simulated

TIME = pa.timestamp("us", tz="UTC")


def metadata(market: Market, kind: str, rows: int, **more: str) -> dict[str, str]:
    texts = {
        "format_version": "1",
        "program": "orderbook-logger 0.1.0",
        "security": market.security,
        "type": kind,
        "clock": "receive",
        "price_scale": str(market.price_scale),
        "size_scale": str(market.size_scale),
        "notional_scale": str(market.money_scale),
        "floats": "false",
        "from_us": "",
        "to_us": "",
        "rows": str(rows),
        "file": "1",
        "files": "1",
        "segments": json.dumps([]),
        "gaps": json.dumps([]),
    }
    if kind == "snapshots":
        texts |= {"every_us": str(market.every_us), "depth": str(market.depth)}
    return texts | more


def snapshots_table(market: Market, **more: str) -> pa.Table:
    rows = market.rows
    sums = pa.decimal128(38, market.money_scale)

    def flow(values: Any, kind: pa.DataType) -> pa.Array:
        known = zip(values.tolist(), market.flow_complete.tolist(), strict=True)
        plain = [value if complete else None for value, complete in known]
        if kind == sums:
            plain = [None if v is None else Decimal(v).scaleb(-market.money_scale) for v in plain]
        return pa.array(plain, kind)

    columns: dict[str, pa.Array] = {
        "at": pa.array(market.at_us, TIME),
        "segment": pa.array(market.segment.astype(np.int32)),
        "sequence": pa.array(np.arange(rows)),
        "exchange_time": pa.array(market.at_us, TIME),
        "receive_time": pa.array(market.at_us, TIME),
        "bid_horizon": pa.array(market.bid_horizon, mask=market.bid_horizon == 0),
        "ask_horizon": pa.array(market.ask_horizon, mask=market.ask_horizon == 0),
        "flow_complete": pa.array(market.flow_complete),
        "uptick_notional": flow(market.up_notional, sums),
        "uptick_count": flow(market.up_count, pa.int32()),
        "downtick_notional": flow(market.down_notional, sums),
        "downtick_count": flow(market.down_count, pa.int32()),
    }
    for side, prices, sizes in (
        ("bid", market.bid_prices, market.bid_sizes),
        ("ask", market.ask_prices, market.ask_sizes),
    ):
        for name, values in (("price", prices), ("size", sizes)):
            for level in range(market.depth):
                column = pa.array(values[:, level], mask=sizes[:, level] == 0)
                columns[f"{side}_{name}_{level}"] = column
    return pa.table(columns, metadata=metadata(market, "snapshots", rows, **more))


def trades_table(market: Market, **more: str) -> pa.Table:
    trades = market.trades
    assert trades is not None
    rows = len(trades.at_us)
    row = np.searchsorted(market.at_us, trades.at_us)
    columns = {
        "segment": pa.array(market.segment[row].astype(np.int32)),
        "sequence": pa.array(np.arange(rows)),
        "trade_id": pa.array([str(n) for n in range(rows)]),
        "exchange_time": pa.array(trades.at_us - 50, TIME),
        "receive_time": pa.array(trades.at_us, TIME),
        "price": pa.array(trades.price),
        "size": pa.array(trades.size),
        "side": pa.array(["buy" if is_buy else "sell" for is_buy in trades.is_buy]),
    }
    return pa.table(columns, metadata=metadata(market, "trades", rows, **more))


def _order_row(number: int, message: Message) -> dict[str, Any]:
    kind, change = message.kind, message.change
    row: dict[str, Any] = {
        "segment": message.segment,
        "sequence": number,
        "exchange_time": message.at_us - 50,
        "receive_time": message.at_us,
        "type": kind,
        "side": message.side,
        "order_id": message.order_id or None,
        "maker_order_id": message.maker_id or None,
        "price": message.price or None,
        "size": message.size if kind in ("received", "match") else None,
        "remaining_size": message.size if kind in ("open", "done") else None,
    }
    if kind == "change":
        row |= {"price": change.price, "old_size": change.old_size, "new_size": change.new_size}
    return row


def orders_table(simulated: Simulated, **more: str) -> pa.Table:
    market = simulated.market
    texts = ("type", "side", "order_id", "order_type", "reason", "trade_id", "maker_order_id", "taker_order_id")
    numbers = ("price", "size", "remaining_size", "old_price", "new_price", "old_size", "new_size")
    schema = pa.schema(
        [
            ("segment", pa.int32()),
            ("sequence", pa.int64()),
            ("exchange_time", TIME),
            ("receive_time", TIME),
            *((name, pa.string()) for name in texts),
            *((name, pa.int64()) for name in numbers),
        ],
        metadata=metadata(market, "orders", len(simulated.messages), **more),
    )
    rows = [_order_row(number, message) for number, message in enumerate(simulated.messages)]
    columns = {field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in schema}
    return pa.table(columns, schema=schema)


def write(table: pa.Table, path: Path) -> Path:
    if path.suffix == ".feather":
        pyarrow.feather.write_feather(table, str(path), compression="uncompressed")
    else:
        pyarrow.parquet.write_table(table, str(path), compression="zstd")
    return path

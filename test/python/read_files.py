"""Reads exports with columns as pyarrow, pandas, polars, DuckDB and numpy do, and compares them with the
same exports as JSON lines.

Usage: read_files.py FOLDER, with `<type>.jsonl`, `.parquet`, `.feather`, `.npz` (and `.floats.parquet`) of each type.
Prints a JSON object: the rows of each type. Exits with an AssertionError where a value, a type or a time is wrong.
"""

import json
import sys
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

TIME = pa.timestamp("us", tz="UTC")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def us(text):
    """ISO 8601 as microseconds, exactly."""
    delta = datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def number(text):
    return None if text is None else int(text)


def decimal(text):
    return None if text is None else Decimal(text)


def times(line):
    return {"exchange_time": us(line["exchangeTime"]), "receive_time": us(line["receiveTime"])}


def trade_rows(line):
    yield {
        "sequence": number(line["sequence"]),
        "trade_id": line["tradeId"],
        **times(line),
        "price": decimal(line["price"]),
        "size": decimal(line["size"]),
        "side": line["side"],
    }


def quote_rows(line):
    names = {"bid_price": "bidPrice", "bid_size": "bidSize", "ask_price": "askPrice", "ask_size": "askSize"}
    values = {name: decimal(line[field]) for name, field in names.items()}
    yield {"sequence": number(line["sequence"]), **times(line), **values}


def level_rows(line):
    image = line.get("image", False)
    horizon = line.get("horizon", {"bid": None, "ask": None})
    head = {
        "image": image,
        "first_sequence": number(line["firstSequence"]),
        "sequence": number(line["sequence"]),
        **times(line),
        "bid_horizon": decimal(horizon["bid"]),
        "ask_horizon": decimal(horizon["ask"]),
    }
    levels = [("bid", *row) for row in line["bids"]] + [("ask", *row) for row in line["asks"]]
    for side, price, size, *count in levels or [(None, None, None)]:
        values = {"side": side, "price": decimal(price), "size": decimal(size)}
        yield {**head, **values, "count": count[0] if count else None}


def snapshot_rows(depth):
    def rows(line):
        row = {
            "at": us(line["at"]),
            "segment": line["segment"],
            "sequence": number(line["sequence"]),
            **times(line),
            "bid_horizon": decimal(line["horizon"]["bid"]),
            "ask_horizon": decimal(line["horizon"]["ask"]),
            "flow_complete": line["flow"] == "complete",
        }
        for name in ("uptick", "downtick"):
            row[f"{name}_notional"] = decimal(line[f"{name}s"]["notional"])
            row[f"{name}_count"] = line[f"{name}s"]["count"]
        for side in ("bid", "ask"):
            levels = line[f"{side}s"] + [[None, None, None]] * depth
            for i in range(depth):
                row[f"{side}_price_{i}"] = decimal(levels[i][0])
                row[f"{side}_size_{i}"] = decimal(levels[i][1])
                row[f"{side}_count_{i}"] = levels[i][2]
        yield row

    return rows


def candle_rows(line):
    yield {
        "from_time": us(line["from"]),
        "to_time": us(line["to"]),
        **{name: decimal(line[name]) for name in ("open", "high", "low", "close", "volume")},
        "quote_volume": decimal(line["quoteVolume"]),
        "buy_volume": decimal(line["buyVolume"]),
        "trades": line["trades"],
        "first_trade_id": line["firstTradeId"],
        "last_trade_id": line["lastTradeId"],
        "state": line["state"],
        "source": line["source"],
        "missing": json.dumps(line["missing"], separators=(",", ":")) if line["missing"] else None,
    }


ROWS = {
    "trades": trade_rows,
    "quotes": quote_rows,
    "incremental": level_rows,
    "snapshots": snapshot_rows(3),
    "candles": candle_rows,
}


def expected_rows(path, rows_of):
    """The rows of JSON lines, with their segments; and the gaps, by row."""
    rows, gaps, segment, has_gap = [], [], 1, False
    for text in path.read_text().splitlines():
        line = json.loads(text)
        if "gap" in line:
            gaps.append((len(rows), line["gap"]))
            has_gap = len(rows) > 0
            continue
        segment += has_gap
        has_gap = False
        rows += [{"segment": segment, **row} for row in rows_of(line)]
    return rows, gaps


def exponent_of(name, metadata):
    """Decimals of a column of integers, or None: it has none."""
    if "horizon" in name or "price" in name or name in ("open", "high", "low", "close"):
        return int(metadata["price_scale"])
    return int(metadata["size_scale"]) if "size" in name else None


def check_arrow(table, rows, metadata):
    assert table.num_rows == len(rows) == int(metadata["rows"]), (table.num_rows, len(rows))
    for field in table.schema:
        values = [row[field.name] for row in rows]
        exponent = exponent_of(field.name, metadata)
        column = table[field.name]
        if pa.types.is_timestamp(field.type):
            assert field.type == TIME, field
            column = column.cast(pa.int64())
        elif exponent is not None:
            assert field.type == pa.int64(), field
            values = [None if value is None else int(value.scaleb(exponent)) for value in values]
        elif isinstance(next((value for value in values if value is not None), None), Decimal):
            assert pa.types.is_decimal128(field.type) and field.type.precision == 38, field
        assert column.to_pylist() == values, field.name
        assert field.nullable or None not in values, field.name
    missing = {name for name in rows[0] if name not in table.column_names} if rows else set()
    assert all(row[name] is None for row in rows for name in missing), missing


def check_gaps(metadata, gaps, rows):
    told = json.loads(metadata["gaps"])
    assert [gap["row"] for gap in told] == [row for row, _ in gaps]
    for gap, (_, expected) in zip(told, gaps, strict=True):
        assert gap["from_us"] == us(expected["from"]) and gap["cause"] == expected["cause"]
        assert gap["to_us"] == (us(expected["to"]) if expected["to"] else None)
        assert gap["first_missing"] == expected["firstMissing"]
    for segment in json.loads(metadata["segments"]):
        part = rows[segment["first_row"] :][: segment["rows"]]
        assert {row["segment"] for row in part} == {segment["segment"]} and len(part) == segment["rows"]


def check_frames(path, table):
    """pandas, polars and DuckDB have the same as pyarrow, in types of their own."""
    frame = pd.read_parquet(path.with_suffix(".parquet"), dtype_backend="numpy_nullable")
    other = pd.read_feather(path.with_suffix(".feather"), dtype_backend="numpy_nullable")
    pd.testing.assert_frame_equal(frame, other)
    polars = pl.read_parquet(path.with_suffix(".parquet"))
    assert polars.equals(pl.read_ipc(path.with_suffix(".feather")))
    assert polars.equals(pl.from_arrow(table))
    duck = duckdb.sql(f"FROM '{path.with_suffix('.parquet')}'")
    types = dict(zip(duck.columns, map(str, duck.types), strict=True))
    fetched = list(zip(*duck.fetchall(), strict=True))
    for at, field in enumerate(table.schema):
        values = table[field.name].to_pylist()
        if pa.types.is_timestamp(field.type):
            assert str(frame[field.name].dtype) == "datetime64[us, UTC]"
            assert polars.schema[field.name] == pl.Datetime("us", "UTC")
            assert types[field.name] == "TIMESTAMP WITH TIME ZONE"
        elif pa.types.is_int64(field.type):
            assert str(frame[field.name].dtype) == "Int64"
            assert (polars.schema[field.name], types[field.name]) == (pl.Int64, "BIGINT")
        elif pa.types.is_decimal128(field.type):
            assert polars.schema[field.name] == pl.Decimal(38, field.type.scale)
            assert types[field.name] == f"DECIMAL(38,{field.type.scale})"
        assert list(fetched[at] if fetched else []) == values, field.name
        assert [None if pd.isna(value) else value for value in frame[field.name]] == values, field.name


def check_numpy(path, table, metadata):
    arrays = np.load(path)
    told = json.loads(arrays["metadata"].item())
    assert told == metadata
    assert [name for name in arrays.files if name != "metadata"] == table.column_names
    for field in table.schema:
        array, column = arrays[field.name], table[field.name]
        if pa.types.is_timestamp(field.type):
            assert array.dtype == np.dtype("<M8[us]")
            array, column = array.view("int64"), column.cast(pa.int64())
        elif pa.types.is_decimal128(field.type):
            units = [None if value is None else int(value.scaleb(field.type.scale)) for value in column.to_pylist()]
            column = pa.array(units, pa.int64())
        elif pa.types.is_string(field.type):
            assert array.dtype.kind == "S"
            assert array.tolist() == [(text or "").encode() for text in column.to_pylist()]
            continue
        values = column.to_pylist()
        if field.type == pa.bool_():
            assert array.tolist() == values
            continue
        absent = int(np.iinfo(array.dtype).min)
        assert array.tolist() == [absent if value is None else value for value in values], field.name


def check_floats(path, rows):
    table = pq.read_table(path)
    assert table.schema.metadata[b"floats"] == b"true"
    for field in table.schema:
        if field.type != pa.float64():
            assert not pa.types.is_decimal128(field.type)
            continue
        values = [None if row[field.name] is None else float(row[field.name]) for row in rows]
        assert table[field.name].to_pylist() == values, field.name


def check_type(folder, kind):
    path = folder / kind
    rows, gaps = expected_rows(path.with_suffix(".jsonl"), ROWS[kind])
    table = pq.read_table(path.with_suffix(".parquet"))
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    check_arrow(table, rows, metadata)
    check_gaps(metadata, gaps, rows)
    assert feather.read_table(path.with_suffix(".feather")).equals(table, check_metadata=True)
    check_frames(path, table)
    if path.with_suffix(".npz").exists():
        check_numpy(path.with_suffix(".npz"), table, metadata)
    if path.with_suffix(".floats.parquet").exists():
        check_floats(path.with_suffix(".floats.parquet"), rows)
    parts = sorted(folder.glob(f"{kind}-*.parquet"))
    if parts:
        assert duckdb.sql(f"FROM '{folder}/{kind}-*.parquet'").fetchall() == duckdb.sql(f"FROM '{path}.parquet'").fetchall()
    return len(rows)


if __name__ == "__main__":
    duckdb.sql("SET TimeZone = 'UTC'")
    print(json.dumps({kind: check_type(Path(sys.argv[1]), kind) for kind in ROWS}))

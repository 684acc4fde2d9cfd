"""Plays the event array through hftbacktest, and loads Tardis' CSV with nautilus_trader.

Usage: read_events.py FOLDER, with `incremental.npz`, `snapshots.floats.parquet`, and `incremental.csv.gz`, `trades.csv.gz` (tardis-csv) beside
`trades.jsonl`. Prints a JSON object of counts. Exits with an AssertionError where the book of hftbacktest is another
one than the snapshot of that moment.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest
from hftbacktest.data.validation import validate_event_order
from hftbacktest.types import TRADE_EVENT, event_dtype
from nautilus_trader.adapters.tardis.loaders import TardisCSVDataLoader
from nautilus_trader.model.identifiers import InstrumentId

TICK, LOT, DEPTH = 0.01, 0.00000001, 3


def check_events(path):
    """The array is of the right type and in order, whole messages at both sides."""
    data = np.load(path)["data"]
    assert data.dtype == event_dtype, data.dtype
    validate_event_order(data)
    assert np.all(data["local_ts"] >= data["exch_ts"])
    kinds = data["ev"] & 0xFF
    exchange, local = data["ev"] >> 31 & 1, data["ev"] >> 30 & 1
    for kind in np.unique(kinds):
        assert exchange[kinds == kind].sum() == local[kinds == kind].sum()
    return int(np.sum(local[kinds == TRADE_EVENT]))


def levels(row, side):
    """Prices and sizes of a snapshot, as far as it has them."""
    pairs = [(row[f"{side}_price_{i}"], row[f"{side}_size_{i}"]) for i in range(DEPTH)]
    return [(price, size) for price, size in pairs if price is not None]


def check_books(path, snapshots, asset):
    """The local book of a backtest at each snapshot's time."""
    shift = int(json.loads(np.load(path)["metadata"].item())["local_shift_ns"])
    asset = asset.data([str(path)]).linear_asset(1.0).constant_order_latency(0, 0)
    asset = asset.no_partial_fill_exchange().trading_value_fee_model(0, 0)
    backtest = HashMapMarketDepthBacktest([asset.tick_size(TICK).lot_size(LOT).last_trades_capacity(0)])
    # Without a first step it has no time yet.
    backtest.elapse(0)
    books = 0
    for row in pq.read_table(snapshots).to_pylist():
        at = round(row["at"].timestamp() * 1_000_000) * 1000 + shift
        if backtest.current_timestamp > at:
            continue
        if backtest.elapse(at - backtest.current_timestamp) != 0:
            break
        depth = backtest.depth(0)
        for side, sizes in (("bid", depth.bid_qty_at_tick), ("ask", depth.ask_qty_at_tick)):
            found = levels(row, side)
            best = depth.best_bid if side == "bid" else depth.best_ask
            assert np.isnan(best) if not found else round(best / TICK) == round(found[0][0] / TICK), (row["at"], best, found)
            for price, size in found:
                # Sums of orders are sums of doubles there.
                assert np.isclose(sizes(round(price / TICK)), size, rtol=1e-9), (row["at"], side, price)
        books += 1
    backtest.close()
    return books


def check_nautilus(folder):
    loader = TardisCSVDataLoader(instrument_id=InstrumentId.from_str("BTCUSDT.BINANCE"), price_precision=2, size_precision=3)
    trades = loader.load_trades(str(folder / "trades.csv.gz"))
    lines = [json.loads(line) for line in (folder / "trades.jsonl").read_text().splitlines()]
    lines = [line for line in lines if "gap" not in line]
    assert [(str(trade.price), str(trade.size), str(trade.trade_id)) for trade in trades] == [
        (f"{float(line['price']):.2f}", f"{float(line['size']):.3f}", line["tradeId"]) for line in lines
    ]
    return len(trades), len(loader.load_deltas(str(folder / "incremental.csv.gz")))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    counts = {"trades": check_events(folder / "incremental.npz")}
    counts["books"] = check_books(folder / "incremental.npz", folder / "snapshots.floats.parquet", BacktestAsset().risk_adverse_queue_model())
    counts["loadedTrades"], counts["loadedDeltas"] = check_nautilus(folder)
    print(json.dumps(counts))

"""Plays single orders through hftbacktest.

Usage: read_orders.py FOLDER, with `orders.npz` and `snapshots.floats.parquet`. Prints a JSON object of counts. Exits with
an AssertionError where the book of hftbacktest is another one than the snapshot of that moment.
"""

import json
import sys
from pathlib import Path

import numpy as np
from hftbacktest import BacktestAsset
from hftbacktest.types import FILL_EVENT
from read_events import check_books, check_events

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    path = folder / "orders.npz"
    counts = {"trades": check_events(path)}
    counts["fills"] = int(np.sum(np.load(path)["data"]["ev"] & 0xFF == FILL_EVENT))
    asset = BacktestAsset().l3_fifo_queue_model()
    counts["books"] = check_books(path, folder / "snapshots.floats.parquet", asset)
    print(json.dumps(counts))

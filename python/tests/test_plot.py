"""A market is drawn from its files, gaps empty, and the same each time."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from orderbook_gym import Market
from tests.exports import TIME, metadata, snapshots_table, write

pytest.importorskip("matplotlib", reason="no matplotlib")
from orderbook_gym.plot import heat, load_candles, main


def candles_table(market: Market) -> pa.Table:
    """Three candles of 20 s: with trades, without, incomplete."""
    start = int(market.at_us[0]) // 20_000_000 * 20_000_000
    opens = [start + n * 20_000_000 for n in range(3)]
    prices = pa.array([90_000, None, 90_020])
    sums = pa.array([Decimal("1.5"), Decimal(0), Decimal("2.25")], pa.decimal128(38, market.size_scale))
    columns: dict[str, Any] = {
        "segment": pa.array([1, 1, 1], pa.int32()),
        "from_time": pa.array(opens, TIME),
        "to_time": pa.array([us + 20_000_000 for us in opens], TIME),
        **dict.fromkeys(("open", "high", "low", "close"), prices),
        "volume": sums,
        "state": pa.array(["final", "final", "incomplete"]),
    }
    return pa.table(columns, metadata=metadata(market, "candles", 3, timeframe="20s"))


def test_candles_without_trades_are_left_out(market: Market, tmp_path: Path) -> None:
    candles = load_candles(write(candles_table(market), tmp_path / "candles.parquet"))
    assert candles.open.tolist() == [9000.0, 9002.0]
    assert candles.volume.tolist() == [1.5, 2.25]
    assert candles.is_whole.tolist() == [True, False]
    assert (candles.to_us - candles.from_us).tolist() == [20_000_000] * 2


def test_the_heat_is_empty_where_no_row_tells_and_has_every_size(market: Market) -> None:
    few = market.part(150, 250)
    sizes, (first, last, low, high) = heat(few)
    empty = np.isnan(sizes).all(axis=0)
    # A gap of 7 periods lies between rows 199 and 200; each row is a column of its own.
    assert np.flatnonzero(empty).tolist() == list(range(50, 57))
    for row, column in ((0, 0), (99, 106)):
        told = np.flatnonzero(~np.isnan(sizes[:, column]))
        assert told.tolist() == list(range(told[0], told[-1] + 1)), "one stretch, from the last bid to the last ask"
        step = (high - low) / len(sizes)
        assert low + told[0] * step <= max(few.bid_prices[row, -1] / 10, low) + step / 2
        assert low + (told[-1] + 1) * step >= min(few.ask_prices[row, -1] / 10, high) - step / 2
    assert (last - first) * 86_400e6 == pytest.approx(107 * market.every_us)
    shown = sum(
        int(s.sum())
        for p, s in ((few.bid_prices, few.bid_sizes), (few.ask_prices, few.ask_sizes))
        for p, s in [(p, np.where((p >= low * 10) & (p < high * 10), s, 0))]
    )
    assert np.nansum(sizes) == pytest.approx(shown / 10**market.size_scale, rel=0.01)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("nothing.parquet --out a.svg", "nothing.parquet"),
        ("book.parquet --candles book.parquet --out a.svg", "book.parquet has snapshots, not candles"),
        ("book.parquet --out a.xyz", "end the name in .svg or .png"),
    ],
)
def test_wrong_files_are_told_without_a_traceback(
    market: Market,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(snapshots_table(market), tmp_path / "book.parquet")
    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_command_draws_the_same_bytes_each_time(market: Market, tmp_path: Path) -> None:
    book = write(snapshots_table(market), tmp_path / "book.parquet")
    candles = write(candles_table(market), tmp_path / "candles.parquet")
    for name in ("one.svg", "other.svg"):
        main([str(book), "--candles", str(candles), "--out", str(tmp_path / name)])
    text = (tmp_path / "one.svg").read_text()
    assert text == (tmp_path / "other.svg").read_text()
    assert len(text) < 300_000
    main([str(book), "--out", str(tmp_path / "book.png")])
    assert (tmp_path / "book.png").read_bytes().startswith(b"\x89PNG")

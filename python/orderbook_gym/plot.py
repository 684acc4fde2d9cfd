"""``python -m orderbook_gym.plot book.parquet --candles candles.parquet --out market.svg``: a market to look at.

Above the sizes of the book over time, with the mid price; below candles with their volume. What the rows do not
tell stays white: gaps, and prices behind the last one of a side.
Needs matplotlib: ``pip install './python[plot]'``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orderbook_gym.files import Paths, load, read_file
from orderbook_gym.market import Ints, Market, MarketError

Doubles = NDArray[np.float64]

COLUMNS = 480
"""At most so many moments of the book are drawn; each shows the mean of its rows."""
PRICES = 120
"""At most so many prices of the book are drawn."""
SHOWN_PART = 0.98
"""Of all levels that are recorded; the outermost would only make the rest smaller."""
MARGIN = 3
"""Prices drawn around what is shown."""
BUY, SELL, MID, QUIET = "#0f8a6c", "#c2413b", "#e07b00", "#8a8f98"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Candles:
    """Candles with trades; arrays of shape ``(candles,)``."""

    from_us: Ints
    to_us: Ints
    open: Doubles
    high: Doubles
    low: Doubles
    close: Doubles
    volume: Doubles
    is_whole: NDArray[np.bool_]
    """Nothing of the interval is missing."""


def load_candles(paths: Paths) -> Candles:
    """Read an export of candles (``--type candles``); those without a trade are left out."""
    file = read_file(paths, "candles")
    traded = file.has("open")
    if not np.any(traded):
        raise MarketError("No candle has a trade")
    unit = 10 ** file.number("price_scale")
    return Candles(
        from_us=file.ints("from_time")[traded],
        to_us=file.ints("to_time")[traded],
        open=file.ints("open")[traded] / unit,
        high=file.ints("high")[traded] / unit,
        low=file.ints("low")[traded] / unit,
        close=file.ints("close")[traded] / unit,
        volume=file.table.column("volume").cast("float64").to_numpy()[traded],
        is_whole=~file.is_equal("state", "incomplete")[traded],
    )


def heat(market: Market) -> tuple[Doubles, tuple[float, float, float, float]]:
    """Return sizes by price and time, shape ``(prices, moments)``, nan where no row tells; and its extent.

    No row tells of a gap, nor of prices behind the last one of its side. The extent is first and last moment (days
    since 1970) and lowest and highest price.
    """
    unit = 10**market.price_scale
    prices = np.concatenate([market.bid_prices, market.ask_prices], axis=1)
    sizes = np.concatenate([market.bid_sizes, market.ask_sizes], axis=1)
    there = sizes > 0
    low, high = np.quantile(prices[there], [(1 - SHOWN_PART) / 2, (1 + SHOWN_PART) / 2])
    both = there[:, 0] & there[:, market.depth]
    low, high = min(low, market.bid_prices[both, 0].min()), max(high, market.ask_prices[both, 0].max())
    step = max(round((high - low) / PRICES), 1)
    low, high = low - MARGIN * step, high + MARGIN * step
    bins = int((high - low) // step) + 1
    first = int(market.at_us[0]) - market.every_us
    span = int(market.at_us[-1]) - first
    columns = min(COLUMNS, span // market.every_us)
    column = np.minimum((market.at_us - 1 - first) * columns // span, columns - 1)
    place = ((prices - low) // step).astype(np.int64)
    shown = there & (prices >= low) & (place < bins)
    at = np.broadcast_to(column[:, None], prices.shape)
    total = np.zeros((bins, columns))
    np.add.at(total, (place[shown], at[shown]), sizes[shown] / 10**market.size_scale)
    rows = np.bincount(column, minlength=columns)
    mean = np.where(_told(place, there, column, total.shape), total / np.maximum(rows, 1), np.nan)
    return mean, (_days(first), _days(first + span), low / unit, (low + bins * step) / unit)


def _told(place: Ints, there: NDArray[np.bool_], column: Ints, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return where a row of the moment reaches: from its lowest to its highest price."""
    bins, columns = shape
    lowest, highest = np.full(columns, bins), np.full(columns, -1)
    np.minimum.at(lowest, column, np.where(there, place, bins).min(axis=1))
    np.maximum.at(highest, column, np.where(there, place, -1).max(axis=1))
    each = np.arange(bins)[:, None]
    return (each >= lowest) & (each <= highest)


def _days(us: float) -> float:
    return us / 86_400e6


def _mid_line(market: Market) -> tuple[Doubles, Doubles]:
    """Return times and mid prices, with a nan between two runs."""
    times: list[Doubles] = []
    prices: list[Doubles] = []
    for first, stop in market.runs().tolist():
        step = max((stop - first) * COLUMNS // market.rows, 1)
        rows = np.unique(np.linspace(first, stop - 1, step + 1).astype(np.int64))
        twice_mid = market.bid_prices[rows, 0] + market.ask_prices[rows, 0]
        times += [market.at_us[rows] / 86_400e6, np.array([np.nan])]
        prices += [twice_mid / (2 * 10**market.price_scale), np.array([np.nan])]
    return np.concatenate(times), np.concatenate(prices)


def draw(market: Market, candles: Candles | None, out: str) -> None:
    """Draw the market into a file; its name's ending chooses the format."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    style = {
        # The same data give the same bytes.
        "svg.hashsalt": "orderbook",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": QUIET,
        "axes.titlelocation": "left",
        "axes.titlesize": 10,
    }
    with plt.rc_context(style):
        heights = [5] if candles is None else [5, 3, 1]
        figure, axes = plt.subplots(
            len(heights), 1, sharex=True, figsize=(10, 0.9 * sum(heights)), height_ratios=heights, layout="constrained"
        )
        plots = np.atleast_1d(axes)
        _draw_book(figure, plots[0], market)
        if candles is not None:
            _draw_candles(plots[1], candles)
            _draw_volume(plots[2], candles)
            first, last = plots[0].get_xlim()
            plots[0].set_xlim(min(first, _days(candles.from_us[0])), max(last, _days(candles.to_us[-1])))
        _label_time(plots[-1])
        figure.savefig(out, metadata={"Date": None} if out.endswith(".svg") else None, dpi=120)
        plt.close(figure)


def _draw_book(figure: Any, plot: Any, market: Market) -> None:
    from matplotlib.colors import LogNorm

    sizes, extent = heat(market)
    known = sizes[sizes > 0]
    faint, strong = np.quantile(known, [0.05, 0.995]).tolist()
    norm = LogNorm(faint, strong, clip=True)
    shown = np.where(sizes > 0, sizes, np.where(np.isnan(sizes), np.nan, faint))
    image = plot.imshow(
        shown, origin="lower", aspect="auto", extent=extent, norm=norm, cmap="Blues", interpolation="none"
    )
    plot.plot(*_mid_line(market), color=MID, linewidth=1.2)
    plot.set_xlim(extent[0], extent[1])
    plot.set_ylim(extent[2], extent[3])
    plot.set_title(f"{market.security}: size at each price, and the mid price (orange)")
    plot.set_ylabel("price")
    plot.ticklabel_format(axis="y", useOffset=False, style="plain")
    bar = figure.colorbar(image, ax=plot, pad=0.01, aspect=30, label="size", format="%g")
    bar.outline.set_visible(False)


def _draw_candles(plot: Any, candles: Candles) -> None:
    for place in range(len(candles.open)):
        color = BUY if candles.close[place] >= candles.open[place] else SELL
        first, last = _days(candles.from_us[place]), _days(candles.to_us[place])
        middle, width = (first + last) / 2, (last - first) * 0.7
        whole = candles.is_whole[place]
        low, high = sorted((candles.open[place], candles.close[place]))
        plot.vlines(middle, candles.low[place], candles.high[place], color=color, linewidth=1, zorder=1)
        # What is missing in part is not filled.
        plot.bar(
            middle,
            high - low,
            width,
            bottom=low,
            color=color if whole else "white",
            edgecolor=color,
            linewidth=0.8,
            zorder=2,
        )
    minutes = (candles.to_us[0] - candles.from_us[0]) / 60e6
    plot.set_title(f"Candles of {minutes:g} minute{'' if minutes == 1 else 's'} (hollow: incomplete)")
    plot.set_ylabel("price")
    plot.ticklabel_format(axis="y", useOffset=False, style="plain")


def _draw_volume(plot: Any, candles: Candles) -> None:
    middle = (candles.from_us + candles.to_us) / 2 / 86_400e6
    width = (candles.to_us - candles.from_us) / 86_400e6 * 0.7
    plot.bar(middle, candles.volume, width, color=QUIET)
    plot.set_ylabel("volume")


def _label_time(plot: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=timezone.utc)
    plot.xaxis.set_major_locator(locator)
    plot.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=timezone.utc, show_offset=False))
    day = EPOCH + timedelta(days=float(np.mean(plot.get_xlim())))
    plot.set_xlabel(f"{day:%Y-%m-%d}, UTC")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw from files."""
    parser = argparse.ArgumentParser(
        prog="python -m orderbook_gym.plot", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("snapshots", nargs="+", help="files of export --type snapshots, in their order")
    parser.add_argument("--candles", nargs="+", help="files of export --type candles")
    parser.add_argument("--out", required=True, help="a .svg or .png file")
    given = parser.parse_args(arguments)
    if not given.out.endswith((".svg", ".png")):
        parser.error(f"--out {given.out}: end the name in .svg or .png")
    try:
        market, candles = load(given.snapshots), None if given.candles is None else load_candles(given.candles)
    except (MarketError, OSError) as error:
        parser.error(str(error))
    draw(market, candles, given.out)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()

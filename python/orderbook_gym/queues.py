"""Where a quote stands in the queue of its price, and what of it is filled.

What is exact, and what is a model:

- A fill of the recording goes to the quote if the quote would have been before it: the taker went to a price that is
  worse than the quote's, or met an order that stands behind it. It is filled by at most the size of these fills.
- **From orders (L3)** the place is exact: the size at the price when the quote joined, less whatever of it was matched
  or cancelled since. Orders that came later stand behind.
- **From levels (L2)** only trades at the price take from the size ahead; what is cancelled is taken to have stood
  behind. Since nothing more than the whole level can be ahead, a level that shows less afterwards shortens the queue.
  So the quote never stands further ahead than it would have.
- Outside the recorded depth the size ahead is not known: the quote is filled only by takers that go to a worse price,
  until the level comes into sight.
- Whoever came to the recorded book, which had no quote of ours, would have met it: if the best price of the other side
  reaches the quote, it is filled in full at its own price.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orderbook_gym.market import Ints, Market, MarketError

BID, ASK = 0, 1
UNKNOWN = 2**62
"""Size ahead of a quote outside the recorded depth."""

_AtPrice = dict[int, int]
_Events = dict[int, list[tuple[int, int, bool]]]


class Quote:
    """A resting limit order."""

    __slots__ = ("ahead", "placed_us", "price", "remaining")

    def __init__(self, price: int, remaining: int, ahead: int, placed_us: int) -> None:
        self.price = price
        self.remaining = remaining
        self.ahead = ahead
        """Size that is matched before it; `UNKNOWN` outside the recorded depth."""
        self.placed_us = placed_us


class _Side:
    """One side of the book: levels, and fills by takers of the other side."""

    def __init__(self, market: Market, side: int) -> None:
        self.sign = 1 if side == BID else -1
        """A price is worse than another for the owner of a quote if sign x (price - other) < 0."""
        is_bid = side == BID
        self.prices: Ints = market.bid_prices if is_bid else market.ask_prices
        self.sizes: Ints = market.bid_sizes if is_bid else market.ask_sizes
        self.best: list[int] = self.prices[:, 0].tolist()
        self.best_size: list[int] = self.sizes[:, 0].tolist()
        self.worst_known: list[int] = _worst_known(market, side).tolist()
        """Up to this price a level that is not shown is empty."""
        self.traded: list[_AtPrice | None] = [None] * market.rows
        """Per row what was traded in its period, by price."""
        self.worst_traded: list[int] = [0] * market.rows
        self.events: list[_Events | None] = [None] * market.rows
        """Per row, by price: size, time of joining, whether it was matched (L3)."""

    def shown(self, row: int, price: int) -> int:
        """Size at a price; `UNKNOWN` outside the recorded depth."""
        if price == self.best[row]:
            return self.best_size[row]
        if self.sign * (price - self.worst_known[row]) < 0:
            return UNKNOWN
        prices: list[int] = self.prices[row].tolist()
        return int(self.sizes[row, prices.index(price)]) if price in prices else 0


def _worst_known(market: Market, side: int) -> Ints:
    prices = market.bid_prices if side == BID else market.ask_prices
    sizes = market.bid_sizes if side == BID else market.ask_sizes
    horizon = market.bid_horizon if side == BID else market.ask_horizon
    # A side with fewer levels than columns is shown up to its horizon.
    end = 0 if side == BID else int(np.iinfo(np.int64).max)
    beyond = np.where(horizon > 0, horizon, end)
    return np.where(sizes[:, -1] > 0, prices[:, -1], beyond).astype(np.int64)


class Queues:
    """The queues of both sides over all rows."""

    def __init__(self, market: Market) -> None:
        if market.trades is None:
            raise MarketError("Quotes need trades or orders: load(snapshots, trades=...)")
        self._at_us: list[int] = market.at_us.tolist()
        self._is_exact = market.orders is not None
        self._sides = (_Side(market, BID), _Side(market, ASK))
        self._add_trades(market)
        if market.orders is not None:
            self._add_orders(market)

    def _add_trades(self, market: Market) -> None:
        assert market.trades is not None
        trades = market.trades
        rows = market.row_of(trades.at_us)
        keep = rows >= 0
        columns = (rows, trades.is_buy, trades.price, trades.size)
        for row, is_buy, price, size in zip(*_lists(keep, columns), strict=True):
            side = self._sides[ASK if is_buy else BID]
            at_price = side.traded[row]
            if at_price is None:
                side.traded[row] = {price: size}
                side.worst_traded[row] = price
            else:
                at_price[price] = at_price.get(price, 0) + size
                if side.sign * (price - side.worst_traded[row]) < 0:
                    side.worst_traded[row] = price

    def _add_orders(self, market: Market) -> None:
        assert market.orders is not None
        orders = market.orders
        rows = market.row_of(orders.at_us)
        keep = rows >= 0
        columns = (
            rows,
            orders.is_bid,
            orders.price,
            orders.size,
            orders.joined_us,
            orders.is_match,
        )
        for row, is_bid, price, size, joined, is_match in zip(*_lists(keep, columns), strict=True):
            side = self._sides[BID if is_bid else ASK]
            events = side.events[row]
            if events is None:
                events = side.events[row] = {}
            events.setdefault(price, []).append((size, joined, is_match))

    def place(self, side: int, row: int, price: int, size: int) -> Quote:
        """Join the queue at a price at the moment of a row."""
        return Quote(price, size, self._sides[side].shown(row, price), self._at_us[row])

    def fill(self, side: int, row: int, quote: Quote) -> int:
        """Move a quote on over the period that ends at a row; returns the size that was filled."""
        book = self._sides[side]
        price = quote.price
        if book.sign * (self._sides[1 - side].best[row] - price) <= 0:
            filled = quote.remaining
        else:
            traded = book.traded[row]
            through = 0
            if traded is not None and book.sign * (book.worst_traded[row] - price) < 0:
                for at, size in traded.items():
                    if book.sign * (at - price) < 0:
                        through += size
            exact = self._is_exact
            behind = _shrink_exactly(book, row, quote) if exact else _shrink_by_trades(traded, quote)
            if not exact or quote.ahead >= UNKNOWN:
                quote.ahead = min(quote.ahead, book.shown(row, price))
            if through:
                quote.ahead = 0
            filled = min(quote.remaining, through + behind)
        quote.remaining -= filled
        return filled


def _shrink_exactly(book: _Side, row: int, quote: Quote) -> int:
    """Take from the queue ahead what left it; returns what was matched behind the quote."""
    events = book.events[row]
    if events is None:
        return 0
    behind = 0
    for size, joined_us, is_match in events.get(quote.price, ()):
        if joined_us > quote.placed_us:
            if is_match:
                behind += size
        elif quote.ahead < UNKNOWN:
            quote.ahead -= size
    return behind


def _shrink_by_trades(traded: _AtPrice | None, quote: Quote) -> int:
    """Take from the queue ahead what was traded; returns what went beyond it."""
    size = traded.get(quote.price, 0) if traded is not None else 0
    if size <= quote.ahead:
        quote.ahead -= size if quote.ahead < UNKNOWN else 0
        return 0
    behind = size - quote.ahead
    quote.ahead = 0
    return behind


def _lists(keep: object, columns: Sequence[object]) -> list[list[int]]:
    return [column[keep].tolist() for column in columns]  # type: ignore[index]

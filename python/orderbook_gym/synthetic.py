"""A simulated market, for tests and speed: a small order book with random orders, reproducible from a seed.

Each price is an integer number of ticks, and its queue holds orders with ids, so levels, trades and messages about
orders all come from one and the same book.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from orderbook_gym.market import Ints, Market, OrderEvents, Trades
from orderbook_gym.orders import Change, order_events

START_US = 1_790_000_000_000_000
PRICE_SCALE = 1
SIZE_SCALE = 4
TICK = 1
"""A tick is 0.10."""
NO_CHANGE = Change(0, 0, 0, -1)


@dataclass
class Message:
    """A message about an order: what a row of an ``orders`` file says."""

    segment: int
    at_us: int
    kind: str
    side: str
    order_id: str = ""
    maker_id: str = ""
    price: int = 0
    size: int = 0
    change: Change = NO_CHANGE


@dataclass
class Simulated:
    """What a simulation leaves."""

    market: Market
    """With trades and orders."""
    messages: list[Message] = field(default_factory=list)


@dataclass
class _Order:
    order_id: str
    size: int


class _Book:
    """Queues by price. Prices are ticks."""

    def __init__(self, random: np.random.Generator, anchor: int) -> None:
        self.random = random
        self.anchor = anchor
        self.trend = 1
        self.sides: tuple[dict[int, list[_Order]], dict[int, list[_Order]]] = ({}, {})
        self.segment = 1
        self.now_us = START_US
        self.messages: list[Message] = []
        self.trades: list[tuple[int, int, int, bool]] = []
        self._ids = 0

    def best(self, side: int) -> int:
        return max(self.sides[0]) if side == 0 else min(self.sides[1])

    def say(self, kind: str, side: str, **more: object) -> None:
        self.messages.append(Message(self.segment, self.now_us, kind, side, **more))  # type: ignore[arg-type]

    def open(self, side: int, price: int, size: int, *, told: bool = True) -> None:
        self._ids += 1
        order = _Order(f"o{self._ids}", size)
        self.sides[side].setdefault(price, []).append(order)
        if told:
            name = "buy" if side == 0 else "sell"
            self.say("received", name, order_id=order.order_id, price=price * TICK, size=size)
            self.say("open", name, order_id=order.order_id, price=price * TICK, size=size)

    def take(self, side: int, size: int) -> None:
        """Match an order of a taker with the queues of ``side``; it leaves one price there."""
        name = "sell" if side == 0 else "buy"
        self._ids += 1
        taker = f"o{self._ids}"
        self.say("received", name, order_id=taker, size=size)
        levels = self.sides[side]
        while size > 0 and (len(levels) > 1 or len(levels[self.best(side)]) > 1):
            price = self.best(side)
            maker = levels[price][0]
            fill = min(size, maker.size)
            size -= fill
            maker.size -= fill
            self.trades.append((self.now_us, price * TICK, fill, side == 1))
            self.say("match", name, order_id="", maker_id=maker.order_id, price=price * TICK, size=fill)
            if maker.size == 0:
                levels[price].pop(0)
                rests = "buy" if side == 0 else "sell"
                self.say("done", rests, order_id=maker.order_id, price=price * TICK)
                if not levels[price]:
                    del levels[price]
        self.say("done", name, order_id=taker)

    def cancel(self, side: int) -> None:
        levels = self.sides[side]
        price = self._any_price(side)
        if len(levels) == 1 and len(levels[price]) == 1:
            return
        queue = levels[price]
        order = queue.pop(int(self.random.integers(len(queue))))
        if not queue:
            del levels[price]
        name = "buy" if side == 0 else "sell"
        self.say("done", name, order_id=order.order_id, price=price * TICK, size=order.size)

    def change(self, side: int) -> None:
        """Make an order smaller, in its place, or larger, at the end of its queue."""
        price = self._any_price(side)
        queue = self.sides[side][price]
        place = int(self.random.integers(len(queue)))
        order = queue[place]
        before, order.size = order.size, int(self.random.integers(1, 2 * order.size + 1))
        if order.size > before:
            queue.append(queue.pop(place))
        told = Change(price * TICK, before, 0, order.size)
        self.say("change", "buy" if side == 0 else "sell", order_id=order.order_id, change=told)

    def _any_price(self, side: int) -> int:
        prices = sorted(self.sides[side], reverse=side == 0)
        return prices[min(int(self.random.geometric(0.4)) - 1, len(prices) - 1)]

    def act(self) -> None:
        """Let one trader do something.

        A hidden trend lasts for a while; takers know of it, and the price follows: flows tell a little of the future.
        """
        random = self.random
        side = int(random.integers(2))
        kind = random.random()
        size = int(random.integers(1, 50)) * 100
        if kind < 0.56:
            away = int(random.geometric(0.3))
            price = (
                min(self.anchor - away, self.best(1) - 1) if side == 0 else max(self.anchor + away, self.best(0) + 1)
            )
            self.open(side, price, size)
        elif kind < 0.7:
            buys = random.random() < 0.5 + 0.4 * self.trend
            self.take(1 if buys else 0, 2 * size)
        elif kind < 0.75:
            self.change(side)
        else:
            self.cancel(side)
        if random.random() < 0.05:
            self.anchor += self.trend
        if random.random() < 0.004:
            self.trend = -self.trend


def simulate(
    rows: int = 1000,
    *,
    seed: int = 0,
    depth: int = 5,
    every_us: int = 100_000,
    acts: float = 5.0,
    segments: int = 1,
) -> Simulated:
    """Play a market of that many rows.

    Args:
        rows: snapshots.
        seed: of everything random.
        depth: levels of each side.
        every_us: from row to row, in microseconds.
        acts: what traders do between two rows, on average.
        segments: segments of equal length, with a gap of some periods between two.

    """
    random = np.random.default_rng(seed)
    book = _Book(random, 90_000)
    for side in (0, 1):
        for level in range(12):
            price = 90_000 + (level if side else -1 - level)
            for _ in range(3):
                book.open(side, price, int(random.integers(1, 50)) * 100, told=False)
    table = _Table(depth)
    bounds = {round(rows * part / segments) for part in range(1, segments)}
    for row in range(rows):
        first_of_segment = row == 0 or row in bounds
        if row in bounds:
            book.segment += 1
            book.now_us += 7 * every_us
            messages, trades = len(book.messages), len(book.trades)
            for _ in range(20):
                book.act()
            del book.messages[messages:], book.trades[trades:]
        before_us = book.now_us
        trades = len(book.trades)
        for at in sorted(random.integers(1, every_us + 1, size=random.poisson(acts)).tolist()):
            book.now_us = before_us + at
            book.act()
        book.now_us = before_us + every_us
        table.add(book, trades, first_of_segment)
    return Simulated(table.market(book, every_us), book.messages)


class _Table:
    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.levels: list[list[list[int]]] = []
        self.heads: list[tuple[int, int, int, int, int, int, bool]] = []

    def add(self, book: _Book, trades_before: int, first_of_segment: bool) -> None:
        levels = []
        for side in (0, 1):
            prices = sorted(book.sides[side], reverse=side == 0)[: self.depth]
            sizes = [sum(order.size for order in book.sides[side][price]) for price in prices]
            room = [0] * (self.depth - len(prices))
            levels += [[price * TICK for price in prices] + room, sizes + room]
        self.levels.append(levels)
        flows = [0, 0, 0, 0]
        if not first_of_segment:
            for _, price, size, is_buy in book.trades[trades_before:]:
                flows[0 if is_buy else 2] += price * size
                flows[1 if is_buy else 3] += 1
        up, ups, down, downs = flows
        complete = not first_of_segment
        self.heads.append((book.now_us, book.segment, up, ups, down, downs, complete))

    def market(self, book: _Book, every_us: int) -> Market:
        levels = np.array(self.levels, dtype=np.int64)
        heads = np.array(self.heads, dtype=np.int64)
        trades = np.array(book.trades, dtype=np.int64).reshape(-1, 4)

        def column(number: int) -> Ints:
            values: Ints = heads[:, number].copy()
            return values

        return Market(
            security="synthetic:BTC",
            price_scale=PRICE_SCALE,
            size_scale=SIZE_SCALE,
            every_us=every_us,
            at_us=column(0),
            segment=column(1),
            bid_prices=levels[:, 0].copy(),
            bid_sizes=levels[:, 1].copy(),
            ask_prices=levels[:, 2].copy(),
            ask_sizes=levels[:, 3].copy(),
            bid_horizon=np.zeros(len(heads), dtype=np.int64),
            ask_horizon=np.zeros(len(heads), dtype=np.int64),
            up_notional=column(2),
            up_count=column(3),
            down_notional=column(4),
            down_count=column(5),
            flow_complete=column(6) != 0,
            trades=Trades(trades[:, 0], trades[:, 1], trades[:, 2], trades[:, 3] != 0),
            orders=orders_of(book.messages),
        )


def orders_of(messages: list[Message]) -> OrderEvents:
    """Read messages as `load` reads those of a file."""
    return order_events(
        (
            m.segment,
            m.at_us,
            m.kind,
            m.side == "buy",
            m.order_id,
            m.maker_id,
            m.price,
            m.size,
            m.change,
        )
        for m in messages
    )

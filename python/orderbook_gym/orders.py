"""From messages about orders (L3) to what happened to the queue at each price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from orderbook_gym.market import OrderEvents

BEFORE = int(np.iinfo(np.int64).min)
"""Joined the queue before the first message of the segment."""


@dataclass
class _Resting:
    price: int
    is_bid: bool
    size: int
    joined_us: int


class Change(NamedTuple):
    """What a ``change`` message says."""

    price: int
    """At which the order rested; 0: not told."""
    old_size: int
    new_price: int
    """0: it stays at its price."""
    new_size: int
    """-1: it keeps its size."""


Messages: TypeAlias = Iterable[tuple[int, int, str, bool, str, str, int, int, Change]]
"""Segment, time, type, whether the side is ``buy``, order id, maker's id, price, size (what remains, of ``open``
and ``done``) and change."""


class _Queues:
    """Follows the resting orders of one segment, and notes by how much each queue shrinks.

    The book with which the segment began is not in the file, and need not be: whoever knows the size at a price at
    one moment (a snapshot) knows the size ahead from then on, as orders are either from before that moment or not.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, bool, bool, int]] = []
        self._resting: dict[str, _Resting] = {}
        self._seen: set[str] = set()

    def begin(self) -> None:
        self._resting.clear()
        self._seen.clear()

    def received(self, order_id: str) -> None:
        self._seen.add(order_id)

    def open(self, at_us: int, order_id: str, is_bid: bool, price: int, size: int) -> None:
        self._seen.add(order_id)
        self._resting[order_id] = _Resting(price, is_bid, size, at_us)

    def match(self, at_us: int, maker_id: str, is_bid: bool, price: int, size: int) -> None:
        maker = self._resting.get(maker_id)
        if maker is None:
            self._shrinks(at_us, price, size, is_bid, True, BEFORE)
            return
        maker.size -= size
        self._shrinks(at_us, maker.price, size, is_bid, True, maker.joined_us)

    def done(self, at_us: int, order_id: str, is_bid: bool, price: int, remaining: int) -> None:
        order = self._resting.pop(order_id, None)
        if order is not None:
            self._shrinks(at_us, order.price, order.size, is_bid, False, order.joined_us)
        elif order_id not in self._seen and price > 0:  # A market order has no price; it never rested.
            self._shrinks(at_us, price, remaining, is_bid, False, BEFORE)
        self._seen.add(order_id)

    def change(self, at_us: int, order_id: str, is_bid: bool, change: Change) -> None:
        """Shrink an order in its place; if it grows or moves, it joins the queue anew."""
        order = self._resting.get(order_id)
        if order is None:
            if order_id in self._seen or change.price <= 0 or change.old_size <= 0:
                return
            self._seen.add(order_id)
            order = self._resting[order_id] = _Resting(change.price, is_bid, change.old_size, BEFORE)
        price = change.new_price if change.new_price > 0 else order.price
        size = change.new_size if change.new_size >= 0 else order.size
        keeps_place = price == order.price and size <= order.size
        gone = order.size - size if keeps_place else order.size
        self._shrinks(at_us, order.price, gone, is_bid, False, order.joined_us)
        if size == 0:
            del self._resting[order_id]
        elif keeps_place:
            order.size = size
        else:
            self._resting[order_id] = _Resting(price, is_bid, size, at_us)

    def _shrinks(self, at_us: int, price: int, size: int, is_bid: bool, is_match: bool, joined_us: int) -> None:
        if size > 0:
            self.rows.append((at_us, price, size, is_bid, is_match, joined_us))


def order_events(messages: Messages) -> OrderEvents:
    """Read the messages of an export of orders, in their order."""
    queues = _Queues()
    last = None
    for segment, us, kind, buys, order_id, maker_id, price, size, change in messages:
        if segment != last:
            queues.begin()
            last = segment
        if kind == "received":
            queues.received(order_id)
        elif kind == "open":
            queues.open(us, order_id, buys, price, size)
        elif kind == "match":
            # Its side is the taker's; the maker rests on the other one.
            queues.match(us, maker_id, not buys, price, size)
        elif kind == "done":
            queues.done(us, order_id, buys, price, size)
        elif kind == "change":
            queues.change(us, order_id, buys, change)
    return _events(queues.rows)


def _events(rows: list[tuple[int, int, int, bool, bool, int]]) -> OrderEvents:
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    return OrderEvents(
        at_us=table[:, 0].copy(),
        price=table[:, 1].copy(),
        size=table[:, 2].copy(),
        is_bid=table[:, 3] != 0,
        is_match=table[:, 4] != 0,
        joined_us=table[:, 5].copy(),
    )

"""A recorded market as read-only numpy arrays: one row for each snapshot of the book."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


MOST_FEE_DECIMALS = 8


class MarketError(ValueError):
    """The files or options do not describe a market in which an episode can be played."""


@dataclass(frozen=True, eq=False)
class Trades:
    """Fills, in the order of their time.

    All arrays have the shape ``(fills,)``.
    """

    at_us: Ints
    """Time on the clock of the snapshots, in microseconds since 1970."""
    price: Ints
    """Integer at the market's price scale."""
    size: Ints
    """Integer at the market's size scale."""
    is_buy: Bools
    """The taker bought."""

    def __post_init__(self) -> None:
        _freeze(self)


@dataclass(frozen=True, eq=False)
class OrderEvents:
    """What made the queues of an L3 book longer or shorter, in the order of arrival.

    All arrays have the shape ``(events,)``.
    """

    at_us: Ints
    """Time on the clock of the snapshots, in microseconds since 1970."""
    price: Ints
    """The price at which the order rests, an integer at the market's price scale."""
    size: Ints
    """By how much less of the order rests, an integer at the market's size scale; 0 if it joined the queue."""
    is_bid: Bools
    """The order rests on the bid side."""
    is_match: Bools
    """The order was matched; otherwise it was cancelled, reduced or moved."""
    joined_us: Ints
    """When the order joined its queue, on the same clock; the smallest int64: before the segment's first event."""

    def __post_init__(self) -> None:
        _freeze(self)


@dataclass(frozen=True, eq=False)
class Market:
    """Snapshots of one security's book, with what was traded between them.

    Arrays have the shape ``(rows,)``, or ``(rows, depth)`` with the best price first. Prices and sizes are
    integers: a price is ``value / 10**price_scale``. A level that is not there has price and size 0.
    """

    security: str
    price_scale: int
    size_scale: int
    every_us: int
    """From one row to the next, in microseconds."""
    at_us: Ints
    """The moment of the book, in microseconds since 1970."""
    segment: Ints
    """Number of the segment; rows of different segments have a gap between them."""
    bid_prices: Ints
    bid_sizes: Ints
    ask_prices: Ints
    ask_sizes: Ints
    bid_horizon: Ints
    """The lowest price down to which the bids are known; 0: they are known to the end."""
    ask_horizon: Ints
    """The highest price up to which the asks are known; 0: they are known to the end."""
    up_notional: Ints
    """Sum of price x size of fills whose taker bought in (at - every, at], at ``money_scale``."""
    up_count: Ints
    """Number of these fills."""
    down_notional: Ints
    """The same of fills whose taker sold."""
    down_count: Ints
    flow_complete: Bools
    """False: trades of the period may be missing, and its flows are 0."""
    trades: Trades | None = None
    orders: OrderEvents | None = None

    def __post_init__(self) -> None:
        rows = len(self.at_us)
        if rows == 0:
            raise MarketError("There is no snapshot")
        if self.every_us <= 0:
            raise MarketError(f"The time between snapshots is {self.every_us} us")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray) and len(value) != rows:
                raise MarketError(f"{field.name} has {len(value)} rows instead of {rows}")
        if np.any(np.diff(self.at_us) <= 0):
            raise MarketError("The snapshots are not in the order of their time")
        _freeze(self)

    def __deepcopy__(self, memo: object) -> Market:
        """Return the market itself: it never changes, and gymnasium copies arguments."""
        return self

    @property
    def rows(self) -> int:
        """Number of snapshots."""
        return len(self.at_us)

    @property
    def depth(self) -> int:
        """Number of levels on each side."""
        return int(self.bid_prices.shape[1])

    @property
    def money_scale(self) -> int:
        """Decimals of money: a price times a size is an integer at this scale."""
        return self.price_scale + self.size_scale

    @property
    def fee_scale(self) -> int:
        """Decimals of fees: 8, or all that money has."""
        return min(MOST_FEE_DECIMALS, self.money_scale)

    def price(self, text: str) -> int:
        """Read a decimal price as an integer at the market's scale."""
        return scaled(text, self.price_scale, "price")

    def size(self, text: str) -> int:
        """Read a decimal size as an integer at the market's scale."""
        return scaled(text, self.size_scale, "size")

    def row_of(self, at_us: Ints) -> Ints:
        """For each time the row whose period (at - every, at] holds it; -1 where none does. Shape as given."""
        row = np.searchsorted(self.at_us, at_us, side="left")
        inside = row < self.rows
        first = np.where(inside, self.at_us[np.minimum(row, self.rows - 1)] - self.every_us, 0)
        return np.where(inside & (at_us > first), row, -1).astype(np.int64)

    def runs(self, *, with_flows: bool = False) -> Ints:
        """Stretches of rows without a gap: shape ``(runs, 2)``, each ``[first, behind last)``.

        A new run begins with a new segment, where a row is missing, and at both ends of rows of which a side is
        empty or crossed. With ``with_flows`` also where the trades of a row's period may be missing: that row may
        begin a run, since only what comes after it is played.
        """
        good = (self.bid_sizes[:, 0] > 0) & (self.ask_sizes[:, 0] > 0) & (self.bid_prices[:, 0] < self.ask_prices[:, 0])
        follows = np.zeros(self.rows, dtype=np.bool_)
        follows[1:] = (np.diff(self.segment) == 0) & (np.diff(self.at_us) == self.every_us) & good[:-1]
        follows &= good
        if with_flows:
            follows &= self.flow_complete
        first = np.flatnonzero(good & ~follows)
        ends = np.append(np.flatnonzero(~follows), self.rows)
        last = ends[np.searchsorted(ends, first, side="right")]
        return np.stack([first, last], axis=1).astype(np.int64)

    def part(self, first: int, stop: int) -> Market:
        """Return the rows ``first`` to ``stop - 1`` as a market of their own."""
        changes = {
            field.name: getattr(self, field.name)[first:stop]
            for field in fields(self)
            if isinstance(getattr(self, field.name), np.ndarray)
        }
        return replace(self, **changes)


def scaled(text: str, scale: int, what: str) -> int:
    """Read decimal text as an integer with ``scale`` decimals; never rounds."""
    try:
        value = Decimal(text).scaleb(scale)
    except InvalidOperation:
        raise MarketError(f"The {what} {text} is not a number") from None
    if not value.is_finite() or value != value.to_integral_value():
        raise MarketError(f"The {what} {text} has more than {scale} decimals")
    return int(value)


def _freeze(holder: object) -> None:
    """Make the arrays read-only in here, and leave those of the caller as they are."""
    for name, value in list(vars(holder).items()):
        if isinstance(value, np.ndarray):
            own = value.view()
            own.flags.writeable = False
            object.__setattr__(holder, name, own)

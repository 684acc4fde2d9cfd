"""Accounts and fills again, by brute force: exact decimals and fractions, one order and one row at a time.

Written apart from the package, from the descriptions in its documentation: nothing here calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any

from orderbook_gym import Market
from orderbook_gym.synthetic import Message


@dataclass
class Account:
    """Decimals in units of the market, as printed by an exchange."""

    market: Market
    fee: Decimal
    cash: Decimal = Decimal(0)
    position: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)

    def fill(self, is_buy: bool, notional: Decimal, size: Decimal) -> None:
        unit = Decimal(1).scaleb(-min(8, self.market.money_scale))
        fee = (notional * self.fee).quantize(unit, rounding=ROUND_CEILING)
        self.fees += fee
        self.cash += (-notional if is_buy else notional) - fee
        self.position += size if is_buy else -size

    def equity(self, row: int) -> Fraction:
        bid, ask = (levels(self.market, row, is_bid)[0][0] for is_bid in (True, False))
        return Fraction(self.cash) + Fraction(self.position) * Fraction(bid + ask) / 2

    def integers(self) -> dict[str, int]:
        market = self.market
        return {
            "cash": int(self.cash.scaleb(market.money_scale)),
            "fees": int(self.fees.scaleb(market.money_scale)),
            "position": int(self.position.scaleb(market.size_scale)),
        }


def levels(market: Market, row: int, is_bid: bool) -> list[tuple[Decimal, Decimal]]:
    prices = market.bid_prices if is_bid else market.ask_prices
    sizes = market.bid_sizes if is_bid else market.ask_sizes
    return [
        (Decimal(int(price)).scaleb(-market.price_scale), Decimal(int(size)).scaleb(-market.size_scale))
        for price, size in zip(prices[row], sizes[row], strict=True)
        if size > 0
    ]


def take(market: Market, start: int, actions: Sequence[int], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Tell what `TakeEnv` should report after each step."""
    unit, fee = Decimal(options["unit"]), Decimal(options["fee"])
    account = Account(market, fee)
    told = []
    rejected = 0
    wanted = [(action - options["units"]) * unit for action in actions]
    for step in range(len(actions)):
        decided = step + 1 - options["latency"] if options["latency"] else step
        at_row = start + step + (1 if options["latency"] else 0)
        equity_before = account.equity(start + step)
        if decided >= 0:
            size = wanted[decided] - account.position
            book = levels(market, at_row, is_bid=size < 0)
            if sum(there for _, there in book) < abs(size):
                rejected += 1
            elif size != 0:
                left, notional = abs(size), Decimal(0)
                for price, there in book:
                    taken = min(left, there)
                    notional += taken * price
                    left -= taken
                account.fill(size > 0, notional, abs(size))
        # An order without latency trades at the row before, so its costs belong to the same step.
        reward = account.equity(start + step + 1) - equity_before
        told.append({**account.integers(), "rejected": rejected, "reward": reward})
    return told


@dataclass
class Own:
    """A quote among the recorded orders of its price."""

    price: Decimal
    left: Decimal
    ahead: list[list[Any]] = field(default_factory=list)
    """Orders before it: id (None: those of the snapshot that the messages do not name) and size."""


class QueueReplay:
    """The queue of one price on one side, as messages make it, with an own order in it.

    It keeps every order by id. What the snapshot has beyond the orders known by id stands in front, as it is older.
    """

    def __init__(self, market: Market, messages: Sequence[Message]) -> None:
        self.market = market
        self.messages = messages

    def ahead_and_fills(self, row: int, last_row: int, is_bid: bool, price: int, size: int) -> list[tuple[int, int]]:
        """Size ahead and what was filled so far, after each row from ``row + 1`` on; the order joins at ``row``."""
        market = self.market
        side = "buy" if is_bid else "sell"
        joined_us = int(market.at_us[row])
        segment = int(market.segment[row])
        # Orders by id, from the messages of the segment until then.
        mine = [m for m in self.messages if m.segment == segment]
        known: dict[str, list[int]] = {}
        for message in (m for m in mine if m.at_us <= joined_us):
            _follow(known, message, side)
        prices = (market.bid_prices if is_bid else market.ask_prices)[row].tolist()
        sizes = (market.bid_sizes if is_bid else market.ask_sizes)[row].tolist()
        shown = sizes[prices.index(price)] if price in prices else 0
        named = {oid: order for oid, order in known.items() if order[0] == price}
        nameless = shown - sum(order[1] for order in named.values())
        assert nameless >= 0
        ahead = {oid: order[1] for oid, order in named.items()}
        filled = 0
        told = []
        for at in range(row + 1, last_row + 1):
            low, high = int(market.at_us[at - 1]), int(market.at_us[at])
            for message in (m for m in mine if low < m.at_us <= high):
                if message.kind == "match" and (message.side == "sell") == is_bid:
                    beyond = message.price < price if is_bid else message.price > price
                    if beyond:
                        filled, nameless = min(size, filled + message.size), 0
                        ahead.clear()
                    elif message.price == price:
                        maker = message.maker_id
                        if maker in ahead:
                            ahead[maker] -= message.size
                        elif maker in known:
                            filled = min(size, filled + message.size)
                        else:
                            nameless -= message.size
                elif message.kind in ("done", "change") and message.side == side:
                    oid = message.order_id
                    new = message.change.new_size if message.kind == "change" else 0
                    if oid in ahead:
                        # A larger order loses its place.
                        if new > ahead[oid] or message.kind == "done":
                            del ahead[oid]
                        else:
                            ahead[oid] = new
                    elif oid not in known and message.kind == "done":
                        nameless -= message.size if message.price == price else 0
                    elif oid not in known and message.change.price == price:
                        nameless -= message.change.old_size
                        if new <= message.change.old_size:
                            ahead[oid] = new
                _follow(known, message, side)
            told.append((nameless + sum(ahead.values()), filled))
        return told


def _follow(known: dict[str, list[int]], message: Message, side: str) -> None:
    if message.kind == "match":
        if message.maker_id in known:
            known[message.maker_id][1] -= message.size
    elif message.side != side:
        return
    elif message.kind == "open":
        known[message.order_id] = [message.price, message.size]
    elif message.kind == "change":
        known[message.order_id] = [message.change.price, message.change.new_size]
    elif message.kind == "done" and message.order_id in known:
        known[message.order_id] = [0, 0]

"""Reads records of format version 2. Written from docs/format.md alone, as a check of that page.

Usage: read_records.py ENCODING FILE    prints the content as JSON, integers beyond 2^53 as text with an n.
"""

import json
import sys
import zlib

SAFE = 2**53 - 1


class Damaged(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Damaged(what)


class Reader:
    """The envelope, decisions, raw bits and numbers."""

    def __init__(self, body):
        need(len(body) > 5, "too short")
        need(zlib.crc32(body[:-4]) == int.from_bytes(body[-4:], "little"), "checksum")
        need(body[0] == 2, "version")
        at, length, shift = 1, 0, 0
        while True:
            byte = body[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        self.coded = body[at : at + length]
        need(len(self.coded) == length and at + length <= len(body) - 4, "length")
        self.coded_at = 0
        self.raw_bytes = body[at + length : -4]
        self.raw_bits = int.from_bytes(self.raw_bytes, "little")
        self.raw_at = 0
        self.contexts = {}
        self.range = 2**31 - 1
        self.distance = 0
        for _ in range(4):
            self.distance = self.distance * 256 + self.next_coded()
        need(self.distance < self.range, "distance")

    def next_coded(self):
        at = self.coded_at
        self.coded_at += 1
        need(at < len(self.coded) + 4, "truncated")
        return self.coded[at] if at < len(self.coded) else 0

    def end(self):
        need(self.coded_at >= len(self.coded), "coded bytes are left")
        need((self.raw_at + 7) // 8 == len(self.raw_bytes), "raw bytes are left")
        need(self.raw_bits >> self.raw_at == 0, "padding")

    def raw(self, n):
        need(self.raw_at + n <= 8 * len(self.raw_bytes), "truncated")
        value = (self.raw_bits >> self.raw_at) & ((1 << n) - 1)
        self.raw_at += n
        return value

    def bit(self, *context):
        p, seen = self.contexts.get(context, (16384, 0))
        share = (self.range >> 15) * p
        if self.distance < share:
            bit = 1
            self.range = share
        else:
            bit = 0
            self.distance -= share
            self.range -= share
        while self.range < 2**23:
            self.distance = self.distance * 256 + self.next_coded()
            self.range *= 256
        m = 327680 // (10 * seen + 16)
        if bit == 1:
            p += ((32768 - p) * m) >> 15
        else:
            p -= (p * m) >> 15
        self.contexts[context] = (p, min(seen + 1, 30))
        return bit

    def tree(self, name, n):
        node = 1
        for _ in range(n):
            node = 2 * node + self.bit(*name, node)
        return node - 2**n

    def digits(self, name, length, k):
        if length < 2:
            return length
        prefix = 1
        modelled = min(k, length - 1)
        for _ in range(modelled):
            prefix = 2 * prefix + self.bit(*name, prefix)
        rest = length - 1 - modelled
        return (prefix << rest) | self.raw(rest)

    def number(self, name, k):
        """None for an escape."""
        if self.bit(*name, "zero") == 1:
            return 0
        length = self.tree((*name, "length"), 5)
        if length < 31:
            return self.digits((*name, "digits", length), length, k)
        long = self.tree((*name, "long"), 5)
        if long == 31:
            return None
        need(long <= 18, "long")
        return 2 ** (30 + long) + self.raw(30 + long)

    def signed(self, name):
        n = self.number(name, 2)
        if n is None or n == 0:
            return n
        return -n if self.bit(*name, "sign") == 1 else n

    def unsigned(self):
        length = self.raw(6)
        need(length <= 53, "unsigned")
        return self.raw(length)

    def whole(self):
        negative = self.raw(1)
        value = self.unsigned()
        return -value if negative else value

    def scaled(self):
        negative = self.raw(1)
        length = self.raw(10)
        need(length <= 512, "scaled")
        value = 0
        for at in range(0, length, 24):
            value |= self.raw(min(24, length - at)) << at
        return -value if negative else value

    def near(self, name, predicted):
        step = self.signed(name)
        if step is None:
            return self.whole()
        value = int(predicted) + step
        need(abs(value) <= SAFE, "near")
        return value

    def time(self, name, unit, predicted):
        if unit == 1:
            return self.near(name, predicted)
        return 1000 * self.near(name, quotient(int(predicted)))

    def grid(self):
        code = self.raw(6)
        need(code // 3 <= 14, "grid")
        return (1, 2, 5)[code % 3] * 10 ** (code // 3)

    def scale(self):
        return {"priceExponent": self.unsigned(), "sizeExponent": self.unsigned()}

    def unit(self):
        return 1000 if self.raw(1) == 1 else 1

    def text(self):
        length = self.unsigned()
        need(length <= 4096, "text")
        return bytes(self.raw(8) for _ in range(length)).decode("utf-8")

    def index(self, name):
        length = self.tree((*name, "length"), 3)
        return self.digits((*name, "digits", length), length, 1)

    def lots(self, name, recent, case):
        """None if the size is off the grid: it follows."""
        if self.bit(name, "isRecent", case) == 1:
            return recent.use(self.index((name, "index")))
        n = self.number((name, "lots", case // 2), 4)
        if n is not None:
            recent.add(n)
        return n


def quotient(value):
    return -(-value // 1000) if value < 0 else value // 1000


def double(value):
    """Sums of predictions are those of doubles."""
    return float(value)


class Recent:
    def __init__(self):
        self.values = []

    def add(self, value):
        self.values.insert(0, value)
        del self.values[128:]

    def use(self, index):
        need(index < len(self.values), "recent")
        value = self.values.pop(index)
        self.values.insert(0, value)
        return value

    def touch(self, value):
        if value in self.values:
            self.use(self.values.index(value))
        else:
            self.add(value)


class Sizes:
    def __init__(self, reader, name, step):
        self.reader, self.name, self.step = reader, name, step
        self.recent = Recent()
        self.past = 0

    def read(self, case):
        reader = self.reader
        recent = 0
        if reader.bit(self.name, "isRecent", case) == 1:
            recent = 1
            size = self.recent.use(reader.index((self.name, "index"))) * self.step
        else:
            n = reader.number((self.name, "lots", case // 2), 4)
            if n is None:
                size = reader.scaled()
            else:
                self.recent.add(n)
                size = n * self.step
        self.past = ((self.past << 1) & 7) | recent
        return size

    def by_past(self):
        return self.read(self.past)


class Ids:
    def __init__(self, reader, name):
        self.reader, self.name = reader, name
        self.examples = []
        self.number = 0

    def read(self):
        reader, name = self.reader, self.name
        kind = reader.tree((name, "kind"), 3)
        need(kind <= 4, "kind of id")
        if kind == 4:
            return reader.text()
        if kind == 3:
            self.number = reader.near((name, "number"), self.number)
            return str(self.number)
        bare = reader.bit(name, "isBare", kind)
        if kind == 0:
            a = reader.raw(32)
            upper = reader.raw(16)
            b = (upper << 16) | 0x4000 | reader.raw(12)
            c = 0x80000000 | reader.raw(30)
            words = [a, b, c, reader.raw(32)]
        elif kind == 1:
            words = [reader.raw(32) for _ in range(4)]
            self.examples.insert(0, words)
        else:
            which = reader.tree((name, "example"), 2)
            need(which < len(self.examples), "example")
            words = []
            for i, word in enumerate(self.examples.pop(which)):
                step = reader.signed((name, "word", i))
                need(step is not None, "word")
                words.append((word + step) % 2**32)
            self.examples.insert(0, words)
        del self.examples[4:]
        digits = "".join(f"{word:08x}" for word in words)
        if bare:
            return digits
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def length_of(number):
    return number.bit_length()


def depth(rank):
    return 0 if rank == 0 else 1 if rank <= 3 else 2 if rank <= 15 else 3


class Side:
    def __init__(self, outward):
        self.outward = outward
        self.keys, self.slots = [], []
        self.sizes, self.changes = {}, {}
        self.free, self.used = [], 0
        self.anchor = 0

    def start(self):
        self.cursor, self.last_key, self.last_operation = 0, None, 4


class Levels:
    """The levels of the diffs of a block."""

    def __init__(self, reader, price_step, size_step):
        self.reader, self.price_step, self.size_step = reader, price_step, size_step
        self.recent = Recent()
        self.bids, self.asks = Side(-1), Side(1)
        self.message = 0

    def diff(self, bid_count, ask_count):
        self.message += 1
        bids, bid_sets = self.prices(self.bids, bid_count)
        asks, ask_sets = self.prices(self.asks, ask_count)
        self.set_sizes(self.bids, bids, bid_sets)
        self.set_sizes(self.asks, asks, ask_sets)
        return bids, asks

    def prices(self, side, count):
        reader = self.reader
        levels, sets = [], []
        side.start()
        if count == 0:
            return levels, sets
        is_sorted = reader.bit("isSorted")
        for _ in range(count):
            if is_sorted == 1 or reader.bit("isInOrder") == 1:
                operation, rank, key = self.in_order(side)
            else:
                kind = reader.tree(("outOfOrder",), 2)
                need(kind <= 2, "kind of change")
                if kind == 2:
                    price = reader.scaled()
                    levels += [price, reader.scaled()]
                    continue
                key = side.anchor = reader.near(("anchor",), side.anchor)
                rank = sum(1 for other in side.keys if other < key)
                known = rank < len(side.keys) and side.keys[rank] == key
                operation = (0 if kind == 1 else 1) if known else (3 if kind == 1 else 2)
            slot = self.apply(side, operation, rank, key)
            levels += [key * side.outward * self.price_step, 0]
            if slot is not None:
                sets.append((slot, rank, len(levels) - 1))
        return levels, sets

    def in_order(self, side):
        reader = self.reader
        length = 0
        while length < 23 and reader.bit("skipLength", side.last_operation, depth(side.cursor), length) == 1:
            length += 1
        rank = side.cursor + reader.digits(("skipDigits", length), length, 2)
        need(rank <= len(side.keys), "rank")
        inner = side.keys[rank - 1] if rank > 0 else None
        if side.last_key is not None and (inner is None or side.last_key > inner):
            inner = side.last_key
        outer = side.keys[rank] if rank < len(side.keys) else None
        if inner is None or outer is None:
            gap = 15
        else:
            places = outer - inner - 1
            gap = 14 if places >= 2**13 else length_of(places)
        age, updated = 0, 0
        if outer is not None:
            changed, updated = side.changes[side.slots[rank]]
            age = min(7, length_of(self.message - changed))
        if outer is None:
            is_new = 1
        elif gap == 0:
            is_new = 0
        else:
            is_new = reader.bit("isNew", gap, age, depth(rank))
        if is_new == 0:
            return (0 if reader.bit("isDelete", side.last_operation, age, updated) == 1 else 1), rank, outer
        operation = 2 if reader.bit("isInsert", side.last_operation, depth(rank)) == 1 else 3
        return operation, rank, self.new_key(side, inner, outer)

    def new_key(self, side, inner, outer):
        reader = self.reader
        if inner is None and outer is None:
            side.anchor = reader.near(("anchor",), side.anchor)
            return side.anchor
        if inner is None:
            n = reader.number(("better",), 2)
            need(n is not None, "better")
            return outer - 1 - n
        if outer is None or outer - inner - 1 >= 2**30:
            n = reader.number(("worse",), 2)
            need(n is not None, "worse")
            return inner + 1 + n
        last = outer - inner - 2
        if last == 0:
            return inner + 1
        behind = 1 if inner == side.last_key else 0
        width = length_of(last)
        is_outer = reader.bit("isOuter", behind, width)
        length = length_of(last // 2)
        while length > 0 and reader.bit("placeLength", behind, width, is_outer, length) == 0:
            length -= 1
        distance = reader.digits(("placeDigits", width, is_outer, length), length, 1)
        need(distance <= last // 2, "distance")
        return inner + 1 + (last - distance if is_outer == 1 else distance)

    def apply(self, side, operation, rank, key):
        side.last_key, side.last_operation = key, operation
        side.cursor = rank
        if operation == 3:
            return None
        if operation == 0:
            slot = side.slots.pop(rank)
            side.keys.pop(rank)
            if side.sizes[slot] is not None:
                self.recent.touch(side.sizes[slot])
            side.free.append(slot)
            return None
        side.cursor = rank + 1
        if operation == 1:
            slot = side.slots[rank]
            side.changes[slot] = (self.message, 1)
            return slot
        if side.free:
            slot = side.free.pop()
        else:
            slot = side.used
            side.used += 1
        side.keys.insert(rank, key)
        side.slots.insert(rank, slot)
        side.sizes[slot] = None
        side.changes[slot] = (self.message, 0)
        return slot

    def set_sizes(self, side, levels, sets):
        for slot, rank, place in sets:
            lots = self.size(side.sizes[slot], min(7, length_of(rank)))
            need(lots != 0, "no size")
            side.sizes[slot] = lots
            levels[place] = self.reader.scaled() if lots is None else lots * self.size_step

    def size(self, old, depth):
        reader, recent = self.reader, self.recent
        if old is None:
            return reader.lots("newSize", recent, depth)
        kind = reader.tree(("update", depth), 3)
        if kind == 0:
            return old
        if kind == 6:
            return None
        need(kind < 6, "kind of update")
        if kind <= 3:
            value = recent.use(reader.index(("updateIndex",)))
            return value if kind == 1 else old + value if kind == 2 else old - value
        n = reader.number(("updateLots", kind - 4), 2)
        need(n is not None, "update")
        recent.add(n)
        return old + n if kind == 4 else old - n


def order_counts(reader, levels):
    if reader.bit("hasOrders") == 0:
        return None
    counts = []
    for size in levels[1::2]:
        s = 0 if size == 0 else 1
        counts.append(reader.near(("orders", s), s))
    return counts


class Trades:
    def __init__(self, reader, unit, receive_unit, price_step, size_step):
        self.reader, self.unit, self.receive_unit = reader, unit, receive_unit
        self.price_step = price_step
        self.sizes = Sizes(reader, "tradeSize", size_step)
        self.ids = Ids(reader, "textId")
        self.event_time = self.time = self.receive_time = self.latency = 0
        self.id = self.sequence = self.is_buy = self.tick = 0

    def read(self):
        reader = self.reader
        event_time = reader.time(("eventTime",), self.unit, self.event_time)
        b = 1 if event_time == self.event_time else 0
        since = double(event_time) - double(self.event_time)
        time = reader.time(("tradeTime", b), self.unit, double(self.time) + since)
        expected = self.receive_time if b == 1 else double(event_time) + self.latency
        receive_time = reader.time(("tradeReceived", b), self.receive_unit, expected)
        t = 1 if time == self.time else 0
        self.latency = double(receive_time) - double(event_time)
        self.event_time, self.time, self.receive_time = event_time, time, receive_time
        if reader.bit("isText") == 1:
            trade_id = self.ids.read()
        else:
            trade_id = self.id = reader.near(("tradeId",), double(self.id) + 1)
        sequence = None
        if reader.bit("hasSequence") == 1:
            sequence = self.sequence = reader.near(("tradeSequence",), double(self.sequence) + 1)
        is_buy = reader.bit("tradeSide", self.is_buy, t)
        step = reader.signed(("tradePrice", is_buy, 1 if is_buy == self.is_buy else 0, t))
        self.is_buy = is_buy
        if step is None:
            price = reader.scaled()
        else:
            self.tick += step
            price = self.tick * self.price_step
        return {
            "type": "trade",
            "tradeId": trade_id,
            "sequence": sequence,
            "exchangeTimeUs": time,
            "eventTimeUs": event_time,
            "receiveTimeUs": receive_time,
            "price": price,
            "size": self.sizes.read(t),
            "side": "buy" if is_buy == 1 else "sell",
        }


def read_block(reader):
    content = {"scale": reader.scale()}
    if reader.raw(1) == 1:
        content["tradeScale"] = reader.scale()
    content["previousSequence"] = reader.whole()
    diffs, trades = reader.unsigned(), reader.unsigned()
    has_orders = reader.raw(1)
    steps = [reader.grid() for _ in range(4)]
    unit, receive_unit, interval = reader.unit(), reader.unit(), reader.unsigned()
    levels = Levels(reader, steps[0], steps[1])
    trade_reader = Trades(reader, unit, receive_unit, steps[2], steps[3])
    time = latency = bid_count = was_trade = 0
    sequence = content["previousSequence"]
    events = []
    for _ in range(diffs + trades):
        was_trade = reader.bit("isTrade", was_trade)
        if was_trade == 1:
            events.append(trade_reader.read())
            continue
        time = reader.time(("diffTime",), unit, double(time) + interval)
        receive_time = reader.time(("diffLatency",), receive_unit, double(time) + latency)
        latency = double(receive_time) - double(time)
        bid_count = reader.number(("bidCount", min(15, length_of(bid_count))), 2)
        need(bid_count is not None, "bids")
        ask_count = reader.number(("askCount", min(15, length_of(bid_count))), 2)
        need(ask_count is not None, "asks")
        changes = bid_count + ask_count
        first = reader.near(("firstSequence",), double(sequence) + 1)
        span = ("sequenceSpan", min(15, length_of(changes)))
        sequence = reader.near(span, double(first) + changes)
        bids, asks = levels.diff(bid_count, ask_count)
        event = {
            "type": "diff",
            "firstSequence": first,
            "lastSequence": sequence,
            "exchangeTimeUs": time,
            "receiveTimeUs": receive_time,
            "bids": bids,
            "asks": asks,
        }
        if has_orders == 1:
            for name, side in (("bidOrders", bids), ("askOrders", asks)):
                counts = order_counts(reader, side)
                if counts is not None:
                    event[name] = counts
        events.append(event)
    content["events"] = events
    return content


class OutwardPrices:
    def __init__(self, reader, step, outward, least):
        self.reader, self.step, self.outward, self.least = reader, step, outward, least
        self.key = self.a = self.b = 0

    def read(self):
        reader = self.reader
        n = reader.number(("price", (self.a + self.b) // 2), 2)
        if n is None:
            if reader.raw(1) == 1:
                return reader.scaled()
            self.key = reader.whole()
        else:
            self.key += self.least + n
            self.a, self.b = self.b, min(15, length_of(n))
        return self.key * self.outward * self.step


def read_image_header(reader):
    scale = reader.scale()
    steps = reader.grid(), reader.grid()
    counts = reader.unsigned(), reader.unsigned()
    image = {
        "sequence": reader.whole(),
        "exchangeTimeUs": reader.whole(),
        "receiveTimeUs": reader.whole(),
        "scale": scale,
    }
    bid = reader.scaled() if reader.raw(1) == 1 else None
    ask = reader.scaled() if reader.raw(1) == 1 else None
    image["horizon"] = {"bid": bid, "ask": ask}
    return image, steps, counts


def read_image(reader):
    image, steps, counts = read_image_header(reader)
    sizes = Sizes(reader, "size", steps[1])
    for name, outward, count in (("bids", -1, counts[0]), ("asks", 1, counts[1])):
        prices = OutwardPrices(reader, steps[0], outward, 1)
        image[name] = []
        for _ in range(count):
            price = prices.read()
            image[name] += [price, sizes.by_past()]
    for name, side in (("bidOrders", "bids"), ("askOrders", "asks")):
        orders = order_counts(reader, image[side])
        if orders is not None:
            image[name] = orders
    return {"level": "L2", **image}


def read_orders_image(reader):
    image, steps, counts = read_image_header(reader)
    sizes = Sizes(reader, "size", steps[1])
    ids = Ids(reader, "id")
    for name, outward, count in (("bids", -1, counts[0]), ("asks", 1, counts[1])):
        prices = OutwardPrices(reader, steps[0], outward, 0)
        image[name] = []
        for _ in range(count):
            price = prices.read()
            size = sizes.by_past()
            image[name].append({"orderId": ids.read(), "price": price, "size": size})
    return {"level": "L3", **image}


# The fields of each event type: name, kind, whether it may be null, what is expected.
NOTHING, KNOWN, FILLED, UNFILLED, NULL = object(), object(), object(), object(), object()
TYPES = ("received", "open", "match", "change", "done", "activate")
FIELDS = (
    (
        ("orderId", "order", False, NOTHING),
        ("side", "side", False, "buy"),
        ("orderType", "text", True, "limit"),
        ("price", "price", True, NOTHING),
        ("size", "size", True, NOTHING),
        ("funds", "literal", True, NULL),
        ("clientOrderId", "client", True, NULL),
    ),
    (
        ("orderId", "order", False, NOTHING),
        ("side", "side", False, KNOWN),
        ("price", "price", False, KNOWN),
        ("remainingSize", "size", False, KNOWN),
    ),
    (
        ("makerOrderId", "order", False, NOTHING),
        ("takerOrderId", "order", False, NOTHING),
        ("side", "side", False, KNOWN),
        ("price", "price", False, KNOWN),
        ("size", "size", False, FILLED),
        ("tradeId", "trade", False, NOTHING),
    ),
    (
        ("orderId", "order", False, NOTHING),
        ("side", "side", False, KNOWN),
        ("reason", "text", True, NULL),
        ("price", "price", True, KNOWN),
        ("oldPrice", "price", True, KNOWN),
        ("newPrice", "price", True, KNOWN),
        ("oldSize", "size", True, KNOWN),
        ("newSize", "size", True, KNOWN),
        ("oldFunds", "literal", True, NULL),
        ("newFunds", "literal", True, NULL),
    ),
    (
        ("orderId", "order", False, NOTHING),
        ("side", "side", False, KNOWN),
        ("reason", "text", False, "canceled"),
        ("orderType", "text", True, KNOWN),
        ("price", "price", True, KNOWN),
        ("remainingSize", "size", True, UNFILLED),
    ),
    (
        ("orderId", "order", False, NOTHING),
        ("side", "side", False, KNOWN),
        ("stopType", "text", True, NULL),
        ("stopPrice", "price", True, NOTHING),
        ("size", "size", True, KNOWN),
        ("funds", "literal", True, NULL),
    ),
)


class Orders:
    def __init__(self, reader, steps):
        self.reader, self.price_step = reader, steps[0]
        self.ids = Ids(reader, "orderId")
        self.client_ids = Ids(reader, "clientId")
        self.trade_ids = Ids(reader, "textTradeId")
        self.live = []
        self.recent_prices = (Recent(), Recent())
        self.last_tick = [0, 0]
        self.received_sizes = Sizes(reader, "receivedSize", steps[1])
        self.other_sizes = Sizes(reader, "otherSize", steps[1])
        self.texts = []
        self.trade_id = 0

    def read(self, type_, last_type, event):
        reader = self.reader
        orders = []
        as_expected = 1
        for f, (name, kind, nullable, expectation) in enumerate(FIELDS[type_]):
            if kind == "order":
                orders.append(self.order(type_, f, last_type))
                event[name] = orders[-1]["id"]
                continue
            expected = self.expected(name, expectation, orders, event)
            value = self.value(type_, f, (name, kind, nullable), expected, as_expected, event)
            if expected is NOTHING or value != expected:
                as_expected = 0
            event[name] = value
        self.learn(TYPES[type_], event, orders)
        return event

    def order(self, type_, f, last_type):
        reader = self.reader
        if reader.bit("isNew", type_, f, last_type) == 1:
            order = {"id": self.ids.read(), "side": "buy", "price": None, "size": None, "orderType": None}
            self.live.append(order)
            return order
        need(self.live, "no live order")
        if reader.bit("isNewest", type_, f, last_type) == 1:
            return self.live[-1]
        rank = reader.number(("rank", 1 if TYPES[type_] == "done" else 0), 2)
        need(rank is not None and rank < len(self.live), "rank")
        return self.live[-1 - rank]

    def expected(self, name, expectation, orders, event):
        order = orders[0]
        if expectation is KNOWN:
            if name == "side":
                return order["side"]
            if name == "orderType":
                return order["orderType"]
            return order["price"] if "rice" in name else order["size"]
        if expectation is FILLED:
            sizes = [o["size"] for o in orders if o["size"] is not None]
            return min(sizes) if sizes else NOTHING
        if expectation is UNFILLED:
            return 0 if event["reason"] == "filled" else order["size"]
        return None if expectation is NULL else expectation

    def value(self, type_, f, field, expected, as_expected, event):
        reader = self.reader
        name, kind, nullable = field
        if expected is not NOTHING and (expected is not None or nullable):
            if reader.bit("isExpected", type_, f, as_expected) == 1:
                return expected
        if kind == "side":
            return "sell" if expected == "buy" else "buy"
        if nullable and expected is not None and reader.bit("isNull", type_, f) == 1:
            return None
        if kind == "price":
            return self.price(1 if event["side"] == "buy" else 0)
        if kind == "size":
            return (self.received_sizes if TYPES[type_] == "received" else self.other_sizes).by_past()
        if kind == "text":
            n = reader.number(("text",), 2)
            need(n is not None and n <= len(self.texts), "text")
            if n > 0:
                return self.texts[n - 1]
            text = reader.text()
            if len(self.texts) < 255:
                self.texts.append(text)
            return text
        if kind == "literal":
            return reader.text()
        if kind == "client":
            return self.client_ids.read()
        if reader.bit("isText") == 1:
            return self.trade_ids.read()
        self.trade_id = reader.near(("tradeId",), double(self.trade_id) + 1)
        return self.trade_id

    def price(self, s):
        reader = self.reader
        recent = self.recent_prices[s]
        if reader.bit("isRecentPrice", s) == 1:
            tick = recent.use(reader.index(("priceIndex", s)))
        else:
            step = reader.signed(("price", s))
            if step is None:
                return reader.scaled()
            tick = self.last_tick[s] + step
            recent.add(tick)
        self.last_tick[s] = tick
        return tick * self.price_step

    def learn(self, name, event, orders):
        order = orders[0]
        order["side"] = event["side"]
        if name == "received":
            order.update(price=event["price"], size=event["size"], orderType=event["orderType"])
        elif name == "open":
            order.update(price=event["price"], size=event["remainingSize"])
        elif name == "match":
            if order["price"] is None:
                order["price"] = event["price"]
            for one in orders:
                if one["size"] is not None:
                    left = one["size"] - event["size"]
                    one["size"] = None if left < 0 else left
        elif name == "change":
            for known, names in (("price", ("newPrice", "price")), ("size", ("newSize",))):
                for one in reversed(names):
                    if event[one] is not None:
                        order[known] = event[one]
        elif name == "done":
            self.live = [one for one in self.live if one is not order]


def read_orders(reader):
    scale, previous, count = reader.scale(), reader.whole(), reader.unsigned()
    steps = reader.grid(), reader.grid()
    by_arrival, unit = reader.raw(1), reader.unit()
    orders = Orders(reader, steps)
    last_type, time, receive_time, sequence = 6, 0, 0, previous
    events = []
    for _ in range(count):
        type_ = reader.tree(("type", last_type), 3)
        need(type_ < 6, "type")
        before = time
        time = reader.near(("exchangeTime", type_, last_type), before)
        since = 0 if by_arrival == 1 else double(time) - double(before)
        expected = double(receive_time) + since
        receive_time = reader.time(("receiveTime", type_, last_type), unit, expected)
        event = {"type": TYPES[type_]}
        if TYPES[type_] != "activate":
            sequence = reader.near(("sequence",), double(sequence) + 1)
            event.update(firstSequence=sequence, lastSequence=sequence)
        event.update(exchangeTimeUs=time, receiveTimeUs=receive_time)
        events.append(orders.read(type_, last_type, event))
        last_type = type_
    return {"scale": scale, "previousSequence": previous, "events": events}


def read_mixed_orders(body):
    need(len(body) > 5 and body[0] == 2, "version")
    need(zlib.crc32(body[:-4]) == int.from_bytes(body[-4:], "little"), "checksum")
    at, end = 1, len(body) - 4

    def number():
        nonlocal at
        value, shift = 0, 0
        while True:
            need(at < end, "truncated")
            byte = body[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def record(encoding):
        nonlocal at
        length = number()
        at += length
        need(at <= end, "truncated")
        return decode(encoding, body[at - length : at])

    orders, trades = record("orders/2"), record("block/2")
    places = [number() for _ in trades["events"]]
    sequence = orders["previousSequence"]
    for event in orders["events"]:
        if event["type"] == "activate":
            continue
        event["firstSequence"] = sequence + 1
        sequence += number()
        event["lastSequence"] = sequence
    events, others = [], iter(orders["events"])
    for place, trade in zip(places, trades["events"]):
        events += [next(others) for _ in range(place)]
        events.append(trade)
    need(at == end, "something is left")
    return {**orders, "events": events + list(others)}


DECODERS = {
    "block/2": read_block,
    "image/2": read_image,
    "orders/2": read_orders,
    "orders-image/2": read_orders_image,
}


def decode(encoding, body):
    if encoding == "mixed-orders/2":
        return read_mixed_orders(body)
    reader = Reader(body)
    content = DECODERS[encoding](reader)
    reader.end()
    return content


def printable(value):
    if isinstance(value, dict):
        return {name: printable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [printable(one) for one in value]
    if isinstance(value, int) and abs(value) > SAFE:
        return f"{value}n"
    return value


def main():
    encoding, path = sys.argv[1:]
    with open(path, "rb") as file:
        print(json.dumps(printable(decode(encoding, file.read())), ensure_ascii=False))


if __name__ == "__main__":
    main()

/**
 * What changed at each price between two ticks, beside the flows: sizes that were added (`limit`), taken back
 * (`cancel`) and traded (`market`), so that size(T) − size(T − every) = limit − cancel − market. Of single
 * orders the messages say which it was. Of levels it is inferred: what was traded at a price of its side is
 * `market`, the rest of each fall is `cancel` and every rise `limit`; what trades took although the level did
 * not fall so far was added again. Pure.
 */

import type { OrderBook } from '../book/order-book.ts';
import type { LevelBook, Side } from '../book/level-book.ts';
import { addScaled, rescale, subtractScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { BookUpdate, Horizon, Levels, MarketEvent, OrderEvent } from '../market/events.ts';
import { isSameScale } from '../market/scale.ts';
import type { ClockName } from '../market/time.ts';
import { pricesOf } from '../queries/book-rows.ts';
import type { BookRows } from '../queries/book-rows.ts';
import type { LevelChange, LevelFeatures, OtherChange } from '../queries/items.ts';
import { tradeIn } from '../queries/trade-item.ts';
import { timeOf } from './range.ts';
import type { ReplayedBook } from './replay.ts';

interface Changes {
  limit: ScaledInt;
  cancel: ScaledInt;
  market: ScaledInt;
}

type Kind = keyof Changes;

const SIDES: readonly Side[] = ['bid', 'ask'];
const UNCHANGED: LevelChange = { limit: 0, cancel: 0, market: 0 };

/** One side of the book between two ticks. */
interface SideChanges {
  /** By price. */
  changes: Map<ScaledInt, Changes>;
  /** L2: all sizes as they are now, by price. */
  sizes: Map<ScaledInt, ScaledInt>;
  /** The last price of the rows of the tick before; null: there were none, undefined: all. */
  lastPrice: ScaledInt | null | undefined;
  /** Beyond this price the book was not known at the tick before; null: all of it was. */
  horizon: ScaledInt | null;
}

export class LevelChanges {
  readonly #everyUs: number;
  readonly #clock: ClockName;
  readonly #depth: number | undefined;
  /** Trades of an L2 book, by the tick that ends their period. */
  readonly #trades = new Map<
    number,
    { side: Side; price: ScaledInt; size: ScaledInt; scale: Scale }[]
  >();
  #sides: Record<Side, SideChanges>;
  #scale: Scale = { priceExponent: 0, sizeExponent: 0 };

  constructor(everyUs: number, clock: ClockName, depth: number | undefined) {
    this.#everyUs = everyUs;
    this.#clock = clock;
    this.#depth = depth;
    this.#sides = { bid: emptySide(), ask: emptySide() };
  }

  /** A book that does not continue the one before, or is known further out. */
  begin(replayed: ReplayedBook, isContinued: boolean): void {
    const { book } = replayed;
    this.#refine(book.scale);
    for (const side of SIDES) {
      const own = isContinued ? this.#sides[side] : emptySide();
      own.sizes = book.level === 'L2' ? sizesOf(book, side) : new Map();
      this.#sides[side] = own;
    }
    this.#scale = book.scale;
  }

  /** Trades may come before the book that they belong to. */
  addTrades(events: readonly MarketEvent[], scale: Scale): void {
    for (const event of events) {
      if (event.type !== 'trade') continue;
      const trade = tradeIn(event, scale);
      if (trade === undefined) continue;
      const tickUs = Math.ceil(timeOf(trade, this.#clock) / this.#everyUs) * this.#everyUs;
      const { price, size } = trade;
      const list = this.#trades.get(tickUs) ?? [];
      // A taker who buys takes from the asks.
      list.push({ side: trade.side === 'buy' ? 'ask' : 'bid', price, size, scale });
      this.#trades.set(tickUs, list);
    }
  }

  /** Applies updates to the book, and counts what they change. */
  apply(replayed: ReplayedBook, updates: readonly BookUpdate[]): void {
    this.#refine(replayed.scale);
    for (const update of updates) {
      if (update.lastSequence <= replayed.sequence) continue;
      const { book } = replayed;
      if (update.type === 'diff') {
        this.#levels('bid', update.bids);
        this.#levels('ask', update.asks);
        replayed.apply(update);
      } else if (book.level === 'L3') {
        this.#order(book, update, () => replayed.apply(update));
      }
    }
  }

  /** Of the period that ends at a tick, beside the rows that are shown for it; the next one begins. */
  take(replayed: ReplayedBook, rows: BookRows, tickUs: number): LevelFeatures {
    this.#refine(replayed.scale);
    const { level, windowed } = replayed.header;
    const isExact = level === 'L3' && windowed !== true;
    const traded = this.#takeTrades(tickUs);
    if (!isExact) for (const { side, price, size } of traded) this.#infer(side, price, size);
    const { horizon } = replayed;
    const bid = this.#side('bid', replayed, rows, horizon);
    const ask = this.#side('ask', replayed, rows, horizon);
    return {
      kind: isExact ? 'exact' : 'inferred',
      bids: bid.shown,
      asks: ask.shown,
      others: { bids: bid.others, asks: ask.others },
    };
  }

  forgetBefore(endUs: number): void {
    for (const us of this.#trades.keys()) if (us < endUs) this.#trades.delete(us);
  }

  #takeTrades(tickUs: number): { side: Side; price: ScaledInt; size: ScaledInt }[] {
    const { priceExponent, sizeExponent } = this.#scale;
    const trades = this.#trades.get(tickUs) ?? [];
    this.forgetBefore(tickUs + 1);
    return trades.flatMap(({ side, price, size, scale }) =>
      // A trade at a finer scale than the book so far is at no price of it.
      scale.priceExponent > priceExponent || scale.sizeExponent > sizeExponent
        ? []
        : {
            side,
            price: rescale(price, scale.priceExponent, priceExponent),
            size: rescale(size, scale.sizeExponent, sizeExponent),
          },
    );
  }

  /** What was traded explains a fall, and where there was none, that it was made up for. */
  #infer(side: Side, price: ScaledInt, size: ScaledInt): void {
    const changes = this.#at(side, price);
    changes.market = addScaled(changes.market, size);
    const rest = subtractScaled(changes.cancel, size);
    if (rest >= 0) changes.cancel = rest;
    else {
      changes.cancel = 0;
      changes.limit = subtractScaled(changes.limit, rest);
    }
  }

  #levels(side: Side, levels: Levels): void {
    const { sizes } = this.#sides[side];
    for (let i = 0; i + 1 < levels.length; i += 2) {
      const [price, size] = [levels[i] as ScaledInt, levels[i + 1] as ScaledInt];
      this.#moved(side, price, subtractScaled(size, sizes.get(price) ?? 0), 'cancel');
      if (size === 0) sizes.delete(price);
      else sizes.set(price, size);
    }
  }

  #order(book: OrderBook, event: OrderEvent, apply: () => void): void {
    const id = event.type === 'match' ? event.makerOrderId : event.orderId;
    const before = book.find(id);
    apply();
    const after = book.find(id);
    const side = sideOf(after ?? before);
    if (side === undefined) return;
    const fall = event.type === 'match' ? 'market' : 'cancel';
    if (before && before.price === after?.price) {
      this.#moved(side, before.price, subtractScaled(after.size, before.size), fall);
      return;
    }
    if (before) this.#moved(side, before.price, subtractScaled(0, before.size), fall);
    if (after) this.#moved(side, after.price, after.size, fall);
  }

  #moved(side: Side, price: ScaledInt, by: ScaledInt, fall: Kind): void {
    if (by === 0) return;
    const changes = this.#at(side, price);
    if (by > 0) changes.limit = addScaled(changes.limit, by);
    else changes[fall] = subtractScaled(changes[fall], by);
  }

  #at(side: Side, price: ScaledInt): Changes {
    const { changes } = this.#sides[side];
    let found = changes.get(price);
    if (found === undefined) changes.set(price, (found = { limit: 0, cancel: 0, market: 0 }));
    return found;
  }

  #side(
    side: Side,
    { book }: ReplayedBook,
    rows: BookRows,
    horizon: Horizon,
  ): { readonly shown: readonly (LevelChange | null)[]; readonly others: readonly OtherChange[] } {
    const own = this.#sides[side];
    const prices = pricesOf(rows, side === 'bid' ? 'bids' : 'asks');
    const isBeyond = (price: ScaledInt, limit: ScaledInt | null): boolean =>
      limit !== null && (side === 'bid' ? price < limit : price > limit);
    const shown = prices.map((price) =>
      isBeyond(price, own.horizon) ? null : (own.changes.get(price) ?? UNCHANGED),
    );
    const lastPrice = this.#depth === undefined ? undefined : (prices.at(-1) ?? null);
    const reach = further(side, lastPrice, own.lastPrice);
    for (const price of prices) own.changes.delete(price);
    const others = [...own.changes]
      .filter(([price]) => reach === undefined || (reach !== null && !isBeyond(price, reach)))
      .filter(([price]) => !isBeyond(price, own.horizon) && !isBeyond(price, horizon[side]))
      .sort(([a], [b]) => ((side === 'bid' ? a > b : a < b) ? -1 : 1))
      .map(([price, change]) => ({ price, size: sizeAt(book, own, side, price), ...change }));
    own.changes = new Map();
    own.lastPrice = lastPrice;
    own.horizon = horizon[side];
    return { shown, others };
  }

  /** Brings everything to the scale of the book, which only becomes finer. */
  #refine(scale: Scale): void {
    const from = this.#scale;
    if (isSameScale(from, scale)) return;
    this.#scale = scale;
    const price = (value: ScaledInt): ScaledInt =>
      rescale(value, from.priceExponent, scale.priceExponent);
    const size = (value: ScaledInt): ScaledInt =>
      rescale(value, from.sizeExponent, scale.sizeExponent);
    if (scale.priceExponent < from.priceExponent || scale.sizeExponent < from.sizeExponent) return;
    for (const side of SIDES) {
      const { changes, sizes, lastPrice, horizon } = this.#sides[side];
      this.#sides[side] = {
        changes: new Map(
          [...changes].map(([at, { limit, cancel, market }]) => [
            price(at),
            { limit: size(limit), cancel: size(cancel), market: size(market) },
          ]),
        ),
        sizes: new Map([...sizes].map(([at, value]) => [price(at), size(value)])),
        lastPrice: lastPrice == null ? lastPrice : price(lastPrice),
        horizon: horizon === null ? null : price(horizon),
      };
    }
  }
}

function emptySide(): SideChanges {
  return { changes: new Map(), sizes: new Map(), lastPrice: null, horizon: null };
}

function sizesOf(book: LevelBook, side: Side): Map<ScaledInt, ScaledInt> {
  const levels = book.levels(side);
  const sizes = new Map<ScaledInt, ScaledInt>();
  for (let i = 0; i + 1 < levels.length; i += 2) {
    sizes.set(levels[i] as ScaledInt, levels[i + 1] as ScaledInt);
  }
  return sizes;
}

function sizeAt(
  book: ReplayedBook['book'],
  { sizes }: SideChanges,
  side: Side,
  price: ScaledInt,
): ScaledInt {
  return book.level === 'L2' ? (sizes.get(price) ?? 0) : (book.total(side, price)?.size ?? 0);
}

function sideOf(order: ReturnType<OrderBook['find']>): Side | undefined {
  if (order === undefined) return undefined;
  return order.side === 'buy' ? 'bid' : 'ask';
}

/** Of two last prices the one that is further out; null: none, undefined: all prices. */
function further<Price extends ScaledInt | null | undefined>(
  side: Side,
  a: Price,
  b: Price,
): Price {
  if (a === undefined || b === null) return a;
  if (b === undefined || a === null) return b;
  return (side === 'bid') === a < b ? a : b;
}

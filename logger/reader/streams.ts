/**
 * Trades, quotes, diffs and orders as lazy streams: prices and sizes as exact decimal text, times as integer
 * µs, so that neither is ever rounded on its way into whatever tool reads them. Holes come as items
 * between the others. One decoded block is in memory at a time; who reads slowly makes the archive
 * be read slowly.
 *
 * A range is `fromUs <= t < toUs`, so that ranges laid end to end repeat nothing. On the exchange
 * clock, whose stamps may step back a little where connections change, diffs and quotes run from the
 * first diff stamped in the range to the one before the first stamped behind it, none left out in
 * between: a book can be rebuilt from them. Trades are taken each by its own stamp.
 */

import type { Book } from '../book/book.ts';
import type { Side } from '../book/level-book.ts';
import type { OrderBook } from '../book/order-book.ts';
import { InvalidArgumentError } from '../errors.ts';
import type { Gap, Proof } from '../market/coverage.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { formatScaled } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookUpdate, Diff, Horizon, MarketEvent, OrderSide, Trade } from '../market/events.ts';
import type {
  DiffItem,
  GapItem,
  ImageItem,
  LevelRow,
  OrderItem,
  QuoteItem,
  TradeItem,
} from '../queries/results.ts';
import type { ReaderContext } from './context.ts';
import { formatHorizon, formatLevels, formatOrderEvent, formatTotals } from '../queries/format.ts';
import { gapItem, historyOf, rangeOf, timeOf } from './range.ts';
import type { Range } from './range.ts';
import type { RangeQuery } from '../queries/queries.ts';
import { refine, step } from './replay.ts';

/**
 * Single trades in the order in which they came. Where the exchange numbers them, their ids tell what
 * is missing: a hole in the book that cost no trade is none here. Elsewhere nobody knows, and every
 * hole of the book is one.
 */
export async function* trades(
  context: ReaderContext,
  question: RangeQuery,
): AsyncGenerator<TradeItem | GapItem> {
  const range = rangeOf(question);
  const exchange = question.security.split(':', 1)[0] ?? '';
  const isSequenced = context.hasConsecutiveTradeIds?.(exchange) ?? false;
  let previous: TradeItem | undefined;
  /** Holes of the book since the last trade; the next trade's id tells what they cost. */
  let holes: Gap[] = [];
  for await (const item of historyOf(context, question.security, range)) {
    if (item.type === 'gap') holes.push(item.gap);
    if (item.type !== 'events') continue;
    for (const event of item.events) {
      const trade = tradeIn(event, item.scale);
      if (trade === undefined) continue;
      const us = timeOf(trade, range.clock);
      if (us >= range.fromUs && us < range.toUs) {
        if (previous === undefined || !isSequenced)
          yield* holes.map((gap) => gapItem(gap, 'sequence'));
        else yield* lostTrades(previous, trade, holes);
        yield trade;
      }
      holes = [];
      previous = trade;
    }
  }
  yield* holes.map((gap) => gapItem(gap, 'sequence'));
}

/** The trades that are missing between two with consecutive ids. */
function* lostTrades(
  before: TradeItem,
  after: TradeItem,
  holes: readonly Gap[],
): Generator<GapItem> {
  const [last, next] = [before.tradeId, after.tradeId];
  if (typeof last !== 'number' || typeof next !== 'number' || next <= last + 1) return;
  yield {
    type: 'gap',
    fromUs: before.receiveTimeUs,
    toUs: Math.max(before.receiveTimeUs, after.receiveTimeUs),
    cause: holes[0]?.cause ?? 'other',
    firstMissing: last + 1,
    lastMissing: next - 1,
    missing: 'tradeId',
  };
}

function tradeIn(event: MarketEvent, scale: Scale): TradeItem | undefined {
  if (event.type === 'trade') return tradeItem(event, scale);
  if (event.type !== 'match') return undefined;
  const { tradeId, exchangeTimeUs, receiveTimeUs, price, size, lastSequence } = event;
  const times = { exchangeTimeUs, eventTimeUs: exchangeTimeUs, receiveTimeUs };
  // The message names the maker's side; the taker's is the other one.
  const side = event.side === 'buy' ? 'sell' : 'buy';
  const trade = { tradeId, sequence: lastSequence, ...times, price, size, side } as const;
  return tradeItem({ type: 'trade', ...trade }, scale);
}

/** Every message about an order in the order in which they came, with the holes between. */
export async function* orders(
  context: ReaderContext,
  question: RangeQuery,
): AsyncGenerator<OrderItem | GapItem> {
  const range = rangeOf(question);
  await assertAnyOrders(context, question.security, range);
  /** Since when the stretch goes on that was recorded by price; undefined: it holds orders. */
  let byPriceUs: number | undefined;
  for await (const item of historyOf(context, question.security, range)) {
    if (item.type === 'begin') {
      byPriceUs = item.header.level === 'L3' ? undefined : item.receiveTimeUs;
    }
    if (item.type === 'end') yield* withoutOrders(byPriceUs, item.toUs, range);
    if (item.type === 'end') byPriceUs = undefined;
    if (item.type === 'gap') yield gapItem(item.gap, 'sequence');
    if (item.type !== 'events') continue;
    for (const event of item.events) {
      if (event.type === 'diff' || event.type === 'trade') continue;
      const us = timeOf(event, range.clock);
      if (us < range.fromUs || us >= range.toUs) continue;
      yield { type: 'order', event: formatOrderEvent(event, item.scale) };
    }
  }
  yield* withoutOrders(byPriceUs, range.toUs, range);
}

/** To who asks for orders, what was recorded by price (before there was a key) is a hole. */
function* withoutOrders(
  begunUs: number | undefined,
  endUs: number,
  { fromUs, toUs }: Range,
): Generator<GapItem> {
  if (begunUs === undefined || begunUs >= toUs || endUs <= fromUs) return;
  const gap: Gap = {
    fromUs: Math.max(begunUs, fromUs),
    toUs: Number.isFinite(endUs) ? Math.min(endUs, toUs) : null,
    cause: 'other',
    firstMissing: null,
    lastMissing: null,
  };
  yield gapItem(gap, 'sequence');
}

/** @throws InvalidArgumentError where all of the range was recorded by price: no orders are meant. */
async function assertAnyOrders(
  { archive }: ReaderContext,
  security: string,
  range: Range,
): Promise<void> {
  const before = Number.isFinite(range.fromUs)
    ? await archive.imageAt(security, { clock: range.clock, us: range.fromUs })
    : null;
  let feed: string | undefined;
  let segment = await archive.segmentStart(security, (before?.header.epoch ?? 1) - 1);
  while (segment !== null && (segment.damaged || segment.header.fromUs < range.toUs)) {
    if (segment.damaged || segment.header.level === 'L3') return;
    ({ feed } = segment.header);
    segment = await archive.segmentStart(security, segment.header.epoch);
  }
  if (feed === undefined) return;
  throw new InvalidArgumentError(
    `type: ${security} was recorded by price (${feed}) in that time, so there are no orders; use incremental, quotes or trades`,
  );
}

function tradeItem(trade: Trade, scale: Scale): TradeItem {
  return {
    type: 'trade',
    tradeId: trade.tradeId,
    sequence: trade.sequence,
    exchangeTimeUs: trade.exchangeTimeUs,
    receiveTimeUs: trade.receiveTimeUs,
    price: formatScaled(trade.price, scale.priceExponent),
    size: formatScaled(trade.size, scale.sizeExponent),
    side: trade.side,
  };
}

/** A book with what stood last in it, as it moves along the history. */
interface MovingBook {
  book: Book;
  horizon: Horizon;
  readonly proof: Proof;
  readonly declaredUs: number;
  sequence: number;
  exchangeTimeUs: number;
  receiveTimeUs: number;
}

type Movement =
  /** An interval, or the range within one, begins with the book as it stands. */
  | { readonly type: 'begin'; readonly at: MovingBook }
  /** Applied already; `touched`: the prices of an L3 book that it is about. */
  | {
      readonly type: 'step';
      readonly step: BookUpdate;
      readonly touched: readonly TouchedLevel[];
      readonly at: MovingBook;
    }
  | { readonly type: 'gap'; readonly gap: Gap };

interface TouchedLevel {
  readonly side: Side;
  readonly price: ScaledInt;
}

/** The book along a range: where it begins, every step in the range, every hole. */
async function* movements(context: ReaderContext, question: RangeQuery): AsyncGenerator<Movement> {
  const range = rangeOf(question);
  let at: MovingBook | undefined;
  let hasBegun = false;
  for await (const item of historyOf(context, question.security, range)) {
    switch (item.type) {
      case 'begin':
        if (timeOf(item, range.clock) >= range.toUs) return;
        if (item.receiveTimeUs > item.declaredUs) break;
        at = { ...item, proof: item.header.proof, sequence: item.header.lastSequence };
        hasBegun = timeOf(at, range.clock) >= range.fromUs;
        if (hasBegun) yield { type: 'begin', at };
        break;
      case 'events':
        if (at === undefined) break;
        Object.assign(at, refine(at.book, at.horizon, item.scale));
        for (const event of item.events) {
          if (!isBookUpdate(event) || event.receiveTimeUs > at.declaredUs) continue;
          const us = timeOf(event, range.clock);
          if (!hasBegun && us >= range.fromUs) {
            hasBegun = true;
            yield { type: 'begin', at };
          }
          if (us >= range.toUs) return;
          const touched = move(at, event);
          if (hasBegun) yield { type: 'step', step: event, touched, at };
        }
        break;
      case 'end':
        // Nothing came in the range, but the book stood there.
        if (at !== undefined && !hasBegun && item.toUs >= range.fromUs) {
          yield { type: 'begin', at };
        }
        at = undefined;
        break;
      case 'gap':
        yield item;
        break;
    }
  }
}

function move(at: MovingBook, event: BookUpdate): readonly TouchedLevel[] {
  const touched = at.book.level === 'L3' ? touchedBy(at.book, event) : [];
  step(at.book, event);
  at.sequence = event.lastSequence;
  at.exchangeTimeUs = event.exchangeTimeUs;
  at.receiveTimeUs = event.receiveTimeUs;
  return touched;
}

/** The prices at which an event changes what rests, to be asked before it does. */
function touchedBy(book: OrderBook, event: BookUpdate): readonly TouchedLevel[] {
  if (event.type === 'diff' || event.type === 'received') return [];
  const sideOf = (side: OrderSide): Side => (side === 'buy' ? 'bid' : 'ask');
  if (event.type === 'open') return [{ side: sideOf(event.side), price: event.price }];
  const order = book.find(event.type === 'match' ? event.makerOrderId : event.orderId);
  if (order === undefined) return [];
  const from = { side: sideOf(order.side), price: order.price };
  const to = event.type === 'change' ? event.newPrice : null;
  return to === null || to === order.price ? [from] : [from, { ...from, price: to }];
}

/**
 * Images and diffs: with them, the book at every moment of the range can be rebuilt. An L3 book is
 * told by price: for each message that changes what rests, the absolute sizes that it leaves.
 */
export async function* diffs(
  context: ReaderContext,
  question: RangeQuery,
): AsyncGenerator<ImageItem | DiffItem | GapItem> {
  for await (const movement of movements(context, question)) {
    if (movement.type === 'gap') yield gapItem(movement.gap, 'sequence');
    else if (movement.type === 'begin') yield imageItem(movement.at);
    else if (movement.step.type === 'diff') yield diffItem(movement.step, movement.at);
    else if (movement.touched.length > 0) yield levelsItem(movement.touched, movement.at);
  }
}

function sequenceOf(sequence: number, { proof }: MovingBook): number | null {
  return proof === 'sequence' ? sequence : null;
}

function imageItem(at: MovingBook): ImageItem {
  const { book } = at;
  const { scale } = book;
  const levels = (side: Side): readonly LevelRow[] =>
    book.level === 'L2'
      ? formatLevels(book.levels(side), scale)
      : withoutCount(formatTotals(book.totals(side), scale));
  return {
    type: 'image',
    sequence: sequenceOf(at.sequence, at),
    exchangeTimeUs: at.exchangeTimeUs,
    receiveTimeUs: at.receiveTimeUs,
    horizon: formatHorizon(at.horizon, scale),
    bids: levels('bid'),
    asks: levels('ask'),
  };
}

function withoutCount(rows: readonly LevelRow[]): readonly LevelRow[] {
  return rows.map(([price, size]) => [price, size]);
}

function diffItem(diff: Diff, at: MovingBook): DiffItem {
  const { scale } = at.book;
  return {
    type: 'diff',
    firstSequence: sequenceOf(diff.firstSequence, at),
    sequence: sequenceOf(diff.lastSequence, at),
    exchangeTimeUs: diff.exchangeTimeUs,
    receiveTimeUs: diff.receiveTimeUs,
    bids: formatLevels(diff.bids, scale),
    asks: formatLevels(diff.asks, scale),
  };
}

function levelsItem(touched: readonly TouchedLevel[], at: MovingBook): DiffItem {
  const { book } = at;
  const rows = (side: Side): LevelRow[] => {
    const prices = touched.filter((level) => level.side === side).map(({ price }) => price);
    const flat = prices.flatMap((price) => [
      price,
      book.level === 'L3' ? (book.total(side, price)?.size ?? 0) : 0,
    ]);
    return formatLevels(flat, book.scale);
  };
  const sequence = sequenceOf(at.sequence, at);
  return {
    type: 'diff',
    firstSequence: sequence,
    sequence,
    exchangeTimeUs: at.exchangeTimeUs,
    receiveTimeUs: at.receiveTimeUs,
    bids: rows('bid'),
    asks: rows('ask'),
  };
}

/** The top of the book at the start of each interval, and whenever a message leaves another one. */
export async function* quotes(
  context: ReaderContext,
  question: RangeQuery,
): AsyncGenerator<QuoteItem | GapItem> {
  let last: QuoteItem | undefined;
  for await (const movement of movements(context, question)) {
    if (movement.type === 'gap') {
      last = undefined;
      yield gapItem(movement.gap, 'sequence');
      continue;
    }
    const quote = quoteItem(movement.at);
    if (movement.type === 'step' && last !== undefined && isSameTop(last, quote)) continue;
    last = quote;
    yield quote;
  }
}

function isSameTop(a: QuoteItem, b: QuoteItem): boolean {
  return (
    a.bidPrice === b.bidPrice &&
    a.bidSize === b.bidSize &&
    a.askPrice === b.askPrice &&
    a.askSize === b.askSize
  );
}

function quoteItem(at: MovingBook): QuoteItem {
  const { priceExponent, sizeExponent } = at.book.scale;
  const bid = at.book.best('bid');
  const ask = at.book.best('ask');
  return {
    type: 'quote',
    sequence: sequenceOf(at.sequence, at),
    exchangeTimeUs: at.exchangeTimeUs,
    receiveTimeUs: at.receiveTimeUs,
    bidPrice: bid ? formatScaled(bid[0], priceExponent) : null,
    bidSize: bid ? formatScaled(bid[1], sizeExponent) : null,
    askPrice: ask ? formatScaled(ask[0], priceExponent) : null,
    askSize: ask ? formatScaled(ask[1], sizeExponent) : null,
  };
}

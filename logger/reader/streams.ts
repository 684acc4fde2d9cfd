/**
 * Trades, quotes and diffs as lazy streams: prices and sizes as exact decimal text, times as integer
 * µs, so that neither is ever rounded on its way into whatever tool reads them. Holes come as items
 * between the others. One decoded block is in memory at a time; who reads slowly makes the archive
 * be read slowly.
 *
 * A range is `fromUs <= t < toUs`, so that ranges laid end to end repeat nothing. On the exchange
 * clock, whose stamps may step back a little where connections change, diffs and quotes run from the
 * first diff stamped in the range to the one before the first stamped behind it, none left out in
 * between: a book can be rebuilt from them. Trades are taken each by its own stamp.
 */

import type { BlockRef } from '../archive/archive.ts';
import type { TreeLevelBook } from '../book/tree-level-book.ts';
import type { Gap } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import { formatScaled } from '../market/decimal.ts';
import type { Diff, Horizon, Trade } from '../market/events.ts';
import type { ClockName } from '../market/time.ts';
import type { ReaderContext } from './context.ts';
import { formatHorizon, formatLevels } from './format.ts';
import { history } from './history.ts';
import type { HistoryItem } from './history.ts';
import type {
  DiffItem,
  GapItem,
  ImageItem,
  QuoteItem,
  RangeQuestion,
  TradeItem,
} from './reader.ts';
import { refine } from './replay.ts';

/** How far exchange stamps may be out of the order in which messages came. */
const EXCHANGE_DISORDER_US = 10_000_000;
/** Exchanges that number the trades of a security 1, 2, 3 …, so that a jump is a loss. */
const NUMBERS_TRADES = new Set(['binance', 'coinbase', 'sandbox']);

interface Range {
  readonly fromUs: number;
  readonly toUs: number;
  readonly clock: ClockName;
}

function rangeOf(question: RangeQuestion): Range {
  return {
    fromUs: question.fromUs ?? Number.NEGATIVE_INFINITY,
    toUs: question.toUs ?? Number.POSITIVE_INFINITY,
    clock: question.clock ?? 'receive',
  };
}

function timeOf(
  stand: { readonly exchangeTimeUs: number; readonly receiveTimeUs: number },
  clock: ClockName,
): number {
  return clock === 'receive' ? stand.receiveTimeUs : stand.exchangeTimeUs;
}

/** The history from an image at or before the range's beginning; it ends behind the range. */
async function* historyOf(
  context: ReaderContext,
  security: string,
  range: Range,
): AsyncGenerator<HistoryItem> {
  const slackUs = range.clock === 'exchange' ? EXCHANGE_DISORDER_US : 0;
  let from: BlockRef | null = null;
  if (Number.isFinite(range.fromUs)) {
    const us = range.fromUs - slackUs;
    from = await context.archive.imageAt(security, { clock: range.clock, us });
  }
  const lastUs = range.toUs + slackUs;
  for await (const item of history(context, security, from)) {
    if (item.type === 'events' && beginsAfter(item.header, lastUs, range.clock)) return;
    if (item.type !== 'gap' || touches(item.gap, range)) yield item;
  }
}

function beginsAfter(
  header: { readonly diffs: number; readonly fromUs: number; readonly exchangeFromUs: number },
  us: number,
  clock: ClockName,
): boolean {
  if (clock === 'receive') return header.fromUs >= us;
  return header.diffs > 0 && header.exchangeFromUs >= us;
}

/** Gaps lie on the receive clock; next to that, what the two clocks differ by is nothing. */
function touches(gap: Gap, range: Range): boolean {
  return gap.fromUs < range.toUs && (gap.toUs ?? Number.POSITIVE_INFINITY) > range.fromUs;
}

function gapItem(gap: Gap, missing: 'sequence' | 'tradeId'): GapItem {
  return { type: 'gap', ...gap, missing };
}

/** Single trades in the order in which they came. A jump of their ids is a gap item of its own. */
export async function* trades(
  context: ReaderContext,
  question: RangeQuestion,
): AsyncGenerator<TradeItem | GapItem> {
  const range = rangeOf(question);
  const exchange = question.security.split(':', 1)[0] ?? '';
  const isNumbered = NUMBERS_TRADES.has(exchange);
  let previous: Trade | undefined;
  for await (const item of historyOf(context, question.security, range)) {
    if (item.type === 'gap') {
      previous = undefined;
      yield gapItem(item.gap, 'sequence');
    }
    if (item.type !== 'events') continue;
    for (const event of item.events) {
      if (event.type !== 'trade') continue;
      const us = timeOf(event, range.clock);
      if (us >= range.fromUs && us < range.toUs) {
        if (isNumbered && previous !== undefined && event.tradeId > previous.tradeId + 1) {
          yield lostTrades(previous, event);
        }
        yield tradeItem(event, item.scale);
      }
      previous = event;
    }
  }
}

function lostTrades(before: Trade, after: Trade): GapItem {
  return {
    type: 'gap',
    fromUs: before.receiveTimeUs,
    toUs: Math.max(before.receiveTimeUs, after.receiveTimeUs),
    cause: 'other',
    firstMissing: before.tradeId + 1,
    lastMissing: after.tradeId - 1,
    missing: 'tradeId',
  };
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
  book: TreeLevelBook;
  horizon: Horizon;
  sequence: number;
  exchangeTimeUs: number;
  receiveTimeUs: number;
}

type BookStep =
  /** An interval, or the range within one, begins with the book as it stands. */
  | { readonly type: 'begin'; readonly at: MovingBook }
  /** Applied already. */
  | { readonly type: 'diff'; readonly diff: Diff; readonly at: MovingBook }
  | { readonly type: 'gap'; readonly gap: Gap };

/** The book along a range: where it begins, every diff in the range, every hole. */
async function* bookSteps(
  context: ReaderContext,
  question: RangeQuestion,
): AsyncGenerator<BookStep> {
  const range = rangeOf(question);
  let at: MovingBook | undefined;
  let hasBegun = false;
  for await (const item of historyOf(context, question.security, range)) {
    switch (item.type) {
      case 'begin':
        if (timeOf(item, range.clock) >= range.toUs) return;
        at = { ...item, sequence: item.header.lastSequence };
        hasBegun = timeOf(at, range.clock) >= range.fromUs;
        if (hasBegun) yield { type: 'begin', at };
        break;
      case 'events':
        if (at === undefined) break;
        Object.assign(at, refine(at.book, at.horizon, item.scale));
        for (const event of item.events) {
          if (event.type !== 'diff') continue;
          const us = timeOf(event, range.clock);
          if (!hasBegun && us >= range.fromUs) {
            hasBegun = true;
            yield { type: 'begin', at };
          }
          if (us >= range.toUs) return;
          move(at, event);
          if (hasBegun) yield { type: 'diff', diff: event, at };
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

function move(at: MovingBook, diff: Diff): void {
  at.book.apply(diff.bids, diff.asks);
  at.sequence = diff.lastSequence;
  at.exchangeTimeUs = diff.exchangeTimeUs;
  at.receiveTimeUs = diff.receiveTimeUs;
}

/** Images and diffs: with them, the book at every moment of the range can be rebuilt. */
export async function* diffs(
  context: ReaderContext,
  question: RangeQuestion,
): AsyncGenerator<ImageItem | DiffItem | GapItem> {
  for await (const step of bookSteps(context, question)) {
    if (step.type === 'gap') yield gapItem(step.gap, 'sequence');
    else if (step.type === 'begin') yield imageItem(step.at);
    else yield diffItem(step.diff, step.at.book.scale);
  }
}

function imageItem(at: MovingBook): ImageItem {
  const { scale } = at.book;
  return {
    type: 'image',
    sequence: at.sequence,
    exchangeTimeUs: at.exchangeTimeUs,
    receiveTimeUs: at.receiveTimeUs,
    horizon: formatHorizon(at.horizon, scale),
    bids: formatLevels(at.book.levels('bid'), scale),
    asks: formatLevels(at.book.levels('ask'), scale),
  };
}

function diffItem(diff: Diff, scale: Scale): DiffItem {
  return {
    type: 'diff',
    firstSequence: diff.firstSequence,
    sequence: diff.lastSequence,
    exchangeTimeUs: diff.exchangeTimeUs,
    receiveTimeUs: diff.receiveTimeUs,
    bids: formatLevels(diff.bids, scale),
    asks: formatLevels(diff.asks, scale),
  };
}

/** The top of the book at the start of each interval, and whenever a diff leaves another one. */
export async function* quotes(
  context: ReaderContext,
  question: RangeQuestion,
): AsyncGenerator<QuoteItem | GapItem> {
  let last: QuoteItem | undefined;
  for await (const step of bookSteps(context, question)) {
    if (step.type === 'gap') {
      last = undefined;
      yield gapItem(step.gap, 'sequence');
      continue;
    }
    const quote = quoteItem(step.at);
    if (step.type === 'diff' && last !== undefined && isSameTop(last, quote)) continue;
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
    sequence: at.sequence,
    exchangeTimeUs: at.exchangeTimeUs,
    receiveTimeUs: at.receiveTimeUs,
    bidPrice: bid ? formatScaled(bid[0], priceExponent) : null,
    bidSize: bid ? formatScaled(bid[1], sizeExponent) : null,
    askPrice: ask ? formatScaled(ask[0], priceExponent) : null,
    askSize: ask ? formatScaled(ask[1], sizeExponent) : null,
  };
}

/** Single trades as a lazy stream: one decoded block is in memory at a time. */

import type { Gap } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import type { MarketEvent } from '../market/events.ts';
import type { GapItem, TradeItem } from '../queries/items.ts';
import type { RangeQuery } from '../queries/queries.ts';
import type { ReaderContext } from './context.ts';
import { gapItem, itemsInRange, rangeOf, timeOf } from './range.ts';

/**
 * Trades in the order in which they arrived, each in the range by its own time. Where the exchange numbers
 * them without gaps, their ids prove what is missing: a gap in the book that cost no trade is not reported.
 * Elsewhere every gap in the book is one in the trades.
 */
export async function* trades(
  context: ReaderContext,
  query: RangeQuery,
): AsyncGenerator<TradeItem | GapItem> {
  const range = rangeOf(query);
  const [exchange = ''] = query.security.split(':', 1);
  const hasConsecutiveIds = context.hasConsecutiveTradeIds?.(exchange) ?? false;
  let previous: TradeItem | undefined;
  /** Gaps in the book since the last trade; the next trade's id shows what they cost. */
  let gaps: Gap[] = [];
  for await (const item of itemsInRange(context, query.security, range)) {
    if (item.type === 'gap') gaps.push(item.gap);
    if (item.type !== 'events') continue;
    for (const event of item.events) {
      const trade = tradeIn(event, item.scale);
      if (trade === undefined) continue;
      const us = timeOf(trade, range.clock);
      if (us >= range.fromUs && us < range.toUs) {
        if (previous === undefined || !hasConsecutiveIds) yield* gaps.map((gap) => gapItem(gap));
        else yield* lostTrades(previous, trade, gaps);
        yield trade;
      }
      gaps = [];
      previous = trade;
    }
  }
  yield* gaps.map((gap) => gapItem(gap));
}

/** The trades that are missing between two with consecutive ids. */
function* lostTrades(
  before: TradeItem,
  after: TradeItem,
  gaps: readonly Gap[],
): Generator<GapItem> {
  const [last, next] = [before.tradeId, after.tradeId];
  if (typeof last !== 'number' || typeof next !== 'number' || next <= last + 1) return;
  yield {
    type: 'gap',
    fromUs: before.receiveTimeUs,
    toUs: Math.max(before.receiveTimeUs, after.receiveTimeUs),
    cause: gaps[0]?.cause ?? 'other',
    firstMissing: last + 1,
    lastMissing: next - 1,
    missing: 'tradeId',
  };
}

function tradeIn(event: MarketEvent, scale: Scale): TradeItem | undefined {
  if (event.type !== 'trade' && event.type !== 'match') return undefined;
  const { tradeId, exchangeTimeUs, receiveTimeUs, price, size } = event;
  const trade = {
    type: 'trade',
    tradeId,
    exchangeTimeUs,
    receiveTimeUs,
    price,
    size,
    scale,
  } as const;
  if (event.type === 'trade') return { ...trade, sequence: event.sequence, side: event.side };
  // A match names the maker's side; the taker's is the other one.
  const side = event.side === 'buy' ? 'sell' : 'buy';
  return { ...trade, sequence: event.lastSequence, side };
}

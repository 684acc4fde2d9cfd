/** Single trades as a lazy stream: one decoded block is in memory at a time. */

import { isAnyLost } from '../candles/trade-timeline.ts';
import type { Gap } from '../market/coverage.ts';
import type { GapItem, TradeItem } from '../queries/items.ts';
import type { RangeQuery } from '../queries/queries.ts';
import { tradeIn } from '../queries/trade-item.ts';
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
  const hasConsecutiveIds = numbersTrades(context, query.security);
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
        const lost =
          previous === undefined || !hasConsecutiveIds
            ? gaps.map((gap) => gapItem(gap))
            : lostTrades(previous, trade, gaps);
        for (const gap of lost) yield gap;
        yield trade;
      }
      // One that was received inside a gap says nothing about the rest of it.
      gaps = hasConsecutiveIds ? gaps.filter((gap) => isOpenAt(gap, trade.receiveTimeUs)) : [];
      previous = trade;
    }
  }
  yield* gaps.map((gap) => gapItem(gap));
}

function isOpenAt({ toUs }: Gap, us: number): boolean {
  return toUs === null || toUs > us;
}

/** Whether a jump in a security's trade ids is a loss. */
export function numbersTrades(context: ReaderContext, security: string): boolean {
  const [exchange = ''] = security.split(':', 1);
  return context.hasConsecutiveTradeIds?.(exchange) ?? false;
}

/** The trades that are missing between two with consecutive ids. */
function lostTrades(before: TradeItem, after: TradeItem, gaps: readonly Gap[]): readonly GapItem[] {
  const [last, next] = [before.tradeId, after.tradeId];
  if (!isAnyLost(before, after)) return [];
  const lost: GapItem = {
    type: 'gap',
    fromUs: before.receiveTimeUs,
    toUs: Math.max(before.receiveTimeUs, after.receiveTimeUs),
    cause: gaps[0]?.cause ?? 'other',
    firstMissing: Number(last) + 1,
    lastMissing: Number(next) - 1,
    missing: 'tradeId',
  };
  return [lost];
}

/**
 * Candles of stored trades as a lazy stream, one decoded block in memory at a time. The exchange's time of a
 * trade decides which candle it belongs to.
 */

import { MAX_EXCHANGE_DISORDER_US } from '../archive/archive.ts';
import type { CandleOutput } from '../candles/candle-fold.ts';
import { firstStartUs } from '../candles/timeframe.ts';
import { TradeTimeline } from '../candles/trade-timeline.ts';
import type { Gap } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import type { MarketEvent } from '../market/events.ts';
import type { CandleItem, GapItem } from '../queries/items.ts';
import type { CandlesQuery } from '../queries/queries.ts';
import { tradeIn } from '../queries/trade-item.ts';
import type { ReaderContext } from './context.ts';
import type { CursorItem } from './cursor.ts';
import { keptBeforeTrades } from './kept-candles.ts';
import { eventsAfter, itemsSince } from './range.ts';
import type { LoadedBlock, LoadedImage } from './record-loader.ts';
import { numbersTrades } from './trades.ts';

/**
 * What was not recorded is a gap; of what was recorded in part, the candle says what is missing.
 * @throws UnknownSecurityError
 */
export async function* candles(
  context: ReaderContext,
  query: CandlesQuery,
): AsyncGenerator<CandleItem | GapItem> {
  const { security, timeframe } = query;
  const begin = (us: number | undefined): number | undefined =>
    us === undefined ? undefined : firstStartUs(timeframe, us);
  const [firstUs, toUs = Infinity] = [begin(query.fromUs), begin(query.toUs)];
  const kept = keptBeforeTrades(context, query, firstUs, toUs);
  let next = await kept.next();
  for (; !next.done; next = await kept.next()) yield candleItem(next.value, security);
  const fromUs = next.value ?? firstUs;
  if (fromUs !== undefined && fromUs >= toUs) return;
  const order = numbersTrades(context, security) ? 'id' : 'time';
  const timeline = new TradeTimeline({ timeframe, order, fromUs });
  for await (const _ of replayTrades(context, security, timeline, { fromUs })) {
    for (const output of timeline.settled(toUs)) yield candleItem(output, security);
    if (timeline.nextUs >= toUs) break;
  }
  for (const output of timeline.finish(toUs)) yield candleItem(output, security);
}

export function candleItem(output: CandleOutput, security: string): CandleItem | GapItem {
  if (output.type === 'candle') {
    return { type: 'candle', security, ...output.candle, source: 'trades' };
  }
  return { ...output, firstMissing: null, lastMissing: null, missing: 'tradeId' };
}

export interface ReplayedTrades {
  /** On the exchange's clock. */
  readonly fromUs: number | undefined;
  /** Only what arrived at or after the one, and before the other. */
  readonly afterReceiveUs?: number | undefined;
  readonly beforeReceiveUs?: number;
}

/**
 * Plays the stored history into a timeline.
 * @returns after each block, so that what is settled can be taken. Not after an image: the block behind it
 *   begins with the trades that came while the book was being proven.
 */
export async function* replayTrades(
  context: ReaderContext,
  security: string,
  timeline: TradeTimeline,
  { fromUs = -Infinity, afterReceiveUs = -Infinity, beforeReceiveUs = Infinity }: ReplayedTrades,
): AsyncGenerator<void> {
  let imageSequence: number | undefined;
  let declared: Pick<Gap, 'fromUs' | 'cause'> | null = null;
  const sinceUs = fromUs - MAX_EXCHANGE_DISORDER_US;
  for await (const item of itemsSince(context, security, { clock: 'exchange' }, sinceUs)) {
    if (beginUs(item) >= beforeReceiveUs) return;
    if (item.type === 'image') {
      const { image } = item.image;
      imageSequence = image.sequence;
      declared = item.segment.declaredGap;
      if (image.receiveTimeUs >= afterReceiveUs) timeline.image(image);
    } else if (item.type === 'block') {
      for (const event of eventsAfter(item.block.content, imageSequence)) {
        if (event.receiveTimeUs >= beforeReceiveUs) break;
        if (event.receiveTimeUs < afterReceiveUs) continue;
        declared = stillAhead(declared, event, timeline);
        play(event, item.block.content.scale, timeline);
      }
      yield;
    } else if (item.type === 'end') {
      if (item.toUs >= afterReceiveUs) timeline.alive(Math.min(item.toUs, beforeReceiveUs));
    } else if (item.type === 'gap') {
      if ((item.gap.toUs ?? Infinity) > afterReceiveUs) timeline.gap(item.gap);
    }
  }
}

function beginUs(item: CursorItem<LoadedImage, LoadedBlock>): number {
  if (item.type === 'image') return item.image.image.receiveTimeUs;
  return item.type === 'gap' ? item.gap.fromUs : -Infinity;
}

/** @returns the gap, as long as the events lie before it. */
function stillAhead(
  gap: Pick<Gap, 'fromUs' | 'cause'> | null,
  { receiveTimeUs }: MarketEvent,
  timeline: TradeTimeline,
): typeof gap {
  if (gap === null || receiveTimeUs <= gap.fromUs) return gap;
  timeline.declare(gap);
  return null;
}

function play(event: MarketEvent, scale: Scale, timeline: TradeTimeline): void {
  const trade = tradeIn(event, scale);
  if (trade === undefined) timeline.know(event);
  else timeline.trade(trade);
}

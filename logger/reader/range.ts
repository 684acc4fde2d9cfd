/**
 * A stretch of a security's history, as the streams, the exports and the snapshots walk it: from an
 * image at or before its beginning, the holes that touch it on the way, to a little behind its end.
 */

import type { BlockRef } from '../archive/archive.ts';
import type { Gap } from '../market/coverage.ts';
import type { ClockName } from '../market/time.ts';
import type { ReaderContext } from './context.ts';
import { history } from './history.ts';
import type { HistoryItem } from './history.ts';
import type { RangeQuery } from '../queries/queries.ts';
import type { GapItem } from '../queries/results.ts';

/** How far exchange stamps may be out of the order in which messages came. */
const EXCHANGE_DISORDER_US = 10_000_000;

/** `fromUs <= t < toUs` on `clock`; open ends are infinite. */
export interface Range {
  readonly fromUs: number;
  readonly toUs: number;
  readonly clock: ClockName;
}

export function rangeOf(question: RangeQuery): Range {
  return {
    fromUs: question.fromUs ?? Number.NEGATIVE_INFINITY,
    toUs: question.toUs ?? Number.POSITIVE_INFINITY,
    clock: question.clock ?? 'receive',
  };
}

export function timeOf(
  stand: { readonly exchangeTimeUs: number; readonly receiveTimeUs: number },
  clock: ClockName,
): number {
  return clock === 'receive' ? stand.receiveTimeUs : stand.exchangeTimeUs;
}

/**
 * The history from an image at or before the range's beginning; it ends behind the range. What was
 * asked for by name and was never recorded is a gap like any other.
 */
export async function* historyOf(
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
  let knownUs = range.fromUs;
  let isFirst = true;
  /** What the range's clock shows when ours shows 0, by the last message: gaps lie on ours. */
  let shiftUs = 0;
  for await (const item of history(context, security, from)) {
    if (item.type === 'events' && beginsAfter(item.header, lastUs, range.clock)) return;
    if (range.clock === 'exchange') shiftUs = shiftIn(item) ?? shiftUs;
    if (isFirst && (item.type === 'begin' || item.type === 'gap')) {
      isFirst = false;
      const startUs = item.type === 'begin' ? item.receiveTimeUs : item.gap.fromUs;
      yield* neverRecorded(range.fromUs, Math.min(startUs + shiftUs, range.toUs));
    }
    if (item.type === 'end') knownUs = item.toUs + shiftUs;
    if (item.type === 'gap') knownUs = (item.gap.toUs ?? Number.POSITIVE_INFINITY) + shiftUs;
    if (item.type !== 'gap' || touches(item.gap, range, shiftUs)) yield item;
  }
  if (knownUs < range.fromUs) yield notYetRecorded(knownUs);
  else yield* neverRecorded(knownUs, range.toUs);
}

/** The hole in which a range begins that lies behind all that is known, whatever its end. */
function notYetRecorded(fromUs: number): HistoryItem {
  return {
    type: 'gap',
    gap: { fromUs, toUs: null, cause: 'other', firstMissing: null, lastMissing: null },
  };
}

/** Nothing where an end of the range is open: then nobody asked for more than there is. */
function* neverRecorded(fromUs: number, toUs: number): Generator<HistoryItem> {
  if (!Number.isFinite(fromUs) || !Number.isFinite(toUs) || fromUs >= toUs) return;
  yield {
    type: 'gap',
    gap: { fromUs, toUs, cause: 'other', firstMissing: null, lastMissing: null },
  };
}

function beginsAfter(
  header: { readonly diffs: number; readonly fromUs: number; readonly exchangeFromUs: number },
  us: number,
  clock: ClockName,
): boolean {
  if (clock === 'receive') return header.fromUs >= us;
  return header.diffs > 0 && header.exchangeFromUs >= us;
}

function touches(gap: Gap, range: Range, shiftUs: number): boolean {
  const toUs = gap.toUs ?? Number.POSITIVE_INFINITY;
  return gap.fromUs + shiftUs < range.toUs && toUs + shiftUs > range.fromUs;
}

/** How far the exchange's clock is ahead of ours; milliseconds, or years where a recording is replayed. */
function shiftIn(item: HistoryItem): number | undefined {
  if (item.type === 'begin') return item.exchangeTimeUs - item.receiveTimeUs;
  if (item.type !== 'events' || item.header.diffs === 0) return undefined;
  return item.header.exchangeToUs - item.header.toUs;
}

export function gapItem(gap: Gap, missing: 'sequence' | 'tradeId'): GapItem {
  return { type: 'gap', ...gap, missing };
}

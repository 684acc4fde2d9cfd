/**
 * The REST snapshot of a book: `GET /api/v3/depth`. It carries neither a symbol nor a time, and ends
 * at 5,000 levels a side: what lies beyond is unknown until it changes.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 * (gathered 2026-11-20).
 */

import { compareScaled } from '../../market/decimal.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';
import type { BookSnapshot, Levels } from '../../market/events.ts';
import { scaleSides } from '../scaled-levels.ts';
import { fieldsOf, integerOf, listOf, wireError } from './wire.ts';

/** The most that the exchange gives. */
export const SNAPSHOT_DEPTH = 5000;
/** What a request of that depth costs. */
export const SNAPSHOT_WEIGHT = 250;

export function snapshotPath(symbol: string): string {
  return `/api/v3/depth?symbol=${encodeURIComponent(symbol)}&limit=${SNAPSHOT_DEPTH}`;
}

export interface SnapshotContext {
  /** The least fine scale that the answer may be read at. */
  readonly scale: Scale;
  readonly receiveTimeUs: number;
  /** Levels a side that were asked for. */
  readonly depth: number;
}

/**
 * Checks an answer and makes it a snapshot. Its scale is finer than the given one where it must be.
 * @throws WireFormatError, also for sides that are not in order, cross, or hold empty levels.
 */
export function parseSnapshot(answer: unknown, context: SnapshotContext): BookSnapshot {
  const fields = fieldsOf(answer, 'The snapshot');
  // A symbol that was never traded answers with -1.
  const sequence = integerOf(fields, 'lastUpdateId', -1);
  const { scale, bids, asks } = scaleSides(
    listOf(fields, 'bids'),
    listOf(fields, 'asks'),
    context.scale,
  );
  assertSide(bids, 1);
  assertSide(asks, -1);
  const bestBid = bids[0];
  const bestAsk = asks[0];
  if (bestBid !== undefined && bestAsk !== undefined && compareScaled(bestBid, bestAsk) >= 0) {
    throw wireError('snapshot', 'The snapshot is crossed');
  }
  return {
    sequence,
    receiveTimeUs: context.receiveTimeUs,
    scale,
    bids,
    asks,
    horizon: { bid: edgeOf(bids, context.depth), ask: edgeOf(asks, context.depth) },
  };
}

/** Fewer levels than asked for: the side is complete. Else it is known down to its last price. */
function edgeOf(levels: Levels, depth: number): ScaledInt | null {
  return levels.length / 2 < depth ? null : (levels.at(-2) ?? null);
}

/** `direction` 1: prices fall from one level to the next; -1: they rise. */
function assertSide(levels: Levels, direction: 1 | -1): void {
  for (let i = 0; i < levels.length; i += 2) {
    const price = levels[i] ?? 0;
    const before = levels[i - 2];
    if (before !== undefined && compareScaled(before, price) !== direction) {
      throw wireError('snapshot', 'The snapshot is not in order of price');
    }
    if (levels[i + 1] === 0) throw wireError('snapshot', 'The snapshot holds an empty level');
  }
}

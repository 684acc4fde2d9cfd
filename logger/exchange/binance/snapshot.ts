/**
 * The REST snapshot of a book: `GET /api/v3/depth`. It carries neither a symbol nor a time, and ends
 * at 5,000 levels a side: what lies beyond is unknown until it changes.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 * (gathered 2026-11-20).
 */

import type { Scale, ScaledInt } from '../../market/decimal.ts';
import type { BookSnapshot, Levels } from '../../market/events.ts';
import { assertSide, assertUncrossed, scaleSides } from '../wire/scaled-levels.ts';
import { fieldsOf, integerOf, listOf } from '../wire/fields.ts';

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
  assertUncrossed(bids[0], asks[0]);
  return {
    level: 'L2',
    sequence,
    exchangeTimeUs: null,
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

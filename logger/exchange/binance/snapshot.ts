/**
 * The REST snapshot of a book: `GET /api/v3/depth`. It carries neither a symbol nor a time, and ends
 * at so many levels a side as were asked for, at most 5,000: what lies beyond is unknown until it changes.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 * (gathered 2026-11-20).
 */

import type { Scale } from '../../market/decimal.ts';
import type { BookSnapshot } from '../../market/events.ts';
import { assertSide, assertUncrossed, edgeOf, scaleSides } from '../wire/scaled-levels.ts';
import { fieldsOf, integerOf, listOf } from '../wire/fields.ts';

/** What a request costs, by the most levels a side that it may ask for. */
const WEIGHTS: readonly (readonly [depth: number, weight: number])[] = [
  [5000, 250],
  [1000, 50],
  [500, 25],
  [100, 5],
];

/** A first book is as deep as the budget allows; after it, these steps: the last is all there is. */
export const SNAPSHOT_DEPTHS: readonly number[] = [100, 1000, 5000];

export function snapshotWeight(depth: number): number {
  return WEIGHTS.findLast(([most]) => depth <= most)?.[1] ?? Infinity;
}

/** The deepest that `count` books can have for what is available, or the shallowest. */
export function affordableDepth(available: number, count: number): number {
  const found = WEIGHTS.find(([, weight]) => weight * count <= available) ?? WEIGHTS.at(-1);
  return found?.[0] ?? 0;
}

export function snapshotPath(symbol: string, depth: number): string {
  return `/api/v3/depth?symbol=${encodeURIComponent(symbol)}&limit=${depth}`;
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
    depth: context.depth,
    horizon: { bid: edgeOf(bids, context.depth), ask: edgeOf(asks, context.depth) },
  };
}

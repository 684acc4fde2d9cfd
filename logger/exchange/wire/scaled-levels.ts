/**
 * Exact integers from the `[price, size]` pairs of exchanges: texts, or JSON numbers kept as text.
 * Where one has more decimals than the symbol's scale, the whole message is read again at a finer
 * scale: nothing is rounded.
 */

import { compareScaled, fractionDigits, parseScaled } from '../../market/decimal.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';
import type { Levels } from '../../market/events.ts';
import { JsonNumber } from './exact-json.ts';
import { wireError } from './fields.ts';

export interface ScaledSides {
  readonly scale: Scale;
  readonly bids: Levels;
  readonly asks: Levels;
}

/**
 * Reads both sides of a message at `scale`, or at the finer one that it needs.
 * @throws WireFormatError of kind `level` or `decimal` where a level is not `[price, size]`, each a
 *   plain non-negative decimal.
 */
export function scaleSides(
  bids: readonly unknown[],
  asks: readonly unknown[],
  scale: Scale,
): ScaledSides {
  const scaledBids = scaleSide(bids, scale);
  const scaledAsks = scaledBids && scaleSide(asks, scale);
  if (scaledAsks) return { scale, bids: scaledBids, asks: scaledAsks };
  const finer = scaleNeeded([...bids, ...asks], scale);
  return {
    scale: finer,
    bids: scaleSide(bids, finer) ?? [],
    asks: scaleSide(asks, finer) ?? [],
  };
}

/** Reads a single price and size at `scale`, or at the finer one that they need. */
export function scalePair(
  priceText: string,
  sizeText: string,
  scale: Scale,
): { readonly scale: Scale; readonly price: ScaledInt; readonly size: ScaledInt } {
  const { scale: used, bids } = scaleSides([[priceText, sizeText]], [], scale);
  return { scale: used, price: bids[0] ?? 0, size: bids[1] ?? 0 };
}

function scaleSide(levels: readonly unknown[], scale: Scale): ScaledInt[] | undefined {
  const { priceExponent, sizeExponent } = scale;
  const flat: ScaledInt[] = [];
  for (const level of levels) {
    const price = parseScaled(decimalIn(level, 0), priceExponent);
    const size = parseScaled(decimalIn(level, 1), sizeExponent);
    if (price === undefined || size === undefined) return undefined;
    flat.push(price, size);
  }
  return flat;
}

function scaleNeeded(levels: readonly unknown[], scale: Scale): Scale {
  let { priceExponent, sizeExponent } = scale;
  for (const level of levels) {
    priceExponent = Math.max(priceExponent, fractionDigits(decimalIn(level, 0)));
    sizeExponent = Math.max(sizeExponent, fractionDigits(decimalIn(level, 1)));
  }
  return { priceExponent, sizeExponent };
}

function decimalIn(level: unknown, index: 0 | 1): string {
  const value: unknown = Array.isArray(level) ? level[index] : undefined;
  if (typeof value === 'string') return value;
  if (value instanceof JsonNumber) return value.decimal;
  throw wireError('level', 'A level is not a pair of texts or numbers');
}

/**
 * `direction` 1: prices fall from one level to the next; -1: they rise.
 * @throws WireFormatError of kind `snapshot`, also for an empty level.
 */
export function assertSide(levels: Levels, direction: 1 | -1): void {
  for (let i = 0; i < levels.length; i += 2) {
    const price = levels[i] ?? 0;
    const before = levels[i - 2];
    if (before !== undefined && compareScaled(before, price) !== direction) {
      throw wireError('snapshot', 'The snapshot is not in order of price');
    }
    if (levels[i + 1] === 0) throw wireError('snapshot', 'The snapshot holds an empty level');
  }
}

/** @throws WireFormatError of kind `snapshot` where the best bid reaches the best ask. */
export function assertUncrossed(bid: ScaledInt | undefined, ask: ScaledInt | undefined): void {
  if (bid !== undefined && ask !== undefined && bid >= ask) {
    throw wireError('snapshot', 'The snapshot is crossed');
  }
}

/**
 * How far a side is known that holds at most `depth` levels: one with fewer is complete (null), else it
 * ends with its last price.
 */
export function edgeOf(levels: Levels, depth: number): ScaledInt | null {
  return levels.length / 2 < depth ? null : (levels.at(-2) ?? null);
}

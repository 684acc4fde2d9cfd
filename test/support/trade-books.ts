/** Sides of books as text, for tests of strategies. */

import { fractionDigits, parseScaled } from '../../logger/market/decimal.ts';
import type { Scale } from '../../logger/market/decimal.ts';
import type { Levels } from '../../logger/market/events.ts';
import { parseExact } from '../../pipe/market/exact.ts';
import type { BookSide } from '../../pipe/strategy/book-side.ts';

/** `100×1 101×2`, best first, at the coarsest scale that holds them. */
export function sideOf(
  side: 'bid' | 'ask',
  text: string,
  options: { readonly horizon?: string; readonly taken?: Readonly<Record<string, string>> } = {},
): BookSide {
  const { levels, scale } = levelsOf(text);
  const taken = Object.entries(options.taken ?? {});
  return {
    side,
    scale,
    horizon:
      options.horizon === undefined
        ? null
        : (parseScaled(options.horizon, scale.priceExponent) ?? null),
    taken: new Map(taken.map(([price, size]) => [price, parseExact(size)])),
    levels: (depth) => levels.slice(0, 2 * depth),
  };
}

export function levelsOf(
  text: string,
  wanted?: Scale,
): { readonly levels: Levels; readonly scale: Scale } {
  const pairs = text
    .split(' ')
    .filter((level) => level !== '')
    .map((level) => level.split('×') as [string, string]);
  const digits = (index: 0 | 1): number =>
    Math.max(0, ...pairs.map((pair) => fractionDigits(pair[index])));
  const scale = wanted ?? { priceExponent: digits(0), sizeExponent: digits(1) };
  const levels = pairs.flatMap(([price, size]) => [
    parseScaled(price, scale.priceExponent) ?? 0,
    parseScaled(size, scale.sizeExponent) ?? 0,
  ]);
  return { levels, scale };
}

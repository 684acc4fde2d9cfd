/**
 * The place of a new level in the gap between two neighbours. Most new levels are near one of them, so it
 * is coded as which one, and the distance from it.
 */

import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { codeDigits, lengthOf } from './numbers.ts';

/** Gaps below this many places are coded here. */
export const MAX_PLACES = 2 ** 30;
const LENGTHS = 32;
const DIGITS = 1;

const IS_OUTER = 0;
const LENGTH = IS_OUTER + 2 * LENGTHS;
const DIGIT = LENGTH + 4 * LENGTHS * LENGTHS;
export const PLACE_CONTEXTS = DIGIT + 2 * LENGTHS * (LENGTHS << DIGITS);

/**
 * @param place from 0, next to the better neighbour, to `places` - 1, next to the worse one.
 * @param isBehind 1 if the better neighbour is what the message changed last, else 0.
 */
export function codePlace(
  coder: Coder,
  at: number,
  place: number,
  places: number,
  isBehind: number,
): number {
  const last = places - 1;
  if (last === 0) return 0;
  const width = lengthOf(last);
  const isOuter = coder.bit(
    at + IS_OUTER + isBehind * LENGTHS + width,
    last - place < place ? 1 : 0,
  );
  const distance = codeDistance(coder, at, {
    distance: isOuter === 1 ? last - place : place,
    maxLength: lengthOf(last >> 1),
    which: width * 2 + isOuter,
    isBehind,
  });
  if (distance > last >> 1) throw corrupt('a new level lies beyond its neighbour');
  return isOuter === 1 ? last - distance : distance;
}

function codeDistance(
  coder: Coder,
  at: number,
  {
    distance,
    maxLength,
    which,
    isBehind,
  }: { distance: number; maxLength: number; which: number; isBehind: number },
): number {
  const lengths = at + LENGTH + (isBehind * 2 * LENGTHS + which) * LENGTHS;
  const actual = lengthOf(distance);
  let length = maxLength;
  while (length > 0 && coder.bit(lengths + length, length === actual ? 1 : 0) === 0) length--;
  return codeDigits(
    coder,
    at + DIGIT + ((which * LENGTHS + length) << DIGITS),
    length,
    distance,
    DIGITS,
  );
}

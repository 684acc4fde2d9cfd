/**
 * The place of a new level in the gap between two neighbours. Most new levels are near one of them, so it
 * is coded as which one, and the distance from it.
 */

import { corrupt } from './bytes.ts';
import type { Decoder } from './decoder.ts';
import type { Encoder } from './encoder.ts';

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
export function writePlace(
  encoder: Encoder,
  at: number,
  place: number,
  places: number,
  isBehind: number,
): void {
  const last = places - 1;
  if (last === 0) return;
  const width = lengthOf(last);
  const isOuter = last - place < place ? 1 : 0;
  encoder.bit(at + IS_OUTER + isBehind * LENGTHS + width, isOuter);
  const distance = isOuter === 1 ? last - place : place;
  const length = lengthOf(distance);
  const which = width * 2 + isOuter;
  encoder.countDown(lengthsAt(at, which, isBehind), lengthOf(last >> 1), length);
  if (length > 1) encoder.digits(digitsAt(at, which, length), length, DIGITS, distance);
}

/** The inverse of `writePlace`. */
export function readPlace(decoder: Decoder, at: number, places: number, isBehind: number): number {
  const last = places - 1;
  if (last === 0) return 0;
  const width = lengthOf(last);
  const isOuter = decoder.bit(at + IS_OUTER + isBehind * LENGTHS + width);
  const which = width * 2 + isOuter;
  const length = decoder.countDown(lengthsAt(at, which, isBehind), lengthOf(last >> 1));
  const distance =
    length < 2 ? length : decoder.digits(digitsAt(at, which, length), length, DIGITS);
  if (distance > last >> 1) throw corrupt('a new level lies beyond its neighbour');
  return isOuter === 1 ? last - distance : distance;
}

const lengthOf = (value: number): number => 32 - Math.clz32(value);
const lengthsAt = (at: number, which: number, isBehind: number): number =>
  at + LENGTH + (isBehind * 2 * LENGTHS + which) * LENGTHS;
const digitsAt = (at: number, which: number, length: number): number =>
  at + DIGIT + ((which * LENGTHS + length) << DIGITS);

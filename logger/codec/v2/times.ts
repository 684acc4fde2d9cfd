/** Units of time: whole milliseconds where all times of a kind are that, else microseconds. */

import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { codeNear } from './numbers.ts';

const MILLISECOND_US = 1000;

export function unitOf(timesUs: readonly number[]): number {
  return timesUs.every((timeUs) => timeUs % MILLISECOND_US === 0) ? MILLISECOND_US : 1;
}

export function codeUnit(coder: Coder, unitUs: number): number {
  return coder.raw(unitUs === MILLISECOND_US ? 1 : 0, 1) === 1 ? MILLISECOND_US : 1;
}

/** A time that is a whole number of units; cheap near `expectedUs`. */
export function codeTime(
  coder: Coder,
  at: number,
  unitUs: number,
  us: number,
  expectedUs: number,
): number {
  if (unitUs === 1) return codeNear(coder, at, us, expectedUs);
  // Exact, unlike a division that is rounded: what is expected need not be a whole number of units.
  const expected = (expectedUs - (expectedUs % unitUs)) / unitUs;
  const read = codeNear(coder, at, us / unitUs, expected) * unitUs;
  if (!Number.isSafeInteger(read)) throw corrupt('a time is out of range');
  return read;
}

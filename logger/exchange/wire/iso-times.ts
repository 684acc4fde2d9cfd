/** Reads times like `2026-11-20T07:00:00.000001Z` from the bytes of frames. They share a day, so it is kept. */

import { parseIsoUs } from '../../market/time.ts';

const QUOTE = 0x22;
const DASH = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const T = 0x54;
const Z = 0x5a;

const MICROSECOND_DIGITS = 6;
const MAX_FRACTION_DIGITS = 9;

export class IsoTimes {
  /** The day of the last time, as 20261120, and when it began. */
  #day = -1;
  #dayUs = Number.NaN;

  /** The microseconds of a time in quotes; NaN for anything that is printed otherwise, or no time. */
  read(frame: Buffer, start: number): number {
    const hour = twoDigits(frame, start + 12);
    const minute = twoDigits(frame, start + 15);
    const second = twoDigits(frame, start + 18);
    const isShaped =
      frame[start] === QUOTE &&
      frame[start + 5] === DASH &&
      frame[start + 8] === DASH &&
      frame[start + 11] === T &&
      frame[start + 14] === COLON &&
      frame[start + 17] === COLON;
    // A part without digits is NaN, and fails every comparison.
    if (!isShaped || !(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
    let at = start + 20;
    let fraction = 0;
    if (frame[at] === POINT) {
      const first = ++at;
      for (let digit = digitAt(frame, at); digit >= 0; digit = digitAt(frame, ++at)) {
        if (at - first < MICROSECOND_DIGITS) fraction = fraction * 10 + digit;
      }
      const digits = at - first;
      if (digits === 0 || digits > MAX_FRACTION_DIGITS) return Number.NaN;
      for (let missing = MICROSECOND_DIGITS - digits; missing > 0; missing--) fraction *= 10;
    }
    if (frame[at] !== Z || frame[at + 1] !== QUOTE) return Number.NaN;
    const seconds = hour * 3600 + minute * 60 + second;
    return this.#dayAt(frame, start + 1) + seconds * 1_000_000 + fraction;
  }

  #dayAt(frame: Buffer, start: number): number {
    const year = twoDigits(frame, start) * 100 + twoDigits(frame, start + 2);
    const day = year * 10_000 + twoDigits(frame, start + 5) * 100 + twoDigits(frame, start + 8);
    if (day !== this.#day) {
      this.#day = day;
      const text = frame.toString('latin1', start, start + 10);
      this.#dayUs = parseIsoUs(`${text}T00:00:00Z`) ?? Number.NaN;
    }
    return this.#dayUs;
  }
}

/** NaN: not two digits. */
function twoDigits(frame: Buffer, at: number): number {
  const tens = digitAt(frame, at);
  const ones = digitAt(frame, at + 1);
  return tens >= 0 && ones >= 0 ? tens * 10 + ones : Number.NaN;
}

/** -1: no digit. */
function digitAt(frame: Buffer, at: number): number {
  const digit = (frame[at] ?? 0) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/**
 * Reads a JSON frame of a known shape straight from its bytes into exact integers, with no string and no
 * object on the way. It takes what the exchange prints every day: fields in their usual order, no white
 * space, no escapes, numbers that are safe integers at the symbol's scale. At anything else it gives up:
 * what it returns from then on means nothing, and `isComplete` stays false. The frame is then parsed,
 * which is slower and has the same result, or the proper error.
 */

import { MAX_FRACTION_DIGITS, MAX_INTEGER_DIGITS } from '../../market/decimal.ts';
import type { Scale } from '../../market/decimal.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LAST_ASCII = 0x7f;

const POWERS = Array.from({ length: MAX_FRACTION_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** The bytes of a piece of JSON that is the same in every frame. */
export function fixed(json: string): Buffer {
  return Buffer.from(json, 'latin1');
}

/** One cursor reads any number of frames, one after the other. */
export class FrameCursor {
  #frame: Buffer = Buffer.alloc(0);
  #at = 0;
  #hasFailed = false;

  start(frame: Buffer, at = 0): void {
    this.#frame = frame;
    this.#at = at;
    this.#hasFailed = false;
  }

  /** The place of the next byte. */
  get at(): number {
    return this.#at;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** The whole frame was read, and it was as expected. */
  get isComplete(): boolean {
    return !this.#hasFailed && this.#at === this.#frame.length;
  }

  /** Passes exactly these bytes. */
  pass(bytes: Buffer): void {
    if (!this.passIf(bytes)) this.#hasFailed = true;
  }

  /** Passes these bytes if they are next. */
  passIf(bytes: Buffer): boolean {
    const frame = this.#frame;
    const at = this.#at;
    const { length } = bytes;
    for (let i = 0; i < length; i++) if (frame[at + i] !== bytes[i]) return false;
    this.#at = at + length;
    return true;
  }

  /** Passes exactly this text. */
  passText(text: string): void {
    const frame = this.#frame;
    const at = this.#at;
    const { length } = text;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > LAST_ASCII) {
        this.#at = at + i;
        this.pass(Buffer.from(text.slice(i)));
        return;
      }
      if (frame[at + i] !== code) this.#hasFailed = true;
    }
    this.#at = at + length;
  }

  /** Passes the rest of a text with its closing quote. */
  passRestOfText(): void {
    const frame = this.#frame;
    let at = this.#at;
    // The frame's end also ends it: an index beyond it reads 0.
    for (let byte = frame[at] ?? 0; byte !== QUOTE; byte = frame[++at] ?? 0) {
      if (byte < SPACE || byte === BACKSLASH) {
        this.#hasFailed = true;
        return;
      }
    }
    this.#at = at + 1;
  }

  /** A JSON number that is a non-negative integer. */
  integer(): number {
    const frame = this.#frame;
    const start = this.#at;
    let at = start;
    let value = 0;
    for (let digit = digitOf(frame[at]); digit >= 0; digit = digitOf(frame[++at])) {
      value = value * 10 + digit;
    }
    const digits = at - start;
    const isPadded = digits > 1 && frame[start] === ZERO;
    if (digits === 0 || isPadded || !Number.isSafeInteger(value)) this.#hasFailed = true;
    this.#at = at;
    return value;
  }

  /** A decimal in quotes, as an integer with `exponent` decimals. */
  decimal(exponent: number): number {
    const frame = this.#frame;
    const start = this.#at + 1;
    let at = start;
    let value = 0;
    let digit = digitOf(frame[at]);
    for (; digit >= 0; digit = digitOf(frame[++at])) value = value * 10 + digit;
    const wholeDigits = at - start;
    let isExact =
      frame[start - 1] === QUOTE && wholeDigits > 0 && wholeDigits <= MAX_INTEGER_DIGITS;
    let missing = exponent;
    if (frame[at] === POINT) {
      const first = ++at;
      for (digit = digitOf(frame[at]); digit >= 0; digit = digitOf(frame[++at])) {
        if (missing > 0) {
          value = value * 10 + digit;
          missing--;
        } else if (digit !== 0) {
          isExact = false;
        }
      }
      const fractionDigits = at - first;
      if (fractionDigits === 0 || fractionDigits > MAX_FRACTION_DIGITS) isExact = false;
    }
    const scaled = missing === 0 ? value : value * (POWERS[missing] ?? Number.NaN);
    // Digits only add to a value, so one that is safe in the end was exact throughout.
    if (!isExact || frame[at] !== QUOTE || !Number.isSafeInteger(scaled)) this.#hasFailed = true;
    this.#at = at + 1;
    return scaled;
  }

  /** A list of `["price","size"]`: price, size, price, size … */
  levels({ priceExponent, sizeExponent }: Scale): number[] {
    const frame = this.#frame;
    const flat: number[] = [];
    this.#passByte(OPEN_LIST);
    if (frame[this.#at] === CLOSE_LIST) {
      this.#at++;
      return flat;
    }
    do {
      this.#passByte(OPEN_LIST);
      const price = this.decimal(priceExponent);
      this.#passByte(COMMA);
      const size = this.decimal(sizeExponent);
      this.#passByte(CLOSE_LIST);
      flat.push(price, size);
    } while (frame[this.#at++] === COMMA && !this.#hasFailed);
    if (frame[this.#at - 1] !== CLOSE_LIST) this.#hasFailed = true;
    return flat;
  }

  #passByte(byte: number): void {
    if (this.#frame[this.#at++] !== byte) this.#hasFailed = true;
  }
}

/** -1: no digit. */
function digitOf(byte: number | undefined): number {
  const digit = (byte ?? 0) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

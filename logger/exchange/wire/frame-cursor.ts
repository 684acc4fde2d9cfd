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

/** Four bytes each. */
const FOUR_ZEROS = 0x30303030;
const ABOVE_NINE = 0x76767676;
const HIGH_BITS = 0x80808080 | 0;

const POWERS = Array.from({ length: MAX_FRACTION_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** The bytes of a piece of JSON that is the same in every frame. */
export function fixed(json: string): Buffer {
  return Buffer.from(json, 'latin1');
}

/** No frame that is read this way is longer; any other is left to the parser. */
const MAX_BYTES = 256 * 1024;
/** Room for zeros behind the frame, which end every loop. */
const PADDING = 64;

/** One cursor reads any number of frames, one after the other. */
export class FrameCursor {
  /** A copy of the frame: an array that is always the same is read faster, and four bytes at a time. */
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly #maxBytes: number;
  #length = 0;
  #at = 0;
  #hasFailed = false;

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
    this.bytes = Buffer.alloc(maxBytes + PADDING);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  start(frame: Buffer): void {
    const length = frame.length <= this.#maxBytes ? frame.length : 0;
    if (length > 0) this.bytes.set(frame);
    this.view.setFloat64(length, 0);
    this.#length = length;
    this.#at = 0;
    this.#hasFailed = length !== frame.length;
  }

  /** To any place of the same frame; forgets that something before was not as expected. */
  moveTo(at: number): void {
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
    return !this.#hasFailed && this.#at === this.#length;
  }

  /** Passes exactly these bytes. */
  pass(bytes: Buffer): void {
    if (!this.passIf(bytes)) this.#hasFailed = true;
  }

  /** Passes these bytes if they are next. */
  passIf(wanted: Buffer): boolean {
    const { bytes } = this;
    const at = this.#at;
    const { length } = wanted;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== wanted[i]) return false;
    this.#at = at + length;
    return true;
  }

  /** Passes exactly this text. */
  passText(text: string): void {
    const { bytes } = this;
    const at = this.#at;
    const { length } = text;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > LAST_ASCII) {
        this.#at = at + i;
        this.pass(Buffer.from(text.slice(i)));
        return;
      }
      if (bytes[at + i] !== code) this.#hasFailed = true;
    }
    this.#at = at + length;
  }

  /** Passes the rest of a text with its closing quote. */
  passRestOfText(): void {
    const { bytes } = this;
    let at = this.#at;
    for (let byte = bytes[at] ?? 0; byte !== QUOTE; byte = bytes[++at] ?? 0) {
      if (byte < SPACE || byte === BACKSLASH) {
        this.#hasFailed = true;
        return;
      }
    }
    this.#at = at + 1;
  }

  /** A JSON number that is a non-negative integer. */
  integer(): number {
    const { bytes } = this;
    const start = this.#at;
    let at = start;
    let value = 0;
    for (let digit = digitOf(bytes[at]); digit >= 0; digit = digitOf(bytes[++at])) {
      value = value * 10 + digit;
    }
    const digits = at - start;
    const isPadded = digits > 1 && bytes[start] === ZERO;
    if (digits === 0 || isPadded || !Number.isSafeInteger(value)) this.#hasFailed = true;
    this.#at = at;
    return value;
  }

  /** A decimal in quotes, as an integer with `exponent` decimals. */
  decimal(exponent: number): number {
    const { bytes } = this;
    const start = this.#at + 1;
    let at = start;
    let value = 0;
    let digit = digitOf(bytes[at]);
    for (; digit >= 0; digit = digitOf(bytes[++at])) value = value * 10 + digit;
    const wholeDigits = at - start;
    let isExact =
      bytes[start - 1] === QUOTE && wholeDigits > 0 && wholeDigits <= MAX_INTEGER_DIGITS;
    let missing = exponent;
    if (bytes[at] === POINT) {
      const first = ++at;
      for (digit = digitOf(bytes[at]); digit >= 0; digit = digitOf(bytes[++at])) {
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
    if (!isExact || bytes[at] !== QUOTE || !Number.isSafeInteger(scaled)) this.#hasFailed = true;
    this.#at = at + 1;
    return scaled;
  }

  /** A list of `["price","size"]`: price, size, price, size … */
  levels({ priceExponent, sizeExponent }: Scale): number[] {
    const { bytes } = this;
    const flat: number[] = [];
    this.#passByte(OPEN_LIST);
    if (bytes[this.#at] === CLOSE_LIST) {
      this.#at++;
      return flat;
    }
    do {
      this.#passByte(OPEN_LIST);
      flat.push(this.#usualDecimal(priceExponent));
      this.#passByte(COMMA);
      flat.push(this.#usualDecimal(sizeExponent));
      this.#passByte(CLOSE_LIST);
    } while (bytes[this.#at++] === COMMA && !this.#hasFailed);
    if (bytes[this.#at - 1] !== CLOSE_LIST) this.#hasFailed = true;
    return flat;
  }

  /** As `decimal`, and faster for one with eight decimals, of which Binance's levels are made. */
  #usualDecimal(exponent: number): number {
    const { bytes, view } = this;
    const start = this.#at + 1;
    let at = start;
    let whole = 0;
    for (let digit = digitOf(bytes[at]); digit >= 0; digit = digitOf(bytes[++at])) {
      whole = whole * 10 + digit;
    }
    const isUsual =
      bytes[start - 1] === QUOTE &&
      at > start &&
      at <= start + MAX_INTEGER_DIGITS &&
      bytes[at] === POINT &&
      bytes[at + 9] === QUOTE;
    const fraction = isUsual ? eightDigits(view, at + 1) : -1;
    if (fraction < 0) return this.decimal(exponent);
    this.#at = at + 10;
    const scaled =
      exponent === 8 ? whole * 1e8 + fraction : withEightDecimals(whole, fraction, exponent);
    if (!(scaled <= Number.MAX_SAFE_INTEGER)) this.#hasFailed = true;
    return scaled;
  }

  #passByte(byte: number): void {
    if (this.bytes[this.#at++] !== byte) this.#hasFailed = true;
  }
}

/** A number with eight decimals, as an integer with `exponent` of them; NaN: it has more. */
function withEightDecimals(whole: number, fraction: number, exponent: number): number {
  if (exponent > 8) return (whole * 1e8 + fraction) * (POWERS[exponent - 8] ?? Number.NaN);
  const unit = POWERS[8 - exponent] ?? Number.NaN;
  const units = Math.floor(fraction / unit);
  return units * unit === fraction ? whole * (POWERS[exponent] ?? Number.NaN) + units : Number.NaN;
}

/** The number of eight digits; -1 for anything else. */
function eightDigits(view: DataView, at: number): number {
  const high = fourDigits(view.getInt32(at, true));
  const low = fourDigits(view.getInt32(at + 4, true));
  return (high | low) < 0 ? -1 : high * 10_000 + low;
}

/** The number of the four digits whose characters these bytes are, the first one lowest; -1 for any others. */
function fourDigits(characters: number): number {
  const digits = characters ^ FOUR_ZEROS;
  // The high bit of a byte that is above 9.
  if (((digits | (digits + ABOVE_NINE)) & HIGH_BITS) !== 0) return -1;
  return (
    (digits & 15) * 1000 +
    ((digits >>> 8) & 15) * 100 +
    ((digits >>> 16) & 15) * 10 +
    (digits >>> 24)
  );
}

/** -1: no digit. */
function digitOf(byte: number | undefined): number {
  const digit = (byte ?? 0) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

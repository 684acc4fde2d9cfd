/**
 * Finds the fields of a JSON object of texts, integers and lists in its bytes, for frames whose fields come
 * in an order of their own. As the frame cursor, it takes what an exchange prints every day (no white space,
 * no escapes, ASCII, no field twice) and gives up at anything else. It compares four bytes at a time.
 */

import { assertInvariant } from '../../errors.ts';
import { FrameCursor } from './frame-cursor.ts';
import { IsoTimes } from './iso-times.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LETTER_N = 0x6e;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const LAST_ASCII = 0x7f;

/** Four bytes of the same value. */
const FOUR = 0x01010101;
const FOUR_SPACES = SPACE * FOUR;
const FOUR_QUOTES = QUOTE * FOUR;
const FOUR_BACKSLASHES = BACKSLASH * FOUR;
const HIGH_BITS = 0x80808080 | 0;
/** `null` */
const NULL = 0x6c6c756e;

/** Of a frame; longer ones are none of these. */
const MAX_BYTES = 4096;
/** Of a name, its quotes and colon included, and of the fields of a frame. */
const MAX_NAME_WORDS = 8;
const MAX_FIELDS = 32;
/** A power of 2. */
const MAX_KEPT_WORDS = 128;
const MAX_KEPT_LENGTH = 32;
/** No value begins there. */
const ABSENT = 0;
const NONE = -1;

export class FlatFrame {
  readonly #cursor = new FrameCursor(MAX_BYTES);
  readonly #times = new IsoTimes();
  /** The frame that is read. */
  readonly #bytes = this.#cursor.bytes;
  readonly #view = this.#cursor.view;
  #frame: Buffer | undefined;
  #isSound = false;

  /** Fields known. */
  #count = 0;
  /** Their names, with quotes and colon: bytes, … */
  readonly #lengths = new Int32Array(MAX_FIELDS);
  /** … the bytes by four, … */
  readonly #words = new Int32Array(MAX_FIELDS * MAX_NAME_WORDS);
  /** … and the last four. */
  readonly #tails = new Int32Array(MAX_FIELDS);
  /** The fields of the last frame whose first value began alike: the next one likely has the same. */
  readonly #orders = Array.from({ length: 32 }, () => new Int8Array(MAX_FIELDS).fill(NONE));

  /** Where a value begins; `ABSENT` for a field that is missing, `null` or an empty text. */
  readonly #starts = new Int32Array(MAX_FIELDS);
  readonly #ends = new Int32Array(MAX_FIELDS);
  readonly #keptWords = Array.from({ length: MAX_KEPT_WORDS }, () => '');

  /** Makes a field known. @returns its number. */
  field(name: string): number {
    const field = this.#count++;
    const bytes = Buffer.from(`"${name}":`, 'latin1');
    const words = bytes.length >> 2;
    assertInvariant(field < MAX_FIELDS && words <= MAX_NAME_WORDS, 'Fields are few and short');
    this.#lengths[field] = bytes.length;
    for (let i = 0; i < words; i++) {
      this.#words[field * MAX_NAME_WORDS + i] = bytes.readInt32LE(i * 4);
    }
    this.#tails[field] = bytes.readInt32LE(bytes.length - 4);
    return field;
  }

  /**
   * Reads a frame; not again if it is the last one.
   * @returns false for one that is printed in any other way.
   */
  read(frame: Buffer): boolean {
    if (frame !== this.#frame) {
      this.#frame = frame;
      this.#isSound = frame.length <= MAX_BYTES && this.#find(frame);
    }
    return this.#isSound;
  }

  /** Nor was a field asked for that is printed in any other way; what it gave means nothing. */
  get isSound(): boolean {
    return this.#isSound;
  }

  has(field: number): boolean {
    return this.#starts[field] !== ABSENT;
  }

  /** A text; null where it is absent. */
  text(field: number): string | null {
    const start = this.#starts[field] as number;
    if (start === ABSENT) return null;
    if (this.#bytes[start - 1] !== QUOTE) this.#isSound = false;
    return this.#bytes.toString('latin1', start, this.#ends[field]);
  }

  /** A text that is one of few, so that it need not be made anew; null where it is absent. */
  word(field: number): string | null {
    const start = this.#starts[field] as number;
    const end = this.#ends[field] as number;
    const place =
      ((this.#bytes[start] as number) + 5 * (this.#bytes[end - 1] as number) + 3 * (end - start)) &
      (MAX_KEPT_WORDS - 1);
    const kept = this.#keptWords[place] as string;
    if (this.isText(field, kept)) return kept;
    const word = this.text(field);
    if (word !== null && word.length <= MAX_KEPT_LENGTH) this.#keptWords[place] = word;
    return word;
  }

  /** Whether a field is this text of ASCII. */
  isText(field: number, text: string): boolean {
    const start = this.#starts[field] as number;
    if (start === ABSENT || this.length(field) !== text.length) return false;
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      if (bytes[start + i] !== text.charCodeAt(i)) return false;
    }
    return bytes[start - 1] === QUOTE;
  }

  /** Characters of a text; 0 where it is absent. */
  length(field: number): number {
    return this.has(field) ? (this.#ends[field] as number) - (this.#starts[field] as number) : 0;
  }

  integer(field: number): number {
    const start = this.#starts[field] as number;
    const cursor = this.#cursor;
    cursor.moveTo(start);
    const value = cursor.integer();
    const isWhole = !cursor.hasFailed && cursor.at === this.#ends[field];
    if (start === ABSENT || !isWhole || this.#bytes[start - 1] === QUOTE) this.#isSound = false;
    return value;
  }

  /** A decimal in quotes, as an integer with `exponent` decimals; null where it is absent. */
  decimal(field: number, exponent: number): number | null {
    const start = this.#starts[field] as number;
    if (start === ABSENT) return null;
    const cursor = this.#cursor;
    cursor.moveTo(start - 1);
    const value = cursor.decimal(exponent);
    if (cursor.hasFailed) this.#isSound = false;
    return value;
  }

  /** A list of texts or of lists, to be read up to `end`; undefined where it is absent. */
  list(field: number): { readonly cursor: FrameCursor; readonly end: number } | undefined {
    const start = this.#starts[field] as number;
    if (this.#bytes[start] !== OPEN_LIST) return undefined;
    this.#cursor.moveTo(start);
    return { cursor: this.#cursor, end: this.#ends[field] as number };
  }

  /** The microseconds of a time; NaN for one that is printed otherwise, or absent. */
  timeUs(field: number): number {
    const start = this.#starts[field] as number;
    return start === ABSENT ? Number.NaN : this.#times.read(this.#bytes, start - 1);
  }

  /** Finds the value of every field. */
  #find(frame: Buffer): boolean {
    const bytes = this.#bytes;
    const view = this.#view;
    this.#cursor.start(frame);
    this.#starts.fill(ABSENT);
    if (bytes[0] !== OPEN) return false;
    let order = this.#orders[0] as Int8Array;
    let at = 0;
    for (let place = 0; place < MAX_FIELDS; place++) {
      const field = this.#fieldAt(at + 1, order, place);
      const start =
        field === NONE
          ? unknownNameEnd(bytes, view, at + 1)
          : at + 1 + (this.#lengths[field] as number);
      if (start < 0) return false;
      at = valueEnd(bytes, view, start);
      if (at < 0 || !this.#keep(field, start, at)) return false;
      if (place === 0) order = this.#orders[(bytes[start + 1] as number) & 31] as Int8Array;
      if (bytes[at] !== COMMA) break;
    }
    return bytes[at] === CLOSE && at + 1 === frame.length;
  }

  /** @returns false for a second value of a field, and for a list that nobody will read. */
  #keep(field: number, start: number, end: number): boolean {
    const byte = this.#bytes[start];
    if (field === NONE) return byte !== OPEN_LIST;
    if (this.#starts[field] !== ABSENT) return false;
    if (byte === LETTER_N) return true;
    const isText = byte === QUOTE;
    if (isText && end === start + 2) return true;
    this.#starts[field] = isText ? start + 1 : start;
    this.#ends[field] = isText ? end - 1 : end;
    return true;
  }

  /** The field whose name is at a place of the frame, or `NONE`. */
  #fieldAt(at: number, order: Int8Array, place: number): number {
    const usual = order[place] as number;
    if (usual !== NONE && this.#isName(at, usual)) return usual;
    for (let field = 0; field < this.#count; field++) {
      if (!this.#isName(at, field)) continue;
      order[place] = field;
      return field;
    }
    return NONE;
  }

  #isName(at: number, field: number): boolean {
    const view = this.#view;
    const first = field * MAX_NAME_WORDS;
    const length = this.#lengths[field] as number;
    const words = length >> 2;
    for (let i = 0; i < words; i++) {
      if (view.getInt32(at + i * 4, true) !== this.#words[first + i]) return false;
    }
    return view.getInt32(at + length - 4, true) === this.#tails[field];
  }
}

/** Where the value after a name begins, or -1. */
function unknownNameEnd(bytes: Buffer, view: DataView, at: number): number {
  const end = bytes[at] === QUOTE ? textEnd(bytes, view, at + 1) : NONE;
  return end >= 0 && bytes[end] === COLON ? end + 1 : NONE;
}

/** Where a text, an integer, a list or `null` ends, or -1. */
function valueEnd(bytes: Buffer, view: DataView, at: number): number {
  const byte = bytes[at] as number;
  if (byte === QUOTE) return textEnd(bytes, view, at + 1);
  if (byte >= ZERO && byte <= NINE) return digitsEnd(bytes, at);
  if (byte === OPEN_LIST) return listEnd(bytes, view, at);
  return view.getInt32(at, true) === NULL ? at + 4 : NONE;
}

/** Where the rest of a text ends, its quote included, or -1. The zeros behind the frame end it, too. */
function textEnd(bytes: Buffer, view: DataView, start: number): number {
  for (let at = start; ; at += 4) {
    // The high bit of a byte that is a quote, a backslash, below a space or beyond ASCII.
    const four = view.getInt32(at, true);
    const quotes = four ^ FOUR_QUOTES;
    const backslashes = four ^ FOUR_BACKSLASHES;
    const special =
      ((quotes - FOUR) & ~quotes) |
      ((backslashes - FOUR) & ~backslashes) |
      ((four - FOUR_SPACES) & ~four) |
      four;
    if ((special & HIGH_BITS) === 0) continue;
    for (;;) {
      const byte = bytes[at++] as number;
      if (byte === QUOTE) return at;
      if (byte < SPACE || byte === BACKSLASH || byte > LAST_ASCII) return NONE;
    }
  }
}

/** Where a list of texts or of lists ends, or -1. Only who reads it finds whether its commas are right. */
function listEnd(bytes: Buffer, view: DataView, start: number): number {
  let depth = 0;
  for (let at = start; ;) {
    const byte = bytes[at++];
    if (byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_LIST && --depth === 0) return at;
    else if (byte === QUOTE) at = textEnd(bytes, view, at);
    else if (byte !== CLOSE_LIST && byte !== COMMA) return NONE;
    if (at < 0) return NONE;
  }
}

/** Where an integer ends, or -1: JSON has none with a zero before other digits. */
function digitsEnd(bytes: Buffer, start: number): number {
  let at = start;
  while ((bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at++;
  return bytes[start] === ZERO && at > start + 1 ? NONE : at;
}

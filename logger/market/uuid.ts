/**
 * UUIDs as four 32-bit integers. Only the canonical text (lower case, five groups) counts as a UUID,
 * so that text and integers convert both ways without loss.
 */

const TEXT_LENGTH = 36;
const DASH = 45;

/** The value of a character as a lower-case hex digit, by its code; negative for any other. */
const DIGITS = new Int8Array(65_536).fill(-1);
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value;

const DIGIT_CODES = Buffer.from('0123456789abcdef', 'latin1');
/** Scratch for formatting: dashes stay, digits are overwritten. */
const written = Buffer.alloc(TEXT_LENGTH, '-');

/** The four integers of a UUID. */
export type UuidWords = Int32Array<ArrayBuffer>;

/** Parses a canonical UUID into `words`. @returns false for any other text. */
export function parseUuid(text: string, words: UuidWords): boolean {
  if (text.length !== TEXT_LENGTH) return false;
  const dashes =
    (text.charCodeAt(8) ^ DASH) |
    (text.charCodeAt(13) ^ DASH) |
    (text.charCodeAt(18) ^ DASH) |
    (text.charCodeAt(23) ^ DASH);
  // A character that is not a digit makes its group negative, and so the bitwise or of all groups.
  const a = fourDigits(text, 0);
  const b = fourDigits(text, 4);
  const c = fourDigits(text, 9);
  const d = fourDigits(text, 14);
  const e = fourDigits(text, 19);
  const f = fourDigits(text, 24);
  const g = fourDigits(text, 28);
  const h = fourDigits(text, 32);
  if (dashes !== 0 || (a | b | c | d | e | f | g | h) < 0) return false;
  words[0] = (a << 16) | b;
  words[1] = (c << 16) | d;
  words[2] = (e << 16) | f;
  words[3] = (g << 16) | h;
  return true;
}

function fourDigits(text: string, at: number): number {
  return (
    ((DIGITS[text.charCodeAt(at)] as number) << 12) |
    ((DIGITS[text.charCodeAt(at + 1)] as number) << 8) |
    ((DIGITS[text.charCodeAt(at + 2)] as number) << 4) |
    (DIGITS[text.charCodeAt(at + 3)] as number)
  );
}

/** The canonical text of the four integers at `at`. */
export function formatUuid(words: Int32Array, at: number): string {
  const [a, b] = [words[at] as number, words[at + 1] as number];
  const [c, d] = [words[at + 2] as number, words[at + 3] as number];
  putFourDigits(a >>> 16, 0);
  putFourDigits(a, 4);
  putFourDigits(b >>> 16, 9);
  putFourDigits(b, 14);
  putFourDigits(c >>> 16, 19);
  putFourDigits(c, 24);
  putFourDigits(d >>> 16, 28);
  putFourDigits(d, 32);
  return written.toString('latin1');
}

function putFourDigits(value: number, at: number): void {
  written[at] = DIGIT_CODES[(value >>> 12) & 15] as number;
  written[at + 1] = DIGIT_CODES[(value >>> 8) & 15] as number;
  written[at + 2] = DIGIT_CODES[(value >>> 4) & 15] as number;
  written[at + 3] = DIGIT_CODES[value & 15] as number;
}

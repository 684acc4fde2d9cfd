/** Malformed frames: the ways to corrupt an ordinary one, and frames that belong to no stream. */

/** Ways to corrupt a book update. `proto` stays usable; every other form makes it unreadable. */
export const CORRUPTIONS = [
  'truncated',
  'not-a-number',
  'long-number',
  'negative',
  'exponent',
  'missing-field',
  'wrong-type',
  'unsafe-sequence',
  'proto',
] as const;
/** `false-size`: a plausible but wrong size, which the message itself does not reveal. */
export type Corruption = (typeof CORRUPTIONS)[number] | 'false-size';

export const EXTRA_FRAMES = [
  'malformed',
  'empty',
  'huge',
  'unknown-event',
  'binary',
  'deep',
] as const;
export type ExtraFrame = (typeof EXTRA_FRAMES)[number];

/** Larger than any frame an exchange sends, small enough to be sent in one piece. */
const HUGE_FRAME_BYTES = 24 * 1024 * 1024;
/** Deep enough to overflow the stack of a recursive parser. */
const DEEP_NESTING = 100_000;

export function extraFrame(form: ExtraFrame): string | Buffer {
  switch (form) {
    case 'malformed':
      return '{"stream":"btcusdt@depth","data":{"e":"depthUpdate",,}';
    case 'empty':
      return '';
    case 'huge':
      return `{"stream":"btcusdt@depth","data":"${'x'.repeat(HUGE_FRAME_BYTES)}"}`;
    case 'unknown-event':
      return '{"stream":"btcusdt@novelty","data":{"e":"novelty","E":1790000000123,"s":"BTCUSDT"}}';
    case 'binary':
      return Buffer.from([0, 255, 1, 254, 123, 34]);
    case 'deep':
      return '['.repeat(DEEP_NESTING) + ']'.repeat(DEEP_NESTING);
  }
}

/** The first half of a text. */
export function truncated(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2));
}

/** Text of a column. */

import type { Chunk } from './chunk.ts';

type TextChunk = Extract<Chunk, { kind: 'text' }>;

export function textsOf(chunk: TextChunk): (string | null)[] {
  const { bytes, values, nulls } = chunk;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts: (string | null)[] = [];
  let from = chunk.start;
  for (const [row, to] of values.entries()) {
    texts.push(nulls?.[row] === 1 ? null : buffer.toString('utf8', from, to));
    from = to;
  }
  return texts;
}

/** Of the longest text, in bytes. */
export function longestText({ values, start }: TextChunk): number {
  let [longest, from] = [0, start];
  for (const to of values) {
    longest = Math.max(longest, to - from);
    from = to;
  }
  return longest;
}

/** Encodes a stream of items into parts of bounded size, with its gaps between them. */

import type { Scale } from '../market/decimal.ts';
import { isSameScale } from '../market/scale.ts';
import { formatGapItem } from '../queries/format.ts';
import type { DataItem, GapItem } from '../queries/items.ts';
import type { ExportPart } from '../queries/results.ts';
import type { Encoder } from './encoder.ts';

/** Of a part. */
export const DEFAULT_MAX_PART_BYTES = 64 * 1024;

const LINE_END = 10;

/**
 * All parts joined are the file. A part holds whole lines, unless a line is longer than a part.
 * @param hasScales say the scale of items, before the first one and where it changes.
 */
export async function* encodeParts(
  items: AsyncIterable<DataItem | GapItem>,
  encoder: Encoder,
  maxPartBytes: number = DEFAULT_MAX_PART_BYTES,
  hasScales = false,
): AsyncGenerator<ExportPart> {
  const buffer = new PartBuffer(maxPartBytes);
  let hasHeader = false;
  let scale: Scale | undefined;
  for await (const item of items) {
    // Not before the first item: an unknown security has no file, so no header either.
    if (!hasHeader) yield* buffer.add(encoder.header());
    hasHeader = true;
    if (item.type === 'gap') {
      yield* buffer.flush();
      yield { gap: formatGapItem(item) };
    } else {
      if (hasScales && !(scale && isSameScale(scale, item.scale))) {
        yield* buffer.flush();
        scale = item.scale;
        yield { scale };
      }
      // Not `yield*`, which costs some promises even where there is nothing to yield.
      for (const part of buffer.add(encoder.encode(item))) yield part;
    }
  }
  if (!hasHeader) yield* buffer.add(encoder.header());
  yield* buffer.add(encoder.end());
  yield* buffer.flush();
}

export class PartBuffer {
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the bytes of an item, and yields the parts that are full now. */
  *add(bytes: Uint8Array): Generator<{ readonly bytes: Uint8Array }> {
    if (this.#bytes + bytes.length > this.#maxBytes) yield* this.flush();
    let rest = bytes;
    while (rest.length > this.#maxBytes) {
      const end = rest.lastIndexOf(LINE_END, this.#maxBytes - 1) + 1 || this.#maxBytes;
      yield { bytes: rest.subarray(0, end) };
      rest = rest.subarray(end);
    }
    if (rest.length === 0) return;
    this.#chunks.push(rest);
    this.#bytes += rest.length;
  }

  /** What is left, as at most one part. */
  *flush(): Generator<{ readonly bytes: Uint8Array }> {
    if (this.#bytes === 0) return;
    const bytes = Buffer.concat(this.#chunks, this.#bytes);
    this.#chunks = [];
    this.#bytes = 0;
    yield { bytes };
  }
}

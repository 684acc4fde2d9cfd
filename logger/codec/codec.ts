/**
 * Records ↔ bytes. A format version is a module (`block-1.ts`, `orders-1.ts`) that never changes
 * once written with; `formats.ts` is the one place that knows which versions there are. Writers use
 * the newest, readers dispatch on the record's `encoding`.
 */

import type { Scale } from '../market/decimal.ts';
import type { BookImage, MarketEvent } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';

/** What a block holds: every event of one stretch, decodable with nothing but itself. */
export interface BlockContent {
  readonly scale: Scale;
  /** The sequence at which the book stood before the first step. */
  readonly previousSequence: number;
  /** In the order in which they were recorded; of the codec's level alone (trades: L2). */
  readonly events: readonly MarketEvent[];
}

export interface BlockCodec {
  readonly encoding: string;
  readonly level: BookLevel;
  /**
   * The same content gives the same bytes.
   * @throws LimitExceededError above `MAX_COLUMN_BYTES` unpacked, some five million level changes;
   *   InvariantError for numbers that are no integers.
   */
  encode(content: BlockContent): Uint8Array;
  /** @throws RecordCorruptError for anything that `encode` could not have made. */
  decode(body: Uint8Array): BlockContent;
}

export interface ImageCodec {
  readonly encoding: string;
  readonly level: BookLevel;
  /** Likewise; some ten million levels. */
  encode(image: BookImage): Uint8Array;
  /** @throws RecordCorruptError */
  decode(body: Uint8Array): BookImage;
}

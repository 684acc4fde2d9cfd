/**
 * Encodes and decodes the bodies of records. Each format version is a folder that never changes once
 * archives hold records written with it: `v1/` is frozen. `formats.ts` lists the versions; writers use
 * the newest, readers pick the decoder by the record's `encoding`.
 *
 * To add version 2:
 * 1. Copy what it needs of `v1/` to `v2/` and change the copy; `v2/` imports nothing of `v1/`. Name the
 *    encodings `block/2`, `image/2`, … and never reuse a name.
 * 2. Add the codecs to the lists in `formats.ts` and return them from `newestBlock` and `newestImage`.
 *    The decoders of version 1 stay in the lists for good.
 * 3. Add golden files (`test/fixtures/codec`) and extend `frozen.test.ts`, which pins content and
 *    bytes, and `frozen-code.test.ts`, which pins the code of each version (`test/unit/codec`).
 */

import type { Scale } from '../market/decimal.ts';
import type { BookImage, MarketEvent, Trade } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';

/** The events of a block. A block is decodable on its own. */
export interface BlockContent {
  readonly scale: Scale;
  /** The book's sequence before the first update. */
  readonly previousSequence: number;
  /** In recorded order. L2: diffs and trades; L3: order events. */
  readonly events: readonly MarketEvent[];
}

/** A trade whose id is a number. Version 1 stores no others: see `newestBlock`. */
export type NumberedTrade = Trade & { readonly tradeId: number };

export interface BlockCodec {
  readonly encoding: string;
  readonly level: BookLevel;
  /**
   * Deterministic: the same content gives the same bytes.
   * @throws LimitExceededError when the unpacked columns exceed `MAX_COLUMN_BYTES`, about five million
   *   level changes; InvariantError for numbers that are not integers.
   */
  encode(content: BlockContent): Uint8Array;
  /** @throws RecordCorruptError for anything that `encode` could not have produced. */
  decode(body: Uint8Array): BlockContent;
}

export interface ImageCodec {
  readonly encoding: string;
  readonly level: BookLevel;
  /** As `BlockCodec.encode`; the limit is about ten million levels. */
  encode(image: BookImage): Uint8Array;
  /** @throws RecordCorruptError */
  decode(body: Uint8Array): BookImage;
}

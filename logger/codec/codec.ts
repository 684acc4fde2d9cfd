/**
 * Encodes and decodes the bodies of records. Each format version is a folder that never changes once
 * archives hold records written with it: `v1/` and `v2/` are frozen. `formats.ts` lists the versions;
 * writers use what suits the record, readers pick the decoder by its `encoding`. `docs/format.md` says
 * what the bytes mean.
 *
 * To add version 3:
 * 1. Copy what it needs of `v2/` to `v3/` and change the copy; a version imports nothing of another.
 *    Name the encodings `block/3`, `image/3`, … and never reuse a name.
 * 2. Add the codecs to the lists in `formats.ts`, and return them from `newestBlock` and `newestImage`,
 *    and from `storedBlock` and `storedImage` where they suit. The decoders of older versions stay in the
 *    lists for good.
 * 3. Add golden files (`test/fixtures/codec`) and extend `frozen.test.ts`, which pins content and
 *    bytes, and `frozen-code.test.ts`, which pins the code of each version (`test/unit/codec`).
 */

import type { Scale } from '../market/decimal.ts';
import type { BookImage, MarketEvent, Trade } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';

/** The events of a block. A block is decodable on its own. */
export interface BlockContent {
  readonly scale: Scale;
  /** The scale of trades, where it is another one. Version 2 stores it; nothing writes it yet. */
  readonly tradeScale?: Scale;
  /** The book's sequence before the first update. */
  readonly previousSequence: number;
  /** In recorded order. L2: diffs and trades; L3: order events, and trades that are no fills among them. */
  readonly events: readonly MarketEvent[];
}

/**
 * The number of orders at each level of a side, as version 2 stores them with diffs and images that have
 * these fields. `order-counts.ts` makes them of the `counts` that events and books have.
 */
export interface OrderCounts {
  /** One for each level of `bids`. */
  readonly bidOrders?: readonly number[];
  /** One for each level of `asks`. */
  readonly askOrders?: readonly number[];
}

/** A trade whose id is a number: version 1 stores no others. */
export type NumberedTrade = Trade & { readonly tradeId: number };

export interface BlockCodec {
  readonly encoding: string;
  readonly level: BookLevel;
  /**
   * Deterministic: the same content gives the same bytes.
   * @throws LimitExceededError above about five million level changes; InvariantError for numbers that
   *   are not integers.
   */
  encode(content: BlockContent): Uint8Array;
  /** @throws RecordCorruptError for anything that `encode` could not have produced. */
  decode(body: Uint8Array): BlockContent;
}

export interface ImageCodec {
  readonly encoding: string;
  readonly level: BookLevel;
  /** As `BlockCodec.encode`; the limit is at least five million levels or orders. */
  encode(image: BookImage): Uint8Array;
  /** @throws RecordCorruptError */
  decode(body: Uint8Array): BookImage;
}

/**
 * The list of format versions. Writers use what suits the record; readers pick the decoder by its
 * `encoding`, so that every version ever written stays readable.
 */

import { RecordCorruptError } from '../errors.ts';
import type { Scale } from '../market/decimal.ts';
import type { BookImage, BookSides, MarketEvent } from '../market/events.ts';
import { finerScale, rescaleEvent } from '../market/scale.ts';
import type { BookLevel } from '../market/security.ts';
import { block1Changes } from './block-1-changes.ts';
import { block2Changes } from './block-2-changes.ts';
import { journal1, journal2 } from './journal/part-reader.ts';
import { PartWriter } from './journal/part-writer.ts';
import type { BlockCodec, BlockContent, ImageCodec } from './codec.ts';
import type { ChangesEnd, LevelChanges } from './level-changes.ts';
import { isMixed, mixedOrders2 } from './mixed-orders.ts';
import { countedBlock2, countedImage2 } from './order-counts.ts';

import { block1 } from './v1/block.ts';
import { image1 } from './v1/image.ts';
import { orders1 } from './v1/orders.ts';
import { ordersImage1 } from './v1/orders-image.ts';
import { orders2 } from './v2/orders.ts';
import { ordersImage2 } from './v2/orders-image.ts';

const BLOCK_DECODERS: readonly Pick<BlockCodec, 'encoding' | 'decode'>[] = [
  block1,
  orders1,
  countedBlock2,
  orders2,
  mixedOrders2,
  journal1,
  journal2,
];
const IMAGE_CODECS: readonly ImageCodec[] = [image1, ordersImage1, countedImage2, ordersImage2];

/** The newest codec for blocks; `storedBlock` knows those that it does not hold. */
export function newestBlock(level: BookLevel): BlockCodec {
  return level === 'L2' ? countedBlock2 : orders2;
}

/**
 * From here on a block of levels is stored in version 1. It takes a tenth more bytes, and two thirds of the time to
 * write, to read and to read for a past book: with so many changes, that is milliseconds. Smaller blocks get a
 * sixth to a ninth smaller in version 2, the smallest half as large.
 */
const MANY_LEVEL_CHANGES = 6000;

/** The codec in which a block is stored. */
export function storedBlock(level: BookLevel, content: BlockContent): BlockCodec {
  if (level === 'L3') return isMixed(content) ? mixedOrders2 : orders2;
  let changes = 0;
  for (const event of content.events) {
    if (event.type === 'diff') {
      changes += (event.bids.length + event.asks.length) / 2;
      if (event.counts !== undefined) return countedBlock2;
      // Version 1 has no place for numbers of orders, nor for these.
    } else if (event.type === 'trade' && typeof event.tradeId === 'string') return countedBlock2;
  }
  const isFine = content.tradeScale === undefined;
  return isFine && changes >= MANY_LEVEL_CHANGES ? block1 : countedBlock2;
}

/**
 * The codec in which an image is stored. Of levels: `image/2` is 7 % smaller, and read in three times the time;
 * version 1 has no place for numbers of orders.
 */
export function storedImage(image: BookSides): ImageCodec {
  if (image.level === 'L3') return ordersImage2;
  return image.counts === undefined ? image1 : countedImage2;
}

/** Whether an image of levels in this encoding may have numbers of orders. */
export function mayHaveCounts(encoding: string): boolean {
  return encoding !== image1.encoding;
}

/** Keeps an open block. Its parts are decoded as blocks. */
export function journalWriter(): PartWriter {
  return new PartWriter();
}

/** The newest codec for base images. */
export function newestImage(level: BookLevel): ImageCodec {
  return level === 'L2' ? countedImage2 : ordersImage2;
}

/**
 * All events at one scale, also where the block has another one for trades.
 *
 * @param encoding the block record's `encoding`, such as `block/2`.
 * @throws RecordCorruptError for damaged bytes and for an unknown encoding.
 */
export function decodeBlock(encoding: string, body: Uint8Array): BlockContent {
  const content = codecOf(BLOCK_DECODERS, encoding, 'block').decode(body);
  const { scale, tradeScale, previousSequence, events } = content;
  if (tradeScale === undefined) return content;
  const finest = finerScale(scale, tradeScale);
  const scaleOf = (event: MarketEvent): Scale => (event.type === 'trade' ? tradeScale : scale);
  return {
    scale: finest,
    previousSequence,
    events: events.map((event) => rescaleEvent(event, scaleOf(event), finest)),
  };
}

/**
 * Reads what the diffs of a block leave without its events; undefined: it has to be decoded.
 * @throws RecordCorruptError
 */
export type ChangesReader = (body: Uint8Array, end: ChangesEnd) => LevelChanges | undefined;

/** @param encoding the block record's `encoding`. */
export function changesReader(encoding: string): ChangesReader | undefined {
  if (encoding === block1.encoding) return block1Changes;
  return encoding === countedBlock2.encoding ? block2Changes : undefined;
}

/**
 * @param encoding the image record's `encoding`, such as `image/2`.
 * @throws RecordCorruptError for damaged bytes and for an unknown encoding.
 */
export function decodeImage(encoding: string, body: Uint8Array): BookImage {
  return codecOf(IMAGE_CODECS, encoding, 'image').decode(body);
}

function codecOf<Codec extends { readonly encoding: string }>(
  codecs: readonly Codec[],
  encoding: string,
  kind: 'block' | 'image',
): Codec {
  const codec = codecs.find((candidate) => candidate.encoding === encoding);
  if (codec !== undefined) return codec;
  const known = codecs.map((candidate) => candidate.encoding).join(', ');
  const shown = JSON.stringify(encoding.slice(0, 40));
  const isVersion = /^[a-z][a-z-]*\/[1-9][0-9]*$/.test(encoding);
  throw new RecordCorruptError(
    isVersion
      ? `This ${kind} was written by a newer version: its encoding is ${shown}, this version reads ${known}`
      : `${shown} is not a ${kind} encoding; this version reads ${known}`,
    { context: { encoding } },
  );
}

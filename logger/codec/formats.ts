/**
 * The list of format versions. Writers use the newest; readers pick the decoder by the record's
 * `encoding`, so that every version ever written stays readable.
 */

import { RecordCorruptError, assertInvariant } from '../errors.ts';
import type { BookImage } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';
import { journal1 } from './journal/part-reader.ts';
import { PartWriter } from './journal/part-writer.ts';
import { block1 } from './v1/block.ts';
import type { BlockCodec, BlockContent, ImageCodec } from './codec.ts';
import { image1 } from './v1/image.ts';
import { orders1 } from './v1/orders.ts';
import { ordersImage1 } from './v1/orders-image.ts';

const BLOCK_DECODERS: readonly Pick<BlockCodec, 'encoding' | 'decode'>[] = [
  block1,
  orders1,
  journal1,
];
const IMAGE_CODECS: readonly ImageCodec[] = [image1, ordersImage1];

const NEW_BLOCKS: Readonly<Record<BookLevel, BlockCodec>> = {
  L2: withNumberedTrades(block1),
  L3: withNumberedTrades(orders1),
};

/** The codec for new blocks. Its `encode` throws InvariantError for a trade id that is text. */
export function newestBlock(level: BookLevel): BlockCodec {
  return NEW_BLOCKS[level];
}

/** Version 1 would store a text of digits as a number: an id that is text needs a later version. */
function withNumberedTrades(codec: BlockCodec): BlockCodec {
  return {
    ...codec,
    encode: (content) => {
      for (const event of content.events) {
        if (event.type !== 'trade' && event.type !== 'match') continue;
        const isNumber = typeof event.tradeId === 'number';
        assertInvariant(isNumber, `${codec.encoding} stores no trade ids that are text`);
      }
      return codec.encode(content);
    },
  };
}

/** What an open block is kept in. Its parts are decoded as blocks. */
export const newestJournal = {
  encoding: journal1.encoding,
  writer: (): PartWriter => new PartWriter(),
};

/** The codec for new base images. */
export function newestImage(level: BookLevel): ImageCodec {
  return level === 'L2' ? image1 : ordersImage1;
}

/**
 * @param encoding the block record's `encoding`, such as `block/1`.
 * @throws RecordCorruptError for damaged bytes and for an unknown encoding.
 */
export function decodeBlock(encoding: string, body: Uint8Array): BlockContent {
  return codecOf(BLOCK_DECODERS, encoding, 'block').decode(body);
}

/**
 * @param encoding the image record's `encoding`, such as `image/1`.
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

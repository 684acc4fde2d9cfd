/**
 * L2 base image, format version 2: `image/2`. The levels of both sides, best first. Documented byte by
 * byte in `docs/format.md`. Frozen; see `codec.ts`.
 */

import { InvariantError } from '../../errors.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import type { LevelImage, Levels } from '../../market/events.ts';
import type { ImageCodec, OrderCounts } from '../codec.ts';
import type { Grids } from './block-header.ts';
import { Contexts } from './coder.ts';
import type { Coder } from './coder.ts';
import { Allowance, readRecord, writeRecord } from './envelope.ts';
import { GridSample } from './grid.ts';
import { NO_IMAGE, codeImageHeader, positionOf } from './image-header.ts';
import { NEAR_CONTEXTS } from './numbers.ts';
import { codeOrderCounts } from './order-counts.ts';
import { OUTWARD_CONTEXTS, OutwardPrices } from './outward-prices.ts';
import { SizeModel, takeSizeContexts } from './sizes.ts';

const contexts = new Contexts();
const AT = {
  price: contexts.take(OUTWARD_CONTEXTS),
  /** By which of the last three sizes were recent ones. */
  size: takeSizeContexts(contexts, SizeModel.PASTS),
  hasOrders: contexts.take(1),
  orders: contexts.take(2 * NEAR_CONTEXTS),
};
const IMAGE_CONTEXTS = contexts.count;

export const image2: ImageCodec = {
  encoding: 'image/2',
  level: 'L2',

  encode(image): Uint8Array {
    if (image.level !== 'L2') throw new InvariantError('Not an L2 image');
    return writeRecord(IMAGE_CONTEXTS, (coder) => void codeImage(coder, image));
  },

  decode(body: Uint8Array): LevelImage {
    return readRecord(IMAGE_CONTEXTS, body, (coder) =>
      codeImage(coder, { level: 'L2', ...NO_IMAGE, bids: [], asks: [] }),
    );
  },
};

function codeImage(coder: Coder, image: LevelImage & OrderCounts): LevelImage & OrderCounts {
  const header = codeImageHeader(coder, {
    ...image,
    grids: gridsOf(image),
    bidCount: image.bids.length / 2,
    askCount: image.asks.length / 2,
  });
  const { grids, bidCount, askCount } = header;
  new Allowance(coder).take(bidCount + askCount);
  const sizes = new SizeModel(coder, AT.size, grids.size);
  const sides = {
    bids: codeSide(coder, sizes, grids, { levels: image.bids, count: bidCount, outward: -1 }),
    asks: codeSide(coder, sizes, grids, { levels: image.asks, count: askCount, outward: 1 }),
  };
  const bidOrders = codeOrderCounts(coder, AT, sides.bids, image.bidOrders);
  const askOrders = codeOrderCounts(coder, AT, sides.asks, image.askOrders);
  return {
    level: 'L2',
    ...positionOf(header),
    ...sides,
    ...(bidOrders === undefined ? {} : { bidOrders }),
    ...(askOrders === undefined ? {} : { askOrders }),
  };
}

function codeSide(
  coder: Coder,
  sizes: SizeModel,
  grids: Grids,
  side: { readonly levels: Levels; readonly count: number; readonly outward: 1 | -1 },
): Levels {
  const { levels, count, outward } = side;
  const prices = new OutwardPrices(coder, AT.price, grids.price, { outward, least: 1 });
  const read: ScaledInt[] = [];
  for (let i = 0; i < count; i++) {
    const price = prices.code(levels[2 * i] ?? 0);
    read.push(price, sizes.codeByPast(levels[2 * i + 1] ?? 0));
  }
  return read;
}

function gridsOf(image: LevelImage): Grids {
  const levels = (image.bids.length + image.asks.length) / 2;
  const prices = new GridSample(levels);
  const sizes = new GridSample(levels);
  for (const side of [image.bids, image.asks]) {
    prices.addLevels(side, 0);
    sizes.addLevels(side, 1);
  }
  return { price: prices.grid(), size: sizes.grid() };
}

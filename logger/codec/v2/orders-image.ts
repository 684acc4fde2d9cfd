/**
 * L3 base image, format version 2: `orders-image/2`. Every resting order of both sides, best price first,
 * in queue order. Documented byte by byte in `docs/format.md`. Frozen; see `codec.ts`.
 */

import { InvariantError } from '../../errors.ts';
import type { OrderImage, RestingOrder } from '../../market/events.ts';
import type { ImageCodec } from '../codec.ts';
import type { Grids } from './block-header.ts';
import { corrupt } from './bytes.ts';
import { Contexts } from './coder.ts';
import type { Coder } from './coder.ts';
import { Allowance, readRecord, writeRecord } from './envelope.ts';
import { GridSample } from './grid.ts';
import { ID_CONTEXTS, IdModel } from './ids.ts';
import { NO_IMAGE, codeImageHeader, positionOf } from './image-header.ts';
import { OUTWARD_CONTEXTS, OutwardPrices } from './outward-prices.ts';
import { SizeModel, takeSizeContexts } from './sizes.ts';

const contexts = new Contexts();
const AT = {
  price: contexts.take(OUTWARD_CONTEXTS),
  size: takeSizeContexts(contexts, SizeModel.PASTS),
  id: contexts.take(ID_CONTEXTS),
};
const IMAGE_CONTEXTS = contexts.count;

export const ordersImage2: ImageCodec = {
  encoding: 'orders-image/2',
  level: 'L3',

  encode(image): Uint8Array {
    if (image.level !== 'L3') throw new InvariantError('Not an L3 image');
    return writeRecord(IMAGE_CONTEXTS, (coder) => void codeImage(coder, image));
  },

  decode(body: Uint8Array): OrderImage {
    return readRecord(IMAGE_CONTEXTS, body, (coder) =>
      codeImage(coder, { level: 'L3', ...NO_IMAGE, bids: [], asks: [] }),
    );
  },
};

/** What both sides share. */
interface Models {
  readonly coder: Coder;
  readonly grids: Grids;
  readonly sizes: SizeModel;
  readonly ids: IdModel;
  readonly seen: Set<string>;
}

const NO_ORDER: RestingOrder = { orderId: '', price: 0, size: 0 };

function codeImage(coder: Coder, image: OrderImage): OrderImage {
  const header = codeImageHeader(coder, {
    ...image,
    grids: gridsOf(image),
    bidCount: image.bids.length,
    askCount: image.asks.length,
  });
  const { grids, bidCount, askCount } = header;
  new Allowance(coder).take(bidCount + askCount);
  const sizes = new SizeModel(coder, AT.size, grids.size);
  const models = { coder, grids, sizes, ids: new IdModel(coder, AT.id), seen: new Set<string>() };
  return {
    level: 'L3',
    ...positionOf(header),
    bids: codeSide(models, { orders: image.bids, count: bidCount, outward: -1 }),
    asks: codeSide(models, { orders: image.asks, count: askCount, outward: 1 }),
  };
}

function codeSide(
  { coder, grids, sizes, ids, seen }: Models,
  side: {
    readonly orders: readonly RestingOrder[];
    readonly count: number;
    readonly outward: 1 | -1;
  },
): RestingOrder[] {
  const { orders, count, outward } = side;
  const prices = new OutwardPrices(coder, AT.price, grids.price, { outward, least: 0 });
  const read: RestingOrder[] = [];
  for (let i = 0; i < count; i++) {
    const order = orders[i] ?? NO_ORDER;
    const price = prices.code(order.price);
    const size = sizes.codeByPast(order.size);
    const orderId = ids.code(order.orderId);
    if (coder.isReading && (!(size > 0) || seen.has(orderId)))
      throw corrupt('an order is listed twice or has no size');
    seen.add(orderId);
    read.push({ orderId, price, size });
  }
  return read;
}

function gridsOf(image: OrderImage): Grids {
  const orders = image.bids.length + image.asks.length;
  const prices = new GridSample(orders);
  const sizes = new GridSample(orders);
  for (const side of [image.bids, image.asks]) {
    for (const { price, size } of side) {
      prices.add(price);
      sizes.add(size);
    }
  }
  return { price: prices.grid(), size: sizes.grid() };
}

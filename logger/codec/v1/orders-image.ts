/**
 * L3 base image, format version 1: `orders-image/1`. Every resting order in queue order: prices are
 * steps away from the best on the grid (0: next in the same queue), sizes are in lots, ids are stored
 * as they are. Frozen; see `codec.ts`.
 *
 *   header   exponents, grid steps, counts, sequence, times, horizon
 *   columns  price steps, sizes, kinds of ids
 */

import { InvariantError } from '../../errors.ts';
import type { OrderImage, RestingOrder } from '../../market/events.ts';
import { corrupt } from './bytes.ts';
import type { ImageCodec } from '../codec.ts';
import { ColumnsReader, ColumnsWriter, ESCAPE_TOKEN } from './columns.ts';
import { GridSample } from './grid.ts';
import { headerOf, readHeader } from './image-header.ts';
import type { Grids } from './image-header.ts';
import { readId, writeId } from './order-ids.ts';
import { RecentSizes } from './recent-sizes.ts';
import { OFF_GRID, lotsOf, readLots, writeSize } from './size-numbers.ts';

const VERSION = 1;
/** The column of a side's price steps; the columns of its sizes and kinds of ids follow. */
const BIDS = 0;
const ASKS = 3;
const COLUMNS = 6;
/** The token of a price that lies off the grid: it is stored as an escape. */
const OFF_GRID_TOKEN = ESCAPE_TOKEN - 1;

export const ordersImage1: ImageCodec = {
  encoding: 'orders-image/1',
  level: 'L3',

  encode(image): Uint8Array {
    if (image.level !== 'L3') throw new InvariantError('Not an L3 image');
    const grids = gridsOf(image);
    const out = new ColumnsWriter(COLUMNS);
    writeSide(out, BIDS, image.bids, grids);
    writeSide(out, ASKS, image.asks, grids);
    const counts = { bids: image.bids.length, asks: image.asks.length };
    return out.finish(VERSION, headerOf(image, grids, counts));
  },

  decode(body: Uint8Array): OrderImage {
    const input = new ColumnsReader(VERSION, COLUMNS, body);
    const limits = { bids: input.columnLength(BIDS), asks: input.columnLength(ASKS) };
    const { head, grids, counts } = readHeader(input.header, limits);
    const seen = new Set<string>();
    const image: OrderImage = {
      level: 'L3',
      ...head,
      bids: readSide(input, BIDS, { count: counts.bids, grids, seen }),
      asks: readSide(input, ASKS, { count: counts.asks, grids, seen }),
    };
    input.end();
    return image;
  },
};

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

function writeSide(
  out: ColumnsWriter,
  column: number,
  orders: readonly RestingOrder[],
  grids: Grids,
): void {
  const outward = column === BIDS ? -1 : 1;
  const recent = new RecentSizes();
  let previous = 0;
  for (const { orderId, price, size } of orders) {
    const tick = grids.price.index(price);
    if (Number.isNaN(tick)) {
      out.token(column, OFF_GRID_TOKEN);
      out.scaledEscape(price);
    } else {
      out.near(column, tick * outward, previous);
      previous = tick * outward;
    }
    writeSize(out, column + 1, recent, lotsOf(grids.size, size), size);
    writeId(out, column + 2, orderId);
  }
}

function readSide(
  input: ColumnsReader,
  column: number,
  { count, grids, seen }: { count: number; grids: Grids; seen: Set<string> },
): RestingOrder[] {
  const outward = column === BIDS ? -1 : 1;
  const recent = new RecentSizes();
  const orders: RestingOrder[] = [];
  let previous = 0;
  for (let i = 0; i < count; i++) {
    let price;
    if (input.peek(column) === OFF_GRID_TOKEN) {
      input.token(column);
      price = input.escapes.scaled();
    } else {
      previous = input.near(column, previous);
      price = grids.price.value(previous * outward);
    }
    const lots = readLots(input, column + 1, recent);
    const size = lots === OFF_GRID ? input.escapes.scaled() : grids.size.value(lots);
    const orderId = readId(input, column + 2);
    if (!(size > 0) || seen.has(orderId)) throw corrupt('an order is listed twice or has no size');
    seen.add(orderId);
    orders.push({ orderId, price, size });
  }
  return orders;
}

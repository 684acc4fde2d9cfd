/**
 * L2 base image, format version 1: `image/1`. Levels are stored best first as steps on the price grid
 * and sizes in lots. Frozen; see `codec.ts`.
 *
 *   header   exponents, grid steps, counts, sequence, times, horizon
 *   columns  price steps, sizes
 */

import { InvariantError } from '../../errors.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import type { BookImage, LevelImage, Levels } from '../../market/events.ts';
import type { ImageCodec } from '../codec.ts';
import { ColumnsReader, ColumnsWriter, ESCAPE_TOKEN } from './columns.ts';
import { GridSample } from './grid.ts';
import { headerOf, readHeader } from './image-header.ts';
import type { Grids } from './image-header.ts';
import { RecentSizes } from './recent-sizes.ts';
import { lotsOf, OFF_GRID, readLots, writeSize } from './size-numbers.ts';

const VERSION = 1;
/** The column of a side's price steps; its size column follows. */
const BIDS = 0;
const ASKS = 2;
const COLUMNS = 4;
/** The token of a price that lies off the grid: it is stored as an escape. */
const OFF_GRID_TOKEN = ESCAPE_TOKEN - 1;

export const image1: ImageCodec = {
  encoding: 'image/1',
  level: 'L2',

  encode(image: BookImage): Uint8Array {
    if (image.level !== 'L2') throw new InvariantError('Not an L2 image');
    const grids = gridsOf(image);
    const out = new ColumnsWriter(COLUMNS);
    writeSide(out, BIDS, image.bids, grids);
    writeSide(out, ASKS, image.asks, grids);
    const counts = { bids: image.bids.length / 2, asks: image.asks.length / 2 };
    return out.finish(VERSION, headerOf(image, grids, counts));
  },

  decode(body: Uint8Array): BookImage {
    const input = new ColumnsReader(VERSION, COLUMNS, body);
    const limits = { bids: input.columnLength(BIDS), asks: input.columnLength(ASKS) };
    const { head, grids, counts } = readHeader(input.header, limits);
    const image: LevelImage = {
      level: 'L2',
      ...head,
      bids: readSide(input, BIDS, counts.bids, grids),
      asks: readSide(input, ASKS, counts.asks, grids),
    };
    input.end();
    return image;
  },
};

function gridsOf(image: LevelImage): Grids {
  const levels = (image.bids.length + image.asks.length) / 2;
  const prices = new GridSample(levels);
  const sizes = new GridSample(levels);
  for (const side of [image.bids, image.asks]) {
    for (let i = 0; i < side.length; i += 2) {
      prices.add(side[i] as ScaledInt);
      sizes.add(side[i + 1] as ScaledInt);
    }
  }
  return { price: prices.grid(), size: sizes.grid() };
}

function writeSide(out: ColumnsWriter, column: number, levels: Levels, grids: Grids): void {
  const outward = column === BIDS ? -1 : 1;
  const recent = new RecentSizes();
  let previous = 0;
  for (let i = 0; i < levels.length; i += 2) {
    const price = levels[i] as ScaledInt;
    const size = levels[i + 1] as ScaledInt;
    const tick = grids.price.index(price);
    if (Number.isNaN(tick)) {
      out.token(column, OFF_GRID_TOKEN);
      out.scaledEscape(price);
    } else {
      out.near(column, tick * outward, previous + 1);
      previous = tick * outward;
    }
    writeSize(out, column + 1, recent, lotsOf(grids.size, size), size);
  }
}

function readSide(input: ColumnsReader, column: number, count: number, grids: Grids): Levels {
  const outward = column === BIDS ? -1 : 1;
  const recent = new RecentSizes();
  const levels: ScaledInt[] = [];
  let previous = 0;
  for (let level = 0; level < count; level++) {
    if (input.peek(column) === OFF_GRID_TOKEN) {
      input.token(column);
      levels.push(input.escapes.scaled());
    } else {
      previous = input.near(column, previous + 1);
      levels.push(grids.price.value(previous * outward));
    }
    const lots = readLots(input, column + 1, recent);
    levels.push(lots === OFF_GRID ? input.escapes.scaled() : grids.size.value(lots));
  }
  return levels;
}

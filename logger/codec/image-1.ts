/**
 * Base image, format version 1: `image/1`. Levels are steps outward on the price grid and sizes in
 * lots. Frozen once records are written with it; a change is a new module.
 *
 *   header   exponents, grid steps, counts, sequence, times, horizon
 *   columns  price steps, sizes
 */

import type { ScaledInt } from '../market/decimal.ts';
import type { BookImage, Levels } from '../market/events.ts';
import { ByteWriter, corrupt } from './bytes.ts';
import type { ByteReader } from './bytes.ts';
import type { ImageCodec } from './codec.ts';
import { ColumnsReader, ColumnsWriter, ESCAPE_TOKEN } from './columns.ts';
import { Grid, GridSample } from './grid.ts';
import { RecentSizes } from './recent-sizes.ts';
import { lotsOf, OFF_GRID, readLots, writeSize } from './size-numbers.ts';

const VERSION = 1;
/** The column of a side's price steps; its sizes follow. */
const BIDS = 0;
const ASKS = 2;
const COLUMNS = 4;
/** A price that lies off the grid stands among the escapes. */
const OFF_GRID_TOKEN = ESCAPE_TOKEN - 1;

interface Grids {
  readonly price: Grid;
  readonly size: Grid;
}

export const image1: ImageCodec = {
  encoding: 'image/1',

  encode(image: BookImage): Uint8Array {
    const grids = gridsOf(image);
    const out = new ColumnsWriter(COLUMNS);
    writeSide(out, BIDS, image.bids, grids);
    writeSide(out, ASKS, image.asks, grids);
    return out.finish(VERSION, headerOf(image, grids));
  },

  decode(body: Uint8Array): BookImage {
    const input = new ColumnsReader(VERSION, COLUMNS, body);
    const { header } = input;
    const scale = { priceExponent: header.uint(), sizeExponent: header.uint() };
    const grids: Grids = { price: Grid.read(header), size: Grid.read(header) };
    const bidCount = header.uint(input.columnLength(BIDS));
    const askCount = header.uint(input.columnLength(ASKS));
    const image: BookImage = {
      sequence: header.safeInteger(),
      exchangeTimeUs: header.safeInteger(),
      receiveTimeUs: header.safeInteger(),
      scale,
      horizon: { bid: readHorizon(header), ask: readHorizon(header) },
      bids: readSide(input, BIDS, bidCount, grids),
      asks: readSide(input, ASKS, askCount, grids),
    };
    input.end();
    return image;
  },
};

function gridsOf(image: BookImage): Grids {
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

function headerOf(image: BookImage, grids: Grids): Uint8Array {
  const header = new ByteWriter();
  header.uint(image.scale.priceExponent);
  header.uint(image.scale.sizeExponent);
  header.uint(grids.price.step);
  header.uint(grids.size.step);
  header.uint(image.bids.length / 2);
  header.uint(image.asks.length / 2);
  header.safeInteger(image.sequence);
  header.safeInteger(image.exchangeTimeUs);
  header.safeInteger(image.receiveTimeUs);
  for (const horizon of [image.horizon.bid, image.horizon.ask]) {
    header.byte(horizon === null ? 0 : 1);
    if (horizon !== null) header.scaled(horizon);
  }
  return header.bytes();
}

function readHorizon(header: ByteReader): ScaledInt | null {
  const flag = header.byte();
  if (flag > 1) throw corrupt(`no horizon flag ${flag}`);
  return flag === 0 ? null : header.scaled();
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

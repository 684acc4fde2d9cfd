/**
 * L2 block, format version 1: `block/1`. Diffs and trades in recorded order, lossless and decodable
 * on their own: the book in which prices are ranked starts empty and is built from the block's own
 * level changes. Frozen; see `codec.ts`.
 *
 *   header   exponents, previous sequence, counts, grid steps, rhythm (time unit and diff interval)
 *   columns  see block-columns.ts
 */

import { InvariantError } from '../../errors.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import type { Diff, MarketEvent, Trade } from '../../market/events.ts';
import { BLOCK_COLUMNS, COLUMN } from './block-columns.ts';
import { ByteWriter, corrupt } from './bytes.ts';
import type { BlockCodec, BlockContent, NumberedTrade } from '../codec.ts';
import { ColumnsReader, ColumnsWriter } from './columns.ts';
import { Grid, GridSample } from './grid.ts';
import { LevelDecoder } from './level-decoder.ts';
import { LevelEncoder } from './level-encoder.ts';
import { HeadDecoder, HeadEncoder } from './message-heads.ts';
import type { Rhythm } from './message-heads.ts';

const VERSION = 1;
const MILLISECOND_US = 1000;

export const block1: BlockCodec = {
  encoding: 'block/1',
  level: 'L2',

  encode(content: BlockContent): Uint8Array {
    const { previousSequence } = content;
    const events = content.events.map(levelEvent);
    const { grids, rhythm, diffs, trades } = survey(events);
    const out = new ColumnsWriter(BLOCK_COLUMNS);
    const heads = new HeadEncoder(out, rhythm, grids, previousSequence);
    const levels = new LevelEncoder(out, grids.price, grids.size);
    // Each count is written before what it counts: the decoder reads the bit stream in this order.
    let run = 0;
    for (let index = 0; index < events.length; index++) {
      const event = events[index] as Diff | Trade;
      if (event.type === 'trade') continue;
      out.unsigned(COLUMN.tradesBefore, index - run);
      for (; run < index; run++) heads.trade(events[run] as NumberedTrade);
      heads.diff(event);
      levels.message(event.bids, event.asks);
      run = index + 1;
    }
    for (; run < events.length; run++) heads.trade(events[run] as NumberedTrade);
    const header = new ByteWriter();
    header.uint(content.scale.priceExponent);
    header.uint(content.scale.sizeExponent);
    header.safeInteger(previousSequence);
    header.uint(diffs);
    header.uint(trades);
    header.uint(grids.price.step);
    header.uint(grids.size.step);
    header.uint(rhythm.timeUnitUs);
    header.uint(rhythm.diffInterval);
    return out.finish(VERSION, header.bytes());
  },

  decode(body: Uint8Array): BlockContent {
    const input = new ColumnsReader(VERSION, BLOCK_COLUMNS, body);
    const { header } = input;
    const scale = { priceExponent: header.uint(), sizeExponent: header.uint() };
    const previousSequence = header.safeInteger();
    const diffs = header.uint(input.columnLength(COLUMN.diffTime));
    const trades = header.uint(input.columnLength(COLUMN.tradeTime));
    const grids = { price: Grid.read(header), size: Grid.read(header) };
    const rhythm = { timeUnitUs: header.uint(), diffInterval: header.uint() };
    if (rhythm.timeUnitUs < 1) throw corrupt('the time unit is zero');
    const heads = new HeadDecoder(input, rhythm, grids, previousSequence);
    const levels = new LevelDecoder(input, grids.price, grids.size);
    const events: MarketEvent[] = [];
    let tradesLeft = trades;
    for (let diff = 0; diff < diffs; diff++) {
      const tradesBefore = input.unsigned(COLUMN.tradesBefore);
      if (tradesBefore > tradesLeft) throw corrupt('more trades than declared');
      tradesLeft -= tradesBefore;
      for (let trade = 0; trade < tradesBefore; trade++) events.push(heads.trade());
      const { bidCount, askCount, ...head } = heads.diff();
      events.push({ ...head, ...levels.message(bidCount, askCount) });
    }
    for (let trade = 0; trade < tradesLeft; trade++) events.push(heads.trade());
    input.end();
    return { scale, previousSequence, events };
  },
};

function levelEvent(event: MarketEvent): Diff | Trade {
  if (event.type === 'diff' || event.type === 'trade') return event;
  throw new InvariantError(`An L2 block cannot hold an event of type ${event.type}`);
}

interface Survey {
  readonly grids: { readonly price: Grid; readonly size: Grid };
  readonly rhythm: Rhythm;
  readonly diffs: number;
  readonly trades: number;
}

/** Finds what all events of the block have in common. */
function survey(events: readonly (Diff | Trade)[]): Survey {
  const diffTimes: number[] = [];
  let values = 0;
  let isMilliseconds = true;
  for (const event of events) {
    if (event.exchangeTimeUs % MILLISECOND_US !== 0) isMilliseconds = false;
    if (event.type === 'trade') {
      if (event.eventTimeUs % MILLISECOND_US !== 0) isMilliseconds = false;
      values++;
    } else {
      diffTimes.push(event.exchangeTimeUs);
      values += (event.bids.length + event.asks.length) / 2;
    }
  }
  const timeUnitUs = isMilliseconds ? MILLISECOND_US : 1;
  return {
    grids: gridsOf(events, values),
    rhythm: { timeUnitUs, diffInterval: Math.floor(usualInterval(diffTimes) / timeUnitUs) },
    diffs: diffTimes.length,
    trades: events.length - diffTimes.length,
  };
}

function gridsOf(events: readonly (Diff | Trade)[], values: number): Survey['grids'] {
  const prices = new GridSample(values);
  const sizes = new GridSample(values);
  for (const event of events) {
    if (event.type === 'trade') {
      prices.add(event.price);
      sizes.add(event.size);
      continue;
    }
    for (const levels of [event.bids, event.asks]) {
      for (let i = 0; i < levels.length; i += 2) {
        prices.add(levels[i] as ScaledInt);
        sizes.add(levels[i + 1] as ScaledInt);
      }
    }
  }
  return { price: prices.grid(), size: sizes.grid() };
}

/** The median of the intervals between successive times; 0 when there is none or it is not positive. */
function usualInterval(times: readonly number[]): number {
  const intervals = times.slice(1).map((time, index) => time - (times[index] as number));
  intervals.sort((a, b) => a - b);
  const median = intervals[intervals.length >> 1] ?? 0;
  return Number.isSafeInteger(median) && median > 0 ? median : 0;
}

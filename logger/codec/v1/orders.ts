/**
 * L3 block, format version 1: `orders/1`. Every order event in recorded order, lossless and
 * decodable on its own. An order's id is stored where the block first mentions it; later events
 * refer to it by its rank among the live orders, and fields that repeat what is known about it cost
 * nothing. Frozen; see `codec.ts`.
 *
 *   header   exponents, previous sequence, count, grid steps, prediction of receive times
 *   columns  see order-columns.ts
 */

import { InvariantError } from '../../errors.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import type { MarketEvent } from '../../market/events.ts';
import { ByteWriter } from './bytes.ts';
import type { BlockCodec, BlockContent } from '../codec.ts';
import { ColumnsReader, ColumnsWriter } from './columns.ts';
import { Grid, GridSample } from './grid.ts';
import { BY_ARRIVAL, BY_LATENCY, ORDER_COLUMN as COLUMN, ORDER_COLUMNS } from './order-columns.ts';
import { OrderDecoder } from './order-decoder.ts';
import { OrderEncoder } from './order-encoder.ts';
import { isBlockEvent } from './order-shapes.ts';
import type { BlockEvent } from './order-shapes.ts';
import type { Grids } from './order-values.ts';

const VERSION = 1;

export const orders1: BlockCodec = {
  encoding: 'orders/1',
  level: 'L3',

  encode({ scale, previousSequence, events: all }: BlockContent): Uint8Array {
    const events = all.map(orderEvent);
    const grids = gridsOf(events);
    const receiveBy = receiveTimesBy(events);
    const out = new ColumnsWriter(ORDER_COLUMNS);
    const encoder = new OrderEncoder(out, { grids, receiveBy, previousSequence });
    for (const event of events) encoder.event(event);
    const header = new ByteWriter();
    header.uint(scale.priceExponent);
    header.uint(scale.sizeExponent);
    header.safeInteger(previousSequence);
    header.uint(events.length);
    header.uint(grids.price.step);
    header.uint(grids.size.step);
    header.uint(receiveBy);
    return out.finish(VERSION, header.bytes());
  },

  decode(body: Uint8Array): BlockContent {
    const input = new ColumnsReader(VERSION, ORDER_COLUMNS, body);
    const { header } = input;
    const scale = { priceExponent: header.uint(), sizeExponent: header.uint() };
    const previousSequence = header.safeInteger();
    const count = header.uint(input.columnLength(COLUMN.exchangeTime));
    const grids = { price: Grid.read(header), size: Grid.read(header) };
    const receiveBy = header.uint(BY_ARRIVAL);
    const decoder = new OrderDecoder(input, { grids, receiveBy, previousSequence });
    const events: MarketEvent[] = [];
    for (let i = 0; i < count; i++) events.push(decoder.event());
    input.end();
    return { scale, previousSequence, events };
  },
};

function orderEvent(event: MarketEvent): BlockEvent {
  if (isBlockEvent(event)) return event;
  throw new InvariantError(`An L3 block cannot hold an event of type ${event.type}`);
}

/** Chooses the prediction that gives the smaller numbers. */
function receiveTimesBy(events: readonly BlockEvent[]): number {
  let byLatency = 0;
  let byArrival = 0;
  for (let i = 1; i < events.length; i++) {
    const before = events[i - 1] as BlockEvent;
    const { exchangeTimeUs, receiveTimeUs } = events[i] as BlockEvent;
    const arrival = receiveTimeUs - before.receiveTimeUs;
    const latency = arrival - (exchangeTimeUs - before.exchangeTimeUs);
    byLatency += Math.log2(1 + Math.abs(latency));
    byArrival += Math.log2(1 + Math.abs(arrival));
  }
  return byArrival < byLatency ? BY_ARRIVAL : BY_LATENCY;
}

function gridsOf(events: readonly BlockEvent[]): Grids {
  const prices = new GridSample(events.length);
  const sizes = new GridSample(events.length);
  for (const event of events) {
    const { price, size } = amountsOf(event);
    if (price !== null) prices.add(price);
    if (size !== null) sizes.add(size);
  }
  return { price: prices.grid(), size: sizes.grid() };
}

/** A price and a size to sample for the grids; any of several will do. */
function amountsOf(event: BlockEvent): { price: ScaledInt | null; size: ScaledInt | null } {
  switch (event.type) {
    case 'received':
    case 'match':
      return event;
    case 'open':
      return { price: event.price, size: event.remainingSize };
    case 'change':
      return { price: event.newPrice ?? event.price, size: event.newSize };
    case 'done':
      return { price: event.price, size: event.remainingSize };
    case 'activate':
      return { price: event.stopPrice, size: event.size };
  }
}

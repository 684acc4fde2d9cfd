/**
 * L3 block, format version 2: `orders/2`. Every order event in recorded order, lossless and
 * decodable on its own. An order's id is stored where the block first mentions it; later events
 * refer to it by its rank among the live orders, and fields that repeat what is known about it cost
 * nothing. Documented byte by byte in `docs/format.md`. Frozen; see `codec.ts`.
 */

import { InvariantError, assertInvariant } from '../../errors.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';
import type { MarketEvent } from '../../market/events.ts';
import type { BlockCodec, BlockContent } from '../codec.ts';
import { codeFlag, codeGrids, codeScale } from './block-header.ts';
import type { Grids } from './block-header.ts';
import type { Coder } from './coder.ts';
import { codeUnit, unitOf } from './times.ts';
import { Allowance, readRecord, writeRecord } from './envelope.ts';
import { Grid, GridSample } from './grid.ts';
import { codeUnsigned, codeWhole } from './numbers.ts';
import { ORDER_CONTEXTS } from './order-contexts.ts';
import { isBlockEvent } from './order-fields.ts';
import type { BlockEvent } from './order-fields.ts';
import { OrderModel } from './order-model.ts';
import type { OrderRhythm } from './order-model.ts';

interface Header extends OrderRhythm {
  readonly scale: Scale;
  readonly count: number;
}

export const orders2: BlockCodec = {
  encoding: 'orders/2',
  level: 'L3',

  encode({ scale, tradeScale, previousSequence, events: all }: BlockContent): Uint8Array {
    assertInvariant(tradeScale === undefined, 'Orders and their trades have one scale');
    const events = all.map(orderEvent);
    const grids = gridsOf(events);
    const isByArrival = isArrivalNearer(events);
    const receiveUnitUs = unitOf(events.map((event) => event.receiveTimeUs));
    const count = events.length;
    const header = { scale, previousSequence, count, grids, isByArrival, receiveUnitUs };
    return writeRecord(ORDER_CONTEXTS, (coder) => {
      codeHeader(coder, header);
      const model = new OrderModel(coder, header);
      for (const event of events) model.code(event);
    });
  },

  decode(body: Uint8Array): BlockContent {
    return readRecord(ORDER_CONTEXTS, body, (coder) => {
      const header = codeHeader(coder, NO_HEADER);
      const model = new OrderModel(coder, header);
      const events: MarketEvent[] = [];
      for (let i = 0; i < header.count; i++) events.push(model.code(undefined));
      return { scale: header.scale, previousSequence: header.previousSequence, events };
    });
  },
};

const NO_HEADER: Header = {
  scale: { priceExponent: 0, sizeExponent: 0 },
  previousSequence: 0,
  count: 0,
  grids: { price: new Grid(1), size: new Grid(1) },
  isByArrival: false,
  receiveUnitUs: 1,
};

function codeHeader(coder: Coder, header: Header): Header {
  const scale = codeScale(coder, header.scale);
  const previousSequence = codeWhole(coder, header.previousSequence);
  const count = codeUnsigned(coder, header.count);
  new Allowance(coder).take(count);
  const grids = codeGrids(coder, header.grids);
  return {
    scale,
    previousSequence,
    count,
    grids,
    isByArrival: codeFlag(coder, header.isByArrival),
    receiveUnitUs: codeUnit(coder, header.receiveUnitUs),
  };
}

function orderEvent(event: MarketEvent): BlockEvent {
  if (isBlockEvent(event)) return event;
  throw new InvariantError(`An L3 block cannot hold an event of type ${event.type}`);
}

/** Chooses the prediction that gives the smaller numbers. */
function isArrivalNearer(events: readonly BlockEvent[]): boolean {
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
  return byArrival < byLatency;
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

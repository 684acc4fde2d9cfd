/** The events of `orders/2`; see `order-fields.ts` for what is predicted of them. */

import type { ScaledInt } from '../../market/decimal.ts';
import type { OrderSide, TradeId } from '../../market/events.ts';
import { corrupt } from './bytes.ts';
import type { Grids } from './block-header.ts';
import type { Coder } from './coder.ts';
import { IdModel } from './ids.ts';
import { LiveOrders } from './live-orders.ts';
import { NEAR_CONTEXTS, NO_NUMBER, codeNear } from './numbers.ts';
import * as contexts from './order-contexts.ts';
import { AT } from './order-contexts.ts';
import { FIELDS, TYPES } from './order-fields.ts';
import type { BlockEvent, Context, Field, FieldValue, KnownOrder } from './order-fields.ts';
import { OrderValues } from './order-values.ts';
import { codeTime } from './times.ts';

export interface OrderRhythm {
  readonly grids: Grids;
  /**
   * How receive times are predicted: as the last one (messages that arrive in one batch share it), or as
   * the exchange time plus the last latency.
   */
  readonly isByArrival: boolean;
  readonly receiveUnitUs: number;
  readonly previousSequence: number;
}

/** An event's fields by name. */
type Fields = Record<string, FieldValue>;

/** The last type before the first event. */
const NO_TYPE = TYPES.length;
const DONE = TYPES.indexOf('done');
const ACTIVATE = TYPES.indexOf('activate');
const NOTHING: Fields = {};

export class OrderModel {
  readonly #coder: Coder;
  readonly #values: OrderValues;
  readonly #ids: IdModel;
  readonly #live = new LiveOrders();
  readonly #isByArrival: boolean;
  readonly #receiveUnitUs: number;
  #type: number = NO_TYPE;
  #sequence: number;
  #exchangeTimeUs = 0;
  #receiveTimeUs = 0;

  constructor(coder: Coder, rhythm: OrderRhythm) {
    const { grids, isByArrival, receiveUnitUs, previousSequence } = rhythm;
    this.#coder = coder;
    this.#values = new OrderValues(coder, grids);
    this.#ids = new IdModel(coder, AT.orderId);
    this.#isByArrival = isByArrival;
    this.#receiveUnitUs = receiveUnitUs;
    this.#sequence = previousSequence;
  }

  /** @param event undefined when reading. */
  code(event: BlockEvent | undefined): BlockEvent {
    const last = this.#type;
    const type = this.#coder.tree(
      AT.type + (last << contexts.TYPE_BITS),
      contexts.TYPE_BITS,
      event === undefined ? 0 : TYPES.indexOf(event.type),
    );
    const fields = FIELDS[type];
    if (fields === undefined) throw corrupt('no such type of event');
    const given = event === undefined ? NOTHING : (event as unknown as Fields);
    const heads = this.#heads(event, type, last);
    // When writing, what would be read is what is given.
    const read = event === undefined ? heads : given;
    let order: KnownOrder | undefined;
    let taker: KnownOrder | undefined;
    let isExpected = true;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field;
      const value = given[field.name] ?? null;
      if (field.kind === 'order') {
        const found = this.#order(value as string, type * contexts.FIELDS + i, type === DONE);
        if (event === undefined) read[field.name] = found.id;
        if (i === 0) order = found;
        else taker = found;
        continue;
      }
      const expected = field.expected({ order, taker, event: read });
      const found = this.#value({ field, at: type * contexts.FIELDS + i, isExpected }, value, {
        expected,
        event: read,
      });
      if (found !== expected) isExpected = false;
      if (event === undefined) read[field.name] = found;
    }
    const done = read as unknown as BlockEvent;
    this.#live.learn(done, order as KnownOrder, taker);
    this.#type = type;
    return done;
  }

  #heads(event: BlockEvent | undefined, type: number, last: number): Fields {
    const coder = this.#coder;
    const which = (type * contexts.TYPES + last) * NEAR_CONTEXTS;
    const before = this.#exchangeTimeUs;
    const given = event?.exchangeTimeUs ?? 0;
    const exchangeTimeUs = codeNear(coder, AT.exchangeTime + which, given, before);
    const since = this.#isByArrival ? 0 : exchangeTimeUs - before;
    const receiveTimeUs = codeTime(
      coder,
      AT.receiveTime + which,
      this.#receiveUnitUs,
      event?.receiveTimeUs ?? 0,
      this.#receiveTimeUs + since,
    );
    this.#exchangeTimeUs = exchangeTimeUs;
    this.#receiveTimeUs = receiveTimeUs;
    const name = TYPES[type] as string;
    if (type === ACTIVATE) return { type: name, exchangeTimeUs, receiveTimeUs };
    const numbered = event?.type === 'activate' ? undefined : event;
    const next = this.#sequence + 1;
    const sequence = codeNear(coder, AT.sequence, numbered?.lastSequence ?? 0, next);
    this.#sequence = sequence;
    return {
      type: name,
      firstSequence: sequence,
      lastSequence: sequence,
      exchangeTimeUs,
      receiveTimeUs,
    };
  }

  #order(id: string, at: number, isDone: boolean): KnownOrder {
    const coder = this.#coder;
    const live = this.#live;
    const which = at * contexts.TYPES + this.#type;
    const known = coder.isReading ? undefined : live.find(id);
    if (coder.bit(AT.isNew + which, known === undefined ? 1 : 0) === 1) {
      return live.add(this.#ids.code(id));
    }
    const { newest } = live;
    if (newest === undefined) throw corrupt('it refers to an order that is not live');
    if (coder.bit(AT.isNewest + which, known === newest ? 1 : 0) === 1) return newest;
    const ranks = AT.rank + (isDone ? NEAR_CONTEXTS : 0);
    const rank = coder.number(ranks, known === undefined ? 0 : live.rank(known), 2);
    if (rank === NO_NUMBER) throw corrupt('it refers to an order that is not live');
    return known ?? live.at(rank);
  }

  #value(
    { field, at, isExpected }: { field: Field; at: number; isExpected: boolean },
    value: FieldValue,
    { expected, event }: { expected: FieldValue | undefined; event: Context['event'] },
  ): FieldValue {
    const coder = this.#coder;
    if (expected !== undefined && (expected !== null || field.isNullable)) {
      const context = AT.isExpected + 2 * at + (isExpected ? 1 : 0);
      if (coder.bit(context, value === expected ? 1 : 0) === 1) return expected;
    }
    if (field.kind === 'side') return expected === 'buy' ? 'sell' : 'buy';
    const mayBeNull = field.isNullable && expected !== null;
    if (mayBeNull && coder.bit(AT.isNull + at, value === null ? 1 : 0) === 1) return null;
    return this.#explicit(field, value, event);
  }

  #explicit({ kind }: Field, value: FieldValue, event: Context['event']): FieldValue {
    const values = this.#values;
    switch (kind) {
      case 'price':
        return values.price(value as ScaledInt, event['side'] as OrderSide);
      case 'size':
        return values.size(value as ScaledInt, event['type'] === 'received');
      case 'text':
        return values.text(value as string);
      case 'literal':
        return values.literal(value as string);
      case 'client':
        return values.clientId(value as string);
      case 'trade':
        return values.tradeId(value as TradeId);
      case 'side':
      case 'order':
        throw corrupt('a side or an order cannot be stored as a value');
    }
  }
}

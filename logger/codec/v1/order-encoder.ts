/** Encodes the events of `orders/1` into columns; see `order-shapes.ts` for what an event costs. */

import type { ScaledInt } from '../../market/decimal.ts';
import { ESCAPE_TOKEN } from './columns.ts';
import type { ColumnsWriter } from './columns.ts';
import { LiveOrders } from './live-orders.ts';
import { BY_ARRIVAL, ORDER_COLUMN as COLUMN } from './order-columns.ts';
import { writeId } from './order-ids.ts';
import {
  EXPECTED,
  EXPLICIT,
  FIELDS,
  NULL,
  ORDER_KNOWN,
  ORDER_NEW,
  ORDER_NEWEST,
  TYPES,
  shapeOf,
} from './order-shapes.ts';
import type { BlockEvent, Context, Field, FieldValue, KnownOrder } from './order-shapes.ts';
import { ValueWriter } from './order-values.ts';
import type { Grids } from './order-values.ts';

/** Number of shapes that get a token of their own; further ones are stored whole each time. */
export const MAX_SHAPES = 254;

/** An event's fields by name. */
type FieldValues = Readonly<Record<string, FieldValue>>;

export interface Rhythm {
  readonly grids: Grids;
  readonly receiveBy: number;
  readonly previousSequence: number;
}

export class OrderEncoder {
  readonly #out: ColumnsWriter;
  readonly #values: ValueWriter;
  readonly #live = new LiveOrders();
  readonly #shapes = new Map<number, number>();
  readonly #byArrival: boolean;
  #sequence: number;
  #exchangeTimeUs = 0;
  #receiveTimeUs = 0;
  /** The states of the current event's fields; reused for every event. */
  readonly #states: number[] = [];
  /** The column of the next shape. */
  #shapeColumn: number = COLUMN.shapeFirst;

  constructor(out: ColumnsWriter, { grids, receiveBy, previousSequence }: Rhythm) {
    this.#out = out;
    this.#values = new ValueWriter(out, grids);
    this.#byArrival = receiveBy === BY_ARRIVAL;
    this.#sequence = previousSequence;
  }

  event(event: BlockEvent): void {
    const type = TYPES.indexOf(event.type);
    const fields = FIELDS[type] as readonly Field[];
    const values = event as unknown as FieldValues;
    const isMatch = event.type === 'match';
    const orderId = isMatch ? event.makerOrderId : event.orderId;
    const known = this.#live.find(orderId);
    const takerId = isMatch ? event.takerOrderId : undefined;
    const taker = takerId === undefined ? undefined : this.#live.find(takerId);
    const context: Context = { order: known, taker, event: values };
    const states = this.#states;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field;
      states[i] =
        field.kind === 'order'
          ? this.#orderState(i === 0 ? known : taker, i > 0 && known === undefined)
          : stateOf(field, values[field.name] as FieldValue, context);
    }
    this.#shape(type, shapeOf(type, states, fields.length));
    this.#heads(event);
    const order = this.#order(type, states[0] as number, known, orderId);
    const taking =
      takerId === undefined ? undefined : this.#order(type, states[1] as number, taker, takerId);
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field;
      if (states[i] === EXPLICIT && field.kind !== 'order') {
        this.#value(field, values[field.name] as FieldValue, event);
      }
    }
    this.#live.learn(event, order, taking);
  }

  /** @param isBehindNew the event's first order is new, and so will be the youngest. */
  #orderState(order: KnownOrder | undefined, isBehindNew: boolean): number {
    if (order === undefined) return ORDER_NEW;
    return !isBehindNew && order === this.#live.newest ? ORDER_NEWEST : ORDER_KNOWN;
  }

  #shape(type: number, shape: number): void {
    const token = this.#shapes.get(shape);
    this.#out.token(this.#shapeColumn, token ?? ESCAPE_TOKEN);
    if (token === undefined) {
      this.#out.unsigned(COLUMN.newShape, shape);
      if (this.#shapes.size < MAX_SHAPES) this.#shapes.set(shape, this.#shapes.size);
    }
    this.#shapeColumn = COLUMN.shapeAfterReceived + type;
  }

  #heads(event: BlockEvent): void {
    const { exchangeTimeUs, receiveTimeUs } = event;
    const latencyUs = this.#byArrival ? 0 : exchangeTimeUs - this.#exchangeTimeUs;
    this.#out.near(COLUMN.exchangeTime, exchangeTimeUs, this.#exchangeTimeUs);
    this.#out.near(COLUMN.receiveTime, receiveTimeUs, this.#receiveTimeUs + latencyUs);
    this.#exchangeTimeUs = exchangeTimeUs;
    this.#receiveTimeUs = receiveTimeUs;
    if (event.type === 'activate') return;
    this.#out.near(COLUMN.sequence, event.lastSequence, this.#sequence + 1);
    this.#sequence = event.lastSequence;
  }

  #order(type: number, state: number, known: KnownOrder | undefined, id: string): KnownOrder {
    if (known === undefined) {
      writeId(this.#out, COLUMN.idKind, id);
      return this.#live.add(id);
    }
    if (state === ORDER_KNOWN) {
      const column = TYPES[type] === 'done' ? COLUMN.orderOfDone : COLUMN.orderOfOther;
      this.#out.unsigned(column, this.#live.rank(known));
    }
    return known;
  }

  #value({ kind }: Field, value: FieldValue, event: BlockEvent): void {
    switch (kind) {
      case 'price':
        this.#values.price(value as ScaledInt, event.side);
        return;
      case 'size':
        this.#values.size(value as ScaledInt, event.type === 'received');
        return;
      case 'text':
        this.#values.text(value as string);
        return;
      case 'literal':
        this.#values.literal(value as string);
        return;
      case 'client':
        this.#values.client(value as string);
        return;
      case 'trade':
        this.#values.trade(value as number);
        return;
      case 'side':
      case 'order':
        // The shape implies it, or it has been written already.
        return;
    }
  }
}

function stateOf({ expected }: Field, value: FieldValue, context: Context): number {
  if (value === expected(context)) return EXPECTED;
  return value === null ? NULL : EXPLICIT;
}

/** Decodes the events of `orders/1` from columns: the inverse of `order-encoder.ts`. */

import type { ScaledInt } from '../../market/decimal.ts';
import { corrupt } from './bytes.ts';
import { ESCAPE_TOKEN } from './columns.ts';
import type { ColumnsReader } from './columns.ts';
import { LiveOrders } from './live-orders.ts';
import { BY_ARRIVAL, ORDER_COLUMN as COLUMN } from './order-columns.ts';
import { MAX_SHAPES } from './order-encoder.ts';
import type { Rhythm } from './order-encoder.ts';
import { readId } from './order-ids.ts';
import {
  EXPECTED,
  FIELDS,
  NULL,
  ORDER_KNOWN,
  ORDER_NEW,
  ORDER_NEWEST,
  TYPES,
  readShape,
} from './order-shapes.ts';
import type { BlockEvent, Field, FieldValue, KnownOrder, Shape } from './order-shapes.ts';
import { ValueReader } from './order-values.ts';
import type { OrderSide } from './order-values.ts';

export class OrderDecoder {
  readonly #input: ColumnsReader;
  readonly #values: ValueReader;
  readonly #live = new LiveOrders();
  readonly #shapes: Shape[] = [];
  readonly #byArrival: boolean;
  #sequence: number;
  #exchangeTimeUs = 0;
  #receiveTimeUs = 0;
  #shapeColumn: number = COLUMN.shapeFirst;

  constructor(input: ColumnsReader, { grids, receiveBy, previousSequence }: Rhythm) {
    this.#input = input;
    this.#values = new ValueReader(input, grids);
    this.#byArrival = receiveBy === BY_ARRIVAL;
    this.#sequence = previousSequence;
  }

  /** @throws RecordCorruptError */
  event(): BlockEvent {
    const { type, states } = this.#shape();
    const name = TYPES[type] as BlockEvent['type'];
    const event: Record<string, unknown> = this.#heads(name);
    const fields = FIELDS[type] as readonly Field[];
    const orders: KnownOrder[] = [];
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field;
      if (field.kind === 'order') {
        const order = this.#order(name, states[i] as number);
        orders.push(order);
        event[field.name] = order.id;
      } else {
        event[field.name] = this.#value(field, states[i] as number, event, orders);
      }
    }
    const read = event as unknown as BlockEvent;
    this.#live.learn(read, orders[0] as KnownOrder, orders[1]);
    return read;
  }

  #shape(): Shape {
    const token = this.#input.token(this.#shapeColumn);
    let shape = this.#shapes[token];
    if (token === ESCAPE_TOKEN) {
      shape = readShape(this.#input.unsigned(COLUMN.newShape));
      if (shape && this.#shapes.length < MAX_SHAPES) this.#shapes.push(shape);
    }
    if (shape === undefined) throw corrupt('an event has no shape');
    this.#shapeColumn = COLUMN.shapeAfterReceived + shape.type;
    return shape;
  }

  #heads(type: BlockEvent['type']): Record<string, unknown> {
    const exchangeTimeUs = this.#input.near(COLUMN.exchangeTime, this.#exchangeTimeUs);
    const latencyUs = this.#byArrival ? 0 : exchangeTimeUs - this.#exchangeTimeUs;
    const receiveTimeUs = this.#input.near(COLUMN.receiveTime, this.#receiveTimeUs + latencyUs);
    this.#exchangeTimeUs = exchangeTimeUs;
    this.#receiveTimeUs = receiveTimeUs;
    if (type === 'activate') return { type, exchangeTimeUs, receiveTimeUs };
    const sequence = this.#input.near(COLUMN.sequence, this.#sequence + 1);
    this.#sequence = sequence;
    return {
      type,
      firstSequence: sequence,
      lastSequence: sequence,
      exchangeTimeUs,
      receiveTimeUs,
    };
  }

  #order(type: BlockEvent['type'], state: number): KnownOrder {
    switch (state) {
      case ORDER_NEW:
        return this.#live.add(readId(this.#input, COLUMN.idKind));
      case ORDER_NEWEST:
        return this.#live.newest ?? this.#live.at(0);
      case ORDER_KNOWN: {
        const column = type === 'done' ? COLUMN.orderOfDone : COLUMN.orderOfOther;
        return this.#live.at(this.#input.unsigned(column));
      }
      default:
        throw corrupt(`unknown order state ${state}`);
    }
  }

  #value(
    field: Field,
    state: number,
    event: Readonly<Record<string, unknown>>,
    [order, taker]: readonly KnownOrder[],
  ): FieldValue {
    if (state === EXPECTED) {
      const expected = field.expected({ order, taker, event });
      if (expected === undefined) throw corrupt('a field has no prediction');
      if (expected === null) assertNullable(field);
      return expected;
    }
    if (field.kind === 'side') return otherSide(field.expected({ order, taker, event }));
    if (state === NULL) {
      assertNullable(field);
      return null;
    }
    return this.#explicit(field, event);
  }

  #explicit({ kind }: Field, event: Readonly<Record<string, unknown>>): ScaledInt | string {
    switch (kind) {
      case 'price':
        return this.#values.price(event['side'] as OrderSide);
      case 'size':
        return this.#values.size(event['type'] === 'received');
      case 'text':
        return this.#values.text();
      case 'literal':
        return this.#values.literal();
      case 'client':
        return this.#values.client();
      case 'trade':
        return this.#values.trade();
      case 'side':
      case 'order':
        throw corrupt('a side or an order cannot be stored as a value');
    }
  }
}

/** The side that was not predicted. */
function otherSide(expected: FieldValue | undefined): OrderSide {
  return expected === 'buy' ? 'sell' : 'buy';
}

function assertNullable({ isNullable }: Field): void {
  if (!isNullable) throw corrupt('a value is missing');
}

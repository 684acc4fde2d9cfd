/** Events of `orders/1` to columns: see order-shapes-1.ts for what an event costs. */

import type { ScaledInt } from '../market/decimal.ts';
import { ESCAPE_TOKEN } from './columns.ts';
import type { ColumnsWriter } from './columns.ts';
import { LiveOrders } from './live-orders-1.ts';
import { ORDER_COLUMN as COLUMN } from './order-columns.ts';
import { writeId } from './order-ids-1.ts';
import {
  EXPECTED,
  FIELDS,
  NULL,
  ORDER_KNOWN,
  ORDER_NEW,
  ORDER_NEWEST,
  TOLD,
  TYPES,
  shapeOf,
} from './order-shapes-1.ts';
import type { BlockEvent, Context, Field, FieldValue, KnownOrder } from './order-shapes-1.ts';
import { ValueWriter } from './order-values-1.ts';
import type { Grids } from './order-values-1.ts';

/** Shapes that a block has a token for; more are told whole each time. */
export const SHAPES_MAX = 254;
/** `Rhythm.receiveBy` for times told against the last arrival. */
const BY_ARRIVAL = 1;

/** An event's fields by name. */
type Said = Readonly<Record<string, FieldValue>>;

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
    const said = event as unknown as Said;
    const states = this.#compare(fields, said);
    this.#shape(type, shapeOf(type, states));
    this.#heads(event);
    const known: KnownOrder[] = [];
    for (const [i, field] of fields.entries()) {
      const value = said[field.name] as FieldValue;
      if (field.kind === 'order')
        known.push(this.#order(type, states[i] as number, value as string));
      else if (states[i] === TOLD) this.#tell(field, value, event);
    }
    this.#live.learn(event, known[0] as KnownOrder, known[1]);
  }

  /** How each field compares with what is expected of it. */
  #compare(fields: readonly Field[], said: Said): number[] {
    const orders = fields.flatMap(({ kind, name }) =>
      kind === 'order' ? [this.#live.find(said[name] as string)] : [],
    );
    const context: Context = { order: orders[0], taker: orders[1], event: said };
    // Orders that this event itself mentions first: they are younger than all that live.
    const added: FieldValue[] = [];
    return fields.map(({ kind, name, expected }) => {
      const value = said[name] as FieldValue;
      if (kind === 'order') return this.#orderState(value as string, added);
      if (value === expected(context)) return EXPECTED;
      return value === null ? NULL : TOLD;
    });
  }

  #orderState(id: string, added: FieldValue[]): number {
    if (added.includes(id)) return added.at(-1) === id ? ORDER_NEWEST : ORDER_KNOWN;
    const order = this.#live.find(id);
    if (order !== undefined) {
      return added.length + this.#live.rank(order) === 0 ? ORDER_NEWEST : ORDER_KNOWN;
    }
    added.push(id);
    return ORDER_NEW;
  }

  #shape(type: number, shape: number): void {
    const token = this.#shapes.get(shape);
    this.#out.token(this.#shapeColumn, token ?? ESCAPE_TOKEN);
    if (token === undefined) {
      this.#out.unsigned(COLUMN.newShape, shape);
      if (this.#shapes.size < SHAPES_MAX) this.#shapes.set(shape, this.#shapes.size);
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

  #order(type: number, state: number, id: string): KnownOrder {
    if (state === ORDER_NEW) {
      writeId(this.#out, COLUMN.idKind, id);
      return this.#live.add(id);
    }
    const order = this.#live.find(id) as KnownOrder;
    if (state === ORDER_KNOWN) {
      const column = TYPES[type] === 'done' ? COLUMN.orderOfDone : COLUMN.orderOfOther;
      this.#out.unsigned(column, this.#live.rank(order));
    }
    return order;
  }

  #tell({ kind }: Field, value: FieldValue, event: BlockEvent): void {
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
        // The shape says it all, or the order was told before.
        return;
    }
  }
}

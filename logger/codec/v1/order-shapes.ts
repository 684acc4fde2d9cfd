/**
 * What `orders/1` knows about each type of event: its fields in order, and what each is expected to
 * be from what the block has said of the order before. How the fields of an event compare with that
 * is its **shape**, one number; an event that is in every way as expected costs its shape alone.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import type { MarketEvent, OrderActivated, OrderEvent } from '../../market/events.ts';

export type BlockEvent = OrderEvent | OrderActivated;

export const TYPES = ['received', 'open', 'match', 'change', 'done', 'activate'] as const;

/** What a block has said of an order so far. */
export interface KnownOrder {
  readonly id: string;
  side: 'buy' | 'sell';
  price: ScaledInt | null;
  size: ScaledInt | null;
  orderType: string | null;
}

/** How a field is told. `order`: see `ORDER_NEW` and the others. */
export type FieldKind =
  'order' | 'side' | 'price' | 'size' | 'text' | 'literal' | 'client' | 'trade';

export type FieldValue = ScaledInt | string | null;

/** The orders of the event that is being told, as the block knows them. */
export interface Context {
  readonly order: KnownOrder | undefined;
  readonly taker: KnownOrder | undefined;
  /** The event as far as it is known: the fields before the one in question. */
  readonly event: Readonly<Record<string, unknown>>;
}

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** undefined: nothing is expected. */
  readonly expected: (context: Context) => FieldValue | undefined;
  /** A message may lack it. */
  readonly isNullable: boolean;
}

/** The value is the expected one; it is null; it is told. */
export const EXPECTED = 0;
export const NULL = 1;
export const TOLD = 2;
/** Of an order: it is the newest one that lives; it is one that lives; it was never mentioned. */
export const ORDER_NEWEST = 0;
export const ORDER_KNOWN = 1;
export const ORDER_NEW = 2;
const STATES = 3;

const nothing = (): undefined => undefined;
const knownSide = ({ order }: Context): string => order?.side ?? 'buy';
const knownPrice = ({ order }: Context): FieldValue | undefined => order?.price;
const knownSize = ({ order }: Context): FieldValue | undefined => order?.size;
const always =
  (value: FieldValue): (() => FieldValue) =>
  () =>
    value;

/** A fill takes all of the maker or all of the taker. */
function filledSize({ order, taker }: Context): FieldValue | undefined {
  const sizes = [order?.size, taker?.size].filter((size) => size !== undefined && size !== null);
  return sizes.length < 2 || (sizes[0] as ScaledInt) <= (sizes[1] as ScaledInt)
    ? sizes[0]
    : sizes[1];
}

function unfilledSize({ order, event }: Context): FieldValue | undefined {
  return event['reason'] === 'filled' ? 0 : order?.size;
}

function field(name: string, kind: FieldKind, expected: Field['expected'] = nothing): Field {
  return { name, kind, expected, isNullable: false };
}

function nullable(name: string, kind: FieldKind, expected: Field['expected'] = nothing): Field {
  return { name, kind, expected, isNullable: true };
}

/** By place in `TYPES`. The order of the event comes first, for all else hangs on it. */
export const FIELDS: readonly (readonly Field[])[] = [
  [
    field('orderId', 'order'),
    field('side', 'side', always('buy')),
    nullable('orderType', 'text', always('limit')),
    nullable('price', 'price'),
    nullable('size', 'size'),
    nullable('funds', 'literal', always(null)),
    nullable('clientOrderId', 'client', always(null)),
  ],
  [
    field('orderId', 'order'),
    field('side', 'side', knownSide),
    field('price', 'price', knownPrice),
    field('remainingSize', 'size', knownSize),
  ],
  [
    field('makerOrderId', 'order'),
    field('takerOrderId', 'order'),
    field('side', 'side', knownSide),
    field('price', 'price', knownPrice),
    field('size', 'size', filledSize),
    field('tradeId', 'trade'),
  ],
  [
    field('orderId', 'order'),
    field('side', 'side', knownSide),
    nullable('reason', 'text', always(null)),
    nullable('price', 'price', knownPrice),
    nullable('oldPrice', 'price', knownPrice),
    nullable('newPrice', 'price', knownPrice),
    nullable('oldSize', 'size', knownSize),
    nullable('newSize', 'size', knownSize),
    nullable('oldFunds', 'literal', always(null)),
    nullable('newFunds', 'literal', always(null)),
  ],
  [
    field('orderId', 'order'),
    field('side', 'side', knownSide),
    field('reason', 'text', always('canceled')),
    nullable('orderType', 'text', ({ order }) => order?.orderType),
    nullable('price', 'price', knownPrice),
    nullable('remainingSize', 'size', unfilledSize),
  ],
  [
    field('orderId', 'order'),
    field('side', 'side', knownSide),
    nullable('stopType', 'text', always(null)),
    nullable('stopPrice', 'price'),
    nullable('size', 'size', knownSize),
    nullable('funds', 'literal', always(null)),
  ],
];

/** One number for the type and the states of all fields. */
export function shapeOf(type: number, states: readonly number[], fields: number): number {
  let shape = 0;
  for (let i = fields - 1; i >= 0; i--) shape = shape * STATES + (states[i] as number);
  return shape * TYPES.length + type;
}

export interface Shape {
  readonly type: number;
  readonly states: readonly number[];
}

/** undefined: no event has that shape. */
export function readShape(shape: number): Shape | undefined {
  const type = shape % TYPES.length;
  const fields = FIELDS[type] as readonly Field[];
  const states: number[] = [];
  let rest = Math.floor(shape / TYPES.length);
  for (let i = 0; i < fields.length; i++) {
    states.push(rest % STATES);
    rest = Math.floor(rest / STATES);
  }
  return rest === 0 ? { type, states } : undefined;
}

export function isBlockEvent(event: MarketEvent): event is BlockEvent {
  return event.type !== 'diff' && event.type !== 'trade';
}

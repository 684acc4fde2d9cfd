/**
 * The events of `orders/2`: the fields of each event type in order, each with a prediction from what the
 * block has already said about the order. A field that is as predicted costs next to nothing.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import type {
  MarketEvent,
  OrderActivated,
  OrderEvent,
  OrderSide,
  TradeId,
} from '../../market/events.ts';

export type BlockEvent = OrderEvent | OrderActivated;

export const TYPES = ['received', 'open', 'match', 'change', 'done', 'activate'] as const;

/** What the block has said about an order so far. */
export interface KnownOrder {
  readonly id: string;
  side: OrderSide;
  price: ScaledInt | null;
  size: ScaledInt | null;
  orderType: string | null;
}

/** How a field is stored. */
export type FieldKind =
  'order' | 'side' | 'price' | 'size' | 'text' | 'literal' | 'client' | 'trade';

export type FieldValue = TradeId | ScaledInt | null;

/** The orders of the current event, as far as the block knows them. */
export interface Context {
  readonly order: KnownOrder | undefined;
  readonly taker: KnownOrder | undefined;
  /** The event's fields up to the current one. */
  readonly event: Readonly<Record<string, unknown>>;
}

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** The prediction; undefined for none. */
  readonly expected: (context: Context) => FieldValue | undefined;
  /** The field may be null. */
  readonly isNullable: boolean;
}

const nothing = (): undefined => undefined;
const knownSide = ({ order }: Context): string => order?.side ?? 'buy';
const knownPrice = ({ order }: Context): FieldValue | undefined => order?.price;
const knownSize = ({ order }: Context): FieldValue | undefined => order?.size;
const always =
  (value: FieldValue): (() => FieldValue) =>
  () =>
    value;

/** A fill consumes the whole maker or the whole taker. */
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

/** By index in `TYPES`. The event's order comes first, as the other predictions depend on it. */
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

export function isBlockEvent(event: MarketEvent): event is BlockEvent {
  return event.type !== 'diff' && event.type !== 'trade';
}

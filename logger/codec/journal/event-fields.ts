/**
 * The fields of each event in a journal part, in the order in which they are stored. One table for
 * writer and reader. Frozen, as the whole folder is: a change is a new encoding. `journal/2` has one more
 * type of event than `journal/1`, and is the encoding of parts that need it.
 */

import type { MarketEvent } from '../../market/events.ts';

/** Numbers within this limit are plain: a distance between two of them is a safe integer. */
export const MAX_PLAIN = 2 ** 52;

/** How a field is stored; `sequence`, `time`, `arrival`, `trade`, `price` and levels as distances. */
export type FieldKind =
  | 'sequence'
  | 'time'
  | 'arrival'
  | 'trade'
  | 'price'
  | 'number'
  | 'side'
  | 'text'
  | 'bids'
  | 'asks';

/** What distances count from: the last value of each kind in the part. */
export class Predictions {
  sequence: number;
  time = 0;
  arrival = 0;
  trade = 0;
  price = 0;
  /** The first price of each side in the last diff. */
  bids = 0;
  asks = 0;

  constructor(previousSequence: number) {
    this.sequence = Math.abs(previousSequence) <= MAX_PLAIN ? previousSequence : 0;
  }
}

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
}

export interface EventShape {
  readonly type: MarketEvent['type'];
  readonly fields: readonly Field[];
}

type NamesOf<Type> = Exclude<keyof Extract<MarketEvent, { type: Type }>, 'type' | 'counts'>;

/** A field that an event has and its table lacks does not compile, but for `counts`. */
function shape<Type extends MarketEvent['type']>(
  type: Type,
  kinds: { readonly [Name in NamesOf<Type>]: FieldKind },
): EventShape {
  const fields = Object.entries<FieldKind>(kinds).map(([name, kind]) => ({ name, kind }));
  return { type, fields };
}

const HEAD = {
  firstSequence: 'sequence',
  lastSequence: 'sequence',
  exchangeTimeUs: 'time',
  receiveTimeUs: 'arrival',
} as const;
const ORDER = { ...HEAD, orderId: 'text', side: 'side' } as const;

/** By the byte that begins an event. */
export const SHAPES: readonly EventShape[] = [
  shape('diff', { ...HEAD, bids: 'bids', asks: 'asks' }),
  shape('trade', {
    tradeId: 'trade',
    sequence: 'number',
    exchangeTimeUs: 'time',
    eventTimeUs: 'time',
    receiveTimeUs: 'arrival',
    price: 'price',
    size: 'number',
    side: 'side',
  }),
  shape('received', {
    ...ORDER,
    orderType: 'text',
    price: 'price',
    size: 'number',
    funds: 'text',
    clientOrderId: 'text',
  }),
  shape('open', { ...ORDER, price: 'price', remainingSize: 'number' }),
  shape('match', {
    ...HEAD,
    tradeId: 'trade',
    makerOrderId: 'text',
    takerOrderId: 'text',
    side: 'side',
    price: 'price',
    size: 'number',
  }),
  shape('change', {
    ...ORDER,
    reason: 'text',
    price: 'price',
    oldPrice: 'price',
    newPrice: 'price',
    oldSize: 'number',
    newSize: 'number',
    oldFunds: 'text',
    newFunds: 'text',
  }),
  shape('done', {
    ...ORDER,
    reason: 'text',
    orderType: 'text',
    price: 'price',
    remainingSize: 'number',
  }),
  shape('activate', {
    orderId: 'text',
    side: 'side',
    stopType: 'text',
    stopPrice: 'price',
    size: 'number',
    funds: 'text',
    exchangeTimeUs: 'time',
    receiveTimeUs: 'arrival',
  }),
];

/**
 * Begins a diff with numbers of orders, in `journal/2` alone: its other fields as usual, then a number for
 * each of its bids and each of its asks.
 */
export const COUNTED_DIFF = 8;
/** The shape of the rest of it. */
export const PLAIN_DIFF = 0;
export const TRADE = 1;
/** The null bits of a trade without a sequence. */
export const NO_TRADE_SEQUENCE = 2;

/** Begins an event that is stored as JSON: it has a number that is not plain. */
export const JSON_EVENT = 255;

/** Begins a text or a trade id. */
export const FORM = { number: 0, text: 1, uuid: 2 } as const;

/** From Coinbase's messages to the field's events: exact integers at the security's scale. */

import { fractionDigits, parseScaled } from '../../market/decimal.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';
import type { Diff, MarketEvent, OrderActivated, UpdateHead, Trade } from '../../market/events.ts';
import { integerOf, textOf, wireError } from '../fields.ts';
import type { Fields } from '../fields.ts';
import { scalePair, scaleSides } from '../scaled-levels.ts';
import type { Scaled } from '../subscription.ts';
import { idOf, optionalText } from './wire.ts';
import type { ChangesFrame, OrderFrame } from './wire.ts';

export interface EventTimes {
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

/** Fields that hold prices, and those that hold sizes. */
const PRICES = ['price', 'old_price', 'new_price', 'stop_price'];
const SIZES = ['size', 'remaining_size', 'old_size', 'new_size'];

/** @throws WireFormatError of kind `decimal`, `shape`, `id` or `integer`. */
export function orderEventOf(
  frame: OrderFrame,
  scale: Scale,
  times: EventTimes,
): Scaled<MarketEvent> {
  const needed = scaleNeeded(frame.fields, scale);
  return { scale: needed, event: eventAt(frame, needed, times) };
}

/** @throws WireFormatError of kind `decimal`, `shape` or `integer`. */
export function tradeOf(frame: OrderFrame, scale: Scale, times: EventTimes): Scaled<Trade> {
  const { fields } = frame;
  const pair = scalePair(textOf(fields, 'price'), textOf(fields, 'size'), scale);
  return {
    scale: pair.scale,
    event: {
      type: 'trade',
      tradeId: integerOf(fields, 'trade_id'),
      sequence: frame.sequence,
      ...times,
      eventTimeUs: times.exchangeTimeUs,
      price: pair.price,
      size: pair.size,
      // The message names the maker's side.
      side: frame.side === 'buy' ? 'sell' : 'buy',
    },
  };
}

/** @throws WireFormatError of kind `level` or `decimal`. */
export function diffOf(frame: ChangesFrame, scale: Scale, place: UpdateHead): Scaled<Diff> {
  const sides = scaleSides(frame.bids, frame.asks, scale);
  return {
    scale: sides.scale,
    event: { type: 'diff', ...place, bids: sides.bids, asks: sides.asks },
  };
}

function scaleNeeded(fields: Fields, scale: Scale): Scale {
  const finest = (names: readonly string[], exponent: number): number => {
    let needed = exponent;
    for (const name of names) {
      const text = optionalText(fields, name);
      if (text !== null && parseScaled(text, needed) === undefined) needed = fractionDigits(text);
    }
    return needed;
  };
  return {
    priceExponent: finest(PRICES, scale.priceExponent),
    sizeExponent: finest(SIZES, scale.sizeExponent),
  };
}

/** Reads the amount in a field; null where it is absent. The exponent is fine enough. */
function amountIn(fields: Fields, exponent: number): (name: string) => ScaledInt | null {
  return (name) => {
    const text = optionalText(fields, name);
    return text === null ? null : (parseScaled(text, exponent) ?? null);
  };
}

function eventAt(frame: OrderFrame, scale: Scale, times: EventTimes): MarketEvent {
  const { fields, side, sequence } = frame;
  const price = amountIn(fields, scale.priceExponent);
  const size = amountIn(fields, scale.sizeExponent);
  const step = { firstSequence: sequence ?? 0, lastSequence: sequence ?? 0, ...times, side };
  switch (frame.type) {
    case 'received':
      return {
        type: 'received',
        ...step,
        orderId: idOf(fields, 'order_id'),
        orderType: optionalText(fields, 'order_type'),
        price: price('price'),
        size: size('size'),
        funds: funds(fields, 'funds'),
        clientOrderId: optionalText(fields, 'client_oid'),
      };
    case 'open':
      return {
        type: 'open',
        ...step,
        orderId: idOf(fields, 'order_id'),
        price: there(price('price'), 'price'),
        remainingSize: there(size('remaining_size'), 'remaining_size'),
      };
    case 'match':
      return {
        type: 'match',
        ...step,
        tradeId: integerOf(fields, 'trade_id'),
        ...parties(fields),
        price: there(price('price'), 'price'),
        size: there(size('size'), 'size'),
      };
    case 'change':
      return {
        type: 'change',
        ...step,
        orderId: idOf(fields, 'order_id'),
        reason: optionalText(fields, 'reason'),
        price: price('price'),
        oldPrice: price('old_price'),
        newPrice: price('new_price'),
        oldSize: size('old_size'),
        newSize: size('new_size'),
        oldFunds: funds(fields, 'old_funds'),
        newFunds: funds(fields, 'new_funds'),
      };
    case 'done':
      return {
        type: 'done',
        ...step,
        orderId: idOf(fields, 'order_id'),
        reason: optionalText(fields, 'reason') ?? 'unknown',
        orderType: optionalText(fields, 'order_type'),
        price: price('price'),
        remainingSize: size('remaining_size'),
      };
    case 'activate':
      return { ...activated(frame, price, size), ...times };
  }
}

function activated(
  { fields, side }: OrderFrame,
  price: (name: string) => ScaledInt | null,
  size: (name: string) => ScaledInt | null,
): Omit<OrderActivated, keyof EventTimes> {
  return {
    type: 'activate',
    side,
    orderId: idOf(fields, 'order_id'),
    stopType: optionalText(fields, 'stop_type'),
    stopPrice: price('stop_price'),
    size: size('size'),
    funds: funds(fields, 'funds'),
  };
}

function parties(fields: Fields): { makerOrderId: string; takerOrderId: string } {
  const makerOrderId = idOf(fields, 'maker_order_id');
  const takerOrderId = idOf(fields, 'taker_order_id');
  if (makerOrderId === takerOrderId) throw wireError('id', 'An order is filled against itself');
  return { makerOrderId, takerOrderId };
}

function there(value: ScaledInt | null, name: string): ScaledInt {
  if (value === null) throw wireError('shape', `${name} is missing`);
  return value;
}

/** Plain decimal text without trailing zeros. @throws WireFormatError of kind `decimal`. */
function funds(fields: Fields, name: string): string | null {
  const text = optionalText(fields, name);
  if (text === null) return null;
  // Throws for what is no plain decimal.
  fractionDigits(text);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

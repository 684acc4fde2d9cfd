/**
 * Coinbase's messages as events, exact integers at the symbol's scale. Every field that is used is
 * checked; what is wrong throws a WireFormatError of kind `decimal`, `shape`, `id`, `integer` or `level`.
 */

import { assertInvariant } from '../../errors.ts';
import { fractionDigits, parseScaled } from '../../market/decimal.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';
import { isBookUpdate } from '../../market/events.ts';
import type { MarketEvent, OrderActivated, OrderSide } from '../../market/events.ts';
import type {
  AuctionMessage,
  EventMessage,
  HeartbeatMessage,
  LastTradeMessage,
  ReadContext,
  SideEventMessage,
  UpdateMessage,
} from '../feed/protocol.ts';
import { integerOf, listOf, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { scalePair, scaleSides } from '../wire/scaled-levels.ts';
import { idOf, optionalText, shortText, sideOf, timeOf } from './values.ts';

interface EventTimes {
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

/** Fields that hold prices, and those that hold sizes. */
const PRICES = ['price', 'old_price', 'new_price', 'stop_price'];
const SIZES = ['size', 'remaining_size', 'old_size', 'new_size'];

/** A message about one order on `full`. An `activate` has no sequence, and its time elsewhere. */
export function orderMessage(message: Fields, context: ReadContext): EventMessage {
  const timeUs = timeOf(message['type'] === 'activate' ? message['timestamp'] : message['time']);
  const times = { exchangeTimeUs: timeUs ?? 0, receiveTimeUs: context.receiveTimeUs };
  const hasTime = timeUs !== null;
  const event = orderEvent(message, context.scale, times);
  if (event) return eventMessage(event, context.scale, hasTime);
  const scale = scaleNeeded(message, context.scale);
  const finer = orderEvent(message, scale, times);
  assertInvariant(finer !== null, 'The scale that a message needs is not fine enough for it');
  return eventMessage(finer, scale, hasTime);
}

function eventMessage(event: MarketEvent, scale: Scale, hasTime: boolean): EventMessage {
  return isBookUpdate(event)
    ? { kind: 'update', scale, hasTime, event }
    : { kind: 'side-event', scale, hasTime, event };
}

/** A `match` on `matches`: one fill. The message names the maker's side. */
export function tradeMessage(message: Fields, context: ReadContext): SideEventMessage {
  const pair = scalePair(textOf(message, 'price'), textOf(message, 'size'), context.scale);
  const timeUs = timeOf(message['time']);
  return {
    kind: 'side-event',
    scale: pair.scale,
    hasTime: timeUs !== null,
    event: {
      type: 'trade',
      tradeId: integerOf(message, 'trade_id'),
      sequence: integerOf(message, 'sequence'),
      exchangeTimeUs: timeUs ?? 0,
      eventTimeUs: timeUs ?? 0,
      receiveTimeUs: context.receiveTimeUs,
      price: pair.price,
      size: pair.size,
      side: sideOf(message) === 'buy' ? 'sell' : 'buy',
    },
  };
}

/** `l2update`: what changed in the book, in the exchange's order. It has no sequence. */
export function diffMessage(message: Fields, context: ReadContext): UpdateMessage {
  const rows: { readonly buy: unknown[]; readonly sell: unknown[] } = { buy: [], sell: [] };
  for (const change of listOf(message, 'changes')) {
    if (!Array.isArray(change)) throw wireError('shape', 'A change is not a list');
    const [side, price, size] = change as readonly unknown[];
    if (side !== 'buy' && side !== 'sell') throw wireError('shape', 'A change has no side');
    rows[side].push([price, size]);
  }
  const { scale, bids, asks } = scaleSides(rows.buy, rows.sell, context.scale);
  const timeUs = timeOf(message['time']);
  return {
    kind: 'update',
    scale,
    hasTime: timeUs !== null,
    event: {
      type: 'diff',
      firstSequence: 0,
      lastSequence: 0,
      exchangeTimeUs: timeUs ?? 0,
      receiveTimeUs: context.receiveTimeUs,
      bids,
      asks,
    },
  };
}

/** Once a second and product: how far the exchange has come. */
export function heartbeatMessage(
  message: Fields,
  { receiveTimeUs }: ReadContext,
): HeartbeatMessage {
  return {
    kind: 'heartbeat',
    lastSequence: integerOf(message, 'sequence'),
    lastTradeId: integerOf(message, 'last_trade_id'),
    exchangeTimeUs: timeOf(message['time']),
    receiveTimeUs,
  };
}

/** `last_match`: the fill before the first one on `matches`. */
export function lastTradeMessage(
  message: Fields,
  { receiveTimeUs }: ReadContext,
): LastTradeMessage {
  return { kind: 'last-trade', tradeId: integerOf(message, 'trade_id'), receiveTimeUs };
}

export function auctionMessage(message: Fields, { receiveTimeUs }: ReadContext): AuctionMessage {
  const state = textOf(message, 'auction_state');
  const isOver = state === 'complete' || state === 'cancelled' || state === 'canceled';
  return { kind: 'auction', isCollecting: !isOver, receiveTimeUs };
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

/** Reads the amounts of a message at one scale. */
class Amounts {
  readonly #fields: Fields;
  readonly #scale: Scale;
  /** One of them has more decimals than the scale: it was read as 0. */
  isFinerNeeded = false;

  constructor(fields: Fields, scale: Scale) {
    this.#fields = fields;
    this.#scale = scale;
  }

  /** null where it is absent. */
  price(name: string): ScaledInt | null {
    return this.#amount(name, this.#scale.priceExponent);
  }

  size(name: string): ScaledInt | null {
    return this.#amount(name, this.#scale.sizeExponent);
  }

  #amount(name: string, exponent: number): ScaledInt | null {
    const value = this.#fields[name];
    if (value === undefined || value === null || value === '') return null;
    const scaled = parseScaled(shortText(this.#fields, name), exponent);
    this.isFinerNeeded ||= scaled === undefined;
    return scaled ?? 0;
  }
}

/** null where the message needs a finer scale. */
function orderEvent(fields: Fields, scale: Scale, times: EventTimes): MarketEvent | null {
  const amounts = new Amounts(fields, scale);
  const event = eventOf(fields, amounts, times);
  return amounts.isFinerNeeded ? null : event;
}

function eventOf(fields: Fields, amounts: Amounts, times: EventTimes): MarketEvent {
  const side = sideOf(fields);
  const type = fields['type'];
  if (type === 'activate') return { ...activated(fields, side, amounts), ...times };
  const sequence = integerOf(fields, 'sequence');
  const head = { firstSequence: sequence, lastSequence: sequence, ...times, side };
  switch (type) {
    case 'received':
      return {
        type: 'received',
        ...head,
        orderId: idOf(fields, 'order_id'),
        orderType: optionalText(fields, 'order_type'),
        price: amounts.price('price'),
        size: amounts.size('size'),
        funds: funds(fields, 'funds'),
        clientOrderId: optionalText(fields, 'client_oid'),
      };
    case 'open':
      return {
        type: 'open',
        ...head,
        orderId: idOf(fields, 'order_id'),
        price: required(amounts.price('price'), 'price'),
        remainingSize: required(amounts.size('remaining_size'), 'remaining_size'),
      };
    case 'match':
      return {
        type: 'match',
        ...head,
        tradeId: integerOf(fields, 'trade_id'),
        ...parties(fields),
        price: required(amounts.price('price'), 'price'),
        size: required(amounts.size('size'), 'size'),
      };
    case 'change':
      return {
        type: 'change',
        ...head,
        orderId: idOf(fields, 'order_id'),
        reason: optionalText(fields, 'reason'),
        price: amounts.price('price'),
        oldPrice: amounts.price('old_price'),
        newPrice: amounts.price('new_price'),
        oldSize: amounts.size('old_size'),
        newSize: amounts.size('new_size'),
        oldFunds: funds(fields, 'old_funds'),
        newFunds: funds(fields, 'new_funds'),
      };
    case 'done':
      return {
        type: 'done',
        ...head,
        orderId: idOf(fields, 'order_id'),
        reason: optionalText(fields, 'reason') ?? 'unknown',
        orderType: optionalText(fields, 'order_type'),
        price: amounts.price('price'),
        remainingSize: amounts.size('remaining_size'),
      };
    default:
      throw wireError('shape', 'The message is not about an order');
  }
}

function activated(
  fields: Fields,
  side: OrderSide,
  amounts: Amounts,
): Omit<OrderActivated, keyof EventTimes> {
  return {
    type: 'activate',
    side,
    orderId: idOf(fields, 'order_id'),
    stopType: optionalText(fields, 'stop_type'),
    stopPrice: amounts.price('stop_price'),
    size: amounts.size('size'),
    funds: funds(fields, 'funds'),
  };
}

function parties(fields: Fields): { makerOrderId: string; takerOrderId: string } {
  const makerOrderId = idOf(fields, 'maker_order_id');
  const takerOrderId = idOf(fields, 'taker_order_id');
  if (makerOrderId === takerOrderId) throw wireError('id', 'An order is filled against itself');
  return { makerOrderId, takerOrderId };
}

function required(value: ScaledInt | null, name: string): ScaledInt {
  if (value === null) throw wireError('shape', `${name} is missing`);
  return value;
}

/** Plain decimal text without trailing zeros. @throws WireFormatError of kind `decimal`. */
function funds(fields: Fields, name: string): string | null {
  const text = optionalText(fields, name);
  if (text === null) return null;
  // Throws unless it is a plain decimal.
  fractionDigits(text);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

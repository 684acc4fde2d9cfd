/**
 * Coinbase's orders, changes and trades straight from the bytes of a frame, as the exchange prints them today:
 * the messages of `events.ts` in a fraction of the time. undefined: the frame is printed otherwise, or
 * malformed.
 */

import type { Scale } from '../../market/decimal.ts';
import type { OrderEvent, OrderSide } from '../../market/events.ts';
import type {
  ReadContext,
  SideEventMessage,
  SymbolRoute,
  UpdateMessage,
} from '../feed/protocol.ts';
import { FlatFrame } from '../wire/flat-frame.ts';
import { fixed } from '../wire/frame-cursor.ts';
import { FIRST_SENSIBLE_TIME_US, MAX_CHARACTERS, timeOf } from './values.ts';

const fields = new FlatFrame();
const TYPE = fields.field('type');
const TIME = fields.field('time');
const PRODUCT = fields.field('product_id');
const SEQUENCE = fields.field('sequence');
const SIDE = fields.field('side');
const ORDER_ID = fields.field('order_id');
const ORDER_TYPE = fields.field('order_type');
const REASON = fields.field('reason');
const PRICE = fields.field('price');
const SIZE = fields.field('size');
const REMAINING_SIZE = fields.field('remaining_size');
const FUNDS = fields.field('funds');
const CLIENT_ID = fields.field('client_oid');
const TRADE_ID = fields.field('trade_id');
const MAKER_ID = fields.field('maker_order_id');
const TAKER_ID = fields.field('taker_order_id');
const CHANGES = fields.field('changes');

const OPEN = fixed('[');
const BUY = fixed('["buy",');
const SELL = fixed('["sell",');
const COMMA = fixed(',');
const CLOSE = fixed(']');

/** What routes a frame. */
export function scanRoute(
  frame: Buffer,
): { readonly type: string; readonly product: string } | undefined {
  if (!fields.read(frame)) return undefined;
  const type = fields.word(TYPE);
  const product = fields.word(PRODUCT);
  return type !== null && product !== null && fields.isSound ? { type, product } : undefined;
}

/** See `orderMessage`. Changes, stop orders and orders of funds are rare, and left to it. */
export function scanOrder(
  frame: Buffer,
  { kind, symbol }: SymbolRoute,
  { scale, receiveTimeUs }: ReadContext,
): UpdateMessage | undefined {
  if (!isOf(frame, kind, symbol) || fields.has(CHANGES)) return undefined;
  const side = sideAt(SIDE);
  const timeUs = timeAt(TIME);
  const event = side && eventOf(kind, { side, exchangeTimeUs: timeUs ?? 0, receiveTimeUs, scale });
  return event && fields.isSound
    ? { kind: 'update', scale, hasTime: timeUs !== null, event }
    : undefined;
}

interface Head {
  readonly side: OrderSide;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly scale: Scale;
}

function eventOf(type: string, head: Head): OrderEvent | undefined {
  const sequence = fields.integer(SEQUENCE);
  switch (type) {
    case 'received':
      return receivedOf(sequence, head);
    case 'open':
      return openOf(sequence, head);
    case 'match':
      return matchOf(sequence, head);
    case 'done':
      return doneOf(sequence, head);
    default:
      return undefined;
  }
}

function receivedOf(sequence: number, head: Head): OrderEvent | undefined {
  const orderId = idAt(ORDER_ID);
  if (orderId === null || fields.has(FUNDS) || isLong(ORDER_TYPE) || isLong(CLIENT_ID)) {
    return undefined;
  }
  return {
    type: 'received',
    firstSequence: sequence,
    lastSequence: sequence,
    exchangeTimeUs: head.exchangeTimeUs,
    receiveTimeUs: head.receiveTimeUs,
    side: head.side,
    orderId,
    orderType: fields.word(ORDER_TYPE),
    price: fields.decimal(PRICE, head.scale.priceExponent),
    size: fields.decimal(SIZE, head.scale.sizeExponent),
    funds: null,
    clientOrderId: fields.text(CLIENT_ID),
  };
}

function openOf(sequence: number, head: Head): OrderEvent | undefined {
  const orderId = idAt(ORDER_ID);
  const price = fields.decimal(PRICE, head.scale.priceExponent);
  const remainingSize = fields.decimal(REMAINING_SIZE, head.scale.sizeExponent);
  if (orderId === null || price === null || remainingSize === null) return undefined;
  return {
    type: 'open',
    firstSequence: sequence,
    lastSequence: sequence,
    exchangeTimeUs: head.exchangeTimeUs,
    receiveTimeUs: head.receiveTimeUs,
    side: head.side,
    orderId,
    price,
    remainingSize,
  };
}

function matchOf(sequence: number, head: Head): OrderEvent | undefined {
  const tradeId = fields.integer(TRADE_ID);
  const makerOrderId = idAt(MAKER_ID);
  const takerOrderId = idAt(TAKER_ID);
  const price = fields.decimal(PRICE, head.scale.priceExponent);
  const size = fields.decimal(SIZE, head.scale.sizeExponent);
  if (makerOrderId === null || takerOrderId === null) return undefined;
  if (makerOrderId === takerOrderId || price === null || size === null) return undefined;
  return {
    type: 'match',
    firstSequence: sequence,
    lastSequence: sequence,
    exchangeTimeUs: head.exchangeTimeUs,
    receiveTimeUs: head.receiveTimeUs,
    side: head.side,
    tradeId,
    makerOrderId,
    takerOrderId,
    price,
    size,
  };
}

function doneOf(sequence: number, head: Head): OrderEvent | undefined {
  const orderId = idAt(ORDER_ID);
  if (orderId === null || isLong(REASON) || isLong(ORDER_TYPE)) return undefined;
  return {
    type: 'done',
    firstSequence: sequence,
    lastSequence: sequence,
    exchangeTimeUs: head.exchangeTimeUs,
    receiveTimeUs: head.receiveTimeUs,
    side: head.side,
    orderId,
    reason: fields.word(REASON) ?? 'unknown',
    orderType: fields.word(ORDER_TYPE),
    price: fields.decimal(PRICE, head.scale.priceExponent),
    remainingSize: fields.decimal(REMAINING_SIZE, head.scale.sizeExponent),
  };
}

/** See `diffMessage`. */
export function scanDiff(
  frame: Buffer,
  { kind, symbol }: SymbolRoute,
  { scale, receiveTimeUs }: ReadContext,
): UpdateMessage | undefined {
  const changes = isOf(frame, kind, symbol) ? fields.list(CHANGES) : undefined;
  if (!changes) return undefined;
  const { cursor, end } = changes;
  const sides: { readonly bids: number[]; readonly asks: number[] } = { bids: [], asks: [] };
  cursor.pass(OPEN);
  do {
    const isBid = cursor.passIf(BUY);
    if (!isBid) cursor.pass(SELL);
    const price = cursor.decimal(scale.priceExponent);
    cursor.pass(COMMA);
    const size = cursor.decimal(scale.sizeExponent);
    cursor.pass(CLOSE);
    (isBid ? sides.bids : sides.asks).push(price, size);
  } while (!cursor.hasFailed && cursor.passIf(COMMA));
  cursor.pass(CLOSE);
  if (cursor.hasFailed || cursor.at !== end) return undefined;
  const timeUs = timeAt(TIME);
  const exchangeTimeUs = timeUs ?? 0;
  const times = { firstSequence: 0, lastSequence: 0, exchangeTimeUs, receiveTimeUs };
  const event = { type: 'diff', ...times, ...sides } as const;
  return fields.isSound ? { kind: 'update', scale, hasTime: timeUs !== null, event } : undefined;
}

/** See `tradeMessage`. */
export function scanTrade(
  frame: Buffer,
  { kind, symbol }: SymbolRoute,
  { scale, receiveTimeUs }: ReadContext,
): SideEventMessage | undefined {
  if (!isOf(frame, kind, symbol) || fields.has(CHANGES)) return undefined;
  const tradeId = fields.integer(TRADE_ID);
  const sequence = fields.integer(SEQUENCE);
  const makerSide = sideAt(SIDE);
  const price = fields.decimal(PRICE, scale.priceExponent);
  const size = fields.decimal(SIZE, scale.sizeExponent);
  const timeUs = timeAt(TIME);
  if (!makerSide || price === null || size === null || !fields.isSound) return undefined;
  const side = makerSide === 'buy' ? 'sell' : 'buy';
  const exchangeTimeUs = timeUs ?? 0;
  const times = { exchangeTimeUs, eventTimeUs: exchangeTimeUs, receiveTimeUs };
  const event = { type: 'trade', tradeId, sequence, ...times, price, size, side } as const;
  return { kind: 'side-event', scale, hasTime: timeUs !== null, event };
}

function isOf(frame: Buffer, type: string, product: string): boolean {
  return fields.read(frame) && fields.isText(TYPE, type) && fields.isText(PRODUCT, product);
}

function sideAt(field: number): OrderSide | undefined {
  if (fields.isText(field, 'buy')) return 'buy';
  return fields.isText(field, 'sell') ? 'sell' : undefined;
}

function isLong(field: number): boolean {
  return fields.length(field) > MAX_CHARACTERS;
}

function idAt(field: number): string | null {
  return isLong(field) ? null : fields.text(field);
}

function timeAt(field: number): number | null {
  const us = fields.timeUs(field);
  // Also for a time that is printed in another way.
  const isSensible = us >= FIRST_SENSIBLE_TIME_US && Number.isSafeInteger(us);
  return isSensible ? us : timeOf(fields.text(field));
}

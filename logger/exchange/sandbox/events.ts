/**
 * Messages of `orderBookL3` as events, exact integers at the symbol's scale. Every field that is used is
 * checked; what is wrong throws a WireFormatError.
 */

import { compareScaled } from '../../market/decimal.ts';
import { NO_HORIZON } from '../../market/events.ts';
import type { OrderEvent, OrderSide, RestingOrder, UpdateHead } from '../../market/events.ts';
import { parseIsoUs } from '../../market/time.ts';
import type { Scale } from '../../market/decimal.ts';
import type {
  HeartbeatMessage,
  ImageMessage,
  ReadContext,
  UpdateMessage,
} from '../feed/protocol.ts';
import { fieldsOf, integerOf, listOf, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { assertUncrossed, scalePair } from '../wire/scaled-levels.ts';

const FIRST_SENSIBLE_TIME_US = 1_577_836_800_000_000;

/** The one row of a change. @throws WireFormatError */
export function updateMessage(
  action: string,
  message: Fields,
  context: ReadContext,
): UpdateMessage {
  const rows = listOf(message, 'data');
  if (rows.length !== 1) throw wireError('shape', 'A change has not one row');
  const row = fieldsOf(rows[0], 'A row');
  const sequence = integerOf(message, 'sequence');
  const timeUs = timeOf(row);
  const { scale, price, size } = pairOf(row, context.scale);
  const head: UpdateHead = {
    firstSequence: sequence,
    lastSequence: sequence,
    exchangeTimeUs: timeUs,
    receiveTimeUs: context.receiveTimeUs,
  };
  const [orderId, side] = [idOf(row, 'id'), sideOf(row)];
  const eventOf = (): OrderEvent => {
    switch (action) {
      case 'insert':
        return { ...head, type: 'open', orderId, side, price, remainingSize: size };
      case 'match':
        return {
          ...head,
          type: 'match',
          tradeId: integerOf(row, 'trade_id'),
          makerOrderId: orderId,
          takerOrderId: idOf(row, 'taker_order_id'),
          side,
          price,
          size,
        };
      case 'delete':
        return {
          ...head,
          type: 'done',
          orderId,
          side,
          reason: 'canceled',
          orderType: null,
          price,
          remainingSize: size,
        };
      default:
        throw wireError('shape', `orderBookL3 has an unknown action`);
    }
  };
  return { kind: 'update', scale, hasTime: true, event: eventOf() };
}

/** The whole book. @throws WireFormatError of kind `snapshot`, too. */
export function imageMessage(message: Fields, { scale, receiveTimeUs }: ReadContext): ImageMessage {
  if (message['whole'] !== true) {
    throw wireError('snapshot', 'The book has more orders than the exchange sends');
  }
  const sides = { buy: [] as RestingOrder[], sell: [] as RestingOrder[] };
  const seen = new Set<string>();
  let used = scale;
  for (const item of listOf(message, 'data')) {
    const row = fieldsOf(item, 'A row');
    const pair = pairOf(row, used);
    if (pair.scale !== used && seen.size > 0)
      throw wireError('snapshot', 'A price is off the tick');
    used = pair.scale;
    const orderId = idOf(row, 'id');
    if (seen.has(orderId)) throw wireError('snapshot', `The order ${orderId} is listed twice`);
    seen.add(orderId);
    sides[sideOf(row)].push({ orderId, price: pair.price, size: pair.size });
  }
  const { buy: bids, sell: asks } = sides;
  assertBestFirst(bids, 1);
  assertBestFirst(asks, -1);
  assertUncrossed(bids[0]?.price, asks[0]?.price);
  return {
    kind: 'image',
    snapshot: {
      level: 'L3',
      sequence: integerOf(message, 'sequence'),
      exchangeTimeUs: timeOf(message),
      receiveTimeUs,
      scale: used,
      horizon: NO_HORIZON,
      bids,
      asks,
    },
  };
}

/** Once a second: how far the exchange has come. */
export function heartbeatMessage(message: Fields, receiveTimeUs: number): HeartbeatMessage {
  return {
    kind: 'heartbeat',
    lastSequence: integerOf(message, 'sequence'),
    lastTradeId: integerOf(message, 'trade_id'),
    exchangeTimeUs: timeOf(message),
    receiveTimeUs,
  };
}

/** `direction` 1: prices fall; -1: they rise. */
function assertBestFirst(orders: readonly RestingOrder[], direction: 1 | -1): void {
  for (const [i, { price }] of orders.entries()) {
    const before = orders[i - 1];
    if (before && compareScaled(before.price, price) * direction < 0) {
      throw wireError('snapshot', 'The orders are not best first');
    }
  }
}

/** Nothing rests without a size, and nothing is matched. */
function pairOf(row: Fields, scale: Scale): ReturnType<typeof scalePair> {
  const pair = scalePair(textOf(row, 'priceText'), String(integerOf(row, 'size', 1)), scale);
  if (pair.price === 0) throw wireError('level', 'A price is 0');
  return pair;
}

function idOf(row: Fields, name: string): string {
  const id = textOf(row, name);
  if (!/^order:[0-9a-f]{32}$/.test(id)) throw wireError('id', `${name} is not the id of an order`);
  return id;
}

function sideOf(row: Fields): OrderSide {
  const side = textOf(row, 'side');
  if (side !== 'Buy' && side !== 'Sell') throw wireError('shape', 'side is neither Buy nor Sell');
  return side === 'Buy' ? 'buy' : 'sell';
}

function timeOf({ timestamp }: Fields): number {
  const us = typeof timestamp === 'string' ? parseIsoUs(timestamp) : undefined;
  if (us === undefined || us < FIRST_SENSIBLE_TIME_US || !Number.isSafeInteger(us)) {
    throw wireError('time', 'timestamp is no time that makes sense');
  }
  return us;
}

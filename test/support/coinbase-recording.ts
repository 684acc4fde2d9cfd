/**
 * Coinbase `full` recordings as events, for tests and benchmarks of books and codecs. Shares no code
 * with `logger/exchange`, so that results can be compared with it. Line times are the recorder's,
 * taken for UTC; the frames carry exchange times.
 */

import { recordedText } from '../../bench/recordings.ts';
import { parseScaled } from '../../logger/market/decimal.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';
import type { OrderEvent, RestingOrder } from '../../logger/market/events.ts';
import { parseIsoUs } from '../../logger/market/time.ts';

export const COINBASE_SCALE = { priceExponent: 2, sizeExponent: 8 };

export interface CoinbaseRecording {
  readonly snapshot: {
    readonly sequence: number;
    readonly bids: readonly RestingOrder[];
    readonly asks: readonly RestingOrder[];
  };
  readonly events: readonly OrderEvent[];
  /** The frames of the events, unchanged. */
  readonly frames: readonly string[];
}

/** The first lines of a recording are its level-3 snapshot: `open` messages, all at one sequence. */
export function readCoinbaseFull(file: string): CoinbaseRecording {
  const lines = recordedText(file)
    .trim()
    .split('\n')
    .map((line) => ({ time: line.slice(0, 23), raw: line.slice(line.indexOf(' {') + 1) }));
  const messages = lines.map(({ raw }) => JSON.parse(raw));
  const isLive = (message: any): boolean => message.sequence !== messages[0].sequence;
  const snapshotLines = messages.findIndex(isLive);
  const orders = messages.slice(0, snapshotLines);
  const side = (name: string): RestingOrder[] =>
    orders
      .filter((order) => order.side === name)
      .map((order) => ({
        orderId: order.order_id,
        price: price(order.price),
        size: size(order.remaining_size),
      }));
  const live = lines.slice(snapshotLines);
  return {
    snapshot: {
      sequence: orders[0].sequence,
      bids: bestFirst(side('buy'), -1),
      asks: bestFirst(side('sell'), 1),
    },
    events: live.map(({ time, raw }) =>
      eventOf(JSON.parse(raw), timeUs(`${time.replace(' ', 'T')}Z`)),
    ),
    frames: live.map(({ raw }) => raw),
  };
}

/** The sort is stable: orders at one price keep their queue order. */
function bestFirst(orders: RestingOrder[], sign: number): RestingOrder[] {
  return orders.sort((a, b) => sign * (a.price < b.price ? -1 : a.price > b.price ? 1 : 0));
}

const price = (text: string): ScaledInt => scaled(text, COINBASE_SCALE.priceExponent);
const size = (text: string): ScaledInt => scaled(text, COINBASE_SCALE.sizeExponent);

function scaled(text: string, exponent: number): ScaledInt {
  const value = parseScaled(text, exponent);
  if (value === undefined) throw new Error(`${text} is too fine`);
  return value;
}

function timeUs(text: string): number {
  const us = parseIsoUs(text.replace(',', '.'));
  if (us === undefined) throw new Error(`${text} is no time`);
  return us;
}

const orNull = <T>(text: string | null | undefined, read: (text: string) => T): T | null =>
  text === null || text === undefined ? null : read(text);
const asText = (text: string): string => text;

function eventOf(message: any, receiveTimeUs: number): OrderEvent {
  const head = {
    firstSequence: message.sequence,
    lastSequence: message.sequence,
    exchangeTimeUs: timeUs(message.time),
    receiveTimeUs,
    side: message.side,
  };
  switch (message.type) {
    case 'received':
      return {
        type: 'received',
        ...head,
        orderId: message.order_id,
        orderType: orNull(message.order_type, asText),
        price: orNull(message.price, price),
        size: orNull(message.size, size),
        funds: orNull(message.funds, asText),
        clientOrderId: orNull(message.client_oid, asText),
      };
    case 'open':
      return {
        type: 'open',
        ...head,
        orderId: message.order_id,
        price: price(message.price),
        remainingSize: size(message.remaining_size),
      };
    case 'match':
      return {
        type: 'match',
        ...head,
        tradeId: message.trade_id,
        makerOrderId: message.maker_order_id,
        takerOrderId: message.taker_order_id,
        price: price(message.price),
        size: size(message.size),
      };
    case 'done':
      return {
        type: 'done',
        ...head,
        orderId: message.order_id,
        reason: message.reason,
        orderType: orNull(message.order_type, asText),
        price: orNull(message.price, price),
        remainingSize: orNull(message.remaining_size, size),
      };
    default:
      throw new Error(`No ${message.type} is in the recordings`);
  }
}

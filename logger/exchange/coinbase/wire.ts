/**
 * Coinbase's messages: types and guards. Nothing past this file knows the wire's names. A message is
 * parsed by `JSON.parse`, then every field that is used is checked. Prices and sizes stay text here
 * (their scale belongs to the security: see events.ts). Unknown types are no error: the exchange adds
 * them at will, and asks that they be ignored.
 *
 * Source: https://docs.cdp.coinbase.com/exchange/docs/websocket-channels (gathered 2026-11-20).
 */

import { parseIsoUs } from '../../market/time.ts';
import type { OrderSide } from '../../market/events.ts';
import type { ReplyMessage } from '../dialect.ts';
import { fieldsOf, integerOf, listOf, parseJson, shown, textOf, wireError } from '../fields.ts';
import type { Fields } from '../fields.ts';

/** What the channels bring of one product. */
export type CoinbaseFrame =
  OrderFrame | HeartbeatFrame | LevelsFrame | ChangesFrame | LastMatchFrame | AuctionFrame;

export type Frame =
  CoinbaseFrame | ReplyMessage | { readonly kind: 'unknown'; readonly event: string };

export const ORDER_TYPES = ['received', 'open', 'match', 'change', 'done', 'activate'] as const;
export type OrderType = (typeof ORDER_TYPES)[number];

/** A message about an order (`full`), or a fill (`match`, also on `matches`). */
export interface OrderFrame {
  readonly kind: 'order';
  readonly symbol: string;
  readonly type: OrderType;
  /** null: an `activate`, which has none. */
  readonly sequence: number | null;
  /** null: there is none that makes sense. */
  readonly timeUs: number | null;
  readonly side: OrderSide;
  /** All else, unchecked. */
  readonly fields: Fields;
}

/** Once a second and product: how far the exchange has come. */
export interface HeartbeatFrame {
  readonly kind: 'heartbeat';
  readonly symbol: string;
  readonly sequence: number;
  readonly lastTradeId: number;
  readonly timeUs: number | null;
}

/** `snapshot` of level 2: the whole book. */
export interface LevelsFrame {
  readonly kind: 'levels';
  readonly symbol: string;
  readonly timeUs: number | null;
  /** Unchecked `[price, size]` texts. */
  readonly bids: readonly unknown[];
  readonly asks: readonly unknown[];
}

/** `l2update`: what changed. */
export interface ChangesFrame {
  readonly kind: 'changes';
  readonly symbol: string;
  readonly timeUs: number | null;
  /** `[price, size]`, in the exchange's order. */
  readonly bids: readonly unknown[];
  readonly asks: readonly unknown[];
}

/** The fill before the first one on `matches`. */
export interface LastMatchFrame {
  readonly kind: 'last-match';
  readonly symbol: string;
  readonly tradeId: number;
}

export interface AuctionFrame {
  readonly kind: 'auction';
  readonly symbol: string;
  readonly isCollecting: boolean;
}

/** 2010, before any exchange of this kind: times of the year 1 do occur. */
const FIRST_SENSIBLE_TIME_US = 1_262_304_000_000_000;
const ID_MAX_CHARACTERS = 128;
const PRODUCT = /^[A-Z0-9][A-Z0-9.-]{0,63}$/;

/**
 * Reads one message of the feed.
 * @param discreet takes secrets out of a refusal.
 * @throws WireFormatError with `context.kind` = `json`, `shape`, `integer`, `product` or `id`.
 */
export function parseFrame(text: string, discreet = asItIs): Frame {
  const message = fieldsOf(parseJson(text), 'The message');
  const type = textOf(message, 'type');
  switch (type) {
    case 'received':
    case 'open':
    case 'match':
    case 'change':
    case 'done':
    case 'activate':
      return orderFrame(type, message);
    case 'heartbeat':
      return {
        kind: 'heartbeat',
        symbol: productOf(message),
        sequence: integerOf(message, 'sequence'),
        lastTradeId: integerOf(message, 'last_trade_id'),
        timeUs: timeOf(message['time']),
      };
    case 'snapshot':
      return {
        kind: 'levels',
        symbol: productOf(message),
        timeUs: timeOf(message['time']),
        bids: listOf(message, 'bids'),
        asks: listOf(message, 'asks'),
      };
    case 'l2update':
      return changesFrame(message);
    case 'last_match':
      return {
        kind: 'last-match',
        symbol: productOf(message),
        tradeId: integerOf(message, 'trade_id'),
      };
    case 'auction':
      return {
        kind: 'auction',
        symbol: productOf(message),
        isCollecting: isCollecting(textOf(message, 'auction_state')),
      };
    case 'subscriptions':
      return { kind: 'reply', id: 'current', refusal: null };
    case 'error':
      return errorReply(message, discreet);
    default:
      return { kind: 'unknown', event: shown(type) };
  }
}

/** @throws WireFormatError of kind `id`. */
export function idOf(fields: Fields, name: string): string {
  return asId(textOf(fields, name), name);
}

/** @throws WireFormatError of kind `id`. */
export function asId(id: string, name: string): string {
  if (id === '' || id.length > ID_MAX_CHARACTERS || !isWellFormed(id)) {
    throw wireError('id', `${name} is no id`);
  }
  return id;
}

/** null where it is absent; also for an empty text. @throws WireFormatError of kind `shape`. */
export function optionalText(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return null;
  const text = textOf(fields, name);
  if (text.length > ID_MAX_CHARACTERS || !isWellFormed(text)) {
    throw wireError('shape', `${name} is too long`);
  }
  return text;
}

/** Microseconds of an ISO text, or of a decimal text of seconds; null for what makes no sense. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const us = /^\d{9,11}(\.\d{1,9})?$/.test(value) ? secondsUs(value) : parseIsoUs(value);
  return us !== undefined && us >= FIRST_SENSIBLE_TIME_US && Number.isSafeInteger(us) ? us : null;
}

function secondsUs(text: string): number {
  const [seconds = '', fraction = ''] = text.split('.');
  return Number(seconds) * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/** A lone surrogate can't be stored as it came. */
function isWellFormed(text: string): boolean {
  return !/[\uD800-\uDFFF]/u.test(text);
}

function productOf(message: Fields): string {
  const product = textOf(message, 'product_id');
  if (!PRODUCT.test(product)) throw wireError('product', 'product_id is no product');
  return product;
}

function orderFrame(type: OrderType, message: Fields): OrderFrame {
  const side = textOf(message, 'side');
  if (side !== 'buy' && side !== 'sell') throw wireError('shape', 'side is neither buy nor sell');
  return {
    kind: 'order',
    symbol: productOf(message),
    type,
    sequence: type === 'activate' ? null : integerOf(message, 'sequence'),
    timeUs: timeOf(type === 'activate' ? message['timestamp'] : message['time']),
    side,
    fields: message,
  };
}

function changesFrame(message: Fields): ChangesFrame {
  const bids: unknown[] = [];
  const asks: unknown[] = [];
  for (const change of listOf(message, 'changes')) {
    if (!Array.isArray(change)) throw wireError('shape', 'A change is not a list');
    const [side, price, size] = change as readonly unknown[];
    if (side !== 'buy' && side !== 'sell') throw wireError('shape', 'A change has no side');
    (side === 'buy' ? bids : asks).push([price, size]);
  }
  const symbol = productOf(message);
  return { kind: 'changes', symbol, timeUs: timeOf(message['time']), bids, asks };
}

function isCollecting(state: string): boolean {
  return state !== 'complete' && state !== 'cancelled' && state !== 'canceled';
}

/** `{"type":"error","message":"Failed to subscribe","reason":"…"}`; the reason is what tells. */
function errorReply(message: Fields, discreet: (text: string) => string): ReplyMessage {
  const said = [message['message'], message['reason']].filter(
    (text) => typeof text === 'string' && text !== '',
  );
  const refusal = said.length === 0 ? 'no reason given' : shown(discreet(said.join(': ')));
  return { kind: 'reply', id: 'current', refusal, isOfLogin: LOGIN.test(refusal) };
}

const asItIs = (text: string): string => text;

/** The words of refusals that mean us and not the products. */
const LOGIN =
  /authenticat|signature|unauthori[sz]ed|api key|passphrase|timestamp|permission|log ?in/i;

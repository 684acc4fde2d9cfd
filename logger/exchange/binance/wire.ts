/**
 * Binance's messages: types and guards. Nothing past this file knows the wire's letters. A message
 * is parsed by `JSON.parse`, then every field that is used is checked; numbers must be safe integers.
 * Prices and sizes stay text here (their scale belongs to the security: see events.ts). Unknown event
 * types are no error: the exchange adds them at will.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams (gathered
 * 2026-11-20).
 */

import type { ReplyMessage } from '../dialect.ts';
import { fieldsOf, integerOf, listOf, parseJson, shown, textOf, wireError } from '../fields.ts';
import type { Fields } from '../fields.ts';

/** What the streams of one symbol bring. */
export type BinanceFrame = DepthFrame | TradeFrame;
export type Frame = BinanceFrame | ReplyMessage | ShutdownFrame | UnknownFrame;

/** `depthUpdate`: what changed in the book. */
export interface DepthFrame {
  readonly kind: 'depth';
  readonly symbol: string;
  /** `U` and `u`. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** `E`. */
  readonly eventTimeUs: number;
  /** Unchecked `[price, size]` texts. */
  readonly bids: readonly unknown[];
  readonly asks: readonly unknown[];
}

/** `trade`: one fill. */
export interface TradeFrame {
  readonly kind: 'trade';
  readonly symbol: string;
  readonly tradeId: number;
  readonly price: string;
  readonly size: string;
  /** `T`: when it happened. */
  readonly tradeTimeUs: number;
  /** `E`: when the message was made. */
  readonly eventTimeUs: number;
  /** `m` says whether the buyer was the maker; then the taker sold. */
  readonly takerSide: 'buy' | 'sell';
}

/** The server is going down: connect anew at once. It has no symbol. */
export interface ShutdownFrame {
  readonly kind: 'shutdown';
}

export interface UnknownFrame {
  readonly kind: 'unknown';
  readonly event: string;
}

/** Below it a time is in milliseconds, from it on in microseconds (1973 and 5138 in the other). */
const FIRST_MICROSECOND_TIME = 1e14;

/**
 * Reads one message of a `/stream` (or `/ws`) connection.
 * @throws WireFormatError with `context.kind` = `json`, `shape`, `integer`, `time`, `sequence` or
 *   `stream`.
 */
export function parseFrame(text: string): Frame {
  const message = fieldsOf(parseJson(text), 'The message');
  const stream = message['stream'];
  if (stream !== undefined) {
    if (typeof stream !== 'string') throw wireError('shape', 'stream is not a text');
    return parseEvent(fieldsOf(message['data'], 'data'), stream);
  }
  if (message['e'] !== undefined) return parseEvent(message, null);
  if (['result', 'error', 'code'].some((name) => message[name] !== undefined)) {
    return parseReply(message);
  }
  return { kind: 'unknown', event: 'a message without stream, event or result' };
}

function parseEvent(data: Fields, stream: string | null): Frame {
  const event = data['e'];
  switch (event) {
    case 'depthUpdate':
      return parseDepth(data, stream);
    case 'trade':
      return parseTrade(data, stream);
    case 'serverShutdown':
      return { kind: 'shutdown' };
    default:
      return { kind: 'unknown', event: shown(typeof event === 'string' ? event : (stream ?? '')) };
  }
}

function parseDepth(data: Fields, stream: string | null): DepthFrame {
  const symbol = symbolOf(data, stream);
  const firstSequence = integerOf(data, 'U');
  const lastSequence = integerOf(data, 'u');
  if (lastSequence < firstSequence) throw wireError('sequence', 'u is below U');
  return {
    kind: 'depth',
    symbol,
    firstSequence,
    lastSequence,
    eventTimeUs: timeOf(data, 'E'),
    bids: listOf(data, 'b'),
    asks: listOf(data, 'a'),
  };
}

function parseTrade(data: Fields, stream: string | null): TradeFrame {
  const buyerIsMaker = data['m'];
  if (typeof buyerIsMaker !== 'boolean') throw wireError('shape', 'm is not true or false');
  return {
    kind: 'trade',
    symbol: symbolOf(data, stream),
    tradeId: integerOf(data, 't'),
    price: textOf(data, 'p'),
    size: textOf(data, 'q'),
    tradeTimeUs: timeOf(data, 'T'),
    eventTimeUs: timeOf(data, 'E'),
    takerSide: buyerIsMaker ? 'sell' : 'buy',
  };
}

/** The envelope and what is in it must speak of the same symbol: else one of them is garbled. */
function symbolOf(data: Fields, stream: string | null): string {
  const symbol = textOf(data, 's');
  if (stream !== null && !stream.startsWith(`${symbol.toLowerCase()}@`)) {
    throw wireError('stream', 'The stream and its data name different symbols');
  }
  return symbol;
}

/** Milliseconds or microseconds, told apart value by value, whatever unit was asked for. */
function timeOf(data: Fields, name: string): number {
  const value = integerOf(data, name);
  const us = value < FIRST_MICROSECOND_TIME ? value * 1000 : value;
  if (!Number.isSafeInteger(us)) throw wireError('time', `${name} is beyond any time`);
  return us;
}

function parseReply(message: Fields): ReplyMessage {
  const rawId = message['id'];
  const id = typeof rawId === 'number' && Number.isSafeInteger(rawId) ? rawId : null;
  if (message['result'] === null) return { kind: 'reply', id, refusal: null };
  const error = message['error'] === undefined ? message : fieldsOf(message['error'], 'error');
  if (error['code'] === undefined) throw wireError('shape', 'The result is neither null nor error');
  const reason = typeof error['msg'] === 'string' ? shown(error['msg']) : 'no reason given';
  const code = typeof error['code'] === 'number' ? ` (code ${error['code']})` : '';
  return { kind: 'reply', id, refusal: `${reason}${code}` };
}

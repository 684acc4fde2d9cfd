/**
 * Binance's messages: types and guards. Nothing past this file knows the wire's letters. A message
 * is parsed by `JSON.parse`, then every field that is used is checked; numbers must be safe integers.
 * Prices and sizes stay text here (their scale belongs to the security: see events.ts). Unknown event
 * types are no error: the exchange adds them at will.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams (gathered
 * 2026-11-20).
 */

import { WireFormatError } from '../../errors.ts';

export type Frame = DepthFrame | TradeFrame | ReplyFrame | ShutdownFrame | UnknownFrame;

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

/** The answer to a SUBSCRIBE or UNSUBSCRIBE. Errors may come without the request's id. */
export interface ReplyFrame {
  readonly kind: 'reply';
  readonly id: number | null;
  /** null: done. Else the exchange's own words. */
  readonly refusal: string | null;
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
const SHOWN_CHARACTERS_MAX = 100;

type Fields = Readonly<Record<string, unknown>>;

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

/** @throws WireFormatError of kind `json`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new WireFormatError(`Not JSON (${text.length} characters)`, {
      context: { kind: 'json' },
      cause: error,
    });
  }
}

/** @throws WireFormatError of kind `shape`. */
export function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wireError('shape', `${name} is not an object`);
  }
  return value as Fields;
}

/** @throws WireFormatError of kind `shape`. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw wireError('shape', `${name} is not a text`);
  return value;
}

/** @throws WireFormatError of kind `shape`. */
export function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw wireError('shape', `${name} is not a list`);
  return value as readonly unknown[];
}

/** @throws WireFormatError of kind `integer` unless it is a safe integer of at least `min`. */
export function integerOf(fields: Fields, name: string, min = 0): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
    throw wireError('integer', `${name} is not a safe integer of at least ${min}`);
  }
  return value;
}

export function wireError(kind: string, message: string): WireFormatError {
  return new WireFormatError(message, { context: { kind } });
}

/** The exchange's own words, fit for one line of a log. */
export function shown(text: string): string {
  const plain = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return plain.length > SHOWN_CHARACTERS_MAX ? `${plain.slice(0, SHOWN_CHARACTERS_MAX)}…` : plain;
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

function parseReply(message: Fields): ReplyFrame {
  const rawId = message['id'];
  const id = typeof rawId === 'number' && Number.isSafeInteger(rawId) ? rawId : null;
  if (message['result'] === null) return { kind: 'reply', id, refusal: null };
  const error = message['error'] === undefined ? message : fieldsOf(message['error'], 'error');
  if (error['code'] === undefined) throw wireError('shape', 'The result is neither null nor error');
  const reason = typeof error['msg'] === 'string' ? shown(error['msg']) : 'no reason given';
  const code = typeof error['code'] === 'number' ? ` (code ${error['code']})` : '';
  return { kind: 'reply', id, refusal: `${reason}${code}` };
}

/**
 * Binance's market events as exact integers at the symbol's scale. `readDepth` is the hot one: from a
 * frame's bytes to a message in one call, so that a byte scanner can take the place of `JSON.parse`
 * without anything else noticing. Every field that is used is checked; numbers must be safe integers.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams (gathered
 * 2026-11-20).
 */

import type { ReadContext, SideEventMessage, UpdateMessage } from '../feed/protocol.ts';
import { fieldsOf, integerOf, listOf, parseFields, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { scalePair, scaleSides } from '../wire/scaled-levels.ts';
import { microseconds } from './scan.ts';

export const DEPTH_EVENT = 'depthUpdate';
export const TRADE_EVENT = 'trade';

/**
 * `depthUpdate`: what changed in the book, from sequence `U` to `u`. `E`: when the message was made.
 * @throws WireFormatError of kind `json`, `shape`, `stream`, `integer`, `time`, `sequence`, `level` or
 *   `decimal`.
 */
export function readDepth(
  frame: Buffer,
  symbol: string,
  { scale, receiveTimeUs }: ReadContext,
): UpdateMessage {
  const data = eventData(frame, symbol, DEPTH_EVENT);
  const firstSequence = integerOf(data, 'U');
  const lastSequence = integerOf(data, 'u');
  if (lastSequence < firstSequence) throw wireError('sequence', 'u is below U');
  const exchangeTimeUs = timeOf(data, 'E');
  const { scale: used, bids, asks } = scaleSides(listOf(data, 'b'), listOf(data, 'a'), scale);
  return {
    kind: 'update',
    scale: used,
    hasTime: true,
    event: {
      type: 'diff',
      firstSequence,
      lastSequence,
      exchangeTimeUs,
      receiveTimeUs,
      bids,
      asks,
    },
  };
}

/**
 * `trade`: one fill. `T`: when it happened; `E`: when the message was made; `m`: the buyer was the
 * maker, so the taker sold. Trades have no place in the book's sequence.
 * @throws WireFormatError, as `readDepth`.
 */
export function readTrade(
  frame: Buffer,
  symbol: string,
  { scale, receiveTimeUs }: ReadContext,
): SideEventMessage {
  const data = eventData(frame, symbol, TRADE_EVENT);
  const isBuyerMaker = data['m'];
  if (typeof isBuyerMaker !== 'boolean') throw wireError('shape', 'm is not true or false');
  const pair = scalePair(textOf(data, 'p'), textOf(data, 'q'), scale);
  return {
    kind: 'side-event',
    scale: pair.scale,
    hasTime: true,
    event: {
      type: 'trade',
      tradeId: integerOf(data, 't'),
      sequence: null,
      exchangeTimeUs: timeOf(data, 'T'),
      eventTimeUs: timeOf(data, 'E'),
      receiveTimeUs,
      price: pair.price,
      size: pair.size,
      side: isBuyerMaker ? 'sell' : 'buy',
    },
  };
}

/** The event, which must be what the frame's stream says: otherwise one of them is garbled. */
function eventData(frame: Buffer, symbol: string, event: string): Fields {
  const message = parseFields(frame, 'The message');
  const data = message['stream'] === undefined ? message : fieldsOf(message['data'], 'data');
  if (textOf(data, 's') !== symbol || data['e'] !== event) {
    throw wireError('stream', 'The stream and its data name different symbols or events');
  }
  return data;
}

/** Milliseconds or microseconds, told apart value by value, whatever unit was asked for. */
function timeOf(data: Fields, name: string): number {
  const us = microseconds(integerOf(data, name));
  if (!Number.isSafeInteger(us)) throw wireError('time', `${name} is beyond any time`);
  return us;
}

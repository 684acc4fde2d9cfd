/**
 * Bybit's market events as exact integers at the symbol's scale. Every field that is used is checked;
 * numbers must be safe integers. Field orders differ between products and years, so nothing depends on them.
 *
 * Sources: https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook, full-ob and trade
 * (2026-07-24); recording of 2026-08-09.
 */

import type { BookSnapshot } from '../../market/events.ts';
import type {
  ImageMessage,
  ReadContext,
  SideEventMessage,
  UpdateMessage,
} from '../feed/protocol.ts';
import { fieldsOf, integerOf, listOf, parseFields, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import {
  assertSide,
  assertUncrossed,
  edgeOf,
  scalePair,
  scaleSides,
} from '../wire/scaled-levels.ts';

/** A book message and what it is about, as the frame's route says it. */
export interface BookFrame {
  readonly topic: string;
  readonly symbol: string;
}

/**
 * A delta: what changed from `u` - 1 to `u`. `cts`: when the matching engine made it.
 * @throws WireFormatError of kind `json`, `shape`, `stream`, `integer`, `level` or `decimal`.
 */
export function readDelta(
  frame: Buffer,
  about: BookFrame,
  { scale, receiveTimeUs }: ReadContext,
): UpdateMessage {
  const message = messageOf(frame, about.topic, 'delta');
  const data = dataOf(message, about.symbol);
  const sequence = integerOf(data, 'u', 1);
  const { scale: used, bids, asks } = scaleSides(listOf(data, 'b'), listOf(data, 'a'), scale);
  return {
    kind: 'update',
    scale: used,
    hasTime: true,
    crossSequence: integerOf(data, 'seq'),
    event: {
      type: 'diff',
      firstSequence: sequence,
      lastSequence: sequence,
      exchangeTimeUs: timeOf(message, 'cts'),
      receiveTimeUs,
      bids,
      asks,
    },
  };
}

/** The book of a windowed topic, whole. @throws WireFormatError, as `parseSnapshot`. */
export function readImage(frame: Buffer, about: BookFrame, context: ReadContext): ImageMessage {
  const message = messageOf(frame, about.topic, 'snapshot');
  const data = dataOf(message, about.symbol);
  const { snapshot, crossSequence } = snapshotOf(data, message, context);
  return { kind: 'image', crossSequence, snapshot };
}

export interface NumberedSnapshot {
  readonly snapshot: BookSnapshot;
  /** The exchange's `seq`, which is the same in every numbering of a symbol. */
  readonly crossSequence: number;
}

export interface SnapshotContext extends Pick<ReadContext, 'scale' | 'receiveTimeUs'> {
  /** Levels a side at which it ends; absent: it is a window, and each side is known to its last price. */
  readonly depth?: number;
}

/**
 * A book from a frame's or an answer's `data`.
 * @param timed has its time: the message around the data, or the data itself.
 * @throws WireFormatError as `readDelta`, and of kind `snapshot` for sides that are not in order, cross, or
 *   hold empty levels.
 */
export function snapshotOf(
  data: Fields,
  timed: Fields,
  context: SnapshotContext,
): NumberedSnapshot {
  const { scale, bids, asks } = scaleSides(listOf(data, 'b'), listOf(data, 'a'), context.scale);
  assertSide(bids, 1);
  assertSide(asks, -1);
  assertUncrossed(bids[0], asks[0]);
  return {
    crossSequence: integerOf(data, 'seq'),
    snapshot: {
      level: 'L2',
      sequence: integerOf(data, 'u', 1),
      exchangeTimeUs: timeOf(timed, 'cts'),
      receiveTimeUs: context.receiveTimeUs,
      scale,
      bids,
      asks,
      ...(context.depth !== undefined && { depth: context.depth }),
      horizon: { bid: edgeOf(bids, context.depth ?? 0), ask: edgeOf(asks, context.depth ?? 0) },
    },
  };
}

/**
 * `publicTrade`: up to 1,024 fills. `T`: when one happened; `ts`: when the message was made; `S`: the
 * side of the taker; `i`: 19 digits, more than a number holds. Block trades (`BT`) and trades against
 * hidden retail orders (`RPI`) are among them, and may be at prices that the book does not show.
 * @throws WireFormatError, as `readDelta`.
 */
export function readTrades(
  frame: Buffer,
  about: BookFrame,
  context: ReadContext,
): readonly SideEventMessage[] {
  const message = messageOf(frame, about.topic, 'snapshot');
  const eventTimeUs = timeOf(message, 'ts');
  return listOf(message, 'data').map((row) => {
    return tradeOf(fieldsOf(row, 'A trade'), about.symbol, eventTimeUs, context);
  });
}

function tradeOf(
  trade: Fields,
  symbol: string,
  eventTimeUs: number,
  { scale, receiveTimeUs }: ReadContext,
): SideEventMessage {
  assertSymbol(trade, symbol);
  const side = textOf(trade, 'S');
  if (side !== 'Buy' && side !== 'Sell') throw wireError('shape', 'S is neither Buy nor Sell');
  const tradeId = textOf(trade, 'i');
  if (!/^[\w-]{1,64}$/.test(tradeId)) throw wireError('shape', 'i is not the id of a trade');
  const pair = scalePair(textOf(trade, 'p'), textOf(trade, 'v'), scale);
  return {
    kind: 'side-event',
    scale: pair.scale,
    hasTime: true,
    event: {
      type: 'trade',
      tradeId,
      sequence: null,
      exchangeTimeUs: timeOf(trade, 'T'),
      eventTimeUs,
      receiveTimeUs,
      price: pair.price,
      size: pair.size,
      side: side === 'Buy' ? 'buy' : 'sell',
    },
  };
}

/** The message, which must be of the topic and type that the frame's bytes were routed by. */
function messageOf(frame: Buffer, topic: string, type: string): Fields {
  const message = parseFields(frame, 'The message');
  if (message['topic'] !== topic || message['type'] !== type) {
    throw wireError('stream', `Not a ${type} of ${topic}`);
  }
  return message;
}

function dataOf(message: Fields, symbol: string): Fields {
  const data = fieldsOf(message['data'], 'data');
  assertSymbol(data, symbol);
  return data;
}

function assertSymbol(data: Fields, symbol: string): void {
  if (textOf(data, 's') !== symbol) {
    throw wireError('stream', 'The topic and its data name different symbols');
  }
}

/** From milliseconds. @throws WireFormatError of kind `integer` or `time`. */
function timeOf(fields: Fields, name: string): number {
  const us = integerOf(fields, name) * 1000;
  if (!Number.isSafeInteger(us)) throw wireError('time', `${name} is beyond any time`);
  return us;
}

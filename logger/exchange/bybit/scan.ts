/**
 * Bybit's deltas straight from the bytes of a frame, as spot prints them today: the messages of `readDelta` in
 * a fraction of the time. undefined: the frame is printed otherwise, or malformed.
 */

import type { ReadContext, UpdateMessage } from '../feed/protocol.ts';
import { FrameCursor, fixed } from '../wire/frame-cursor.ts';
import type { BookFrame } from './events.ts';

const TOPIC = fixed('{"topic":"');
const TIME = fixed('","ts":');
const DATA = fixed(',"type":"delta","data":{"s":"');
const BIDS = fixed('","b":');
const ASKS = fixed(',"a":');
const SEQUENCE = fixed(',"u":');
const CROSS_SEQUENCE = fixed(',"seq":');
const ENGINE_TIME = fixed('},"cts":');
const END = fixed('}');

const cursor = new FrameCursor();

/** See `readDelta`. */
export function scanDelta(
  frame: Buffer,
  { topic, symbol }: BookFrame,
  { scale, receiveTimeUs }: ReadContext,
): UpdateMessage | undefined {
  cursor.start(frame);
  cursor.pass(TOPIC);
  cursor.passText(topic);
  cursor.pass(TIME);
  cursor.integer();
  cursor.pass(DATA);
  cursor.passText(symbol);
  cursor.pass(BIDS);
  const bids = cursor.levels(scale);
  cursor.pass(ASKS);
  const asks = cursor.levels(scale);
  cursor.pass(SEQUENCE);
  const sequence = cursor.integer();
  cursor.pass(CROSS_SEQUENCE);
  const crossSequence = cursor.integer();
  cursor.pass(ENGINE_TIME);
  const exchangeTimeUs = cursor.integer() * 1000;
  cursor.pass(END);
  const isSound = sequence > 0 && Number.isSafeInteger(exchangeTimeUs);
  if (!cursor.isComplete || !isSound) return undefined;
  return {
    kind: 'update',
    scale,
    hasTime: true,
    crossSequence,
    event: {
      type: 'diff',
      firstSequence: sequence,
      lastSequence: sequence,
      exchangeTimeUs,
      receiveTimeUs,
      bids,
      asks,
    },
  };
}

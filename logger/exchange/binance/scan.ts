/**
 * Binance's events straight from the bytes of a frame, as the exchange prints them today: the messages of
 * `events.ts` in a fraction of the time. undefined: the frame is printed otherwise, or malformed.
 */

import type { ReadContext, SideEventMessage, UpdateMessage } from '../feed/protocol.ts';
import { FrameCursor, fixed } from '../wire/frame-cursor.ts';

const STREAM = fixed('{"stream":"');
const DATA = fixed(',"data":');
const DEPTH = fixed('{"e":"depthUpdate","E":');
const TRADE = fixed('{"e":"trade","E":');
const SYMBOL = fixed(',"s":"');
const FIRST_SEQUENCE = fixed('","U":');
const LAST_SEQUENCE = fixed(',"u":');
const BIDS = fixed(',"b":');
const ASKS = fixed(',"a":');
const TRADE_ID = fixed('","t":');
const PRICE = fixed(',"p":');
const SIZE = fixed(',"q":');
const TRADE_TIME = fixed(',"T":');
const BUYER_IS_MAKER = fixed(',"m":true');
const SELLER_IS_MAKER = fixed(',"m":false');
const OBSOLETE = fixed(',"M":true');
const END = fixed('}');

/** Below it a time is in milliseconds, from it on in microseconds (1973 and 5138 in the other). */
const FIRST_MICROSECOND_TIME = 1e14;

const cursor = new FrameCursor();

/** See `readDepth`. */
export function scanDepth(
  frame: Buffer,
  symbol: string,
  { scale, receiveTimeUs }: ReadContext,
): UpdateMessage | undefined {
  const isWrapped = passStream(frame);
  cursor.pass(DEPTH);
  const exchangeTimeUs = microseconds(cursor.integer());
  cursor.pass(SYMBOL);
  cursor.passText(symbol);
  cursor.pass(FIRST_SEQUENCE);
  const firstSequence = cursor.integer();
  cursor.pass(LAST_SEQUENCE);
  const lastSequence = cursor.integer();
  cursor.pass(BIDS);
  const bids = cursor.levels(scale);
  cursor.pass(ASKS);
  const asks = cursor.levels(scale);
  passEnd(isWrapped);
  const isSound = lastSequence >= firstSequence && Number.isSafeInteger(exchangeTimeUs);
  if (!cursor.isComplete || !isSound) return undefined;
  return {
    kind: 'update',
    scale,
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

/** See `readTrade`. */
export function scanTrade(
  frame: Buffer,
  symbol: string,
  { scale, receiveTimeUs }: ReadContext,
): SideEventMessage | undefined {
  const isWrapped = passStream(frame);
  cursor.pass(TRADE);
  const eventTimeUs = microseconds(cursor.integer());
  cursor.pass(SYMBOL);
  cursor.passText(symbol);
  cursor.pass(TRADE_ID);
  const tradeId = cursor.integer();
  cursor.pass(PRICE);
  const price = cursor.decimal(scale.priceExponent);
  cursor.pass(SIZE);
  const size = cursor.decimal(scale.sizeExponent);
  cursor.pass(TRADE_TIME);
  const exchangeTimeUs = microseconds(cursor.integer());
  const isBuyerMaker = cursor.passIf(BUYER_IS_MAKER);
  if (!isBuyerMaker) cursor.pass(SELLER_IS_MAKER);
  cursor.passIf(OBSOLETE);
  passEnd(isWrapped);
  const isSound = Number.isSafeInteger(eventTimeUs) && Number.isSafeInteger(exchangeTimeUs);
  if (!cursor.isComplete || !isSound) return undefined;
  return {
    kind: 'side-event',
    scale,
    hasTime: true,
    event: {
      type: 'trade',
      tradeId,
      sequence: null,
      exchangeTimeUs,
      eventTimeUs,
      receiveTimeUs,
      price,
      size,
      side: isBuyerMaker ? 'sell' : 'buy',
    },
  };
}

/** Begins with a frame, up to the event. @returns whether a combined stream wraps it. */
function passStream(frame: Buffer): boolean {
  cursor.start(frame);
  if (!cursor.passIf(STREAM)) return false;
  cursor.passRestOfText();
  cursor.pass(DATA);
  return true;
}

function passEnd(isWrapped: boolean): void {
  cursor.pass(END);
  if (isWrapped) cursor.pass(END);
}

/** Unsafe for a time beyond any. */
export function microseconds(time: number): number {
  return time < FIRST_MICROSECOND_TIME ? time * 1000 : time;
}

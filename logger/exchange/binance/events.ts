/** From Binance's frames to the field's events: exact integers at the security's scale. */

import type { Scale } from '../../market/decimal.ts';
import type { Diff, Trade } from '../../market/events.ts';
import { scalePair, scaleSides } from '../scaled-levels.ts';
import type { Scaled } from '../subscription.ts';
import type { DepthFrame, TradeFrame } from './wire.ts';

/** @throws WireFormatError of kind `level` or `decimal`. */
export function diffOf(frame: DepthFrame, scale: Scale, receiveTimeUs: number): Scaled<Diff> {
  const sides = scaleSides(frame.bids, frame.asks, scale);
  return {
    scale: sides.scale,
    event: {
      type: 'diff',
      firstSequence: frame.firstSequence,
      lastSequence: frame.lastSequence,
      exchangeTimeUs: frame.eventTimeUs,
      receiveTimeUs,
      bids: sides.bids,
      asks: sides.asks,
    },
  };
}

/** @throws WireFormatError of kind `decimal`. */
export function tradeOf(frame: TradeFrame, scale: Scale, receiveTimeUs: number): Scaled<Trade> {
  const pair = scalePair(frame.price, frame.size, scale);
  return {
    scale: pair.scale,
    event: {
      type: 'trade',
      tradeId: frame.tradeId,
      // Binance does not number trades with the book.
      sequence: null,
      exchangeTimeUs: frame.tradeTimeUs,
      eventTimeUs: frame.eventTimeUs,
      receiveTimeUs,
      price: pair.price,
      size: pair.size,
      side: frame.takerSide,
    },
  };
}

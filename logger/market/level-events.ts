/**
 * A book as it moves, by price, in exact integers: the same whether it is recorded now or read from an
 * archive. An image, then updates; each with the place where the archive finds that book again.
 */

import type { Scale, ScaledInt } from './decimal.ts';
import type { Horizon, Levels, TradeId } from './events.ts';

/** Where a book is. */
export interface BookPoint {
  /** The segment. */
  readonly epoch: number;
  /** On feeds without sequences it counts messages. */
  readonly sequence: number;
  readonly isSequenced: boolean;
  /** Of the last message in the book. */
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

/** A book to start from: everything known of an earlier one is void. Levels are best first. */
export interface LevelImageEvent {
  readonly type: 'image';
  readonly point: BookPoint;
  readonly scale: Scale;
  readonly bids: Levels;
  readonly asks: Levels;
  readonly horizon: Horizon;
  /**
   * The feed shows a window: each side is known up to its last price, here and after each update (where the
   * window is one of orders, that price may have more). There is no other horizon then.
   */
  readonly windowed?: true | undefined;
}

/** A message that is in the book now: absolute sizes by price, 0 deletes; none where it changed no level. */
export interface LevelUpdateEvent {
  readonly type: 'update';
  readonly point: BookPoint;
  /** That of the last image. */
  readonly scale: Scale;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** There is no proven book until the next image. */
export interface UnprovenEvent {
  readonly type: 'unproven';
  /** The last moment at which the book was known to be the exchange's; null: never. */
  readonly sinceUs: number | null;
  /** When that became known. */
  readonly atUs: number;
  /** For people. */
  readonly reason: string;
}

export interface LevelTradeEvent {
  readonly type: 'trade';
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly tradeId: TradeId;
  readonly scale: Scale;
  readonly price: ScaledInt;
  readonly size: ScaledInt;
  /** The taker's. */
  readonly side: 'buy' | 'sell';
}

/** As it happens. */
export type LiveLevelEvent = LevelImageEvent | LevelUpdateEvent | UnprovenEvent | LevelTradeEvent;

/** As the archive has it, between gaps. */
export type StoredLevelEvent = LevelImageEvent | LevelUpdateEvent | LevelTradeEvent;

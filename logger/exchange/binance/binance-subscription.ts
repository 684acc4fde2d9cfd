/** One open symbol of Binance: its diffs, and each trade once. */

import type { FeedListener, Instrument } from '../exchange.ts';
import type { Refusals } from '../refusals.ts';
import { Subscription } from '../subscription.ts';
import { TradeFilter } from '../trade-filter.ts';
import { diffOf, tradeOf } from './events.ts';
import type { BinanceFrame } from './wire.ts';

export class BinanceSubscription extends Subscription<BinanceFrame> {
  /** Their symbol is lower case. */
  readonly streams: readonly string[];
  readonly #trades = new TradeFilter();

  constructor(
    instrument: Instrument,
    feed: string,
    parts: { readonly listener: FeedListener; readonly refusals: Refusals },
  ) {
    super(instrument, parts);
    const lower = this.symbol.toLowerCase();
    this.streams = [`${lower}@${feed}`, `${lower}@trade`];
  }

  take(frame: BinanceFrame, receiveTimeUs: number): void {
    const timeUs = this.streamTimeUs(receiveTimeUs);
    this.hand(() => {
      if (frame.kind === 'depth') return diffOf(frame, this.scale, timeUs);
      const trade = tradeOf(frame, this.scale, timeUs);
      // Asked last: a trade that can't be read was not seen.
      return this.#trades.isNew(frame.tradeId) ? trade : null;
    });
  }

  protected forget(): void {
    this.#trades.reset();
  }
}

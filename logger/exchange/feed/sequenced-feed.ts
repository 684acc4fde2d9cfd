/** A symbol's stream where the exchange numbers book updates: they pass as they come, a trade once. */

import type { FeedMessage } from './protocol.ts';
import { SymbolFeed, withTimes } from './symbol-feed.ts';
import { TradeFilter } from './trade-filter.ts';

export class SequencedFeed extends SymbolFeed {
  readonly #trades = new TradeFilter();

  deliver(message: FeedMessage): void {
    if (message.kind !== 'event') return;
    const { event, scale } = message;
    const timed = withTimes(event, this.streamTimeUs(event.receiveTimeUs));
    if (timed.type === 'trade' && !this.isClosed && !this.#trades.isNew(timed.tradeId)) return;
    this.emit(timed, scale);
  }

  unreadable(): void {
    // The sequence of the next update shows the gap.
  }

  protected forget(): void {
    this.#trades.reset();
  }
}

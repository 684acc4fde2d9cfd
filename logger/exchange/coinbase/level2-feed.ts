/**
 * One product of `level2_batch` and `matches`, the public feed, whose book has no sequence. Loss on a
 * connection that is up shows in the ids of the trades.
 */

import type { TradeId } from '../../market/events.ts';
import { ImageFeed } from '../feed/image-feed.ts';
import type { NoticeMessage } from '../feed/protocol.ts';
import { TradeContinuity } from './trade-continuity.ts';

export class Level2Feed extends ImageFeed {
  readonly #continuity = new TradeContinuity((agreedUs, what) => {
    this.snapshot.discard();
    this.reportLoss(agreedUs, `Something was lost: ${what}`);
  });

  protected override deliverNotice(message: NoticeMessage): void {
    const receiveTimeUs = this.streamTimeUs(message.receiveTimeUs);
    switch (message.kind) {
      case 'last-trade':
        this.#continuity.begin(message.tradeId);
        return;
      case 'heartbeat':
        this.noteTime(message.exchangeTimeUs);
        if (!this.isClosed) {
          const exchangeTimeUs = message.exchangeTimeUs ?? receiveTimeUs;
          const { lastSequence } = message;
          this.listener.onHeartbeat({ lastSequence, exchangeTimeUs, receiveTimeUs });
        }
        this.#continuity.heartbeat(message.lastTradeId, receiveTimeUs);
        return;
      case 'auction':
        this.setAuction(message.isCollecting);
        return;
      case 'checksum':
    }
  }

  protected override onImage(receiveTimeUs: number): void {
    this.#continuity.image(receiveTimeUs);
  }

  protected override onTrade(tradeId: TradeId, receiveTimeUs: number): void {
    if (typeof tradeId === 'number') this.#continuity.trade(tradeId, receiveTimeUs);
  }

  protected override forget(isMoved: boolean): void {
    super.forget(isMoved);
    // Its end may come while there is no connection.
    if (!isMoved) this.setAuction(false);
    this.#continuity.reset();
  }
}

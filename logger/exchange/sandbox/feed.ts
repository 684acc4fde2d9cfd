/** One symbol of `orderBookL3`; heartbeats prove a book where nothing happens. */

import type { HeartbeatMessage, NoticeMessage } from '../feed/protocol.ts';
import { SequencedFeed } from '../feed/sequenced-feed.ts';

export class SandboxFeed extends SequencedFeed {
  protected override deliverNotice(notice: NoticeMessage): void {
    if (notice.kind === 'heartbeat') this.#deliverHeartbeat(notice);
  }

  #deliverHeartbeat({ lastSequence, exchangeTimeUs, receiveTimeUs }: HeartbeatMessage): void {
    if (exchangeTimeUs === null) return;
    const inStreamUs = this.streamTimeUs(receiveTimeUs);
    this.listener.onHeartbeat({ lastSequence, exchangeTimeUs, receiveTimeUs: inStreamUs });
  }
}

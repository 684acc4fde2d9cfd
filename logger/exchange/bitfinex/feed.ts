/**
 * A symbol's stream at Bitfinex. Its sequence is the connection's counter at the book's last message, so every
 * session begins a numbering of its own, with an image.
 */

import { describeError } from '../../errors.ts';
import type { WireFormatError } from '../../errors.ts';
import type { NoticeMessage, SymbolRoute } from '../feed/protocol.ts';
import { SequencedFeed } from '../feed/sequenced-feed.ts';
import { UNASKED } from './channel.ts';

export class BitfinexFeed extends SequencedFeed {
  override unreadable(route: SymbolRoute, error: WireFormatError): void {
    const { kind } = error.context;
    if (route.carries === 'image' && kind !== UNASKED) super.unreadable(route, error);
    else if (kind === 'row' || kind === 'window') this.mismatch(error.message);
    else this.loss(`A message could not be read: ${describeError(error)}`);
  }

  override loss(reason: string): void {
    this.snapshot.discard();
    super.loss(reason);
  }

  protected override deliverNotice(notice: NoticeMessage): void {
    if (this.isClosed) return;
    const receiveTimeUs = this.streamTimeUs(notice.receiveTimeUs);
    if (notice.kind === 'checksum') {
      this.snapshot.discard();
      this.mismatch(notice.reason, { lastMatch: notice.lastMatch });
    } else if (notice.kind === 'heartbeat' && notice.exchangeTimeUs !== null) {
      const { lastSequence, exchangeTimeUs } = notice;
      this.listener.onHeartbeat({ lastSequence, exchangeTimeUs, receiveTimeUs });
    }
  }
}

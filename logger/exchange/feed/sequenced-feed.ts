/**
 * A symbol's stream where the exchange numbers book updates: they pass as they come, a trade once.
 *
 * The book's image may come in the stream as well: after the subscription, where it is the snapshot that
 * the exchange is asked for, and at any later time. A later image at the sequence of the last update
 * changes nothing. One behind it means that the exchange has restarted its numbering, one ahead that
 * updates are missing: both are a loss, and the image is the snapshot of the new book.
 */

import type { WireFormatError } from '../../errors.ts';
import type { BookSnapshot, MarketEvent } from '../../market/events.ts';
import type { SideEventMessage, SymbolRoute, UpdateMessage } from './protocol.ts';
import { StreamedSnapshot } from './streamed-snapshot.ts';
import { SymbolFeed, withTimes } from './symbol-feed.ts';
import { TradeFilter } from './trade-filter.ts';

export class SequencedFeed extends SymbolFeed {
  /** Unused where the image comes by REST. */
  readonly snapshot = new StreamedSnapshot(() => null);
  readonly #trades = new TradeFilter();

  override unreadable({ carries }: SymbolRoute, error: WireFormatError): void {
    // The sequence of the next update shows any other gap.
    if (carries === 'image') this.snapshot.fail(error);
  }

  protected forget(): void {
    this.#trades.reset();
    this.snapshot.reset();
  }

  protected deliverUpdate({ event, scale }: UpdateMessage): void {
    this.emitUpdate(this.#inStream(event), scale);
  }

  protected deliverSideEvent({ event, scale }: SideEventMessage): void {
    const timed = this.#inStream(event);
    if (timed.type === 'trade' && !this.#trades.isNew(timed.tradeId)) return;
    this.emitSideEvent(timed, scale);
  }

  protected override deliverImage(image: BookSnapshot): void {
    const { lastSequence } = this;
    const { sequence } = image;
    const { isAwaited } = this.snapshot;
    if (sequence === lastSequence && !isAwaited) return;
    const aliveUntilUs = this.lastReceiveTimeUs;
    const receiveTimeUs = this.streamTimeUs(image.receiveTimeUs);
    this.raiseScale(image.scale);
    // Before the loss is reported: whoever asks for a snapshot then gets this one.
    this.snapshot.hold({ ...image, receiveTimeUs });
    if (lastSequence !== null && sequence < lastSequence) {
      this.restartSequence(sequence);
      this.reportLoss(
        aliveUntilUs,
        `The exchange restarted its numbering at ${sequence}, after ${lastSequence}`,
      );
    } else if (lastSequence !== null && sequence > lastSequence && !isAwaited) {
      this.reportLoss(aliveUntilUs, `An image at ${sequence} follows the update ${lastSequence}`);
    }
    this.snapshot.complete();
  }

  #inStream<Event extends MarketEvent>(event: Event): Event {
    return withTimes(event, this.streamTimeUs(event.receiveTimeUs));
  }
}

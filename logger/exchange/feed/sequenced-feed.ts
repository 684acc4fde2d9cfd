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
import type { ImageMessage, SideEventMessage, SymbolRoute, UpdateMessage } from './protocol.ts';
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

  protected forget(isMoved: boolean): void {
    if (!isMoved) this.#trades.reset();
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

  protected override deliverImage({ snapshot }: ImageMessage): void {
    const { lastSequence } = this;
    const { sequence } = snapshot;
    const { isAwaited } = this.snapshot;
    if (lastSequence !== null && sequence < lastSequence) {
      this.restartFrom(snapshot);
    } else if (lastSequence !== null && sequence > lastSequence && !isAwaited) {
      this.beginFrom(snapshot, `An image at ${sequence} follows the update ${lastSequence}`);
    } else if (isAwaited || sequence !== lastSequence) {
      this.beginFrom(snapshot, null);
    } else {
      this.#reportSequence({
        ...snapshot,
        receiveTimeUs: this.streamTimeUs(snapshot.receiveTimeUs),
      });
    }
  }

  /** The exchange numbers anew from this image. */
  protected restartFrom(image: BookSnapshot): void {
    const { lastSequence } = this;
    this.restartSequence(image.sequence);
    this.beginFrom(image, restarted(image.sequence, lastSequence));
  }

  /** A book begins with this image. @param loss why the one before it ended; null: it did not, or none is held. */
  protected beginFrom(image: BookSnapshot, loss: string | null): void {
    const aliveUntilUs = this.lastReceiveTimeUs;
    const snapshot = { ...image, receiveTimeUs: this.streamTimeUs(image.receiveTimeUs) };
    this.raiseScale(image.scale);
    // Before the loss is reported: whoever asks for a snapshot then gets this one.
    this.snapshot.hold(snapshot);
    if (loss !== null) this.reportLoss(aliveUntilUs, loss);
    this.#reportSequence(snapshot);
    this.snapshot.complete();
  }

  /** Where nothing follows an image, the book is the image. */
  #reportSequence({ sequence, exchangeTimeUs, receiveTimeUs }: BookSnapshot): void {
    if (this.isClosed || exchangeTimeUs === null) return;
    this.listener.onHeartbeat({ lastSequence: sequence, exchangeTimeUs, receiveTimeUs });
  }

  #inStream<Event extends MarketEvent>(event: Event): Event {
    return withTimes(event, this.streamTimeUs(event.receiveTimeUs));
  }
}

/** Why a book ended whose numbering the exchange restarted. */
export function restarted(sequence: number, lastSequence: number | null): string {
  return `The exchange restarted its numbering at ${sequence}, after ${lastSequence}`;
}

/**
 * A symbol's stream where the exchange sends no sequence and the book's image comes in the stream.
 * Messages of the book are counted here, which keeps their order. An adapter adds what its exchange
 * sends beside book and trades, and any means that it has to find loss.
 */

import { describeError } from '../../errors.ts';
import type { WireFormatError } from '../../errors.ts';
import type { TradeId } from '../../market/events.ts';
import type { ImageMessage, SideEventMessage, SymbolRoute, UpdateMessage } from './protocol.ts';
import { StreamedSnapshot } from './streamed-snapshot.ts';
import { SymbolFeed, withTimes } from './symbol-feed.ts';
import { TradeFilter } from './trade-filter.ts';

/** Kinds of errors in the values of a message whose structure is sound. */
const VALUE_ERRORS: ReadonlySet<unknown> = new Set(['level', 'decimal', 'snapshot']);

export class ImageFeed extends SymbolFeed {
  readonly snapshot = new StreamedSnapshot(() => this.#exchangeTimeUs);
  readonly #trades = new TradeFilter();
  /** Messages of the book so far; counts on over sessions, so no count comes twice. */
  #count = 0;
  /** Since the last image. */
  #exchangeTimeUs: number | null = null;

  override unreadable({ carries }: SymbolRoute, error: WireFormatError): void {
    if (!VALUE_ERRORS.has(error.context['kind'])) {
      this.loss(`A message could not be read: ${describeError(error)}`);
      return;
    }
    // Its count stays out, which the sequence rule finds.
    this.#count++;
    if (carries === 'image') this.snapshot.fail(error);
  }

  override loss(reason: string): void {
    this.snapshot.discard();
    super.loss(reason);
  }

  protected override mismatch(reason: string): void {
    this.snapshot.discard();
    super.mismatch(reason);
  }

  protected onImage(_receiveTimeUs: number): void {
    // Nothing to do.
  }

  /** Each trade as it comes, also one that another session has brought before. */
  protected onTrade(_tradeId: TradeId, _receiveTimeUs: number): void {
    // Nothing to do.
  }

  protected override forget(isMoved: boolean): void {
    this.snapshot.reset();
    if (!isMoved) this.#trades.reset();
    this.#exchangeTimeUs = null;
  }

  /** Notes a message's time. @returns the latest exchange time; null: none is known. */
  protected noteTime(exchangeTimeUs: number | null): number | null {
    if (exchangeTimeUs !== null) this.#exchangeTimeUs = exchangeTimeUs;
    else this.wireErrors.count('time', 'A message has no time that makes sense');
    this.snapshot.complete();
    return this.#exchangeTimeUs;
  }

  protected override deliverImage({ snapshot }: ImageMessage): void {
    const receiveTimeUs = this.streamTimeUs(snapshot.receiveTimeUs);
    this.raiseScale(snapshot.scale);
    this.onImage(receiveTimeUs);
    this.#exchangeTimeUs = null;
    this.snapshot.offer({ ...snapshot, receiveTimeUs, sequence: ++this.#count });
  }

  protected deliverUpdate({ event, scale, hasTime }: UpdateMessage): void {
    const count = ++this.#count;
    const receiveTimeUs = this.streamTimeUs(event.receiveTimeUs);
    const exchangeTimeUs = this.noteTime(hasTime ? event.exchangeTimeUs : null);
    if (exchangeTimeUs === null) return;
    const timed = withTimes(event, receiveTimeUs, exchangeTimeUs);
    this.emitUpdate({ ...timed, firstSequence: count, lastSequence: count }, scale);
  }

  protected deliverSideEvent({ event, scale, hasTime }: SideEventMessage): void {
    if (event.type !== 'trade') return;
    const receiveTimeUs = this.streamTimeUs(event.receiveTimeUs);
    const exchangeTimeUs = hasTime ? event.exchangeTimeUs : this.#exchangeTimeUs;
    if (exchangeTimeUs === null) return;
    this.onTrade(event.tradeId, receiveTimeUs);
    if (!this.#trades.isNew(event.tradeId)) return;
    this.emitSideEvent(withTimes(event, receiveTimeUs, exchangeTimeUs), scale);
  }
}

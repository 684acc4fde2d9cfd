/**
 * One product of `level2_batch` and `matches`, the public feed, whose book has no sequence. Messages
 * are counted here, which keeps their order; the snapshot comes in the stream; loss on a connection
 * that stands shows in the ids of the trades.
 */

import { describeError } from '../../errors.ts';
import type { WireFormatError } from '../../errors.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { EventMessage, FeedMessage, SymbolRoute } from '../feed/protocol.ts';
import { StreamedSnapshot } from '../feed/streamed-snapshot.ts';
import { SymbolFeed, withTimes } from '../feed/symbol-feed.ts';
import { TradeFilter } from '../feed/trade-filter.ts';
import { TradeContinuity } from './trade-continuity.ts';

/** Kinds of errors in the values of a message whose structure is sound. */
const VALUE_ERRORS: ReadonlySet<unknown> = new Set(['level', 'decimal', 'snapshot']);

export class Level2Feed extends SymbolFeed {
  readonly snapshot = new StreamedSnapshot(() => this.#exchangeTimeUs);
  readonly #trades = new TradeFilter();
  readonly #continuity = new TradeContinuity();
  /** Messages of the book so far; counts on over connections, so no count comes twice. */
  #count = 0;
  #exchangeTimeUs: number | null = null;

  deliver(message: FeedMessage): void {
    if (this.isClosed) return;
    switch (message.kind) {
      case 'image':
        this.#deliverImage(message.snapshot);
        return;
      case 'event':
        if (message.event.type === 'trade') this.#deliverTrade(message);
        else this.#deliverUpdate(message);
        return;
      case 'last-trade':
        this.streamTimeUs(message.receiveTimeUs);
        this.#continuity.begin(message.tradeId);
        return;
      case 'heartbeat': {
        const receiveTimeUs = this.streamTimeUs(message.receiveTimeUs);
        this.#noteTime(message.exchangeTimeUs);
        this.snapshot.complete();
        const { lastTradeId } = message;
        this.#continuity.heartbeat(lastTradeId, receiveTimeUs, (what) => this.#lost(what));
        return;
      }
      case 'auction':
        this.streamTimeUs(message.receiveTimeUs);
        this.listener.onAuction(message.isCollecting);
    }
  }

  override unreadable({ carries }: SymbolRoute, error: WireFormatError): void {
    if (!VALUE_ERRORS.has(error.context['kind'])) {
      this.loss(`A message could not be read: ${describeError(error)}`);
      return;
    }
    // Its number stays out, which the sequence rule finds.
    this.#count++;
    if (carries === 'image') this.snapshot.fail(error);
  }

  override loss(reason: string): void {
    this.snapshot.discard();
    super.loss(reason);
  }

  protected forget(isMoved: boolean): void {
    this.snapshot.reset();
    if (!isMoved) this.#trades.reset();
    this.#continuity.reset();
    this.#exchangeTimeUs = null;
  }

  #deliverImage(snapshot: BookSnapshot): void {
    const receiveTimeUs = this.streamTimeUs(snapshot.receiveTimeUs);
    this.raiseScale(snapshot.scale);
    this.#continuity.image(receiveTimeUs);
    this.#exchangeTimeUs = null;
    this.snapshot.offer({ ...snapshot, receiveTimeUs, sequence: ++this.#count });
  }

  #deliverUpdate({ event, scale, hasTime }: EventMessage): void {
    const count = ++this.#count;
    const receiveTimeUs = this.streamTimeUs(event.receiveTimeUs);
    const exchangeTimeUs = this.#noteTime(hasTime ? event.exchangeTimeUs : null);
    if (exchangeTimeUs === null) return;
    this.snapshot.complete();
    const place = { firstSequence: count, lastSequence: count };
    this.emit({ ...withTimes(event, receiveTimeUs, exchangeTimeUs), ...place }, scale);
  }

  #deliverTrade({ event, scale, hasTime }: EventMessage): void {
    if (event.type !== 'trade' || typeof event.tradeId !== 'number') return;
    const receiveTimeUs = this.streamTimeUs(event.receiveTimeUs);
    const exchangeTimeUs = hasTime ? event.exchangeTimeUs : this.#exchangeTimeUs;
    if (exchangeTimeUs === null || !this.#trades.isNew(event.tradeId)) return;
    this.#continuity.trade(event.tradeId, receiveTimeUs, (what) => this.#lost(what));
    this.emit(withTimes(event, receiveTimeUs, exchangeTimeUs), scale);
  }

  #noteTime(timeUs: number | null): number | null {
    if (timeUs !== null) this.#exchangeTimeUs = timeUs;
    else this.wireErrors.count('time', 'A message has no time that makes sense');
    return this.#exchangeTimeUs;
  }

  #lost(what: string): void {
    this.snapshot.discard();
    this.reportLoss(this.#continuity.agreedUs, `Something was lost: ${what}`);
  }
}

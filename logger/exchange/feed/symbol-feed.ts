/**
 * One symbol's stream to its listener, whatever sessions carry it. It gives messages their place in
 * the stream (time, scale, count) and is the only one that calls the listener, so nothing reaches a
 * listener after `close`, and `onUp` and `onDown` alternate.
 */

import type { WireFormatError } from '../../errors.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookUpdate, MarketEvent, SideEvent } from '../../market/events.ts';
import { finerScale, isSameScale, rescaleEvent } from '../../market/scale.ts';
import type { ChecksumMismatch, FeedListener, FeedWait, Instrument } from '../exchange.ts';
import type { WireErrors } from '../wire/wire-errors.ts';
import type {
  FeedMessage,
  ImageMessage,
  NoticeMessage,
  SideEventMessage,
  SymbolRoute,
  UpdateMessage,
} from './protocol.ts';

export interface SymbolFeedDeps {
  readonly listener: FeedListener;
  readonly wireErrors: WireErrors;
}

export abstract class SymbolFeed {
  readonly symbol: string;
  protected readonly listener: FeedListener;
  protected readonly wireErrors: WireErrors;
  #instrument: Instrument;
  #scale: Scale;
  #lastSequence: number | null = null;
  #lastReceiveTimeUs = 0;
  #isUp = false;
  #isClosed = false;
  #isAuction = false;

  constructor(instrument: Instrument, { listener, wireErrors }: SymbolFeedDeps) {
    this.symbol = instrument.symbol;
    this.#instrument = instrument;
    this.#scale = instrument.scale;
    this.listener = listener;
    this.wireErrors = wireErrors;
  }

  /** Passes a message on to the listener. */
  deliver(message: FeedMessage): void {
    if (this.#isClosed) return;
    switch (message.kind) {
      case 'update':
        this.deliverUpdate(message);
        return;
      case 'side-event':
        this.deliverSideEvent(message);
        return;
      case 'image':
        this.deliverImage(message);
        return;
      default:
        this.deliverNotice(message);
    }
  }

  protected abstract deliverUpdate(message: UpdateMessage): void;
  protected abstract deliverSideEvent(message: SideEventMessage): void;

  /** Nothing to do where no image comes in the stream. */
  protected deliverImage(_message: ImageMessage): void {
    // Overridden.
  }

  /** Heartbeats, auctions and the like: ignored unless the exchange sends them. */
  protected deliverNotice(_notice: NoticeMessage): void {
    // Overridden.
  }

  /**
   * The streams are gone, and with them whatever was remembered of them.
   * @param isMoved another session carries them on, and may repeat what the first one brought.
   */
  protected abstract forget(isMoved: boolean): void;

  /** A frame could not be read that nothing else will show: of the book without a sequence, or an image. */
  abstract unreadable(route: SymbolRoute, error: WireFormatError): void;

  get instrument(): Instrument {
    return this.#instrument;
  }

  get scale(): Scale {
    return this.#scale;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Orders are being collected for an auction: the book may be crossed. */
  get isAuction(): boolean {
    return this.#isAuction;
  }

  setAuction(isCollecting: boolean): void {
    if (this.#isClosed || this.#isAuction === isCollecting) return;
    this.#isAuction = isCollecting;
    this.listener.onAuction(isCollecting);
  }

  /** The highest sequence delivered since the streams came up, or the numbering restarted; null: none yet. */
  get lastSequence(): number | null {
    return this.#lastSequence;
  }

  /** Of the last message delivered; 0: none yet. */
  protected get lastReceiveTimeUs(): number {
    return this.#lastReceiveTimeUs;
  }

  /** The exchange numbers from here on, whatever was delivered before. */
  protected restartSequence(sequence: number): void {
    this.#lastSequence = sequence;
  }

  up(): void {
    if (this.#isClosed || this.#isUp) return;
    this.#isUp = true;
    this.listener.onUp();
  }

  down(aliveUntilUs: number, reason: string): void {
    this.#end(aliveUntilUs, reason, false);
  }

  /** Another session carries the streams on, from a new image. */
  move(aliveUntilUs: number): void {
    this.#end(aliveUntilUs, 'Another connection has taken over', true);
    this.up();
  }

  /** Something after the last message was lost, and no sequence will show it. */
  loss(reason: string): void {
    this.reportLoss(this.#lastReceiveTimeUs, reason);
  }

  /** The exchange's messages contradict the book: nobody knows since when it is wrong. */
  protected mismatch(reason: string, checksum?: ChecksumMismatch): void {
    if (this.#isUp && !this.#isClosed) this.listener.onMismatch(reason, checksum);
  }

  /** An attempt to bring the streams up failed. */
  wait(wait: FeedWait): void {
    if (!this.#isClosed && !this.#isUp) this.listener.onWaiting(wait);
  }

  /** The exchange does not list the symbol any more. */
  unlist(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.listener.onUnlisted(reason);
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Moves to a scale at least as fine as `scale`, and announces it where that is a change. */
  raiseScale(scale: Scale): void {
    if (this.#isClosed || isSameScale(scale, this.#scale)) return;
    const finer = finerScale(this.#scale, scale);
    if (isSameScale(finer, this.#scale)) return;
    this.#scale = finer;
    this.listener.onScale(finer);
  }

  /** Takes over a changed tick or lot size. */
  change(instrument: Instrument): void {
    this.raiseScale(instrument.scale);
    if (this.#isClosed) return;
    this.#instrument = { ...instrument, scale: this.#scale };
    this.listener.onInstrument(this.#instrument);
  }

  /**
   * The receive time in the stream. A message may have waited for another session to catch up: it
   * became part of the stream only now, and a stream's times never go back.
   */
  protected streamTimeUs(receiveTimeUs: number): number {
    this.#lastReceiveTimeUs = Math.max(receiveTimeUs, this.#lastReceiveTimeUs);
    return this.#lastReceiveTimeUs;
  }

  /** @param scale that of the update's integers; the feed may have moved to a finer one since. */
  protected emitUpdate(update: BookUpdate, scale: Scale): void {
    if (this.#isClosed) return;
    this.#lastSequence = Math.max(this.#lastSequence ?? 0, update.lastSequence);
    this.listener.onUpdate(this.#atScale(update, scale));
  }

  /** @param scale see `emitUpdate`. */
  protected emitSideEvent(event: SideEvent, scale: Scale): void {
    if (!this.#isClosed) this.listener.onSideEvent(this.#atScale(event, scale));
  }

  protected reportLoss(aliveUntilUs: number, reason: string): void {
    if (this.#isUp && !this.#isClosed) this.listener.onLoss(aliveUntilUs, reason);
  }

  /** The event at the scale of the feed, which moves to a finer one if the event needs it. */
  #atScale<Event extends MarketEvent>(event: Event, scale: Scale): Event {
    if (scale === this.#scale) return event;
    this.raiseScale(scale);
    return rescaleEvent(event, scale, this.#scale);
  }

  #end(aliveUntilUs: number, reason: string, isMoved: boolean): void {
    if (this.#isClosed || !this.#isUp) return;
    this.#isUp = false;
    this.#lastSequence = null;
    this.forget(isMoved);
    this.listener.onDown(aliveUntilUs, reason);
  }
}

/** The event with other times; itself where they are the same. */
export function withTimes<Event extends MarketEvent>(
  event: Event,
  receiveTimeUs: number,
  exchangeTimeUs: number = event.exchangeTimeUs,
): Event {
  if (event.receiveTimeUs === receiveTimeUs && event.exchangeTimeUs === exchangeTimeUs)
    return event;
  if (event.exchangeTimeUs === exchangeTimeUs) return { ...event, receiveTimeUs };
  const times = { receiveTimeUs, exchangeTimeUs };
  return event.type === 'trade'
    ? { ...event, ...times, eventTimeUs: exchangeTimeUs }
    : { ...event, ...times };
}

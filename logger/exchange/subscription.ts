/**
 * One open symbol, whatever connections carry it: it turns frames into events at the symbol's scale
 * and is the only one who talks to the listener, so that nothing reaches it after `close`, and ups
 * and downs alternate. What a frame means is the exchange's own: see its subclass.
 */

import type { Scale } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { MarketEvent } from '../market/events.ts';
import { finerScale, isSameScale } from '../market/scale.ts';
import type { FeedListener, Instrument } from './exchange.ts';
import type { Refusals } from './refusals.ts';

export interface Scaled<Event> {
  readonly event: Event;
  /** The scale of the event's integers: the one given, or a finer one that it needed. */
  readonly scale: Scale;
}

export abstract class Subscription<Frame> {
  readonly symbol: string;
  /** The names of its streams. */
  abstract readonly streams: readonly string[];
  protected readonly listener: FeedListener;
  protected readonly refusals: Refusals;
  #instrument: Instrument;
  #scale: Scale;
  #lastSequence: number | null = null;
  #lastReceiveTimeUs = 0;
  #isUp = false;
  #isClosed = false;
  #refusal: string | null = null;

  constructor(
    instrument: Instrument,
    { listener, refusals }: { readonly listener: FeedListener; readonly refusals: Refusals },
  ) {
    this.symbol = instrument.symbol;
    this.#instrument = instrument;
    this.#scale = instrument.scale;
    this.listener = listener;
    this.refusals = refusals;
  }

  /** Hands what the frame says to the listener. */
  abstract take(frame: Frame, receiveTimeUs: number): void;

  /**
   * The streams are gone: what was remembered of them is worth nothing.
   * @param isMoved another connection carries them on, and may bring again what the first one did.
   */
  protected abstract forget(isMoved: boolean): void;

  get instrument(): Instrument {
    return this.#instrument;
  }

  get scale(): Scale {
    return this.#scale;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The highest sequence handed out since the streams came up; null: none yet. */
  get lastSequence(): number | null {
    return this.#lastSequence;
  }

  up(): void {
    if (this.#isClosed || this.#isUp) return;
    this.#isUp = true;
    this.#refusal = null;
    this.listener.onUp();
  }

  down(aliveUntilUs: number, reason: string): void {
    this.#end(aliveUntilUs, reason, false);
  }

  /** Another connection carries the streams on, from a new beginning. */
  move(aliveUntilUs: number): void {
    this.#end(aliveUntilUs, 'Another connection has taken over', true);
    this.up();
  }

  /** A message was lost after the last one that came, and no sequence will tell. */
  lose(reason: string): void {
    if (this.#isUp && !this.#isClosed) this.listener.onLoss(this.#lastReceiveTimeUs, reason);
  }

  /** Told once, until it is up again. @param isFinal nothing more is tried, and nothing more is heard. */
  refuse(reason: string, isFinal = true): void {
    if (this.#isClosed || (!isFinal && reason === this.#refusal)) return;
    this.#isClosed = isFinal;
    this.#refusal = reason;
    this.listener.onRefused(reason, !isFinal);
  }

  close(): void {
    this.#isClosed = true;
  }

  /**
   * A frame may have waited for an older connection to catch up. It became part of the stream only
   * now, and the times of a stream never go back.
   */
  protected streamTimeUs(receiveTimeUs: number): number {
    this.#lastReceiveTimeUs = Math.max(receiveTimeUs, this.#lastReceiveTimeUs);
    return this.#lastReceiveTimeUs;
  }

  /**
   * Reads and hands on; null: it is to be dropped. A frame that can't be read is counted and dropped:
   * the hole that it leaves shows in the sequence of the next one.
   */
  protected hand(read: () => Scaled<MarketEvent> | null): void {
    if (this.#isClosed) return;
    let scaled;
    try {
      scaled = read();
    } catch (error) {
      this.refusals.noteOrThrow(error);
      return;
    }
    if (scaled === null) return;
    const { event, scale } = scaled;
    if (isBookUpdate(event)) {
      this.#lastSequence = Math.max(this.#lastSequence ?? event.lastSequence, event.lastSequence);
    }
    this.raiseScale(scale);
    if (!this.#isClosed) this.listener.onEvent(event);
  }

  /** Moves to a scale at least as fine as `scale`, and says so where that is a change. */
  raiseScale(scale: Scale): void {
    const finer = finerScale(this.#scale, scale);
    if (this.#isClosed || isSameScale(finer, this.#scale)) return;
    this.#scale = finer;
    this.listener.onScale(finer);
  }

  /** The exchange changed tick or lot size. */
  change(instrument: Instrument): void {
    this.raiseScale(instrument.scale);
    if (this.#isClosed) return;
    this.#instrument = { ...instrument, scale: this.#scale };
    this.listener.onInstrument(this.#instrument);
  }

  #end(aliveUntilUs: number, reason: string, isMoved: boolean): void {
    if (this.#isClosed || !this.#isUp) return;
    this.#isUp = false;
    this.#lastSequence = null;
    this.forget(isMoved);
    this.listener.onDown(aliveUntilUs, reason);
  }
}

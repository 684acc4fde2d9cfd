/**
 * One open symbol, whatever connections carry it: it turns frames into events at the symbol's scale
 * and is the only one who talks to the listener, so that nothing reaches it after `close`, and ups
 * and downs alternate.
 */

import type { Scale } from '../../market/decimal.ts';
import { finerScale, isSameScale } from '../../market/scale.ts';
import type { FeedListener, Instrument } from '../exchange.ts';
import type { Refusals } from '../refusals.ts';
import { diffOf, tradeOf } from './events.ts';
import { TradeFilter } from './trade-filter.ts';
import type { DepthFrame, TradeFrame } from './wire.ts';

/** What the streams of one symbol bring. */
export type MarketFrame = DepthFrame | TradeFrame;

export class Subscription {
  readonly symbol: string;
  /** The names of its streams: their symbol is lower case. */
  readonly streams: readonly string[];
  readonly #listener: FeedListener;
  readonly #refusals: Refusals;
  readonly #trades = new TradeFilter();
  #instrument: Instrument;
  #scale: Scale;
  #lastSequence: number | null = null;
  #lastReceiveTimeUs = 0;
  #isUp = false;
  #isClosed = false;

  constructor(
    instrument: Instrument,
    feed: string,
    { listener, refusals }: { readonly listener: FeedListener; readonly refusals: Refusals },
  ) {
    this.symbol = instrument.symbol;
    const lower = this.symbol.toLowerCase();
    this.streams = [`${lower}@${feed}`, `${lower}@trade`];
    this.#instrument = instrument;
    this.#scale = instrument.scale;
    this.#listener = listener;
    this.#refusals = refusals;
  }

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
    this.#listener.onUp();
  }

  down(wholeUntilUs: number, reason: string): void {
    if (this.#isClosed || !this.#isUp) return;
    this.#isUp = false;
    this.#lastSequence = null;
    this.#trades.reset();
    this.#listener.onDown(wholeUntilUs, reason);
  }

  refuse(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.onRefused(reason);
  }

  close(): void {
    this.#isClosed = true;
  }

  /**
   * Hands the frame's event to the listener. A frame that can't be read is counted and dropped: the
   * hole that it leaves shows in the sequence of the next diff.
   */
  take(frame: MarketFrame, receiveTimeUs: number): void {
    if (this.#isClosed) return;
    // A frame may have waited for an older connection to catch up. It became part of the stream only
    // now, and the times of a stream never go back.
    const timeUs = Math.max(receiveTimeUs, this.#lastReceiveTimeUs);
    let scaled;
    try {
      scaled =
        frame.kind === 'depth'
          ? diffOf(frame, this.#scale, timeUs)
          : tradeOf(frame, this.#scale, timeUs);
    } catch (error) {
      this.#refusals.noteOrThrow(error);
      return;
    }
    if (frame.kind === 'trade' && !this.#trades.isNew(frame.tradeId)) return;
    this.#lastReceiveTimeUs = timeUs;
    if (frame.kind === 'depth') {
      this.#lastSequence = Math.max(this.#lastSequence ?? frame.lastSequence, frame.lastSequence);
    }
    this.raiseScale(scaled.scale);
    if (!this.#isClosed) this.#listener.onEvent(scaled.event);
  }

  /** Moves to a scale at least as fine as `scale`, and says so where that is a change. */
  raiseScale(scale: Scale): void {
    const finer = finerScale(this.#scale, scale);
    if (this.#isClosed || isSameScale(finer, this.#scale)) return;
    this.#scale = finer;
    this.#listener.onScale(finer);
  }

  /** The exchange changed tick or lot size. */
  change(instrument: Instrument): void {
    this.raiseScale(instrument.scale);
    if (this.#isClosed) return;
    this.#instrument = { ...instrument, scale: this.#scale };
    this.#listener.onInstrument(this.#instrument);
  }
}

/**
 * The block being filled. Its events reach the archive twice: as journal parts, so that a crash costs
 * no more than the last moment, and then as one sealed block, which replaces those parts in the same
 * commit.
 */

import type { StoredRecord } from '../../archive/archive.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookUpdate, MarketEvent, SideEvent } from '../../market/events.ts';
import { rescaleEvent } from '../../market/scale.ts';
import type { RecorderLimits } from '../limits.ts';
import type { DefectsBetween } from '../receive-times.ts';
import { blockRecord } from './records.ts';
import type { SegmentIdentity } from './records.ts';

export interface OpenBlockOptions {
  readonly scale: Scale;
  /** Sequence and exchange time of the book before the block. */
  readonly sequence: number;
  readonly exchangeTimeUs: number;
  readonly monotonicMs: number;
  readonly defectsBetween: DefectsBetween;
}

export class OpenBlock {
  readonly #segment: SegmentIdentity;
  readonly #start: OpenBlockOptions;
  #scale: Scale;
  #events: MarketEvent[] = [];
  #updates = 0;
  #levelChanges = 0;
  #lastSequence: number;
  #lastExchangeTimeUs: number;
  #journaledEvents = 0;
  #journaledSequence: number;
  #journaledExchangeTimeUs: number;
  #parts = 0;

  constructor(segment: SegmentIdentity, start: OpenBlockOptions) {
    this.#segment = segment;
    this.#start = start;
    this.#scale = start.scale;
    this.#lastSequence = this.#journaledSequence = start.sequence;
    this.#lastExchangeTimeUs = this.#journaledExchangeTimeUs = start.exchangeTimeUs;
  }

  get events(): number {
    return this.#events.length;
  }

  get hasUpdates(): boolean {
    return this.#updates > 0;
  }

  /** Rescales its events to finer integers. Journal parts keep their scale, which they state. */
  refine(scale: Scale): void {
    const from = this.#scale;
    this.#events = this.#events.map((event) => rescaleEvent(event, from, scale));
    this.#scale = scale;
  }

  addUpdate(update: BookUpdate): void {
    this.#events.push(update);
    this.#updates++;
    if (update.type === 'diff') {
      this.#levelChanges += (update.bids.length + update.asks.length) / 2;
    }
    this.#lastSequence = update.lastSequence;
    this.#lastExchangeTimeUs = update.exchangeTimeUs;
  }

  addSideEvent(event: SideEvent): void {
    this.#events.push(event);
  }

  /**
   * `sealable`: old or full, with an update in it (its key needs one). `stuck`: full of side events
   * alone, which no working stream produces.
   */
  due(monotonicMs: number, limits: RecorderLimits): 'open' | 'sealable' | 'stuck' {
    const sideEvents = this.#events.length - this.#updates;
    if (this.#updates === 0) return sideEvents >= limits.maxBlockSideEvents ? 'stuck' : 'open';
    const isFull =
      this.#levelChanges >= limits.maxBlockLevelChanges ||
      (this.#segment.level === 'L3' && this.#events.length >= limits.maxBlockOrderEvents) ||
      sideEvents >= limits.maxBlockSideEvents;
    const isOld = monotonicMs - this.#start.monotonicMs >= limits.maxBlockAgeMs;
    return isFull || isOld ? 'sealable' : 'open';
  }

  /** The events since the last journal part; undefined: none. */
  takePart(): { readonly part: number; readonly record: StoredRecord } | undefined {
    if (this.#journaledEvents === this.#events.length) return undefined;
    const events = this.#events.slice(this.#journaledEvents);
    const record = this.#record(events, this.#journaledSequence, this.#journaledExchangeTimeUs);
    this.#journaledEvents = this.#events.length;
    this.#journaledSequence = this.#lastSequence;
    this.#journaledExchangeTimeUs = this.#lastExchangeTimeUs;
    return { part: this.#parts++, record };
  }

  /** The whole block as one record; undefined: it is empty. */
  seal(): StoredRecord | undefined {
    if (this.#events.length === 0) return undefined;
    return this.#record(this.#events, this.#start.sequence, this.#start.exchangeTimeUs);
  }

  #record(
    events: readonly MarketEvent[],
    previousSequence: number,
    exchangeTimeUs: number,
  ): StoredRecord {
    const content = { scale: this.#scale, previousSequence, events };
    return blockRecord(this.#segment, content, exchangeTimeUs, this.#start.defectsBetween);
  }
}

/**
 * The block that is being filled. Its events reach the archive twice: piece by piece in the
 * journal, so that a crash costs no more than the last moment, and then as one sealed block, which
 * takes the pieces' place in the same commit.
 */

import type { StoredRecord } from '../archive/archive.ts';
import type { Scale } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { MarketEvent } from '../market/events.ts';
import { rescaleEvent } from '../market/scale.ts';
import { blockRecord, changesIn } from './records.ts';
import type { BadBetween } from './receive-times.ts';
import type { SegmentIdentity } from './records.ts';
import type { RecorderLimits } from './limits.ts';

export class OpenBlock {
  #scale: Scale;
  readonly #segment: SegmentIdentity;
  readonly #previousSequence: number;
  readonly #startExchangeTimeUs: number;
  readonly #openedMs: number;
  readonly #badBetween: BadBetween;
  #events: MarketEvent[] = [];
  #steps = 0;
  #changes = 0;
  #lastSequence: number;
  #lastExchangeTimeUs: number;
  #journaledEvents = 0;
  #journaledSequence: number;
  #journaledExchangeTimeUs: number;
  #parts = 0;

  constructor(
    segment: SegmentIdentity,
    start: {
      readonly scale: Scale;
      /** Where the book stands: sequence and exchange time. */
      readonly sequence: number;
      readonly exchangeTimeUs: number;
      readonly monotonicMs: number;
      readonly badBetween: BadBetween;
    },
  ) {
    this.#segment = segment;
    this.#scale = start.scale;
    this.#previousSequence = start.sequence;
    this.#lastSequence = start.sequence;
    this.#journaledSequence = start.sequence;
    this.#startExchangeTimeUs = start.exchangeTimeUs;
    this.#lastExchangeTimeUs = start.exchangeTimeUs;
    this.#journaledExchangeTimeUs = start.exchangeTimeUs;
    this.#openedMs = start.monotonicMs;
    this.#badBetween = start.badBetween;
  }

  get events(): number {
    return this.#events.length;
  }

  get hasUpdates(): boolean {
    return this.#steps > 0;
  }

  /** Everything in it becomes finer. Pieces in the journal stay as they are, and say so. */
  refine(scale: Scale): void {
    const from = this.#scale;
    this.#events = this.#events.map((event) => rescaleEvent(event, from, scale));
    this.#scale = scale;
  }

  add(event: MarketEvent): void {
    this.#events.push(event);
    this.#changes += changesIn(event);
    if (!isBookUpdate(event)) return;
    this.#steps++;
    this.#lastSequence = event.lastSequence;
    this.#lastExchangeTimeUs = event.exchangeTimeUs;
  }

  /**
   * `sealable`: it is old or full, and holds a step (its key needs one). `stuck`: it is full of
   * sideEvents alone, which no working stream allows.
   */
  due(monotonicMs: number, limits: RecorderLimits): 'open' | 'sealable' | 'stuck' {
    const sideEvents = this.#events.length - this.#steps;
    if (this.#steps === 0) return sideEvents >= limits.blockMaxAsides ? 'stuck' : 'open';
    const changesMax =
      this.#segment.level === 'L2' ? limits.blockMaxLevelChanges : limits.blockMaxOrderEvents;
    const isFull = this.#changes >= changesMax || sideEvents >= limits.blockMaxAsides;
    const isOld = monotonicMs - this.#openedMs >= limits.blockMaxAgeMs;
    return isFull || isOld ? 'sealable' : 'open';
  }

  /** What came in since the last piece, for the journal. */
  takePiece(): { readonly part: number; readonly record: StoredRecord } | undefined {
    if (this.#journaledEvents === this.#events.length) return undefined;
    const record = blockRecord(
      this.#segment,
      {
        scale: this.#scale,
        previousSequence: this.#journaledSequence,
        events: this.#events.slice(this.#journaledEvents),
      },
      this.#journaledExchangeTimeUs,
      this.#badBetween,
    );
    this.#journaledEvents = this.#events.length;
    this.#journaledSequence = this.#lastSequence;
    this.#journaledExchangeTimeUs = this.#lastExchangeTimeUs;
    return { part: this.#parts++, record };
  }

  /** The whole of it as one record; undefined where nothing came in. */
  seal(): StoredRecord | undefined {
    if (this.#events.length === 0) return undefined;
    return blockRecord(
      this.#segment,
      { scale: this.#scale, previousSequence: this.#previousSequence, events: this.#events },
      this.#startExchangeTimeUs,
      this.#badBetween,
    );
  }
}

/**
 * The block being filled. Its events are written as journal parts as they come (`codec/journal`): the
 * archive gets each part, so that a crash costs no more than the last moment. The sealed block, which
 * replaces them in one commit, is made of the same parts.
 */

import type { JournalPart, StoredRecord, TopBounds } from '../../archive/archive.ts';
import { decodeBlock, journalWriter } from '../../codec/formats.ts';
import { assertInvariant } from '../../errors.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookUpdate, MarketEvent, SideEvent } from '../../market/events.ts';
import type { RecorderLimits } from '../limits.ts';
import type { DefectsBetween } from '../receive-times.ts';
import { joinParts } from './joined-parts.ts';
import { EventSummary, blockRecord } from './records.ts';
import type { SegmentIdentity } from './records.ts';

export interface OpenBlockOptions {
  readonly scale: Scale;
  /** Sequence and exchange time of the book before the block. */
  readonly sequence: number;
  readonly exchangeTimeUs: number;
  readonly monotonicMs: number;
  readonly defectsBetween: DefectsBetween;
  /** There is something for the journal. */
  readonly onNews: () => void;
}

/** A part of the open block, as the archive takes it. */
export interface NumberedPart {
  readonly part: number;
  readonly record: JournalPart;
}

export class OpenBlock {
  readonly #segment: SegmentIdentity;
  readonly #start: OpenBlockOptions;
  readonly #writer = journalWriter();
  #scale: Scale;
  #events = 0;
  #updates = 0;
  #levelChanges = 0;
  /** Of the part being written; undefined: none is. */
  #part: EventSummary | undefined;
  /** Parts that are complete, but not in the archive. */
  readonly #complete: NumberedPart[] = [];
  #lastSequence: number;
  #lastExchangeTimeUs: number;

  constructor(segment: SegmentIdentity, start: OpenBlockOptions) {
    this.#segment = segment;
    this.#start = start;
    this.#scale = start.scale;
    this.#lastSequence = start.sequence;
    this.#lastExchangeTimeUs = start.exchangeTimeUs;
  }

  get events(): number {
    return this.#events;
  }

  get hasUpdates(): boolean {
    return this.#updates > 0;
  }

  /** What follows comes in finer integers: in a part of its own, as each states its scale. */
  refine(scale: Scale): void {
    this.#completePart();
    this.#scale = scale;
  }

  addUpdate(update: BookUpdate): void {
    this.#begunPart().addUpdate(update);
    this.#add(update);
    this.#updates++;
    if (update.type === 'diff') {
      this.#levelChanges += (update.bids.length + update.asks.length) / 2;
    }
    this.#lastSequence = update.lastSequence;
    this.#lastExchangeTimeUs = update.exchangeTimeUs;
  }

  addSideEvent(event: SideEvent): void {
    this.#begunPart().addSideEvent(event);
    this.#add(event);
  }

  #begunPart(): EventSummary {
    if (this.#part) return this.#part;
    this.#writer.begin(this.#scale, this.#lastSequence);
    this.#start.onNews();
    return (this.#part = new EventSummary(this.#lastSequence, this.#lastExchangeTimeUs));
  }

  #add(event: MarketEvent): void {
    this.#writer.add(event);
    this.#events++;
  }

  /**
   * `sealable`: old or full, with an update in it (its key needs one). `stuck`: full of side events
   * alone, which no working stream produces.
   */
  due(monotonicMs: number, limits: RecorderLimits): 'open' | 'sealable' | 'stuck' {
    const sideEvents = this.#events - this.#updates;
    if (this.#updates === 0) return sideEvents >= limits.maxBlockSideEvents ? 'stuck' : 'open';
    const isFull =
      this.#levelChanges >= limits.maxBlockLevelChanges ||
      (this.#segment.level === 'L3' && this.#events >= limits.maxBlockOrderEvents) ||
      sideEvents >= limits.maxBlockSideEvents;
    const isOld = monotonicMs - this.#start.monotonicMs >= limits.maxBlockAgeMs;
    return isFull || isOld ? 'sealable' : 'open';
  }

  /** What was added since the last call, as journal parts. */
  takeParts(): readonly NumberedPart[] {
    this.#completePart();
    return this.#complete.splice(0);
  }

  #completePart(): void {
    const part = this.#part;
    if (!part) return;
    this.#part = undefined;
    const index = this.#writer.count - 1;
    const encoding = this.#writer.encodingOf(index);
    const header = part.header(this.#segment, encoding, this.#start.defectsBetween);
    this.#complete.push({ part: index, record: { header, body: this.#writer.part(index) } });
  }

  /** The whole block as one record; undefined: it is empty. */
  seal(tops: TopBounds | null): StoredRecord | undefined {
    if (this.#events === 0) return undefined;
    const { exchangeTimeUs, defectsBetween } = this.#start;
    const writer = this.#writer;
    const parts = Array.from({ length: writer.count }, (_, i) =>
      decodeBlock(writer.encodingOf(i), writer.part(i)),
    );
    const content = joinParts(parts);
    assertInvariant(content.events.length === this.#events, 'A block seals what was added to it');
    return blockRecord(this.#segment, content, exchangeTimeUs, defectsBetween, tops);
  }
}

/** Turns books and events into records with their headers. */

import { sealRecord } from '../../archive/record.ts';
import type {
  ImageReason,
  RecordDescription,
  StoredRecord,
  TopBounds,
} from '../../archive/archive.ts';
import type { BlockContent } from '../../codec/codec.ts';
import { storedBlock, storedImage } from '../../codec/formats.ts';
import type { Contract } from '../../market/contract.ts';
import type { Proof } from '../../market/coverage.ts';
import { isBookUpdate } from '../../market/events.ts';
import type { BookImage, BookUpdate, SideEvent } from '../../market/events.ts';
import type { BookLevel } from '../../market/security.ts';
import type { DefectsBetween } from '../receive-times.ts';

/** Fields that all records of a segment share. */
export interface SegmentIdentity {
  readonly security: string;
  readonly level: BookLevel;
  readonly feed: string;
  readonly proof: Proof;
  readonly windowed?: true;
  /** Stored with images alone. */
  readonly contract?: Contract;
  readonly epoch: number;
  readonly writer: string;
}

/** Weight of an update in a block: its level changes, or 1 for an order event. */
export function changesIn(update: BookUpdate): number {
  return update.type === 'diff' ? (update.bids.length + update.asks.length) / 2 : 1;
}

const NO_DEFECTS: DefectsBetween = () => [];

/** Absent if there are none: older records lack the field, and their checksums must hold. */
function badReceiveTimes(
  defects: ReturnType<DefectsBetween>,
): Pick<RecordDescription, 'badReceiveTimes'> {
  return defects.length === 0 ? {} : { badReceiveTimes: defects };
}

export function imageRecord(
  segment: SegmentIdentity,
  image: BookImage,
  reason: ImageReason,
  defectsBetween = NO_DEFECTS,
): StoredRecord {
  const codec = storedImage(image);
  const atUs = image.receiveTimeUs;
  return sealRecord(
    {
      ...segment,
      kind: 'image',
      fromUs: atUs,
      toUs: atUs,
      exchangeFromUs: image.exchangeTimeUs,
      exchangeToUs: image.exchangeTimeUs,
      previousSequence: image.sequence,
      firstSequence: image.sequence,
      lastSequence: image.sequence,
      diffs: 0,
      levelChanges: 0,
      trades: 0,
      levels: (image.bids.length + image.asks.length) / (image.level === 'L2' ? 2 : 1),
      reason,
      ...badReceiveTimes(defectsBetween(atUs, atUs)),
      encoding: codec.encoding,
    },
    codec.encode(image),
  );
}

/** What a block's header says about its events. */
export class EventSummary {
  fromUs = Number.POSITIVE_INFINITY;
  toUs = 0;
  exchangeFromUs = Number.POSITIVE_INFINITY;
  exchangeToUs = Number.NEGATIVE_INFINITY;
  events = 0;
  updates = 0;
  changes = 0;
  trades = 0;
  readonly previousSequence: number;
  lastSequence: number;
  /** Of the book before the block. */
  readonly #exchangeTimeUs: number;

  constructor(previousSequence: number, exchangeTimeUs: number) {
    this.previousSequence = this.lastSequence = previousSequence;
    this.#exchangeTimeUs = exchangeTimeUs;
  }

  addUpdate(update: BookUpdate): void {
    this.#add(update.receiveTimeUs);
    this.updates++;
    this.changes += changesIn(update);
    if (update.type === 'match') this.trades++;
    this.lastSequence = update.lastSequence;
    this.exchangeFromUs = Math.min(this.exchangeFromUs, update.exchangeTimeUs);
    this.exchangeToUs = Math.max(this.exchangeToUs, update.exchangeTimeUs);
  }

  addSideEvent(event: SideEvent): void {
    this.#add(event.receiveTimeUs);
    if (event.type === 'trade') this.trades++;
    else this.changes++;
  }

  #add(receiveTimeUs: number): void {
    this.events++;
    this.fromUs = Math.min(this.fromUs, receiveTimeUs);
    this.toUs = Math.max(this.toUs, receiveTimeUs);
  }

  /** The header of a block with these events. Side events alone: with the book's exchange time. */
  header(
    segment: SegmentIdentity,
    encoding: string,
    defectsBetween: DefectsBetween,
  ): RecordDescription {
    const { security, level, feed, proof, windowed, epoch, writer } = segment;
    const { fromUs, toUs, previousSequence, updates } = this;
    // Made for each part of each journal: a spread in front of so many fields takes 30 µs and more.
    const header: { -readonly [Name in keyof RecordDescription]: RecordDescription[Name] } = {
      security,
      level,
      feed,
      proof,
      epoch,
      writer,
      kind: 'block',
      fromUs,
      toUs,
      exchangeFromUs: updates === 0 ? this.#exchangeTimeUs : this.exchangeFromUs,
      exchangeToUs: updates === 0 ? this.#exchangeTimeUs : this.exchangeToUs,
      previousSequence,
      firstSequence: previousSequence + 1,
      lastSequence: this.lastSequence,
      diffs: updates,
      levelChanges: this.changes,
      trades: this.trades,
      levels: 0,
      reason: null,
      encoding,
    };
    if (windowed) header.windowed = windowed;
    const defects = defectsBetween(fromUs, toUs);
    if (defects.length > 0) header.badReceiveTimes = defects;
    return header;
  }
}

/**
 * @param content at least one event.
 * @param exchangeTimeUs of the book before the block; that of a block with side events alone.
 * @param defectsBetween is asked for the span of its receive times.
 * @param tops undefined: not known.
 */
export function blockRecord(
  segment: SegmentIdentity,
  content: BlockContent,
  exchangeTimeUs: number,
  defectsBetween = NO_DEFECTS,
  tops?: TopBounds | null,
): StoredRecord {
  const codec = storedBlock(segment.level, content);
  const summary = new EventSummary(content.previousSequence, exchangeTimeUs);
  for (const event of content.events) {
    if (isBookUpdate(event)) summary.addUpdate(event);
    else summary.addSideEvent(event);
  }
  const header = summary.header(segment, codec.encoding, defectsBetween);
  const described = tops === undefined ? header : { ...header, tops };
  return sealRecord(described, codec.encode(content));
}

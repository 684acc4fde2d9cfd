/** Turns books and events into records with their headers. */

import { sealRecord } from '../../archive/record.ts';
import type { RecordDescription } from '../../archive/record.ts';
import type { ImageReason, StoredRecord } from '../../archive/archive.ts';
import type { BlockContent } from '../../codec/codec.ts';
import { newestBlock, newestImage } from '../../codec/formats.ts';
import type { Proof } from '../../market/coverage.ts';
import { isBookUpdate } from '../../market/events.ts';
import type { BookImage, MarketEvent } from '../../market/events.ts';
import type { BookLevel } from '../../market/security.ts';
import type { DefectsBetween } from '../receive-times.ts';

/** Fields that all records of a segment share. */
export interface SegmentIdentity {
  readonly security: string;
  readonly level: BookLevel;
  readonly feed: string;
  readonly proof: Proof;
  readonly windowed?: true;
  readonly epoch: number;
  readonly writer: string;
}

/** Weight of a message in a block: its level changes, or 1 for an order event. */
function changesIn(event: MarketEvent): number {
  if (event.type === 'diff') return (event.bids.length + event.asks.length) / 2;
  return event.type === 'trade' ? 0 : 1;
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
  const codec = newestImage(image.level);
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

/**
 * @param content at least one event.
 * @param exchangeTimeUs of the book before the block; that of a block with side events alone.
 * @param defectsBetween is asked for the span of its receive times.
 */
export function blockRecord(
  segment: SegmentIdentity,
  content: BlockContent,
  exchangeTimeUs: number,
  defectsBetween = NO_DEFECTS,
): StoredRecord {
  const codec = newestBlock(segment.level);
  let updates = 0;
  let changes = 0;
  let trades = 0;
  let lastSequence = content.previousSequence;
  let fromUs = Number.POSITIVE_INFINITY;
  let toUs = 0;
  let exchangeFromUs = Number.POSITIVE_INFINITY;
  let exchangeToUs = Number.NEGATIVE_INFINITY;
  for (const event of content.events) {
    fromUs = Math.min(fromUs, event.receiveTimeUs);
    toUs = Math.max(toUs, event.receiveTimeUs);
    changes += changesIn(event);
    if (event.type === 'trade' || event.type === 'match') trades++;
    if (!isBookUpdate(event)) continue;
    updates++;
    lastSequence = event.lastSequence;
    exchangeFromUs = Math.min(exchangeFromUs, event.exchangeTimeUs);
    exchangeToUs = Math.max(exchangeToUs, event.exchangeTimeUs);
  }
  return sealRecord(
    {
      ...segment,
      kind: 'block',
      fromUs,
      toUs,
      exchangeFromUs: updates === 0 ? exchangeTimeUs : exchangeFromUs,
      exchangeToUs: updates === 0 ? exchangeTimeUs : exchangeToUs,
      previousSequence: content.previousSequence,
      firstSequence: content.previousSequence + 1,
      lastSequence,
      diffs: updates,
      levelChanges: changes,
      trades,
      levels: 0,
      reason: null,
      ...badReceiveTimes(defectsBetween(fromUs, toUs)),
      encoding: codec.encoding,
    },
    codec.encode(content),
  );
}

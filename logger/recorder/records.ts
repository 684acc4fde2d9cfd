/** Books and events → records with their headers. The one place where the two meet. */

import { sealRecord } from '../archive/record.ts';
import type { RecordDescription } from '../archive/record.ts';
import type { ImageReason, StoredRecord } from '../archive/archive.ts';
import type { BlockContent } from '../codec/codec.ts';
import { newestBlock, newestImage } from '../codec/formats.ts';
import type { Proof } from '../market/coverage.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookImage, MarketEvent } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';
import type { BadBetween } from './receive-times.ts';

/** What every record of one segment has in common. */
export interface SegmentIdentity {
  readonly security: string;
  readonly level: BookLevel;
  readonly feed: string;
  readonly proof: Proof;
  readonly epoch: number;
  readonly writer: string;
}

/** What a message weighs in a block: its level changes, or itself where it is about an order. */
export function changesIn(event: MarketEvent): number {
  if (event.type === 'diff') return (event.bids.length + event.asks.length) / 2;
  return event.type === 'trade' ? 0 : 1;
}

const NOTHING_BAD: BadBetween = () => [];

/** Absent where there is nothing to say: older records lack it, and their checksums hold. */
function badReceiveTimes(bad: ReturnType<BadBetween>): Pick<RecordDescription, 'badReceiveTimes'> {
  return bad.length === 0 ? {} : { badReceiveTimes: bad };
}

export function imageRecord(
  segment: SegmentIdentity,
  image: BookImage,
  reason: ImageReason,
  badBetween = NOTHING_BAD,
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
      ...badReceiveTimes(badBetween(atUs, atUs)),
      encoding: codec.encoding,
    },
    codec.encode(image),
  );
}

/**
 * @param content at least one event.
 * @param exchangeTimeUs where the book stood on the exchange's clock before it: what a block of
 *   sideEvents alone says of that clock.
 * @param badBetween asked for the time from the first of its receive times to the last: no other time
 *   stands in the record, so none other can be wrong in it.
 */
export function blockRecord(
  segment: SegmentIdentity,
  content: BlockContent,
  exchangeTimeUs: number,
  badBetween = NOTHING_BAD,
): StoredRecord {
  const codec = newestBlock(segment.level);
  let steps = 0;
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
    steps++;
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
      exchangeFromUs: steps === 0 ? exchangeTimeUs : exchangeFromUs,
      exchangeToUs: steps === 0 ? exchangeTimeUs : exchangeToUs,
      previousSequence: content.previousSequence,
      firstSequence: content.previousSequence + 1,
      lastSequence,
      diffs: steps,
      levelChanges: changes,
      trades,
      levels: 0,
      reason: null,
      ...badReceiveTimes(badBetween(fromUs, toUs)),
      encoding: codec.encoding,
    },
    codec.encode(content),
  );
}

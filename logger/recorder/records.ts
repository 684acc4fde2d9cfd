/** Books and events → records with their headers. The one place where the two meet. */

import { sealRecord } from '../archive/record.ts';
import type { ImageReason, StoredRecord } from '../archive/archive.ts';
import type { BlockContent } from '../codec/codec.ts';
import { newestBlock, newestImage } from '../codec/formats.ts';
import type { Proof } from '../market/coverage.ts';
import type { BookImage } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';

/** What every record of one chain has in common. */
export interface ChainIdentity {
  readonly security: string;
  readonly level: BookLevel;
  readonly feed: string;
  readonly proof: Proof;
  readonly epoch: number;
  readonly writer: string;
}

export function imageRecord(
  chain: ChainIdentity,
  image: BookImage,
  reason: ImageReason,
): StoredRecord {
  return sealRecord(
    {
      ...chain,
      kind: 'image',
      fromUs: image.receiveTimeUs,
      toUs: image.receiveTimeUs,
      exchangeFromUs: image.exchangeTimeUs,
      exchangeToUs: image.exchangeTimeUs,
      previousSequence: image.sequence,
      firstSequence: image.sequence,
      lastSequence: image.sequence,
      diffs: 0,
      levelChanges: 0,
      trades: 0,
      levels: (image.bids.length + image.asks.length) / 2,
      reason,
      encoding: newestImage.encoding,
    },
    newestImage.encode(image),
  );
}

/**
 * @param content at least one event.
 * @param exchangeTimeUs where the book stood on the exchange's clock before it: what a block of
 *   trades alone says of that clock.
 */
export function blockRecord(
  chain: ChainIdentity,
  content: BlockContent,
  exchangeTimeUs: number,
): StoredRecord {
  let diffs = 0;
  let levelChanges = 0;
  let lastSequence = content.previousSequence;
  let fromUs = Number.POSITIVE_INFINITY;
  let toUs = 0;
  let exchangeFromUs = Number.POSITIVE_INFINITY;
  let exchangeToUs = Number.NEGATIVE_INFINITY;
  for (const event of content.events) {
    fromUs = Math.min(fromUs, event.receiveTimeUs);
    toUs = Math.max(toUs, event.receiveTimeUs);
    if (event.type !== 'diff') continue;
    diffs++;
    levelChanges += (event.bids.length + event.asks.length) / 2;
    lastSequence = event.lastSequence;
    exchangeFromUs = Math.min(exchangeFromUs, event.exchangeTimeUs);
    exchangeToUs = Math.max(exchangeToUs, event.exchangeTimeUs);
  }
  return sealRecord(
    {
      ...chain,
      kind: 'block',
      fromUs,
      toUs,
      exchangeFromUs: diffs === 0 ? exchangeTimeUs : exchangeFromUs,
      exchangeToUs: diffs === 0 ? exchangeTimeUs : exchangeToUs,
      previousSequence: content.previousSequence,
      firstSequence: content.previousSequence + 1,
      lastSequence,
      diffs,
      levelChanges,
      trades: content.events.length - diffs,
      levels: 0,
      reason: null,
      encoding: newestBlock.encoding,
    },
    newestBlock.encode(content),
  );
}

/** References to records, as all archives list them. */

import { RecordCorruptError } from '../errors.ts';
import type { BlockRange, BlockRef, RecordHeader } from './archive.ts';
import { recordName } from './record.ts';

/** A record's key: all that is known of one whose header is damaged. */
export interface HeaderKey {
  readonly kind: 'image' | 'block';
  readonly security: string;
  readonly epoch: number;
  readonly sequence: number;
}

/** A reference to a record whose header is damaged. */
export function damagedRef(key: HeaderKey): BlockRef {
  const header = headerOfDamaged(key);
  return {
    header,
    damaged: true,
    load: () =>
      Promise.reject(
        new RecordCorruptError(`The header of record ${recordName(header)} is damaged`, {
          context: { security: header.security, record: recordName(header) },
        }),
      ),
  };
}

/** A header with nothing but the key filled in. */
export function headerOfDamaged({ kind, security, epoch, sequence }: HeaderKey): RecordHeader {
  return {
    kind,
    security,
    epoch,
    level: 'L2',
    feed: '',
    proof: 'sequence',
    fromUs: 0,
    toUs: 0,
    exchangeFromUs: 0,
    exchangeToUs: 0,
    previousSequence: kind === 'image' ? sequence : sequence - 1,
    firstSequence: sequence,
    lastSequence: sequence,
    diffs: 0,
    levelChanges: 0,
    trades: 0,
    levels: 0,
    reason: null,
    encoding: '',
    bytes: 0,
    writer: '',
    checksum: '',
  };
}

/**
 * True if a block begins after the requested range. A damaged one may reach back, so only its key
 * counts.
 */
export function isBeyond({ header, damaged }: BlockRef, range: BlockRange): boolean {
  if (range.untilSequence !== undefined && header.firstSequence > range.untilSequence) return true;
  if (range.untilUs === undefined || damaged) return false;
  if (range.clock === 'exchange') return header.diffs > 0 && header.exchangeFromUs > range.untilUs;
  return header.fromUs > range.untilUs;
}

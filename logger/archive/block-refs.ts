/** What all archives say alike of the records that they list. */

import { RecordCorruptError } from '../errors.ts';
import type { BlockRange, BlockRef } from './archive.ts';
import { headerOfDamaged } from './embedded/header-bytes.ts';
import type { HeaderKey } from './embedded/header-bytes.ts';
import { recordName } from './record.ts';

/** A record whose header is damaged: of it only the key is known. */
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

/** Whether a block begins behind what was asked for; a damaged one may reach back. */
export function isBeyond({ header, damaged }: BlockRef, range: BlockRange): boolean {
  if (range.untilSequence !== undefined && header.firstSequence > range.untilSequence) return true;
  if (range.untilUs === undefined || damaged) return false;
  if (range.clock === 'exchange') return header.diffs > 0 && header.exchangeFromUs > range.untilUs;
  return header.fromUs > range.untilUs;
}

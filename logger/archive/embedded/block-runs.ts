/**
 * Runs of blocks: what the headers of blocks that follow one another show, so that the coverage of a year is
 * read from thousands of runs instead of a million headers. A run is stored in the transaction of its last
 * block, and removed in that of the first of its records that is deleted.
 *
 * A run says nothing that the headers do not. There may be none: of blocks that an earlier version wrote, of
 * the last ones of a process, or of records that came in another order. Then the headers are read.
 */

import { InvariantError, RecordCorruptError } from '../../errors.ts';
import type { BadReceiveTime } from '../../market/bad-receive-times.ts';
import type { BlockRunSummary } from '../archive.ts';
import { headerOfDamaged } from '../block-refs.ts';
import { decodeJson, encodeJson } from '../sealed-json.ts';
import { LaterTable } from './later-table.ts';
import type { LaterRows } from './later-table.ts';

export interface OpenRun extends Omit<BlockRunSummary, 'last'> {
  readonly epoch: number;
  readonly lastSequence: number;
  /** Key of its last block. */
  readonly lastKey: number;
}

export type Runs = LaterRows;

/** The runs of an archive: those in its table, and those that grow. */
export class BlockRuns extends LaterTable {
  /** By security. Those of a process begin with its own blocks. */
  readonly open = new Map<string, OpenRun>();
}

type StoredImages = [count: number, fromUs: number, toUs: number, bad: readonly BadReceiveTime[]];
type StoredRun = [
  lastKey: number,
  lastSequence: number,
  blocks: number,
  fromUs: number,
  toUs: number,
  lastEventUs: number,
  bad: readonly BadReceiveTime[],
  firstSequence: number,
  images: StoredImages,
];

/** A list, as thousands are read at once. */
export function encodeRun(run: OpenRun): Uint8Array {
  const { lastKey, lastSequence, blocks, lastEventUs, firstSequence, images } = run;
  const { count, ...ofImages } = images;
  const stored: StoredRun = [
    lastKey,
    lastSequence,
    blocks,
    run.fromUs,
    run.toUs,
    lastEventUs,
    run.badReceiveTimes,
    firstSequence,
    [count, ofImages.fromUs, ofImages.toUs, ofImages.badReceiveTimes],
  ];
  return encodeJson(stored);
}

/** undefined: it is damaged, and the headers are read instead. */
export function decodeRun(
  [security, epoch, sequence]: readonly [string, number, number],
  bytes: Uint8Array,
): BlockRunSummary | undefined {
  try {
    const stored = decodeJson(bytes, 'A run of blocks') as StoredRun;
    const [lastKey, lastSequence, blocks, fromUs, toUs, lastEventUs, bad, first, images] = stored;
    // It stands for the end of the run, which nobody reads.
    const header = headerOfDamaged({ kind: 'block', security, epoch, sequence: lastKey });
    const [count, imagesFromUs, imagesToUs, imagesBad] = images;
    return {
      sequence,
      firstSequence: first,
      last: { header: { ...header, lastSequence, toUs }, load: unreadable },
      blocks,
      fromUs,
      toUs,
      lastEventUs,
      badReceiveTimes: bad,
      images: { count, fromUs: imagesFromUs, toUs: imagesToUs, badReceiveTimes: imagesBad },
    };
  } catch (error) {
    if (error instanceof RecordCorruptError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function unreadable(): Promise<never> {
  return Promise.reject(new InvariantError('Of the last block of a run only its end is known'));
}

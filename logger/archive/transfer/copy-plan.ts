/** What to copy and in which steps: the decisions of `copy.ts`, pure. */

import type { BlockRef, RecordHeader } from '../archive.ts';
import { keySequence } from '../record.ts';

/** Bodies in memory at once, but for one larger record. */
const STEP_MAX_BYTES = 1024 * 1024;
const STEP_MAX_RECORDS = 64;

/** What an archive holds under keys: the checksum of each record, null where it is damaged. */
export type Checksums = ReadonlyMap<string, string | null>;

export function checksumsOf(refs: readonly BlockRef[]): Checksums {
  return new Map(
    refs
      .filter(({ piece }) => !piece)
      .map(({ header, damaged }) => [placeOf(header), damaged ? null : header.checksum]),
  );
}

/** A record's key within its segment. */
function placeOf(header: RecordHeader): string {
  return `${header.kind} ${keySequence(header)}`;
}

/** In the order in which a segment's records were made: an image stands behind what leads to it. */
export function inOrder(refs: readonly BlockRef[]): BlockRef[] {
  return [...refs].sort((a, b) => {
    const difference = keySequence(a.header) - keySequence(b.header);
    if (difference !== 0 || a.header.kind === b.header.kind) return difference;
    return a.header.kind === 'block' ? -1 : 1;
  });
}

export interface Difference {
  readonly missing: readonly BlockRef[];
  /** Both have the same record, or the target has what is damaged here. */
  readonly present: readonly BlockRef[];
  /** Another record, or a damaged one, stands in this one's place; nothing after it is listed. */
  readonly conflict: BlockRef | null;
}

/** @param records in order. */
export function differenceOf(records: readonly BlockRef[], target: Checksums): Difference {
  const missing: BlockRef[] = [];
  const present: BlockRef[] = [];
  for (const ref of records) {
    const stored = target.get(placeOf(ref.header));
    if (stored === undefined) missing.push(ref);
    else if (stored === ref.header.checksum || (ref.damaged && stored !== null)) present.push(ref);
    else return { missing, present, conflict: ref };
  }
  return { missing, present, conflict: null };
}

/** Cuts what is missing into steps that may be written as images, then blocks, as a Shipment says. */
export function stepsOf(missing: readonly BlockRef[]): BlockRef[][] {
  const steps: BlockRef[][] = [];
  let step: BlockRef[] = [];
  let bytes = 0;
  for (const ref of missing) {
    const isBehindBlocks = ref.header.kind === 'image' && step.at(-1)?.header.kind === 'block';
    const isFull = step.length >= STEP_MAX_RECORDS || bytes + ref.header.bytes > STEP_MAX_BYTES;
    if (step.length > 0 && (isBehindBlocks || isFull)) {
      steps.push(step);
      [step, bytes] = [[], 0];
    }
    step.push(ref);
    bytes += ref.header.bytes;
  }
  return step.length === 0 ? steps : [...steps, step];
}

/**
 * Sequences at which a segment's records end before the next one begins: a hole may be declared there.
 * @param end where the records before these end; null: there are none.
 */
export function breaksOf(
  records: readonly BlockRef[],
  end: number | null,
): { readonly breaks: readonly number[]; readonly end: number | null } {
  const breaks: number[] = [];
  for (const { header } of records) {
    const begin = header.kind === 'image' ? header.lastSequence : header.previousSequence;
    if (end !== null && begin > end) breaks.push(end);
    end = Math.max(end ?? begin, begin, header.lastSequence);
  }
  return { breaks, end };
}

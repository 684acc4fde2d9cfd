/** What the commits of an archive change in its runs of blocks, and how they are read. */

import type { BlockRunSummary, RecordHeader, RecordedSpan, RunImages } from '../archive.ts';
import { decodeRun, encodeRun } from './block-runs.ts';
import type { OpenRun, Runs } from './block-runs.ts';
import { decodeHeader } from './header-bytes.ts';
import { behind } from './tables.ts';
import type { RecordKey, Tables } from './tables.ts';

/** Some hours at one a minute. What follows the last run of a segment is read block by block. */
export const RUN_BLOCKS = 128;

const NO_IMAGES: RunImages = { count: 0, fromUs: 0, toUs: 0, badReceiveTimes: [] };

/** What one commit changes. `add` runs inside its transaction, `done` after it. */
export class BlockRunChange {
  readonly #tables: Tables;
  readonly #staged = new Map<string, OpenRun>();
  #made: Runs | undefined;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** A record that was not stored before. */
  add(header: RecordHeader): void {
    const { security, kind } = header;
    const open = this.#staged.get(security) ?? this.#tables.blockRuns.open.get(security);
    const next = kind === 'image' ? this.#withImage(open, header) : this.#withBlock(open, header);
    this.#staged.set(security, next);
  }

  done(): void {
    const { blockRuns } = this.#tables;
    for (const [security, open] of this.#staged) blockRuns.open.set(security, open);
    if (this.#made) blockRuns.keep(this.#made);
  }

  #withImage(open: OpenRun | undefined, header: RecordHeader): OpenRun {
    const { epoch, lastSequence } = header;
    if (open?.epoch === epoch && open.lastSequence === lastSequence) {
      return { ...open, images: afterImage(open.images, header) };
    }
    dropRunOf(this.#tables, { ...header, sequence: lastSequence });
    return begun(epoch, lastSequence, afterImage(NO_IMAGES, header));
  }

  #withBlock(open: OpenRun | undefined, header: RecordHeader): OpenRun {
    const { epoch, previousSequence } = header;
    const isNext = open?.epoch === epoch && open.lastSequence === previousSequence;
    const run = afterBlock(isNext ? open : this.#begin(header), header);
    if (run.blocks < RUN_BLOCKS || header.diffs === 0) return run;
    if (this.#isWhole(header.security, run)) this.#put(header.security, run);
    return begun(epoch, run.lastSequence, NO_IMAGES);
  }

  /** A run may begin in the middle of a segment, at an image that was stored long before. */
  #begin({ security, epoch, previousSequence }: RecordHeader): OpenRun {
    const bytes = this.#tables.imageHeaders.get([security, epoch, previousSequence]);
    const key = { kind: 'image', security, epoch, sequence: previousSequence } as const;
    const image = bytes && decodeHeader(bytes, key);
    return begun(epoch, previousSequence, image ? afterImage(NO_IMAGES, image) : NO_IMAGES);
  }

  /** Whether all records in its range are in it, in whatever order they came. */
  #isWhole(security: string, run: OpenRun): boolean {
    const { epoch, sequence, firstSequence, lastSequence, blocks, images } = run;
    const { imageHeaders, blockHeaders } = this.#tables;
    const count = (table: typeof imageHeaders, from: number, to: number): number =>
      table.getKeysCount({ start: [security, epoch, from], end: [security, epoch, to] });
    return (
      count(blockHeaders, firstSequence, lastSequence + 1) === blocks &&
      count(imageHeaders, sequence, lastSequence) === images.count
    );
  }

  #put(security: string, run: OpenRun): void {
    this.#made ??= this.#tables.blockRuns.made();
    this.#made?.putSync([security, run.epoch, run.sequence], encodeRun(run));
  }
}

function begun(epoch: number, sequence: number, images: RunImages): OpenRun {
  return {
    epoch,
    sequence,
    firstSequence: sequence + 1,
    lastSequence: sequence,
    lastKey: sequence + 1,
    blocks: 0,
    fromUs: 0,
    toUs: 0,
    lastEventUs: 0,
    badReceiveTimes: [],
    images,
  };
}

function afterBlock(run: OpenRun, header: RecordHeader): OpenRun {
  const { toUs, diffs, firstSequence, lastSequence } = header;
  return {
    ...run,
    ...joined(run, run.blocks, header),
    blocks: run.blocks + 1,
    firstSequence: run.blocks === 0 ? firstSequence : run.firstSequence,
    lastKey: firstSequence,
    lastSequence: Math.max(run.lastSequence, lastSequence),
    lastEventUs: diffs > 0 ? Math.max(run.lastEventUs, toUs) : run.lastEventUs,
  };
}

function afterImage(images: RunImages, header: RecordHeader): RunImages {
  return { count: images.count + 1, ...joined(images, images.count, header) };
}

/** What several records have been seen of, with one more. */
function joined(known: RecordedSpan, count: number, header: RecordHeader): RecordedSpan {
  const { fromUs, toUs, badReceiveTimes = [] } = header;
  return {
    fromUs: count === 0 ? fromUs : Math.min(known.fromUs, fromUs),
    toUs: Math.max(known.toUs, toUs),
    badReceiveTimes:
      badReceiveTimes.length === 0
        ? known.badReceiveTimes
        : [...known.badReceiveTimes, ...badReceiveTimes],
  };
}

type Place = Pick<RecordHeader, 'kind' | 'security' | 'epoch'> & { readonly sequence: number };

/**
 * Removes the run that a record belongs to, if there is one. Inside a transaction.
 * @param place with the record's key.
 */
export function dropRunOf(tables: Tables, { kind, security, epoch, ...key }: Place): void {
  const sequence = kind === 'image' ? key.sequence : key.sequence - 1;
  const range = {
    start: behind(security, epoch, sequence),
    end: [security, epoch],
    reverse: true,
    limit: 1,
  };
  const { table } = tables.blockRuns;
  if (table === undefined) return;
  for (const { key, value } of table.getRange(range)) {
    const run = decodeRun(key as RecordKey, value);
    if (run === undefined || run.last.header.lastSequence > sequence) table.removeSync(key);
  }
}

/** The runs of a segment, in order. */
export function readBlockRuns(tables: Tables, security: string, epoch: number): BlockRunSummary[] {
  const range = { start: [security, epoch], end: [security, epoch + 1] };
  const found: BlockRunSummary[] = [];
  for (const { key, value } of tables.blockRuns.table?.getRange(range) ?? []) {
    const run = decodeRun(key as RecordKey, value);
    // An earlier version deletes blocks without their run, always from the oldest on. What a copy brought
    // back since may be a part of them: only who counts the blocks knows that they are there.
    if (run && tables.blockHeaders.doesExist([security, epoch, run.firstSequence])) found.push(run);
  }
  return found;
}

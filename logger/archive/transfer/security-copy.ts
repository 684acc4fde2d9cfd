/** Copies one security; see `copy.ts`. */

import { RecordCorruptError, describeError } from '../../errors.ts';
import { NO_TOTALS, PAGE_BLOCKS } from '../archive.ts';
import type {
  ArchiveReader,
  BlockRef,
  GapRecord,
  SecurityState,
  SecurityTotals,
  StoredRecord,
} from '../archive.ts';
import { batchesOf, inOrder } from '../batch.ts';
import { recordName } from '../record.ts';
import type { SecurityDocument } from '../target.ts';
import { breaksOf, checksumsOf, differenceOf } from './copy-plan.ts';
import type { Checksums } from './copy-plan.ts';
import { addTotals, maxTotals, recordCount, totalsOf } from './copy-totals.ts';
import type { CopiedSecurity, CopyOptions, CopyProblem, CopyTarget } from './copy-types.ts';

const FROM_START = Number.MIN_SAFE_INTEGER;
const DIFFERENT = 'the target holds a different record in its place';

export class SecurityCopy {
  readonly #from: ArchiveReader;
  readonly #to: CopyTarget;
  readonly #state: SecurityState;
  readonly #options: CopyOptions;
  readonly #problems: CopyProblem[];
  #copied: SecurityTotals = NO_TOTALS;
  #bytes = 0;
  /** The source's records that the target holds by now. */
  #present: SecurityTotals = NO_TOTALS;
  #total = 0;

  /** @param problems is added to. */
  constructor(
    from: ArchiveReader,
    to: CopyTarget,
    state: SecurityState,
    options: CopyOptions,
    problems: CopyProblem[],
  ) {
    this.#from = from;
    this.#to = to;
    this.#state = state;
    this.#options = options;
    this.#problems = problems;
  }

  async run(): Promise<CopiedSecurity> {
    const { security } = this.#state;
    this.#total = recordCount(await this.#from.totals(security));
    const before = await this.#to.archive.totals(security);
    const known = (await this.#to.archive.securities()).find((each) => each.security === security);
    // A copy starts no recording: the target's own state decides.
    const state = known ?? { ...this.#state, wanted: false };
    if (!known) await this.#describe({ state, totals: before, end: null });
    await this.#copyInstruments();
    if (await this.#hasNoJournal()) await this.#copySegments();
    // The target's counts may lack what an interrupted copy wrote, ours what others wrote.
    const totals = maxTotals(addTotals(before, this.#copied), this.#present);
    await this.#describe({ state, totals, end: await this.#end() });
    const copied = recordCount(this.#copied);
    return {
      security,
      copied,
      bytes: this.#bytes,
      present: recordCount(this.#present) - copied,
      left: (await this.#from.tail(security)).journal.length,
    };
  }

  /** They are not records, and not counted. */
  async #copyInstruments(): Promise<void> {
    const history = await this.#from.instruments?.history(this.#state.security);
    if (history !== undefined) await this.#to.writer.instruments?.put(history);
  }

  #describe(document: SecurityDocument): Promise<void> {
    return this.#to.writer.writeSecurities([document]);
  }

  /** The first block that is copied would remove the journal of a logger that stopped there. */
  async #hasNoJournal(): Promise<boolean> {
    const { journal } = await this.#to.archive.tail(this.#state.security);
    if (journal.length === 0) return true;
    this.#report(
      'journal',
      'the target holds an open block of its own: start a logger there once, and stop it',
    );
    return false;
  }

  /** Copies what is sealed now; images and blocks as of the same moment. */
  async #copySegments(): Promise<void> {
    const { security } = this.#state;
    const tail = await this.#from.tail(security);
    let epoch = await this.#from.segmentAfter(security, 0);
    while (epoch !== null && epoch <= tail.epoch) {
      const upTo = epoch === tail.epoch ? (tail.lastSequence ?? FROM_START) : Infinity;
      if (!(await this.#copySegment(epoch, upTo))) return;
      epoch = await this.#from.segmentAfter(security, epoch);
    }
  }

  /** @returns false if the copy of the security must stop. */
  async #copySegment(epoch: number, upTo: number): Promise<boolean> {
    const { security } = this.#state;
    const target = this.#to.archive;
    const isNew = (await target.segmentAfter(security, epoch - 1)) !== epoch;
    const images = isNew
      ? new Map<string, null>()
      : checksumsOf(await target.images(security, epoch, FROM_START));
    const found = await this.#missingGap(`gap ${epoch}`, (archive) =>
      archive.gapBefore(security, epoch),
    );
    if (found === 'conflict') return false;
    let gap = found;
    // A spool may begin with a gap after what it replicated to this very target.
    const there = await target.tail(security);
    const heldUpTo = there.epoch === epoch ? there.lastSequence : null;
    if (heldUpTo !== null && !(await this.#copyGapsWithin(epoch, [heldUpTo]))) return false;
    let end: number | null = null;
    for await (const page of this.#pages(epoch, upTo)) {
      const broken = breaksOf(page, end);
      end = broken.end;
      if (!(await this.#copyGapsWithin(epoch, broken.breaks))) return false;
      const blocks = isNew ? images : await this.#targetBlocks(epoch, page);
      const { missing, present, conflict } = differenceOf(page, new Map([...images, ...blocks]));
      this.#present = addTotals(this.#present, totalsOf(present));
      for (const batch of batchesOf(missing)) {
        if (!(await this.#write(gap === null ? [] : [gap], batch))) return false;
        gap = null;
      }
      this.#showProgress();
      if (conflict !== null) {
        this.#report(recordName(conflict.header), DIFFERENT);
        return false;
      }
    }
    if (end !== null && !(await this.#copyGapsWithin(epoch, [end]))) return false;
    return gap === null || this.#write([gap], []);
  }

  /** Must precede the records behind the gaps, so that no reader sees an unrecorded gap. */
  async #copyGapsWithin(epoch: number, sequences: readonly number[]): Promise<boolean> {
    const { security } = this.#state;
    for (const sequence of sequences) {
      const gap = await this.#missingGap(`hole ${epoch}/${sequence}`, (archive) =>
        archive.gapWithin(security, epoch, sequence),
      );
      if (gap === 'conflict') return false;
      if (gap !== null && !(await this.#write([gap], []))) return false;
    }
    return true;
  }

  /** Pages of images and sealed blocks in order, headers only. */
  async *#pages(epoch: number, upTo: number): AsyncGenerator<readonly BlockRef[]> {
    const { security } = this.#state;
    let images = (await this.#from.images(security, epoch, FROM_START)).filter(
      ({ header }) => header.lastSequence <= upTo,
    );
    let afterSequence = FROM_START;
    for (let isMore = true; isMore;) {
      const range = { afterSequence, limit: PAGE_BLOCKS };
      const listed = await this.#from.blocks(security, epoch, range);
      // A damaged block is listed on two pages, because its end is unknown.
      const blocks = listed.filter(
        ({ header, isJournalPart }) =>
          !isJournalPart && header.firstSequence > afterSequence && header.lastSequence <= upTo,
      );
      const last = blocks.at(-1)?.header;
      isMore = listed.length >= PAGE_BLOCKS && last !== undefined;
      const end = isMore && last ? last.firstSequence : Infinity;
      yield inOrder([...images.filter(({ header }) => header.lastSequence < end), ...blocks]);
      images = images.filter(({ header }) => header.lastSequence >= end);
      afterSequence = Math.max(last?.firstSequence ?? 0, last?.lastSequence ?? 0);
    }
  }

  async #targetBlocks(epoch: number, page: readonly BlockRef[]): Promise<Checksums> {
    const sequences = page
      .filter(({ header }) => header.kind === 'block')
      .map(({ header }) => header.firstSequence);
    if (sequences.length === 0) return new Map();
    const range = {
      afterSequence: (sequences[0] ?? 0) - 1,
      untilSequence: sequences.at(-1) ?? 0,
      // The target may hold others too; a block that is not listed here is compared when it is written.
      limit: 2 * PAGE_BLOCKS,
    };
    return checksumsOf(await this.#to.archive.blocks(this.#state.security, epoch, range));
  }

  async #missingGap(name: string, read: ReadGap): Promise<GapRecord | null | 'conflict'> {
    const gap = await orDamaged(read(this.#from));
    if (gap === 'damaged') this.#report(name, 'damaged, and not copied');
    if (gap === null || gap === 'damaged') return null;
    const there = await orDamaged(read(this.#to.archive));
    if (there === null) return gap;
    if (there !== 'damaged' && isSameGap(gap, there)) {
      this.#present = addTotals(this.#present, totalsOf([], [gap]));
      return null;
    }
    this.#report(name, DIFFERENT);
    return 'conflict';
  }

  /** @returns false if the target holds a different record. */
  async #write(gaps: readonly GapRecord[], batch: readonly BlockRef[]): Promise<boolean> {
    this.#options.signal?.throwIfAborted();
    const loaded = await Promise.all(batch.map((ref) => this.#load(ref)));
    const records = loaded.filter((record) => record !== null);
    if (records.length + gaps.length === 0) return true;
    const { security } = this.#state;
    const images = records.filter(({ header }) => header.kind === 'image');
    const blocks = records.filter(({ header }) => header.kind === 'block');
    const conflicts = await this.#to.writer.write([
      { security, gaps, images, blocks, damaged: [] },
    ]);
    const conflict = conflicts.get(security);
    if (conflict) {
      const { record } = conflict.context;
      this.#report(typeof record === 'string' ? record : 'a record', describeError(conflict));
      return false;
    }
    for (const { header } of records) this.#bytes += header.bytes;
    const written = totalsOf(records, gaps);
    this.#copied = addTotals(this.#copied, written);
    this.#present = addTotals(this.#present, written);
    this.#showProgress();
    return true;
  }

  async #load(ref: BlockRef): Promise<StoredRecord | null> {
    try {
      return await ref.load();
    } catch (error) {
      if (!(error instanceof RecordCorruptError)) throw error;
      this.#report(recordName(ref.header), `damaged, and not copied: ${describeError(error)}`);
      return null;
    }
  }

  /**
   * The end of the last segment, if the target has all of it: a mark must not cover missing
   * records.
   */
  async #end(): Promise<SecurityDocument['end']> {
    const { security } = this.#state;
    const source = await this.#from.tail(security);
    const target = await this.#to.archive.tail(security);
    const { epoch, aliveUntilUs, openGap } = source;
    const isComplete =
      epoch > 0 &&
      source.journal.length === 0 &&
      target.epoch === epoch &&
      target.lastSequence === source.lastSequence;
    if (!isComplete) return null;
    return { mark: aliveUntilUs === null ? null : { epoch, us: aliveUntilUs }, openGap };
  }

  #report(record: string, problem: string): void {
    this.#problems.push({ security: this.#state.security, record, problem });
    this.#showProgress();
  }

  #showProgress(): void {
    this.#options.onProgress?.({
      security: this.#state.security,
      records: recordCount(this.#present),
      total: this.#total,
      bytes: this.#bytes,
      problems: this.#problems.length,
    });
  }
}

type ReadGap = (archive: ArchiveReader) => Promise<GapRecord | null>;

async function orDamaged(
  reading: Promise<GapRecord | null>,
): Promise<GapRecord | null | 'damaged'> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof RecordCorruptError) return 'damaged';
    throw error;
  }
}

function isSameGap(a: GapRecord, b: GapRecord): boolean {
  const fields = ['fromUs', 'toUs', 'cause', 'firstMissing', 'lastMissing', 'after'] as const;
  return fields.every((field) => a[field] === b[field]);
}

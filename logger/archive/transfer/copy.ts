/**
 * Copies sealed records from one archive to another, each security's in the order in which they were
 * made, so that at every moment the target holds a beginning of its segments that can be read. Headers
 * of both sides are compared first and only what is missing is read and written: a copy that was
 * broken off goes on where it stopped, and one that is repeated changes nothing.
 *
 * What is still being recorded stays where it is: the journal's pieces, and whatever is sealed after
 * the copy of its security began. The next copy takes it. A record that is damaged at the source is
 * told and left out; one that the target holds otherwise stops its security, for what follows it
 * belongs to another history.
 */

import { RecordCorruptError, UnknownSecurityError, describeError } from '../../errors.ts';
import type { DuplicateRecordError } from '../../errors.ts';
import type {
  ArchiveReader,
  BlockRef,
  GapRecord,
  SecurityState,
  SecurityTotals,
  StoredRecord,
} from '../archive.ts';
import { NO_TOTALS } from '../archive.ts';
import { breaksOf, checksumsOf, differenceOf, inOrder, stepsOf } from './copy-plan.ts';
import type { Checksums } from './copy-plan.ts';
import { encodeJson } from '../embedded/header-bytes.ts';
import { recordName } from '../record.ts';
import type { SecurityDocument, Shipment } from './spool.ts';

/** Where records are copied to. */
export interface CopyTarget {
  readonly archive: ArchiveReader;
  /** @returns the record that stands in the way; null: all of it is there. @throws LoggerError */
  write(shipment: Shipment): Promise<DuplicateRecordError | null>;
  /** What to say of a security beside its records. */
  describe(document: SecurityDocument): Promise<void>;
  close(): Promise<void>;
}

export interface CopyProblem {
  readonly security: string;
  /** `block 3/1234`, `gap 3`, `hole 3/1234`. */
  readonly record: string;
  readonly problem: string;
}

export interface CopiedSecurity {
  readonly security: string;
  /** Records that were written, gaps included, and the bytes of their bodies. */
  readonly copied: number;
  readonly bytes: number;
  /** Records that the target had. */
  readonly present: number;
  /** Pieces of the open block, which stay in the source. */
  readonly left: number;
}

export interface CopyResult {
  readonly securities: readonly CopiedSecurity[];
  readonly problems: readonly CopyProblem[];
}

export interface CopyProgress {
  readonly security: string;
  /** Copied or found there. */
  readonly records: number;
  /** What the source says that it has of this security. */
  readonly total: number;
  readonly bytes: number;
  readonly problems: number;
}

export interface CopyOptions {
  /** Only these, in any case. Default: all. */
  readonly securities?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/** Blocks whose headers are compared at once. */
const PAGE_BLOCKS = 512;
const BEGINNING = Number.MIN_SAFE_INTEGER;

/** @throws UnknownSecurityError; whatever reading and writing throw: run it again then. */
export async function copyArchive(
  from: ArchiveReader,
  to: CopyTarget,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const known = await from.securities();
  const securities: CopiedSecurity[] = [];
  const problems: CopyProblem[] = [];
  for (const state of chosen(known, options.securities)) {
    const copy = new SecurityCopy(from, to, state, options, problems);
    securities.push(await copy.run());
  }
  return { securities, problems };
}

function chosen(
  known: readonly SecurityState[],
  asked: readonly string[] | undefined,
): readonly SecurityState[] {
  if (asked === undefined || asked.length === 0) return known;
  const found = asked.map((name) => {
    const state =
      known.find(({ security }) => security === name) ??
      known.find(({ security }) => security.toLowerCase() === name.toLowerCase());
    if (state !== undefined) return state;
    const hint = known.map(({ security }) => security).slice(0, 10);
    throw new UnknownSecurityError(
      `${name} was never recorded; the source holds ${hint.join(', ') || 'none'}`,
    );
  });
  return [...new Set(found)];
}

class SecurityCopy {
  readonly #from: ArchiveReader;
  readonly #to: CopyTarget;
  readonly #state: SecurityState;
  readonly #options: CopyOptions;
  readonly #problems: CopyProblem[];
  #copied: SecurityTotals = NO_TOTALS;
  #bytes = 0;
  /** Of the source's records, those that the target holds by now. */
  #held: SecurityTotals = NO_TOTALS;
  #total = 0;

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
    this.#total = countOf(await this.#from.totals(security));
    const before = await this.#to.archive.totals(security);
    const stated = (await this.#to.archive.securities()).find((each) => each.security === security);
    // A copy starts no recording: what is to be recorded there is said there.
    const state = stated ?? { ...this.#state, wanted: false };
    if (!stated) await this.#to.describe({ state, totals: before, end: null });
    // Whatever is sealed later waits for the next copy: one moment for images and blocks.
    const tail = await this.#from.tail(security);
    if (await this.#isFree()) {
      let epoch = await this.#from.segmentAfter(security, 0);
      while (epoch !== null && epoch <= tail.epoch) {
        const upTo = epoch === tail.epoch ? (tail.lastSequence ?? BEGINNING) : Infinity;
        if (!(await this.#copySegment(epoch, upTo))) break;
        epoch = await this.#from.segmentAfter(security, epoch);
      }
    }
    const totals = greater(plus(before, this.#copied), this.#held);
    await this.#to.describe({ state, totals, end: await this.#end() });
    const copied = countOf(this.#copied);
    return {
      security,
      copied,
      bytes: this.#bytes,
      present: countOf(this.#held) - copied,
      left: (await this.#from.tail(security)).journal.length,
    };
  }

  /** A block that was open when a logger ended there would be lost to the first that is copied. */
  async #isFree(): Promise<boolean> {
    const { journal } = await this.#to.archive.tail(this.#state.security);
    if (journal.length === 0) return true;
    this.#tell(
      'journal',
      'the target holds pieces of an open block of its own: start a logger there once, and stop it',
    );
    return false;
  }

  /** @returns whether the next segment may follow. */
  async #copySegment(epoch: number, upTo: number): Promise<boolean> {
    const { security } = this.#state;
    const target = this.#to.archive;
    const isNew = (await target.segmentAfter(security, epoch - 1)) !== epoch;
    const images = isNew
      ? new Map<string, null>()
      : checksumsOf(await target.images(security, epoch, BEGINNING));
    const found = await this.#missingGap(`gap ${epoch}`, (archive) =>
      archive.gapBefore(security, epoch),
    );
    if (found === 'conflict') return false;
    let gap = found;
    // A spool may begin with a hole behind what it gave away to the very target.
    const there = await target.tail(security);
    let end = there.epoch === epoch ? there.lastSequence : null;
    if (end !== null && !(await this.#copyHoles(epoch, [end]))) return false;
    end = null;
    for await (const page of this.#pages(epoch, upTo)) {
      const broken = breaksOf(page, end);
      end = broken.end;
      if (!(await this.#copyHoles(epoch, broken.breaks))) return false;
      const blocks = isNew ? images : await this.#targetBlocks(epoch, page);
      const { missing, present, conflict } = differenceOf(page, new Map([...images, ...blocks]));
      this.#held = present.reduce(withRecord, this.#held);
      for (const step of stepsOf(missing)) {
        if (!(await this.#write(gap === null ? [] : [gap], step))) return false;
        gap = null;
      }
      this.#show();
      if (conflict !== null) {
        this.#tell(recordName(conflict.header), 'the target holds another record in its place');
        return false;
      }
    }
    if (end !== null && !(await this.#copyHoles(epoch, [end]))) return false;
    return gap === null || this.#write([gap], []);
  }

  /** Before the records behind them, so that no reader meets a hole that nobody declared. */
  async #copyHoles(epoch: number, sequences: readonly number[]): Promise<boolean> {
    const { security } = this.#state;
    for (const sequence of sequences) {
      const hole = await this.#missingGap(`hole ${epoch}/${sequence}`, (archive) =>
        archive.gapWithin(security, epoch, sequence),
      );
      if (hole === 'conflict') return false;
      if (hole !== null && !(await this.#write([hole], []))) return false;
    }
    return true;
  }

  /** Headers in order, images and sealed blocks. */
  async *#pages(epoch: number, upTo: number): AsyncGenerator<readonly BlockRef[]> {
    const { security } = this.#state;
    let images = (await this.#from.images(security, epoch, BEGINNING)).filter(
      ({ header }) => header.lastSequence <= upTo,
    );
    let afterSequence = BEGINNING;
    for (let isMore = true; isMore;) {
      const listed = await this.#from.blocks(security, epoch, {
        afterSequence,
        limit: PAGE_BLOCKS,
      });
      // A damaged block is listed again, for nobody knows where it ends.
      const blocks = listed.filter(
        ({ header, piece }) =>
          !piece && header.firstSequence > afterSequence && header.lastSequence <= upTo,
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
      // It may hold others besides; what is not seen here meets its like when it is written.
      limit: 2 * PAGE_BLOCKS,
    };
    return checksumsOf(await this.#to.archive.blocks(this.#state.security, epoch, range));
  }

  async #missingGap(name: string, read: ReadGap): Promise<GapRecord | null | 'conflict'> {
    const gap = await orDamaged(read(this.#from));
    if (gap === 'damaged') this.#tell(name, 'damaged, and not copied');
    if (gap === null || gap === 'damaged') return null;
    const there = await orDamaged(read(this.#to.archive));
    if (there === null) return gap;
    if (there !== 'damaged' && isSameGap(gap, there)) {
      this.#held = withGap(this.#held, gap);
      return null;
    }
    this.#tell(name, 'the target holds another record in its place');
    return 'conflict';
  }

  /** @returns whether more may follow. */
  async #write(gaps: readonly GapRecord[], step: readonly BlockRef[]): Promise<boolean> {
    this.#options.signal?.throwIfAborted();
    const loaded = await Promise.all(step.map((ref) => this.#load(ref)));
    const records = loaded.filter((record) => record !== null);
    if (records.length + gaps.length === 0) return true;
    const { security } = this.#state;
    const conflict = await this.#to.write({
      security,
      gaps,
      images: records.filter(({ header }) => header.kind === 'image'),
      blocks: records.filter(({ header }) => header.kind === 'block'),
      damaged: [],
    });
    if (conflict !== null) {
      const { record } = conflict.context;
      this.#tell(typeof record === 'string' ? record : 'a record', describeError(conflict));
      return false;
    }
    for (const { header } of records) this.#bytes += header.bytes;
    this.#copied = gaps.reduce(withGap, records.reduce(withRecord, this.#copied));
    this.#held = gaps.reduce(withGap, records.reduce(withRecord, this.#held));
    this.#show();
    return true;
  }

  async #load(ref: BlockRef): Promise<StoredRecord | null> {
    try {
      return await ref.load();
    } catch (error) {
      if (!(error instanceof RecordCorruptError)) throw error;
      this.#tell(recordName(ref.header), `damaged, and not copied: ${describeError(error)}`);
      return null;
    }
  }

  /**
   * How the last segment ends, where both have all of it: a mark that is ahead of the records would
   * speak for what nobody can read.
   */
  async #end(): Promise<SecurityDocument['end']> {
    const { security } = this.#state;
    const source = await this.#from.tail(security);
    const target = await this.#to.archive.tail(security);
    const { epoch, aliveUntilUs, openGap } = source;
    const isAllThere =
      epoch > 0 &&
      source.journal.length === 0 &&
      target.epoch === epoch &&
      target.lastSequence === source.lastSequence;
    if (!isAllThere) return null;
    return { mark: aliveUntilUs === null ? null : { epoch, us: aliveUntilUs }, openGap };
  }

  #tell(record: string, problem: string): void {
    this.#problems.push({ security: this.#state.security, record, problem });
    this.#show();
  }

  #show(): void {
    this.#options.onProgress?.({
      security: this.#state.security,
      records: countOf(this.#held),
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

function countOf({ images, blocks, gaps }: SecurityTotals): number {
  return images + blocks + gaps;
}

function withGap(totals: SecurityTotals, gap: GapRecord): SecurityTotals {
  const storedBytes = totals.storedBytes + encodeJson(gap).byteLength;
  return { ...totals, gaps: totals.gaps + 1, storedBytes };
}

/** Bytes as an archive on disk counts them: header and body. */
function withRecord(totals: SecurityTotals, { header }: Pick<BlockRef, 'header'>): SecurityTotals {
  const isImage = header.kind === 'image';
  return {
    ...totals,
    images: totals.images + (isImage ? 1 : 0),
    blocks: totals.blocks + (isImage ? 0 : 1),
    storedBytes: totals.storedBytes + encodeJson(header).byteLength + header.bytes,
    lastImageUs: isImage ? Math.max(totals.lastImageUs ?? 0, header.toUs) : totals.lastImageUs,
  };
}

function plus(a: SecurityTotals, b: SecurityTotals): SecurityTotals {
  return {
    images: a.images + b.images,
    blocks: a.blocks + b.blocks,
    gaps: a.gaps + b.gaps,
    storedBytes: a.storedBytes + b.storedBytes,
    lastImageUs: latest(a.lastImageUs, b.lastImageUs),
  };
}

/**
 * What was counted before may lack what a copy wrote that was broken off; what was compared now may
 * lack what others wrote. The greater is right, unless both happened.
 */
function greater(a: SecurityTotals, b: SecurityTotals): SecurityTotals {
  return {
    images: Math.max(a.images, b.images),
    blocks: Math.max(a.blocks, b.blocks),
    gaps: Math.max(a.gaps, b.gaps),
    storedBytes: Math.max(a.storedBytes, b.storedBytes),
    lastImageUs: latest(a.lastImageUs, b.lastImageUs),
  };
}

function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function isSameGap(a: GapRecord, b: GapRecord): boolean {
  const fields = ['fromUs', 'toUs', 'cause', 'firstMissing', 'lastMissing', 'after'] as const;
  return fields.every((field) => a[field] === b[field]);
}

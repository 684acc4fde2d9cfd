/**
 * What the headers of sealed blocks have shown, so that a year of them is read once and not for each query; or not
 * at all, as far as the archive keeps it. Kept in runs of blocks that follow one another without a gap; records
 * never change, and that none of them is missing now is shown by counting them, whoever keeps the run: an earlier
 * version may have deleted some, and a copy may have brought back a part. A header that is damaged on disk later
 * is noticed by those who read its record.
 */

import type {
  ArchiveReader,
  BlockRef,
  BlockRunSummary,
  RecordHeader,
  RunImages,
} from '../archive/archive.ts';

/** Sealed blocks that follow one another. */
export type BlockRun = Omit<BlockRunSummary, 'images'>;

/** The last images of a segment, as far as they have been listed. */
interface KnownImages extends RunImages {
  /** They were listed from this sequence on. */
  readonly from: number;
  readonly first: BlockRef;
  readonly last: BlockRef;
}

/** So many blocks make a run: with one a minute, some hours. */
const RUN_BLOCKS = 512;
/** Blocks that are counted at once, which takes some 20 ms. */
const COUNTED_BLOCKS = 2 ** 16;
const PAGE_IMAGES = 16;
/** The one that was asked for first goes first. */
const MAX_SEGMENTS = 4096;

type Security = Pick<RecordHeader, 'security' | 'epoch'>;

/** Of one segment. */
export class KnownSegment {
  readonly runBlocks: number;
  readonly #archive: ArchiveReader;
  readonly #key: Security;
  /** By the sequence of the book before them. */
  readonly #runs = new Map<number, BlockRun>();
  /** Those that the archive keeps. */
  #stored = new Map<number, BlockRunSummary>();
  #images: KnownImages | null = null;

  constructor(archive: ArchiveReader, { security, epoch }: Security, runBlocks: number) {
    this.#archive = archive;
    this.#key = { security, epoch };
    this.runBlocks = runBlocks;
  }

  /** Before anything else is asked: what the archive keeps, of blocks that are there now. */
  async refresh(): Promise<void> {
    const { security, epoch } = this.#key;
    const stored = (await this.#archive.blockRuns?.(security, epoch)) ?? [];
    this.#stored = new Map(stored.map((summary) => [summary.sequence, summary]));
  }

  at(sequence: number): BlockRun | undefined {
    return this.#stored.get(sequence) ?? this.#runs.get(sequence);
  }

  add(blockRun: BlockRun): void {
    this.#runs.set(blockRun.sequence, blockRun);
  }

  /** The next runs from a sequence on that may be used and are still stored; none: read the headers. */
  async from(
    sequence: number,
    canUse: (blockRun: BlockRun) => boolean,
  ): Promise<readonly BlockRun[]> {
    const found: BlockRun[] = [];
    let blocks = 0;
    let next = this.at(sequence);
    while (next !== undefined && canUse(next) && blocks < COUNTED_BLOCKS) {
      found.push(next);
      blocks += next.blocks;
      next = this.at(next.last.header.lastSequence);
    }
    if (await this.#areThere(found)) return found;
    const there: BlockRun[] = [];
    for (const blockRun of found) {
      if (!(await this.#areThere([blockRun]))) {
        this.#stored.delete(blockRun.sequence);
        this.#runs.delete(blockRun.sequence);
        break;
      }
      there.push(blockRun);
    }
    return there;
  }

  async #areThere(runs: readonly BlockRun[]): Promise<boolean> {
    const [first, last] = [runs[0], runs.at(-1)];
    if (first === undefined || last === undefined) return true;
    const blocks = runs.reduce((sum, blockRun) => sum + blockRun.blocks, 0);
    const [from, to] = [first.firstSequence, last.last.header.firstSequence];
    return (await this.#archive.count({ kind: 'block', ...this.#key, from, to })) === blocks;
  }

  /** All images of the segment, in groups. */
  async images(): Promise<readonly RunImages[]> {
    const groups: RunImages[] = [];
    let from = Number.MIN_SAFE_INTEGER;
    for (const { sequence, images, last } of this.#stored.values()) {
      if (sequence > from) groups.push(...(await this.#imagesBetween(from, sequence)));
      if (images.count > 0) groups.push(images);
      from = last.header.lastSequence;
    }
    const rest = await this.#imagesFrom(from);
    return rest === null ? groups : [...groups, rest];
  }

  async #imagesBetween(from: number, to: number): Promise<RunImages[]> {
    const { security, epoch } = this.#key;
    const found: BlockRef[] = [];
    for (let next = from; ;) {
      const page = await this.#archive.images(security, epoch, next, PAGE_IMAGES);
      const last = page.at(-1)?.header.lastSequence ?? to;
      found.push(...page.filter(({ header }) => header.lastSequence < to));
      if (page.length < PAGE_IMAGES || last >= to) break;
      next = last + 1;
    }
    return found.reduce<KnownImages[]>(
      (group, ref) => [withImage(group[0] ?? null, ref, from)],
      [],
    );
  }

  async #imagesFrom(from: number): Promise<KnownImages | null> {
    if (this.#images?.from !== from) this.#images = null;
    const known = this.#images;
    if (known !== null) {
      const [first, to] = [known.first.header.lastSequence, known.last.header.lastSequence];
      const count = await this.#archive.count({ kind: 'image', ...this.#key, from: first, to });
      if (count !== known.count) this.#images = null;
    }
    const after = this.#images?.last.header.lastSequence;
    const { security, epoch } = this.#key;
    const next = after === undefined ? from : after + 1;
    const found = await this.#archive.images(security, epoch, next);
    this.#images = found.reduce<KnownImages | null>(
      (images, ref) => withImage(images, ref, from),
      this.#images,
    );
    return this.#images;
  }
}

function withImage(known: KnownImages | null, ref: BlockRef, from: number): KnownImages {
  const { fromUs, toUs, badReceiveTimes = [] } = ref.header;
  return {
    from,
    first: known?.first ?? ref,
    last: ref,
    count: (known?.count ?? 0) + 1,
    fromUs: Math.min(known?.fromUs ?? Infinity, fromUs),
    toUs: Math.max(known?.toUs ?? -Infinity, toUs),
    badReceiveTimes:
      badReceiveTimes.length === 0
        ? (known?.badReceiveTimes ?? [])
        : [...(known?.badReceiveTimes ?? []), ...badReceiveTimes],
  };
}

/** Of an archive. */
export class KnownBlocks {
  readonly #archive: ArchiveReader;
  readonly #runBlocks: number;
  readonly #segments = new Map<string, KnownSegment>();

  constructor(archive: ArchiveReader, runBlocks = RUN_BLOCKS) {
    this.#archive = archive;
    this.#runBlocks = runBlocks;
  }

  segment(key: Security): KnownSegment {
    const name = `${key.security} ${key.epoch}`;
    let known = this.#segments.get(name);
    if (known !== undefined) return known;
    known = new KnownSegment(this.#archive, key, this.#runBlocks);
    this.#segments.set(name, known);
    const [oldest] = this.#segments.keys();
    if (this.#segments.size > MAX_SEGMENTS && oldest !== undefined) this.#segments.delete(oldest);
    return known;
  }
}

/** Collects the blocks of a walk, as they are read, into runs. */
export class BlockRunBuilder {
  readonly #known: KnownSegment;
  /** Of the book before the first block; undefined: there is no run. */
  #sequence: number | undefined;
  #blocks: BlockRef[] = [];

  constructor(known: KnownSegment) {
    this.#known = known;
  }

  /** A run begins or goes on at this sequence; undefined: it has ended. */
  begin(sequence: number | undefined): void {
    this.#sequence = sequence;
    this.#blocks = [];
  }

  add(block: BlockRef): void {
    if (block.isJournalPart || this.#sequence === undefined) return;
    this.#blocks.push(block);
    if (this.#blocks.length < this.#known.runBlocks) return;
    const { lastSequence } = block.header;
    // One that ends with trades alone has no place of its own for the next.
    if (lastSequence > this.#sequence) this.#known.add(blockRunOf(this.#sequence, this.#blocks));
    this.begin(Math.max(this.#sequence, lastSequence));
  }
}

function blockRunOf(sequence: number, blocks: readonly BlockRef[]): BlockRun {
  const headers = blocks.map(({ header }) => header);
  const updates = headers.filter(({ diffs }) => diffs > 0);
  return {
    sequence,
    firstSequence: (blocks[0] as BlockRef).header.firstSequence,
    last: blocks.at(-1) as BlockRef,
    blocks: blocks.length,
    fromUs: Math.min(...headers.map(({ fromUs }) => fromUs)),
    toUs: Math.max(...headers.map(({ toUs }) => toUs)),
    lastEventUs: Math.max(...updates.map(({ toUs }) => toUs)),
    badReceiveTimes: headers.flatMap(({ badReceiveTimes = [] }) => badReceiveTimes),
  };
}

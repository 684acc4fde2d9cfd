/**
 * What the headers of sealed blocks have shown, so that a year of them is read once and not for each query.
 * Kept in runs of blocks that follow one another without a gap; records never change, and that none of
 * them was deleted since is shown by counting them. A header that is damaged on disk later is noticed by
 * those who read its record.
 */

import type { ArchiveReader, BlockRef, RecordHeader } from '../archive/archive.ts';
import type { BadReceiveTime } from '../market/bad-receive-times.ts';

/** Sealed blocks that follow one another. */
export interface BlockRun {
  /** Of its first block. */
  readonly firstSequence: number;
  readonly last: BlockRef;
  readonly blocks: number;
  /** Receive times, of its blocks as a whole. */
  readonly fromUs: number;
  readonly toUs: number;
  /** The latest one of a block with a book update. */
  readonly lastEventUs: number;
  readonly badReceiveTimes: readonly BadReceiveTime[];
}

/** The images of a segment, as far as they have been listed. */
export interface KnownImages {
  readonly first: BlockRef;
  readonly last: BlockRef;
  readonly count: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly badReceiveTimes: readonly BadReceiveTime[];
}

/** So many blocks make a run: with one a minute, some hours. */
const RUN_BLOCKS = 512;
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
  #images: KnownImages | null = null;

  constructor(archive: ArchiveReader, { security, epoch }: Security, runBlocks: number) {
    this.#archive = archive;
    this.#key = { security, epoch };
    this.runBlocks = runBlocks;
  }

  at(sequence: number): BlockRun | undefined {
    return this.#runs.get(sequence);
  }

  add(sequence: number, blockRun: BlockRun): void {
    this.#runs.set(sequence, blockRun);
  }

  /** The runs from a sequence on that may be used and are still stored; none: read the headers. */
  async from(
    sequence: number,
    canUse: (blockRun: BlockRun) => boolean,
  ): Promise<readonly BlockRun[]> {
    const found: BlockRun[] = [];
    let next = this.at(sequence);
    while (next !== undefined && canUse(next)) {
      found.push(next);
      next = this.at(next.last.header.lastSequence);
    }
    const [first, last] = [found[0], found.at(-1)];
    if (first === undefined || last === undefined) return [];
    const blocks = found.reduce((sum, blockRun) => sum + blockRun.blocks, 0);
    const [from, to] = [first.firstSequence, last.last.header.firstSequence];
    if ((await this.#archive.count({ kind: 'block', ...this.#key, from, to })) === blocks)
      return found;
    this.#runs.clear();
    return [];
  }

  /** null: there are none. */
  async images(): Promise<KnownImages | null> {
    const known = this.#images;
    if (known !== null) {
      const [from, to] = [known.first.header.lastSequence, known.last.header.lastSequence];
      const count = await this.#archive.count({ kind: 'image', ...this.#key, from, to });
      if (count !== known.count) this.#images = null;
    }
    const after = this.#images?.last.header.lastSequence ?? Number.MIN_SAFE_INTEGER;
    const { security, epoch } = this.#key;
    const found = await this.#archive.images(security, epoch, after + 1);
    this.#images = found.reduce(withImage, this.#images);
    return this.#images;
  }
}

function withImage(known: KnownImages | null, ref: BlockRef): KnownImages {
  const { fromUs, toUs, badReceiveTimes = [] } = ref.header;
  return {
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
    if (lastSequence > this.#sequence) this.#known.add(this.#sequence, blockRunOf(this.#blocks));
    this.begin(Math.max(this.#sequence, lastSequence));
  }
}

function blockRunOf(blocks: readonly BlockRef[]): BlockRun {
  const headers = blocks.map(({ header }) => header);
  const updates = headers.filter(({ diffs }) => diffs > 0);
  return {
    firstSequence: (blocks[0] as BlockRef).header.firstSequence,
    last: blocks.at(-1) as BlockRef,
    blocks: blocks.length,
    fromUs: Math.min(...headers.map(({ fromUs }) => fromUs)),
    toUs: Math.max(...headers.map(({ toUs }) => toUs)),
    lastEventUs: Math.max(...updates.map(({ toUs }) => toUs)),
    badReceiveTimes: headers.flatMap(({ badReceiveTimes = [] }) => badReceiveTimes),
  };
}

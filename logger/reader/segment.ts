/**
 * A segment of a security and how it ends: with a gap before the next segment, with an open gap, or not
 * yet. The end is read before the segment's blocks are listed, so every record that a mark speaks for is
 * among those blocks.
 */

import type {
  ArchiveReader,
  BlockRef,
  GapRecord,
  OpenGap,
  RecordHeader,
} from '../archive/archive.ts';
import { RecordCorruptError } from '../errors.ts';
import type { Gap, GapCause, Proof } from '../market/coverage.ts';
import type { ReaderContext } from './context.ts';

export interface SegmentEnd {
  /** The image that starts the next segment. */
  readonly next: BlockRef | null;
  /** The gap before the next segment. */
  readonly gap: GapRecord | null;
  /** While there is no next segment. */
  readonly openGap: OpenGap | null;
  readonly aliveUntilUs: number | null;
  /** The segment is known to have reached this sequence; if its records end earlier, some are missing. */
  readonly knownSequence: number | null;
}

const UNKNOWN_END: SegmentEnd = {
  next: null,
  gap: null,
  openGap: null,
  aliveUntilUs: null,
  knownSequence: null,
};

interface SegmentKey {
  readonly security: string;
  readonly epoch: number;
}

type SegmentDeps = Pick<ReaderContext, 'archive' | 'liveGap'>;

/** A new segment may begin while the end of the one before it is being read: read again, this often. */
const MAX_RETRIES = 5;
const FIRST_SEQUENCE = Number.MIN_SAFE_INTEGER;

export class Segment {
  readonly security: string;
  readonly epoch: number;
  readonly end: SegmentEnd;
  readonly #archive: ArchiveReader;
  #first: Promise<BlockRef | null> | undefined;
  #images: Promise<readonly BlockRef[]> | undefined;

  /** @param first the image that starts it, if that has been looked up. */
  static async read(deps: SegmentDeps, key: SegmentKey, first?: BlockRef): Promise<Segment> {
    const end = await readEnd(deps, key.security, key.epoch);
    return new Segment(deps.archive, key, end, first);
  }

  /** For those who do not reach its end. */
  static withoutEnd({ archive }: SegmentDeps, key: SegmentKey): Segment {
    return new Segment(archive, key, UNKNOWN_END);
  }

  private constructor(
    archive: ArchiveReader,
    { security, epoch }: SegmentKey,
    end: SegmentEnd,
    first?: BlockRef,
  ) {
    this.#archive = archive;
    this.security = security;
    this.epoch = epoch;
    this.end = end;
    this.#first = first === undefined ? undefined : Promise.resolve(first);
  }

  /** The image that starts it. */
  first(): Promise<BlockRef | null> {
    this.#first ??= this.#archive.segmentStart(this.security, this.epoch - 1);
    return this.#first;
  }

  /** The first of its images. */
  async firstImage(): Promise<BlockRef | undefined> {
    const first = await this.first();
    return first?.header.epoch === this.epoch ? first : undefined;
  }

  /** All images, as of the first call. */
  images(): Promise<readonly BlockRef[]> {
    this.#images ??= this.#archive.images(this.security, this.epoch, FIRST_SEQUENCE);
    return this.#images;
  }

  imagesAfter(sequence: number): Promise<readonly BlockRef[]> {
    return this.#archive.images(this.security, this.epoch, sequence + 1);
  }

  /** When it began, even if its first image is damaged; 0: unknown. */
  async beginUs(): Promise<number> {
    const first = await this.first();
    if (first !== null && !first.damaged) return first.header.fromUs;
    return (await readGapBefore(this.#archive, this.security, this.epoch))?.toUs ?? 0;
  }

  /** From this receive time on the book is declared unknown, whatever is stored. */
  get declaredUs(): number {
    return this.declaredGap?.fromUs ?? Infinity;
  }

  /** The gap after it, as it was declared; null: none was. */
  get declaredGap(): Pick<Gap, 'fromUs' | 'cause'> | null {
    return this.end.gap ?? this.end.openGap;
  }

  /** The first sequence that is declared missing. */
  get declaredSequence(): number {
    return this.end.gap?.firstMissing ?? this.end.openGap?.firstMissing ?? Infinity;
  }

  /** The last moment at which the book is known, given the times of its base and its last event. */
  endUs(baseUs: number, lastEventUs: number): number {
    const { declaredUs } = this;
    if (Number.isFinite(declaredUs)) return Math.max(baseUs, declaredUs);
    return Math.max(lastEventUs, this.end.aliveUntilUs ?? lastEventUs);
  }

  /** When the next segment begins; null: there is none, or its beginning is unknown. */
  get nextBeginUs(): number | null {
    const { next, gap } = this.end;
    if (next === null) return null;
    return next.damaged ? (gap?.toUs ?? null) : next.header.fromUs;
  }

  /**
   * The gap after the segment, given where its records end; null: none is known, because it is being
   * recorded, or was when the process died.
   */
  gapAfter(endUs: number, lastSequence: number, proof: Proof): Gap | null {
    const { next, gap, openGap } = this.end;
    if (next !== null) {
      const missing = missingBetween(lastSequence, next.header.lastSequence, proof);
      // A record that names the first alone: the next segment is of another numbering.
      const isOpenEnded = gap !== null && gap.firstMissing !== null && gap.lastMissing === null;
      return {
        fromUs: endUs,
        toUs: Math.max(endUs, this.nextBeginUs ?? endUs),
        cause: gap?.cause ?? 'other',
        firstMissing: gap?.firstMissing ?? missing.firstMissing,
        lastMissing: isOpenEnded ? null : (gap?.lastMissing ?? missing.lastMissing),
      };
    }
    if (openGap === null) return null;
    const { cause, firstMissing } = openGap;
    return { fromUs: endUs, toUs: null, cause, firstMissing, lastMissing: null };
  }

  /** A gap by damage that lasts until the next segment and includes the gap before that. */
  gapUntilNext(fromUs: number, cause: GapCause, lastSequence?: number): Gap {
    const next = this.end.next?.header;
    if (next === undefined) {
      return { fromUs, toUs: null, cause, firstMissing: null, lastMissing: null };
    }
    const toUs = Math.max(fromUs, this.nextBeginUs ?? fromUs);
    const missing = missingBetween(lastSequence ?? Infinity, next.lastSequence, next.proof);
    return { fromUs, toUs, cause, ...missing };
  }

  /** Why its records stop after a sequence although more was recorded. */
  async causeOfBreak(sequence: number): Promise<GapCause> {
    try {
      const gap = await this.#archive.gapWithin(this.security, this.epoch, sequence);
      return gap?.cause ?? 'corrupt';
    } catch (error) {
      // The gap is known without its record; only the cause is lost.
      if (error instanceof RecordCorruptError) return 'corrupt';
      throw error;
    }
  }
}

/** The segments of a security after an epoch, in order. */
export async function* segmentsAfter(
  deps: SegmentDeps,
  security: string,
  epoch: number,
): AsyncGenerator<Segment> {
  let next = await deps.archive.segmentStart(security, epoch);
  while (next !== null) {
    const segment = await Segment.read(deps, next.header, next);
    yield segment;
    ({ next } = segment.end);
  }
}

async function readEnd(
  { archive, liveGap }: SegmentDeps,
  security: string,
  epoch: number,
): Promise<SegmentEnd> {
  for (let tries = 0; ; tries++) {
    const next = await archive.segmentStart(security, epoch);
    if (next !== null) {
      const gap = await readGapBefore(archive, security, next.header.epoch);
      const firstMissing = gap?.firstMissing ?? null;
      const knownSequence = firstMissing === null ? null : firstMissing - 1;
      return { next, gap, openGap: null, aliveUntilUs: null, knownSequence };
    }
    const tail = await readTail(archive, security);
    if (tail !== null && tail.epoch > epoch && tries < MAX_RETRIES) continue;
    const isOurs = tail?.epoch === epoch;
    const openGap = tail?.openGap ?? liveGap?.(security) ?? null;
    return {
      next: null,
      gap: null,
      openGap: openGap?.epoch === epoch ? openGap : null,
      aliveUntilUs: isOurs ? tail.aliveUntilUs : null,
      knownSequence: isOurs ? tail.lastSequence : null,
    };
  }
}

async function readGapBefore(
  archive: ArchiveReader,
  security: string,
  epoch: number,
): Promise<GapRecord | null> {
  try {
    return await archive.gapBefore(security, epoch);
  } catch (error) {
    // The gap is known without its record; only the cause is lost.
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

async function readTail(archive: ArchiveReader, security: string) {
  try {
    return await archive.tail(security);
  } catch (error) {
    // Without the mark the segment ends with its last event: less is claimed, nothing wrongly.
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

/** Both null where nothing is missing, or nothing is sequenced. */
export function missingBetween(
  lastSequence: number,
  nextSequence: number,
  proof: Proof,
): { readonly firstMissing: number | null; readonly lastMissing: number | null } {
  const isAny = proof === 'sequence' && lastSequence + 1 <= nextSequence - 1;
  return {
    firstMissing: isAny ? lastSequence + 1 : null,
    lastMissing: isAny ? nextSequence - 1 : null,
  };
}

/** The gap from a segment's beginning to its first readable image. */
export function gapBeforeImage(beginUs: number, image: RecordHeader): Gap {
  const fromUs = beginUs === 0 ? image.fromUs : Math.min(beginUs, image.fromUs);
  return { fromUs, toUs: image.fromUs, cause: 'corrupt', firstMissing: null, lastMissing: null };
}

const DELIBERATE_ENDS = new Set<GapCause>(['removed', 'restart']);

/** Somebody ended the recording here, for now or for good: nothing failed, yet what follows is missing. */
export function isEndOfRecording({ toUs, cause }: Gap): boolean {
  return toUs === null && DELIBERATE_ENDS.has(cause);
}

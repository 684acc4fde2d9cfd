/**
 * Writes one security's records: begins and ends its segments, keeps the gap between two of them, and
 * pushes everything to the write queue. Publishes `image` and `gap`.
 */

import type { Archive, OpenGap, Write } from '../../archive/archive.ts';
import type { LoggerError } from '../../errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { GapEvent } from '../../live/events.ts';
import type { Contract } from '../../market/contract.ts';
import type { LivePublisher } from '../../live/feeds.ts';
import type { GapCause } from '../../market/coverage.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookImage, SideEvent } from '../../market/events.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { WriteQueue } from '../write-queue.ts';
import { closeGap, earlierGap } from './gap.ts';
import { recoverSegment, recoverWhenWritable } from './recovery.ts';
import type { Recovered } from './recovery.ts';
import { Segment } from './segment.ts';
import type { DeeperBook, SegmentPosition, ProvenBook, SegmentDeps } from './segment.ts';

/** Shared by the writers of all securities. */
export interface CommonWriterDeps extends SegmentDeps {
  readonly archive: Archive;
  readonly queue: WriteQueue;
  readonly clock: Clock;
  readonly log: Log;
  /** Program and version, stamped on each record. */
  readonly writer: string;
  /** Numbers a new segment; default: one more than the last. */
  readonly nextEpoch?: ((lastEpoch: number, provenUs: number) => number) | undefined;
}

export interface SegmentWriterDeps extends CommonWriterDeps {
  readonly security: string;
  readonly exchange: Pick<
    Exchange,
    'level' | 'feed' | 'proof' | 'isNumberedByConnection' | 'isWindowed'
  >;
  /** What a size counts, as far as the exchange has said; undefined: an amount of the traded asset. */
  readonly contract: () => Contract | undefined;
  readonly live: LivePublisher;
  /** Records of the running segment will never be in the archive: `suspend` is due. */
  readonly onWriteLost: (error: LoggerError) => void;
  /** A base image is in the archive. */
  readonly onImageStored: (segment: Segment, image: BookImage) => void;
}

export class SegmentWriter {
  readonly #deps: SegmentWriterDeps;
  #segment: Segment | undefined;
  /** Of the last segment. */
  #epoch = 0;
  #openGap: OpenGap | null = null;
  /** The last gap that was pushed to the archive, which may have lost it. */
  #declaredGap: OpenGap | null = null;
  #isSuspended = false;
  #isHoldingImage = false;

  constructor(deps: SegmentWriterDeps) {
    this.#deps = deps;
  }

  get segment(): Segment | undefined {
    return this.#segment;
  }

  /** The gap after the last segment, while no other has begun. */
  get openGap(): OpenGap | null {
    return this.#openGap;
  }

  /** The archive lost records: nothing may begin until it is known where it ends. */
  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /**
   * Completes what an earlier process left, and finds the gap since then.
   * @throws ArchiveUnavailableError, ArchiveFullError
   */
  async recover(): Promise<Recovered> {
    const { archive, security, log } = this.#deps;
    const recovered = await recoverSegment(archive, security, 'restart', log);
    this.#epoch = recovered.epoch;
    this.#openGap = recovered.openGap;
    if (recovered.openGap) this.#publishGap('found', recovered.openGap);
    return recovered;
  }

  /** @param sideEvents arrived while the book was being proven. */
  begin(proven: ProvenBook, sideEvents: readonly SideEvent[]): Segment {
    const { security, exchange, writer, clock, live } = this.#deps;
    const { nextEpoch = (last) => last + 1 } = this.#deps;
    this.#epoch = nextEpoch(this.#epoch, proven.receiveTimeUs);
    const { level, feed, proof, isWindowed } = exchange;
    const contract = this.#deps.contract();
    const identity = {
      security,
      level,
      feed,
      proof,
      ...(isWindowed === true && { windowed: true as const }),
      ...(contract && { contract }),
      epoch: this.#epoch,
      writer,
    };
    const monotonicMs = clock.monotonicMs();
    const onNews = (): void => this.#deps.queue.announce(this.#journalNews);
    const segment = new Segment(identity, proven, { ...this.#deps, monotonicMs, onNews });
    const gap =
      this.#openGap && closeGap(this.#openGap, identity, proven, exchange.isNumberedByConnection);
    const isUnplanned = gap && !isPlanned(gap);
    this.#openGap = null;
    this.#segment = segment;
    live.publish({ type: 'image', security, reason: 'proven', segment, closedGap: gap });
    this.#push(segment.begin(isUnplanned ? 'gap' : 'start', gap ?? undefined, monotonicMs), true);
    for (const sideEvent of sideEvents) segment.addSideEvent(sideEvent);
    return segment;
  }

  /** Ends the running segment. @param from nothing after this position is claimed. */
  end(cause: GapCause, from: SegmentPosition): void {
    const segment = this.#segment;
    if (!segment) return;
    this.#segment = undefined;
    this.#push(segment.end());
    // Not stored: recovery finds where the records end, and opens the gap there.
    if (this.#isSuspended) return;
    this.#declare('opened', this.#gapAfter(segment, cause, from));
  }

  /**
   * Voids what a segment that has ended recorded after a position: the gap behind it begins sooner.
   * Nothing happens if another segment has begun since.
   */
  voidAfter(segment: Segment, from: SegmentPosition): void {
    const gap = this.#openGap;
    if (gap?.epoch !== segment.identity.epoch) return;
    this.#declare('revised', earlierGap(gap, this.#gapAfter(segment, 'other', from)));
  }

  /** The security was removed inside a gap: from here on that is why it is missing. */
  markRemoved(): void {
    const gap = this.#openGap;
    // A gap that nobody planned keeps its cause: alerts leave out what people do.
    if (gap?.cause === 'restart') this.#declare('revised', { ...gap, cause: 'removed' });
  }

  /** Something else keeps open a gap that began with a restart or a removal. */
  blame(cause: GapCause): void {
    const gap = this.#openGap;
    if (gap && isPlanned(gap)) this.#declare('revised', { ...gap, cause });
  }

  /**
   * Seals the open block if it is due.
   * @returns false when the segment has to end: side events come, but no updates.
   */
  seal(): boolean {
    const sealed = this.#segment?.seal(this.#deps.clock.monotonicMs()) ?? [];
    if (sealed === 'stuck') return false;
    this.#push(sealed, true);
    return true;
  }

  /** Brings the journal up to now. */
  journal(aliveUntilUs: number | null): void {
    if (this.#segment) this.#push(this.#segment.journal(aliveUntilUs), true);
  }

  /** For the queue, which asks for what came since the last commit. */
  readonly #journalNews = (): void => this.journal(null);

  imageNow(reason: 'manual' | 'instrument'): void {
    if (!this.#segment) return;
    this.#push(this.#segment.imageNow(reason, this.#deps.clock.monotonicMs()));
  }

  /** Continues with finer integers. */
  refine(scale: Scale): void {
    const { security, clock, live } = this.#deps;
    const segment = this.#segment;
    if (!segment) return;
    this.#push(segment.refine(scale, clock.monotonicMs()));
    live.publish({ type: 'image', security, reason: 'scale', segment, closedGap: null });
  }

  /** Continues with the running segment's book known further out. */
  deepen(deeper: DeeperBook): void {
    const { security, clock, live } = this.#deps;
    const segment = this.#segment;
    if (!segment) return;
    this.#push(segment.deepen(deeper, clock.monotonicMs()), true);
    live.publish({ type: 'image', security, reason: 'horizon', segment, closedGap: null });
  }

  /** Abandons the running segment: it ends where the archive ends. */
  suspend(): void {
    this.#isSuspended = true;
    this.#segment = undefined;
  }

  /**
   * Finds out where the archive ends, as at a start, once it takes records again.
   * @returns false when the signal aborted.
   */
  async resume(signal: AbortSignal): Promise<boolean> {
    const { security } = this.#deps;
    const recovered = await recoverWhenWritable({ ...this.#deps, signal }, security);
    if (recovered === undefined || signal.aborted) return false;
    this.#epoch = Math.max(this.#epoch, recovered.epoch);
    const found = (this.#openGap = recovered.openGap);
    if (found) this.#publishGap('found', found);
    // A gap that begins before the archive's end may have been pushed, and lost.
    if (found && this.#declaredGap?.epoch === found.epoch) {
      this.#declare('revised', earlierGap(found, this.#declaredGap));
    }
    this.#isSuspended = false;
    return true;
  }

  #gapAfter(segment: Segment, cause: GapCause, from: SegmentPosition): OpenGap {
    const isSequenced = this.#deps.exchange.proof === 'sequence';
    const firstMissing = isSequenced ? segment.firstMissingAfter(from) : null;
    // What lies before the segment's first image is in the gap before it.
    const fromUs = Math.max(from.atUs, segment.beganUs);
    return { epoch: segment.identity.epoch, fromUs, cause, firstMissing };
  }

  #declare(change: GapEvent['change'], gap: OpenGap): void {
    this.#openGap = this.#declaredGap = gap;
    this.#push([{ type: 'open-gap', security: this.#deps.security, gap }]);
    this.#publishGap(change, gap);
  }

  #publishGap(change: GapEvent['change'], { epoch, fromUs, cause, firstMissing }: OpenGap): void {
    const { security, live } = this.#deps;
    const gap = { fromUs, toUs: null, cause, firstMissing, lastMissing: null };
    live.publish({ type: 'gap', security, change, epoch, gap });
  }

  #push(writes: readonly Write[], mayWait = false): void {
    if (writes.length === 0) return;
    const { queue, security, onImageStored, onWriteLost } = this.#deps;
    const segment = this.#segment;
    const image = segment && this.#holdImage(segment);
    queue.push({
      security,
      writes,
      mayWait,
      settled: (error) => {
        if (image) {
          this.#isHoldingImage = false;
          if (!error) onImageStored(segment, image);
        }
        if (error) onWriteLost(error);
      },
    });
  }

  /** The latest image, to be checked once it is stored. One at a time: an archive may fail for long. */
  #holdImage(segment: Segment): BookImage | undefined {
    const image = segment.takeUnchecked();
    if (!image || this.#isHoldingImage) return undefined;
    this.#isHoldingImage = true;
    return image;
  }
}

function isPlanned({ cause }: { readonly cause: GapCause }): boolean {
  return cause === 'restart' || cause === 'removed';
}

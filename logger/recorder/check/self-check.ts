/**
 * The self-check of one security: at each base image, the book that its records show against the book
 * in memory (`record-check.ts`); now and then, the book in memory against a fresh snapshot of the
 * exchange (`snapshot-check.ts`; where the proof is the connection, `opinion-check.ts`). Counts and logs;
 * what follows from a mismatch is the recorder's to decide. Subscribes to the security's live feed, to its
 * market data only while a check is under way.
 */

import type { Exchange } from '../../exchange/exchange.ts';
import { LimitExceededError, LoggerError, describeError } from '../../errors.ts';
import type { LiveEvent } from '../../live/events.ts';
import type { LiveSource } from '../../live/feeds.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookImage } from '../../market/events.ts';
import type { Security } from '../../market/security.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { SelfCheckFigures } from '../../status/security-status.ts';
import type { RecorderLimits } from '../limits.ts';
import type { FeedTracker } from '../proof/feed-tracker.ts';
import type { DeeperBook, SegmentPosition, Segment } from '../segment/segment.ts';
import { OpinionCheck } from './opinion-check.ts';
import type { RecordCheck } from './record-check.ts';
import { SnapshotCheck } from './snapshot-check.ts';
import type { BookCheck, SnapshotCheckOutcome } from './snapshot-check.ts';

/** What is checked. */
export interface CheckedRecorder {
  readonly security: Security;
  readonly exchange: Exchange;
  readonly segment: Segment | undefined;
  /** The scale in which events arrive. */
  readonly scale: Scale;
  readonly liveness: Pick<FeedTracker, 'answerBySnapshot'>;
  /** Continues with the book known further out. @returns whether it was taken over. */
  deepen(segment: Segment, deeper: DeeperBook): boolean;
  /** Voids what a segment, which may have ended, recorded after a position. */
  voidAfter(segment: Segment, from: SegmentPosition, reason: string): void;
}

export interface SelfCheckDeps {
  readonly liveFeeds: LiveSource;
  readonly onFatal: (error: unknown) => void;
  readonly recordCheck: RecordCheck;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  readonly log: Log;
}

/** A snapshot that would make the book known further out. */
export interface Deepening {
  readonly depth: number;
  /** The share of the book's reach that is left: see `Reach`. */
  readonly left: number;
  /** Little is left: the request does not wait for spare budget, only for all others. */
  readonly isNeeded: boolean;
}

export class SelfCheck {
  readonly #recorder: CheckedRecorder;
  readonly #deps: SelfCheckDeps;
  #images = 0;
  #snapshots = 0;
  #mismatches = 0;
  #segment: Segment | undefined;
  #scale: Scale;
  #snapshotCheck: BookCheck | undefined;
  /** Ends with the segment. */
  #segmentLife = new AbortController();
  /** When the book was last compared with a snapshot, or proven by one; monotonic clock. */
  #lastSnapshotMs = 0;
  /** Not before this time is the book to be known further out; monotonic clock. */
  #deepenFromMs = 0;

  constructor(recorder: CheckedRecorder, deps: SelfCheckDeps) {
    this.#recorder = recorder;
    this.#deps = deps;
    this.#scale = recorder.scale;
  }

  figures(): SelfCheckFigures {
    return { images: this.#images, snapshots: this.#snapshots, mismatches: this.#mismatches };
  }

  readonly onState = (event: LiveEvent): void => {
    if (event.type === 'image') {
      this.#snapshotCheck?.refine?.(this.#scale, event.segment.scale);
      this.#scale = event.segment.scale;
    }
    this.#followSegment();
  };

  #followSegment(): void {
    const { segment } = this.#recorder;
    if (segment === this.#segment) return;
    this.#segmentLife.abort();
    this.#segmentLife = new AbortController();
    this.#snapshotCheck = undefined;
    this.#segment = segment;
    this.#lastSnapshotMs = this.#deps.clock.monotonicMs();
  }

  /** @param image of a segment, which may have ended, is in the archive. */
  checkImage(segment: Segment, image: BookImage): void {
    const { recordCheck, log } = this.#deps;
    const { security, epoch } = segment.identity;
    const one = { security, epoch, fromSequence: () => segment.checked.sequence, image };
    recordCheck.add(one, (outcome) => {
      const isNewStart = outcome.kind === 'same' || outcome.kind === 'void';
      if (isNewStart) segment.confirmImage(image);
      if (outcome.kind === 'void') return;
      if (outcome.kind === 'unchecked') {
        log.debug('An image was not checked', { security, reason: outcome.reason });
        return;
      }
      this.#images++;
      if (outcome.kind === 'same') return;
      this.#countMismatch('The records do not show the book that was in memory', outcome.reason);
      this.#recorder.voidAfter(segment, segment.checked, outcome.reason);
    });
  }

  /** When the next check against a snapshot is due, monotonic clock; undefined: none can be made. */
  snapshotDueMs(everyMs: number): number | undefined {
    const { exchange } = this.#recorder;
    if (!this.#segment || this.#snapshotCheck) return undefined;
    if (exchange.secondOpinion !== undefined) {
      return this.#lastSnapshotMs + Math.min(everyMs, this.#deps.limits.opinionEveryMs);
    }
    return exchange.proof === 'sequence' ? this.#lastSnapshotMs + everyMs : undefined;
  }

  /** What would make the book known further out; undefined: it is whole, or can't be asked for now. */
  get deepening(): Deepening | undefined {
    const { segment, exchange } = this.#recorder;
    const { clock, limits } = this.#deps;
    const isPossible = segment !== undefined && segment === this.#segment && !this.#snapshotCheck;
    if (!isPossible || segment.depth === undefined || !segment.canTakeImage) return undefined;
    const left = segment.reachLeft;
    if (left === null || clock.monotonicMs() < this.#deepenFromMs) return undefined;
    const { depth } = segment;
    const depths = exchange.snapshotDepths ?? [];
    const next = depths.find((one) => one > depth);
    const isNeeded = left < limits.minReachLeft;
    if (next !== undefined) return { depth: next, left, isNeeded };
    const deepest = depths.at(-1);
    return isNeeded && deepest !== undefined ? { depth: deepest, left, isNeeded } : undefined;
  }

  /**
   * Compares the book with a snapshot, and takes over what that shows further out.
   * @param deepening absent: as far out as the book is known.
   * @returns false: the request budget had nothing to spare.
   */
  async checkSnapshot(deepening?: Deepening): Promise<boolean> {
    const segment = this.#segment;
    if (!segment) return true;
    const { clock, log, liveFeeds, onFatal } = this.#deps;
    const { security } = this.#recorder;
    const check = (this.#snapshotCheck = this.#checkOf(segment, deepening?.depth ?? segment.depth));
    const onEvent = (event: LiveEvent): void => {
      if (event.type === 'update') check.addUpdate(event.update);
      else if (event.type === 'heartbeat') check.addHeartbeat?.(event.heartbeat);
    };
    const unsubscribe = liveFeeds.subscribe(security.id, onEvent, onFatal);
    try {
      const outcome = await check.run(deepening?.isNeeded ? 'patient' : 'spare');
      if (this.#segment === segment) this.#conclude(segment, outcome, check);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      log.debug('No snapshot to check the book against', {
        security: security.id,
        reason: describeError(error),
      });
      // The request budget had nothing to spare; it may soon.
      if (error instanceof LimitExceededError) return false;
      this.#deepenLater();
    } finally {
      unsubscribe();
      if (this.#snapshotCheck === check) this.#snapshotCheck = undefined;
    }
    this.#lastSnapshotMs = clock.monotonicMs();
    return true;
  }

  #checkOf(segment: Segment, depth: number | undefined): BookCheck {
    const { clock, limits } = this.#deps;
    const { security, exchange } = this.#recorder;
    const { symbol } = security;
    const shared = { exchange, symbol, segment, clock, limits, signal: this.#segmentLife.signal };
    if (exchange.secondOpinion !== undefined) return new OpinionCheck(shared);
    return new SnapshotCheck({
      ...shared,
      depth,
      scale: () => this.#recorder.scale,
      onEvidence: (sequence, snapshot) =>
        this.#recorder.liveness.answerBySnapshot({ segment, sequence }, snapshot),
    });
  }

  #deepenLater(): void {
    const { clock, limits } = this.#deps;
    this.#deepenFromMs = clock.monotonicMs() + limits.deepenRetryMs;
  }

  #conclude(segment: Segment, outcome: SnapshotCheckOutcome, check: BookCheck): void {
    const deeper = outcome.kind === 'same' ? check.deeper?.() : null;
    if (!deeper || !this.#recorder.deepen(segment, deeper)) this.#deepenLater();
    if (outcome.kind === 'undecided') return;
    this.#snapshots++;
    if (outcome.kind === 'same') {
      segment.confirm(outcome.at);
      return;
    }
    const { places, example } = outcome.difference;
    const reason = `${places.size} places differ: ${example}`;
    if (outcome.kind === 'differs') {
      this.#countMismatch("The book is not the exchange's", reason);
      this.#recorder.voidAfter(segment, segment.proven, reason);
      return;
    }
    const message =
      outcome.kind === 'once'
        ? 'A snapshot differed from the book, the next one did not'
        : 'A snapshot lists the orders of a price in another sequence';
    this.#deps.log.warning(message, { security: this.#recorder.security.id, reason });
  }

  #countMismatch(message: string, reason: string): void {
    this.#mismatches++;
    this.#deps.log.error(message, { security: this.#recorder.security.id, reason });
  }
}

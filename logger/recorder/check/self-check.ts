/**
 * A security's self-check: at every base image, what its records show against the book in memory
 * (`record-check.ts`); now and then, the book in memory against a fresh snapshot of the exchange
 * (`snapshot-check.ts`). Counts, tells the log, and says which moment was the last good one; what
 * follows from a mismatch is the recorder's to do.
 */

import type { Exchange, Heartbeat } from '../../exchange/exchange.ts';
import { LimitExceededError, LoggerError, describeError } from '../../errors.ts';
import type { SelfCheckFigures } from '../../status/control.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookImage, BookUpdate } from '../../market/events.ts';
import type { Security } from '../../market/security.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Segment, Moment } from '../segment.ts';
import type { RecorderLimits } from '../limits.ts';
import type { RecordCheck } from './record-check.ts';
import { SnapshotCheck } from './snapshot-check.ts';
import type { SnapshotCheckOutcome } from './snapshot-check.ts';

export interface SelfCheckParts {
  readonly security: Security;
  readonly exchange: Exchange;
  readonly records: RecordCheck;
  readonly scale: () => Scale;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  readonly log: Log;
  /** Of a segment, which may have ended, nothing after `lastGood` is to be believed. */
  readonly onMismatch: (segment: Segment, lastGood: Moment, reason: string) => void;
}

export class SelfCheck {
  readonly #parts: SelfCheckParts;
  #images = 0;
  #snapshots = 0;
  #mismatches = 0;
  #segment: Segment | undefined;
  #isHolding = false;
  #snapshotCheck: SnapshotCheck | undefined;
  /** Ends with the segment. */
  #segmentLife = new AbortController();
  /** When the book was last held against a snapshot, or proven by one; monotonic clock. */
  #lastSnapshotMs = 0;

  constructor(parts: SelfCheckParts) {
    this.#parts = parts;
  }

  figures(): SelfCheckFigures {
    return { images: this.#images, snapshots: this.#snapshots, mismatches: this.#mismatches };
  }

  begin(segment: Segment): void {
    this.#segment = segment;
    this.#segmentLife = new AbortController();
    this.#lastSnapshotMs = this.#parts.clock.monotonicMs();
  }

  end(): void {
    this.#segment = undefined;
    this.#segmentLife.abort();
    this.#snapshotCheck = undefined;
  }

  /** A step that the segment has taken in. */
  step(step: BookUpdate): void {
    this.#snapshotCheck?.addUpdate(step);
  }

  heartbeat(heartbeat: Heartbeat): void {
    this.#snapshotCheck?.addHeartbeat(heartbeat);
  }

  refine(from: Scale, to: Scale): void {
    this.#snapshotCheck?.refine(from, to);
  }

  /**
   * The segment's latest image, on its way to the archive; undefined: there is none, or an earlier one is
   * still on its way. They take memory, and an archive that takes nothing may last.
   */
  hold(segment: Segment): BookImage | undefined {
    const image = segment.takeUnchecked();
    if (!image || this.#isHolding) return undefined;
    this.#isHolding = true;
    return image;
  }

  /** What `hold` gave out is in the archive, or will never be. */
  settle(segment: Segment, image: BookImage, isStored: boolean): void {
    this.#isHolding = false;
    if (isStored) this.#checkImage(segment, image);
  }

  #checkImage(segment: Segment, image: BookImage): void {
    const { security, epoch } = segment.identity;
    const one = { security, epoch, fromSequence: () => segment.checked.sequence, image };
    this.#parts.records.add(one, (outcome) => {
      const isNewStart = outcome.kind === 'same' || outcome.kind === 'given-up';
      if (isNewStart) segment.confirmImage(image);
      if (outcome.kind === 'given-up') return;
      if (outcome.kind === 'unchecked') {
        this.#parts.log.debug('An image was not checked', { security, reason: outcome.reason });
        return;
      }
      this.#images++;
      if (outcome.kind === 'same') return;
      this.#mismatch('The records do not show the book that was in memory', outcome.reason);
      this.#parts.onMismatch(segment, segment.checked, outcome.reason);
    });
  }

  /** When the next check against a snapshot is due, monotonic clock; undefined: none can be made. */
  snapshotDueMs(everyMs: number): number | undefined {
    const canBe =
      this.#segment && !this.#snapshotCheck && this.#parts.exchange.proof === 'sequence';
    return canBe ? this.#lastSnapshotMs + everyMs : undefined;
  }

  /** Resolves when it is settled, or given up for now. */
  async checkSnapshot(): Promise<void> {
    const segment = this.#segment;
    if (!segment) return;
    const { security, exchange, scale, clock, limits, log } = this.#parts;
    const { signal } = this.#segmentLife;
    const parts = { exchange, symbol: security.symbol, segment, scale, clock, limits, signal };
    const check = (this.#snapshotCheck = new SnapshotCheck(parts));
    try {
      const outcome = await check.run();
      if (this.#segment === segment) this.#conclude(segment, outcome);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      log.debug('No snapshot to check the book with', {
        security: security.id,
        reason: describeError(error),
      });
      // There was nothing to spare at this moment; there may be at the next.
      if (error instanceof LimitExceededError) return;
    } finally {
      if (this.#snapshotCheck === check) this.#snapshotCheck = undefined;
    }
    this.#lastSnapshotMs = clock.monotonicMs();
  }

  #conclude(segment: Segment, outcome: SnapshotCheckOutcome): void {
    if (outcome.kind === 'undecided') return;
    this.#snapshots++;
    if (outcome.kind === 'same') {
      segment.confirm(outcome.at);
      return;
    }
    const { places, example } = outcome.difference;
    const reason = `${places.size} places differ: ${example}`;
    if (outcome.kind === 'differs') {
      this.#mismatch('The book is not the one that the exchange has', reason);
      this.#parts.onMismatch(segment, segment.proven, reason);
      return;
    }
    const what =
      outcome.kind === 'once'
        ? 'A snapshot differed from the book, and the next one did not'
        : 'A snapshot lists orders of one price in another order';
    this.#parts.log.warning(what, { security: this.#parts.security.id, reason });
  }

  #mismatch(what: string, reason: string): void {
    this.#mismatches++;
    this.#parts.log.error(what, { security: this.#parts.security.id, reason });
  }
}

/**
 * Judges whether the book in memory is still the exchange's: connection up or down, silence after a
 * reconnect, heartbeats, a crossed book. The one place that knows the last moment at which the book
 * was known to be the exchange's (`aliveUntilUs`).
 */

import type { Exchange, FeedHandle, Heartbeat } from '../../exchange/exchange.ts';
import { LoggerError, describeError } from '../../errors.ts';
import type { RecorderPhase } from '../../live/events.ts';
import type { GapCause } from '../../market/coverage.ts';
import type { Security } from '../../market/security.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { RecorderLimits } from '../limits.ts';
import type { Segment } from '../segment/segment.ts';

export interface FeedTrackerDeps {
  readonly security: Security;
  readonly exchange: Exchange;
  readonly phase: () => RecorderPhase;
  readonly segment: () => Segment | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: RecorderLimits;
  /** The recorder's life. */
  readonly signal: AbortSignal;
  /** Nothing was missed while the connection was away. */
  readonly onContinuous: (segment: Segment) => void;
  /** The book of the running segment is not the exchange's any more. */
  readonly onGap: (cause: GapCause, reason: string) => void;
  readonly onFatal: (error: unknown) => void;
}

export class FeedTracker {
  readonly #deps: FeedTrackerDeps;
  #handle: FeedHandle | undefined;
  #isUp = false;
  #isAuction = false;
  #aliveUntilUs: number | null = null;
  #crossedSinceMs: number | undefined;
  #silenceTimer: Timer | undefined;
  #heartbeatTimer: Timer | undefined;

  constructor(deps: FeedTrackerDeps) {
    this.#deps = deps;
  }

  /** The exchange has confirmed the streams on an open connection. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** The last receive time at which the book was known to be the exchange's; null: never so far. */
  get aliveUntilUs(): number | null {
    return this.#aliveUntilUs;
  }

  /** Follows a feed until `close`. */
  follow(handle: FeedHandle): void {
    this.#handle = handle;
  }

  up(): void {
    this.#isUp = true;
  }

  down(aliveUntilUs: number): void {
    this.#isUp = false;
    this.#silenceTimer?.cancel();
    if (this.#deps.phase() === 'live') this.#advance(aliveUntilUs);
  }

  set isAuction(isCollecting: boolean) {
    this.#isAuction = isCollecting;
  }

  segmentBegan(provenUs: number): void {
    this.#aliveUntilUs = provenUs;
  }

  segmentEnded(): void {
    this.#silenceTimer?.cancel();
    this.#heartbeatTimer?.cancel();
    this.#heartbeatTimer = undefined;
    this.#crossedSinceMs = undefined;
  }

  /** Brings `aliveUntilUs` up to now, as far as the connection proves it. */
  refresh(): number | null {
    const connectionUs = this.#handle?.aliveUntilUs() ?? null;
    if (this.#deps.phase() === 'live' && connectionUs !== null) this.#advance(connectionUs);
    return this.#aliveUntilUs;
  }

  /** Up to when a segment that is closed now is claimed. */
  closingUs(): number {
    const { phase, clock } = this.#deps;
    return phase() === 'live' ? clock.nowUs() : (this.#aliveUntilUs ?? 0);
  }

  /**
   * Back on a connection: if no update comes soon, a snapshot at the book's own sequence shows that
   * nothing was missed.
   */
  awaitContinuation(segment: Segment): void {
    const { clock, limits, onFatal } = this.#deps;
    this.#silenceTimer?.cancel();
    this.#silenceTimer = clock.schedule(limits.quietProofAfterMs, () => {
      this.#proveSilence(segment).catch(onFatal);
    });
  }

  /** The segment continues: the question is settled. */
  continued(): void {
    this.#silenceTimer?.cancel();
  }

  async #proveSilence(segment: Segment): Promise<void> {
    const { exchange, security, log, signal, onContinuous } = this.#deps;
    const { sequence } = segment;
    if (!this.#isIn('stale', segment)) return;
    try {
      const snapshot = await exchange.snapshot(security.symbol, signal);
      const isSame = snapshot.sequence === sequence && segment.sequence === sequence;
      if (isSame && this.#isUp && this.#isIn('stale', segment)) onContinuous(segment);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      // The next update settles it, as it would have without this snapshot.
      log.debug('No snapshot to prove that nothing was missed', { reason: describeError(error) });
    }
  }

  heartbeat(segment: Segment, heartbeat: Heartbeat): void {
    const { phase, onContinuous } = this.#deps;
    if (phase() === 'stale' && heartbeat.lastSequence === segment.sequence) {
      onContinuous(segment);
    }
    if (phase() !== 'live' || heartbeat.lastSequence <= segment.sequence) return;
    if (this.#heartbeatTimer === undefined) this.#awaitMessages(segment, heartbeat);
  }

  /** The exchange counts further than what came in: if that does not come at once, it is lost. */
  #awaitMessages(segment: Segment, { lastSequence }: Heartbeat): void {
    const { clock, limits, onGap } = this.#deps;
    this.#heartbeatTimer = clock.schedule(limits.heartbeatGraceMs, () => {
      this.#heartbeatTimer = undefined;
      if (!this.#isIn('live', segment) || segment.sequence >= lastSequence) return;
      onGap('sequence', `The exchange is at ${lastSequence}, the book at ${segment.sequence}`);
    });
  }

  /** A book that stays crossed is not the exchange's. */
  checkCrossed(segment: Segment): void {
    const { clock, limits, onGap } = this.#deps;
    const nowMs = clock.monotonicMs();
    const bid = segment.book.best('bid')?.[0];
    const ask = segment.book.best('ask')?.[0];
    const isCrossed = !this.#isAuction && bid !== undefined && ask !== undefined && bid >= ask;
    this.#crossedSinceMs = isCrossed ? (this.#crossedSinceMs ?? nowMs) : undefined;
    if (this.#crossedSinceMs === undefined) return;
    if (nowMs - this.#crossedSinceMs >= limits.maxCrossedMs)
      onGap('other', 'The book stays crossed');
  }

  close(): void {
    this.segmentEnded();
    this.#handle?.close();
    this.#handle = undefined;
  }

  #isIn(phase: RecorderPhase, segment: Segment): boolean {
    return this.#deps.phase() === phase && this.#deps.segment() === segment;
  }

  #advance(aliveUntilUs: number): void {
    this.#aliveUntilUs = Math.max(aliveUntilUs, this.#aliveUntilUs ?? 0);
  }
}

/**
 * Judges whether the book in memory is still the exchange's: connection up or down, silence, heartbeats,
 * a crossed book. The one place that knows the last moment at which the book was known to be the
 * exchange's (`aliveUntilUs`). Evidence is per security: an update, a heartbeat or a snapshot at the
 * book's own sequence, or, where there is no sequence, best prices that agree. A living connection
 * proves nothing: one of its streams may be dead.
 */

import type { BookProbe, Exchange, FeedHandle, Heartbeat } from '../../exchange/exchange.ts';
import { LoggerError, describeError } from '../../errors.ts';
import type { RecorderPhase } from '../../live/events.ts';
import type { GapCause } from '../../market/coverage.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { Security } from '../../market/security.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { RecorderLimits } from '../limits.ts';
import type { SegmentPosition, Segment } from '../segment/segment.ts';
import { agreesWith } from './best-prices.ts';
import { SilenceWatch } from './silence-watch.ts';
import type { Question } from './silence-watch.ts';

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
  /** Nothing was missed while the connection was away, or the stream silent. */
  readonly onContinuous: (segment: Segment) => void;
  /** The stream may be dead: until that is known, the security is not live. */
  readonly onDoubt: (reason: string, sinceUs: number) => void;
  /** The stream is dead, though its connection may live. @param from the last evidence. */
  readonly onDead: (cause: GapCause, reason: string, from: SegmentPosition) => void;
  /** The book of the running segment is not the exchange's any more. @param from default: the last evidence. */
  readonly onGap: (cause: GapCause, reason: string, from?: SegmentPosition) => void;
  readonly onFatal: (error: unknown) => void;
}

/**
 * What an answer leaves to do. `suspect`: its sequence is to be asked first; `unproven`: when there is
 * room for it; `open`: it is to be asked again.
 */
export type Verdict = 'settled' | 'suspect' | 'unproven' | 'open';

/** The book when the exchange was asked about it. */
export interface AskedBook {
  readonly segment: Segment;
  readonly sequence: number;
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
  readonly #silence: SilenceWatch;
  /** Answers by best prices alone since the last evidence. */
  #agreements = 0;
  /** Since when the exchange is known to be ahead of the silent book; monotonic clock. */
  #aheadSinceMs: number | undefined;
  /** The connection was away since the last evidence: something may have been missed. */
  #wasDown = false;
  /** Without sequences: the last heartbeat since the last update. */
  #stillSequence: number | null = null;
  #stillUs = 0;
  /** Without sequences: the exchange's own count of messages when the best prices agreed. */
  #agreedSequence: number | null = null;

  constructor(deps: FeedTrackerDeps) {
    this.#deps = deps;
    this.#silence = new SilenceWatch(deps.clock, deps.limits);
  }

  /** It is followed: what the exchange says of the streams comes in. */
  get isOpen(): boolean {
    return this.#handle !== undefined;
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

  down(): void {
    this.#isUp = false;
    this.#wasDown = true;
    this.#silenceTimer?.cancel();
    this.#aheadSinceMs = undefined;
  }

  set isAuction(isCollecting: boolean) {
    this.#isAuction = isCollecting;
  }

  segmentBegan(provenUs: number): void {
    this.#aliveUntilUs = provenUs;
    this.#agreedSequence = null;
    this.#resolve();
    this.#silence.restart();
  }

  segmentEnded(): void {
    this.#silenceTimer?.cancel();
    this.#heartbeatTimer?.cancel();
    this.#heartbeatTimer = undefined;
    this.#crossedSinceMs = undefined;
  }

  /** The last evidence for the book of a segment: nothing after it is claimed. @param untilUs of its streams. */
  lastEvidence(segment: Segment, untilUs = Number.POSITIVE_INFINITY): SegmentPosition {
    const { atUs, sequence } = segment.last;
    return { atUs: Math.min(untilUs, Math.max(this.#aliveUntilUs ?? 0, atUs)), sequence };
  }

  /** Whether the exchange is to be asked about the silence; `none` also where that can't help. */
  get question(): Question {
    const { phase } = this.#deps;
    const isOpen = phase() === 'live' || phase() === 'stale';
    const isCarried = this.#isUp && this.#handle?.aliveUntilUs() !== null;
    if (!isOpen || !isCarried) return 'none';
    return this.#aheadSinceMs !== undefined || phase() === 'stale' ? 'due' : this.#silence.question;
  }

  /** Regular work: notices silence. */
  watch(segment: Segment): void {
    const { phase, limits } = this.#deps;
    if (this.#silence.observe(this.lastEvidence(segment).atUs)) this.#agreements = 0;
    if (this.#silence.question === 'none' && phase() === 'live') this.#aheadSinceMs = undefined;
    if (phase() !== 'live' || !this.#isUp || !this.#silence.isOverdue) return;
    const limitS = (this.#silence.limitMs / 1000).toFixed(1);
    this.#doubt(
      `No message for longer than usual (${limitS} s), and no answer for ${limits.answerWithinMs} ms to whether it is quiet`,
    );
  }

  /**
   * Takes an answer to the question where the exchange's book is.
   * @param probe undefined: the exchange does not list the security.
   * @param depth what was asked for.
   */
  answer(asked: AskedBook, probe: BookProbe | undefined, depth: 'prices' | 'sequence'): Verdict {
    const { exchange, segment } = this.#deps;
    // An update has come since: there is no question any more.
    if (segment() !== asked.segment || asked.segment.sequence !== asked.sequence) return 'settled';
    if (this.question === 'none' && this.#deps.phase() !== 'live') return 'settled';
    if (probe === undefined) {
      if (depth === 'prices') return 'suspect';
      this.checkListing();
      this.#die(asked.segment, 'other', 'The exchange does not list it any more');
      return 'settled';
    }
    if (exchange.proof === 'connection') return this.#answerByPrices(asked.segment, probe, depth);
    return probe.sequence === null
      ? this.#answerForNow(asked.segment, probe, depth)
      : this.#answerBySequence(asked.segment, probe.sequence, probe.receiveTimeUs);
  }

  /** Takes a snapshot that was fetched for another purpose as an answer. */
  answerBySnapshot(asked: AskedBook, { sequence, receiveTimeUs }: BookSnapshot): void {
    if (this.#deps.segment() !== asked.segment || asked.segment.sequence !== asked.sequence) return;
    this.#answerBySequence(asked.segment, sequence, receiveTimeUs);
  }

  /**
   * Best prices alone: enough to stay live, but no proof. After a few in a row the sequence is asked
   * as soon as there is room for it. Where it has none, prices that differ show that the stream is dead.
   */
  #answerForNow(segment: Segment, probe: BookProbe, depth: 'prices' | 'sequence'): Verdict {
    const { limits, phase, onContinuous } = this.#deps;
    const isSame = agreesWith(segment.book, probe);
    if (depth === 'sequence' && !isSame)
      return this.#ahead(segment, 'Its best prices are not those of the exchange');
    const isKnownAhead = depth === 'prices' && this.#aheadSinceMs !== undefined;
    if (isKnownAhead || this.#wasDown || !isSame) return 'suspect';
    this.#aheadSinceMs = undefined;
    this.#silence.settle();
    if (phase() === 'stale') onContinuous(segment);
    return ++this.#agreements > limits.maxPriceAgreements ? 'unproven' : 'settled';
  }

  #answerByPrices(segment: Segment, probe: BookProbe, depth: 'prices' | 'sequence'): Verdict {
    if (this.#isAuction) return 'open';
    if (!agreesWith(segment.book, probe)) {
      // A list of all symbols may lag behind: the book itself is asked for first.
      if (depth === 'prices') return 'suspect';
      return this.#ahead(segment, 'Its best prices are not those of the exchange');
    }
    this.#agreedSequence = probe.sequence;
    this.#prove(segment, probe.receiveTimeUs);
    return 'settled';
  }

  #answerBySequence(segment: Segment, sequence: number, receiveTimeUs: number): Verdict {
    // An answer from before the book's last update: cached somewhere.
    if (sequence < segment.sequence) return 'open';
    if (sequence === segment.sequence) {
      this.#prove(segment, receiveTimeUs);
      return 'settled';
    }
    return this.#ahead(segment, `The exchange is at ${sequence}, the book at ${segment.sequence}`);
  }

  /** The exchange has moved on. If nothing comes in even so, twice, the stream is dead. */
  #ahead(segment: Segment, what: string): Verdict {
    const { clock, limits } = this.#deps;
    const nowMs = clock.monotonicMs();
    if (this.#aheadSinceMs === undefined) {
      this.#aheadSinceMs = nowMs;
      this.#doubt(`${what}, and nothing comes in`);
      return 'open';
    }
    if (nowMs - this.#aheadSinceMs < limits.deadAfterMs) return 'open';
    this.#die(segment, 'connection', `The stream is dead: ${what}, and nothing came in`);
    return 'settled';
  }

  #prove(segment: Segment, evidenceUs: number): void {
    this.#advance(evidenceUs);
    this.#resolve();
    this.#silence.observe(this.lastEvidence(segment).atUs);
    if (this.#deps.phase() === 'stale' && this.#isUp) this.#deps.onContinuous(segment);
  }

  #resolve(): void {
    this.#aheadSinceMs = undefined;
    this.#agreements = 0;
    this.#wasDown = false;
  }

  #doubt(what: string): void {
    const { phase, onDoubt, clock } = this.#deps;
    const sinceUs = this.#aliveUntilSegmentUs() ?? clock.nowUs();
    if (phase() === 'live') onDoubt(what, sinceUs);
  }

  #aliveUntilSegmentUs(): number | null {
    const segment = this.#deps.segment();
    return segment ? this.lastEvidence(segment).atUs : this.#aliveUntilUs;
  }

  #die(segment: Segment, cause: GapCause, reason: string): void {
    this.#deps.onDead(cause, reason, this.lastEvidence(segment));
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
    this.#resolve();
    this.#silence.restart();
  }

  /** Streams were subscribed again, or their connection replaced. */
  renew(what: 'streams' | 'connection', reason: string): void {
    this.#handle?.renew(what, reason);
  }

  /** The exchange answered as if it did not list the security any more. */
  checkListing(): void {
    this.#handle?.checkListing();
  }

  async #proveSilence(segment: Segment): Promise<void> {
    const { exchange, security, log, signal, onContinuous } = this.#deps;
    const { sequence } = segment;
    if (!this.#isIn('stale', segment)) return;
    try {
      // Its sequence is all that counts.
      const depth = exchange.snapshotDepths?.[0];
      const snapshot = await exchange.snapshot(security.symbol, signal, { depth });
      const isSame = snapshot.sequence === sequence && segment.sequence === sequence;
      if (!isSame || !this.#isUp || !this.#isIn('stale', segment)) return;
      this.#advance(snapshot.receiveTimeUs);
      onContinuous(segment);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      // The next update settles it, as it would have without this snapshot.
      log.debug('No snapshot to prove that nothing was missed', { reason: describeError(error) });
    }
  }

  heartbeat(segment: Segment, heartbeat: Heartbeat): void {
    const { phase, exchange } = this.#deps;
    const { lastSequence, receiveTimeUs } = heartbeat;
    if (exchange.proof === 'connection') {
      this.#uncountedHeartbeat(segment, heartbeat);
      return;
    }
    if (lastSequence === segment.sequence) this.#prove(segment, receiveTimeUs);
    if (phase() !== 'live' || lastSequence <= segment.sequence) return;
    if (this.#heartbeatTimer === undefined) this.#awaitMessages(segment, heartbeat);
  }

  /** Of a feed without sequences: the exchange counts other messages, but while they do not change … */
  #uncountedHeartbeat(segment: Segment, { lastSequence, receiveTimeUs }: Heartbeat): void {
    if (receiveTimeUs <= segment.receiveTimeUs) return;
    const isStill = lastSequence === this.#stillSequence && this.#stillUs > segment.receiveTimeUs;
    this.#stillSequence = lastSequence;
    this.#stillUs = receiveTimeUs;
    if (lastSequence === this.#agreedSequence) {
      // … since its best prices agreed, that proves the book.
      this.#prove(segment, receiveTimeUs);
    } else if (isStill && this.question === 'due' && this.#deps.phase() === 'live') {
      // … it is quiet; but the last update before that may not have come.
      if (this.#agreements >= this.#deps.limits.maxPriceAgreements) return;
      this.#agreements++;
      this.#silence.settle();
    }
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

  /** A book that stays crossed is not the exchange's, and nobody knows since when. */
  checkCrossed(segment: Segment): void {
    const { clock, limits, onGap } = this.#deps;
    const nowMs = clock.monotonicMs();
    const bid = segment.book.best('bid')?.[0];
    const ask = segment.book.best('ask')?.[0];
    const isCrossed = !this.#isAuction && bid !== undefined && ask !== undefined && bid >= ask;
    this.#crossedSinceMs = isCrossed ? (this.#crossedSinceMs ?? nowMs) : undefined;
    if (this.#crossedSinceMs === undefined) return;
    if (nowMs - this.#crossedSinceMs >= limits.maxCrossedMs)
      onGap('other', 'The book stays crossed', segment.proven);
  }

  close(): void {
    this.#isUp = false;
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

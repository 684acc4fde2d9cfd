/**
 * The recorder of one security, from its lease and recovery to its end. What happens meanwhile is
 * published on its live feed.
 */

import type { OpenGap } from '../archive/archive.ts';
import { ArchiveFullError, ArchiveUnavailableError, describeError } from '../errors.ts';
import type { DuplicateRecordError } from '../errors.ts';
import type { Exchange, Instrument } from '../exchange/exchange.ts';
import type { LiveEvent, RecorderPhase, StateEvent } from '../live/events.ts';
import type { LivePublisher } from '../live/feeds.ts';
import type { Scale } from '../market/decimal.ts';
import type { BookImage } from '../market/events.ts';
import type { Security } from '../market/security.ts';
import { formatTimeUs } from '../market/time.ts';
import { sleep } from '../runtime/timing.ts';
import { askInstrument } from './ask-instrument.ts';
import { BookRecorder } from './book-recorder.ts';
import { awaitLease } from './await-lease.ts';
import type { FeedTracker } from './proof/feed-tracker.ts';
import { PhaseMachine } from './phase.ts';
import type { RecorderDeps } from './recorder-deps.ts';
import type { Recovered } from './segment/recovery.ts';
import type { DeeperBook, SegmentPosition, Segment } from './segment/segment.ts';
import type { Wait } from './wait.ts';

export class SecurityRecorder {
  readonly security: Security;
  readonly exchange: Exchange;
  /** As the exchange described it last. */
  #instrument: Instrument | undefined;
  readonly #deps: RecorderDeps;
  readonly #life = new AbortController();
  readonly #live: LivePublisher;
  readonly #phase: PhaseMachine;
  readonly #book: BookRecorder;
  /** Ends the wait before the exchange is asked again whether it lists the symbol. */
  #hurry = new AbortController();

  /** @param onImageStored is called when a base image is in the archive. */
  constructor(
    security: Security,
    exchange: Exchange,
    deps: RecorderDeps,
    onImageStored: (segment: Segment, image: BookImage) => void,
  ) {
    this.security = security;
    this.exchange = exchange;
    this.#deps = deps;
    this.#live = deps.liveFeeds.open(security.id, () => this.#present());
    this.#phase = new PhaseMachine(
      () => deps.clock.nowUs(),
      () => {
        const state = this.#state();
        deps.log.debug('Phase', {
          security: security.id,
          phase: state.phase,
          reason: state.message,
        });
        this.#live.publish(state);
      },
    );
    this.#book = new BookRecorder({
      ...deps,
      security,
      exchange,
      phase: this.#phase,
      live: this.#live,
      life: this.#life,
      onImageStored,
      onUnlisted: () => this.#run(() => this.#openWhenListed()),
      onInstrument: (instrument) => this.#describe(instrument),
      contract: () => this.#instrument?.contract ?? undefined,
    });
  }

  /** As the exchange described it last; undefined: not yet. */
  get instrument(): Instrument | undefined {
    return this.#instrument;
  }

  get phase(): RecorderPhase {
    return this.#phase.current;
  }

  /** Why it is not live. */
  get message(): string | null {
    return this.wait?.text(this.#heldUp()) ?? null;
  }

  /** What it waits for; null: it is live, or closed. */
  get wait(): Wait | null {
    return this.#phase.wait;
  }

  get segment(): Segment | undefined {
    return this.#book.segment;
  }

  /** The scale in which events arrive. */
  get scale(): Scale {
    return this.#book.scale;
  }

  /** Events in the open block, or waiting for a book to be proven. */
  get queuedEvents(): number {
    return this.#book.queuedEvents;
  }

  /** What is known of the liveness of its stream. */
  get liveness(): FeedTracker {
    return this.#book.feed;
  }

  /** The gap that no segment has closed yet. */
  get openGap(): OpenGap | null {
    return this.#book.writer.openGap;
  }

  /**
   * The gap in which the security is now; null: in none that is known. While a segment is open that is
   * not live, no record says so: it may turn out that nothing was missed.
   */
  get currentGap(): OpenGap | null {
    const { segment, openGap } = this;
    if (!segment) return openGap;
    if (this.phase === 'live') return null;
    const { epoch, proof } = segment.identity;
    return {
      epoch,
      fromUs: this.liveness.lastEvidence(segment).atUs,
      cause: 'connection',
      firstMissing: proof === 'sequence' ? segment.sequence + 1 : null,
    };
  }

  /**
   * Recovers what an earlier process left, then records until `close`. Returns once recovery is done,
   * or the archive takes nothing for now; the rest continues in the background, with retries.
   * @param instrument when the caller has asked the exchange already.
   */
  async start(instrument?: Instrument): Promise<void> {
    const { leases, clock, log } = this.#deps;
    const security = this.security.id;
    const holder = (await leases?.claim(security)) ?? null;
    if (holder === null || !leases) {
      await this.#begin(instrument);
      return;
    }
    const onHeld = (by: string): void => this.#phase.enter('failed', { for: 'lease', reason: by });
    onHeld(holder);
    log.warning('Not recorded here', { security, reason: holder });
    const { signal } = this.#life;
    this.#run(async () => {
      if (await awaitLease({ leases, clock, security, signal }, onHeld)) {
        await this.#begin(instrument);
      }
    });
  }

  /** If it waits to ask for its instrument again, it asks now. */
  askAgain(): void {
    if (this.wait?.for !== 'instrument') return;
    this.#phase.enter('starting', { for: 'instrument' });
    this.#hurry.abort();
  }

  /** Stops, and pushes what is pending to the queue. `cause`: of the gap until the next start. */
  close(cause: 'removed' | 'restart'): void {
    if (this.phase === 'closed') return;
    this.#life.abort();
    this.#book.close(cause);
    this.#phase.enter('closed');
    this.#live.close();
  }

  /** The store holds another record under a key of this security: nothing more is recorded. */
  stopOnConflict(error: DuplicateRecordError): void {
    this.#book.stopWriting(error);
  }

  /** Regular work, several times a second. */
  tick(): void {
    this.#book.tick();
  }

  /** Brings the archive up to now. */
  journal(): void {
    this.#book.journal();
  }

  /** @returns false when there is no proven book to take an image of. */
  imageNow(): boolean {
    if (!this.segment || this.phase !== 'live') return false;
    this.#book.writer.imageNow('manual');
    return true;
  }

  /** Voids what a segment, which may have ended, recorded after a position. */
  voidAfter(segment: Segment, from: SegmentPosition, reason: string): void {
    this.#book.voidAfter(segment, from, reason);
  }

  /** @returns whether it was taken over: the book may have moved on. */
  deepen(segment: Segment, deeper: DeeperBook): boolean {
    return this.#book.deepen(segment, deeper);
  }

  async #begin(instrument?: Instrument): Promise<void> {
    this.#phase.enter('starting');
    try {
      const recovered = await this.#recover();
      this.#deps.onRecovered?.(recovered);
    } catch (error) {
      if (!isArchiveAway(error)) throw error;
      this.#phase.enter('starting', { reason: describeError(error), isAttempt: true });
      this.#run(() => this.#beginLater(instrument));
      return;
    }
    if (!instrument) this.#phase.enter('starting', { for: 'instrument' });
    this.#run(() => this.#openWhenListed(instrument));
  }

  async #recover(): Promise<Recovered> {
    const { isFailing, failure, pendingBytes } = this.#deps.queue.status();
    // Records of an earlier recorder of the security may be among what waits: they come first.
    if (isFailing && pendingBytes > 0) throw new ArchiveUnavailableError(failure ?? '');
    return this.#book.writer.recover();
  }

  async #beginLater(instrument?: Instrument): Promise<void> {
    const { clock, limits } = this.#deps;
    await sleep(clock, limits.commitRetryMs, this.#life.signal);
    if (!this.#life.signal.aborted) await this.#begin(instrument);
  }

  async #openWhenListed(instrument?: Instrument): Promise<void> {
    const found = instrument ?? (await this.#askInstrument());
    if (!found || this.#life.signal.aborted) return;
    this.#describe(found);
    this.#book.open(found);
  }

  #describe(instrument: Instrument): void {
    this.#instrument = instrument;
    this.#deps.keepInstrument?.(this.security.id, instrument);
  }

  async #askInstrument(): Promise<Instrument | undefined> {
    const { security, exchange } = this;
    const { signal } = this.#life;
    const onTrouble = (reason: string, isFinal: boolean): void =>
      this.#phase.enter(isFinal ? 'failed' : 'starting', {
        for: 'instrument',
        reason,
        isAttempt: true,
      });
    const hurry = (): AbortSignal => {
      this.#hurry = new AbortController();
      return this.#hurry.signal;
    };
    return askInstrument({ ...this.#deps, security, exchange, onTrouble, signal, hurry });
  }

  /** Why requests to the exchange wait, where one may be what is waited for. */
  #heldUp(): string | null {
    const what = this.wait?.for;
    if (what !== 'book' && what !== 'instrument') return null;
    const { requestsWaiting, bannedUntilUs } = this.exchange.counters();
    if (bannedUntilUs !== null) {
      return `${this.exchange.name} accepts no requests until ${formatTimeUs(bannedUntilUs)}`;
    }
    return requestsWaiting === 0
      ? null
      : `${requestsWaiting} requests wait for the request budget of ${this.exchange.name}`;
  }

  #present(): readonly LiveEvent[] {
    const { segment } = this;
    const security = this.security.id;
    if (!segment) return [this.#state()];
    const reason = 'present';
    return [{ type: 'image', security, reason, segment, closedGap: null }, this.#state()];
  }

  #state(): StateEvent {
    const { phase, message } = this;
    const { aliveUntilUs } = this.#book.feed;
    return { type: 'state', security: this.security.id, phase, message, aliveUntilUs };
  }

  /** Work in the background: what it throws is a bug, or it would have been handled. */
  #run(work: () => Promise<void>): void {
    work().catch(this.#deps.onFatal);
  }
}

/** Trouble of the archive that passes. */
function isArchiveAway(error: unknown): error is ArchiveFullError | ArchiveUnavailableError {
  return error instanceof ArchiveFullError || error instanceof ArchiveUnavailableError;
}

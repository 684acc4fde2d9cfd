/**
 * Replicates the spool to the store: writes pending records in order and removes them from the spool
 * once they are acknowledged. While the store is unreachable the spool grows and nothing else changes:
 * recording never waits for this. What was written but not acknowledged is written again, which changes
 * nothing.
 */

import { LoggerError, describeError } from '../../errors.ts';
import { backoffDelayMs } from '../../runtime/backoff.ts';
import type { BackoffLimits } from '../../runtime/backoff.ts';
import type { Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { every, sleep, within } from '../../runtime/timing.ts';
import type { RecordBatch } from '../batch.ts';
import type { CandleStore } from '../candle-store.ts';
import type { InstrumentStore } from '../instrument-store.ts';
import type { RecordTarget } from '../target.ts';
import { Backlog } from './backlog.ts';
import type { BacklogDeps } from './backlog.ts';

/** The store, as far as writing goes. */
export interface Store extends RecordTarget {
  readonly candles: Pick<CandleStore, 'put'>;
  readonly instruments: Pick<InstrumentStore, 'put'>;
  /** Creates what must exist before the first record. @throws LoggerError */
  prepare(): Promise<void>;
  /** @throws LoggerError */
  ping(): Promise<void>;
}

export interface ReplicatorStatus {
  readonly isReachable: boolean;
  readonly failure: string | null;
  /** Seconds for which the oldest record has been waiting. */
  readonly lagS: number;
  readonly spoolBytes: number;
}

export interface ReplicatorDeps extends BacklogDeps {
  readonly store: Store;
  readonly random: Random;
  /** The store has answered for the first time in this process. */
  readonly onContact: () => Promise<void>;
  /** A bug. */
  readonly onFatal: (error: unknown) => void;
}

/** Bodies in one round, and so in memory; a single record may be larger. */
const MAX_ROUND_BYTES = 4 * 1024 * 1024;
/** In one round. */
const MAX_ROUND_CANDLES = 2_000;
const MAX_ROUND_INSTRUMENTS = 1_000;
/** Records committed within this time are sent together. */
const GATHER_MS = 500;
/** Pause between two rounds of catching up, so that recording is not held up. */
const PACE_MS = 5;
const RETRIES: BackoffLimits = { baseMs: 500, capMs: 5_000 };
const PING_EVERY_MS = 3_000;
const DOCUMENTS_EVERY_MS = 5_000;

export class Replicator {
  readonly #deps: ReplicatorDeps;
  readonly #backlog: Backlog;
  readonly #conflicted = new Set<string>();
  /** The documents of securities as last written. */
  readonly #written = new Map<string, string>();
  #isPrepared = false;
  #failure: LoggerError | null = null;
  #failures = 0;
  #documentsDueMs = 0;
  readonly #stop = new AbortController();
  /** Aborted when there is something new in the spool; renewed with each round. */
  #poked = new AbortController();
  #settleFirst: (error: LoggerError | null) => void = () => undefined;
  #pings: Timer | undefined;
  #loop: Promise<void> = Promise.resolve();

  /** The outcome of the first attempt to reach the store; null: it answered. */
  readonly firstAttempt: Promise<LoggerError | null>;

  constructor(deps: ReplicatorDeps) {
    this.#deps = deps;
    this.#backlog = new Backlog(deps);
    this.firstAttempt = new Promise((resolve) => (this.#settleFirst = resolve));
  }

  start(): void {
    const { clock, onFatal } = this.#deps;
    this.#loop = this.#run().catch(onFatal);
    this.#pings = every(clock, PING_EVERY_MS, () => this.#ping(), onFatal);
  }

  /** There is something new in the spool. */
  poke(): void {
    this.#poked.abort();
  }

  status(): ReplicatorStatus {
    return {
      isReachable: this.#failure === null && this.#isPrepared,
      failure: this.#failure && describeError(this.#failure),
      lagS: this.#backlog.lagS,
      spoolBytes: this.#backlog.bytes,
    };
  }

  /** Brings `status` up to date. */
  measure(): Promise<void> {
    return this.#backlog.refresh();
  }

  /**
   * Replicates what is pending, if the store answers and the timeout allows; the rest stays on
   * disk.
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#stop.abort();
    this.#poked.abort();
    this.#pings?.cancel();
    await within(this.#deps.clock, timeoutMs, this.#loop, () => undefined);
  }

  async #run(): Promise<void> {
    for (;;) {
      let hasMore = false;
      try {
        const round = await this.#round();
        hasMore = round.hasMore;
        if (round.isAnswered) this.#onSuccess();
        this.#settleFirst(null);
      } catch (error) {
        if (!(error instanceof LoggerError)) throw error;
        this.#onFailure(error);
        this.#settleFirst(error);
      }
      if (this.#stop.signal.aborted && (!hasMore || this.#failure !== null)) return;
      try {
        await this.#pause(hasMore);
      } catch (error) {
        if (!(error instanceof LoggerError)) throw error;
        this.#onFailure(error);
      }
    }
  }

  /** @returns whether there may be more to do, and whether the store has answered: not if nothing was sent. */
  async #round(): Promise<{ readonly hasMore: boolean; readonly isAnswered: boolean }> {
    const { spool, store, clock, onContact } = this.#deps;
    if (!this.#stop.signal.aborted) this.#poked = new AbortController();
    let isAnswered = !this.#isPrepared;
    if (!this.#isPrepared) {
      await store.prepare();
      await onContact();
      this.#isPrepared = true;
    }
    const batches = await spool.pending(MAX_ROUND_BYTES, this.#conflicted);
    const candles = await spool.candles.pending(MAX_ROUND_CANDLES);
    const instruments = await spool.instruments.pending(MAX_ROUND_INSTRUMENTS);
    if (batches.length + candles.length + instruments.length > 0) {
      await this.#replicate(batches);
      await store.candles.put(candles);
      await spool.candles.release(candles);
      await store.instruments.put(instruments);
      await spool.instruments.release(instruments);
      isAnswered = true;
    } else if (this.#failure !== null) {
      await store.ping();
      isAnswered = true;
    }
    this.#backlog.report(await this.#backlog.enforceLimit());
    const isDone =
      batches.length === 0 &&
      candles.length < MAX_ROUND_CANDLES &&
      instruments.length < MAX_ROUND_INSTRUMENTS;
    if (isDone || clock.monotonicMs() >= this.#documentsDueMs) await this.#writeSecurities();
    return { hasMore: !isDone, isAnswered };
  }

  async #replicate(batches: readonly RecordBatch[]): Promise<void> {
    if (batches.length === 0) return;
    const { spool, store, log, listener } = this.#deps;
    const conflicts = await store.write(batches);
    for (const [security, error] of conflicts) {
      this.#conflicted.add(security);
      log.error('This security is no longer replicated: the store holds a different record', {
        security,
        reason: describeError(error),
      });
      listener.onConflict(security, error);
    }
    const written = batches.filter(({ security }) => !conflicts.has(security));
    for (const { security, damaged } of written) {
      for (const { epoch, firstSequence } of damaged) {
        log.error('A record in the spool is damaged and was not replicated', {
          security,
          epoch,
          firstSequence,
        });
      }
    }
    await spool.release(written);
  }

  async #writeSecurities(): Promise<void> {
    const { spool, store, clock } = this.#deps;
    this.#documentsDueMs = clock.monotonicMs() + DOCUMENTS_EVERY_MS;
    const changed = (await spool.securityDocuments()).filter(
      (document) => this.#written.get(document.state.security) !== JSON.stringify(document),
    );
    await store.writeSecurities(changed);
    for (const document of changed) {
      this.#written.set(document.state.security, JSON.stringify(document));
    }
  }

  #onSuccess(): void {
    if (this.#failure !== null) this.#deps.log.notice('The store accepts records again');
    this.#failure = null;
    this.#failures = 0;
  }

  #onFailure(error: LoggerError): void {
    const reason = describeError(error);
    // Once per outage, and again if it turns out that waiting does not mend it, or does.
    if (this.#failure === null || isPermanent(this.#failure) !== isPermanent(error)) {
      this.#deps.log.error(
        isPermanent(error)
          ? 'The store takes no records until its settings are corrected: records wait in the spool'
          : 'The store is unreachable: records wait in the spool',
        { reason },
      );
    }
    this.#failure = error;
    this.#failures++;
  }

  async #pause(hasMore: boolean): Promise<void> {
    const { clock, random } = this.#deps;
    if (this.#failure !== null) {
      await sleep(clock, backoffDelayMs(this.#failures, random, RETRIES), this.#stop.signal);
      await this.#backlog.enforceLimit();
    } else if (hasMore) {
      await sleep(clock, PACE_MS, this.#stop.signal);
    } else {
      await sleep(clock, DOCUMENTS_EVERY_MS, this.#poked.signal);
      await sleep(clock, GATHER_MS, this.#stop.signal);
    }
  }

  async #ping(): Promise<void> {
    try {
      // While it fails, the rounds ask it.
      if (this.#failure === null) await this.#deps.store.ping();
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      this.#onFailure(error);
    }
    await this.measure();
  }
}

/** No waiting mends it. */
function isPermanent(error: LoggerError): boolean {
  return error.context['isPermanent'] === true;
}

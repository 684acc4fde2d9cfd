/**
 * Takes what waits in the spool to the store, in order, and from the spool once it is acknowledged.
 * While the store is away the spool grows and nothing else changes: recording never waits for this.
 * What was written but not acknowledged is written again, which changes nothing.
 */

import { LoggerError, describeError } from '../../errors.ts';
import type { DuplicateRecordError } from '../../errors.ts';
import { formatTimeUs } from '../../market/time.ts';
import { backoffDelayMs } from '../../runtime/backoff.ts';
import type { BackoffLimits } from '../../runtime/backoff.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { SecurityDocument, Shipment, Spool, SpoolSize } from './spool.ts';

/** The store, as far as writing goes. */
export interface Store {
  /** Makes what has to be there before the first record. @throws LoggerError */
  prepare(): Promise<void>;
  /** @returns securities that met a foreign record. @throws LoggerError: nothing is acknowledged. */
  write(shipments: readonly Shipment[]): Promise<ReadonlyMap<string, DuplicateRecordError>>;
  writeSecurities(documents: readonly SecurityDocument[]): Promise<void>;
  /** @throws LoggerError */
  ping(): Promise<void>;
}

export interface ShipperStatus {
  readonly isReachable: boolean;
  readonly failure: string | null;
  /** For how many seconds the oldest record has been waiting. */
  readonly lagS: number;
  readonly spoolBytes: number;
}

export interface ShipperParts {
  readonly spool: Spool;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What may wait on disk; beyond it the oldest is given up. */
  readonly spoolMaxBytes: number;
  /** Of this security the oldest was given up: there is a gap. */
  readonly onDropped: (security: string) => void;
  /** Of this security nothing can be rebuilt any more until an image comes. */
  readonly onImageNeeded: (security: string) => void;
  /** The store answers for the first time in this process. */
  readonly onContact: () => Promise<void>;
  /** Another record stands in a security's place: nothing more of it is shipped. */
  readonly onConflict: (security: string, error: DuplicateRecordError) => void;
  /** A bug. */
  readonly onFatal: (error: unknown) => void;
}

/** Bodies in one round: what is in memory for shipping at most, but for one larger record. */
const ROUND_MAX_BYTES = 4 * 1024 * 1024;
/** What comes within so long goes together. */
const GATHER_MS = 500;
/** Between two rounds of catching up live frames get their turn. */
const PACE_MS = 5;
const RETRIES: BackoffLimits = { baseMs: 500, capMs: 5_000 };
/** So often the store is asked whether it is there. */
const PING_EVERY_MS = 3_000;
const DOCUMENTS_EVERY_MS = 5_000;
/** More than this waiting is worth a word in the log, so often. */
const BACKLOG_BYTES = 16 * 1024 * 1024;
const PROGRESS_EVERY_MS = 10_000;

export class Replicator {
  readonly #parts: ShipperParts;
  readonly #conflicted = new Set<string>();
  /** What was last said of each security. */
  readonly #said = new Map<string, string>();
  #isPrepared = false;
  #isStopping = false;
  #failure: string | null = null;
  #failures = 0;
  /** Since when something of a security waits without a break, on the monotonic clock. */
  readonly #waiting = new Map<string, number>();
  #spoolBytes = 0;
  #documentsDueMs = 0;
  #progressDueMs = 0;
  #isBehind = false;
  #isPoked = false;
  #wake: (() => void) | undefined;
  #settleFirst: (error: LoggerError | null) => void = () => undefined;
  #pingTimer: Timer | undefined;
  #loop: Promise<void> | undefined;

  /** How the first attempt to reach the store ended; null: it answered. */
  readonly firstAttempt: Promise<LoggerError | null>;

  constructor(parts: ShipperParts) {
    this.#parts = parts;
    this.firstAttempt = new Promise((resolve) => (this.#settleFirst = resolve));
  }

  start(): void {
    this.#loop = this.#run().catch((error: unknown) => this.#parts.onFatal(error));
    this.#schedulePing();
  }

  /** There is something new in the spool. */
  poke(): void {
    this.#isPoked = true;
    this.#wake?.();
  }

  status(): ShipperStatus {
    const { clock } = this.#parts;
    const sinceMs = Math.min(...this.#waiting.values());
    return {
      isReachable: this.#failure === null && this.#isPrepared,
      failure: this.#failure,
      lagS: this.#waiting.size === 0 ? 0 : (clock.monotonicMs() - sinceMs) / 1000,
      spoolBytes: this.#spoolBytes,
    };
  }

  /** Brings `status` up to now. */
  async measure(): Promise<void> {
    try {
      await this.#measure();
    } catch (error) {
      // What was known before has to do; the archive's own trouble is told elsewhere.
      if (!(error instanceof LoggerError)) throw error;
    }
  }

  /** Ships what is there, if the store answers and `patienceMs` suffices; the rest waits on disk. */
  async stop(patienceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#pingTimer?.cancel();
    this.#wake?.();
    let patience: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      patience = this.#parts.clock.schedule(patienceMs, resolve);
    });
    await Promise.race([this.#loop, late]);
    patience?.cancel();
  }

  async #run(): Promise<void> {
    for (;;) {
      let isMore = false;
      try {
        isMore = await this.#round();
        this.#succeed();
        this.#settleFirst(null);
      } catch (error) {
        if (!(error instanceof LoggerError)) throw error;
        this.#fail(error);
        this.#settleFirst(error);
      }
      if (this.#isStopping && (!isMore || this.#failure !== null)) return;
      await this.#pause(isMore).catch((error: unknown) => {
        if (!(error instanceof LoggerError)) throw error;
        this.#fail(error);
      });
    }
  }

  /** @returns whether there may be more. */
  async #round(): Promise<boolean> {
    const { spool, store } = this.#parts;
    this.#isPoked = false;
    if (!this.#isPrepared) {
      await store.prepare();
      await this.#parts.onContact();
      this.#isPrepared = true;
    }
    const shipments = await spool.pending(ROUND_MAX_BYTES, this.#conflicted);
    if (shipments.length > 0) await this.#ship(shipments);
    await this.#look();
    const isAllDone = shipments.length === 0;
    if (isAllDone || this.#parts.clock.monotonicMs() >= this.#documentsDueMs) {
      await this.#writeSecurities();
    }
    return !isAllDone;
  }

  async #ship(shipments: readonly Shipment[]): Promise<void> {
    const { spool, store, log, onConflict } = this.#parts;
    const conflicts = await store.write(shipments);
    for (const [security, error] of conflicts) {
      this.#conflicted.add(security);
      log.error('A security is no longer shipped', { security, reason: describeError(error) });
      onConflict(security, error);
    }
    const shipped = shipments.filter(({ security }) => !conflicts.has(security));
    for (const { security, damaged } of shipped) {
      for (const { epoch, firstSequence } of damaged) {
        log.error('A record in the spool is damaged: a hole stands in its place', {
          security,
          epoch,
          firstSequence,
        });
      }
    }
    await spool.release(shipped);
  }

  async #writeSecurities(): Promise<void> {
    const { spool, store, clock } = this.#parts;
    this.#documentsDueMs = clock.monotonicMs() + DOCUMENTS_EVERY_MS;
    const changed = (await spool.securityDocuments()).filter(
      (document) => this.#said.get(document.state.security) !== JSON.stringify(document),
    );
    await store.writeSecurities(changed);
    for (const document of changed) {
      this.#said.set(document.state.security, JSON.stringify(document));
    }
  }

  /** How much waits; and a word in the log while that is much. */
  async #look(): Promise<void> {
    const { log, clock } = this.#parts;
    const { records, bytes } = await this.#keepWithin();
    if (bytes < BACKLOG_BYTES) {
      if (this.#isBehind && records === 0) {
        this.#isBehind = false;
        log.notice('The store has caught up');
      }
      return;
    }
    this.#isBehind = true;
    if (clock.monotonicMs() < this.#progressDueMs) return;
    this.#progressDueMs = clock.monotonicMs() + PROGRESS_EVERY_MS;
    log.notice('Catching up', { records, bytes });
  }

  /** Gives up what is beyond the limit. Never while records are on their way to the store. */
  async #keepWithin(): Promise<SpoolSize> {
    let size = await this.#measure();
    while (size.bytes > this.#parts.spoolMaxBytes && (await this.#dropOldest())) {
      size = await this.#measure();
    }
    return size;
  }

  async #measure(): Promise<SpoolSize> {
    const size = await this.#parts.spool.size();
    const nowMs = this.#parts.clock.monotonicMs();
    const pending = new Set(size.securities);
    for (const security of this.#waiting.keys()) {
      if (!pending.has(security)) this.#waiting.delete(security);
    }
    for (const security of pending) {
      if (!this.#waiting.has(security)) this.#waiting.set(security, nowMs);
    }
    this.#spoolBytes = size.bytes;
    return size;
  }

  /** @returns false: there is nothing to be given up. */
  async #dropOldest(): Promise<boolean> {
    const { spool, log, onDropped, onImageNeeded } = this.#parts;
    const dropped = await spool.dropOldest();
    if (dropped === null) return false;
    const { security, records, fromUs, toUs, needsImage } = dropped;
    log.error('The spool is full: the oldest was given up, as a declared gap', {
      security,
      records,
      from: formatTimeUs(fromUs),
      to: formatTimeUs(toUs),
    });
    onDropped(security);
    if (needsImage) onImageNeeded(security);
    return true;
  }

  #succeed(): void {
    if (this.#failure !== null) this.#parts.log.notice('The store takes records again');
    this.#failure = null;
    this.#failures = 0;
  }

  #fail(error: LoggerError): void {
    const reason = describeError(error);
    if (this.#failure === null) {
      this.#parts.log.error('The store takes no records: they wait in the spool', { reason });
    }
    this.#failure = reason;
    this.#failures++;
  }

  async #pause(isMore: boolean): Promise<void> {
    if (this.#failure !== null) {
      await this.#sleep(backoffDelayMs(this.#failures, this.#parts.random, RETRIES), false);
      await this.#keepWithin();
    } else if (isMore) {
      await this.#sleep(PACE_MS, false);
    } else {
      await this.#sleep(DOCUMENTS_EVERY_MS, true);
      if (!this.#isStopping) await this.#sleep(GATHER_MS, false);
    }
  }

  /** Ends early when the replicator stops, and with `isPoked` when something comes in. */
  async #sleep(ms: number, isPoked: boolean): Promise<void> {
    if (this.#isStopping || (isPoked && this.#isPoked)) return;
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.schedule(ms, resolve);
      this.#wake = () => {
        if (!isPoked && !this.#isStopping) return;
        timer.cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #schedulePing(): void {
    const { clock, onFatal } = this.#parts;
    this.#pingTimer = clock.schedule(PING_EVERY_MS, () => {
      this.#ping().catch(onFatal);
    });
  }

  async #ping(): Promise<void> {
    if (this.#isStopping) return;
    try {
      await this.#parts.store.ping();
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      this.#fail(error);
    }
    await this.measure();
    this.#schedulePing();
  }
}

/**
 * Proves a book: fetches snapshots until the buffered updates bridge one. The feed keeps filling the
 * buffer meanwhile. Never gives up by itself.
 */

import {
  LoggerError,
  RateLimitedError,
  UnknownSecurityError,
  describeError,
} from '../../errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { Security } from '../../market/security.ts';
import { backoffDelayMs } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { sleep } from '../../runtime/timing.ts';
import type { RecorderLimits } from '../limits.ts';
import type { ProvenBook } from '../segment/segment.ts';
import type { ProofTurns } from './proof-turns.ts';
import type { SyncBuffer } from './sync-buffer.ts';

export interface BookProverDeps {
  readonly security: Security;
  readonly exchange: Exchange;
  readonly buffer: SyncBuffer;
  /** The current scale of the buffered updates. */
  readonly scale: () => Scale;
  /** Called synchronously with the merge, so that no update comes in between. */
  readonly onProven: (proven: ProvenBook) => void;
  /** The exchange moves on, and nothing comes in: the stream is dead, though its connection lives. */
  readonly onDead: (reason: string) => void;
  /** Why there is no book yet. @param isAttempt one to get a book failed for that reason. */
  readonly onWaiting: (reason: string, isAttempt: boolean) => void;
  /** The exchange answers as if it did not list the symbol. */
  readonly onUnlisted: () => void;
  readonly proofTurns?: Pick<ProofTurns, 'next'> | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: RecorderLimits;
  readonly onFatal: (error: unknown) => void;
}

export class BookProver {
  readonly #deps: BookProverDeps;
  #attempt: AbortController | undefined;
  /** Ends the wait before the next snapshot. */
  #wait = new AbortController();

  constructor(deps: BookProverDeps) {
    this.#deps = deps;
  }

  /** Starts over. */
  start(): void {
    this.stop();
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#prove(attempt.signal).catch(this.#deps.onFatal);
  }

  stop(): void {
    this.#attempt?.abort();
    this.#attempt = undefined;
  }

  /** Something has changed since the last snapshot: the next one need not wait. */
  hurry(): void {
    this.#wait.abort();
  }

  async #prove(signal: AbortSignal): Promise<void> {
    const { security, exchange, buffer, clock, random, limits, onWaiting } = this.#deps;
    const retries = { baseMs: limits.retryBaseMs, capMs: limits.maxRetryMs };
    // A snapshot from before the first buffered update would have to be fetched again.
    if (buffer.updates === 0) await buffer.nextNews(clock, signal, limits.firstUpdateWaitMs);
    let wasEmpty = false;
    for (let failures = 1; !signal.aborted; failures++) {
      let waitMs = backoffDelayMs(failures, random, retries);
      this.#wait = new AbortController();
      try {
        const snapshot = await exchange.snapshot(security.symbol, signal);
        if (signal.aborted) return;
        // An empty book is usually an outage: accepted only if seen twice.
        const isEmpty = snapshot.bids.length === 0 && snapshot.asks.length === 0;
        const isDoubtful = isEmpty && !wasEmpty;
        wasEmpty = isEmpty;
        if (isDoubtful) onWaiting('The snapshot is empty: it is asked for again', true);
        if (!isDoubtful && (await this.#bridge(snapshot, signal))) return;
      } catch (error) {
        if (!(error instanceof LoggerError)) throw error;
        if (signal.aborted) return;
        if (error instanceof RateLimitedError) waitMs = Math.max(waitMs, error.retryAfterMs);
        this.#failed(error);
      }
      await sleep(clock, waitMs, AbortSignal.any([signal, this.#wait.signal]));
    }
  }

  /** @returns false when another snapshot is needed. */
  async #bridge(snapshot: BookSnapshot, signal: AbortSignal): Promise<boolean> {
    const { buffer, scale, clock, limits, onProven, onWaiting, onDead } = this.#deps;
    let isAhead = false;
    while (!signal.aborted) {
      await this.#deps.proofTurns?.next();
      if (signal.aborted) break;
      const merged = buffer.merge(snapshot, scale());
      switch (merged.kind) {
        case 'proven':
          this.#attempt = undefined;
          onProven(merged.proven);
          return true;
        case 'unusable':
          onWaiting(merged.reason, true);
          return false;
        case 'waiting': {
          const { news } = buffer;
          if (!isAhead)
            onWaiting(`The snapshot is at ${snapshot.sequence}; no update follows it`, false);
          await buffer.nextNews(clock, signal, limits.deadAfterMs);
          if (signal.aborted || buffer.news !== news) break;
          const sequence = await this.#probe(snapshot, signal);
          if (signal.aborted || buffer.news !== news || sequence <= snapshot.sequence) break;
          const reason = `The exchange is at ${sequence}, and nothing comes in`;
          onWaiting(reason, true);
          if (isAhead) {
            onDead(reason);
            return false;
          }
          isAhead = true;
        }
      }
    }
    return true;
  }

  /**
   * Nothing has come in since the snapshot. If the exchange is still at its sequence, the security is
   * quiet, and the snapshot is its book.
   * @returns the exchange's sequence; 0: unknown.
   */
  async #probe(snapshot: BookSnapshot, signal: AbortSignal): Promise<number> {
    const { exchange, security, buffer, log } = this.#deps;
    const { symbol } = security;
    try {
      const probes = await exchange.probe?.([symbol], 'sequence', signal);
      const probe = probes?.get(symbol);
      const sequence = probe?.sequence ?? 0;
      if (probe && sequence === snapshot.sequence && !signal.aborted) {
        // No message has named an exchange time: that of the snapshot is at most a latency away.
        const { receiveTimeUs } = probe;
        const exchangeTimeUs = snapshot.exchangeTimeUs ?? snapshot.receiveTimeUs;
        buffer.addHeartbeat({ lastSequence: sequence, exchangeTimeUs, receiveTimeUs });
      }
      return sequence;
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      log.debug('A quiet security could not be asked about', { reason: describeError(error) });
      return 0;
    }
  }

  #failed(error: LoggerError): void {
    const { onWaiting, onUnlisted } = this.#deps;
    onWaiting(`No snapshot yet: ${describeError(error)}`, true);
    if (error instanceof UnknownSecurityError) onUnlisted();
  }
}

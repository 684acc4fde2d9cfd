/**
 * Proving a book: a snapshot is fetched, again if need be, until the buffered steps bridge it. Runs
 * beside the feed, which goes on filling the buffer; gives up only when told to.
 */

import { backoffDelayMs } from '../runtime/backoff.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { LoggerError, RateLimitedError, describeError } from '../errors.ts';
import type { BookSnapshot } from '../market/events.ts';
import type { Scale } from '../market/decimal.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { ProvenBook } from './segment.ts';
import { sleep } from '../runtime/timing.ts';
import type { RecorderLimits } from './limits.ts';
import type { SyncBuffer } from './sync-buffer.ts';

export interface BookProofJob {
  readonly exchange: Exchange;
  readonly security: string;
  readonly symbol: string;
  readonly buffer: SyncBuffer;
  /** The scale of the buffered steps, as of the moment. */
  readonly scale: () => Scale;
  /** Called in the same step in which the book was merged, so that no step comes in between. */
  readonly onProven: (proven: ProvenBook) => void;
  /** Why it is not proven yet, or null while nothing is wrong. */
  readonly onTrouble: (message: string | null, error: LoggerError | null) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: RecorderLimits;
  readonly signal: AbortSignal;
}

export async function proveBook(job: BookProofJob): Promise<void> {
  const { buffer, clock, limits, signal } = job;
  const retries = { baseMs: limits.retryBaseMs, capMs: limits.retryMaxMs };
  // A snapshot from before the first buffered step would only have to be fetched again.
  if (buffer.steps === 0) await nextNews(job, limits.firstStepWaitMs);
  let wasEmpty = false;
  for (let attempt = 0; !signal.aborted; attempt++) {
    let waitMs = backoffDelayMs(attempt + 1, job.random, retries);
    try {
      const snapshot = await job.exchange.snapshot(job.symbol, signal);
      if (signal.aborted) return;
      job.onTrouble(null, null);
      // Rare in truth, and a usual way for an exchange in trouble to answer: believed when said twice.
      const isEmpty = snapshot.bids.length === 0 && snapshot.asks.length === 0;
      const isDoubtful = isEmpty && !wasEmpty;
      wasEmpty = isEmpty;
      if (!isDoubtful && (await joinWhenBridged(job, snapshot))) return;
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      if (signal.aborted) return;
      if (error instanceof RateLimitedError) waitMs = Math.max(waitMs, error.retryAfterMs);
      job.onTrouble(`No snapshot yet: ${describeError(error)}`, error);
      job.log.warning('No snapshot', {
        security: job.security,
        reason: describeError(error),
        retryMs: Math.round(waitMs),
      });
    }
    await sleep(clock, waitMs, signal);
  }
}

/** @returns whether the book is proven; false: another snapshot is needed. */
async function joinWhenBridged(job: BookProofJob, snapshot: BookSnapshot): Promise<boolean> {
  while (!job.signal.aborted) {
    const joined = job.buffer.join(snapshot, job.scale());
    if (joined.kind === 'proven') {
      job.onProven(joined.proven);
      return true;
    }
    if (joined.kind === 'again') {
      if (joined.reason !== undefined) {
        job.log.warning('A snapshot is of no use', {
          security: job.security,
          reason: joined.reason,
        });
        job.onTrouble(joined.reason, null);
      }
      return false;
    }
    await nextNews(job);
  }
  return true;
}

/** Waits for the next step or heartbeat, at most `maxMs`, or until the signal aborts. */
export async function nextNews(
  job: Pick<BookProofJob, 'buffer' | 'clock' | 'signal'>,
  maxMs?: number,
): Promise<void> {
  const found = new AbortController();
  const signal = AbortSignal.any([job.signal, found.signal]);
  job.buffer.onNews(() => found.abort());
  await sleep(job.clock, maxMs ?? Number.MAX_SAFE_INTEGER, signal);
}

/**
 * Asks the exchanges about silent securities, a few requests at a time: best prices of all that are
 * silent where one request brings them, then the sequence of those that this leaves open. One round at
 * a time at each exchange, with a pause between any two, so that snapshots are not starved.
 */

import type { BookProbe, Exchange } from '../../exchange/exchange.ts';
import { LoggerError, describeError } from '../../errors.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { every } from '../../runtime/timing.ts';
import type { RecorderLimits } from '../limits.ts';
import type { Segment } from '../segment/segment.ts';
import type { FeedTracker } from './feed-tracker.ts';

/** A recorder, as far as its silence is asked about. */
export interface SilentRecorder {
  readonly security: { readonly symbol: string };
  readonly exchange: Exchange;
  readonly segment: Segment | undefined;
  readonly liveness: Pick<FeedTracker, 'question' | 'answer' | 'aliveUntilUs'>;
}

export interface LivenessRoundsDeps {
  readonly recorders: () => Iterable<SilentRecorder>;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
}

/** A security with the book that is asked about. */
interface Asked {
  readonly recorder: SilentRecorder;
  readonly segment: Segment;
  readonly sequence: number;
}

/** A security whose sequence is to be asked. */
interface Open {
  readonly recorder: SilentRecorder;
  readonly isSuspect: boolean;
}

/** How often it is looked whether a round is due. */
const LOOK_EVERY_MS = 250;

export class LivenessRounds {
  readonly #deps: LivenessRoundsDeps;
  readonly #life = new AbortController();
  /** Exchanges with a round that runs, or not to be asked before this time; monotonic clock. */
  readonly #notBeforeMs = new Map<Exchange, number>();
  #timer: Timer | undefined;

  constructor(deps: LivenessRoundsDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, onFatal } = this.#deps;
    this.#timer = every(clock, LOOK_EVERY_MS, () => this.#look(), onFatal);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#life.abort();
  }

  #look(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const [exchange, { due, near }] of this.#silent(nowMs)) {
      if (due.length === 0) continue;
      this.#notBeforeMs.set(exchange, Infinity);
      this.#round(exchange, due, near).catch(this.#deps.onFatal);
    }
  }

  #silent(nowMs: number) {
    const byExchange = new Map<Exchange, { due: SilentRecorder[]; near: SilentRecorder[] }>();
    for (const recorder of this.#deps.recorders()) {
      const { exchange, liveness } = recorder;
      if (!exchange.probe || nowMs < (this.#notBeforeMs.get(exchange) ?? 0)) continue;
      const { question } = liveness;
      if (question === 'none') continue;
      const silent = byExchange.get(exchange) ?? { due: [], near: [] };
      byExchange.set(exchange, silent);
      silent[question].push(recorder);
    }
    return byExchange;
  }

  async #round(
    exchange: Exchange,
    due: readonly SilentRecorder[],
    near: readonly SilentRecorder[],
  ): Promise<void> {
    const { clock, limits, log } = this.#deps;
    let pauseMs = limits.probePauseMs;
    try {
      const { probesInBatches } = exchange;
      const isBatch =
        probesInBatches === 'preferred'
          ? due.length + near.length > 1
          : probesInBatches === true && due.length > limits.maxProbesPerRound;
      const open = isBatch
        ? await this.#ask(exchange, [...due, ...near], 'prices')
        : due.map(suspected);
      const first = [...open].sort(byUrgency).slice(0, limits.maxProbesPerRound);
      await this.#ask(
        exchange,
        first.map(({ recorder }) => recorder),
        'sequence',
      );
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      pauseMs = limits.probeRetryMs;
      const reason = describeError(error);
      log.debug('Silent securities could not be asked about', { exchange: exchange.name, reason });
    }
    this.#notBeforeMs.set(exchange, clock.monotonicMs() + pauseMs);
  }

  /** @returns those that are to be asked for their sequence. */
  async #ask(
    exchange: Exchange,
    recorders: readonly SilentRecorder[],
    depth: 'prices' | 'sequence',
  ): Promise<readonly Open[]> {
    const asked = recorders.flatMap((recorder): Asked[] => {
      const { segment } = recorder;
      return segment ? [{ recorder, segment, sequence: segment.sequence }] : [];
    });
    const { signal } = this.#life;
    if (asked.length === 0 || signal.aborted) return [];
    const symbols = asked.map(({ recorder }) => recorder.security.symbol);
    const probes = (await exchange.probe?.(symbols, depth, signal)) ?? new Map<string, BookProbe>();
    if (signal.aborted) return [];
    return asked.flatMap((one): Open[] => {
      const { recorder } = one;
      const probe = probes.get(recorder.security.symbol);
      const verdict = recorder.liveness.answer(one, probe, depth);
      if (verdict !== 'suspect' && verdict !== 'unproven') return [];
      return [{ recorder, isSuspect: verdict === 'suspect' }];
    });
  }
}

function suspected(recorder: SilentRecorder): Open {
  return { recorder, isSuspect: true };
}

/** Suspects first, and among equals those that were proven longest ago. */
function byUrgency(a: Open, b: Open): number {
  if (a.isSuspect !== b.isSuspect) return a.isSuspect ? -1 : 1;
  return (a.recorder.liveness.aliveUntilUs ?? 0) - (b.recorder.liveness.aliveUntilUs ?? 0);
}

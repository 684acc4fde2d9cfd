/**
 * Schedules the snapshots that books are compared with, at each exchange on its own: of books that can be
 * made known further out, those first that have least of their reach left or the shallowest horizon; beside
 * them, and once there are none, one check at a time of the security that is longest due.
 */

import type { Exchange } from '../../exchange/exchange.ts';
import type { RecorderPhase } from '../../live/events.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { every } from '../../runtime/timing.ts';
import type { RecorderLimits } from '../limits.ts';
import type { Deepening, SelfCheck } from './self-check.ts';

/** A recording, as far as its checks are scheduled. */
export interface CheckedRecording {
  readonly recorder: { readonly exchange: Exchange; readonly phase: RecorderPhase };
  readonly selfCheck: SelfCheck;
}

export interface CheckRoundsDeps {
  readonly recordings: () => Iterable<CheckedRecording>;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  readonly imageIntervalMs: number;
  readonly onFatal: (error: unknown) => void;
}

interface Wanted {
  readonly selfCheck: SelfCheck;
  readonly deepening: Deepening;
}

/** What there is to do at one exchange, and what runs. */
class ExchangeRound {
  isChecking = false;
  deepenings = 0;
  /** Monotonic clock. */
  lastCheckMs = Number.NEGATIVE_INFINITY;
  due: { readonly selfCheck: SelfCheck; readonly atMs: number } | undefined;
  wanted: Wanted | undefined;

  begin(): void {
    this.due = this.wanted = undefined;
  }
}

export class CheckRounds {
  readonly #deps: CheckRoundsDeps;
  readonly #exchanges = new Map<Exchange, ExchangeRound>();
  #timer: Timer | undefined;

  constructor(deps: CheckRoundsDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, limits, onFatal } = this.#deps;
    this.#timer = every(clock, limits.deepenEveryMs, () => this.#round(), onFatal);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #round(): void {
    this.#look();
    for (const round of this.#exchanges.values()) {
      if (this.#isCheckDue(round)) this.#check(round);
      // What a check waits for is not taken from it.
      else if (round.wanted && (!round.isChecking || round.wanted.deepening.isNeeded)) {
        this.#deepen(round, round.wanted);
      }
    }
  }

  /** Finds out what there is to do. */
  #look(): void {
    const { clock, imageIntervalMs, limits } = this.#deps;
    const everyMs = Math.max(imageIntervalMs, limits.minSnapshotCheckPeriodMs);
    const nowMs = clock.monotonicMs();
    for (const round of this.#exchanges.values()) round.begin();
    for (const { recorder, selfCheck } of this.#deps.recordings()) {
      const { exchange, phase } = recorder;
      if (phase !== 'live') continue;
      const round = this.#exchanges.get(exchange) ?? new ExchangeRound();
      this.#exchanges.set(exchange, round);
      const { deepening } = selfCheck;
      const { wanted } = round;
      if (deepening && (!wanted || isBefore(deepening, wanted.deepening))) {
        round.wanted = { selfCheck, deepening };
      }
      const atMs = selfCheck.snapshotDueMs(everyMs) ?? Infinity;
      if (!deepening && atMs <= nowMs && atMs < (round.due?.atMs ?? Infinity)) {
        round.due = { selfCheck, atMs };
      }
    }
  }

  #isCheckDue({ due, isChecking, lastCheckMs, wanted }: ExchangeRound): boolean {
    const { clock, limits } = this.#deps;
    const pauseMs = wanted ? limits.checkBesideDeepeningMs : limits.snapshotCheckPauseMs;
    return due !== undefined && !isChecking && clock.monotonicMs() - lastCheckMs >= pauseMs;
  }

  #check(round: ExchangeRound): void {
    const startMs = this.#deps.clock.monotonicMs();
    round.isChecking = true;
    const check = async (): Promise<void> => {
      // Where the budget has nothing to spare, its turn comes again at once.
      if (await round.due?.selfCheck.checkSnapshot()) round.lastCheckMs = startMs;
    };
    check()
      .finally(() => (round.isChecking = false))
      .catch(this.#deps.onFatal);
  }

  #deepen(round: ExchangeRound, { selfCheck, deepening }: Wanted): void {
    if (round.deepenings >= this.#deps.limits.maxDeepenings) return;
    round.deepenings++;
    selfCheck
      .checkSnapshot(deepening)
      .finally(() => round.deepenings--)
      .catch(this.#deps.onFatal);
  }
}

/** What is needed first; then the shallowest, and of those the ones with least of their reach left. */
function isBefore(a: Deepening, b: Deepening): boolean {
  if (a.isNeeded !== b.isNeeded) return a.isNeeded;
  if (!a.isNeeded && a.depth !== b.depth) return a.depth < b.depth;
  return a.left < b.left;
}

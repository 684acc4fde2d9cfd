/**
 * Serves everyone once a period, spread evenly over it: a turn of the event loop serves those whose
 * moment has come. A turn has a limit, and the rest follows in the next one, so that the loop goes on.
 * The further behind, the longer a turn may last: where the work hardly fits, the loop pays for it with
 * delay, and the period stays.
 */

import type { Clock, Timer } from '../runtime/clock.ts';

export interface RoundLimits {
  readonly periodMs: number;
  /** Between two turns, at least. */
  readonly turnPauseMs: number;
  /** Nobody else is served in a turn that has lasted for this long, while nobody is late. */
  readonly maxTurnMs: number;
}

export interface TickRoundsDeps<Item> {
  /** Asked once a round. */
  readonly items: () => Iterable<Item>;
  readonly serve: (item: Item) => void;
  /** What `serve` threw, a bug; there are no more turns. */
  readonly onFatal: (error: unknown) => void;
}

/** A turn may last longer by this share of the time that it is late. */
const LATE_SHARE = 0.25;

export class TickRounds<Item> {
  readonly #clock: Clock;
  readonly #limits: RoundLimits;
  readonly #deps: TickRoundsDeps<Item>;
  /** Those of the running round, and how many of them have been served. */
  #round: readonly Item[] = [];
  #served = 0;
  #roundMs = 0;
  #turns = 0;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(clock: Clock, limits: RoundLimits, deps: TickRoundsDeps<Item>) {
    this.#clock = clock;
    this.#limits = limits;
    this.#deps = deps;
  }

  /** Turns so far: they go on as long as the event loop does. */
  get turns(): number {
    return this.#turns;
  }

  /** The first round begins after one period. */
  start(): void {
    this.#roundMs = this.#clock.monotonicMs();
    this.#scheduleTurn();
  }

  /** Also from within a turn. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #scheduleTurn(): void {
    if (this.#isStopped) return;
    const { turnPauseMs } = this.#limits;
    const waitMs = this.#nextMs() - this.#clock.monotonicMs();
    const isOverdue = waitMs < turnPauseMs && this.#served > 0;
    this.#timer = this.#clock.schedule(isOverdue ? turnPauseMs : Math.max(0, waitMs), () =>
      this.#turn(),
    );
  }

  /** When the next one is due, or the next round. */
  #nextMs(): number {
    const { periodMs } = this.#limits;
    const isOver = this.#served === this.#round.length;
    return this.#roundMs + (isOver ? periodMs : (this.#served / this.#round.length) * periodMs);
  }

  #turn(): void {
    this.#turns++;
    try {
      this.#serveDue();
      this.#scheduleTurn();
    } catch (error) {
      this.#deps.onFatal(error);
    }
  }

  #serveDue(): void {
    const { maxTurnMs } = this.#limits;
    const startMs = this.#clock.monotonicMs();
    const limitMs = maxTurnMs + (startMs - this.#nextMs()) * LATE_SHARE;
    if (this.#served === this.#round.length) this.#begin(startMs);
    while (this.#served < this.#round.length && this.#nextMs() <= startMs) {
      this.#deps.serve(this.#round[this.#served++] as Item);
      if (this.#isStopped || this.#clock.monotonicMs() - startMs >= limitMs) return;
    }
  }

  #begin(nowMs: number): void {
    this.#round = [...this.#deps.items()];
    this.#served = 0;
    // On schedule, as far as what was missed can be made up for.
    const { periodMs } = this.#limits;
    this.#roundMs = Math.max(this.#roundMs + periodMs, nowMs - periodMs);
  }
}

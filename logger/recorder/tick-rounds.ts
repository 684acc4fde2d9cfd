/**
 * Serves everyone once a period, spread evenly over it. A turn of the event loop serves those whose moment
 * has come, but no longer than its limit: the rest follows in the next turn, and the period stretches.
 * So the loop never stands still, however many there are.
 */

import type { Clock, Timer } from '../runtime/clock.ts';

export interface RoundLimits {
  readonly periodMs: number;
  /** Between two turns, at least. */
  readonly turnPauseMs: number;
  /** Nobody else is served in a turn that has lasted for this long. */
  readonly maxTurnMs: number;
}

export interface TickRoundsDeps<Item> {
  /** Asked once a round. */
  readonly items: () => Iterable<Item>;
  readonly serve: (item: Item) => void;
  /** What `serve` threw, a bug; there are no more turns. */
  readonly onFatal: (error: unknown) => void;
}

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

  stop(): void {
    this.#timer?.cancel();
  }

  #scheduleTurn(): void {
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
    const startMs = this.#clock.monotonicMs();
    if (this.#served === this.#round.length) this.#begin(startMs);
    while (this.#served < this.#round.length && this.#nextMs() <= startMs) {
      this.#deps.serve(this.#round[this.#served++] as Item);
      if (this.#clock.monotonicMs() - startMs >= this.#limits.maxTurnMs) return;
    }
  }

  #begin(nowMs: number): void {
    this.#round = [...this.#deps.items()];
    this.#served = 0;
    this.#roundMs = nowMs;
  }
}

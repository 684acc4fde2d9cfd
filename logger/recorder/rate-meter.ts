/** Messages per second over the last ten seconds, in eleven counters. */

const WINDOW_S = 10;
const SLOTS = WINDOW_S + 1;

export class RateMeter {
  readonly #counts = new Float64Array(SLOTS);
  #second = 0;

  count(monotonicMs: number): void {
    const slot = this.#advance(monotonicMs) % SLOTS;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  /** Counts complete seconds only. */
  perSecond(monotonicMs: number): number {
    const running = this.#advance(monotonicMs) % SLOTS;
    let sum = 0;
    for (let slot = 0; slot < SLOTS; slot++) if (slot !== running) sum += this.#counts[slot] ?? 0;
    return sum / WINDOW_S;
  }

  #advance(monotonicMs: number): number {
    const second = Math.floor(monotonicMs / 1000);
    const passed = Math.min(second - this.#second, SLOTS);
    for (let i = 1; i <= passed; i++) this.#counts[(this.#second + i) % SLOTS] = 0;
    if (passed === SLOTS) this.#counts.fill(0);
    this.#second = Math.max(this.#second, second);
    return this.#second;
  }
}

/**
 * The true book of a symbol at each diff of the last few minutes. It is kept beside the feed, not
 * derived from what was sent, so no fault changes it: demo and tests compare with it. A full book is
 * stored every `DIFFS_PER_CHECKPOINT` diffs, and the changes in between.
 */

import type { OrderSide } from './order-events.ts';

/** How far back books are kept. */
export const HISTORY_WINDOW_US = 5 * 60 * 1_000_000;
/** Upper bound for the diffs that one lookup replays. */
const DIFFS_PER_CHECKPOINT = 200;

/** A book in the engine's units: flat price, size …, best first. */
export interface TrueBook {
  readonly sequence: number;
  /** Time of that diff. */
  readonly timeUs: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

/** One level's new total; 0: the level is gone. */
export interface LevelChange {
  readonly side: OrderSide;
  readonly price: number;
  readonly size: number;
}

interface Entry {
  readonly sequence: number;
  readonly timeUs: number;
  readonly changes: readonly LevelChange[];
  /** The full book after the changes; null between checkpoints. */
  readonly book: TrueBook | null;
}

export class BookHistory {
  /** Oldest first; the first is always a checkpoint. */
  #entries: Entry[] = [];
  #sinceCheckpoint = 0;
  readonly #currentBook: () => { readonly bids: number[]; readonly asks: number[] };

  /** @param currentBook returns the engine's book at the time of the call. */
  constructor(currentBook: () => { readonly bids: number[]; readonly asks: number[] }) {
    this.#currentBook = currentBook;
  }

  /** To be called for each diff, while the engine's book is at `sequence`. */
  record(sequence: number, timeUs: number, changes: readonly LevelChange[]): void {
    const isCheckpoint =
      this.#entries.length === 0 || ++this.#sinceCheckpoint >= DIFFS_PER_CHECKPOINT;
    if (isCheckpoint) this.#sinceCheckpoint = 0;
    const book = isCheckpoint ? { sequence, timeUs, ...this.#currentBook() } : null;
    this.#entries.push({ sequence, timeUs, changes, book });
    this.#forget(timeUs - HISTORY_WINDOW_US);
  }

  /** The book after the last diff at or before `sequence`; undefined outside the window. */
  bookAt(sequence: number): TrueBook | undefined {
    const index = this.#entries.findLastIndex((entry) => entry.sequence <= sequence);
    const newest = this.#entries.at(-1);
    if (index < 0 || newest === undefined || sequence > newest.sequence) return undefined;
    return this.#rebuild(index);
  }

  newest(): TrueBook | undefined {
    return this.#rebuild(this.#entries.length - 1);
  }

  oldest(): TrueBook | undefined {
    return this.#entries[0]?.book ?? undefined;
  }

  #rebuild(index: number): TrueBook | undefined {
    let start = index;
    while (start > 0 && !this.#entries[start]?.book) start--;
    const checkpoint = this.#entries[start]?.book;
    const wanted = this.#entries[index];
    if (!checkpoint || !wanted) return undefined;
    const sides = { buy: toMap(checkpoint.bids), sell: toMap(checkpoint.asks) };
    for (const entry of this.#entries.slice(start + 1, index + 1)) {
      for (const { side, price, size } of entry.changes) {
        if (size === 0) sides[side].delete(price);
        else sides[side].set(price, size);
      }
    }
    return {
      sequence: wanted.sequence,
      timeUs: wanted.timeUs,
      bids: toFlat(sides.buy, (a, b) => b - a),
      asks: toFlat(sides.sell, (a, b) => a - b),
    };
  }

  /** Drops old entries, always up to the next checkpoint. */
  #forget(beforeUs: number): void {
    const isOld = (): boolean =>
      (this.#entries[DIFFS_PER_CHECKPOINT]?.timeUs ?? Infinity) <= beforeUs;
    while (isOld()) this.#entries = this.#entries.slice(DIFFS_PER_CHECKPOINT);
  }
}

function toMap(flat: readonly number[]): Map<number, number> {
  const map = new Map<number, number>();
  for (let i = 0; i + 1 < flat.length; i += 2) map.set(flat[i] ?? 0, flat[i + 1] ?? 0);
  return map;
}

function toFlat(map: Map<number, number>, order: (a: number, b: number) => number): number[] {
  return [...map.keys()].sort(order).flatMap((price) => [price, map.get(price) ?? 0]);
}

/**
 * What a symbol's book truly was at each diff of the last few minutes. Kept beside the feed and not
 * made from what was sent, so that whatever the sandbox does to its frames, this stays the truth
 * that demo and tests compare with. Full books stand every so many diffs, changes between them.
 */

import type { OrderSide } from './matching-engine.ts';

/** How far back the book can be asked for; older diffs are forgotten. */
export const HISTORY_WINDOW_US = 5 * 60 * 1_000_000;
/** A full book is kept every so many diffs: at most that many are replayed for an answer. */
const DIFFS_PER_CHECKPOINT = 200;

/** A book at a sequence, flat price, size …, best first, in the engine's units. */
export interface TrueBook {
  readonly sequence: number;
  /** When that diff was emitted. */
  readonly timeUs: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

/** One level's new total; 0 when it is gone. */
export interface LevelChange {
  readonly side: OrderSide;
  readonly price: number;
  readonly size: number;
}

interface Entry {
  readonly sequence: number;
  readonly timeUs: number;
  readonly changes: readonly LevelChange[];
  /** The whole book after the changes, where a checkpoint stands. */
  readonly book: TrueBook | null;
}

export class BookHistory {
  /** Oldest first; the first always holds a checkpoint. */
  #entries: Entry[] = [];
  #sinceCheckpoint = 0;
  readonly #currentBook: () => { readonly bids: number[]; readonly asks: number[] };

  /** @param currentBook the engine's book as it stands when it is called. */
  constructor(currentBook: () => { readonly bids: number[]; readonly asks: number[] }) {
    this.#currentBook = currentBook;
  }

  /** To be called when a diff is due, while the engine's book stands at `sequence`. */
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

  /** Drops whole stretches, each from one checkpoint to the next. */
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

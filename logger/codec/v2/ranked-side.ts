/**
 * One side of the book as built from a block so far, ranked best first. A key is a price in ticks,
 * negated for bids, so that a lower key is always the better price. The arrays hold the worst level
 * first: most changes are near the best price, and an insertion then moves little. A level keeps
 * its slot for life; what is known about it is kept by slot.
 */

const FIRST_CAPACITY = 256;
/** Below this many places a loop is faster than a call of `copyWithin`. */
const FEW = 48;

export class RankedSide {
  /** Key and slot of each level. */
  #entries = new Float64Array(2 * FIRST_CAPACITY);
  /** By slot: the size in lots. */
  sizes = new Float64Array(FIRST_CAPACITY);
  /** By slot: the message that last changed it, times two, plus 1 if that was an update. */
  changes = new Int32Array(FIRST_CAPACITY);
  readonly #freeSlots: number[] = [];
  #count = 0;
  #slotsUsed = 0;

  get count(): number {
    return this.#count;
  }

  /** The key at a rank below `count`. */
  key(rank: number): number {
    return this.#entries[2 * (this.#count - 1 - rank)] as number;
  }

  slot(rank: number): number {
    return (this.#entries[2 * (this.#count - rank) - 1] as number) | 0;
  }

  /** The number of levels better than `key`: its rank if it is there. Fast near rank `from`. */
  rankOf(key: number, from: number): number {
    const entries = this.#entries;
    const top = this.#count - 1;
    // Ranks below `low` are better; those from `high` on are not.
    let low = 0;
    let high = this.#count;
    if (from < high && (entries[2 * (top - from)] as number) < key) {
      low = from + 1;
      for (let step = 1; low + step < high; step *= 2) {
        if ((entries[2 * (top - low - step)] as number) >= key) {
          high = low + step;
          break;
        }
        low += step + 1;
      }
    } else if (from <= high && (from === 0 || (entries[2 * (top - from + 1)] as number) < key)) {
      return from;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((entries[2 * (top - middle)] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Inserts a level at `rank` (at most `count`) and returns its slot. */
  insert(rank: number, key: number): number {
    if (this.#count === this.sizes.length) this.#grow();
    const slot = this.#freeSlots.pop() ?? this.#slotsUsed++;
    const entries = this.#entries;
    const end = 2 * this.#count++;
    const at = end - 2 * rank;
    if (rank < FEW) for (let i = end - 1; i >= at; i--) entries[i + 2] = entries[i] as number;
    else entries.copyWithin(at + 2, at, end);
    entries[at] = key;
    entries[at + 1] = slot;
    return slot;
  }

  remove(rank: number): void {
    const entries = this.#entries;
    const end = 2 * --this.#count;
    const at = end - 2 * rank;
    this.#freeSlots.push((entries[at + 1] as number) | 0);
    if (rank < FEW) for (let i = at; i < end; i++) entries[i] = entries[i + 2] as number;
    else entries.copyWithin(at, at + 2, end + 2);
  }

  #grow(): void {
    const capacity = 2 * this.sizes.length;
    this.#entries = grown(this.#entries, new Float64Array(2 * capacity));
    this.sizes = grown(this.sizes, new Float64Array(capacity));
    this.changes = grown(this.changes, new Int32Array(capacity));
  }
}

function grown<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

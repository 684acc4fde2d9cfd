/**
 * One side of the book as built from a block so far, ranked best first. A key is a price in ticks,
 * negated for bids, so that a lower key is always the better price. The arrays hold the worst level
 * first: most changes are near the best price, and an insertion then moves little. A level keeps
 * its slot for life.
 */

const FIRST_CAPACITY = 256;

export class RankedSide {
  #sizes = new Float64Array(FIRST_CAPACITY);
  #keys = new Float64Array(FIRST_CAPACITY);
  #slots = new Int32Array(FIRST_CAPACITY);
  readonly #freeSlots: number[] = [];
  #count = 0;
  #slotsUsed = 0;

  get count(): number {
    return this.#count;
  }

  /** The key at a rank below `count`. */
  key(rank: number): number {
    return this.#keys[this.#count - 1 - rank] as number;
  }

  slot(rank: number): number {
    return this.#slots[this.#count - 1 - rank] as number;
  }

  /** The size of a level in lots; `OFF_GRID` if it is not a number of lots. */
  sizeAt(slot: number): number {
    return this.#sizes[slot] as number;
  }

  setSizeAt(slot: number, lots: number): void {
    this.#sizes[slot] = lots;
  }

  /** The number of levels better than `key`: its rank if it is there. */
  rankOf(key: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as number) >= key) low = middle + 1;
      else high = middle;
    }
    return this.#count - low;
  }

  /** Inserts a level at `rank` (at most `count`) and returns its slot. */
  insert(rank: number, key: number): number {
    if (this.#count === this.#keys.length) this.#grow();
    const slot = this.#freeSlots.pop() ?? this.#slotsUsed++;
    const index = this.#count - rank;
    this.#keys.copyWithin(index + 1, index, this.#count);
    this.#slots.copyWithin(index + 1, index, this.#count);
    this.#keys[index] = key;
    this.#slots[index] = slot;
    this.#count++;
    return slot;
  }

  remove(rank: number): void {
    const index = this.#count - 1 - rank;
    this.#freeSlots.push(this.#slots[index] as number);
    this.#keys.copyWithin(index, index + 1, this.#count);
    this.#slots.copyWithin(index, index + 1, this.#count);
    this.#count--;
  }

  #grow(): void {
    const grown = (array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const next = new Float64Array(array.length * 2);
      next.set(array);
      return next;
    };
    this.#sizes = grown(this.#sizes);
    this.#keys = grown(this.#keys);
    const slots = new Int32Array(this.#slots.length * 2);
    slots.set(this.#slots);
    this.#slots = slots;
  }
}

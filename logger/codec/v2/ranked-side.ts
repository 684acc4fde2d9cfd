/**
 * One side of the book as built from a block so far, ranked best first, and a position in it: in front of
 * the level at `rank`. A key is a price in ticks, negated for bids, so that a lower key is always the better
 * price. Levels are kept in leaves of a few dozen, so that an insertion moves few of them; the changes of a
 * message come in order, so that the position is near the next one. A level keeps its slot for life; what is
 * known about it is kept by slot. Plain lists of small integers are faster than typed ones, and hold others too.
 */

const LEAF = 32;
const ZEROS: readonly number[] = Array.from({ length: LEAF }, () => 0);
/** So many levels are looked at one by one before the search goes on by halves. */
const FEW = 4;

export class RankedSide {
  /** By slot: the size in lots. */
  readonly sizes: number[] = [];
  /** By slot: the message that last changed it, times two, plus 1 if that was an update. */
  readonly changes: number[] = [];
  /** The number of levels better than the position. */
  rank = 0;
  count = 0;
  readonly #freeSlots: number[] = [];
  /** Key and slot of each level. A leaf has `LEAF` places. */
  readonly #keys = ZEROS.slice();
  readonly #slots = ZEROS.slice();
  /** First place and length of each leaf, best levels first; there is at least one leaf. */
  readonly #starts: number[] = [0];
  readonly #lengths: number[] = [0];
  readonly #freeStarts: number[] = [];
  /** The leaf of the position, its first place and the place behind its last level. */
  #leaf = 0;
  #start = 0;
  #end = 0;
  /** The place of the position; that of the leaf's end only at the end of the side. */
  #place = 0;

  get isEnd(): boolean {
    return this.#place === this.#end;
  }

  /** The key behind the position, which is not the end. */
  get key(): number {
    return this.#keys[this.#place] as number;
  }

  /** The slot behind the position, which is not the end. */
  get slot(): number {
    return this.#slots[this.#place] as number;
  }

  /** The key in front of the position, which is not the start. */
  get keyBefore(): number {
    const place = this.#place;
    if (place > this.#start) return this.#keys[place - 1] as number;
    const leaf = this.#leaf - 1;
    const last = (this.#starts[leaf] as number) + (this.#lengths[leaf] as number) - 1;
    return this.#keys[last] as number;
  }

  /** Moves in front of the best level. */
  restart(): void {
    this.rank = 0;
    this.#take(0);
  }

  /** Moves by `skip` levels, of which there are so many. */
  skip(skip: number): void {
    this.rank += skip;
    let place = this.#place + skip;
    while (place >= this.#end && this.#leaf + 1 < this.#starts.length) {
      place -= this.#end;
      this.#take(this.#leaf + 1);
      place += this.#start;
    }
    this.#place = place;
  }

  /** Moves to the first level that is not better than `key`. @returns by how many levels. */
  seek(key: number): number {
    const keys = this.#keys;
    const before = this.rank;
    let low = this.#place;
    let end = this.#end;
    while (end > low && (keys[end - 1] as number) < key) {
      this.rank += end - low;
      if (this.#leaf + 1 === this.#starts.length) {
        this.#place = end;
        return this.rank - before;
      }
      this.#take(this.#leaf + 1);
      low = this.#place;
      end = this.#end;
    }
    const from = low;
    const few = low + FEW;
    // Places below `low` are better; those from `high` on are not.
    let high = end;
    while (low < high && (keys[low] as number) < key) {
      low++;
      if (low < few) continue;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((keys[middle] as number) < key) low = middle + 1;
        else high = middle;
      }
    }
    this.#place = low;
    this.rank += low - from;
    return this.rank - before;
  }

  /** Moves behind the next level. */
  pass(): void {
    this.rank++;
    if (++this.#place === this.#end) this.#takeNext();
  }

  /** Inserts a level, moves behind it, and returns its slot. */
  insert(key: number): number {
    if (this.#end === this.#start + LEAF) this.#split();
    const slot = this.#freeSlots.pop() ?? this.sizes.push(0) - 1;
    const keys = this.#keys;
    const slots = this.#slots;
    const place = this.#place;
    const end = this.#end;
    for (let i = end; i > place; i--) {
      keys[i] = keys[i - 1] as number;
      slots[i] = slots[i - 1] as number;
    }
    keys[place] = key;
    slots[place] = slot;
    this.count++;
    this.#end = end + 1;
    this.#lengths[this.#leaf] = end + 1 - this.#start;
    this.pass();
    return slot;
  }

  /** Removes the next level. */
  remove(): void {
    const keys = this.#keys;
    const slots = this.#slots;
    const place = this.#place;
    const last = this.#end - 1;
    this.#freeSlots.push(slots[place] as number);
    for (let i = place; i < last; i++) {
      keys[i] = keys[i + 1] as number;
      slots[i] = slots[i + 1] as number;
    }
    this.count--;
    this.#end = last;
    this.#lengths[this.#leaf] = last - this.#start;
    if (last === this.#start && this.#starts.length > 1) this.#drop();
    else if (place === last) this.#takeNext();
  }

  /** Moves in front of the first level of a leaf. */
  #take(leaf: number): void {
    this.#leaf = leaf;
    this.#start = this.#starts[leaf] as number;
    this.#place = this.#start;
    this.#end = this.#start + (this.#lengths[leaf] as number);
  }

  #takeNext(): void {
    if (this.#leaf + 1 < this.#starts.length) this.#take(this.#leaf + 1);
  }

  /** Moves the worse half of a full leaf to a new one. */
  #split(): void {
    const start = this.#freeStarts.pop() ?? this.#keys.length;
    if (start === this.#keys.length) {
      this.#keys.push(...ZEROS);
      this.#slots.push(...ZEROS);
    }
    const half = LEAF / 2;
    const from = this.#start + half;
    for (let i = 0; i < half; i++) {
      this.#keys[start + i] = this.#keys[from + i] as number;
      this.#slots[start + i] = this.#slots[from + i] as number;
    }
    this.#starts.splice(this.#leaf + 1, 0, start);
    this.#lengths[this.#leaf] = half;
    this.#lengths.splice(this.#leaf + 1, 0, half);
    const place = this.#place - from;
    this.#take(place > 0 ? this.#leaf + 1 : this.#leaf);
    this.#place = place > 0 ? this.#start + place : from + place;
  }

  /** Takes the empty leaf out; there are others. */
  #drop(): void {
    const leaf = this.#leaf;
    this.#freeStarts.push(this.#start);
    this.#starts.splice(leaf, 1);
    this.#lengths.splice(leaf, 1);
    if (leaf < this.#starts.length) {
      this.#take(leaf);
    } else {
      this.#take(leaf - 1);
      this.#place = this.#end;
    }
  }
}

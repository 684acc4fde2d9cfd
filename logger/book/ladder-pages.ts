/**
 * The places of a price ladder and what is in them: a number each, most of them empty. Places are cut
 * into pages of 32. A word of bits says which places of a page are taken; further bits say which pages
 * are in use. The numbers of a page lie side by side in a pool, in order, in a run of 4, 8, 16 or 32:
 * the smallest that holds them. So a sparse page takes 32 bytes, and finding a number or the first
 * place takes a fixed number of steps.
 */

export const PLACES_PER_PAGE = 32;
/** As many as one word of bits can say of groups of 32. */
export const PAGES = 1024;
export const PLACES = PAGES * PLACES_PER_PAGE;
export const NO_PLACE = -1;

/** Runs begin at multiples of it. */
const SMALLEST_RUN = 4;
const FIRST_POOL_RUNS = 8;

export class LadderPages {
  /** The places taken of each page, … */
  readonly #places: Int32Array;
  /** … the pages in use of each group of 32, … */
  readonly #pages: Int32Array;
  /** … and the groups in use. */
  #groups: number;
  /**
   * Where the run of each page that is in use begins in the pool, in smallest runs. Were all pages once
   * of each length, that would be 15,360 of them.
   */
  readonly #runs: Uint16Array;
  #pool: Float64Array;
  /** Where the part of the pool that was never used begins. */
  #fresh: number;
  /** Free runs of 4, 8, 16 and 32. */
  #free: number[][];
  #count: number;

  constructor(from?: LadderPages) {
    this.#places = from ? from.#places.slice() : new Int32Array(PAGES);
    this.#pages = from ? from.#pages.slice() : new Int32Array(PAGES / 32);
    this.#groups = from ? from.#groups : 0;
    this.#runs = from ? from.#runs.slice() : new Uint16Array(PAGES);
    this.#pool = from ? from.#pool.slice() : new Float64Array(FIRST_POOL_RUNS * SMALLEST_RUN);
    this.#fresh = from ? from.#fresh : 0;
    this.#free = from ? from.#free.map((runs) => runs.slice()) : [[], [], [], []];
    this.#count = from ? from.#count : 0;
  }

  /** An independent copy. */
  clone(): LadderPages {
    return new LadderPages(this);
  }

  /** Places taken. */
  get count(): number {
    return this.#count;
  }

  /** 0: the place is empty. */
  get(place: number): number {
    const page = place >>> 5;
    const taken = this.#places[page] as number;
    const bit = 1 << (place & 31);
    if ((taken & bit) === 0) return 0;
    return this.#pool[
      (this.#runs[page] as number) * SMALLEST_RUN + bitCount(taken & (bit - 1))
    ] as number;
  }

  /** Any number but 0. */
  set(place: number, value: number): void {
    const page = place >>> 5;
    const taken = this.#places[page] as number;
    const bit = 1 << (place & 31);
    const below = bitCount(taken & (bit - 1));
    if ((taken & bit) !== 0)
      this.#pool[(this.#runs[page] as number) * SMALLEST_RUN + below] = value;
    else if (taken !== 0) this.#insert(page, bit, below, value);
    else {
      const run = this.#take(SMALLEST_RUN);
      this.#runs[page] = run / SMALLEST_RUN;
      this.#places[page] = bit;
      this.#pool[run] = value;
      this.#count++;
      this.#pages[page >>> 5]! |= 1 << (page & 31);
      this.#groups |= 1 << (page >>> 5);
    }
  }

  /** @returns false if the place is empty already. */
  clear(place: number): boolean {
    const page = place >>> 5;
    const taken = this.#places[page] as number;
    const bit = 1 << (place & 31);
    if ((taken & bit) === 0) return false;
    const left = taken & ~bit;
    this.#places[page] = left;
    this.#count--;
    const run = (this.#runs[page] as number) * SMALLEST_RUN;
    if (left === 0) {
      this.#free[0]!.push(run);
      const pages = (this.#pages[page >>> 5]! &= ~(1 << (page & 31)));
      if (pages === 0) this.#groups &= ~(1 << (page >>> 5));
      return true;
    }
    const end = run + bitCount(left);
    const pool = this.#pool;
    for (let i = run + bitCount(taken & (bit - 1)); i < end; i++) pool[i] = pool[i + 1] as number;
    const count = end - run;
    if (isRunLength(count)) this.#move(page, count, count * 2, count);
    return true;
  }

  /** The lowest place taken, or `NO_PLACE`. */
  first(): number {
    const groups = this.#groups;
    if (groups === 0) return NO_PLACE;
    const group = lowestBit(groups);
    const page = group * 32 + lowestBit(this.#pages[group] as number);
    return page * PLACES_PER_PAGE + lowestBit(this.#places[page] as number);
  }

  /** From a page on, lowest place first, until `visit` returns false. */
  each(visit: (place: number, value: number) => boolean, fromPage = 0): void {
    for (let page = fromPage; page < PAGES; page++) {
      if (this.#pages[page >>> 5] === 0) {
        page |= 31;
        continue;
      }
      let at = (this.#runs[page] as number) * SMALLEST_RUN;
      for (let taken = this.#places[page] as number; taken !== 0; taken &= taken - 1) {
        const place = page * PLACES_PER_PAGE + lowestBit(taken);
        if (!visit(place, this.#pool[at++] as number)) return;
      }
    }
  }

  /** Gives every page a number that is lower by `by`. Those that lose theirs must be empty. */
  shift(by: number): void {
    for (const ofPages of [this.#places, this.#runs]) {
      ofPages.copyWithin(Math.max(0, -by), Math.max(0, by), PAGES - Math.max(0, -by));
    }
    const [from, to] = by > 0 ? [PAGES - by, PAGES] : [0, -by];
    this.#places.fill(0, from, to);
    this.#pages.fill(0);
    this.#groups = 0;
    for (let page = 0; page < PAGES; page++) if (this.#places[page] !== 0) this.#mark(page);
  }

  /** Empties every place. */
  reset(): void {
    this.#places.fill(0);
    this.#pages.fill(0);
    this.#groups = 0;
    this.#pool = new Float64Array(FIRST_POOL_RUNS * SMALLEST_RUN);
    this.#fresh = 0;
    this.#free = [[], [], [], []];
    this.#count = 0;
  }

  #insert(page: number, bit: number, below: number, value: number): void {
    const taken = this.#places[page] as number;
    const count = bitCount(taken);
    if (isRunLength(count)) this.#move(page, count, count, count * 2);
    const run = (this.#runs[page] as number) * SMALLEST_RUN;
    const pool = this.#pool;
    const at = run + below;
    for (let i = run + count; i > at; i--) pool[i] = pool[i - 1] as number;
    pool[at] = value;
    this.#places[page] = taken | bit;
    this.#count++;
  }

  /** Moves `count` numbers from a run of one length to one of another. */
  #move(page: number, count: number, fromLength: number, toLength: number): void {
    const from = (this.#runs[page] as number) * SMALLEST_RUN;
    const to = this.#take(toLength);
    const pool = this.#pool;
    for (let i = 0; i < count; i++) pool[to + i] = pool[from + i] as number;
    this.#freeOf(fromLength).push(from);
    this.#runs[page] = to / SMALLEST_RUN;
  }

  #take(length: number): number {
    const free = this.#freeOf(length).pop();
    if (free !== undefined) return free;
    const run = this.#fresh;
    this.#fresh += length;
    if (this.#fresh > this.#pool.length) {
      const grown = new Float64Array(this.#fresh + (this.#fresh >>> 1));
      grown.set(this.#pool);
      this.#pool = grown;
    }
    return run;
  }

  #freeOf(length: number): number[] {
    return this.#free[lowestBit(length) - 2] as number[];
  }

  #mark(page: number): void {
    this.#pages[page >>> 5]! |= 1 << (page & 31);
    this.#groups |= 1 << (page >>> 5);
  }
}

/** Whether as many numbers fill a run that has a longer one above it. */
function isRunLength(count: number): boolean {
  return count === 4 || count === 8 || count === 16;
}

/** The index of the lowest bit that is set. */
function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function bitCount(bits: number): number {
  let sums = bits - ((bits >>> 1) & 0x55555555);
  sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333);
  return Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * How the top of one venue's book moved: in columns, 40 bytes a change. Where the book was not proven there is an
 * entry that says so. A look-up is a binary search.
 */

import type { Scale, ScaledInt } from '../../logger/market/decimal.ts';
import { isSameTop } from './top.ts';
import type { Top } from './top.ts';

export interface TopEntry {
  readonly atUs: number;
  /** null: from here on there was no proven book. */
  readonly top: Top | null;
}

const ROWS = 1024;
const COLUMNS = 5;
const TIME = 0;
const BID_PRICE = 1;
const BID_SIZE = 2;
const ASK_PRICE = 3;
const ASK_SIZE = 4;
/** In a cell, where prices and sizes are never negative. */
const EMPTY = -1;
const UNPROVEN = -2;
const LARGE = -3;

export class TopSeries {
  #chunks: Chunk[] = [];
  #last: TopEntry | undefined;

  /** The first moment it knows of; undefined: it is empty. */
  get fromUs(): number | undefined {
    return this.#chunks[0]?.timeAt(0);
  }

  get last(): TopEntry | undefined {
    return this.#last;
  }

  /** Entries. */
  get length(): number {
    return this.#chunks.reduce((sum, { rows }) => sum + rows, 0);
  }

  get bytes(): number {
    return this.#chunks.length * ROWS * COLUMNS * Float64Array.BYTES_PER_ELEMENT;
  }

  /** What the top is from a moment on. What changes nothing is left out; time never goes back. */
  append(atUs: number, top: Top | null): void {
    const last = this.#last;
    if (last !== undefined && isSameTop(last.top, top)) return;
    const entry = { atUs: Math.max(atUs, last?.atUs ?? 0), top };
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || !chunk.takes(top)) {
      chunk = new Chunk(top?.scale);
      this.#chunks.push(chunk);
    }
    chunk.add(entry);
    this.#last = entry;
  }

  /** Forgets what is older, but for the entry that holds at that moment. */
  forget(beforeUs: number): void {
    let dropped = 0;
    while ((this.#chunks[dropped + 1]?.timeAt(0) ?? Number.POSITIVE_INFINITY) <= beforeUs)
      dropped++;
    if (dropped > 0) this.#chunks = this.#chunks.slice(dropped);
  }

  /** Puts another one before this: what it knows from this one's beginning on is left out. */
  prepend(older: TopSeries): void {
    const endUs = this.fromUs ?? Number.POSITIVE_INFINITY;
    const before = older.#chunks.filter((chunk) => chunk.timeAt(0) < endUs);
    const end = before.at(-1);
    end?.cut(end.rowAfter(endUs - 1));
    const [first, ...rest] = this.#chunks;
    // Whether the first entry of this one is a change is known only now.
    if (end && first && isSameTop(end.lastEntry().top, first.entry(0).top)) first.dropFirst();
    this.#chunks = [...before, ...(first && first.rows > 0 ? [first] : []), ...rest];
    this.#last = this.#chunks.at(-1)?.lastEntry();
  }

  /** The entry that holds at a moment; undefined: the moment is before all. */
  at(us: number): TopEntry | undefined {
    const chunk = this.#chunks[this.#chunkAfter(us) - 1];
    return chunk?.entry(chunk.rowAfter(us) - 1);
  }

  /** What holds at `fromUs`, and every entry until before `toUs`. */
  *range(fromUs: number, toUs: number): Generator<TopEntry> {
    const begin = Math.max(0, this.#chunkAfter(fromUs) - 1);
    for (let at = begin; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as Chunk;
      const first = at === begin ? Math.max(0, chunk.rowAfter(fromUs) - 1) : 0;
      for (let row = first; row < chunk.rows; row++) {
        if (chunk.timeAt(row) >= toUs) return;
        yield chunk.entry(row);
      }
    }
  }

  /** The first chunk that begins after a moment. */
  #chunkAfter(us: number): number {
    return firstIndex(this.#chunks.length, (at) => (this.#chunks[at] as Chunk).timeAt(0) > us);
  }
}

class Chunk {
  rows = 0;
  readonly #cells = new Float64Array(ROWS * COLUMNS);
  /** Of all its entries; undefined: none has a top. */
  #scale: Scale | undefined;
  /** What is beyond 2^53, by cell. */
  #large: Map<number, ScaledInt> | undefined;

  constructor(scale: Scale | undefined) {
    this.#scale = scale;
  }

  takes(top: Top | null): boolean {
    if (this.rows === ROWS) return false;
    const [own, other] = [this.#scale, top?.scale];
    if (own === undefined || other === undefined) return true;
    return own.priceExponent === other.priceExponent && own.sizeExponent === other.sizeExponent;
  }

  add({ atUs, top }: TopEntry): void {
    const row = this.rows++;
    this.#cells[cell(TIME, row)] = atUs;
    if (top === null) {
      this.#cells[cell(BID_PRICE, row)] = UNPROVEN;
      return;
    }
    this.#scale ??= top.scale;
    this.#put(cell(BID_PRICE, row), top.bidPrice);
    this.#put(cell(BID_SIZE, row), top.bidSize);
    this.#put(cell(ASK_PRICE, row), top.askPrice);
    this.#put(cell(ASK_SIZE, row), top.askSize);
  }

  timeAt(row: number): number {
    return this.#cells[cell(TIME, row)] as number;
  }

  /** The first row after a moment. */
  rowAfter(us: number): number {
    return firstIndex(this.rows, (row) => this.timeAt(row) > us);
  }

  entry(row: number): TopEntry {
    const atUs = this.timeAt(row);
    const scale = this.#scale;
    if (scale === undefined || this.#cells[cell(BID_PRICE, row)] === UNPROVEN) {
      return { atUs, top: null };
    }
    const top = {
      scale,
      bidPrice: this.#get(cell(BID_PRICE, row)),
      bidSize: this.#get(cell(BID_SIZE, row)),
      askPrice: this.#get(cell(ASK_PRICE, row)),
      askSize: this.#get(cell(ASK_SIZE, row)),
    };
    return { atUs, top };
  }

  lastEntry(): TopEntry {
    return this.entry(this.rows - 1);
  }

  /** Keeps so many rows. */
  cut(rows: number): void {
    this.rows = rows;
  }

  dropFirst(): void {
    const rest = Array.from({ length: this.rows - 1 }, (_, row) => this.entry(row + 1));
    this.rows = 0;
    this.#large = undefined;
    for (const entry of rest) this.add(entry);
  }

  #put(at: number, value: ScaledInt | null): void {
    if (typeof value !== 'bigint') {
      this.#cells[at] = value ?? EMPTY;
      return;
    }
    this.#cells[at] = LARGE;
    this.#large ??= new Map();
    this.#large.set(at, value);
  }

  #get(at: number): ScaledInt | null {
    const value = this.#cells[at] as number;
    if (value >= 0) return value;
    return value === LARGE ? (this.#large?.get(at) ?? null) : null;
  }
}

function cell(column: number, row: number): number {
  return column * ROWS + row;
}

/** The first index of which `isBehind` holds, where it holds of all after it; `length`: of none. */
function firstIndex(length: number, isBehind: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBehind(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

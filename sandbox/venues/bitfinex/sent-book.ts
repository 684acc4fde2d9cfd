/** What a book channel has shown after each of its messages, as it truly was: no fault changes it. */

import { decimal } from '../../market/units.ts';
import type { BookRow, VenueBook } from '../venue.ts';
import { keyOf } from './shown-book.ts';
import type { Precision, Row, RowChange } from './wire.ts';

interface Entry {
  readonly counter: number;
  readonly timeUs: number;
  readonly change: RowChange;
}

/** Changes that are kept: some minutes of a busy market. */
const MAX_ENTRIES = 20_000;

export class SentBook {
  readonly #precision: Precision;
  /** Before the first entry. */
  readonly #base: Map<number, Row>;
  #baseCounter: number;
  #baseTimeUs: number;
  readonly #entries: Entry[] = [];

  constructor(precision: Precision, rows: readonly Row[], counter: number, timeUs: number) {
    this.#precision = precision;
    this.#base = new Map(rows.map((row) => [keyOf(precision, row), row]));
    this.#baseCounter = counter;
    this.#baseTimeUs = timeUs;
  }

  add(counter: number, timeUs: number, change: RowChange): void {
    this.#entries.push({ counter, timeUs, change });
    if (this.#entries.length < MAX_ENTRIES) return;
    const old = this.#entries.splice(0, MAX_ENTRIES / 2);
    for (const { change: one } of old) apply(this.#base, this.#precision, one);
    this.#baseCounter = old.at(-1)?.counter ?? this.#baseCounter;
    this.#baseTimeUs = old.at(-1)?.timeUs ?? this.#baseTimeUs;
  }

  /** undefined: too long ago. */
  at(counter: number): VenueBook | undefined {
    if (counter < this.#baseCounter) return undefined;
    const rows = new Map(this.#base);
    let timeUs = this.#baseTimeUs;
    for (const entry of this.#entries) {
      if (entry.counter > counter) break;
      apply(rows, this.#precision, entry.change);
      ({ timeUs } = entry);
    }
    const of = (side: Row['side']): BookRow[] =>
      sorted([...rows.values()].filter((row) => row.side === side)).map(({ price, size, tag }) => [
        decimal(price),
        decimal(size),
        this.#precision === 'P0' ? tag : String(tag),
      ]);
    return { sequence: counter, timeUs, bids: of('buy'), asks: of('sell') };
  }
}

function apply(rows: Map<number, Row>, precision: Precision, { action, row }: RowChange): void {
  const key = keyOf(precision, row);
  if (action === 'delete') rows.delete(key);
  else rows.set(key, row);
}

function sorted(rows: Row[]): Row[] {
  return rows.sort((a, b) => {
    const byPrice = a.price - b.price;
    return (a.side === 'buy' ? -byPrice : byPrice) || a.tag - b.tag;
  });
}

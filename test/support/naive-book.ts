/**
 * The simplest possible book: one `Map` per side from the exchange's price text to its size text. The
 * oracle for the logger's books.
 */

/** `[price, size]` as decimal text without trailing zeros. */
export type NaiveRow = readonly [string, string];

type WireLevels = readonly (readonly [string, string])[];

export interface NaiveRows {
  readonly sequence: number;
  /** Best first, full depth. */
  readonly bids: readonly NaiveRow[];
  readonly asks: readonly NaiveRow[];
}

export class NaiveBook {
  sequence: number;
  readonly #bids: Map<string, string>;
  readonly #asks: Map<string, string>;

  constructor(sequence: number, bids: Iterable<NaiveRow>, asks: Iterable<NaiveRow>) {
    this.sequence = sequence;
    this.#bids = new Map(bids);
    this.#asks = new Map(asks);
  }

  clone(): NaiveBook {
    return new NaiveBook(this.sequence, this.#bids, this.#asks);
  }

  /** Applies absolute sizes as the exchange sent them; zero deletes a level. */
  apply(lastSequence: number, bids: WireLevels, asks: WireLevels): void {
    for (const [map, levels] of [
      [this.#bids, bids],
      [this.#asks, asks],
    ] as const) {
      for (const [price, size] of levels) {
        if (/^[0.]+$/.test(size)) map.delete(price);
        else map.set(price, size);
      }
    }
    this.sequence = lastSequence;
  }

  /** The exchange's own text, best first. */
  wireRows(side: 'bid' | 'ask', limit = Infinity): NaiveRow[] {
    const sign = side === 'bid' ? -1 : 1;
    const rows = [...(side === 'bid' ? this.#bids : this.#asks)];
    const keyed = rows.map((row) => ({ row, key: keyOf(row[0]) }));
    keyed.sort((a, b) => sign * (a.key - b.key));
    return keyed.slice(0, limit).map(({ row }) => row);
  }

  /** Found by looking at every level. */
  best(side: 'bid' | 'ask'): NaiveRow | undefined {
    const sign = side === 'bid' ? -1 : 1;
    let best: { readonly row: NaiveRow; readonly key: number } | undefined;
    for (const [price, size] of side === 'bid' ? this.#bids : this.#asks) {
      const key = sign * keyOf(price);
      if (!best || key < best.key) best = { row: [plainDecimal(price), plainDecimal(size)], key };
    }
    return best?.row;
  }

  rows(): NaiveRows {
    const plain = (side: 'bid' | 'ask'): NaiveRow[] =>
      this.wireRows(side).map(([price, size]) => [plainDecimal(price), plainDecimal(size)]);
    return { sequence: this.sequence, bids: plain('bid'), asks: plain('ask') };
  }
}

/** The exchange writes eight decimals, so without the point they are safe integers. */
function keyOf(price: string): number {
  return Number(price.replace('.', ''));
}

/** `61837.63000000` → `61837.63`. */
export function plainDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

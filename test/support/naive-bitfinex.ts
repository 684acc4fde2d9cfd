/** A Bitfinex book kept in the plainest way from the texts of its messages: the oracle of its tests. */

import { crc32 } from 'node:zlib';

/** The frame's content with every number as text. */
export function numbersAsText(frame: string): any {
  return JSON.parse(
    frame.replaceAll(/"[^"]*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
      token.startsWith('"') ? token : `"${token}"`,
    ),
  );
}

/** A decimal without exponent and trailing zeros. */
export function plain(text: string): string {
  const [mantissa = '', power = '0'] = text.replace(/^-/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const places = Math.max(0, fraction.length - Number(power));
  const zeros = Math.max(0, Number(power) - fraction.length);
  const digits = `${whole}${fraction}${'0'.repeat(zeros)}`.padStart(places + 1, '0');
  const rest = digits.slice(digits.length - places).replace(/0+$/, '');
  const before = digits.slice(0, digits.length - places);
  return BigInt(before).toString() + (places === 0 || rest === '' ? '' : `.${rest}`);
}

type Row = readonly [first: string, second: string, amount: string];

export class NaiveBitfinex {
  readonly #kind: 'p0' | 'r0';
  /** By side and price, or by order id. */
  readonly #rows = new Map<string, Row>();
  /** Rows deleted that were not there. */
  unknownDeletes = 0;

  constructor(kind: 'p0' | 'r0') {
    this.#kind = kind;
  }

  /** @param content a row, or the list of all. */
  apply(content: any): void {
    if (!Array.isArray(content[0]) && content.length > 0) return this.#take(content);
    this.#rows.clear();
    for (const row of content) this.#take(row);
  }

  /** Rows of a side, best first: `[price, size, count]`, or `[price, size, order id]`. */
  rows(side: 'bids' | 'asks'): readonly (readonly [string, string, string])[] {
    return this.#sorted(side).map(([first, second, amount]) =>
      this.#kind === 'p0'
        ? [plain(first), plain(amount), second]
        : [plain(second), plain(amount), first],
    );
  }

  checksum(): number {
    const [bids, asks] = [this.#sorted('bids'), this.#sorted('asks')];
    const texts: string[] = [];
    for (let i = 0; i < 25; i++) {
      for (const row of [bids[i], asks[i]]) if (row) texts.push(`${row[0]}:${row[2]}`);
    }
    return crc32(texts.join(':')) | 0;
  }

  #take(row: Row): void {
    const [first, second, amount] = row;
    const key = this.#kind === 'p0' ? `${amount.startsWith('-')} ${plain(first)}` : first;
    const isGone = Number(second) === 0;
    if (!isGone) this.#rows.set(key, row);
    else if (!this.#rows.delete(key)) this.unknownDeletes++;
  }

  #sorted(side: 'bids' | 'asks'): readonly Row[] {
    const priceOf = (row: Row): number => Number(this.#kind === 'p0' ? row[0] : row[1]);
    const direction = side === 'bids' ? -1 : 1;
    return [...this.#rows.values()]
      .filter(([, , amount]) => amount.startsWith('-') === (side === 'asks'))
      .sort((a, b) => direction * (priceOf(a) - priceOf(b)) || Number(a[0]) - Number(b[0]));
  }
}

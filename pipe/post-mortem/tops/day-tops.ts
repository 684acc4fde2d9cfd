/**
 * The best prices of one venue over a UTC day as columns: a row wherever one of them, or whether they are known,
 * changes. Sizes are left out: whether a profit is possible at all shows in prices.
 */

import { formatScaled, rescale } from '../../../logger/market/decimal.ts';
import type { Scale, ScaledInt } from '../../../logger/market/decimal.ts';
import type { VenueEvent } from '../../market/events.ts';
import type { Span } from '../past-venues.ts';

export const DAY_US = 86_400_000_000;

/**
 * `unproven`: no book; `empty`: a side is; `large`: prices beyond what the columns hold exactly; `unread`: what the
 * archive holds of that time was not asked for.
 */
export type TopKind = 'both' | 'unproven' | 'empty' | 'large' | 'unread';
export const KINDS: readonly TopKind[] = ['both', 'unproven', 'empty', 'large', 'unread'];

export interface DayTops {
  readonly rows: number;
  /** Microseconds, ascending. */
  readonly times: Float64Array;
  /** Places in `KINDS`. */
  readonly kinds: Uint8Array;
  /** Integers at the exponent; 0 unless the kind is `both`. */
  readonly bids: Float64Array;
  readonly asks: Float64Array;
  readonly priceExponent: number;
}

const FIRST_ROWS = 1024;
/** Twice the difference of two of them is still exact. */
const MAX_PRICE = 2 ** 51;

export class DayTopsBuilder {
  #rows = 0;
  #times = new Float64Array(FIRST_ROWS);
  #kinds = new Uint8Array(FIRST_ROWS);
  #bids = new Float64Array(FIRST_ROWS);
  #asks = new Float64Array(FIRST_ROWS);
  #exponent = 0;

  /** Tops, as images of one level a side, in order of time. */
  add(event: VenueEvent): void {
    if (event.type === 'unproven') this.#push(event.atUs, 'unproven', 0, 0);
    if (event.type !== 'image') return;
    const us = event.point.receiveTimeUs;
    const [bid, ask] = [event.bids[0], event.asks[0]];
    if (bid === undefined || ask === undefined) this.#push(us, 'empty', 0, 0);
    else this.#addPrices(us, bid, ask, event.scale);
  }

  /** From then on. */
  unread(us: number): void {
    this.#push(us, 'unread', 0, 0);
  }

  /** A row of other tops, from then on. */
  addRow(us: number, from: DayTops, row: number): void {
    const kind = KINDS[from.kinds[row] as number] as TopKind;
    const { bids, asks, priceExponent } = from;
    const scale = { priceExponent, sizeExponent: 0 };
    if (kind === 'both') this.#addPrices(us, bids[row] as number, asks[row] as number, scale);
    else this.#push(us, kind, 0, 0);
  }

  finish(): DayTops {
    return {
      rows: this.#rows,
      times: this.#times.slice(0, this.#rows),
      kinds: this.#kinds.slice(0, this.#rows),
      bids: this.#bids.slice(0, this.#rows),
      asks: this.#asks.slice(0, this.#rows),
      priceExponent: this.#exponent,
    };
  }

  #addPrices(us: number, bid: ScaledInt, ask: ScaledInt, { priceExponent }: Scale): void {
    if (priceExponent > this.#exponent) this.#refine(priceExponent);
    const at = (price: ScaledInt): ScaledInt => rescale(price, priceExponent, this.#exponent);
    const [bidThere, askThere] = [at(bid), at(ask)];
    if (isSmall(bidThere) && isSmall(askThere)) {
      this.#push(us, 'both', bidThere, askThere);
    } else {
      this.#push(us, 'large', 0, 0);
    }
  }

  /** Brings all rows to a finer exponent. */
  #refine(exponent: number): void {
    for (let row = 0; row < this.#rows; row++) {
      const prices = [this.#bids[row] ?? 0, this.#asks[row] ?? 0].map((price) =>
        rescale(price, this.#exponent, exponent),
      );
      const isLarge = !prices.every(isSmall);
      if (isLarge) this.#kinds[row] = KINDS.indexOf('large');
      this.#bids[row] = isLarge ? 0 : Number(prices[0]);
      this.#asks[row] = isLarge ? 0 : Number(prices[1]);
    }
    this.#exponent = exponent;
  }

  #push(us: number, kind: TopKind, bid: number, ask: number): void {
    const last = this.#rows - 1;
    const number = KINDS.indexOf(kind);
    const isSame =
      last >= 0 &&
      this.#kinds[last] === number &&
      this.#bids[last] === bid &&
      this.#asks[last] === ask;
    if (isSame) return;
    // Of several in one microsecond the last one counts.
    const row = last >= 0 && this.#times[last] === us ? last : this.#rows++;
    if (row === this.#times.length) this.#grow();
    this.#times[row] = us;
    this.#kinds[row] = number;
    this.#bids[row] = bid;
    this.#asks[row] = ask;
  }

  #grow(): void {
    const grown = <Column extends Float64Array | Uint8Array>(from: Column, to: Column): Column => {
      to.set(from);
      return to;
    };
    const length = this.#times.length * 2;
    this.#times = grown(this.#times, new Float64Array(length));
    this.#kinds = grown(this.#kinds, new Uint8Array(length));
    this.#bids = grown(this.#bids, new Float64Array(length));
    this.#asks = grown(this.#asks, new Float64Array(length));
  }
}

function isSmall(price: ScaledInt): price is number {
  return price <= MAX_PRICE;
}

/** The row that holds at a moment; -1: none does yet. */
export function rowAt({ times, rows }: DayTops, us: number): number {
  let [low, high] = [0, rows];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= us) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const UNREAD = KINDS.indexOf('unread');

/** Stretches of the day that begins then. */
export function readStretches(tops: DayTops, dayUs: number): Span[] {
  const found: { fromUs: number; toUs: number }[] = [];
  for (let row = 0; row < tops.rows; row++) {
    if (tops.kinds[row] === UNREAD) continue;
    const fromUs = tops.times[row] as number;
    const toUs = row + 1 < tops.rows ? (tops.times[row + 1] as number) : dayUs + DAY_US;
    const last = found.at(-1);
    if (last?.toUs === fromUs) last.toUs = toUs;
    else found.push({ fromUs, toUs });
  }
  return found;
}

/** Tops of one day, of which different stretches were read. */
export function joinedTops(first: DayTops, second: DayTops): DayTops {
  const builder = new DayTopsBuilder();
  let [firstRow, secondRow] = [-1, -1];
  for (;;) {
    const us = Math.min(timeOf(first, firstRow + 1), timeOf(second, secondRow + 1));
    if (us === Infinity) return builder.finish();
    if (timeOf(first, firstRow + 1) === us) firstRow++;
    if (timeOf(second, secondRow + 1) === us) secondRow++;
    const isFirst = firstRow >= 0 && first.kinds[firstRow] !== UNREAD;
    if (isFirst || secondRow < 0) builder.addRow(us, first, firstRow);
    else builder.addRow(us, second, secondRow);
  }
}

export function timeOf({ times, rows }: DayTops, row: number): number {
  return row < rows ? (times[row] as number) : Infinity;
}

/** Best prices as plain decimals; null unless both are known. */
export function pricesAt(
  tops: DayTops,
  row: number,
): { readonly bid: string; readonly ask: string } | null {
  if (row < 0 || KINDS[tops.kinds[row] as number] !== 'both') return null;
  const text = (price: number | undefined): string => formatScaled(price ?? 0, tops.priceExponent);
  return { bid: text(tops.bids[row]), ask: text(tops.asks[row]) };
}

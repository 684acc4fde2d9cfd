/**
 * The rows of Tardis' downloadable CSV files, for whatever reads those: `incremental_book_L2`, `trades`,
 * `quotes`, and `book_snapshot_25` or `book_snapshot_5`
 * (https://docs.tardis.dev/downloadable-csv-files/data-types, read 2026-09). Times are µs since 1970:
 * `timestamp` by the exchange, `local_timestamp` at arrival. An amount is absolute, 0 removes the level,
 * and a removal of a level that is not there is ignored. A missing level is two empty fields.
 *
 * - A reader empties its book where a row of a snapshot follows one of none. So an image right after another
 *   one, or one without any level, needs rows of amount 0 for what the reader would keep.
 * - An L3 book comes by price: the absolute sizes that each message leaves. That is exact; what becomes of
 *   single orders has no place in these columns.
 * - Tardis samples `book_snapshot` at every change, we at every tick: the column of the chosen clock holds
 *   the tick, as in the snapshots that its client samples; the other one is of the last message.
 */

import { InvariantError } from '../errors.ts';
import { formatScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { Levels } from '../market/events.ts';
import { upperCaseAscii } from '../market/security.ts';
import type { BookRows } from '../queries/book-rows.ts';
import type { DataItem, ImageItem, SnapshotItem, UpdateItem } from '../queries/items.ts';
import type { ExportQuery } from '../queries/queries.ts';
import { DEFAULT_TARDIS_DEPTH } from '../queries/validate.ts';
import type { Encoder } from './encoder.ts';
import type { LineWriter } from './line-writer.ts';
import { decimalText, quoted, textEncoder } from './text-encoder.ts';

const KEYS = 'exchange,symbol,timestamp,local_timestamp';
const NONE: ReadonlySet<string> = new Set();

interface MessageTimes {
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

export function tardisEncoder(query: ExportQuery): Encoder {
  const depth = query.depth ?? DEFAULT_TARDIS_DEPTH;
  const rows = new TardisRows(query, depth);
  return textEncoder(headerOf(query.type, depth), (item, out) => {
    if (item.type === 'image' || item.type === 'update') rows.writeLevels(item, out);
    else out.text(rows.linesOf(item));
  });
}

class TardisRows {
  readonly #clock: ExportQuery['clock'];
  readonly #depth: number;
  /** Exchange and symbol, the first two fields of every row. */
  readonly #source: string;
  /** Side and price of each level of the last image, until another row follows it. */
  #imaged: ReadonlySet<string> = NONE;
  /** Side and price of the last row; null: there is none. */
  #last: string | null = null;
  /** The first image of all had no level, and a reader waits for a row of one. */
  #isBeginDue = false;

  constructor({ security, clock }: ExportQuery, depth: number) {
    this.#clock = clock;
    this.#depth = depth;
    const [exchange = '', ...symbol] = security.split(':');
    this.#source = `${exchange},${upperCaseAscii(symbol.join(':'))}`;
  }

  linesOf(item: Exclude<DataItem, ImageItem | UpdateItem>): string {
    switch (item.type) {
      case 'trade': {
        const price = formatScaled(item.price, item.scale.priceExponent);
        const size = formatScaled(item.size, item.scale.sizeExponent);
        return this.#line(item, `${quoted(item.tradeId)},${item.side},${price},${size}`);
      }
      case 'quote': {
        const { priceExponent, sizeExponent } = item.scale;
        const ask = `${decimalText(item.askSize, sizeExponent) ?? ''},${decimalText(item.askPrice, priceExponent) ?? ''}`;
        const bid = `${decimalText(item.bidPrice, priceExponent) ?? ''},${decimalText(item.bidSize, sizeExponent) ?? ''}`;
        return this.#line(item, `${ask},${bid}`);
      }
      case 'snapshot':
        return this.#snapshot(item);
      case 'order':
      case 'candle':
        throw new InvariantError(`Tardis has no columns for ${item.type}s`);
    }
  }

  #line({ exchangeTimeUs, receiveTimeUs }: MessageTimes, cells: string): string {
    return `${this.#source},${exchangeTimeUs},${receiveTimeUs},${cells}\n`;
  }

  writeLevels(item: ImageItem | UpdateItem, out: LineWriter): void {
    const imaged = item.type === 'image' ? this.#beginImage(item, out) : undefined;
    this.#side(item, 'bid', item.bids, out);
    this.#side(item, 'ask', item.asks, out);
    if (imaged !== undefined) this.#imaged = imaged;
  }

  /** @returns side and price of each of its levels. */
  #beginImage(item: ImageItem, out: LineWriter): ReadonlySet<string> {
    const { bids, asks, scale } = item;
    const imaged = new Set([...keysOf('bid', bids, scale), ...keysOf('ask', asks, scale)]);
    const gone = [...this.#imaged].filter((key) => !imaged.has(key));
    // Only this row shows a reader that its book ends here, or that one may begin.
    if (imaged.size === 0 && gone.length === 0 && this.#last !== null) gone.push(this.#last);
    this.#isBeginDue = imaged.size === 0 && gone.length === 0;
    for (const key of gone) out.text(this.#line(item, `true,${key},0`));
    return imaged;
  }

  #side(item: ImageItem | UpdateItem, side: 'bid' | 'ask', levels: Levels, out: LineWriter): void {
    if (levels.length === 0) return;
    const { exchangeTimeUs, receiveTimeUs, scale } = item;
    const keyAt = (i: number): string =>
      `${side},${formatScaled(levels[i] as ScaledInt, scale.priceExponent)}`;
    if (this.#isBeginDue) out.text(this.#line(item, `true,${keyAt(0)},0`));
    const head = `${this.#source},${exchangeTimeUs},${receiveTimeUs},${item.type === 'image'},${side},`;
    out.levels(levels, scale, [head, ',', '\n']);
    this.#isBeginDue = false;
    this.#imaged = NONE;
    this.#last = keyAt(levels.length - 2);
  }

  #snapshot(item: SnapshotItem): string {
    const { atUs, rows, scale } = item;
    const times =
      this.#clock === 'exchange'
        ? { exchangeTimeUs: atUs, receiveTimeUs: item.receiveTimeUs }
        : { exchangeTimeUs: item.exchangeTimeUs, receiveTimeUs: atUs };
    const cells: string[] = [];
    for (let i = 0; i < this.#depth; i++) {
      cells.push(levelCells(rows, 'asks', i, scale), levelCells(rows, 'bids', i, scale));
    }
    return this.#line(times, cells.join(','));
  }
}

function headerOf(type: ExportQuery['type'], depth: number): string {
  switch (type) {
    case 'trades':
      return `${KEYS},id,side,price,amount`;
    case 'quotes':
      return `${KEYS},ask_amount,ask_price,bid_price,bid_amount`;
    case 'incremental':
      return `${KEYS},is_snapshot,side,price,amount`;
    case 'snapshots': {
      const level = (i: number): string =>
        ['asks', 'bids'].map((side) => `${side}[${i}].price,${side}[${i}].amount`).join(',');
      return [KEYS, ...Array.from({ length: depth }, (_, i) => level(i))].join(',');
    }
    case 'orders':
    case 'candles':
      throw new InvariantError(`Tardis has no columns for ${type}`);
  }
}

function keysOf(side: 'bid' | 'ask', levels: Levels, { priceExponent }: Scale): string[] {
  const keys: string[] = [];
  for (let i = 0; i < levels.length; i += 2) {
    keys.push(`${side},${formatScaled(levels[i] as ScaledInt, priceExponent)}`);
  }
  return keys;
}

/** Price and amount of the level at a depth; empty where there is none. */
function levelCells(rows: BookRows, side: 'bids' | 'asks', at: number, scale: Scale): string {
  if (rows.kind === 'orders') throw new InvariantError('Tardis has no columns for orders');
  const [price, size] =
    rows.kind === 'levels'
      ? [rows[side][2 * at], rows[side][2 * at + 1]]
      : [rows[side][at]?.price, rows[side][at]?.size];
  if (price === undefined || size === undefined) return ',';
  return `${formatScaled(price, scale.priceExponent)},${formatScaled(size, scale.sizeExponent)}`;
}

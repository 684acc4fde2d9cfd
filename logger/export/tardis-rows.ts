/**
 * The rows of Tardis' downloadable CSV files, so that whatever reads those reads ours:
 * `incremental_book_L2`, `trades`, `quotes`, and `book_snapshot_25` or `book_snapshot_5`
 * (https://docs.tardis.dev/downloadable-csv-files/data-types, read 2026-09). Times are µs since 1970:
 * `timestamp` the exchange's, `local_timestamp` that of arrival. An amount is absolute, 0 removes the
 * level, and one that is not there is to be ignored. A missing level is two empty fields.
 *
 * - A reader empties its book where a row of a snapshot follows one of none. So an image right after
 *   another, or one without any level, needs rows of amount 0 for what the reader would keep.
 * - An L3 book is told by price: the absolute sizes that each message leaves. That is exact; what
 *   becomes of single orders has no place in these columns.
 * - Tardis samples `book_snapshot` at every change, we at every tick: the column of the chosen clock
 *   holds the tick, as in the snapshots that its client samples; the other one is of the last message.
 */

import { InvariantError } from '../errors.ts';
import type {
  BookRow,
  DiffItem,
  ImageItem,
  LevelRow,
  OrderItem,
  QuoteItem,
  SnapshotItem,
  TradeItem,
} from '../queries/results.ts';
import { DEFAULT_TARDIS_DEPTH } from '../queries/validate.ts';
import type { ExportQuery } from '../queries/queries.ts';

type Item = TradeItem | QuoteItem | ImageItem | DiffItem | OrderItem | SnapshotItem;
type Cell = string | number | null;

const KEYS = 'exchange,symbol,timestamp,local_timestamp';

const NONE: ReadonlySet<string> = new Set();

export class TardisRows {
  readonly header: string;
  readonly #question: ExportQuery;
  readonly #depth: number;
  /** Exchange and symbol, the first two fields of every row. */
  readonly #source: string;
  /** Side and price of each level that the last image told, until another row follows it. */
  #imaged: ReadonlySet<string> = NONE;
  /** Side and price of the last row; null: there is none. */
  #last: string | null = null;
  /** The first image of all had no level, and a reader waits for a row of one. */
  #isBeginDue = false;

  constructor(question: ExportQuery) {
    this.#question = question;
    this.#depth = question.depth ?? DEFAULT_TARDIS_DEPTH;
    const [exchange = '', ...symbol] = question.security.split(':');
    this.#source = `${exchange},${symbol.join(':').toUpperCase()}`;
    this.header = headerOf(question.type, this.#depth);
  }

  *rows(item: Item): Generator<string> {
    switch (item.type) {
      case 'trade':
        yield this.#row(item, [item.tradeId, item.side, item.price, item.size]);
        return;
      case 'quote':
        yield this.#row(item, [item.askSize, item.askPrice, item.bidPrice, item.bidSize]);
        return;
      case 'snapshot':
        yield this.#snapshot(item);
        return;
      case 'image':
        yield* this.#image(item);
        return;
      case 'diff':
        yield* this.#levels(item, false);
        return;
      case 'order':
        throw new InvariantError('Tardis has no columns for orders');
    }
  }

  #row(
    item: { readonly exchangeTimeUs: number; readonly receiveTimeUs: number },
    cells: readonly Cell[],
  ): string {
    const { exchangeTimeUs, receiveTimeUs } = item;
    return [this.#source, exchangeTimeUs, receiveTimeUs, ...cells.map((cell) => cell ?? '')].join(
      ',',
    );
  }

  *#image(item: ImageItem): Generator<string> {
    const told = new Set([...keysOf('bid', item.bids), ...keysOf('ask', item.asks)]);
    const gone = [...this.#imaged].filter((key) => !told.has(key));
    // Nothing else would say that what the reader has is over; or, where he has nothing, that he may begin.
    if (told.size === 0 && gone.length === 0 && this.#last !== null) gone.push(this.#last);
    this.#isBeginDue = told.size === 0 && gone.length === 0;
    for (const key of gone) yield this.#row(item, ['true', key, '0']);
    yield* this.#levels(item, true);
    this.#imaged = told;
  }

  *#levels(item: ImageItem | DiffItem, isImage: boolean): Generator<string> {
    for (const side of ['bid', 'ask'] as const) {
      for (const [price, size] of side === 'bid' ? item.bids : item.asks) {
        const key = `${side},${price}`;
        if (this.#isBeginDue) yield this.#row(item, ['true', key, '0']);
        yield this.#row(item, [String(isImage), key, size]);
        this.#isBeginDue = false;
        this.#imaged = NONE;
        this.#last = key;
      }
    }
  }

  #snapshot(item: SnapshotItem): string {
    const { atUs, book } = item;
    const times =
      this.#question.clock === 'exchange' ? { exchangeTimeUs: atUs } : { receiveTimeUs: atUs };
    const cells: Cell[] = [];
    for (let i = 0; i < this.#depth; i++) {
      cells.push(...cellsOf(book.asks[i]), ...cellsOf(book.bids[i]));
    }
    return this.#row({ ...item, ...times }, cells);
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
      throw new InvariantError('Tardis has no columns for orders');
  }
}

function keysOf(side: 'bid' | 'ask', levels: readonly LevelRow[]): string[] {
  return levels.map(([price]) => `${side},${price}`);
}

function cellsOf(row: BookRow | undefined): readonly Cell[] {
  return row === undefined ? [null, null] : [row[0], row[1]];
}

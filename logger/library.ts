/**
 * The package's public door: reading an archive from a program of one's own, beside a running logger
 * or without one.
 *
 * ```ts
 * import { openArchive } from 'orderbook-logger';
 *
 * const archive = await openArchive('./data');
 * const book = await archive.bookAt('binance:BTCUSDT', '2026-11-20T07:00:04.5Z', { depth: 10 });
 * if (book.state === 'proven') console.log(book.bids[0], book.asks[0]);
 * for await (const trade of archive.trades('binance:BTCUSDT', { from: '2026-11-20T07:00:00Z' })) {
 *   console.log(trade);
 * }
 * await archive.close();
 * ```
 */

// For programs whose `lib` lacks `Symbol.asyncDispose`.
/// <reference lib="esnext.disposable" preserve="true" />

import type { ArchiveReader } from './archive/archive.ts';
import { openArchiveReader } from './open-archive.ts';
import { InvalidArgumentError } from './errors.ts';
import {
  bookQuery,
  candlesQuery,
  checkLocation,
  checkNoLevel,
  coverageQuery,
  keptSnapshotsQuery,
  levelsQuery,
  pointQuery,
  rangeQuery,
  snapshotsQuery,
} from './library-arguments.ts';
import type {
  At,
  BookOptions,
  BooksOptions,
  CandleOptions,
  KeptSnapshotOptions,
  NoBookResult,
  RangeOptions,
  SnapshotOptions,
} from './library-options.ts';
import type { BookPoint, LevelImageEvent, StoredLevelEvent } from './market/level-events.ts';
import {
  candleRow,
  orderRow,
  quoteRow,
  rowsOf,
  snapshotRow,
  tradeRow,
  updateRow,
} from './library-rows.ts';
import type {
  CandleRow as CandleItem,
  DiffRow as DiffItem,
  ImageRow as ImageItem,
  InstrumentRow as InstrumentItem,
  OrderEventRow as OrderItem,
  QuoteRow as QuoteItem,
  SnapshotRow as SnapshotItem,
  TradeRow as TradeItem,
} from './library-rows.ts';
import { snapshotsIn } from './archive/snapshot-store.ts';
import type { KeptSnapshot as KeptSnapshotItem } from './archive/snapshot-store.ts';
import type { GapItem } from './queries/items.ts';
import type {
  BadReceiveTimeResult,
  BookResult,
  CoverageResult,
  HoldingResult,
  OrderBookResult as OrderBookAnswer,
} from './queries/results.ts';
import { hasConsecutiveTradeIds } from './exchange/exchanges.ts';
import { createReader } from './reader/create-reader.ts';
import { holdings } from './reader/holdings.ts';
import { knownSecurity } from './reader/known-security.ts';
import type { RangeQuery } from './queries/queries.ts';
import type { Reader } from './reader/reader.ts';
import { noBookReason } from './queries/no-book.ts';
import { createSystemClock } from './service/system-clock.ts';

export type * from './library-options.ts';
export type {
  BadReceiveTimeResult,
  BookResult,
  CandleItem,
  CoverageResult,
  DiffItem,
  GapItem,
  HoldingResult,
  ImageItem,
  InstrumentItem,
  KeptSnapshotItem,
  OrderBookAnswer,
  OrderItem,
  QuoteItem,
  SnapshotItem,
  TradeItem,
};
export type {
  BookPoint,
  LevelImageEvent as BookImageEvent,
  LevelTradeEvent as BookTradeEvent,
  LevelUpdateEvent as BookUpdateEvent,
  StoredLevelEvent as BookEvent,
} from './market/level-events.ts';
export {
  ArchiveUnavailableError,
  InvalidArgumentError,
  LoggerError,
  UnknownSecurityError,
} from './errors.ts';

/**
 * An archive opened for reading. A security may be given in any case. All methods reject with
 * UnknownSecurityError where it applies, and with InvalidArgumentError (its message begins with the
 * field) for what is not as documented, a misspelled option included.
 *
 * Results (`bookAt`, `ordersAt`, `coverage`) are what the CLI prints with `--json`: times as ISO 8601 text,
 * sequences as text. Items of streams are made for programs: times as µs, sequences as numbers.
 */
export interface OpenedArchive {
  /** Every security that was ever asked to be recorded. */
  securities(): Promise<string[]>;
  /**
   * What their exchanges said of them as products, each time that it changed: in order of security and time, the
   * last of each is the present one.
   */
  instruments(): Promise<InstrumentItem[]>;
  /** What is held of each: level, first and last proven moment, intervals, gaps, bytes. */
  holdings(): Promise<HoldingResult[]>;
  /**
   * The book after the last message at or before `at`; without `at`, the last one that is proven.
   * Inside a gap, before the start and after the end the answer's `state` is `gap`.
   */
  bookAt(security: string, at?: At, options?: BookOptions): Promise<BookResult | NoBookResult>;
  /**
   * What is recorded, every gap, and where receive times are bad; by receive time, with `from` and `to`
   * what touches them.
   */
  coverage(security: string, options?: Omit<RangeOptions, 'clock'>): Promise<CoverageResult>;
  /** Single trades in order of arrival, with gaps on the way. */
  trades(security: string, options?: RangeOptions): AsyncIterableIterator<TradeItem | GapItem>;
  /** The top of the book at the start of each interval and whenever it changes. */
  quotes(security: string, options?: RangeOptions): AsyncIterableIterator<QuoteItem | GapItem>;
  /** The book at the start of each interval, and every diff as the exchange sent it. */
  diffs(
    security: string,
    options?: RangeOptions,
  ): AsyncIterableIterator<ImageItem | DiffItem | GapItem>;
  /**
   * The book by price as it moved, in exact integers, with places: an image at the start of each interval, then
   * every message; the same as a running logger streams. With gaps on the way.
   */
  books(
    security: string,
    options?: BooksOptions,
  ): AsyncIterableIterator<StoredLevelEvent | GapItem>;
  /** The book at such a place; null: the records do not lead there any more. */
  bookAtPoint(
    security: string,
    point: Pick<BookPoint, 'epoch' | 'sequence'>,
  ): Promise<LevelImageEvent | null>;
  /**
   * The book at every multiple of the cadence inside what is covered, as `bookAt` answers for that
   * moment, with gaps on the way. One pass over the records, however fine the cadence.
   */
  snapshots(
    security: string,
    options?: SnapshotOptions,
  ): AsyncIterableIterator<SnapshotItem | GapItem>;
  /**
   * The snapshots that a logger kept as they happened (`SNAPSHOTS`), by the exchange's time: as numbers. What
   * is exact is in `snapshots`.
   */
  keptSnapshots(
    security: string,
    options: KeptSnapshotOptions,
  ): AsyncIterableIterator<KeptSnapshotItem>;
  /**
   * The candles that begin in the range, by the exchange's time of the trades; a `gap` item where nothing of
   * an interval was recorded, and `missing` in a candle that was recorded in part.
   */
  candles(security: string, options: CandleOptions): AsyncIterableIterator<CandleItem | GapItem>;
  /**
   * As `bookAt`, of an L3 book: every order at its place in its queue.
   * @throws InvalidArgumentError where the book of that moment was recorded by price.
   */
  ordersAt(
    security: string,
    at?: At,
    options?: Omit<BookOptions, 'level'>,
  ): Promise<OrderBookAnswer | NoBookResult>;
  /** Every message about an order, in order of arrival. */
  orderEvents(security: string, options?: RangeOptions): AsyncIterableIterator<OrderItem | GapItem>;
  /** Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens an archive for reading.
 * @param location the directory of an embedded archive (a logger's `DATA_DIR`), or a `mongodb://` URI
 *   whose path names the database.
 * @throws InvalidArgumentError when there is none; ArchiveUnavailableError when the server does not answer.
 */
export async function openArchive(location: string): Promise<OpenedArchive> {
  return new ReadableArchive(await openArchiveReader(checkLocation(location)));
}

class ReadableArchive implements OpenedArchive {
  readonly #archive: ArchiveReader;
  readonly #reader: Reader;
  readonly #clock = createSystemClock();

  constructor(archive: ArchiveReader) {
    this.#archive = archive;
    this.#reader = createReader(archive, { hasConsecutiveTradeIds });
  }

  async securities(): Promise<string[]> {
    return (await this.#archive.securities()).map(({ security }) => security);
  }

  async instruments(): Promise<InstrumentItem[]> {
    const items: InstrumentItem[] = [];
    for (const { security } of await this.#archive.securities()) {
      const history = (await this.#archive.instruments?.history(security)) ?? [];
      items.push(...history.map(({ facts, ...key }) => ({ ...key, ...facts })));
    }
    return items;
  }

  holdings(): Promise<HoldingResult[]> {
    return holdings(this.#archive, this.#reader);
  }

  async bookAt(
    security: string,
    at?: At,
    options?: BookOptions,
  ): Promise<BookResult | NoBookResult> {
    const query = await this.#known(bookQuery(security, at, options));
    const answer = await this.#reader.bookAt(query);
    if (answer.state === 'proven') return answer;
    return { ...answer, message: noBookReason(answer, query, this.#clock.nowUs()) };
  }

  async coverage(security: string, options?: Omit<RangeOptions, 'clock'>): Promise<CoverageResult> {
    return this.#reader.coverage(await this.#known(coverageQuery(security, options)));
  }

  trades(security: string, options?: RangeOptions): AsyncIterableIterator<TradeItem | GapItem> {
    return this.#stream(rangeQuery(security, options), (query) =>
      rowsOf(this.#reader.trades(query), tradeRow),
    );
  }

  quotes(security: string, options?: RangeOptions): AsyncIterableIterator<QuoteItem | GapItem> {
    return this.#stream(rangeQuery(security, options), (query) =>
      rowsOf(this.#reader.quotes(query), quoteRow),
    );
  }

  diffs(
    security: string,
    options?: RangeOptions,
  ): AsyncIterableIterator<ImageItem | DiffItem | GapItem> {
    return this.#stream(rangeQuery(security, options), (query) =>
      rowsOf(this.#reader.updates(query), updateRow),
    );
  }

  books(
    security: string,
    options?: BooksOptions,
  ): AsyncIterableIterator<StoredLevelEvent | GapItem> {
    return this.#stream(levelsQuery(security, options), (query) => this.#reader.levels(query));
  }

  async bookAtPoint(
    security: string,
    point: Pick<BookPoint, 'epoch' | 'sequence'>,
  ): Promise<LevelImageEvent | null> {
    return this.#reader.bookAtPoint(await this.#known(pointQuery(security, point)));
  }

  snapshots(
    security: string,
    options?: SnapshotOptions,
  ): AsyncIterableIterator<SnapshotItem | GapItem> {
    return this.#stream(snapshotsQuery(security, options), (query) =>
      rowsOf(this.#reader.snapshots(query), snapshotRow),
    );
  }

  candles(security: string, options: CandleOptions): AsyncIterableIterator<CandleItem | GapItem> {
    return this.#stream(candlesQuery(security, options), (query) =>
      rowsOf(this.#reader.candles(query), candleRow),
    );
  }

  async ordersAt(
    security: string,
    at?: At,
    options?: Omit<BookOptions, 'level'>,
  ): Promise<OrderBookAnswer | NoBookResult> {
    checkNoLevel(options);
    const answer = await this.bookAt(security, at, options);
    if (answer.state === 'gap' || isOrderBook(answer)) return answer;
    throw new InvalidArgumentError(
      `security: the book of ${answer.security} was recorded by price at that moment; use bookAt`,
    );
  }

  orderEvents(
    security: string,
    options?: RangeOptions,
  ): AsyncIterableIterator<OrderItem | GapItem> {
    return this.#stream(rangeQuery(security, options), (query) =>
      rowsOf(this.#reader.orders(query), orderRow),
    );
  }

  keptSnapshots(
    security: string,
    options: KeptSnapshotOptions,
  ): AsyncIterableIterator<KeptSnapshotItem> {
    return this.#stream(keptSnapshotsQuery(security, options), (query) => {
      const { fromUs = -Infinity, toUs = Infinity, everyUs, depth } = query;
      const { snapshots } = this.#archive;
      const series = { security: query.security, everyUs, depth };
      return snapshots ? snapshotsIn(snapshots, series, { fromUs, toUs }) : none();
    });
  }

  /** Nothing is read before the first item is asked for. */
  #stream<Query extends RangeQuery, Item>(
    query: Query,
    open: (query: Query) => AsyncIterableIterator<Item>,
  ): AsyncIterableIterator<Item> {
    const known = (): Promise<Query> => this.#known(query);
    return (async function* items() {
      yield* open(await known());
    })();
  }

  /** The query with the archive's spelling of its security. */
  async #known<Query extends { readonly security: string }>(query: Query): Promise<Query> {
    return { ...query, security: await knownSecurity(this.#archive, query.security) };
  }

  close(): Promise<void> {
    return this.#archive.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function* none(): AsyncGenerator<never> {}

function isOrderBook(answer: BookResult): answer is OrderBookAnswer {
  return answer.level === 'L3';
}

/**
 * One market as an instrument of BitMEX: a table of price levels with ids that say nothing of the price,
 * sizes in contracts (one for each lot of the market), and the true table after each of the recent
 * changes. BitMEX numbers nothing; the sandbox counts by the engine's time in milliseconds.
 */

import { BookHistory } from '../../market/history.ts';
import type { TrueBook } from '../../market/history.ts';
import type { Market } from '../../market/market.ts';
import { changedLevels } from '../../market/order-events.ts';
import type { OrderEvent, OrderSide } from '../../market/order-events.ts';
import type { SymbolProfile } from '../../market/symbols.ts';
import { decimal } from '../../market/units.ts';
import type { BookRow, VenueBook } from '../venue.ts';

export type RowAction = 'insert' | 'update' | 'delete';

/** A row of the table, in contracts. */
export interface TableRow {
  readonly id: number;
  readonly side: OrderSide;
  /** In the engine's units. */
  readonly price: number;
  readonly size: number;
  /** When it last changed. */
  readonly timeUs: number;
}

/** Rows that changed together. */
export interface TableChange {
  readonly action: RowAction;
  readonly rows: readonly TableRow[];
  readonly timeUs: number;
}

/** Ids are handed out from here, in no order that a price could be read from. */
const FIRST_ID = 17_000_000_000;
const ID_STEP = 7919;
const ID_RANGE = 1_000_003;

export interface Kind {
  readonly symbol: string;
  readonly kind: 'inverse' | 'linear' | 'quanto' | 'spot';
}

/** `BTCUSDT` is the inverse `XBTUSD`, `ETHUSDT` a quanto, `DEEPUSDT` a spot pair; others are linear. */
export function kindOf({ baseAsset, quoteAsset }: SymbolProfile): Kind {
  if (baseAsset === 'BTC') return { symbol: 'XBTUSD', kind: 'inverse' };
  if (baseAsset === 'ETH') return { symbol: 'ETHUSD', kind: 'quanto' };
  if (baseAsset === 'DEEP') return { symbol: `DEEP_${quoteAsset}`, kind: 'spot' };
  return { symbol: `${baseAsset}${quoteAsset}`, kind: 'linear' };
}

export class BitmexContract {
  readonly symbol: string;
  readonly kind: Kind['kind'];
  readonly market: Market;
  readonly #lot: number;
  readonly #rows = { buy: new Map<number, TableRow>(), sell: new Map<number, TableRow>() };
  readonly #touched = { buy: new Set<number>(), sell: new Set<number>() };
  readonly #history: BookHistory;
  #ids = 0;
  #sequence: number;

  constructor(market: Market) {
    const { symbol, kind } = kindOf(market.profile);
    this.symbol = symbol;
    this.kind = kind;
    this.market = market;
    this.#lot = market.engine.grid.lotSize;
    const { timeUs } = market.book(0);
    this.#sequence = milliseconds(timeUs);
    for (const side of ['buy', 'sell'] as const) {
      const levels = market.engine.levels(side);
      for (let i = 0; i < levels.length; i += 2) this.#set(side, levels[i] ?? 0, timeUs);
    }
    this.#history = new BookHistory(() => ({ bids: this.#flat('buy'), asks: this.#flat('sell') }));
    this.#history.record(this.#sequence, timeUs, []);
    market.listen({ onOrderEvent: (event) => this.#touch(event) });
  }

  /** The engine's time of the last change, in milliseconds. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Contracts for each lot: whole numbers. */
  contracts(size: number): number {
    return size / this.#lot;
  }

  /** Changes since the last call, in the order in which they are sent. */
  takeChanges(nowUs: number): readonly TableChange[] {
    const rows: Record<RowAction, TableRow[]> = { delete: [], update: [], insert: [] };
    const levels = [];
    for (const side of ['buy', 'sell'] as const) {
      for (const price of this.#touched[side]) {
        const before = this.#rows[side].get(price);
        const after = this.#set(side, price, nowUs);
        if (before && after?.size === before.size) continue;
        if (after) rows[before ? 'update' : 'insert'].push(after);
        else if (before) rows.delete.push({ ...before, timeUs: nowUs });
        if (before ?? after) levels.push({ side, price, size: after?.size ?? 0 });
      }
      this.#touched[side].clear();
    }
    if (levels.length === 0) return [];
    this.#sequence = milliseconds(nowUs);
    this.#history.record(this.#sequence, nowUs, levels);
    return (['delete', 'update', 'insert'] as const)
      .map((action) => ({ action, rows: rows[action], timeUs: nowUs }))
      .filter((change) => change.rows.length > 0);
  }

  /** The whole table, asks first and from the far end, as the exchange lists it. */
  table(): readonly TableRow[] {
    const rows = (side: OrderSide): TableRow[] =>
      [...this.#rows[side].values()].sort((a, b) => b.price - a.price);
    return [...rows('sell'), ...rows('buy')];
  }

  /** A bid that reaches the best ask, which is in no table. */
  phantom(nowUs: number): TableChange {
    const price = this.market.engine.bestPrice('sell') ?? 0;
    const row = { id: this.#nextId(), side: 'buy' as const, price, size: 1, timeUs: nowUs };
    return { action: 'insert', rows: [row], timeUs: nowUs };
  }

  book(): VenueBook {
    const timeUs = this.#sequence * 1000;
    const sides = { bids: rowsOf(this.#flat('buy')), asks: rowsOf(this.#flat('sell')) };
    return { sequence: this.#sequence, timeUs, ...sides };
  }

  bookAt(sequence: number): VenueBook | undefined {
    return venueBook(this.#history.bookAt(sequence));
  }

  /** The oldest book that is kept. */
  oldestBook(): VenueBook | undefined {
    return venueBook(this.#history.oldest());
  }

  #touch(event: OrderEvent): void {
    const changed = changedLevels(event);
    for (const price of changed?.prices ?? []) this.#touched[changed?.side ?? 'buy'].add(price);
  }

  /** The row of a level as it is now; undefined: there is none. */
  #set(side: OrderSide, price: number, timeUs: number): TableRow | undefined {
    const rows = this.#rows[side];
    const size = this.contracts(this.market.engine.levelSize(side, price));
    const known = rows.get(price);
    if (known?.size === size) return known;
    rows.delete(price);
    if (size === 0) return undefined;
    const row = { id: known?.id ?? this.#nextId(), side, price, size, timeUs };
    rows.set(price, row);
    return row;
  }

  #nextId(): number {
    return (
      FIRST_ID + ((++this.#ids * ID_STEP) % ID_RANGE) + Math.floor(this.#ids / ID_RANGE) * ID_RANGE
    );
  }

  /** Flat price, size …, best first. */
  #flat(side: OrderSide): number[] {
    const order = side === 'buy' ? -1 : 1;
    return [...this.#rows[side].values()]
      .sort((a, b) => (a.price - b.price) * order)
      .flatMap(({ price, size }) => [price, size]);
  }
}

export function milliseconds(timeUs: number): number {
  return Math.floor(timeUs / 1000);
}

function venueBook(book: TrueBook | undefined): VenueBook | undefined {
  return book && { ...book, bids: rowsOf(book.bids), asks: rowsOf(book.asks) };
}

function rowsOf(flat: readonly number[]): BookRow[] {
  const rows: BookRow[] = [];
  for (let i = 0; i < flat.length; i += 2) rows.push([decimal(flat[i] ?? 0), String(flat[i + 1])]);
  return rows;
}

/**
 * The order books of market-data libraries, used as the libraries use them themselves: tardis-dev's
 * `OrderBook`, which takes changes with prices as numbers, and ccxt's, which its Binance adapter fills
 * from the messages.
 */

import type { OpenBook } from './book-contest.ts';
import type { Peers } from './packages.ts';
import { writeTop } from './trees.ts';

export interface TardisLevel {
  readonly price: number;
  readonly amount: number;
}

export interface TardisChange {
  readonly isSnapshot: boolean;
  readonly bids: readonly TardisLevel[];
  readonly asks: readonly TardisLevel[];
}

interface TardisBook {
  update(change: TardisChange): void;
  bestBid(): TardisLevel | undefined;
  bestAsk(): TardisLevel | undefined;
  bids(): Iterable<TardisLevel>;
  asks(): Iterable<TardisLevel>;
}

interface TardisMapper {
  map(message: object, localTimestamp: Date): Iterable<TardisChange>;
}

interface Tardis {
  readonly OrderBook: new () => TardisBook;
  readonly normalizeBookChanges: (exchange: string, localTimestamp: Date) => TardisMapper;
}

export interface TardisPeer {
  readonly title: string;
  /** Takes changes. */
  open(start: TardisChange): OpenBook<TardisChange>;
  /** Takes messages, through the library's own mapper. */
  openMapped(snapshotMessage: object): OpenBook<object>;
}

/** The messages' receive time: all the same, because nothing depends on it. */
const RECEIVED = new Date(0);

export async function tardis(peers: Peers): Promise<TardisPeer | undefined> {
  const peer = await peers.load<Tardis>('tardis-dev');
  if (!peer) return undefined;
  const { OrderBook, normalizeBookChanges } = peer.module;
  const bookOf = <Input>(book: TardisBook, apply: (input: Input) => void): OpenBook<Input> => ({
    apply,
    readTop: (top) => writeTop(top, pair(book.bestBid()), pair(book.bestAsk())),
    levels: () => ({
      bids: [...book.bids()].flatMap((level) => pair(level) ?? []),
      asks: [...book.asks()].flatMap((level) => pair(level) ?? []),
    }),
  });
  return {
    title: peer.title,
    open: (start) => {
      const book = new OrderBook();
      book.update(start);
      return bookOf(book, (change) => book.update(change));
    },
    openMapped: (snapshotMessage) => {
      const book = new OrderBook();
      const mapper = normalizeBookChanges('binance', RECEIVED);
      const apply = (message: object): void => {
        for (const change of mapper.map(message, RECEIVED)) book.update(change);
      };
      apply(snapshotMessage);
      return bookOf(book, apply);
    },
  };
}

function pair(level: TardisLevel | undefined): readonly [number, number] | undefined {
  return level && [level.price, level.amount];
}

export type CcxtLevel = readonly [price: number, size: number];

interface CcxtSide extends Iterable<CcxtLevel> {
  readonly [index: number]: CcxtLevel | undefined;
  store(price: number, size: number): void;
}

interface CcxtBook {
  readonly bids: CcxtSide;
  readonly asks: CcxtSide;
}

interface CcxtBinance {
  orderBook(snapshot: CcxtSnapshot): CcxtBook;
  handleOrderBookMessage(client: undefined, message: object, book: CcxtBook): CcxtBook;
}

interface Ccxt {
  readonly default: new () => CcxtBinance;
}

export interface CcxtSnapshot {
  readonly bids: readonly CcxtLevel[];
  readonly asks: readonly CcxtLevel[];
}

export interface CcxtPeer {
  readonly title: string;
  /** Takes levels as numbers, as its adapter stores them. */
  open(start: CcxtSnapshot): OpenBook<CcxtSnapshot>;
  /** Takes messages, through the library's own Binance adapter. */
  openMapped(start: CcxtSnapshot): OpenBook<object>;
}

export async function ccxt(peers: Peers): Promise<CcxtPeer | undefined> {
  const peer = await peers.load<Ccxt>('ccxt');
  if (!peer) return undefined;
  const exchange = new peer.module.default();
  const bookOf = <Input>(book: CcxtBook, apply: (input: Input) => void): OpenBook<Input> => ({
    apply,
    readTop: (top) => writeTop(top, book.bids[0], book.asks[0]),
    levels: () => ({ bids: [...book.bids].flat(), asks: [...book.asks].flat() }),
  });
  const started = ({ bids, asks }: CcxtSnapshot): CcxtBook => exchange.orderBook({ bids, asks });
  const store = (side: CcxtSide, levels: readonly CcxtLevel[]): void => {
    for (const [price, size] of levels) side.store(price, size);
  };
  return {
    title: peer.title,
    open: (start) => {
      const book = started(start);
      return bookOf(book, ({ bids, asks }) => {
        store(book.asks, asks);
        store(book.bids, bids);
      });
    },
    openMapped: (start) => {
      const book = started(start);
      return bookOf(book, (message) => {
        exchange.handleOrderBookMessage(undefined, message, book);
      });
    },
  };
}

/**
 * The channels of all sessions: books of 250 rows a side with their checksums, and trades. What changes in a
 * book is sent at each tick, row by row. A row passes two fault injectors: one loses it before it is counted
 * (which only a checksum shows), the other after it was (which the counter shows).
 */

import type { FaultInjector } from '../../faults/fault-injector.ts';
import type { Market } from '../../market/market.ts';
import type { MarketTrade } from '../../market/market-trade.ts';
import { corruptRow } from './corrupt-frame.ts';
import { SentBook } from './sent-book.ts';
import { ShownBook } from './shown-book.ts';
import { checksumOf, imageText, rowText, tradeText } from './wire.ts';
import type { Precision, RowChange } from './wire.ts';

/** A session, as seen by its channels. */
export interface Receiver {
  /** The next message of a channel, as text. */
  count(channel: number, content: string): string;
  readonly counter: number;
  deliver(text: string): void;
}

export interface Channel {
  readonly id: number;
  readonly symbol: string;
  readonly receiver: Receiver;
  /** null: trades. */
  readonly precision: Precision | null;
  /** null: trades, or the image has not been sent. */
  book: SentBook | null;
  /** The counter of its last message that changed the book: what is lost uncounted stands there. */
  bookCounter: number;
  lastUs: number;
  /** Nothing is sent any more, though it is subscribed. */
  isDead: boolean;
}

/** A message that was counted, for each of its receivers. */
export type CountedMessage = readonly { readonly channel: Channel; readonly text: string }[];

export const BOOK_FAULTS = ['insert', 'update', 'delete', 'checksum'] as const;

interface Pair {
  readonly market: Market;
  readonly books: Readonly<Record<Precision, ShownBook>>;
  readonly trades: MarketTrade[];
}

export class BitfinexFeed {
  readonly #pairs = new Map<string, Pair>();
  readonly #faults: FaultInjector<CountedMessage>;
  readonly #heartbeatUs: number;
  readonly #channels = new Set<Channel>();
  #lastChannel = 5149;
  /** The book channel of each symbol that was subscribed last. */
  readonly #primary = new Map<string, Channel>();

  constructor(
    markets: ReadonlyMap<string, Market>,
    faults: FaultInjector<CountedMessage>,
    heartbeatMs: number,
  ) {
    this.#faults = faults;
    this.#heartbeatUs = heartbeatMs * 1000;
    for (const [symbol, market] of markets) {
      const trades: MarketTrade[] = [];
      market.listen({ onTrade: (trade) => void trades.push(trade) });
      const books = { P0: new ShownBook(market, 'P0'), R0: new ShownBook(market, 'R0') };
      this.#pairs.set(symbol, { market, books, trades });
    }
  }

  /** Ids are handed out to all connections together. */
  nextChannel(): number {
    return ++this.#lastChannel;
  }

  /** What is shown of a pair now. */
  shown(symbol: string, precision: Precision): ShownBook | undefined {
    return this.#pairs.get(symbol)?.books[precision];
  }

  /** Sends the first message of a channel that has just been confirmed. */
  subscribe(channel: Channel, nowUs: number): void {
    const pair = this.#pairs.get(channel.symbol);
    if (!pair) return;
    const { precision, receiver, symbol } = channel;
    if (precision !== null) {
      // Pending changes go to the earlier channels; the new one has them in its image.
      this.#moveBook(symbol, precision, nowUs);
      pair.books[precision].move();
    }
    this.#channels.add(channel);
    if (this.#faults.isSilent(symbol)) return;
    if (precision === null) {
      const history = pair.market.recentTrades(3).map(tradeText);
      this.#send([channel], `[${history.reverse().join(',')}]`, nowUs);
      return;
    }
    const { rows } = pair.books[precision];
    this.#send([channel], imageText(precision, rows), nowUs);
    channel.bookCounter = receiver.counter;
    channel.book = new SentBook(precision, rows, receiver.counter, nowUs);
    this.#primary.set(symbol, channel);
  }

  unsubscribe(channel: Channel): void {
    this.#channels.delete(channel);
  }

  forgetReceivers(symbol: string): void {
    for (const channel of this.#of(symbol, 'P0')) channel.isDead = true;
    for (const channel of this.#of(symbol, 'R0')) channel.isDead = true;
  }

  /** The book channel that was subscribed last. */
  primary(symbol: string): Channel | undefined {
    return this.#primary.get(symbol);
  }

  /** Sends what is due by now. */
  tick(nowUs: number): void {
    for (const [symbol, { trades }] of this.#pairs) {
      this.#moveBook(symbol, 'P0', nowUs);
      this.#moveBook(symbol, 'R0', nowUs);
      const news = trades.splice(0);
      if (this.#faults.isSilent(symbol)) continue;
      const receivers = this.#of(symbol, null);
      for (const trade of news) {
        for (const tag of ['te', 'tu'])
          this.#send(receivers, `"${tag}",${tradeText(trade)}`, nowUs);
      }
    }
    const quiet = [...this.#channels].filter(
      ({ symbol, lastUs }) => nowUs - lastUs >= this.#heartbeatUs && !this.#faults.isSilent(symbol),
    );
    this.#send(quiet, '"hb"', nowUs);
  }

  #moveBook(symbol: string, precision: Precision, nowUs: number): void {
    const shown = this.shown(symbol, precision);
    const channels = this.#of(symbol, precision);
    const changes = channels.length > 0 ? (shown?.move() ?? []) : [];
    if (changes.length === 0) return;
    for (const change of changes) this.#change(channels, precision, change, nowUs);
    const checksum = checksumOf(precision, shown?.rows ?? []);
    if (this.#faults.isSilent(symbol)) return;
    for (const { corruption } of this.#faults.update(`${symbol}/checksum`, [])) {
      this.#send(channels, `"cs",${corruption === null ? checksum : checksum ^ 1}`, nowUs);
    }
  }

  #change(
    channels: readonly Channel[],
    precision: Precision,
    change: RowChange,
    nowUs: number,
  ): void {
    const [{ symbol } = { symbol: '' }] = channels;
    const isLost = this.#faults.update(`${symbol}/${change.action}`, []).length === 0;
    const isShown = !isLost && !this.#faults.isSilent(symbol);
    const content = rowText(precision, change);
    const counted = isShown ? this.#count(channels, content, nowUs) : [];
    for (const channel of channels) {
      if (isShown) channel.bookCounter = channel.receiver.counter;
      channel.book?.add(channel.bookCounter, nowUs, change);
    }
    if (!isShown) return;
    for (const { frame, corruption } of this.#faults.update(symbol, counted)) {
      for (const { channel, text } of frame) {
        channel.receiver.deliver(corruption ? corruptRow(corruption, text) : text);
      }
    }
  }

  #send(channels: readonly Channel[], content: string, nowUs: number): void {
    for (const { channel, text } of this.#count(channels, content, nowUs)) {
      channel.receiver.deliver(text);
    }
  }

  #count(channels: readonly Channel[], content: string, nowUs: number): CountedMessage {
    return channels
      .filter(({ isDead }) => !isDead)
      .map((channel) => {
        channel.lastUs = nowUs;
        return { channel, text: channel.receiver.count(channel.id, content) };
      });
  }

  #of(symbol: string, precision: Precision | null): readonly Channel[] {
    return [...this.#channels].filter(
      (channel) => channel.symbol === symbol && channel.precision === precision,
    );
  }
}

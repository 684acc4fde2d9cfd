/**
 * The topics of all symbols and their receivers. Book messages pass the fault injector on their way. A book
 * topic counts from when it is first asked for, so that a sequence tells which one it is of.
 */

import type { FaultInjector } from '../../faults/fault-injector.ts';
import type { Market } from '../../market/market.ts';
import { BookTopic } from './book-topic.ts';
import { corruptDelta } from './corrupt-frame.ts';
import { bookText, tradeText } from './wire.ts';
import type { BookMessage } from './wire.ts';

/** Levels a side of each book topic; null: all. */
const WINDOWS: ReadonlyMap<string, number | null> = new Map([
  ['orderbook.full', null],
  ['orderbook.1000', 1000],
  ['orderbook.200', 200],
  ['orderbook.50', 50],
]);
const FULL = 'orderbook.full';
const TRADES = 'publicTrade';

export interface Receiver {
  deliver(data: string | Buffer): void;
}

/** What a topic is about: `orderbook.full.BTCUSDT`. */
export interface TopicName {
  readonly kind: string;
  readonly symbol: string;
}

export class BybitFeed {
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #faults: FaultInjector<BookMessage>;
  readonly #firstU: number;
  /** Book topics that were asked for, by name; of a symbol the last one first. */
  readonly #topics = new Map<string, BookTopic>();
  readonly #primary = new Map<string, BookTopic>();
  readonly #receivers = new Map<string, Set<Receiver>>();

  constructor(
    markets: ReadonlyMap<string, Market>,
    faults: FaultInjector<BookMessage>,
    firstU: number,
  ) {
    this.#markets = markets;
    this.#faults = faults;
    this.#firstU = firstU;
    for (const market of markets.values()) this.#serve(market);
  }

  /** null: there is no such topic. */
  parse(topic: string): TopicName | null {
    const at = topic.lastIndexOf('.');
    const [kind, symbol] = [topic.slice(0, at), topic.slice(at + 1)];
    const isKnown = WINDOWS.has(kind) || kind === TRADES;
    return isKnown && this.#markets.has(symbol) ? { kind, symbol } : null;
  }

  subscribe(name: TopicName, receiver: Receiver): void {
    const { kind, symbol } = name;
    const stream = `${kind}.${symbol}`;
    const receivers = this.#receivers.get(stream) ?? new Set();
    this.#receivers.set(stream, receivers.add(receiver));
    if (kind === TRADES) return;
    const topic = this.topic(kind, symbol);
    if (!topic) return;
    this.#primary.set(symbol, topic);
    if (topic.window === null || this.#faults.isSilent(symbol)) return;
    receiver.deliver(bookText(topic.name, symbol, topic.image()));
  }

  unsubscribe(stream: string, receiver: Receiver): void {
    this.#receivers.get(stream)?.delete(receiver);
  }

  /** The book topic of a symbol, which counts from now on. */
  topic(kind: string, symbol: string): BookTopic | undefined {
    const stream = `${kind}.${symbol}`;
    const known = this.#topics.get(stream);
    const market = this.#markets.get(symbol);
    const window = WINDOWS.get(kind);
    if (known || !market || window === undefined) return known;
    const topic = new BookTopic(stream, window, market, this.#firstU);
    this.#topics.set(stream, topic);
    return topic;
  }

  /** The book topic that was subscribed last; without any, that of the full book. */
  primary(symbol: string): BookTopic | undefined {
    return this.#primary.get(symbol) ?? this.topic(FULL, symbol);
  }

  bookStreams(symbol: string): readonly string[] {
    return [...WINDOWS.keys()].map((kind) => `${kind}.${symbol}`);
  }

  forgetReceivers(symbol: string): void {
    for (const stream of this.bookStreams(symbol)) this.#receivers.get(stream)?.clear();
  }

  /** The service is restarted: every topic of the symbol numbers from 1. */
  restart(symbol: string): void {
    for (const topic of this.#topicsOf(symbol)) this.#publish(topic, symbol, topic.restart());
  }

  /** Sends the image of every windowed topic of the symbol once more. */
  resendImages(symbol: string): void {
    for (const topic of this.#topicsOf(symbol)) {
      if (topic.window !== null) this.#publish(topic, symbol, topic.image());
    }
  }

  #topicsOf(symbol: string): readonly BookTopic[] {
    return this.bookStreams(symbol).flatMap((stream) => this.#topics.get(stream) ?? []);
  }

  #serve(market: Market): void {
    const { symbol } = market.profile;
    const trades = `${TRADES}.${symbol}`;
    market.listen({
      onTrade: (trade) => {
        if (this.#faults.isSilent(symbol)) return;
        this.#send(trades, tradeText(trades, symbol, trade, market.engine.sequence));
      },
      onDiff: (diff) => {
        if (diff.paceMs !== 100) return;
        for (const topic of this.#topicsOf(symbol)) {
          const message = topic.take(diff);
          if (message) this.#publish(topic, symbol, message);
        }
      },
    });
  }

  #publish({ name }: BookTopic, symbol: string, message: BookMessage): void {
    const outgoing = this.#faults.update(name, message);
    if (this.#faults.isSilent(symbol)) return;
    for (const { frame, corruption } of outgoing) {
      const text = bookText(name, symbol, frame);
      this.#send(name, corruption ? corruptDelta(corruption, text) : text);
    }
  }

  #send(stream: string, text: string): void {
    for (const receiver of this.#receivers.get(stream) ?? []) receiver.deliver(text);
  }
}

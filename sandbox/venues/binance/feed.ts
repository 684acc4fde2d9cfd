/**
 * The streams of all markets and their receivers. A payload is rendered once for each format that a
 * receiver wants (time unit, combined or not). Diffs pass the fault injector on their way.
 */

import type { FaultInjector } from '../../faults/fault-injector.ts';
import type { Market, MarketDiff } from '../../market/market.ts';
import { corruptDiff } from './corrupt-frame.ts';
import type { Receiver, StreamSource } from './stream-source.ts';
import { combined, diffText, tickerText, tradeText } from './wire.ts';
import type { TimeUnit } from './wire.ts';

/** The diff streams of a symbol: every 100 ms and every second. */
export function diffStreams(symbol: string): readonly [fast: string, slow: string] {
  const name = symbol.toLowerCase();
  return [`${name}@depth@100ms`, `${name}@depth`];
}

export class BinanceFeed implements StreamSource {
  readonly #receivers = new Map<string, Set<Receiver>>();
  readonly #faults: FaultInjector<MarketDiff>;

  constructor(markets: Iterable<Market>, faults: FaultInjector<MarketDiff>) {
    this.#faults = faults;
    for (const market of markets) this.#serve(market);
  }

  subscribe(stream: string, receiver: Receiver): void {
    this.#receivers.get(stream)?.add(receiver);
  }

  unsubscribe(stream: string, receiver: Receiver): void {
    this.#receivers.get(stream)?.delete(receiver);
  }

  forgetReceivers(stream: string): void {
    this.#receivers.get(stream)?.clear();
  }

  #serve(market: Market): void {
    const { symbol } = market.profile;
    const name = symbol.toLowerCase();
    const [fast, slow] = diffStreams(symbol);
    const trades = `${name}@trade`;
    const tickers = `${name}@bookTicker`;
    for (const stream of [fast, slow, trades, tickers]) this.#receivers.set(stream, new Set());
    market.listen({
      onTrade: (trade) => this.#publish(symbol, trades, (unit) => tradeText(symbol, trade, unit)),
      onTop: (top) => this.#publish(symbol, tickers, () => tickerText(symbol, top)),
      onDiff: (diff) => {
        const stream = diff.paceMs === 100 ? fast : slow;
        for (const { frame, corruption } of this.#faults.update(stream, diff)) {
          const render = (unit: TimeUnit): string => diffText(symbol, frame, unit);
          const corrupt = (text: string): string =>
            corruption ? corruptDiff(corruption, text) : text;
          this.#publish(symbol, stream, render, corrupt);
        }
      },
    });
  }

  #publish(
    symbol: string,
    stream: string,
    render: (unit: TimeUnit) => string,
    corrupt = (text: string): string => text,
  ): void {
    const receivers = this.#receivers.get(stream);
    if (!receivers || receivers.size === 0 || this.#faults.isSilent(symbol)) return;
    const texts = new Map<string, string>();
    for (const receiver of receivers) {
      const { unit, isCombined } = receiver.format;
      const key = `${unit}${isCombined}`;
      let text = texts.get(key);
      if (text === undefined) {
        const payload = render(unit);
        text = corrupt(isCombined ? combined(stream, payload) : payload);
        texts.set(key, text);
      }
      receiver.deliver(text);
    }
  }
}

/**
 * The streams of all markets, each with those who hear it. A payload is rendered once for each form
 * in which anybody wants it (unit of time, wrapped or not), on its way past the faults.
 */

import type { Receiver, StreamSource } from './session.ts';
import { diffText, shutdownText, tickerText, tradeText } from './wire.ts';
import type { TimeUnit } from './wire.ts';
import { harmFrame } from '../../faults/corrupt-frame.ts';
import type { Market, MarketDiff } from '../../market/market.ts';
import type { HarmForm, FaultInjector } from '../../faults/fault-injector.ts';

/** The diff streams of a symbol. */
export function diffStreams(symbol: string): readonly string[] {
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
    // Names that nobody serves are accepted and stay silent, as on the real exchange.
    this.#receivers.get(stream)?.add(receiver);
  }

  unsubscribe(stream: string, receiver: Receiver): void {
    this.#receivers.get(stream)?.delete(receiver);
  }

  #serve(market: Market): void {
    const { symbol } = market.profile;
    const name = symbol.toLowerCase();
    const [fast = '', slow = ''] = diffStreams(symbol);
    const trades = `${name}@trade`;
    const tickers = `${name}@bookTicker`;
    for (const stream of [fast, slow, trades, tickers]) this.#receivers.set(stream, new Set());
    market.listen({
      onTrade: (trade) => this.#publish(symbol, trades, (unit) => tradeText(symbol, trade, unit)),
      onTop: (top) => this.#publish(symbol, tickers, () => tickerText(symbol, top)),
      onDiff: (diff) => {
        const stream = diff.paceMs === 100 ? fast : slow;
        for (const fate of this.#faults.diff(stream, diff)) {
          const render = (unit: TimeUnit): string => diffText(symbol, fate.frame, unit);
          this.#publish(symbol, stream, render, fate.harm);
        }
      },
    });
  }

  #publish(
    symbol: string,
    stream: string,
    render: (unit: TimeUnit) => string,
    harm: HarmForm | null = null,
  ): void {
    const receivers = this.#receivers.get(stream);
    if (!receivers || receivers.size === 0 || this.#faults.isSilent(symbol)) return;
    const forms = new Map<string, string>();
    for (const receiver of receivers) {
      const form = `${receiver.unit}${receiver.isCombined}`;
      let text = forms.get(form);
      if (text === undefined) {
        text = wrap(receiver, stream, render(receiver.unit));
        if (harm) text = harmFrame(harm, text);
        forms.set(form, text);
      }
      receiver.deliver(text);
    }
  }
}

function wrap(receiver: Receiver, stream: string, payload: string): string {
  return receiver.isCombined ? `{"stream":"${stream}","data":${payload}}` : payload;
}

/** The announcement of an end, in the receiver's form. */
export function shutdownFrame(receiver: Receiver, nowUs: number): string {
  return wrap(receiver, '!serverShutdown', shutdownText(nowUs, receiver.unit));
}

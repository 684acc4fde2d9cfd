/**
 * An exchange at its port, played by the test: it says what it is told to, when it is told to. For
 * faults that no real socket would produce on demand; the wire itself is tested elsewhere.
 */

import type {
  Exchange,
  FeedHandle,
  FeedListener,
  Instrument,
} from '../../logger/exchange/exchange.ts';
import { binanceRule } from '../../logger/exchange/binance/sequencer.ts';
import type { Scale } from '../../logger/market/decimal.ts';
import type { BookSnapshot, Diff, Levels, Trade } from '../../logger/market/events.ts';
import type { Clock } from '../../logger/service/clock.ts';

export const SCALE: Scale = { priceExponent: 2, sizeExponent: 3 };

export class ScriptedExchange implements Exchange {
  readonly name = 'binance';
  readonly level = 'L2';
  readonly feed = 'depth@100ms';
  readonly proof = 'sequence';
  readonly rule = binanceRule;
  readonly listeners = new Map<string, FeedListener>();
  wholeUntilUs: number | null = null;
  snapshotRequests = 0;
  resets = 0;
  /** What the next requests for a snapshot get; they wait while there is nothing. */
  readonly #answers: (BookSnapshot | Error)[] = [];
  readonly #waiting: ((answer: BookSnapshot | Error) => void)[] = [];
  instrumentAnswer: Instrument | Error = {
    symbol: 'BTCUSDT',
    scale: SCALE,
    tickSize: '0.01',
    lotSize: '0.001',
  };
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  normalizeSymbol(symbol: string): string {
    return symbol.toUpperCase();
  }

  async instrument(symbol: string): Promise<Instrument> {
    if (this.instrumentAnswer instanceof Error) throw this.instrumentAnswer;
    return { ...this.instrumentAnswer, symbol };
  }

  open(instrument: Instrument, listener: FeedListener): FeedHandle {
    this.listeners.set(instrument.symbol, listener);
    return {
      wholeUntilUs: () => this.wholeUntilUs,
      close: () => void this.listeners.delete(instrument.symbol),
    };
  }

  async snapshot(_symbol: string, signal: AbortSignal): Promise<BookSnapshot> {
    this.snapshotRequests++;
    const answer =
      this.#answers.shift() ??
      (await new Promise<BookSnapshot | Error>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(new Error('given up')), { once: true });
      }));
    if (answer instanceof Error) throw answer;
    return answer;
  }

  async reset(): Promise<void> {
    this.resets++;
  }

  async close(): Promise<void> {
    this.listeners.clear();
  }

  counters(): ReturnType<Exchange['counters']> {
    return {
      connections: 1,
      frames: 0,
      bytes: 0,
      refused: {},
      requestWeightUsed: 0,
      bannedUntilUs: null,
    };
  }

  answer(answer: BookSnapshot | Error): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(answer);
    else this.#answers.push(answer);
  }

  up(symbol = 'BTCUSDT'): void {
    this.wholeUntilUs = this.#clock.nowUs();
    this.listeners.get(symbol)?.onUp();
  }

  down(symbol = 'BTCUSDT'): void {
    const wholeUntilUs = this.wholeUntilUs ?? this.#clock.nowUs();
    this.wholeUntilUs = null;
    this.listeners.get(symbol)?.onDown(wholeUntilUs, 'the connection closed');
  }

  /** A pong: the connection is whole up to now. */
  alive(): void {
    this.wholeUntilUs = this.#clock.nowUs();
  }

  diff(
    firstSequence: number,
    lastSequence: number,
    bids: Levels = [],
    asks: Levels = [],
    symbol = 'BTCUSDT',
  ): Diff {
    const nowUs = this.#clock.nowUs();
    const diff: Diff = {
      type: 'diff',
      firstSequence,
      lastSequence,
      exchangeTimeUs: nowUs - 5000,
      receiveTimeUs: nowUs,
      bids,
      asks,
    };
    this.alive();
    this.listeners.get(symbol)?.onEvent(diff);
    return diff;
  }

  trade(tradeId: number, symbol = 'BTCUSDT'): Trade {
    const nowUs = this.#clock.nowUs();
    const trade: Trade = {
      type: 'trade',
      tradeId,
      sequence: null,
      exchangeTimeUs: nowUs - 6000,
      eventTimeUs: nowUs - 5000,
      receiveTimeUs: nowUs,
      price: 10_000,
      size: 5,
      side: 'buy',
    };
    this.alive();
    this.listeners.get(symbol)?.onEvent(trade);
    return trade;
  }
}

export function snapshotAt(sequence: number, bids: Levels, asks: Levels): BookSnapshot {
  return {
    sequence,
    receiveTimeUs: 0,
    scale: SCALE,
    bids,
    asks,
    horizon: { bid: null, ask: null },
  };
}

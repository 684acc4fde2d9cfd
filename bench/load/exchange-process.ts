/**
 * A process that plays Binance with any number of symbols: each of them repeats the recorded BTCUSDT, at
 * a pace at which all together bring the wanted number of level changes a second. Books are served by
 * REST as of the last frame. Started by `load.ts`; reports its addresses to its parent.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { ExchangeServer } from '../../sandbox/server/exchange-server.ts';
import { systemClock } from '../../sandbox/server/system-clock.ts';
import { BINANCE_LIMITS } from '../../sandbox/venues/binance/limits.ts';
import { RequestWeight } from '../../sandbox/venues/binance/request-weight.ts';
import type { WeightAnswer } from '../../sandbox/venues/binance/request-weight.ts';
import { weightOf } from '../../sandbox/venues/binance/rest.ts';
import { acceptBinance } from '../../sandbox/venues/binance/session.ts';
import type { Receiver, StreamSource } from '../../sandbox/venues/binance/stream-source.ts';
import { Connections } from '../../sandbox/venues/connections.ts';
import type { RestRequest, RestResponse } from '../../sandbox/venues/session.ts';
import { LoadRecording } from './load-recording.ts';

export interface LoadOptions {
  readonly securities: number;
  readonly changesPerSecond: number;
  readonly tradesPerSecond: number;
  /** Of the securities, those for which nothing ever comes. */
  readonly quiet: number;
  /** Requests above what the exchange allows are rejected. */
  readonly hasRealLimits: boolean;
}

/** Reported once a second. */
export interface RequestSample {
  /** Weight spent in the minute in which most was. */
  readonly maxMinuteWeight: number;
  readonly rejectedRequests: number;
  /** Securities whose deepest snapshot so far had at least so many levels a side. */
  readonly deeperThan: Readonly<Record<'first' | '1000' | '5000', number>>;
}

export interface LoadAddresses {
  readonly wsUrl: string;
  readonly restUrl: string;
}

const TURN_MS = 5;
const DEFAULT_DEPTH = 100;

/** `L0001USDT` … */
export function loadSymbols(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `L${String(i + 1).padStart(4, '0')}USDT`);
}

class LoadExchange implements StreamSource {
  readonly #recording = new LoadRecording();
  readonly #symbols: readonly string[];
  readonly #options: LoadOptions;
  readonly #receivers = new Map<string, Receiver>();
  readonly #server: ExchangeServer;
  readonly #weight: RequestWeight;
  #maxMinuteWeight = 0;
  #rejectedRequests = 0;
  /** The deepest snapshot of each symbol. */
  readonly #depths = new Map<string, number>();
  /** Frames played so far, of all symbols in turn. */
  #diffs = 0;
  #trades = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#symbols = loadSymbols(options.securities);
    this.#weight = new RequestWeight(
      options.hasRealLimits ? BINANCE_LIMITS.weightPerMinute : Infinity,
    );
    const clock = systemClock();
    // Subscribing thousands of symbols and resuming them at once is not what is measured.
    const limits = { ...BINANCE_LIMITS, connectionsPerFiveMinutes: 10_000 };
    const connections = new Connections(clock, limits);
    this.#server = new ExchangeServer({
      host: '127.0.0.1',
      port: 0,
      clock,
      connections,
      accept: (url) => acceptBinance(url, { source: this, clock, limits }) ?? 404,
      respond: (request) => this.#respond(request),
    });
  }

  async listen(): Promise<LoadAddresses> {
    await this.#server.listen();
    return { wsUrl: this.#server.wsUrl, restUrl: this.#server.restUrl };
  }

  subscribe(stream: string, receiver: Receiver): void {
    this.#receivers.set(stream, receiver);
  }

  unsubscribe(stream: string, receiver: Receiver): void {
    if (this.#receivers.get(stream) === receiver) this.#receivers.delete(stream);
  }

  async play(): Promise<never> {
    const { changesPerSecond, tradesPerSecond } = this.#options;
    const startMs = performance.now();
    for (let changes = 0; ;) {
      await wait(TURN_MS);
      const elapsedS = (performance.now() - startMs) / 1000;
      while (changes < elapsedS * changesPerSecond) changes += this.#playDiff();
      while (this.#trades < elapsedS * tradesPerSecond) this.#playTrade();
    }
  }

  /** @returns its level changes. */
  #playDiff(): number {
    const symbol = this.#symbolOf(this.#diffs);
    const index = this.#playedOf(this.#diffs++);
    const stream = `${symbol.toLowerCase()}@depth@100ms`;
    const receiver = this.#receivers.get(stream);
    if (receiver) receiver.deliver(this.#recording.diffFrame(stream, symbol, index));
    return this.#recording.changesIn(index);
  }

  #playTrade(): void {
    const symbol = this.#symbolOf(this.#trades);
    const index = this.#playedOf(this.#trades++);
    const stream = `${symbol.toLowerCase()}@trade`;
    const receiver = this.#receivers.get(stream);
    if (receiver) receiver.deliver(this.#recording.tradeFrame(stream, symbol, index));
  }

  /** The last ones are quiet. */
  get #playing(): number {
    return this.#symbols.length - this.#options.quiet;
  }

  #symbolOf(frame: number): string {
    return this.#symbols[frame % this.#playing] ?? '';
  }

  /** Frames of its symbol that came before. */
  #playedOf(frame: number): number {
    return Math.floor(frame / this.#playing);
  }

  #playedFor(symbol: string): number {
    const index = this.#symbols.indexOf(symbol);
    if (index >= this.#playing) return 0;
    return Math.max(0, Math.ceil((this.#diffs - index) / this.#playing));
  }

  sample(): RequestSample {
    const atLeast = (depth: number): number =>
      [...this.#depths.values()].filter((one) => one >= depth).length;
    return {
      maxMinuteWeight: this.#maxMinuteWeight,
      rejectedRequests: this.#rejectedRequests,
      deeperThan: { first: atLeast(100), '1000': atLeast(1000), '5000': atLeast(5000) },
    };
  }

  #respond({ url }: RestRequest): RestResponse {
    const { pathname, searchParams } = new URL(url, 'http://load');
    const spent = this.#weight.spend(weightOf(pathname, searchParams), Date.now());
    this.#maxMinuteWeight = Math.max(this.#maxMinuteWeight, spent.used);
    if (spent.status === 200) return this.#answer(pathname, searchParams, spent);
    this.#rejectedRequests++;
    return respond('{"code":-1003,"msg":"Too much request weight used."}', spent);
  }

  #answer(pathname: string, params: URLSearchParams, spent: WeightAnswer): RestResponse {
    const named = params.get('symbol') ?? params.get('symbols');
    const symbols = named === null ? this.#symbols : (named.match(/\w+/g) ?? []);
    switch (pathname) {
      case '/api/v3/exchangeInfo':
        return respond(JSON.stringify({ symbols: symbols.map(instrument) }), spent);
      case '/api/v3/depth': {
        const [symbol = ''] = symbols;
        const depth = Number(params.get('limit') ?? DEFAULT_DEPTH);
        this.#depths.set(symbol, Math.max(depth, this.#depths.get(symbol) ?? 0));
        return respond(this.#recording.snapshotAfter(this.#playedFor(symbol), depth), spent);
      }
      case '/api/v3/ticker/bookTicker':
        return respond(JSON.stringify(symbols.map((symbol) => this.#ticker(symbol))), spent);
      default:
        return respond('{}', { ...spent, status: 404 });
    }
  }

  #ticker(symbol: string): unknown {
    const [bid, ask] = this.#recording.topAfter(this.#playedFor(symbol));
    return { symbol, bidPrice: bid?.[0], bidQty: bid?.[1], askPrice: ask?.[0], askQty: ask?.[1] };
  }
}

function instrument(symbol: string): unknown {
  return {
    symbol,
    status: 'TRADING',
    filters: [
      { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
      { filterType: 'LOT_SIZE', stepSize: '0.00001000' },
    ],
  };
}

function respond(
  body: string,
  { status, used, retryAfterSeconds }: Omit<WeightAnswer, 'status'> & { readonly status: number },
): RestResponse {
  const headers = {
    'content-type': 'application/json',
    'x-mbx-used-weight-1m': String(used),
    ...(status === 429 || status === 418 ? { 'retry-after': String(retryAfterSeconds) } : {}),
  };
  return { status, headers, body, delayMs: 0 };
}

if (process.send) {
  const exchange = new LoadExchange(JSON.parse(process.argv[2] ?? '{}') as LoadOptions);
  process.send(await exchange.listen());
  process.on('disconnect', () => process.exit());
  setInterval(() => process.send?.(exchange.sample()), 1000);
  await exchange.play();
}

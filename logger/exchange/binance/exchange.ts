/**
 * Binance spot behind the `Exchange` port: L2 diffs and trades over as few connections as the
 * exchange allows (512 symbols each), snapshots and tick sizes by REST within one request budget.
 */

import { UnknownSecurityError } from '../../errors.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { Scale } from '../../market/decimal.ts';
import type {
  BookProbe,
  Exchange,
  FeedListener,
  Instrument,
  SnapshotRequest,
} from '../exchange.ts';
import { exchangeCandles } from '../candles.ts';
import type { FeedConnection } from '../feed/feed-connection.ts';
import { SequencedFeed } from '../feed/sequenced-feed.ts';
import { RequestBudget } from '../rest/request-budget.ts';
import { RestClient } from '../rest/rest-client.ts';
import type { RestResponse } from '../rest/rest-client.ts';
import {
  connectionWithRoom,
  MAX_PATIENT_WAIT_MS,
  MAX_URGENT_WAIT_MS,
  StreamingExchange,
  withoutTrailingSlash,
} from '../streaming-exchange.ts';
import type { ExchangeOptions, Listing } from '../streaming-exchange.ts';
import { TokenBucket } from '../token-bucket.ts';
import { parseJson } from '../wire/fields.ts';
import { WireErrors } from '../wire/wire-errors.ts';
import { InstrumentBatch } from '../rest/instrument-batch.ts';
import { BINANCE_CANDLES } from './candles.ts';
import {
  DEFAULT_SCALE,
  INSTRUMENT_WEIGHT,
  instrumentPath,
  parseInstruments,
} from './instruments.ts';
import { BINANCE_LIMITS } from './limits.ts';
import type { BinanceLimits } from './limits.ts';
import { STREAMS_PER_SYMBOL, binanceProtocol } from './protocol.ts';
import {
  TICKERS_PATH,
  TICKERS_WEIGHT,
  TOP_WEIGHT,
  parseTickers,
  parseTop,
  topPath,
} from './probe.ts';
import { isUnlisted, reasonOf } from './rejections.ts';
import { binanceRule } from './sequencer.ts';
import {
  SNAPSHOT_DEPTHS,
  affordableDepth,
  parseSnapshot,
  snapshotPath,
  snapshotWeight,
} from './snapshot.ts';

export interface BinanceOptions extends ExchangeOptions {
  readonly updateFrequencyMs: 100 | 1000;
  /** Other limits than the exchange's own: for tests. */
  readonly limits?: Partial<BinanceLimits>;
}

export function createBinance(options: BinanceOptions): Exchange {
  return new BinanceExchange(options);
}

class BinanceExchange extends StreamingExchange {
  readonly name = 'binance';
  readonly level = 'L2';
  readonly proof = 'sequence';
  readonly rule = binanceRule;
  readonly probesInBatches = true;
  readonly snapshotDepths = SNAPSHOT_DEPTHS;
  readonly candles = exchangeCandles(BINANCE_CANDLES, {
    wireErrors: this.wireErrors,
    get: (path, weight, signal) => this.#get(path, weight, signal),
  });
  readonly feed: string;
  readonly #limits: BinanceLimits;
  readonly #rest: RestClient;
  readonly #instrumentBatch: InstrumentBatch;
  /** Open symbols whose first snapshot is still to be asked for. */
  readonly #withoutBook = new Set<string>();

  constructor(options: BinanceOptions) {
    const { clock, log, updateFrequencyMs } = options;
    const limits = { ...BINANCE_LIMITS, ...options.limits };
    const budget = new RequestBudget(clock, limits.requests);
    const feed = updateFrequencyMs === 100 ? 'depth@100ms' : 'depth';
    super(
      {
        ...options,
        exchange: 'binance',
        feed,
        protocol: binanceProtocol(feed),
        url: `${withoutTrailingSlash(options.wsUrl)}/stream?timeUnit=MICROSECOND`,
        limits,
        joinWithinMs: updateFrequencyMs + limits.quietAfterMs,
        wireErrors: new WireErrors('binance', log),
        connecting: new TokenBucket(clock, limits.connecting),
      },
      { budget, poll: limits },
    );
    this.feed = feed;
    this.#limits = limits;
    this.#rest = new RestClient({
      restUrl: withoutTrailingSlash(options.restUrl),
      transport: options.transport,
      budget,
      clock,
      log,
      timeoutMs: limits.requestTimeoutMs,
      maxBytes: limits.maxResponseBytes,
      usedWeightHeader: 'x-mbx-used-weight-1m',
      reasonOf,
      isUnlisted,
    });
    this.#instrumentBatch = new InstrumentBatch(limits.maxSymbolsPerRequest, (symbols) =>
      this.#listings(symbols, 'urgent'),
    );
  }

  instrument(symbol: string, signal: AbortSignal): Promise<Instrument> {
    return this.#instrumentBatch.ask(symbol, signal);
  }

  async snapshot(
    symbol: string,
    signal: AbortSignal,
    { urgency = 'usual', depth: wanted }: SnapshotRequest = {},
  ): Promise<BookSnapshot> {
    let depth = wanted ?? 0;
    const choose = (available: number): number => {
      depth = affordableDepth(available, this.#booksAwaited(symbol));
      return snapshotWeight(depth);
    };
    const answer = await this.#rest.get({
      path: () => snapshotPath(symbol, depth),
      onTurn: () => this.#withoutBook.delete(symbol),
      weight: wanted === undefined ? choose : snapshotWeight(wanted),
      signal: AbortSignal.any([signal, this.closing.signal]),
      urgency,
      maxWaitMs: MAX_PATIENT_WAIT_MS,
    });
    const feed = this.feeds.get(symbol);
    const snapshot = this.counted(() =>
      parseSnapshot(parseJson(answer.body), {
        scale: feed?.scale ?? DEFAULT_SCALE,
        receiveTimeUs: answer.receiveTimeUs,
        depth,
      }),
    );
    feed?.raiseScale(snapshot.scale);
    return snapshot;
  }

  /** How many books are still to be paid for, with that of a symbol. */
  #booksAwaited(symbol: string): number {
    this.#withoutBook.add(symbol);
    for (const one of this.#withoutBook) if (!this.feeds.has(one)) this.#withoutBook.delete(one);
    const soon = this.#withoutBook.size + this.#instrumentBatch.waiting;
    return Math.max(soon, this.budget.waiting, 1);
  }

  async probe(
    symbols: readonly string[],
    depth: 'prices' | 'sequence',
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, BookProbe>> {
    const request = {
      signal: AbortSignal.any([signal, this.closing.signal]),
      urgency: 'probe' as const,
      maxWaitMs: MAX_URGENT_WAIT_MS,
    };
    const scaleOf = (symbol: string): Scale => this.feeds.get(symbol)?.scale ?? DEFAULT_SCALE;
    if (depth === 'prices') {
      const answer = await this.#rest.get({
        ...request,
        path: TICKERS_PATH,
        weight: TICKERS_WEIGHT,
      });
      const { receiveTimeUs } = answer;
      return this.counted(() =>
        parseTickers(parseJson(answer.body), { symbols, scaleOf, receiveTimeUs }),
      );
    }
    return this.probeEach(symbols, async (symbol) => {
      const asked = { ...request, path: topPath(symbol), weight: TOP_WEIGHT };
      const { body, receiveTimeUs } = await this.#rest.get(asked);
      const context = { scale: scaleOf(symbol), receiveTimeUs };
      return this.counted(() => parseTop(parseJson(body), context));
    });
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): SequencedFeed {
    this.#withoutBook.add(instrument.symbol);
    return new SequencedFeed(instrument, { listener, wireErrors: this.wireErrors });
  }

  protected connectionFor(connections: readonly FeedConnection[]): FeedConnection | undefined {
    const { maxStreamsPerConnection } = this.#limits;
    return connectionWithRoom(connections, STREAMS_PER_SYMBOL, maxStreamsPerConnection);
  }

  #get(path: string, weight: number, signal: AbortSignal): Promise<RestResponse> {
    return this.#rest.get({
      path,
      weight,
      signal: AbortSignal.any([signal, this.closing.signal]),
      urgency: 'spare',
      maxWaitMs: MAX_PATIENT_WAIT_MS,
    });
  }

  async #instruments(
    symbols: readonly string[],
    urgency: 'urgent' | 'usual',
  ): Promise<ReadonlyMap<string, Instrument>> {
    const answer = await this.#rest.get({
      path: instrumentPath(symbols),
      weight: INSTRUMENT_WEIGHT,
      signal: this.closing.signal,
      urgency,
      maxWaitMs: urgency === 'urgent' ? MAX_URGENT_WAIT_MS : MAX_PATIENT_WAIT_MS,
    });
    return this.counted(() => parseInstruments(parseJson(answer.body)));
  }

  protected lookUp(symbols: readonly string[]): Promise<ReadonlyMap<string, Listing>> {
    return this.#listings(symbols, 'usual');
  }

  async #listings(
    symbols: readonly string[],
    urgency: 'urgent' | 'usual',
  ): Promise<ReadonlyMap<string, Listing>> {
    const max = this.#limits.maxSymbolsPerRequest;
    const chunks: (readonly string[])[] = [];
    for (let i = 0; i < symbols.length; i += max) chunks.push(symbols.slice(i, i + max));
    const found = new Map<string, Listing>();
    for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
      try {
        for (const [symbol, instrument] of await this.#instruments(chunk, urgency)) {
          found.set(symbol, instrument);
        }
      } catch (error) {
        if (!(error instanceof UnknownSecurityError)) throw error;
        const [only] = chunk;
        // One unknown symbol fails the whole request: halves isolate it.
        const middle = Math.ceil(chunk.length / 2);
        if (chunk.length > 1) chunks.unshift(chunk.slice(0, middle), chunk.slice(middle));
        else if (only !== undefined) found.set(only, { unlisted: error.message });
      }
    }
    return found;
  }
}

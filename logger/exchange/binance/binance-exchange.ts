/**
 * Binance spot behind the `Exchange` port: L2 diffs and single trades for any number of symbols over
 * as few connections as the exchange allows (512 symbols each), snapshots and tick sizes by REST
 * within one request budget. Trouble with one symbol stays with it; trouble with REST never touches
 * the streams.
 */

import {
  ConflictError,
  ExchangeRefusedError,
  FeedClosedError,
  LoggerError,
  UnknownSecurityError,
  describeError,
} from '../../errors.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { Clock, Timer } from '../../service/clock.ts';
import type { Log } from '../../service/log.ts';
import type { Random } from '../../service/random.ts';
import type {
  Exchange,
  ExchangeCounters,
  FeedHandle,
  FeedListener,
  Instrument,
} from '../exchange.ts';
import { Refusals } from '../refusals.ts';
import { RequestBudget } from '../request-budget.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { Transport } from '../transport.ts';
import {
  DEFAULT_SCALE,
  INSTRUMENT_WEIGHT,
  hasSameSteps,
  instrumentPath,
  parseInstruments,
} from './instrument.ts';
import { BINANCE_LIMITS } from './limits.ts';
import type { BinanceLimits } from './limits.ts';
import { Line } from './line.ts';
import type { LineOptions } from './line.ts';
import { BinanceRest } from './rest.ts';
import { binanceRule } from './sequencer.ts';
import { SNAPSHOT_DEPTH, SNAPSHOT_WEIGHT, parseSnapshot, snapshotPath } from './snapshot.ts';
import { Subscription } from './subscription.ts';
import { parseJson } from './wire.ts';

export interface BinanceOptions {
  /** Base addresses, without a path. */
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly updateFrequencyMs: 100 | 1000;
  readonly staleAfterMs: number;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Other limits than the exchange's own: for tests. */
  readonly limits?: Partial<BinanceLimits>;
}

/** How long a request may wait out a "slow down" before it fails: a person's, and a snapshot. */
const URGENT_WAIT_MAX_MS = 5000;
const PATIENT_WAIT_MAX_MS = 120_000;

export function createBinance(options: BinanceOptions): Exchange {
  return new BinanceExchange(options);
}

class BinanceExchange implements Exchange {
  readonly name = 'binance';
  readonly level = 'L2';
  readonly proof = 'sequence';
  readonly rule = binanceRule;
  readonly feed: string;
  readonly #limits: BinanceLimits;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #refusals: Refusals;
  readonly #budget: RequestBudget;
  readonly #rest: BinanceRest;
  readonly #lineOptions: LineOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  #lines: Line[] = [];
  #pollTimer: Timer | null = null;
  readonly #closing = new AbortController();

  constructor(options: BinanceOptions) {
    const { transport, clock, log, random, staleAfterMs, updateFrequencyMs } = options;
    this.feed = updateFrequencyMs === 100 ? 'depth@100ms' : 'depth';
    this.#limits = { ...BINANCE_LIMITS, ...options.limits };
    this.#clock = clock;
    this.#log = log;
    this.#refusals = new Refusals(this.name, log);
    this.#budget = new RequestBudget(clock, this.#limits.requests);
    this.#rest = new BinanceRest({
      restUrl: options.restUrl.replace(/\/+$/, ''),
      transport,
      budget: this.#budget,
      clock,
      timeoutMs: this.#limits.requestTimeoutMs,
      maxBytes: this.#limits.answerMaxBytes,
    });
    this.#lineOptions = {
      url: `${options.wsUrl.replace(/\/+$/, '')}/stream?timeUnit=MICROSECOND`,
      transport,
      clock,
      random,
      log,
      staleAfterMs,
      limits: this.#limits,
      joinWithinMs: updateFrequencyMs + this.#limits.quietAfterMs,
      refusals: this.#refusals,
      traffic: { frames: 0, bytes: 0 },
      connecting: new TokenBucket(clock, this.#limits.connecting),
      onRefused: (subscription, reason) => {
        this.#forget(subscription);
        subscription.refuse(reason);
      },
    };
  }

  normalizeSymbol(symbol: string): string {
    return symbol.toUpperCase();
  }

  async instrument(symbol: string): Promise<Instrument> {
    const name = this.normalizeSymbol(symbol);
    try {
      const found = (await this.#instruments([name], true)).get(name);
      if (found) return found;
    } catch (error) {
      if (!(error instanceof ExchangeRefusedError) || error.context['status'] !== 400) throw error;
      throw new UnknownSecurityError(this.#refusalText(error), { cause: error });
    }
    throw new UnknownSecurityError(`The exchange does not list ${name}`);
  }

  open(instrument: Instrument, listener: FeedListener): FeedHandle {
    if (this.#closing.signal.aborted) throw new FeedClosedError('The exchange was closed');
    if (this.#subscriptions.has(instrument.symbol)) {
      throw new ConflictError(`${this.name}:${instrument.symbol} is open already`);
    }
    const refusals = this.#refusals;
    const subscription = new Subscription(instrument, this.feed, { listener, refusals });
    this.#subscriptions.set(instrument.symbol, subscription);
    const line = this.#lineWithRoom(subscription.streams.length);
    line.add(subscription);
    if (!this.#pollTimer) this.#pollIn(this.#limits.instrumentPollMs);
    return {
      wholeUntilUs: () => (subscription.isClosed ? null : line.wholeUntilUs(subscription)),
      close: () => {
        if (subscription.isClosed) return;
        subscription.close();
        this.#forget(subscription);
        line.remove(subscription);
      },
    };
  }

  async snapshot(symbol: string, signal: AbortSignal): Promise<BookSnapshot> {
    const answer = await this.#rest.get({
      path: snapshotPath(symbol),
      weight: SNAPSHOT_WEIGHT,
      signal: AbortSignal.any([signal, this.#closing.signal]),
      isUrgent: false,
      waitMaxMs: PATIENT_WAIT_MAX_MS,
    });
    const subscription = this.#subscriptions.get(symbol);
    const snapshot = this.#counted(() =>
      parseSnapshot(parseJson(answer.body), {
        scale: subscription?.scale ?? DEFAULT_SCALE,
        receiveTimeUs: answer.receiveTimeUs,
        depth: SNAPSHOT_DEPTH,
      }),
    );
    subscription?.raiseScale(snapshot.scale);
    return snapshot;
  }

  async reset(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.reset()));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#pollTimer?.cancel();
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
    const lines = this.#lines;
    this.#lines = [];
    await Promise.all(lines.map((line) => line.close()));
  }

  counters(): ExchangeCounters {
    const { traffic } = this.#lineOptions;
    let connections = 0;
    for (const line of this.#lines) connections += line.openConnections;
    return {
      connections,
      frames: traffic.frames,
      bytes: traffic.bytes,
      refused: this.#refusals.counts(),
      requestWeightUsed: this.#budget.weightUsed,
      bannedUntilUs: this.#budget.bannedUntilUs,
    };
  }

  #lineWithRoom(streams: number): Line {
    const max = this.#limits.streamsPerConnectionMax;
    const found = this.#lines.find((line) => line.streamCount + streams <= max);
    if (found) return found;
    const line = new Line(this.#lineOptions);
    this.#lines.push(line);
    return line;
  }

  #forget(subscription: Subscription): void {
    if (this.#subscriptions.get(subscription.symbol) === subscription) {
      this.#subscriptions.delete(subscription.symbol);
    }
  }

  async #instruments(
    symbols: readonly string[],
    isUrgent: boolean,
  ): Promise<ReadonlyMap<string, Instrument>> {
    const answer = await this.#rest.get({
      path: instrumentPath(symbols),
      weight: INSTRUMENT_WEIGHT,
      signal: this.#closing.signal,
      isUrgent,
      waitMaxMs: isUrgent ? URGENT_WAIT_MAX_MS : PATIENT_WAIT_MAX_MS,
    });
    return this.#counted(() => parseInstruments(parseJson(answer.body)));
  }

  /** Runs `read`; an answer that can't be read is counted like a frame, and still fails its caller. */
  #counted<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.#refusals.noteOrThrow(error);
      throw error;
    }
  }

  #refusalText(error: ExchangeRefusedError): string {
    const { reason, code } = error.context;
    const said = typeof reason === 'string' ? reason : 'the exchange refused it without a reason';
    return `${said}${typeof code === 'number' ? ` (code ${code})` : ''}`;
  }

  #pollIn(delayMs: number): void {
    this.#pollTimer = this.#clock.schedule(delayMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    const isDone = await this.#pollInstruments();
    if (this.#closing.signal.aborted) return;
    this.#pollIn(isDone ? this.#limits.instrumentPollMs : this.#limits.instrumentRetryMs);
  }

  /** Looks at tick and lot sizes of every open symbol. Whether the exchange answered throughout. */
  async #pollInstruments(): Promise<boolean> {
    const symbols = [...this.#subscriptions.keys()];
    const max = this.#limits.symbolsPerRequestMax;
    const chunks: string[][] = [];
    for (let i = 0; i < symbols.length; i += max) chunks.push(symbols.slice(i, i + max));
    for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
      const found = await this.#lookUp(chunk);
      if (found === 'failed') return false;
      if (found !== 'refused') {
        this.#compare(found);
      } else if (chunk.length > 1) {
        // One unknown symbol fails the whole request: halves find it, the others are looked at.
        const middle = Math.ceil(chunk.length / 2);
        chunks.unshift(chunk.slice(0, middle), chunk.slice(middle));
      }
    }
    return true;
  }

  async #lookUp(
    symbols: readonly string[],
  ): Promise<ReadonlyMap<string, Instrument> | 'refused' | 'failed'> {
    try {
      return await this.#instruments(symbols, false);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      if (this.#closing.signal.aborted) return 'failed';
      const isRefused = error instanceof ExchangeRefusedError && error.context['status'] === 400;
      if (!isRefused || symbols.length === 1) {
        this.#log.warning('Tick and lot sizes could not be looked up', {
          exchange: this.name,
          symbols: symbols.slice(0, 3).join(' '),
          reason: describeError(error),
        });
      }
      return isRefused ? 'refused' : 'failed';
    }
  }

  #compare(instruments: ReadonlyMap<string, Instrument>): void {
    for (const [symbol, instrument] of instruments) {
      const subscription = this.#subscriptions.get(symbol);
      if (!subscription || hasSameSteps(subscription.instrument, instrument)) continue;
      this.#log.notice('The exchange changed tick or lot size', {
        security: `${this.name}:${symbol}`,
        tickSize: instrument.tickSize,
        lotSize: instrument.lotSize,
      });
      subscription.change(instrument);
    }
  }
}

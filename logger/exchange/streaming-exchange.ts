/**
 * What every exchange behind the `Exchange` port is made of: open symbols spread over lasting
 * connections, a request budget, a look now and then at tick and lot sizes. An exchange adds its
 * protocol. Trouble with one symbol stays with it; trouble with REST never touches the streams.
 */

import { ConflictError, FeedClosedError } from '../errors.ts';
import type { ExchangeRefusedError } from '../errors.ts';
import type { Proof } from '../market/coverage.ts';
import type { BookSnapshot } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { MarketFrame } from './dialect.ts';
import type {
  Exchange,
  ExchangeCounters,
  FeedHandle,
  FeedListener,
  Instrument,
  SequenceRule,
} from './exchange.ts';
import { Line } from './line.ts';
import type { LineOptions } from './line.ts';
import type { Refusals } from './refusals.ts';
import type { RequestBudget } from './request-budget.ts';
import type { Subscription } from './subscription.ts';
import type { Transport } from '../runtime/transport.ts';

/** What every exchange gets from outside. */
export interface ExchangeOptions {
  /** Base addresses, without a path. */
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly staleAfterMs: number;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface PollLimits {
  /** Between two looks at tick and lot sizes; after a failed one, sooner. */
  readonly instrumentPollMs: number;
  readonly instrumentRetryMs: number;
}

/** How long a request may wait out a "slow down" before it fails: a person's, and a snapshot. */
export const URGENT_WAIT_MAX_MS = 5000;
export const PATIENT_WAIT_MAX_MS = 120_000;

/** A base address as it is put before a path. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

export abstract class StreamingExchange<
  Frame extends MarketFrame,
  Feed extends Subscription<Frame>,
> implements Exchange {
  abstract readonly name: string;
  abstract readonly level: BookLevel;
  abstract readonly feed: string;
  abstract readonly proof: Proof;
  abstract readonly rule: SequenceRule;
  protected readonly subscriptions = new Map<string, Feed>();
  protected readonly closing = new AbortController();
  protected readonly clock: Clock;
  protected readonly log: Log;
  protected readonly refusals: Refusals;
  protected readonly budget: RequestBudget;
  readonly #lineOptions: LineOptions<Frame>;
  readonly #poll: PollLimits;
  #lines: Line<Frame>[] = [];
  readonly #lineOf = new Map<Feed, Line<Frame>>();
  #pollTimer: Timer | null = null;

  constructor(
    line: Omit<LineOptions<Frame>, 'onRefused' | 'traffic'>,
    parts: { readonly budget: RequestBudget; readonly poll: PollLimits },
  ) {
    this.clock = line.clock;
    this.log = line.log;
    this.refusals = line.refusals;
    this.budget = parts.budget;
    this.#poll = parts.poll;
    this.#lineOptions = {
      ...line,
      traffic: { frames: 0, bytes: 0 },
      onRefused: (subscription, reason) => {
        this.#forget(subscription as Feed);
        subscription.refuse(reason);
      },
    };
  }

  normalizeSymbol(symbol: string): string {
    return symbol.toUpperCase();
  }

  abstract instrument(symbol: string): Promise<Instrument>;
  abstract snapshot(symbol: string, signal: AbortSignal, isSpare?: boolean): Promise<BookSnapshot>;
  protected abstract subscription(instrument: Instrument, listener: FeedListener): Feed;
  /** The line that is to carry one more symbol; undefined: a new one. */
  protected abstract lineFor(
    lines: readonly Line<Frame>[],
    subscription: Feed,
  ): Line<Frame> | undefined;
  /** Looks at tick and lot sizes of every open symbol. Whether the exchange answered throughout. */
  protected abstract pollInstruments(): Promise<boolean>;

  open(instrument: Instrument, listener: FeedListener): FeedHandle {
    if (this.closing.signal.aborted) throw new FeedClosedError('The exchange was closed');
    if (this.subscriptions.has(instrument.symbol)) {
      throw new ConflictError(`${this.name}:${instrument.symbol} is open already`);
    }
    const subscription = this.subscription(instrument, listener);
    this.subscriptions.set(instrument.symbol, subscription);
    let line = this.lineFor(this.#lines, subscription);
    if (!line) {
      line = new Line(this.#lineOptions);
      this.#lines.push(line);
    }
    const carrying = line;
    this.#lineOf.set(subscription, carrying);
    carrying.add(subscription);
    if (!this.#pollTimer) this.#pollIn(this.#poll.instrumentPollMs);
    return {
      aliveUntilUs: () => (subscription.isClosed ? null : carrying.aliveUntilUs(subscription)),
      close: () => {
        if (subscription.isClosed) return;
        subscription.close();
        this.#forget(subscription);
        carrying.remove(subscription);
      },
    };
  }

  async reset(): Promise<void> {
    await Promise.all(this.#lines.map((line) => line.reset()));
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.#pollTimer?.cancel();
    for (const subscription of this.subscriptions.values()) subscription.close();
    this.subscriptions.clear();
    this.#lineOf.clear();
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
      refused: this.refusals.counts(),
      requestWeightUsed: this.budget.weightUsed,
      bannedUntilUs: this.budget.bannedUntilUs,
    };
  }

  /** The line that carries an open symbol. */
  protected lineOf(subscription: Feed): Line<Frame> | undefined {
    return this.#lineOf.get(subscription);
  }

  /** Runs `read`; an answer that can't be read is counted like a frame, and still fails its caller. */
  protected counted<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.refusals.noteOrThrow(error);
      throw error;
    }
  }

  /** Takes over tick and lot sizes that changed. */
  protected compare(instruments: ReadonlyMap<string, Instrument>): void {
    for (const [symbol, instrument] of instruments) {
      const subscription = this.subscriptions.get(symbol);
      if (!subscription || hasSameSteps(subscription.instrument, instrument)) continue;
      this.log.notice('The exchange changed tick or lot size', {
        security: `${this.name}:${symbol}`,
        tickSize: instrument.tickSize,
        lotSize: instrument.lotSize,
      });
      subscription.change(instrument);
    }
  }

  #forget(subscription: Feed): void {
    this.#lineOf.delete(subscription);
    if (this.subscriptions.get(subscription.symbol) === subscription) {
      this.subscriptions.delete(subscription.symbol);
    }
  }

  #pollIn(delayMs: number): void {
    this.#pollTimer = this.clock.schedule(delayMs, () => void this.#pollOnce());
  }

  async #pollOnce(): Promise<void> {
    const isDone = await this.pollInstruments();
    if (this.closing.signal.aborted) return;
    this.#pollIn(isDone ? this.#poll.instrumentPollMs : this.#poll.instrumentRetryMs);
  }
}

export function hasSameSteps(a: Instrument, b: Instrument): boolean {
  return a.tickSize === b.tickSize && a.lotSize === b.lotSize;
}

/** The exchange's own reason why it refused a request. */
export function refusalText(error: ExchangeRefusedError): string {
  const { reason, code } = error.context;
  const said = typeof reason === 'string' ? reason : 'the exchange refused it without a reason';
  return `${said}${typeof code === 'number' ? ` (code ${code})` : ''}`;
}

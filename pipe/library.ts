/**
 * The pipe in a program of one's own: the top of book over several exchanges as it moves, with the last hours in
 * memory.
 *
 * ```ts
 * import { openPipe } from 'orderbook-logger/pipe';
 *
 * const pipe = await openPipe({
 *   pairs: ['BTCUSDT'],
 *   exchanges: ['binance', 'bybit'],
 *   loggers: [{ port: 6634, authkey: process.env.MANAGER_AUTHKEY }],
 * });
 * await pipe.ready();
 * console.log(pipe.at('BTCUSDT', '2026-11-20T07:00:04.5Z').binance?.topBid);
 * for (const change of pipe.range('BTCUSDT', '2026-11-20T07:00:00Z')) console.log(change);
 * await pipe.close();
 * ```
 */

// For programs whose `lib` lacks `Symbol.asyncDispose`.
/// <reference lib="esnext.disposable" preserve="true" />

import { InvalidArgumentError } from '../logger/errors.ts';
import { parseSecurity } from '../logger/market/security.ts';
import { parseDurationUs, parseTimeUs } from '../logger/market/time.ts';
import { createSystemClock } from '../logger/service/system-clock.ts';
import { systemRandom } from '../logger/service/system-random.ts';
import { parsePair } from './market/pairs.ts';
import type { Venue } from './market/venue.ts';
import { findVenues } from './market/venues.ts';
import type { WantedExchange } from './market/venues.ts';
import { follow } from './sources/follow.ts';
import { LiveMemory } from './sources/live-memory.ts';
import { LoggerSource } from './sources/logger-source.ts';
import { topText } from './top/top.ts';
import type { Top } from './top/top.ts';
import { VenueTops } from './top/venue-tops.ts';

/** As in `openArchive`: ISO 8601 text with a zone, an integer with a unit, or a Date. */
export type Time = string | Date;

export interface PipeLogger {
  /** For `exchange@name`. Default: its address. */
  readonly name?: string;
  /** Default: this machine. Another one only through a tunnel: the key is sent in plaintext. */
  readonly host?: '127.0.0.1' | '::1' | 'localhost';
  readonly port: number;
  readonly authkey: string;
}

export interface PipeOptions {
  readonly pairs: readonly string[];
  /** `binance`, or `binance@name`. Default: all that have the pair. */
  readonly exchanges?: readonly string[];
  readonly loggers: readonly PipeLogger[];
  /** Default `24h`. */
  readonly memory?: string;
  /** What happens to the connections. */
  readonly onWarning?: (message: string) => void;
}

/** Plain decimals; null: the side is empty. */
export interface VenueTop {
  readonly symbol: string;
  readonly topBid: string | null;
  readonly topBidQuantity: string | null;
  readonly topAsk: string | null;
  readonly topAskQuantity: string | null;
}

export interface TopChange {
  readonly pair: string;
  readonly venue: string;
  /** µs on the recorder's clock. */
  readonly atUs: number;
  /** null: from here on its book is not proven. */
  readonly top: VenueTop | null;
}

/** Once a logger rejects the key, or a listener throws, `ready`, `at` and `range` throw that error; after `close`, too. */
export interface OpenedPipe {
  /** `[pair, venue]` of all that is followed. */
  readonly venues: readonly (readonly [pair: string, venue: string])[];
  /** Resolves when every venue's recorded past is in memory. */
  ready(): Promise<void>;
  /** What each venue's top was at a moment, or is; null: not proven, or older than the memory. */
  at(pair: string, at?: Time): Readonly<Record<string, VenueTop | null>>;
  /** What held at `from`, and all that changed until before `to`, by time. */
  range(pair: string, from: Time, to?: Time): readonly TopChange[];
  /** Calls `listener` for each change from now on. @returns what ends it. */
  onChange(listener: (change: TopChange) => void): () => void;
  /** Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/**
 * @throws InvalidArgumentError for what is not recorded, or not as documented; an error with `exitCode` 3 where
 *   the key is rejected, 4 where a logger does not answer.
 */
export async function openPipe(options: PipeOptions): Promise<OpenedPipe> {
  const clock = createSystemClock();
  const warning = (message: string): void => options.onWarning?.(message);
  const log = { warning, notice: warning };
  const sources = options.loggers.map(({ name, host = '127.0.0.1', port, authkey }) => {
    const endpoint = { host, port, authkey, tls: undefined };
    const named = name ?? `${host}:${port}`;
    return new LoggerSource({ name: named, endpoint, timeoutMs: TIMEOUT_MS, clock, random: systemRandom, log }); // prettier-ignore
  });
  const stop = new AbortController();
  try {
    const venues = await venuesOf(options, sources, stop.signal);
    const memoryUs = parseDurationUs(options.memory ?? '24h', 'memory');
    const memory = new LiveMemory(venues, memoryUs, {
      historyOf: async ({ source }) =>
        (await sources.find(({ name }) => name === source)?.history(stop.signal)) ?? null,
      clock,
      random: systemRandom,
      log,
      signal: stop.signal,
    });
    return new LivePipe({ sources, venues, memory, stop });
  } catch (error) {
    for (const source of sources) await source.close();
    throw error;
  }
}

async function venuesOf(
  { pairs, exchanges }: PipeOptions,
  sources: readonly LoggerSource[],
  signal: AbortSignal,
): Promise<readonly Venue[]> {
  const known = await Promise.all(
    sources.map(async (source) => ({
      name: source.name,
      instruments: await source.instruments(signal),
    })),
  );
  const wanted = {
    pairs: pairs.map((pair) => parsePair(pair)),
    exchanges: exchanges?.map(wantedExchange) ?? null,
    exceptions: {},
  };
  const { venues, missing } = findVenues(wanted, known);
  if (missing.length === 0) return venues;
  throw new InvalidArgumentError(`pairs: not recorded: ${missing.join(', ')}`);
}

function wantedExchange(text: string): WantedExchange {
  const [exchange = '', source = null] = text.split('@');
  return { exchange, source };
}

class LivePipe implements OpenedPipe {
  readonly venues: OpenedPipe['venues'];
  readonly #all: readonly Venue[];
  readonly #sources: readonly LoggerSource[];
  readonly #memory: LiveMemory;
  readonly #stop: AbortController;
  readonly #listeners = new Set<(change: TopChange) => void>();
  readonly #begun = new Set<Venue>();
  readonly #following: Promise<void>;
  readonly #onBegun: (() => void)[] = [];
  /** Why nothing is followed any more; null: it is. */
  #ended: Error | null = null;

  constructor(parts: {
    readonly sources: readonly LoggerSource[];
    readonly venues: readonly Venue[];
    readonly memory: LiveMemory;
    readonly stop: AbortController;
  }) {
    const { sources, venues, memory, stop } = parts;
    this.venues = venues.map(({ pair, name }) => [pair, name]);
    this.#all = venues;
    this.#sources = sources;
    this.#memory = memory;
    this.#stop = stop;
    this.#following = this.#follow();
    this.#following.catch((error: unknown) => {
      this.#ended ??= error instanceof Error ? error : new Error(String(error));
    });
  }

  async ready(): Promise<void> {
    while (this.#begun.size < this.#all.length) {
      const begun = new Promise<void>((resolve) => this.#onBegun.push(resolve));
      await Promise.race([begun, this.#following]);
      if (this.#stop.signal.aborted) return;
    }
    for (const [pair] of this.venues) await this.#memory.ready(pair);
  }

  at(pair: string, at?: Time): Readonly<Record<string, VenueTop | null>> {
    this.#assertFollowing();
    const us = at === undefined ? Number.MAX_SAFE_INTEGER : microseconds(at, 'at');
    const tops = this.#of(pair).map((venue) => {
      const entry = this.#memory.pair(venue.pair).series(venue.name)?.at(us);
      return [venue.name, entry?.top ? shown(venue, entry.top) : null] as const;
    });
    return Object.fromEntries(tops);
  }

  range(pair: string, from: Time, to?: Time): readonly TopChange[] {
    this.#assertFollowing();
    const fromUs = microseconds(from, 'from');
    const toUs = to === undefined ? Number.MAX_SAFE_INTEGER : microseconds(to, 'to');
    const changes = this.#of(pair).flatMap((venue) => {
      const entries = this.#memory.pair(venue.pair).series(venue.name)?.range(fromUs, toUs) ?? [];
      return [...entries].map(({ atUs, top }) => changeOf(venue, Math.max(atUs, fromUs), top));
    });
    return changes.sort((a, b) => a.atUs - b.atUs);
  }

  onChange(listener: (change: TopChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#ended ??= new InvalidArgumentError('The pipe is closed');
    this.#stop.abort();
    await this.#following.catch(() => undefined);
    for (const source of this.#sources) await source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The last tops say nothing about now once nothing is followed. */
  #assertFollowing(): void {
    if (this.#ended !== null) throw this.#ended;
  }

  #of(pair: string): readonly Venue[] {
    const wanted = parsePair(pair, 'pair');
    const own = this.#all.filter((venue) => venue.pair === wanted);
    if (own.length > 0) return own;
    throw new InvalidArgumentError(`pair: ${wanted} is not followed`);
  }

  #follow(): Promise<void> {
    const tops = new VenueTops(this.#all);
    const { signal } = this.#stop;
    return follow(
      this.#sources,
      this.#all,
      (event) => {
        const top = tops.apply(event);
        if (top === undefined) return;
        const { venue } = event;
        const series = this.#memory.pair(venue.pair);
        const before = series.series(venue.name)?.last;
        this.#memory.apply(event, top);
        this.#begun.add(venue);
        for (const resolve of this.#onBegun.splice(0)) resolve();
        const last = series.series(venue.name)?.last;
        if (last === undefined || last === before) return;
        const change = changeOf(venue, last.atUs, last.top);
        for (const listener of this.#listeners) listener(change);
      },
      { signal, topOnly: true },
    );
  }
}

function microseconds(time: Time, field: string): number {
  return parseTimeUs(typeof time === 'string' ? time : time.toISOString(), field);
}

function changeOf(venue: Venue, atUs: number, top: Top | null): TopChange {
  return { pair: venue.pair, venue: venue.name, atUs, top: top && shown(venue, top) };
}

function shown({ security }: Venue, top: Top): VenueTop {
  const { bid, bidSize, ask, askSize } = topText(top);
  return {
    symbol: parseSecurity(security).symbol,
    topBid: bid,
    topBidQuantity: bidSize,
    topAsk: ask,
    topAskQuantity: askSize,
  };
}

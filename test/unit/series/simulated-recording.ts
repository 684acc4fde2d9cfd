/**
 * A logger that keeps candles, on a clock that the test moves: live feed, stored records, live candles and their
 * keeper, with a simulated recorder that can be killed at any moment and loses what it had not stored.
 */

import type { Archive, ArchiveReader } from '../../../logger/archive/archive.ts';
import type { CandleEntry } from '../../../logger/archive/candle-store.ts';
import type { Timeframe } from '../../../logger/candles/timeframe.ts';
import { ArchiveFullError } from '../../../logger/errors.ts';
import type { LiveEvent } from '../../../logger/live/events.ts';
import { LiveFeeds } from '../../../logger/live/feeds.ts';
import type { LivePublisher } from '../../../logger/live/feeds.ts';
import type { Diff, Trade } from '../../../logger/market/events.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { CandleKeeper } from '../../../logger/series/candle-keeper.ts';
import { candleSource } from '../../../logger/series/candle-source.ts';
import { KeptCandles } from '../../../logger/series/kept-candles.ts';
import { LiveCandles } from '../../../logger/series/live-candles.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { silentLog } from '../../support/silent-log.ts';
import { SCALE, SECURITY } from '../reader/random-history.ts';
import { START_US, block, gap, image } from '../reader/script.ts';

export const KEPT = ['1m', '5m', '15m', '1h', '4h', '1d', '7d', '30d'] as const;
const LATENCY_US = 40_000;

export interface SimulationOptions {
  readonly clock: ManualClock;
  readonly archive: () => Archive;
  readonly isNumbered: boolean;
  readonly timeframes?: readonly Timeframe[];
  readonly maxWaiting?: number;
  readonly onFatal: (error: unknown) => void;
}

/** The exchange: what it knows outlives the logger. */
export class SimulatedRecording {
  readonly #options: SimulationOptions;
  /** By how much the exchange's clock is behind ours. */
  behindUs = 0;
  tradeId = 1;
  /** Attempts to keep candles fail. */
  isFull = false;
  /** The process dies with the next attempt to keep candles: before or after they are stored. */
  dies: 'before' | 'after' | null = null;
  puts = 0;
  #epoch = 0;
  #sequence = 100;
  #process: Process | null = null;

  constructor(options: SimulationOptions) {
    this.#options = options;
  }

  get isAlive(): boolean {
    return this.#process !== null && !this.#process.isDead;
  }

  /** What was recorded before has been read. */
  async caughtUp(): Promise<void> {
    while (this.isAlive && this.#process?.isFollowed !== true) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }

  get reader(): ReturnType<typeof createReader> {
    const { archive, isNumbered } = this.#options;
    return createReader(tradesOf(archive()), { hasConsecutiveTradeIds: () => isNumbered });
  }

  /** The process starts, and proves a book. */
  async start(): Promise<void> {
    const { archive } = this.#options;
    const { lastUs } = await archive().tail(SECURITY);
    this.#process = new Process(this.#options, this);
    const found =
      lastUs === null ? null : { fromUs: lastUs, toUs: null, cause: 'restart' as const };
    if (found) this.#process.publish({ type: 'gap', change: 'found', gap: found });
    await this.#prove(lastUs, 'restart');
  }

  /** The connection is lost, and after a time a book is proven again. */
  async reconnect(ms: number): Promise<void> {
    const { clock } = this.#options;
    await this.#process?.persist();
    const fromUs = clock.nowUs();
    const lost = { fromUs, toUs: null, cause: 'connection' as const };
    this.#process?.publish({ type: 'gap', change: 'opened', gap: lost });
    await clock.advanceAsync(ms, 20_000);
    if (this.isAlive) await this.#prove(fromUs, 'connection');
  }

  trade(): void {
    const event: Trade = {
      type: 'trade',
      tradeId: this.tradeId++,
      sequence: null,
      ...this.#times(),
      eventTimeUs: this.#times().exchangeTimeUs,
      price: 10_000 + (this.tradeId % 97),
      size: 1 + (this.tradeId % 7),
      side: this.tradeId % 3 === 0 ? 'sell' : 'buy',
    };
    this.#process?.take(event);
  }

  update(): void {
    const next = ++this.#sequence;
    const range = { firstSequence: next, lastSequence: next };
    this.#process?.take({ type: 'diff', ...range, ...this.#times(), bids: [], asks: [] });
  }

  /** As SIGKILL does: what is not stored is lost. */
  kill(): void {
    this.#process?.die();
    this.#process = null;
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.kill();
  }

  async #prove(gapFromUs: number | null, cause: 'restart' | 'connection'): Promise<void> {
    const { clock, archive } = this.#options;
    const nowMs = (clock.nowUs() - START_US) / 1000;
    const { exchangeTimeUs, receiveTimeUs } = this.#times();
    this.#epoch++;
    this.#sequence += 10;
    const base = image(this.#epoch, this.#sequence, nowMs, undefined, undefined, exchangeTimeUs);
    const fromMs = ((gapFromUs ?? 0) - START_US) / 1000;
    const writes = gapFromUs === null ? [] : [gap(this.#epoch, fromMs, nowMs, cause)];
    await archive().commit([base, ...writes]);
    this.#process?.begin(this.#epoch, this.#sequence);
    const segment = { exchangeTimeUs, receiveTimeUs };
    this.#process?.publish({ type: 'image', reason: 'proven', segment, closedGap: null });
  }

  #times(): { readonly exchangeTimeUs: number; readonly receiveTimeUs: number } {
    const nowUs = this.#options.clock.nowUs();
    return { exchangeTimeUs: nowUs - LATENCY_US - this.behindUs, receiveTimeUs: nowUs };
  }
}

/** What dies with the process. */
class Process {
  readonly #options: SimulationOptions;
  readonly #publisher: LivePublisher;
  readonly #candles: LiveCandles;
  readonly #keeper: CandleKeeper;
  readonly #outside: SimulatedRecording;
  #events: (Diff | Trade)[] = [];
  #epoch = 0;
  #stored = 0;
  isDead = false;

  constructor(options: SimulationOptions, outside: SimulatedRecording) {
    this.#options = options;
    this.#outside = outside;
    const { clock, archive, isNumbered, onFatal, timeframes = KEPT } = options;
    const feeds = new LiveFeeds(silentLog);
    const store = {
      lastEndUs: (...query: Parameters<Archive['candles']['lastEndUs']>) =>
        archive().candles.lastEndUs(...query),
      between: (...query: Parameters<Archive['candles']['between']>) =>
        archive().candles.between(...query),
      put: async (batch: readonly CandleEntry[]): Promise<void> => {
        if (this.isDead) return never();
        if (outside.isFull) throw new ArchiveFullError('No room');
        const { dies } = outside;
        outside.dies = null;
        if (dies !== 'before') await archive().candles.put(batch);
        outside.puts++;
        if (dies !== null) {
          this.die();
          return never();
        }
      },
    };
    this.#candles = new LiveCandles({
      live: feeds,
      source: candleSource({
        archive: archive(),
        reader: outside.reader,
        hasConsecutiveTradeIds: () => isNumbered,
        flush: () => this.persist(),
        kept: new KeptCandles(store, timeframes),
      }),
      clock,
      log: silentLog,
      onFatal,
    });
    this.#keeper = new CandleKeeper({
      candles: this.#candles,
      store,
      timeframes,
      persist: async () => {
        if (this.isDead) return never();
        await this.persist();
        return true;
      },
      clock,
      log: silentLog,
      yieldToEventLoop: async () => undefined,
      onFatal,
      ...(options.maxWaiting !== undefined && { maxWaiting: options.maxWaiting }),
    });
    this.#keeper.start();
    this.#publisher = feeds.open(SECURITY, () => []);
  }

  get isFollowed(): boolean {
    return this.#candles.running(SECURITY, '1m') !== undefined;
  }

  begin(epoch: number, sequence: number): void {
    this.#epoch = epoch;
    this.#stored = sequence;
  }

  publish(event: Record<string, unknown>): void {
    if (!this.isDead) {
      this.#publisher.publish({ security: SECURITY, ...event } as unknown as LiveEvent);
    }
  }

  take(event: Diff | Trade): void {
    if (this.isDead) return;
    this.#events.push(event);
    if (event.type === 'diff') {
      this.publish({ type: 'update', update: event, segment: { scale: SCALE } });
    } else {
      this.publish({ type: 'side-event', event, scale: SCALE, epoch: this.#epoch });
    }
  }

  async persist(): Promise<void> {
    if (this.isDead || this.#events.length === 0) return;
    // A block ends with an update.
    if (this.#events.at(-1)?.type !== 'diff') this.#outside.update();
    const events = this.#events;
    this.#events = [];
    const [previous, epoch] = [this.#stored, this.#epoch];
    this.#stored = (events.at(-1) as Diff).lastSequence;
    await this.#options.archive().commit([block(epoch, previous, events)]);
  }

  die(): void {
    this.isDead = true;
    this.#candles.stop();
    this.#publisher.close();
  }

  async stop(): Promise<void> {
    await this.#keeper.stop();
  }
}

/** An archive without the candles that it keeps. */
export function tradesOf<A extends ArchiveReader>(archive: A): A {
  return new Proxy(archive, {
    get: (target, name) => {
      if (name === 'candles') return { lastEndUs: async () => null, between: async () => [] };
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

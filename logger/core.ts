/**
 * Everything of a logger that thinks: recorders, reader, self-check, retention. It touches the machine
 * through what it is handed and in no other way, so any number of them run in one process, on one
 * clock. A simulation replaces:
 *
 * - `clock`: receive time, durations and every timer;
 * - `random`: jitter of retries;
 * - `transport`: sockets and requests;
 * - `archive`: storage. When a commit is durable (LMDB's flush), the threads that do it, the random
 *   name in the lock of a directory and the id of a data directory are the business of the archive
 *   and of `compose.ts`; a core waits for `commit` and assumes nothing about how long it takes;
 * - `store`: leases and replication, where loggers share a store;
 * - `yieldToEventLoop`: how long reads make room for the recording;
 * - `log`, `processStatus`, `onFatal`, `onTerminate`.
 *
 * Within a core only promises run without the clock, and they settle in the same order each time.
 */

import type { Archive } from './archive/archive.ts';
import { Retention } from './archive/retention.ts';
import type { PrunableArchive } from './archive/retention.ts';
import type { SnapshotSeries } from './archive/snapshot-store.ts';
import type { StoreListener } from './archive/transfer/store-events.ts';
import type { Timeframe } from './candles/timeframe.ts';
import type { CreateExchange, ExchangeDeps, SharedSettings } from './exchange/definition.ts';
import { hasConsecutiveTradeIds, normalizeSymbol } from './exchange/exchanges.ts';
import type { LiveSource } from './live/feeds.ts';
import { createReader, createRebuild } from './reader/create-reader.ts';
import type { Reader } from './reader/reader.ts';
import type { Leases } from './archive/leases.ts';
import { DEFAULT_LIMITS } from './recorder/limits.ts';
import type { RecorderLimits } from './recorder/limits.ts';
import { ReceiveTimes } from './recorder/receive-times.ts';
import { createRecorderService } from './recorder/recorder-service.ts';
import type { RecorderService, RecorderServiceDeps } from './recorder/recorder-service.ts';
import type { StoreStatus } from './recorder/status-board.ts';
import { WriteQueue } from './recorder/write-queue.ts';
import type { Transport } from './runtime/transport.ts';
import type { YieldToEventLoop } from './runtime/yield.ts';
import { CandleKeeper } from './series/candle-keeper.ts';
import { candleSource } from './series/candle-source.ts';
import { exchangeCandlesService } from './series/exchange-candles.ts';
import type { ExchangeCandlesService } from './series/exchange-candles.ts';
import { KeptCandles } from './series/kept-candles.ts';
import { LiveCandles } from './series/live-candles.ts';
import { SnapshotKeeper } from './series/snapshot-keeper.ts';
import type { LoggerControl } from './status/control.ts';
import type { LoggerFigures } from './status/figures.ts';

export interface CoreOptions extends SharedSettings {
  readonly version: string;
  /** By name. */
  readonly exchanges: ReadonlyMap<string, CreateExchange>;
  readonly baseImageIntervalS: number;
  /** null: nothing is ever deleted. */
  readonly retentionDays: number | null;
  /** Of which candles are kept. */
  readonly candles: readonly Timeframe[];
  /** Which snapshots are kept as they happen. */
  readonly snapshots?: readonly SnapshotSeries[] | undefined;
  readonly limits?: Partial<RecorderLimits> | undefined;
}

export interface CoreDeps extends ExchangeDeps {
  readonly yieldToEventLoop: YieldToEventLoop;
  /** By how many microseconds receive time is ahead of the wall clock; 0 unless that was set back. */
  readonly leadUs: () => number;
  readonly archive: Archive;
  /** Deletes old records; with a shared store, in the store. */
  readonly expiring: PrunableArchive;
  /** The store behind the archive; null: the archive keeps the records for good. */
  readonly store: SharedStore | null;
  readonly processStatus: RecorderServiceDeps['processStatus'];
  /** A bug: the core must stop. */
  readonly onFatal: (error: unknown) => void;
  /** The manager asked for an orderly stop. */
  readonly onTerminate: () => void;
}

/** A store that several loggers may share. */
export interface SharedStore {
  readonly leases: Leases;
  status(): StoreStatus;
  /** Brings `status` up to date. */
  measure(): Promise<void>;
}

export interface Core {
  /** Commands and status, for the manager port. */
  readonly control: LoggerControl;
  readonly reader: Reader;
  readonly candles: LiveCandles;
  readonly exchangeCandles: ExchangeCandlesService;
  /** What the recorders publish as it happens. */
  readonly live: LiveSource;
  /** Acts on news from the shared store. */
  readonly storeListener: StoreListener;
  /** Resumes what was recorded before, and records these securities beside. */
  start(securities: readonly string[]): Promise<void>;
  /** Counters that move while the core does its work, for a watchdog. */
  workCounters(): {
    readonly ticks: number;
    readonly commits: number;
    readonly isCommitting: boolean;
  };
  /** For the metrics port. */
  metrics(): Omit<LoggerFigures, 'diskFreeBytes'>;
  /** For one line of text. */
  summary(): ReturnType<RecorderService['board']['summary']> & { readonly lagS: number };
  /** Stops recording and writes everything out. */
  stop(): Promise<void>;
  /** Closes the connections to exchanges. The archive stays open: it is the caller's. */
  close(): Promise<void>;
}

export function createCore(options: CoreOptions, deps: CoreDeps): Core {
  const { store, ...rest } = deps;
  const { archive, clock, log, onFatal, yieldToEventLoop } = rest;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const receiveTimes = new ReceiveTimes({ clock, leadUs: deps.leadUs, limits, log, onFatal });
  const transport = watched(deps.transport, receiveTimes);
  const exchanges = new Map(
    [...options.exchanges].map(([name, create]) => [name, create(options, { ...deps, transport })]),
  );
  const queue = new WriteQueue({ archive, clock, log, limits, onFatal });
  const service = createRecorderService({
    ...rest,
    ...(store && ofStore(store)),
    queue,
    limits,
    exchanges,
    normalizeSymbol,
    receiveTimes,
    version: options.version,
    writer: `orderbook-logger ${options.version}`,
    imageIntervalMs: options.baseImageIntervalS * 1000,
    rebuild: createRebuild(archive, yieldToEventLoop),
  });
  const reader = createReader(archive, {
    yieldToEventLoop,
    hasConsecutiveTradeIds,
    liveGap: (security) => service.board.gapNow(security),
  });
  const { candles, keeper } = createCandles(options.candles, { ...rest, service, reader });
  const retention = retentionOf(options, deps);
  const snapshots = snapshotKeeper(options, deps, service.control.live);
  return {
    control: service.control,
    live: service.control.live,
    reader,
    candles,
    exchangeCandles: exchangeCandlesService({ ...rest, exchanges, reader }),
    storeListener: storeListener(service, onFatal),
    start: async (securities) => {
      retention?.start();
      keeper?.start();
      snapshots?.start();
      await service.start(securities);
    },
    workCounters: () => ({ ticks: service.recorders.ticks, ...queue.work() }),
    metrics: () => ({ ...service.board.figures(), candles: keeper?.figures() ?? null }),
    summary: () => ({ ...service.board.summary(), lagS: queue.status().lagS }),
    stop: async () => {
      retention?.stop();
      await keeper?.stop();
      candles.stop();
      await service.stop();
      await snapshots?.stop();
    },
    close: async () => {
      retention?.stop();
      candles.stop();
      await Promise.all([...exchanges.values()].map((exchange) => exchange.close()));
      receiveTimes.stop();
    },
  };
}

function retentionOf({ retentionDays: days }: CoreOptions, deps: CoreDeps): Retention | null {
  const { expiring: archive, clock, log, onFatal } = deps;
  return days === null ? null : new Retention({ archive, days, clock, log, onFatal });
}

interface CandleDeps extends Pick<CoreDeps, 'clock' | 'log' | 'yieldToEventLoop' | 'onFatal'> {
  readonly archive: Archive;
  readonly service: RecorderService;
  readonly reader: Reader;
}

/** @param timeframes of which candles are kept. */
function createCandles(
  timeframes: readonly Timeframe[],
  deps: CandleDeps,
): { readonly candles: LiveCandles; readonly keeper: CandleKeeper | null } {
  const { archive, service, reader, ...rest } = deps;
  const isKeeping = timeframes.length > 0;
  const candles = new LiveCandles({
    ...rest,
    live: service.control.live,
    source: candleSource({
      archive,
      reader,
      hasConsecutiveTradeIds,
      flush: (security) => service.control.flush(security),
      kept: isKeeping ? new KeptCandles(archive.candles, timeframes) : null,
    }),
  });
  const persist = (securities: Iterable<string>): Promise<boolean> => service.persist(securities);
  const keeper = isKeeping
    ? new CandleKeeper({ ...rest, candles, store: archive.candles, timeframes, persist })
    : null;
  return { candles, keeper };
}

/** null: none are kept. */
function snapshotKeeper(
  { snapshots: series = [] }: CoreOptions,
  { archive, clock, log, onFatal }: CoreDeps,
  live: LiveSource,
): SnapshotKeeper | null {
  const store = archive.snapshots;
  if (store === undefined || series.length === 0) return null;
  return new SnapshotKeeper({ series, live, store, clock, log, onFatal });
}

/** Receive times matter from the first connection on. */
function watched(transport: Transport, receiveTimes: ReceiveTimes): Transport {
  return {
    connect: (url, handlers) => {
      receiveTimes.start();
      return transport.connect(url, handlers);
    },
    get: (url, options) => transport.get(url, options),
  };
}

function ofStore(
  store: SharedStore,
): Pick<RecorderServiceDeps, 'leases' | 'store' | 'measureStore' | 'nextEpoch'> {
  return {
    leases: store.leases,
    store: () => store.status(),
    measureStore: () => store.measure(),
    nextEpoch: epochByTime,
  };
}

/** Orders the segments of all loggers that share a store by their start, without a common counter. */
function epochByTime(lastEpoch: number, provenUs: number): number {
  return Math.max(lastEpoch + 1, Math.floor(provenUs / 1_000_000));
}

function storeListener(
  { recorders }: RecorderService,
  onFatal: (error: unknown) => void,
): StoreListener {
  return {
    onDropped: (security) => recorders.get(security)?.stats.countGap('spool'),
    onImageNeeded: (security) => recorders.get(security)?.recorder.imageNow(),
    onConflict: (security, error) => recorders.get(security)?.recorder.stopOnConflict(error),
    onLeaseLost: (security, holder) => {
      recorders.yieldTo(security, holder).catch(onFatal);
    },
    onSeeded: () => {
      if (recorders.isStarted) recorders.startStored().catch(onFatal);
    },
  };
}

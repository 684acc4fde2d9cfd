/** What is known about all recordings: `list`, `health`, books, figures for the metrics. */

import { NO_TOTALS } from '../archive/archive.ts';
import type { Archive, OpenGap, SecurityTotals } from '../archive/archive.ts';
import { UnknownSecurityError } from '../errors.ts';
import { factsOf } from '../exchange/exchange.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { every, sleep } from '../runtime/timing.ts';
import type { BookView, KnownInstrument } from '../status/control.ts';
import type { RecordingFigures } from '../status/figures.ts';
import { formatBookNow, formatStatus } from '../status/format.ts';
import type { HealthStatus, ProcessStatus } from '../status/health-status.ts';
import type { SecurityStatus, SelfCheckFigures } from '../status/security-status.ts';
import type { ExchangeDirectory } from './exchange-directory.ts';
import type { ReceiveTimes } from './receive-times.ts';
import type { Recorders } from './recorders.ts';
import { securityFigures } from './security-figures.ts';
import type { WriteQueue } from './write-queue.ts';

/** Beyond this much lag the archive is behind. */
const DEGRADED_LAG_S = 10;
/** How old figures of the archive may be. */
const REFRESH_TOTALS_EVERY_MS = 1000;
const TOTALS_AT_ONCE = 100;

export interface StoreStatus {
  readonly isReachable: boolean;
  readonly failure: string | null;
  readonly lagS: number;
  readonly spoolBytes: number;
}

export interface StatusBoardDeps {
  readonly recorders: Recorders;
  readonly exchanges: ExchangeDirectory;
  readonly archive: Archive;
  readonly queue: WriteQueue;
  readonly receiveTimes: Pick<ReceiveTimes, 'stalls'>;
  readonly clock: Clock;
  readonly version: string;
  readonly processStatus: () => Omit<ProcessStatus, 'queuedEvents' | 'spoolBytes'>;
  /** Where records go from the spool; undefined: the archive is where they stay. */
  readonly store?: (() => StoreStatus) | undefined;
  /** Brings what `store` returns of the spool up to now. */
  readonly measureStore?: (() => Promise<void>) | undefined;
  readonly onFatal: (error: unknown) => void;
}

export class StatusBoard {
  /** When the process started, receive clock. */
  readonly startedUs: number;
  readonly #startedMs: number;
  readonly #deps: StatusBoardDeps;
  readonly #totals = new Map<string, SecurityTotals>();
  #timer: Timer | undefined;
  readonly #life = new AbortController();

  constructor(deps: StatusBoardDeps) {
    this.#deps = deps;
    this.startedUs = deps.clock.nowUs();
    this.#startedMs = deps.clock.monotonicMs();
  }

  /** Keeps the archive's figures up to date from now on. */
  start(): void {
    const { clock, onFatal } = this.#deps;
    const refresh = async (): Promise<void> => this.#refreshTotals();
    this.#timer = every(clock, REFRESH_TOTALS_EVERY_MS, refresh, onFatal);
  }

  /** The archive is not asked afterwards. */
  stop(): void {
    this.#timer?.cancel();
    this.#life.abort();
  }

  async list(): Promise<SecurityStatus[]> {
    await this.#refreshTotals();
    return this.#statuses();
  }

  instruments(): KnownInstrument[] {
    return [...this.#deps.recorders.all()].flatMap(({ recorder }) => {
      const facts = recorder.instrument && factsOf(recorder.instrument);
      return facts ? { security: recorder.security.id, facts } : [];
    });
  }

  /** By any spelling of a recorded security; undefined when it is not recorded now. */
  status(security: string): SecurityStatus | undefined {
    const id = this.#deps.exchanges.canonicalId(security);
    const recording = this.#deps.recorders.get(id);
    if (!recording) return undefined;
    const { recorder, stats, selfCheck } = recording;
    return formatStatus(recorder, {
      lastMessageAge: stats.lastMessageAge,
      messageRate: stats.messageRate,
      selfCheck: selfCheck.figures(),
      totals: this.#totalsOf(id),
    });
  }

  async health(): Promise<HealthStatus> {
    await this.#deps.measureStore?.();
    const securities = await this.list();
    return { ...this.#healthWith(securities), securities };
  }

  /** From memory alone; figures of the archive are up to a second old. */
  figures(): RecordingFigures {
    const { recorders, exchanges, receiveTimes } = this.#deps;
    return {
      health: this.#healthWith(this.#statuses()),
      securities: [...recorders.all()].map((recording) =>
        securityFigures(recording, this.#totalsOf(recording.recorder.security.id)),
      ),
      exchanges: exchanges.all().map((one) => ({ exchange: one.name, ...one.counters() })),
      eventLoopStalls: receiveTimes.stalls,
    };
  }

  /** The figures of one status line; gaps are up to a second old. */
  summary(): { readonly securities: number; readonly live: number; readonly gaps: number } {
    let [securities, live, gaps] = [0, 0, 0];
    for (const { recorder } of this.#deps.recorders.all()) {
      securities++;
      if (recorder.phase === 'live') live++;
      gaps += this.#totalsOf(recorder.security.id).gaps;
    }
    return { securities, live, gaps };
  }

  /** @throws UnknownSecurityError when it is not recorded now. */
  bookNow(security: string, view?: BookView): BookResult | NoBookResult {
    const { recorders, exchanges, clock } = this.#deps;
    const id = exchanges.canonicalId(security);
    const recording = recorders.get(id);
    if (!recording) {
      throw new UnknownSecurityError(`${id} is not recorded now: add it, or ask for a past moment`);
    }
    return formatBookNow(recording.recorder, clock.nowUs(), this.startedUs, view);
  }

  /** For the reader: the gap in which a security is now, stored or not. */
  gapNow(id: string): OpenGap | null {
    return this.#deps.recorders.get(id)?.recorder.currentGap ?? null;
  }

  #statuses(): SecurityStatus[] {
    return [...this.#deps.recorders.ids()].sort().flatMap((id) => this.status(id) ?? []);
  }

  #healthWith(securities: readonly SecurityStatus[]): Omit<HealthStatus, 'securities'> {
    const { recorders, archive, clock, version, processStatus } = this.#deps;
    const queue = this.#deps.queue.status();
    const store = this.#deps.store?.();
    const lag = Math.max(queue.lagS, store?.lagS ?? 0);
    const isReachable = store?.isReachable ?? true;
    const spoolBytes = queue.pendingBytes + (store?.spoolBytes ?? 0);
    const isBehind = lag > DEGRADED_LAG_S || !isReachable;
    const areAllLive = securities.every(({ state }) => state === 'live');
    let queuedEvents = 0;
    for (const { recorder } of recorders.all()) queuedEvents += recorder.queuedEvents;
    return {
      status: queue.isFailing ? 'down' : isBehind || !areAllLive ? 'degraded' : 'serving',
      uptime: Math.round(clock.monotonicMs() - this.#startedMs) / 1000,
      version,
      archive: {
        kind: archive.kind,
        reachable: !queue.isFailing && isReachable,
        message: queue.failure ?? (isReachable ? null : (store?.failure ?? null)),
        lag,
        spoolBytes,
      },
      process: { ...processStatus(), queuedEvents, spoolBytes },
      selfCheck: sumOf(securities.map(({ selfCheck }) => selfCheck)),
    };
  }

  #totalsOf(id: string): SecurityTotals {
    return this.#totals.get(id) ?? NO_TOTALS;
  }

  async #refreshTotals(): Promise<void> {
    const { recorders, archive, clock } = this.#deps;
    for (const [i, id] of recorders.ids().entries()) {
      // Where they come from memory, nothing else gives the event loop its turn.
      if (i > 0 && i % TOTALS_AT_ONCE === 0) await sleep(clock, 0);
      if (this.#life.signal.aborted) return;
      this.#totals.set(id, await archive.totals(id));
    }
  }
}

function sumOf(all: readonly SelfCheckFigures[]): SelfCheckFigures {
  let [images, snapshots, mismatches] = [0, 0, 0];
  for (const one of all) {
    images += one.images;
    snapshots += one.snapshots;
    mismatches += one.mismatches;
  }
  return { images, snapshots, mismatches };
}

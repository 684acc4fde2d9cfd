/**
 * All recorders of a logger and what can be asked of them: the `LoggerControl` behind the manager
 * port. Commands on one security take their turn, those on different ones run side by side.
 */

import { NO_TOTALS } from '../archive/archive.ts';
import type { OpenGap, SecurityTotals } from '../archive/archive.ts';
import type { Exchange, Instrument } from '../exchange/exchange.ts';
import type { DuplicateRecordError } from '../errors.ts';
import {
  InvalidArgumentError,
  LoggerError,
  UnknownSecurityError,
  describeError,
} from '../errors.ts';
import type {
  BookView,
  CommandResult,
  HealthStatus,
  LoggerControl,
  ProcessStatus,
  SecurityStatus,
  SelfCheckFigures,
} from '../status/control.ts';
import { parseSecurity, securityOf } from '../market/security.ts';
import type { Security } from '../market/security.ts';
import type { LoggerFigures } from '../status/figures.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import type { Timer } from '../runtime/clock.ts';
import { CheckRounds } from './check/rounds.ts';
import { sleep } from '../runtime/timing.ts';
import { figuresOf } from './figures.ts';
import { RecordCheck } from './check/record-check.ts';
import type { Rebuild } from './check/record-check.ts';
import { FallbackWarnings, tellRecovery } from './start-report.ts';
import type { Recovered } from './recovery.ts';
import { bookNow, gapNow, stateOf, statusOf } from './live-book.ts';
import { SecurityRecorder } from './security-recorder.ts';
import type { ReceiveTimes } from './receive-times.ts';
import type { RecorderDeps } from './recorder-deps.ts';

/** Beyond this much lag the archive is behind. */
const LAG_DEGRADED_S = 10;
/** How old what `status` says of the archive may be. */
const TOTALS_EVERY_MS = 1000;

export interface RegistryParts extends Omit<
  RecorderDeps,
  'onChange' | 'onRecovered' | 'recordCheck'
> {
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly receiveTimes: Pick<ReceiveTimes, 'badBetween' | 'stalls'>;
  readonly version: string;
  readonly processStatus: () => Omit<ProcessStatus, 'queuedEvents' | 'spoolBytes'>;
  readonly onTerminate: () => void;
  /** The way back from records to a book, for the self-check. */
  readonly rebuild: Rebuild;
  /** Where records go from the archive's spool; undefined: the archive is where they stay. */
  readonly store?: (() => StoreStatus) | undefined;
  /** Brings what `store` says of the spool up to now. */
  readonly measureStore?: (() => Promise<void>) | undefined;
}

export interface StoreStatus {
  readonly isReachable: boolean;
  readonly failure: string | null;
  readonly lagS: number;
  readonly spoolBytes: number;
}

export class RecorderRegistry implements LoggerControl {
  readonly startedUs: number;
  readonly #startedMs: number;
  readonly #parts: RegistryParts;
  readonly #recorders = new Map<string, SecurityRecorder>();
  /** The last command of each security: the next one waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #listeners = new Set<(security: string) => void>();
  readonly #totals = new Map<string, SecurityTotals>();
  #tickTimer: Timer | undefined;
  #totalsTimer: Timer | undefined;
  #isStarted = false;
  #isStopping = false;
  #ticks = 0;
  readonly #fallbacks: FallbackWarnings;
  readonly #recordCheck: RecordCheck;
  readonly #checkRounds: CheckRounds;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
    this.#fallbacks = new FallbackWarnings(parts.archive, parts.log);
    this.#recordCheck = new RecordCheck(parts);
    this.#checkRounds = new CheckRounds({ ...parts, recorders: () => this.#recorders.values() });
    this.startedUs = parts.clock.nowUs();
    this.#startedMs = parts.clock.monotonicMs();
  }

  /** Goes on with what was recorded before, beside what the settings name. */
  async start(configured: readonly string[]): Promise<void> {
    const ids = configured.map((text) => this.canonicalId(text, 'SECURITIES is not valid'));
    this.#isStarted = true;
    await this.startStored(ids);
    this.#scheduleTick();
    this.#scheduleTotals();
    this.#checkRounds.start();
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Starts what the archive says is to be recorded and is not yet. */
  async startStored(beside: readonly string[] = []): Promise<void> {
    const ids = new Set(beside);
    for (const { wanted, security } of await this.#parts.archive.securities()) {
      if (wanted) ids.add(security);
    }
    // Before the first of them begins a segment of its own.
    await this.#fallbacks.tell([...ids].map((id) => this.#resolve(id)));
    const recovered: Recovered[] = [];
    const onRecovered = (one: Recovered): void => void recovered.push(one);
    await Promise.all(
      [...ids].map((id) => this.#inTurn(id, () => this.#startRecorder(id, { onRecovered }))),
    );
    tellRecovery(recovered, this.#parts.log);
  }

  /** The store holds another record under a key of this security. */
  refuse(security: string, error: DuplicateRecordError): void {
    this.#recorders.get(security)?.refuse(error);
  }

  /** A full spool gave up a stretch of a security's records. */
  spoolDropped(security: string): void {
    this.#recorders.get(security)?.stats.gap('spool');
  }

  /** Writes an image of a security, if it has a proven book. */
  imageNow(security: string): void {
    this.#recorders.get(security)?.imageNow();
  }

  /** Somebody else writes it by now: what was begun ends, and its turn is awaited. */
  async yieldTo(security: string, holder: string): Promise<void> {
    await this.#inTurn(security, async () => {
      const recorder = this.#recorders.get(security);
      if (!recorder || this.#isStopping) return;
      this.#parts.log.warning('Another logger took a security over', { security, holder });
      recorder.close('restart');
      this.#recorders.delete(security);
      await this.#startRecorder(security);
    });
  }

  /** Writes everything out. The exchanges' connections are the caller's to close. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#tickTimer?.cancel();
    this.#totalsTimer?.cancel();
    this.#checkRounds.stop();
    await this.#recordCheck.stop();
    await Promise.allSettled(this.#turns.values());
    for (const recorder of this.#recorders.values()) recorder.close('restart');
    const { queue, clock, limits } = this.#parts;
    // While the archive fails there is still hope; how long, is the caller's to say.
    while (!(await queue.drained())) {
      await sleep(clock, limits.commitRetryMs, new AbortController().signal);
    }
  }

  async add(
    securities: readonly string[],
    wait: boolean,
    signal: AbortSignal,
  ): Promise<CommandResult[]> {
    const ids = securities.map((text) => this.canonicalId(text));
    return Promise.all(
      ids.map(async (id) => {
        const refused = await this.#inTurn(id, () => this.#addOne(id));
        if (refused) return refused;
        if (wait) await this.#proven(id, signal);
        return this.#result(id, wait);
      }),
    );
  }

  async remove(securities: readonly string[]): Promise<CommandResult[]> {
    const ids = securities.map((text) => this.canonicalId(text));
    return Promise.all(ids.map((id) => this.#inTurn(id, () => this.#removeOne(id))));
  }

  async snapshot(securities: readonly string[]): Promise<CommandResult[]> {
    const isAll = securities.length === 1 && securities[0]?.toLowerCase() === 'all';
    const ids = isAll
      ? [...this.#recorders.keys()]
      : securities.map((text) => this.canonicalId(text));
    const isWritten = ids.map((id) => this.#recorders.get(id)?.imageNow());
    const isStored = await this.#parts.queue.drained();
    const messageOf = (isImage: boolean | undefined): string | null => {
      if (isImage === undefined) return 'not recorded; add it first';
      if (!isImage) return 'no proven book to take an image of';
      return isStored ? null : 'the archive takes no records now; the image waits for it';
    };
    return ids.map((security, i) => {
      const message = messageOf(isWritten[i]);
      return { security, ok: message === null, state: this.#state(security), message };
    });
  }

  async reset(exchange: string): Promise<CommandResult[]> {
    const name = exchange.toLowerCase();
    const chosen =
      name === 'all' ? [...this.#parts.exchanges.values()] : [this.#exchange(name, 'exchange')];
    await Promise.all(chosen.map((one) => one.reset()));
    return [...this.#recorders.values()]
      .filter((recorder) => chosen.includes(recorder.exchange))
      .map((recorder) => this.#result(recorder.security.id, false));
  }

  async list(): Promise<SecurityStatus[]> {
    await this.#refreshTotals();
    return this.#statuses();
  }

  status(security: string): SecurityStatus | undefined {
    const id = this.canonicalId(security);
    const recorder = this.#recorders.get(id);
    return recorder && statusOf(recorder, this.#totals.get(id) ?? NO_TOTALS);
  }

  async health(): Promise<HealthStatus> {
    await this.#parts.measureStore?.();
    const securities = await this.list();
    return { ...this.#healthWith(securities), securities };
  }

  /** For the metrics: from memory alone, what the archive holds as of the last second. */
  figures(): LoggerFigures {
    const recorders = [...this.#recorders.values()];
    const exchanges = [...this.#parts.exchanges.values()];
    return {
      health: this.#healthWith(this.#statuses()),
      securities: recorders.map((recorder) =>
        figuresOf(recorder, this.#totals.get(recorder.security.id) ?? NO_TOTALS),
      ),
      exchanges: exchanges.map((exchange) => ({ exchange: exchange.name, ...exchange.counters() })),
      eventLoopStalls: this.#parts.receiveTimes.stalls,
    };
  }

  #statuses(): SecurityStatus[] {
    return [...this.#recorders.keys()].sort().flatMap((id) => this.status(id) ?? []);
  }

  #healthWith(securities: readonly SecurityStatus[]): Omit<HealthStatus, 'securities'> {
    const queue = this.#parts.queue.status();
    const store = this.#parts.store?.();
    const lag = Math.max(queue.lagS, store?.lagS ?? 0);
    const isReachable = store?.isReachable ?? true;
    const spoolBytes = queue.pendingBytes + (store?.spoolBytes ?? 0);
    const isBehind = lag > LAG_DEGRADED_S || !isReachable;
    const areAllLive = securities.every(({ state }) => state === 'live');
    const status = queue.isFailing ? 'down' : isBehind || !areAllLive ? 'degraded' : 'serving';
    let queuedEvents = 0;
    for (const recorder of this.#recorders.values()) queuedEvents += recorder.queuedEvents;
    return {
      status,
      uptime: Math.round(this.#parts.clock.monotonicMs() - this.#startedMs) / 1000,
      version: this.#parts.version,
      archive: {
        kind: this.#parts.archive.kind,
        reachable: !queue.isFailing && isReachable,
        message: queue.failure ?? (isReachable ? null : (store?.failure ?? null)),
        lag,
        spoolBytes,
      },
      process: {
        ...this.#parts.processStatus(),
        queuedEvents,
        spoolBytes,
      },
      selfCheck: sumOf(securities.map(({ selfCheck }) => selfCheck)),
    };
  }

  /** Rounds of regular work so far: what a watchdog looks at. */
  get ticks(): number {
    return this.#ticks;
  }

  /** In one line's worth of figures; gaps as of a second ago. */
  summary(): { readonly securities: number; readonly live: number; readonly gaps: number } {
    let [live, gaps] = [0, 0];
    for (const [id, recorder] of this.#recorders) {
      if (recorder.phase === 'live') live++;
      gaps += this.#totals.get(id)?.gaps ?? 0;
    }
    return { securities: this.#recorders.size, live, gaps };
  }

  bookNow(security: string, view?: BookView): BookResult | NoBookResult {
    const id = this.canonicalId(security);
    const recorder = this.#recorders.get(id);
    if (!recorder) {
      throw new UnknownSecurityError(`${id} is not recorded now: add it, or ask for a past moment`);
    }
    return bookNow(recorder, this.#parts.clock.nowUs(), this.startedUs, view);
  }

  /** For the reader: what its recorder knows of the hole in which a security is. */
  gapNow(security: string): OpenGap | null {
    const recorder = this.#recorders.get(security);
    return recorder ? gapNow(recorder) : null;
  }

  /** @param field what an error calls it. */
  canonicalId(security: string, field = 'security'): string {
    const { exchange, symbol } = parseSecurity(security);
    return securityOf(exchange, this.#exchange(exchange, field).normalizeSymbol(symbol)).id;
  }

  async flush(security: string): Promise<void> {
    const recorder = this.#recorders.get(security);
    if (!recorder) return;
    recorder.journal();
    await this.#parts.queue.drained();
  }

  onChange(listener: (security: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  terminate(): void {
    this.#parts.onTerminate();
  }

  #exchange(name: string, field: string): Exchange {
    const exchange = this.#parts.exchanges.get(name);
    if (exchange) return exchange;
    const known = [...this.#parts.exchanges.keys()].join(', ');
    throw new InvalidArgumentError(
      `${field}: unknown exchange ${JSON.stringify(name.slice(0, 40))} (known: ${known})`,
    );
  }

  /**
   * What the exchange does not list, or what could not be asked or written, is not added. Later failures
   * may pass (a login, an outage), and nobody would be there to add it again: then it stays added.
   * @returns a result where it can't be recorded.
   */
  async #addOne(id: string): Promise<CommandResult | undefined> {
    if (this.#isStopping) return refusedAdd(id, 'the logger is stopping');
    if (this.#recorders.has(id)) return undefined;
    const { exchange, symbol } = this.#resolve(id);
    let instrument: Instrument;
    try {
      instrument = await exchange.instrument(symbol);
      await this.#setWanted(id, true);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      return refusedAdd(id, describeError(error));
    }
    this.#parts.log.notice('Added', { security: id });
    await this.#fallbacks.tell([this.#resolve(id)]);
    await this.#startRecorder(id, { instrument });
    return undefined;
  }

  async #removeOne(id: string): Promise<CommandResult> {
    const recorder = this.#recorders.get(id);
    if (recorder) {
      this.#recorders.delete(id);
      recorder.close('removed');
      await this.#setWanted(id, false);
      await this.#parts.queue.drained();
      await this.#parts.leases?.release(id);
      this.#parts.log.notice('Removed', { security: id });
      this.#tell(id);
    }
    const message = recorder ? null : 'was not recorded';
    return { security: id, ok: true, state: 'removed', message };
  }

  async #startRecorder(
    id: string,
    known: { readonly instrument?: Instrument } & Pick<RecorderDeps, 'onRecovered'> = {},
  ): Promise<void> {
    if (this.#isStopping || this.#recorders.has(id)) return;
    const { exchange, security } = this.#resolve(id);
    const recorder = new SecurityRecorder(security, exchange, {
      ...this.#parts,
      recordCheck: this.#recordCheck,
      onChange: (changed) => this.#tell(changed),
      onRecovered: known.onRecovered,
    });
    this.#recorders.set(id, recorder);
    if (!known.instrument) await this.#setWanted(id, true);
    await recorder.start(known.instrument);
  }

  async #setWanted(id: string, wanted: boolean): Promise<void> {
    const { feed } = this.#resolve(id).exchange;
    await this.#parts.archive.commit([{ type: 'security', state: { security: id, wanted, feed } }]);
  }

  #resolve(id: string): {
    readonly security: Security;
    readonly exchange: Exchange;
    readonly symbol: string;
  } {
    const security = parseSecurity(id);
    return {
      security,
      exchange: this.#exchange(security.exchange, 'security'),
      symbol: security.symbol,
    };
  }

  async #inTurn<T>(id: string, command: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(command, command);
    // The next command comes after this one, however it ended; its own caller hears of errors.
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(id, settled);
    return turn;
  }

  /** Resolves when it is live, has failed or is removed, when the logger stops or the signal aborts. */
  async #proven(id: string, signal: AbortSignal): Promise<void> {
    const isSettled = (): boolean => {
      const phase = this.#recorders.get(id)?.phase;
      return (
        signal.aborted ||
        this.#isStopping ||
        phase === undefined ||
        phase === 'live' ||
        phase === 'failed'
      );
    };
    if (isSettled()) return;
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (!isSettled()) return;
        stop();
        signal.removeEventListener('abort', check);
        resolve();
      };
      const stop = this.onChange(check);
      signal.addEventListener('abort', check);
    });
  }

  #result(id: string, hasWaited: boolean): CommandResult {
    const recorder = this.#recorders.get(id);
    const state = this.#state(id);
    const isOk = state === 'live' || (!hasWaited && state !== null && state !== 'failed');
    const reason = recorder?.message ?? null;
    const isFailure = hasWaited && !isOk && recorder !== undefined;
    return {
      security: id,
      ok: isOk,
      state,
      message: state === 'live' ? null : isFailure ? this.#unproven(id, reason) : reason,
    };
  }

  /** Why an `add` did not come to a book, and what becomes of it. */
  #unproven(id: string, reason: string | null): string {
    if (this.#isStopping) {
      return 'the logger is stopping; it stays added, and the next start goes on with it';
    }
    const why = reason ?? 'no book is proven yet';
    return `${why}; it stays added and is tried again: remove it with orderbook-manager remove ${id}`;
  }

  #state(id: string): CommandResult['state'] {
    const recorder = this.#recorders.get(id);
    return recorder ? stateOf(recorder) : null;
  }

  #tell(security: string): void {
    for (const listener of this.#listeners) listener(security);
  }

  #scheduleTick(): void {
    const { clock, limits, onFatal } = this.#parts;
    this.#tickTimer = clock.schedule(limits.journalEveryMs, () => {
      try {
        for (const recorder of this.#recorders.values()) recorder.tick();
      } catch (error) {
        onFatal(error);
        return;
      }
      this.#ticks++;
      this.#scheduleTick();
    });
  }

  #scheduleTotals(): void {
    const { clock, onFatal } = this.#parts;
    this.#totalsTimer = clock.schedule(TOTALS_EVERY_MS, () => {
      this.#refreshTotals()
        .then(() => this.#isStopping || this.#scheduleTotals())
        .catch((error: unknown) => onFatal(error));
    });
  }

  async #refreshTotals(): Promise<void> {
    for (const id of this.#recorders.keys()) {
      this.#totals.set(id, await this.#parts.archive.totals(id));
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

function refusedAdd(security: string, reason: string): CommandResult {
  return { security, ok: false, state: null, message: `${reason}; it was not added` };
}

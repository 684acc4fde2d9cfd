/** A running logger as the manager port sees it, with answers that a test sets. */

import { UnknownSecurityError } from '../../logger/errors.ts';
import { parseSecurity } from '../../logger/market/security.ts';
import type {
  BookView,
  CommandResult,
  KnownInstrument,
  LoggerControl,
} from '../../logger/status/control.ts';
import type { HealthStatus } from '../../logger/status/health-status.ts';
import type { SecurityStatus } from '../../logger/status/security-status.ts';
import type { StateEvent } from '../../logger/live/events.ts';
import type { LiveListener, LiveSource } from '../../logger/live/feeds.ts';
import type { BookResult, LevelRow, NoBookResult } from '../../logger/queries/results.ts';

export function securityStatus(
  security: string,
  overrides: Partial<SecurityStatus> = {},
): SecurityStatus {
  return {
    security,
    level: 'L2',
    state: 'live',
    feed: 'depth@100ms',
    proof: 'sequence',
    sequence: '9007199254740993',
    bestBid: '61837.63',
    bestAsk: '61837.64',
    lastMessageAge: 0.4,
    messageRate: 10.5,
    gaps: 0,
    lastBaseImage: '2026-11-20T07:00:04.031002Z',
    storedBytes: 123_456_789,
    message: null,
    selfCheck: { images: 12, snapshots: 3, mismatches: 0 },
    ...overrides,
  };
}

export function levels(count: number, best: number, step: number): LevelRow[] {
  return Array.from({ length: count }, (_, index) => [String(best + index * step), '1.5'] as const);
}

export function bookResult(security: string, count = 3): BookResult {
  return {
    security,
    level: 'L2',
    at: '2026-11-20T07:00:04.031002Z',
    clock: 'receive',
    sequence: '9007199254740993',
    exchangeTime: '2026-11-20T07:00:04.000012Z',
    receiveTime: '2026-11-20T07:00:04.031002Z',
    state: 'proven',
    proof: 'sequence',
    horizon: { bid: '1', ask: null },
    bids: levels(count, 1_000_000, -1),
    asks: levels(count, 1_000_001, 1),
  };
}

export class FakeControl implements LoggerControl {
  readonly startedUs = Date.UTC(2026, 10, 20) * 1000;
  readonly recorded = new Map<string, SecurityStatus>();
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[] = [];
  readonly #listeners = new Set<LiveListener>();
  readonly live: LiveSource = {
    subscribe: (_security, listener) => this.#listen(listener),
    subscribeToStates: (_security, listener) => this.#listen(listener),
  };
  known: readonly KnownInstrument[] = [];
  healthOverrides: Partial<HealthStatus> = {};
  book: BookResult | NoBookResult | undefined;
  /** Instead of an answer. */
  failure: Error | undefined;
  /** `add` with `wait` ends when this does, or its signal. */
  proven: Promise<void> = Promise.resolve();
  /** `remove` and `snapshot` answer once this is done. */
  stored: Promise<void> = Promise.resolve();
  flushes = 0;
  flushFailure: Error | undefined;
  terminations = 0;

  constructor(...securities: readonly string[]) {
    for (const security of securities) this.recorded.set(security, securityStatus(security));
  }

  async add(
    securities: readonly string[],
    wait: boolean,
    signal: AbortSignal,
  ): Promise<CommandResult[]> {
    this.#called('add', securities, wait);
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    if (wait) await Promise.race([this.proven, aborted]);
    return securities.map((given) => {
      const security = this.canonicalId(given);
      if (security.endsWith('UNKNOWN')) {
        return { security, ok: false, state: null, message: 'Invalid symbol.' };
      }
      this.recorded.set(security, securityStatus(security));
      return signal.aborted
        ? { security, ok: false, state: 'syncing', message: 'no proven book yet' }
        : { security, ok: true, state: 'live', message: null };
    });
  }

  async remove(securities: readonly string[]): Promise<CommandResult[]> {
    this.#called('remove', securities);
    await this.stored;
    return securities.map((given) => {
      const security = this.canonicalId(given);
      this.recorded.delete(security);
      this.change(security);
      return { security, ok: true, state: 'removed', message: null };
    });
  }

  async snapshot(securities: readonly string[]): Promise<CommandResult[]> {
    this.#called('snapshot', securities);
    await this.stored;
    const all = securities[0] === 'all' ? [...this.recorded.keys()] : securities;
    return all.map((security) => ({ security, ok: true, state: 'live', message: null }));
  }

  async reset(exchange: string): Promise<CommandResult[]> {
    this.#called('reset', exchange);
    return [...this.recorded.keys()].map((security) => ({
      security,
      ok: true,
      state: 'live',
      message: null,
    }));
  }

  instruments(): readonly KnownInstrument[] {
    return this.known;
  }

  async list(): Promise<SecurityStatus[]> {
    this.#called('list');
    return [...this.recorded.values()];
  }

  status(security: string): SecurityStatus | undefined {
    return this.recorded.get(this.canonicalId(security));
  }

  async health(): Promise<HealthStatus> {
    this.#called('health');
    return {
      status: 'serving',
      uptime: 93_784.5,
      version: '9.9.9',
      archive: { kind: 'embedded', reachable: true, lag: 0.25, spoolBytes: 0, message: null },
      securities: [...this.recorded.values()],
      process: {
        rss: 123_456_789,
        heapUsed: 45_678_901,
        eventLoopLag: 1.25,
        threads: 11,
        handles: 7,
        queuedEvents: 42,
        spoolBytes: 0,
      },
      selfCheck: { images: 24, snapshots: 6, mismatches: 0 },
      ...this.healthOverrides,
    };
  }

  bookNow(security: string, { depth, level }: BookView = {}): BookResult | NoBookResult {
    this.#called('bookNow', security, depth, ...(level === undefined ? [] : [level]));
    const known = this.recorded.has(security);
    if (!known) throw new UnknownSecurityError(`${security} is not recorded`);
    const book = this.book ?? bookResult(security);
    if (book.state === 'gap' || depth === undefined) return book;
    return { ...book, bids: book.bids.slice(0, depth), asks: book.asks.slice(0, depth) };
  }

  canonicalId(security: string): string {
    const { exchange, symbol } = parseSecurity(security);
    return `${exchange}:${symbol.toUpperCase()}`;
  }

  async flush(security: string): Promise<void> {
    this.#called('flush', security);
    this.flushes++;
    if (this.flushFailure) throw this.flushFailure;
  }

  terminate(): void {
    this.#called('terminate');
    this.terminations++;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Publishes that a security changed, after an optional new state. */
  change(security: string, overrides?: Partial<SecurityStatus>): void {
    if (overrides) this.recorded.set(security, securityStatus(security, overrides));
    const event = { type: 'state', security, phase: 'live', message: null, aliveUntilUs: null };
    for (const listener of this.#listeners) listener(event as StateEvent);
  }

  #called(method: string, ...args: readonly unknown[]): void {
    this.calls.push({ method, args });
    if (this.failure !== undefined && method !== 'flush') throw this.failure;
  }

  #listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/**
 * Replays a Binance recording over a real WebSocket and REST: only subscribed streams, the recorded REST
 * snapshot, and later snapshots computed from the recording. A fault hook sees every frame first. The
 * replay waits for a subscriber, at the start and after the hook has cut the connection.
 */

import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { ExchangeServer } from '../../sandbox/server/exchange-server.ts';
import { systemClock } from '../../sandbox/server/system-clock.ts';
import { BINANCE_LIMITS } from '../../sandbox/venues/binance/limits.ts';
import type { BinanceLimits } from '../../sandbox/venues/binance/limits.ts';
import { acceptBinance } from '../../sandbox/venues/binance/session.ts';
import type { Receiver, StreamSource } from '../../sandbox/venues/binance/stream-source.ts';
import { Connections } from '../../sandbox/venues/connections.ts';
import type { RestRequest, RestResponse } from '../../sandbox/venues/session.ts';
import type { NaiveRows } from './naive-book.ts';
import { RecordedSession } from './recorded-session.ts';

/**
 * Texts to send instead of a frame (none loses it), in the combined stream format, or something done to
 * the connections. In the latter case the frame is lost unless `frames` contains it.
 */
export type Fault =
  | readonly string[]
  | {
      readonly frames?: readonly string[];
      /** Closes every connection after the frames; 1006 drops TCP without a close frame. */
      readonly close?: number;
      /** Every connection goes dead: TCP stays open, and nothing passes. */
      readonly halfOpen?: true;
      /** Announces a shutdown and closes after so many milliseconds; the replay continues meanwhile. */
      readonly shutdownAfterMs?: number;
    };

/** undefined sends the frame unchanged. A promise pauses the replay until it settles. */
export type FaultHook = (
  index: number,
  frame: string,
) => Fault | undefined | Promise<Fault | undefined>;

/** A fault of a book snapshot; undefined serves the true one. */
export interface SnapshotFault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly delayMs?: number;
  /** Serves the book of so many diffs ago, but no earlier than the first proven one. */
  readonly diffsBehind?: number;
  /** Claims this sequence instead of the true one. */
  readonly lastUpdateId?: number;
}

export interface ReplayOptions {
  /** Default: both recordings in sequence. */
  readonly session?: RecordedSession;
  /** A multiple of real time; `max`, the default, is as fast as the clients read. */
  readonly speed?: number | 'max';
  /** `index` counts the lines of the recording. */
  readonly fault?: FaultHook;
  /** `request` counts requests for book snapshots, from 0. */
  readonly snapshotFault?: (request: number) => SnapshotFault | undefined;
  readonly limits?: Partial<BinanceLimits>;
  /** The replay waits unless each of these has a subscriber. Default: 100 ms diffs and trades. */
  readonly waitFor?: readonly string[];
}

export interface ReplayServer {
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly session: RecordedSession;
  /** Resolves when the last line has been sent; rejects if the hook threw. */
  readonly finished: Promise<void>;
  /** Lines played so far. */
  position(): number;
  /** Connections, requests and book snapshots so far. */
  counts(): { readonly connections: number; readonly requests: number; readonly snapshots: number };
  /** Full-depth oracle: the book after the last diff at or before `sequence`. */
  naiveBookAt(sequence: number): NaiveRows;
  close(): Promise<void>;
}

/** The replay waits while a client's send buffer holds more than this. */
const MAX_AHEAD_BYTES = 256 * 1024;
const POLL_MS = 1;
const DEFAULT_WAIT_FOR = ['btcusdt@depth@100ms', 'btcusdt@trade'];
/** Lines played per turn of the event loop. */
const LINES_PER_TURN = 50;
/** Instrument data of the recorded symbol. */
const INSTRUMENT = {
  symbol: 'BTCUSDT',
  status: 'TRADING',
  baseAsset: 'BTC',
  quoteAsset: 'USDT',
  filters: [
    {
      filterType: 'PRICE_FILTER',
      minPrice: '0.01000000',
      maxPrice: '1000000.00000000',
      tickSize: '0.01000000',
    },
    {
      filterType: 'LOT_SIZE',
      minQty: '0.00001000',
      maxQty: '9000.00000000',
      stepSize: '0.00001000',
    },
  ],
};

export async function startReplayServer(options: ReplayOptions = {}): Promise<ReplayServer> {
  const replay = new Replay(options);
  await replay.listen();
  return replay;
}

class Replay implements ReplayServer, StreamSource {
  readonly session: RecordedSession;
  readonly finished: Promise<void>;
  readonly #options: ReplayOptions;
  readonly #connections: Connections;
  readonly #server: ExchangeServer;
  readonly #receivers = new Map<string, Set<Receiver>>();
  #position = 0;
  #lastDiff = -1;
  #requests = 0;
  #snapshots = 0;
  #isClosed = false;
  /** Requests for a book wait here until the replay reaches the recorded snapshot. */
  readonly #snapshotReached = latch();
  readonly #firstSnapshotAnswered = latch();

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.session = options.session ?? new RecordedSession();
    const clock = systemClock();
    const limits = { ...BINANCE_LIMITS, ...options.limits };
    const connections = new Connections(clock, limits);
    this.#connections = connections;
    this.#server = new ExchangeServer({
      host: '127.0.0.1',
      port: 0,
      clock,
      connections,
      accept: (url, address) => {
        const open = acceptBinance(url, { source: this, clock, limits });
        if (!open) return 404;
        return connections.admit(address) ? open : 429;
      },
      respond: (request) => this.#respond(request),
    });
    this.finished = this.#play();
    // Whoever awaits `finished` gets the error; unawaited it must not crash the test run.
    this.finished.catch(() => undefined);
  }

  get wsUrl(): string {
    return this.#server.wsUrl;
  }

  get restUrl(): string {
    return this.#server.restUrl;
  }

  listen(): Promise<void> {
    return this.#server.listen();
  }

  position(): number {
    return this.#position;
  }

  counts(): { connections: number; requests: number; snapshots: number } {
    const connections = this.#connections.count;
    return { connections, requests: this.#requests, snapshots: this.#snapshots };
  }

  naiveBookAt(sequence: number): NaiveRows {
    return this.session.bookAt(sequence).rows();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#snapshotReached.open();
    this.#firstSnapshotAnswered.open();
    await this.#server.close();
    await this.finished.catch(() => undefined);
  }

  subscribe(stream: string, receiver: Receiver): void {
    const receivers = this.#receivers.get(stream) ?? new Set();
    this.#receivers.set(stream, receivers.add(receiver));
  }

  unsubscribe(stream: string, receiver: Receiver): void {
    this.#receivers.get(stream)?.delete(receiver);
  }

  #isSubscribed(): boolean {
    const wanted = this.#options.waitFor ?? DEFAULT_WAIT_FOR;
    return wanted.every((stream) => (this.#receivers.get(stream)?.size ?? 0) > 0);
  }

  async #play(): Promise<void> {
    const pace = this.#options.speed ?? 'max';
    const firstNs = this.session.lines[0]?.timeNs ?? 0n;
    let startedMs = performance.now();
    for (const [index, line] of this.session.lines.entries()) {
      const heldMs = await this.#whileHeld();
      if (this.#isClosed) return;
      // Recorded time pauses without a subscriber.
      startedMs += heldMs;
      if (pace !== 'max') {
        const dueMs = startedMs + Number(line.timeNs - firstNs) / 1e6 / pace;
        if (dueMs > performance.now()) await wait(dueMs - performance.now());
      } else if (index % LINES_PER_TURN === 0) await nextTurn();
      await this.#playLine(index);
    }
    while (!this.#isClosed && this.#connections.bufferedBytes() > 0) await wait(POLL_MS);
  }

  async #whileHeld(): Promise<number> {
    const sinceMs = performance.now();
    const isHeld = (): boolean =>
      !this.#isSubscribed() || this.#connections.bufferedBytes() > MAX_AHEAD_BYTES;
    while (!this.#isClosed && isHeld()) await wait(POLL_MS);
    return performance.now() - sinceMs;
  }

  async #playLine(index: number): Promise<void> {
    const line = this.session.lines[index];
    if (!line) return;
    if (line.stream === null) {
      // A client that catches up at full speed would miss everything after it.
      this.#snapshotReached.open();
      await this.#firstSnapshotAnswered.passed;
      this.#position = index + 1;
      return;
    }
    const fault = await this.#options.fault?.(index, line.raw);
    this.#position = index + 1;
    if (line.diff !== null) this.#lastDiff = line.diff;
    if (fault === undefined) this.#deliver(line.stream, line.raw);
    else if ('length' in fault) for (const frame of fault) this.#deliver(line.stream, frame);
    else await this.#misbehave(line.stream, fault);
  }

  async #misbehave(stream: string, fault: Exclude<Fault, readonly string[]>): Promise<void> {
    for (const frame of fault.frames ?? []) this.#deliver(stream, frame);
    if (fault.shutdownAfterMs !== undefined) this.#connections.shutDown(fault.shutdownAfterMs);
    if (fault.close === undefined && fault.halfOpen === undefined) return;
    if (fault.close !== undefined) this.#connections.closeAll(fault.close, 'Fault');
    if (fault.halfOpen) this.#connections.freezeAll(60_000);
    // A dead connection is no subscriber: the replay waits for a new one.
    for (const receivers of this.#receivers.values()) receivers.clear();
  }

  #deliver(stream: string, frame: string): void {
    for (const receiver of this.#receivers.get(stream) ?? []) {
      receiver.deliver(receiver.format.isCombined ? frame : unwrapped(frame));
    }
  }

  #respond(request: RestRequest): RestResponse | Promise<RestResponse> {
    this.#requests++;
    const { pathname, searchParams } = new URL(request.url, 'http://replay');
    if (pathname === '/api/v3/ping') return answerOf(200, '{}');
    if (pathname === '/api/v3/time') {
      return answerOf(200, JSON.stringify({ serverTime: this.#playedMs() }));
    }
    const symbols = searchParams.get('symbol') ?? searchParams.get('symbols') ?? '';
    const isKnown = symbols.replaceAll(/[[\]"]/g, '') === INSTRUMENT.symbol;
    if (!isKnown) return answerOf(400, '{"code":-1121,"msg":"Invalid symbol."}');
    if (pathname === '/api/v3/exchangeInfo') {
      const body = { timezone: 'UTC', serverTime: this.#playedMs(), symbols: [INSTRUMENT] };
      return answerOf(200, JSON.stringify(body));
    }
    if (pathname !== '/api/v3/depth') return answerOf(404, '');
    return this.#snapshot(Number(searchParams.get('limit') ?? 100));
  }

  async #snapshot(limit: number): Promise<RestResponse> {
    const fault = this.#options.snapshotFault?.(this.#snapshots++);
    if (fault?.status !== undefined || fault?.body !== undefined) {
      return {
        status: fault.status ?? 200,
        headers: fault.headers ?? {},
        body: fault.body ?? '',
        delayMs: fault.delayMs ?? 0,
      };
    }
    await this.#snapshotReached.passed;
    const text = this.#snapshotText(limit, fault?.diffsBehind ?? 0);
    const claimed = fault?.lastUpdateId;
    if (claimed === undefined && fault?.diffsBehind === undefined) {
      this.#firstSnapshotAnswered.open();
      return answerOf(200, text, fault?.delayMs);
    }
    // A wrong snapshot must not let the replay continue past a client without a book.
    const body = text.replace(/\d+/, (sequence) => String(claimed ?? sequence));
    return answerOf(200, body, fault?.delayMs);
  }

  #snapshotText(limit: number, diffsBehind: number): string {
    if (this.#position === this.session.snapshotLine && diffsBehind === 0) {
      return this.session.snapshotText;
    }
    const diff = this.session.diffs[Math.max(0, this.#lastDiff - diffsBehind)];
    const sequence = Math.max(diff?.lastSequence ?? 0, this.session.firstProvenSequence);
    const book = this.session.bookAt(sequence);
    const bids = book.wireRows('bid', limit);
    const asks = book.wireRows('ask', limit);
    return JSON.stringify({ lastUpdateId: book.sequence, bids, asks });
  }

  #playedMs(): number {
    const line = this.session.lines[Math.max(0, this.#position - 1)];
    return Number((line?.timeNs ?? 0n) / 1_000_000n);
  }
}

function answerOf(status: number, body: string, delayMs = 0): RestResponse {
  const headers = { 'content-type': 'application/json', 'x-mbx-used-weight-1m': '250' };
  return { status, headers, body, delayMs };
}

function unwrapped(frame: string): string {
  const start = frame.indexOf('"data":');
  return start < 0 ? frame : frame.slice(start + '"data":'.length, -1);
}

interface Latch {
  readonly passed: Promise<void>;
  open(): void;
}

function latch(): Latch {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/**
 * One client's WebSocket connection as Binance keeps it: commands and their replies, the pace limit
 * on client messages (pings and pongs count), server pings that want their payload back, the end
 * after a day. Knows no socket: a `Peer` does the sending, so that a simulation can bring its own.
 */

import { shutdownFrame } from './feed.ts';
import type { SandboxClock, SandboxTimer } from '../../clock.ts';
import type { ConnectionLimits, OpenSession } from '../../server/exchange-server.ts';
import type { Peer, Session } from '../../server/protocol.ts';
import type { TimeUnit } from './wire.ts';

/** Limits of the exchange; each can be set otherwise for a test. */
export interface BinanceLimits extends ConnectionLimits {
  /** Client messages, pings and pongs, in one second on one connection; more closes it. */
  readonly messagesPerSecond: number;
  /** Streams on one connection; more are refused. */
  readonly maxStreams: number;
  readonly pingIntervalMs: number;
  /** A ping not answered with its own payload for so long ends the connection. */
  readonly pongTimeoutMs: number;
  /** Request weight of one address in a minute; more is refused with 429, then 418. */
  readonly weightPerMinute: number;
  /** Bytes waiting for one client; a slower one is cut off. */
  readonly maxBufferedBytes: number;
}

export const BINANCE_LIMITS: BinanceLimits = {
  messagesPerSecond: 5,
  maxStreams: 1024,
  pingIntervalMs: 20_000,
  pongTimeoutMs: 60_000,
  connectionLifeMs: 24 * 3_600_000,
  connectionsPerFiveMinutes: 300,
  weightPerMinute: 6000,
  maxBufferedBytes: 64 * 1024 * 1024,
};

/** Who hears a stream. */
export interface Receiver {
  readonly unit: TimeUnit;
  /** Payloads wrapped as `{"stream":…,"data":…}`. */
  readonly isCombined: boolean;
  deliver(data: string | Buffer): void;
}

/** Where the data comes from. Names that nobody serves are accepted, as on the real exchange. */
export interface StreamSource {
  subscribe(stream: string, receiver: Receiver): void;
  unsubscribe(stream: string, receiver: Receiver): void;
}

export interface SessionRequest {
  readonly isCombined: boolean;
  readonly unit: TimeUnit;
  readonly streams: readonly string[];
}

/** Who serves a WebSocket address; null where Binance has nothing there. */
export function acceptBinance(
  url: string,
  parts: {
    readonly source: StreamSource;
    readonly clock: SandboxClock;
    readonly limits: BinanceLimits;
  },
): OpenSession | null {
  const request = parseSessionUrl(url);
  if (!request) return null;
  return (peer, lifeMs) => {
    const limits = { ...parts.limits, connectionLifeMs: lifeMs };
    return new BinanceSession(request, { ...parts, peer, limits });
  };
}

/** Reads path and query of a WebSocket address; null where Binance has nothing there. */
export function parseSessionUrl(url: string): SessionRequest | null {
  const { pathname, searchParams } = new URL(url, 'ws://sandbox');
  const unit = /^microsecond$/i.test(searchParams.get('timeUnit') ?? '') ? 'us' : 'ms';
  const split = (text: string): string[] => text.split('/').filter((name) => name !== '');
  if (pathname === '/stream' || pathname === '/stream/') {
    return { isCombined: true, unit, streams: split(searchParams.get('streams') ?? '') };
  }
  if (pathname === '/ws' || pathname.startsWith('/ws/')) {
    return { isCombined: false, unit, streams: split(pathname.slice('/ws'.length)) };
  }
  return null;
}

/** Longest command that is read. */
const MAX_COMMAND_CHARACTERS = 65_536;
const STRING_ID = /^[A-Za-z0-9_-]{1,36}$/;

/** Command errors: the exchange's codes. */
const UNKNOWN_PROPERTY = 0;
const INVALID_VALUE = 1;
const INVALID_REQUEST = 2;
const INVALID_JSON = 3;

export class BinanceSession implements Receiver, Session {
  readonly unit: TimeUnit;
  isCombined: boolean;
  readonly #peer: Peer;
  readonly #source: StreamSource;
  readonly #clock: SandboxClock;
  readonly #limits: BinanceLimits;
  readonly #streams = new Set<string>();
  readonly #startedMs: number;
  #recentMessagesMs: number[] = [];
  #unanswered: { readonly payload: string; readonly sinceMs: number } | null = null;
  #pingTimer: SandboxTimer;
  #lifeTimer: SandboxTimer;
  #state: 'open' | 'frozen' | 'closed' = 'open';

  constructor(
    request: SessionRequest,
    parts: {
      readonly peer: Peer;
      readonly source: StreamSource;
      readonly clock: SandboxClock;
      readonly limits: BinanceLimits;
    },
  ) {
    this.unit = request.unit;
    this.isCombined = request.isCombined;
    this.#peer = parts.peer;
    this.#source = parts.source;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#startedMs = this.#clock.monotonicMs();
    this.#pingTimer = this.#clock.schedule(this.#limits.pingIntervalMs, () => this.#pingClient());
    this.#lifeTimer = this.#clock.schedule(this.#limits.connectionLifeMs, () => this.#endOfLife());
    this.#subscribe(request.streams.slice(0, this.#limits.maxStreams));
  }

  get streams(): readonly string[] {
    return [...this.#streams];
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen';
  }

  /** @param message undefined for a binary one. */
  onMessage(message: string | undefined): void {
    if (!this.#countMessage()) return;
    this.#peer.send(this.#answer(message));
    const subscribe = this.#afterReply;
    this.#afterReply = [];
    this.#subscribe(subscribe);
  }

  onPing(payload: Buffer): void {
    if (this.#countMessage()) this.#peer.pong(payload);
  }

  onPong(payload: Buffer): void {
    if (!this.#countMessage()) return;
    if (payload.toString() === this.#unanswered?.payload) this.#unanswered = null;
  }

  /** To be called once, whatever ended the connection. */
  onClosed(): void {
    this.#state = 'closed';
    this.#pingTimer.cancel();
    this.#lifeTimer.cancel();
    for (const stream of this.#streams) this.#source.unsubscribe(stream, this);
    this.#streams.clear();
  }

  deliver(data: string | Buffer): void {
    if (this.#state !== 'open') return;
    if (this.#peer.bufferedBytes() > this.#limits.maxBufferedBytes) this.#peer.terminate();
    else this.#peer.send(data);
  }

  /** Nothing goes in or out any more, for the peer as if the line were cut somewhere far away. */
  freeze(): void {
    if (this.#state !== 'open') return;
    this.#state = 'frozen';
    this.#peer.freeze();
  }

  /** The connection ends `lifeMs` after its start, or now if that has passed. */
  changeLife(lifeMs: number): void {
    const leftMs = this.#startedMs + lifeMs - this.#clock.monotonicMs();
    this.#lifeTimer.cancel();
    this.#lifeTimer = this.#clock.schedule(Math.max(0, leftMs), () => this.#endOfLife());
  }

  announceShutdown(nowUs: number): void {
    this.deliver(shutdownFrame(this, nowUs));
  }

  #endOfLife(): void {
    if (this.#state === 'open') this.#peer.close(1008, 'Connection is older than 24 hours');
  }

  #pingClient(): void {
    if (this.#state === 'closed') return;
    this.#pingTimer = this.#clock.schedule(this.#limits.pingIntervalMs, () => this.#pingClient());
    if (this.#state === 'frozen') return;
    const now = this.#clock.monotonicMs();
    if (this.#unanswered && now - this.#unanswered.sinceMs >= this.#limits.pongTimeoutMs) {
      this.#peer.close(1008, 'Pong timeout');
      return;
    }
    const payload = String(Math.floor(this.#clock.nowUs() / 1000));
    this.#unanswered = { payload, sinceMs: this.#unanswered?.sinceMs ?? now };
    this.#peer.ping(payload);
  }

  /** @returns false where the message came too soon, or from a connection already given up. */
  #countMessage(): boolean {
    if (this.#state !== 'open') return false;
    const now = this.#clock.monotonicMs();
    this.#recentMessagesMs = this.#recentMessagesMs.filter((time) => time > now - 1000);
    this.#recentMessagesMs.push(now);
    if (this.#recentMessagesMs.length <= this.#limits.messagesPerSecond) return true;
    this.#peer.close(1008, 'Too many requests');
    return false;
  }

  #afterReply: readonly string[] = [];

  #answer(message: string | undefined): string {
    if (message === undefined || message.length > MAX_COMMAND_CHARACTERS) {
      return failure(INVALID_REQUEST, 'Invalid request: too large or not text', undefined);
    }
    const command = parseObject(message);
    if (!command) return failure(INVALID_JSON, 'Invalid JSON: expected an object', undefined);
    const id = command.get('id') ?? null;
    if (!isRequestId(id)) {
      return failure(
        INVALID_REQUEST,
        'Invalid request: request ID must be an integer, a string of at most 36 alphanumerics or null',
        undefined,
      );
    }
    return this.#run(command.get('method'), command.get('params') ?? [], id);
  }

  #run(method: unknown, params: unknown, id: RequestId): string {
    switch (method) {
      case 'LIST_SUBSCRIPTIONS':
        return success([...this.#streams], id);
      case 'GET_PROPERTY':
        return isStrings(params) && params[0] === 'combined'
          ? success(this.isCombined, id)
          : failure(UNKNOWN_PROPERTY, 'Unknown property', id);
      case 'SET_PROPERTY':
        return this.#setProperty(params, id);
      case 'SUBSCRIBE':
      case 'UNSUBSCRIBE':
        return this.#changeStreams(method, params, id);
      default:
        return failure(
          INVALID_REQUEST,
          `Invalid request: unknown variant ${JSON.stringify(method) ?? 'nothing'}, expected one of SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY`,
          id,
        );
    }
  }

  #setProperty(params: unknown, id: RequestId): string {
    const [name, value]: unknown[] = Array.isArray(params) ? params : [];
    if (name !== 'combined') return failure(UNKNOWN_PROPERTY, 'Unknown property', id);
    if (typeof value !== 'boolean') {
      return failure(INVALID_VALUE, 'Invalid value type: expected Boolean', id);
    }
    this.isCombined = value;
    return success(null, id);
  }

  #changeStreams(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', params: unknown, id: RequestId): string {
    if (!isStrings(params) || params.length === 0) {
      return failure(INVALID_REQUEST, 'Invalid request: params must be a list of streams', id);
    }
    if (method === 'UNSUBSCRIBE') {
      for (const stream of params) {
        if (this.#streams.delete(stream)) this.#source.unsubscribe(stream, this);
      }
      return success(null, id);
    }
    if (new Set([...this.#streams, ...params]).size > this.#limits.maxStreams) {
      return failure(INVALID_REQUEST, 'Invalid request: too many streams', id);
    }
    this.#afterReply = params;
    return success(null, id);
  }

  /** After the reply: a client hears that it is subscribed before it hears data. */
  #subscribe(streams: readonly string[]): void {
    for (const stream of streams) {
      if (this.#streams.has(stream)) continue;
      this.#streams.add(stream);
      this.#source.subscribe(stream, this);
    }
  }
}

type RequestId = string | number | null;

function parseObject(text: string): Map<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return new Map(Object.entries(value));
  } catch (error) {
    // Whatever a client sends that is not JSON gets the exchange's error frame.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isRequestId(id: unknown): id is RequestId {
  if (typeof id === 'string') return STRING_ID.test(id);
  return id === null || (typeof id === 'number' && Number.isInteger(id));
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function success(result: unknown, id: RequestId): string {
  return JSON.stringify({ result, id });
}

function failure(code: number, msg: string, id: RequestId | undefined): string {
  return JSON.stringify({ code, msg, ...(id === undefined ? {} : { id }) });
}

/**
 * One client's WebSocket connection at Binance: commands and their replies, the rate limit on client
 * messages (pings and pongs count), and server pings whose payload must come back.
 */

import type { Clock, Timer } from '../../../logger/runtime/clock.ts';
import { ClientSession } from '../client-session.ts';
import { parseObject } from '../json.ts';
import type { OpenSession, Peer } from '../session.ts';
import type { BinanceLimits } from './limits.ts';
import type { Receiver, StreamSource } from './stream-source.ts';
import { shutdownFrame } from './wire.ts';
import type { FrameFormat } from './wire.ts';

interface SessionRequest extends FrameFormat {
  readonly streams: readonly string[];
}

export interface BinanceSessionDeps {
  readonly source: StreamSource;
  readonly clock: Clock;
  readonly limits: BinanceLimits;
  /** Default: none. */
  readonly rejectsSubscription?: (symbol: string) => boolean;
}

/** @returns the function that opens a session at `url`; null if Binance serves nothing there. */
export function acceptBinance(url: string, deps: BinanceSessionDeps): OpenSession | null {
  const request = parseSessionUrl(url);
  return request && ((peer, lifeMs) => new BinanceSession(request, peer, lifeMs, deps));
}

/** Parses path and query of a WebSocket address; null if Binance serves nothing there. */
function parseSessionUrl(url: string): SessionRequest | null {
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

/** Longest command that is parsed. */
const MAX_COMMAND_CHARACTERS = 65_536;
const STRING_ID = /^[A-Za-z0-9_-]{1,36}$/;

/** The exchange's codes for command errors. */
const UNKNOWN_PROPERTY = 0;
const INVALID_VALUE = 1;
const INVALID_REQUEST = 2;
const INVALID_JSON = 3;
const INTERNAL_ERROR = -1001;

class BinanceSession extends ClientSession implements Receiver {
  protected readonly expiry = { code: 1008, reason: 'Connection is older than 24 hours' };
  format: FrameFormat;
  readonly #source: StreamSource;
  readonly #limits: BinanceLimits;
  readonly #rejects: (symbol: string) => boolean;
  readonly #streams = new Set<string>();
  #recentMessagesMs: number[] = [];
  #unanswered: { readonly payload: string; readonly sinceMs: number } | null = null;
  #pingTimer: Timer;

  constructor(request: SessionRequest, peer: Peer, lifeMs: number, deps: BinanceSessionDeps) {
    const { source, clock, limits } = deps;
    super({ peer, clock, lifeMs, maxBufferedBytes: limits.maxBufferedBytes });
    const { unit, isCombined, streams } = request;
    this.format = { unit, isCombined };
    this.#source = source;
    this.#limits = limits;
    this.#rejects = deps.rejectsSubscription ?? (() => false);
    this.#pingTimer = this.#schedulePing();
    this.#subscribe(streams.slice(0, limits.maxStreams));
  }

  get streams(): readonly string[] {
    return [...this.#streams];
  }

  onMessage(message: string | undefined): void {
    if (!this.#countMessage()) return;
    const { reply, subscribe } = this.#run(message);
    this.peer.send(reply);
    // A client receives the reply before the first data.
    this.#subscribe(subscribe ?? []);
  }

  onPing(payload: Buffer): void {
    if (this.#countMessage()) this.peer.pong(payload);
  }

  onPong(payload: Buffer): void {
    if (!this.#countMessage()) return;
    if (payload.toString() === this.#unanswered?.payload) this.#unanswered = null;
  }

  announceShutdown(nowUs: number): void {
    this.deliver(shutdownFrame(nowUs, this.format));
  }

  protected release(): void {
    this.#pingTimer.cancel();
    for (const stream of this.#streams) this.#source.unsubscribe(stream, this);
    this.#streams.clear();
  }

  #schedulePing(): Timer {
    return this.clock.schedule(this.#limits.pingIntervalMs, () => this.#pingClient());
  }

  #pingClient(): void {
    this.#pingTimer = this.#schedulePing();
    if (!this.isOpen) return;
    const nowMs = this.clock.monotonicMs();
    if (this.#unanswered && nowMs - this.#unanswered.sinceMs >= this.#limits.pongTimeoutMs) {
      this.peer.close(1008, 'Pong timeout');
      return;
    }
    const payload = String(Math.floor(this.clock.nowUs() / 1000));
    this.#unanswered = { payload, sinceMs: this.#unanswered?.sinceMs ?? nowMs };
    this.peer.ping(payload);
  }

  /** @returns false if the message is over the rate limit or the session is not open. */
  #countMessage(): boolean {
    if (!this.isOpen) return false;
    const nowMs = this.clock.monotonicMs();
    this.#recentMessagesMs = this.#recentMessagesMs.filter((timeMs) => timeMs > nowMs - 1000);
    this.#recentMessagesMs.push(nowMs);
    if (this.#recentMessagesMs.length <= this.#limits.messagesPerSecond) return true;
    this.peer.close(1008, 'Too many requests');
    return false;
  }

  #run(message: string | undefined): Outcome {
    if (message === undefined || message.length > MAX_COMMAND_CHARACTERS) {
      return failure(INVALID_REQUEST, 'Invalid request: too large or not text', undefined);
    }
    const command = parseObject(message);
    if (!command) return failure(INVALID_JSON, 'Invalid JSON: expected an object', undefined);
    const { id = null, method, params = [] } = command;
    if (!isRequestId(id)) {
      return failure(
        INVALID_REQUEST,
        'Invalid request: request ID must be an integer, a string of at most 36 alphanumerics or null',
        undefined,
      );
    }
    return this.#runMethod(method, params ?? [], id);
  }

  #runMethod(method: unknown, params: unknown, id: RequestId): Outcome {
    switch (method) {
      case 'LIST_SUBSCRIPTIONS':
        return success([...this.#streams], id);
      case 'GET_PROPERTY':
        return isStrings(params) && params[0] === 'combined'
          ? success(this.format.isCombined, id)
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

  #setProperty(params: unknown, id: RequestId): Outcome {
    const [name, value]: unknown[] = Array.isArray(params) ? params : [];
    if (name !== 'combined') return failure(UNKNOWN_PROPERTY, 'Unknown property', id);
    if (typeof value !== 'boolean') {
      return failure(INVALID_VALUE, 'Invalid value type: expected Boolean', id);
    }
    this.format = { ...this.format, isCombined: value };
    return success(null, id);
  }

  #changeStreams(method: 'SUBSCRIBE' | 'UNSUBSCRIBE', params: unknown, id: RequestId): Outcome {
    if (!isStrings(params) || params.length === 0) {
      return failure(INVALID_REQUEST, 'Invalid request: params must be a list of streams', id);
    }
    if (method === 'UNSUBSCRIBE') {
      for (const stream of params) {
        if (this.#streams.delete(stream)) this.#source.unsubscribe(stream, this);
      }
      return success(null, id);
    }
    if (params.some((stream) => this.#rejects(symbolOf(stream)))) {
      return failure(INTERNAL_ERROR, 'Internal error; unable to process your request.', id);
    }
    if (new Set([...this.#streams, ...params]).size > this.#limits.maxStreams) {
      return failure(INVALID_REQUEST, 'Invalid request: too many streams', id);
    }
    return { ...success(null, id), subscribe: params };
  }

  #subscribe(streams: readonly string[]): void {
    for (const stream of streams) {
      if (this.#streams.has(stream)) continue;
      this.#streams.add(stream);
      this.#source.subscribe(stream, this);
    }
  }
}

function symbolOf(stream: string): string {
  return stream.split('@', 1)[0]?.toUpperCase() ?? '';
}

type RequestId = string | number | null;

/** The reply to a command, and the streams to subscribe to after it was sent. */
interface Outcome {
  readonly reply: string;
  readonly subscribe?: readonly string[];
}

function isRequestId(id: unknown): id is RequestId {
  if (typeof id === 'string') return STRING_ID.test(id);
  return id === null || (typeof id === 'number' && Number.isInteger(id));
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function success(result: unknown, id: RequestId): Outcome {
  return { reply: JSON.stringify({ result, id }) };
}

function failure(code: number, msg: string, id: RequestId | undefined): Outcome {
  return { reply: JSON.stringify({ code, msg, ...(id === undefined ? {} : { id }) }) };
}

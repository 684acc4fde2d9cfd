/** One client's WebSocket connection at Bitfinex: a greeting, flags, channels, a counter over their messages. */

import type { Clock } from '../../../logger/runtime/clock.ts';
import { ClientSession } from '../client-session.ts';
import { parseObject } from '../json.ts';
import type { Peer } from '../session.ts';
import type { BitfinexFeed, Channel, Receiver } from './feed.ts';
import type { BitfinexLimits } from './limits.ts';
import { milliseconds } from './wire.ts';

export interface BitfinexSessionDeps {
  readonly feed: BitfinexFeed;
  readonly symbols: ReadonlySet<string>;
  readonly clock: Clock;
  readonly limits: BitfinexLimits;
  readonly isInMaintenance: () => boolean;
  readonly isDelisted: (symbol: string) => boolean;
  readonly rejectsSubscription: (symbol: string) => boolean;
}

const FLAGS = { times: 32_768, counter: 65_536 };

export class BitfinexSession extends ClientSession implements Receiver {
  protected readonly expiry = { code: 1001, reason: 'Going away' };
  readonly #deps: BitfinexSessionDeps;
  readonly #channels = new Map<number, Channel>();
  #flags = 0;
  #counter = 0;

  constructor(peer: Peer, lifeMs: number, deps: BitfinexSessionDeps) {
    const { clock, limits } = deps;
    super({ peer, clock, lifeMs, maxBufferedBytes: limits.maxBufferedBytes });
    this.#deps = deps;
    const status = deps.isInMaintenance() ? 0 : 1;
    this.#send({ event: 'info', version: 2, serverId: 'sandbox', platform: { status } });
  }

  get streams(): readonly string[] {
    return [...this.#channels.values()].map(
      ({ symbol, precision }) => `${precision ?? 'trades'} ${symbol}`,
    );
  }

  get counter(): number {
    return this.#counter;
  }

  count(channel: number, content: string): string {
    const counter = ++this.#counter;
    const tail = [
      ...((this.#flags & FLAGS.counter) > 0 ? [counter] : []),
      ...((this.#flags & FLAGS.times) > 0 ? [milliseconds(this.clock.nowUs())] : []),
    ];
    return `[${[channel, content, ...tail].join(',')}]`;
  }

  onMessage(message: string | undefined): void {
    if (!this.isOpen) return;
    const request = message === undefined ? null : parseObject(message);
    switch (request?.['event']) {
      case 'conf':
        this.#flags = Number(request['flags']);
        return this.#send({ event: 'conf', status: 'OK', flags: this.#flags });
      case 'subscribe':
        return this.#subscribe(request);
      case 'unsubscribe':
        return this.#unsubscribe(Number(request['chanId']));
      case 'ping':
        return this.#send({ event: 'pong', ts: milliseconds(this.clock.nowUs()) });
      default:
        this.#send({ event: 'error', msg: 'event: invalid', code: 10_000 });
    }
  }

  onPing(payload: Buffer): void {
    if (this.isOpen) this.peer.pong(payload);
  }

  onPong(): void {
    // The exchange sends no pings of its own.
  }

  announceShutdown(): void {
    this.inform(20_051, 'Stopping. Please try to reconnect');
  }

  inform(code: number, msg: string): void {
    if (this.isOpen) this.#send({ event: 'info', code, msg });
  }

  /** Ends all channels. */
  release(): void {
    for (const channel of this.#channels.values()) this.#deps.feed.unsubscribe(channel);
    this.#channels.clear();
  }

  #subscribe(request: Readonly<Record<string, unknown>>): void {
    const { channel: name, symbol, prec } = request;
    const error = this.#errorOf(name, symbol, prec);
    if (error !== null) {
      const [msg, code] = error;
      return this.#send({ ...request, event: 'error', msg: `${String(name)}: ${msg}`, code });
    }
    const id = this.#deps.feed.nextChannel();
    const precision = name === 'trades' ? null : prec === 'R0' ? 'R0' : 'P0';
    const nowUs = this.clock.nowUs();
    const channel: Channel = {
      id,
      symbol: String(symbol),
      receiver: this,
      precision,
      book: null,
      bookCounter: 0,
      lastUs: nowUs,
      isDead: false,
    };
    this.#channels.set(id, channel);
    const pair = String(symbol).slice(1);
    this.#send({ ...request, event: 'subscribed', chanId: id, pair });
    this.#deps.feed.subscribe(channel, nowUs);
  }

  #errorOf(name: unknown, symbol: unknown, prec: unknown): readonly [string, number] | null {
    const { symbols, limits, isDelisted, rejectsSubscription, isInMaintenance } = this.#deps;
    if (name !== 'book' && name !== 'trades') return ['unknown channel', 10_302];
    if (name === 'book' && prec !== 'P0' && prec !== 'R0') return ['prec: invalid', 10_000];
    const isListed = typeof symbol === 'string' && symbols.has(symbol) && !isDelisted(symbol);
    if (!isListed) return ['symbol: invalid', 10_300];
    if (isInMaintenance() || rejectsSubscription(symbol)) return ['failed', 10_301];
    if (this.#channels.size >= limits.channelsPerConnection) return ['limit', 10_305];
    const isTwice = [...this.#channels.values()].some(
      (one) => one.symbol === symbol && (one.precision === null) === (name === 'trades'),
    );
    return isTwice ? ['dup', 10_301] : null;
  }

  #unsubscribe(id: number): void {
    const channel = this.#channels.get(id);
    if (!channel) {
      return this.#send({ event: 'error', msg: 'unsubscribe: invalid', code: 10_400, chanId: id });
    }
    this.#channels.delete(id);
    this.#deps.feed.unsubscribe(channel);
    this.#send({ event: 'unsubscribed', status: 'OK', chanId: id });
  }

  #send(message: unknown): void {
    this.deliver(JSON.stringify(message));
  }
}

/** One client's WebSocket connection at BitMEX: a greeting, commands, a reply for each topic. */

import type { Clock } from '../../../logger/runtime/clock.ts';
import { ClientSession } from '../client-session.ts';
import { parseObject } from '../json.ts';
import type { Peer } from '../session.ts';
import { TABLES } from './feed.ts';
import type { BitmexFeed, Table, TopicListener } from './feed.ts';
import type { BitmexLimits } from './limits.ts';
import { timestamp } from './wire.ts';

export interface BitmexSessionDeps {
  readonly feed: BitmexFeed;
  readonly symbols: ReadonlySet<string>;
  readonly clock: Clock;
  readonly limits: BitmexLimits;
  readonly isDelisted: (symbol: string) => boolean;
  readonly rejectsSubscription: (symbol: string) => boolean;
}

type Op = 'subscribe' | 'unsubscribe';

export class BitmexSession extends ClientSession implements TopicListener {
  protected readonly expiry = { code: 1001, reason: 'Going away' };
  readonly #deps: BitmexSessionDeps;
  /** `table:symbol` */
  readonly #subscribed = new Set<string>();

  /** @param connectionsLeft in this hour. */
  constructor(peer: Peer, lifeMs: number, connectionsLeft: number, deps: BitmexSessionDeps) {
    const { clock, limits } = deps;
    super({ peer, clock, lifeMs, maxBufferedBytes: limits.maxBufferedBytes });
    this.#deps = deps;
    this.#send({
      info: 'Welcome to the BitMEX Realtime API.',
      version: 'sandbox',
      timestamp: timestamp(clock.nowUs()),
      docs: 'https://www.bitmex.com/app/wsAPI',
      limit: { remaining: connectionsLeft },
    });
  }

  get streams(): readonly string[] {
    return [...this.#subscribed];
  }

  onMessage(message: string | undefined): void {
    if (!this.isOpen) return;
    if (message === 'ping') return this.peer.send('pong');
    const request = message === undefined ? null : parseObject(message);
    const op = request?.['op'];
    if (op !== 'subscribe' && op !== 'unsubscribe') return this.#reject('Unknown command', request);
    const { args } = request ?? {};
    const topics = (Array.isArray(args) ? args : [args]).map(String);
    const error = topics.map((topic) => this.#errorOf(op, topic)).find((text) => text !== null);
    if (error !== undefined && error !== null) return this.#reject(error, request);
    for (const topic of topics) this.#change(op, topic, request);
  }

  onPing(payload: Buffer): void {
    if (this.isOpen) this.peer.pong(payload);
  }

  onPong(): void {
    // This venue sends no pings.
  }

  announceShutdown(): void {
    // This protocol has no message for it: the connection just closes.
  }

  protected release(): void {
    for (const topic of this.#subscribed) this.#leave(topic);
    this.#subscribed.clear();
  }

  #errorOf(op: Op, topic: string): string | null {
    const { symbols, isDelisted, rejectsSubscription } = this.#deps;
    const [table, symbol] = partsOf(topic);
    if (!TABLES.includes(table)) return `Unknown table: ${table}`;
    const isSubscribed = this.#subscribed.has(topic);
    if (op === 'unsubscribe') return isSubscribed ? null : `Not subscribed to ${topic}.`;
    if (isSubscribed) return `You are already subscribed to this topic: ${topic}`;
    if (!symbols.has(symbol) || isDelisted(symbol)) return 'Unknown or expired symbol.';
    return rejectsSubscription(symbol) ? 'The system is currently overloaded.' : null;
  }

  #change(op: Op, topic: string, request: unknown): void {
    // A client receives the reply before the first data.
    this.#send({ success: true, [op]: topic, request });
    const [table, symbol] = partsOf(topic);
    if (op === 'subscribe') {
      this.#subscribed.add(topic);
      this.#deps.feed.subscribe(table, symbol, this.clock.nowUs(), this);
    } else {
      this.#subscribed.delete(topic);
      this.#leave(topic);
    }
  }

  #leave(topic: string): void {
    const [table, symbol] = partsOf(topic);
    this.#deps.feed.unsubscribe(table, symbol, this);
  }

  #reject(error: string, request: unknown): void {
    this.#send({ status: 400, error, meta: {}, request });
  }

  #send(message: unknown): void {
    this.peer.send(JSON.stringify(message));
  }
}

function partsOf(topic: string): [Table, string] {
  const [table = '', symbol = ''] = topic.split(':');
  return [table as Table, symbol];
}

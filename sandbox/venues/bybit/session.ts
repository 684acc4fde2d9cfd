/** One client's WebSocket connection at Bybit: commands and their replies; an idle one is closed. */

import type { Clock, Timer } from '../../../logger/runtime/clock.ts';
import { ClientSession } from '../client-session.ts';
import { parseObject } from '../json.ts';
import type { Peer } from '../session.ts';
import type { BybitFeed, Receiver, TopicName } from './feed.ts';
import type { BybitLimits } from './limits.ts';
import { replyText } from './wire.ts';

export interface BybitSessionDeps {
  readonly feed: BybitFeed;
  readonly clock: Clock;
  readonly limits: BybitLimits;
  readonly isDelisted: (symbol: string) => boolean;
  readonly rejectsSubscription: (symbol: string) => boolean;
}

export class BybitSession extends ClientSession implements Receiver {
  protected readonly expiry = { code: 1000, reason: '' };
  readonly #deps: BybitSessionDeps;
  readonly #id: string;
  readonly #streams = new Set<string>();
  #idleTimer: Timer;

  constructor(peer: Peer, lifeMs: number, id: string, deps: BybitSessionDeps) {
    const { clock, limits } = deps;
    super({ peer, clock, lifeMs, maxBufferedBytes: limits.maxBufferedBytes });
    this.#deps = deps;
    this.#id = id;
    this.#idleTimer = this.#closeWhenIdle();
  }

  get streams(): readonly string[] {
    return [...this.#streams];
  }

  onMessage(message: string | undefined): void {
    if (!this.isOpen) return;
    this.#idleTimer.cancel();
    this.#idleTimer = this.#closeWhenIdle();
    const command = message === undefined ? null : parseObject(message);
    const { op, args, req_id: id } = command ?? {};
    if (op === 'ping') {
      this.#reply('ping', id, true, 'pong');
    } else if (op === 'subscribe' || op === 'unsubscribe') {
      this.#change(op, args, id);
    } else {
      this.#reply('', id, false, 'Request not authorized');
    }
  }

  onPing(payload: Buffer): void {
    if (this.isOpen) this.peer.pong(payload);
  }

  onPong(): void {
    // The exchange sends no pings of its own.
  }

  announceShutdown(): void {
    // The protocol has no message for it.
  }

  protected release(): void {
    this.#idleTimer.cancel();
    for (const stream of this.#streams) this.#deps.feed.unsubscribe(stream, this);
    this.#streams.clear();
  }

  #change(op: 'subscribe' | 'unsubscribe', args: unknown, id: unknown): void {
    const { feed, limits } = this.#deps;
    const isList = Array.isArray(args) && args.every((topic) => typeof topic === 'string');
    const topics = isList ? args : [];
    if (topics.length === 0 || topics.length > limits.topicsPerRequest) {
      return this.#reply(op, id, false, `args size should be 1 to ${limits.topicsPerRequest}`);
    }
    if (op === 'unsubscribe') {
      for (const stream of topics) {
        if (this.#streams.delete(stream)) feed.unsubscribe(stream, this);
      }
      return this.#reply(op, id, true, op);
    }
    const names: TopicName[] = [];
    for (const topic of topics) {
      const name = feed.parse(topic);
      const error = this.#errorOf(topic, name);
      if (error !== null || !name) return this.#reply(op, id, false, error ?? '');
      names.push(name);
    }
    // A client receives the reply before the first data.
    this.#reply(op, id, true, op);
    for (const [index, name] of names.entries()) {
      this.#streams.add(topics[index] ?? '');
      feed.subscribe(name, this);
    }
  }

  #errorOf(topic: string, name: TopicName | null): string | null {
    const { isDelisted, rejectsSubscription } = this.#deps;
    if (!name || isDelisted(name.symbol)) return `Invalid symbol :[${topic}]`;
    if (rejectsSubscription(name.symbol)) return 'Internal error';
    return this.#streams.has(topic) ? `error:already subscribed,topic:${topic}` : null;
  }

  #reply(op: string, id: unknown, success: boolean, words: string): void {
    this.deliver(replyText(op, id, success, words, this.#id));
  }

  #closeWhenIdle(): Timer {
    const { clock, limits } = this.#deps;
    return clock.schedule(limits.idleMs, () => {
      if (this.isOpen) this.peer.close(1000, '');
    });
  }
}

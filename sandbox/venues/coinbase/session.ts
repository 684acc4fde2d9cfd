/**
 * One client's WebSocket connection as Coinbase keeps it: subscriptions with all of them as the
 * answer, signatures for the channels that want one, the end for who does not subscribe in time.
 * Knows no socket: a `Peer` does the sending.
 */

import type { SandboxClock, SandboxTimer } from '../../clock.ts';
import { CHANNELS } from './feed.ts';
import type { Channel, ChannelListener, CoinbaseFeed } from './feed.ts';
import { refusalOf } from './key.ts';
import type { ConnectionLimits } from '../../server/exchange-server.ts';
import type { Peer, Session } from '../../server/protocol.ts';

export interface CoinbaseLimits extends ConnectionLimits {
  /** A connection without a subscription is dropped. */
  readonly subscribeWithinMs: number;
  /** Bytes waiting for one client; a slower one is cut off. */
  readonly maxBufferedBytes: number;
  /** REST requests of one address. */
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
}

export const COINBASE_LIMITS: CoinbaseLimits = {
  connectionLifeMs: 30 * 24 * 3_600_000,
  connectionsPerFiveMinutes: 1000,
  subscribeWithinMs: 5000,
  maxBufferedBytes: 64 * 1024 * 1024,
  requestsPerSecond: 10,
  requestsBurst: 15,
};

export interface CoinbaseSessionParts {
  readonly feed: CoinbaseFeed;
  readonly products: ReadonlySet<string>;
  readonly clock: SandboxClock;
  readonly limits: CoinbaseLimits;
  /** Asked once for each signed subscription. */
  readonly refusesLogin: () => boolean;
}

const SIGNED_PATH = '/users/self/verify';

export class CoinbaseSession implements Session, ChannelListener {
  readonly #peer: Peer;
  readonly #parts: CoinbaseSessionParts;
  /** `product/channel` */
  readonly #subscribed = new Set<string>();
  readonly #startedMs: number;
  readonly #subscribeTimer: SandboxTimer;
  #lifeTimer: SandboxTimer;
  #state: 'open' | 'frozen' | 'closed' = 'open';

  constructor(peer: Peer, lifeMs: number, parts: CoinbaseSessionParts) {
    const { clock, limits } = parts;
    this.#peer = peer;
    this.#parts = parts;
    this.#startedMs = clock.monotonicMs();
    this.#subscribeTimer = clock.schedule(limits.subscribeWithinMs, () => {
      if (this.#subscribed.size === 0) this.#peer.close(1008, 'No subscription');
    });
    this.#lifeTimer = clock.schedule(lifeMs, () => this.#endOfLife());
  }

  get streams(): readonly string[] {
    return [...this.#subscribed];
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen';
  }

  onMessage(message: string | undefined): void {
    if (this.#state !== 'open') return;
    const asked = message === undefined ? null : parseObject(message);
    const type = asked?.['type'];
    if (!asked || (type !== 'subscribe' && type !== 'unsubscribe')) {
      return this.#error('Malformed JSON', 'type must be subscribe or unsubscribe');
    }
    const wanted = wantedIn(asked);
    if (typeof wanted === 'string') return this.#error('Failed to subscribe', wanted);
    const unknown = wanted.find(({ product }) => !this.#parts.products.has(product));
    if (unknown) {
      return this.#error('Failed to subscribe', `${unknown.product} is not a valid product`);
    }
    const refusal = type === 'subscribe' ? this.#refusal(asked, wanted) : null;
    if (refusal !== null) return this.#error('Failed to subscribe', refusal);
    this.#change(type, wanted);
  }

  onPing(payload: Buffer): void {
    if (this.#state === 'open') this.#peer.pong(payload);
  }

  onPong(): void {
    // Nobody counts them here.
  }

  onClosed(): void {
    this.#state = 'closed';
    this.#subscribeTimer.cancel();
    this.#lifeTimer.cancel();
    for (const key of this.#subscribed) this.#leave(key);
    this.#subscribed.clear();
  }

  deliver(data: string | Buffer): void {
    if (this.#state !== 'open') return;
    if (this.#peer.bufferedBytes() > this.#parts.limits.maxBufferedBytes) this.#peer.terminate();
    else this.#peer.send(data);
  }

  freeze(): void {
    if (this.#state !== 'open') return;
    this.#state = 'frozen';
    this.#peer.freeze();
  }

  changeLife(lifeMs: number): void {
    const leftMs = this.#startedMs + lifeMs - this.#parts.clock.monotonicMs();
    this.#lifeTimer.cancel();
    this.#lifeTimer = this.#parts.clock.schedule(Math.max(0, leftMs), () => this.#endOfLife());
  }

  announceShutdown(): void {
    // This protocol has no words for it: the connection just ends.
  }

  #endOfLife(): void {
    if (this.#state === 'open') this.#peer.close(1001, 'Deploy');
  }

  #refusal(asked: Readonly<Record<string, unknown>>, wanted: readonly Wanted[]): string | null {
    if (!wanted.some(({ channel }) => channel === 'full')) return null;
    const { key, passphrase, timestamp, signature } = asked;
    const signed = { key, passphrase, timestamp, signature };
    if (this.#parts.refusesLogin()) return 'Invalid API Key';
    return refusalOf(signed, SIGNED_PATH, this.#parts.clock.nowUs());
  }

  #change(type: 'subscribe' | 'unsubscribe', wanted: readonly Wanted[]): void {
    const keys = wanted.map(({ product, channel }) => `${product}/${channel}`);
    const added = keys.filter((key) => type === 'subscribe' && !this.#subscribed.has(key));
    for (const key of keys) {
      if (type === 'subscribe') this.#subscribed.add(key);
      else if (this.#subscribed.delete(key)) this.#leave(key);
    }
    // A client hears that it is subscribed before it hears data.
    this.#peer.send(JSON.stringify({ type: 'subscriptions', channels: this.#channels() }));
    for (const key of added) {
      const [product, channel] = key.split('/') as [string, Channel];
      this.#parts.feed.subscribe(product, channel, this);
    }
  }

  #leave(key: string): void {
    const [product, channel] = key.split('/') as [string, Channel];
    this.#parts.feed.unsubscribe(product, channel, this);
  }

  #channels(): unknown[] {
    const byName = new Map<string, string[]>();
    for (const key of this.#subscribed) {
      const [product = '', name = ''] = key.split('/');
      byName.set(name, [...(byName.get(name) ?? []), product]);
    }
    return [...byName].map(([name, product_ids]) => ({ name, product_ids }));
  }

  #error(message: string, reason: string): void {
    this.#peer.send(JSON.stringify({ type: 'error', message, reason }));
  }
}

interface Wanted {
  readonly product: string;
  readonly channel: Channel;
}

/** Channels are names, or names with products of their own. @returns the reason where they are not. */
function wantedIn(asked: Readonly<Record<string, unknown>>): readonly Wanted[] | string {
  const common = asked['product_ids'] ?? [];
  const channels = asked['channels'];
  if (!Array.isArray(channels) || channels.length === 0) return 'channels must be a list';
  const wanted: Wanted[] = [];
  for (const entry of channels as unknown[]) {
    const isName = typeof entry === 'string';
    const given = isName ? { name: entry } : ((entry ?? {}) as Record<string, unknown>);
    const channel = CHANNELS.find((name) => name === given['name']);
    if (!channel) return `${JSON.stringify(given['name'] ?? null)} is not a valid channel`;
    const products = (isName ? undefined : given['product_ids']) ?? common;
    if (!Array.isArray(products)) return 'product_ids must be a list';
    for (const product of products) wanted.push({ product: String(product), channel });
  }
  return wanted.length === 0 ? 'product_ids must name a product' : wanted;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch (error) {
    // Whatever a client sends that is not JSON gets the exchange's error frame.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

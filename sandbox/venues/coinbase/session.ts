/**
 * One client's WebSocket connection at Coinbase: every reply lists all subscriptions, some channels
 * need a signature, and a client that does not subscribe in time is disconnected.
 */

import type { Clock, Timer } from '../../../logger/runtime/clock.ts';
import { ClientSession } from '../client-session.ts';
import { parseObject } from '../json.ts';
import type { Peer } from '../session.ts';
import { CHANNELS } from './feed.ts';
import type { Channel, ChannelListener, CoinbaseFeed } from './feed.ts';
import { signatureError } from './key.ts';
import type { CoinbaseLimits } from './limits.ts';

export interface CoinbaseSessionDeps {
  readonly feed: CoinbaseFeed;
  readonly products: ReadonlySet<string>;
  readonly clock: Clock;
  readonly limits: CoinbaseLimits;
  readonly isDelisted: (product: string) => boolean;
  readonly rejectsSubscription: (product: string) => boolean;
  /** Called once for each signed subscription. */
  readonly rejectsLogin: () => boolean;
}

const SIGNED_PATH = '/users/self/verify';

export class CoinbaseSession extends ClientSession implements ChannelListener {
  protected readonly expiry = { code: 1001, reason: 'Deploy' };
  readonly #deps: CoinbaseSessionDeps;
  /** `product/channel` */
  readonly #subscribed = new Set<string>();
  readonly #subscribeTimer: Timer;

  constructor(peer: Peer, lifeMs: number, deps: CoinbaseSessionDeps) {
    const { clock, limits } = deps;
    super({ peer, clock, lifeMs, maxBufferedBytes: limits.maxBufferedBytes });
    this.#deps = deps;
    this.#subscribeTimer = clock.schedule(limits.subscribeWithinMs, () => {
      if (this.#subscribed.size === 0) this.peer.close(1008, 'No subscription');
    });
  }

  get streams(): readonly string[] {
    return [...this.#subscribed];
  }

  onMessage(message: string | undefined): void {
    if (!this.isOpen) return;
    const request = message === undefined ? null : parseObject(message);
    const type = request?.['type'];
    if (!request || (type !== 'subscribe' && type !== 'unsubscribe')) {
      return this.#error('Malformed JSON', 'type must be subscribe or unsubscribe');
    }
    const wanted = requestedIn(request);
    if (typeof wanted === 'string') return this.#error('Failed to subscribe', wanted);
    const { products, isDelisted, rejectsSubscription } = this.#deps;
    const unknown = wanted.find(({ product }) => !products.has(product) || isDelisted(product));
    if (unknown && type === 'subscribe') {
      return this.#error('Failed to subscribe', `${unknown.product} is not a valid product`);
    }
    if (type === 'subscribe' && wanted.some(({ product }) => rejectsSubscription(product))) {
      return this.#error('Internal server error', 'Please try again');
    }
    const loginError = type === 'subscribe' ? this.#loginError(request, wanted) : null;
    if (loginError !== null) return this.#error('Failed to subscribe', loginError);
    this.#change(type, wanted);
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
    this.#subscribeTimer.cancel();
    for (const key of this.#subscribed) this.#leave(key);
    this.#subscribed.clear();
  }

  #loginError(
    request: Readonly<Record<string, unknown>>,
    wanted: readonly ChannelRequest[],
  ): string | null {
    if (!wanted.some(({ channel }) => channel === 'full')) return null;
    const { key, passphrase, timestamp, signature } = request;
    const given = { key, passphrase, timestamp, signature };
    if (this.#deps.rejectsLogin()) return 'Invalid API Key';
    return signatureError(given, SIGNED_PATH, this.clock.nowUs());
  }

  #change(type: 'subscribe' | 'unsubscribe', wanted: readonly ChannelRequest[]): void {
    const keys = wanted.map(({ product, channel }) => `${product}/${channel}`);
    const added = keys.filter((key) => type === 'subscribe' && !this.#subscribed.has(key));
    for (const key of keys) {
      if (type === 'subscribe') this.#subscribed.add(key);
      else if (this.#subscribed.delete(key)) this.#leave(key);
    }
    // A client receives the reply before the first data.
    this.peer.send(JSON.stringify({ type: 'subscriptions', channels: this.#channels() }));
    for (const key of added) {
      const [product, channel] = key.split('/') as [string, Channel];
      this.#deps.feed.subscribe(product, channel, this);
    }
  }

  #leave(key: string): void {
    const [product, channel] = key.split('/') as [string, Channel];
    this.#deps.feed.unsubscribe(product, channel, this);
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
    this.peer.send(JSON.stringify({ type: 'error', message, reason }));
  }
}

interface ChannelRequest {
  readonly product: string;
  readonly channel: Channel;
}

/** Channels are names, or names with their own products. @returns the reason if they are neither. */
function requestedIn(
  request: Readonly<Record<string, unknown>>,
): readonly ChannelRequest[] | string {
  const common = request['product_ids'] ?? [];
  const channels = request['channels'];
  if (!Array.isArray(channels) || channels.length === 0) return 'channels must be a list';
  const wanted: ChannelRequest[] = [];
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

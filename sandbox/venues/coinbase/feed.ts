/**
 * The channels of all products and their listeners: `full`, `level2_batch` every 50 ms, `matches`,
 * `heartbeat` once a second. Messages pass the fault injector on their way; heartbeats do not, since
 * a silent feed on a live connection is one of the faults.
 */

import { formatTimeUs } from '../../../logger/market/time.ts';
import type { FaultInjector } from '../../faults/fault-injector.ts';
import { decimalRows } from '../../market/units.ts';
import { Auction } from './auction.ts';
import { corruptMessage } from './corrupt-frame.ts';
import type { CoinbaseProduct } from './product.ts';
import type { ProductMessage } from './wire.ts';

export const CHANNELS = ['full', 'level2_batch', 'matches', 'heartbeat', 'auctionfeed'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A session, as seen by the feed. */
export interface ChannelListener {
  deliver(data: string): void;
}

const BATCH_US = 50_000;
const HEARTBEAT_US = 1_000_000;

/** The book-update streams of a product, by name. */
export function productStreams(product: string): readonly string[] {
  return [`${product}/full`, `${product}/level2_batch`];
}

export class CoinbaseFeed {
  readonly #products: ReadonlyMap<string, CoinbaseProduct>;
  readonly #faults: FaultInjector<string>;
  readonly #listeners = new Map<string, Set<ChannelListener>>();
  readonly #auctions = new Map<string, Auction>();
  #batchDueUs = 0;
  #heartbeatDueUs = 0;

  constructor(products: ReadonlyMap<string, CoinbaseProduct>, faults: FaultInjector<string>) {
    this.#products = products;
    this.#faults = faults;
    for (const product of products.values()) {
      product.listen((message) => this.#onMessage(product, message));
    }
  }

  /** Some channels begin with the current state. */
  subscribe(product: string, channel: Channel, listener: ChannelListener): void {
    const found = this.#products.get(product);
    const listeners = this.#listenersOf(product, channel);
    if (!found || listeners.has(listener)) return;
    if (channel === 'level2_batch') {
      // Pending changes go to the earlier listeners; they are in the new one's snapshot already.
      this.#sendBatch(found, formatTimeUs(found.market.book(0).timeUs));
      listener.deliver(snapshotText(found));
    }
    listeners.add(listener);
    if (channel === 'matches' && found.lastMatch) {
      listener.deliver(JSON.stringify({ ...found.lastMatch, type: 'last_match' }));
    }
  }

  unsubscribe(product: string, channel: Channel, listener: ChannelListener): void {
    this.#listenersOf(product, channel).delete(listener);
  }

  /**
   * Ends the delivery of the product's book updates, and of the heartbeats of the `full` channel, to
   * whoever receives them now. `matches` continues, and so do heartbeats beside `level2_batch`.
   */
  forgetReceivers(product: string): void {
    const full = this.#listenersOf(product, 'full');
    const heartbeats = this.#listenersOf(product, 'heartbeat');
    for (const listener of full) heartbeats.delete(listener);
    full.clear();
    this.#listenersOf(product, 'level2_batch').clear();
  }

  /** Holds an auction; one that runs is replaced. */
  holdAuction(product: CoinbaseProduct, untilUs: number): void {
    const send = (text: string): void => {
      for (const one of this.#listenersOf(product.id, 'auctionfeed')) one.deliver(text);
    };
    this.#auctions.set(product.id, new Auction(product, untilUs, send));
  }

  /** Sends what is due by now. */
  tick(nowUs: number): void {
    for (const [id, auction] of this.#auctions) {
      if (!auction.tick(nowUs)) this.#auctions.delete(id);
    }
    if (nowUs >= this.#batchDueUs) {
      this.#batchDueUs = nowUs + BATCH_US;
      for (const product of this.#products.values()) this.#sendBatch(product, formatTimeUs(nowUs));
    }
    if (nowUs < this.#heartbeatDueUs) return;
    this.#heartbeatDueUs = nowUs + HEARTBEAT_US;
    for (const product of this.#products.values()) {
      const text = JSON.stringify({
        type: 'heartbeat',
        sequence: product.sequence,
        last_trade_id: product.lastTradeId,
        product_id: product.id,
        time: formatTimeUs(nowUs),
      });
      for (const listener of this.#listenersOf(product.id, 'heartbeat')) listener.deliver(text);
    }
  }

  #onMessage(product: CoinbaseProduct, message: ProductMessage): void {
    const full = this.#listenersOf(product.id, 'full');
    if (full.size > 0) this.#send(product.id, 'full', JSON.stringify(message));
    const matches = this.#listenersOf(product.id, 'matches');
    if (message.type !== 'match' || this.#faults.isSilent(product.id)) return;
    for (const listener of matches) listener.deliver(JSON.stringify(message));
  }

  #sendBatch(product: CoinbaseProduct, time: string): void {
    const changes = product.takeChanges();
    if (changes.length === 0 || this.#listenersOf(product.id, 'level2_batch').size === 0) return;
    const message = { type: 'l2update', product_id: product.id, changes, time };
    this.#send(product.id, 'level2_batch', JSON.stringify(message));
  }

  #send(product: string, channel: Channel, text: string): void {
    const outgoing = this.#faults.update(`${product}/${channel}`, text);
    if (this.#faults.isSilent(product)) return;
    for (const { frame, corruption } of outgoing) {
      const sent = corruption ? corruptMessage(corruption, frame) : frame;
      for (const listener of this.#listenersOf(product, channel)) listener.deliver(sent);
    }
  }

  #listenersOf(product: string, channel: Channel): Set<ChannelListener> {
    const key = `${product}/${channel}`;
    let listeners = this.#listeners.get(key);
    if (!listeners) {
      listeners = new Set();
      this.#listeners.set(key, listeners);
    }
    return listeners;
  }
}

function snapshotText(product: CoinbaseProduct): string {
  const sides = {
    bids: decimalRows(product.levels('buy')),
    asks: decimalRows(product.levels('sell')),
  };
  const time = formatTimeUs(product.market.book(0).timeUs);
  return JSON.stringify({ type: 'snapshot', product_id: product.id, ...sides, time });
}

/**
 * Replays Coinbase recordings over a real WebSocket and REST. A frame goes to the connections that
 * subscribed to its channel and product. REST serves the level-3 snapshots of `full` as of the frames
 * played so far; `level2_batch` has snapshots in the stream. The replay waits until everything in
 * `waitFor` has a subscriber. A fault hook sees every frame first.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { CoinbaseFrame, NaiveOrders } from './coinbase-session.ts';

/** Texts to send instead of the frame (none loses it), and optionally a close of the connections. */
export interface CoinbaseFault {
  readonly frames: readonly string[];
  /** 1006 drops TCP without a close frame. */
  readonly close?: number;
}

export interface CoinbaseReplayOptions {
  readonly frames: readonly CoinbaseFrame[];
  /** `product/channel` pairs that must have subscribers before the replay starts. */
  readonly waitFor: readonly string[];
  /** The book that REST serves for `level=3` after so many played frames. */
  readonly book?: (played: number) => { readonly sequence: number; readonly orders: NaiveOrders };
  readonly fault?: (index: number, frame: CoinbaseFrame) => CoinbaseFault | undefined;
  /** Frames between two turns of the event loop. Default 50. */
  readonly framesPerTurn?: number;
  /** Milliseconds between two such turns. Default 0. */
  readonly pauseMs?: number;
  /** The replay waits while this says so of the frames played so far. */
  readonly holdWhile?: (played: number) => boolean;
}

interface Client {
  readonly socket: WebSocket;
  readonly subscribed: Set<string>;
}

/** The replay waits while a client's send buffer holds more than this. */
const MAX_AHEAD_BYTES = 256 * 1024;

export class CoinbaseReplay {
  readonly #options: CoinbaseReplayOptions;
  readonly #http = createServer((request, response) => this.#answer(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#http });
  readonly #clients = new Set<Client>();
  readonly subscribes: any[] = [];
  finished: Promise<void> = Promise.resolve();
  played = 0;
  snapshots = 0;
  #isClosed = false;

  private constructor(options: CoinbaseReplayOptions) {
    this.#options = options;
    this.#sockets.on('connection', (socket) => this.#connected(socket));
  }

  static async start(options: CoinbaseReplayOptions): Promise<CoinbaseReplay> {
    const replay = new CoinbaseReplay(options);
    await new Promise<void>((resolve) => replay.#http.listen(0, '127.0.0.1', resolve));
    replay.finished = replay.#play();
    // Whoever awaits `finished` gets the error.
    replay.finished.catch(() => undefined);
    return replay;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get restUrl(): string {
    return this.wsUrl.replace('ws:', 'http:');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { socket } of this.#clients) socket.terminate();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
    await this.finished.catch(() => undefined);
  }

  async #play(): Promise<void> {
    const { frames, fault, framesPerTurn = 50, pauseMs = 0 } = this.#options;
    for (const [index, frame] of frames.entries()) {
      if (index % framesPerTurn === 0) await (pauseMs > 0 ? wait(pauseMs) : nextTurn());
      while (!this.#isClosed && this.#isHeld()) await wait(1);
      if (this.#isClosed) return;
      const instead = fault?.(index, frame);
      this.played = index + 1;
      for (const raw of instead?.frames ?? [frame.raw]) this.#deliver(frame, raw);
      if (instead?.close === undefined) continue;
      for (const { socket } of this.#clients) {
        if (instead.close === 1006) socket.terminate();
        else socket.close(instead.close);
      }
      this.#clients.clear();
    }
  }

  #isHeld(): boolean {
    const { waitFor, holdWhile } = this.#options;
    if (holdWhile?.(this.played)) return true;
    const clients = [...this.#clients];
    const isWaiting = waitFor.some((key) => !clients.some(({ subscribed }) => subscribed.has(key)));
    return isWaiting || clients.some(({ socket }) => socket.bufferedAmount > MAX_AHEAD_BYTES);
  }

  #deliver({ product, channel }: CoinbaseFrame, raw: string): void {
    for (const { socket, subscribed } of this.#clients) {
      if (subscribed.has(`${product}/${channel}`)) socket.send(raw);
    }
  }

  #connected(socket: WebSocket): void {
    const client: Client = { socket, subscribed: new Set() };
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8'));
      this.subscribes.push(message);
      const asked = (message.channels ?? []).flatMap((channel: any) => {
        const name: string = channel.name ?? channel;
        const products: string[] = channel.product_ids ?? message.product_ids ?? [];
        return products.map((product) => `${product}/${name}`);
      });
      for (const key of asked) {
        if (message.type === 'subscribe') client.subscribed.add(key);
        else client.subscribed.delete(key);
      }
      socket.send(JSON.stringify({ type: 'subscriptions', channels: channelsOf(client) }));
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://replay');
    const [, products, product, book] = pathname.split('/');
    const known = new Set(this.#options.frames.map((frame) => frame.product));
    const say = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (products !== 'products') return say(404, { message: 'NotFound' });
    if (product === undefined) return say(200, [...known].map(productOf));
    if (!known.has(product)) return say(404, { message: 'NotFound' });
    if (book === undefined) return say(200, productOf(product));
    const source = this.#options.book;
    const level = searchParams.get('level');
    if (book !== 'book' || (level !== '3' && level !== '1') || !source) {
      return say(400, { message: 'Only levels 1 and 3 of full here' });
    }
    const { sequence, orders } = source(this.played);
    if (level === '1') {
      const best = (side: 'bid' | 'ask') => orders.rows(side).slice(0, 1);
      return say(200, { bids: best('bid'), asks: best('ask'), sequence });
    }
    this.snapshots++;
    const rows = { bids: orders.rows('bid'), asks: orders.rows('ask') };
    return say(200, { ...rows, sequence, auction_mode: false, auction: null });
  }
}

function channelsOf({ subscribed }: Client): unknown[] {
  const byName = new Map<string, string[]>();
  for (const key of subscribed) {
    const [product = '', name = ''] = key.split('/');
    byName.set(name, [...(byName.get(name) ?? []), product]);
  }
  return [...byName].map(([name, product_ids]) => ({ name, product_ids }));
}

function productOf(id: string): unknown {
  const [base, quote] = id.split('-');
  return {
    id,
    base_currency: base,
    quote_currency: quote,
    quote_increment: '0.01',
    base_increment: '0.00000001',
    status: 'online',
    trading_disabled: false,
    cancel_only: false,
    post_only: false,
    limit_only: false,
    auction_mode: false,
  };
}

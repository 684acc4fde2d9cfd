/**
 * The exchange on a port: WebSocket for traders (`/`: with the book from the start; `/realtime`: with what
 * is subscribed), and over HTTP what it trades (`/api/v1/instrument`) and the orders (`/api/v1/orderBook/L3`).
 */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../../logger/runtime/clock.ts';
import type { Committed, ExchangeRunner } from '../exchange-runner.ts';
import {
  accountMessage,
  heartbeatMessage,
  partialMessage,
  publicMessages,
} from '../wire/messages.ts';
import { SYMBOL } from '../wire/requests.ts';
import { Client } from './client.ts';
import { MAX_PAYLOAD_BYTES } from './limits.ts';
import type { ServerLimits } from './limits.ts';
import { Logins } from './logins.ts';

const GOING_AWAY = 1001;
const FAILED = 1011;
const PUBLIC_TABLES = ['orderBookL2', 'orderBookL3', 'trade'] as const;
const HEARTBEAT_MS = 1000;
const PATHS: readonly string[] = ['/', '/realtime'];

const INSTRUMENT = {
  symbol: SYMBOL,
  state: 'Open',
  typ: 'IFXXXP',
  // Sizes are microbitcoin, and a price is that of one.
  underlying: 'uXBT',
  quoteCurrency: 'USD',
  tickSize: 0.01,
  lotSize: 1,
  minSize: 1,
};

export interface ServerOptions {
  readonly runner: ExchangeRunner;
  readonly clock: Clock;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly limits: ServerLimits;
}

interface Connection {
  readonly client: Client;
  readonly webSocket: WebSocket;
  /** Below it. */
  readonly socket: Duplex;
  isAlive: boolean;
}

export class ExchangeServer {
  readonly #options: ServerOptions;
  readonly #logins: Logins;
  readonly #http: Server;
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
  });
  readonly #connections = new Set<Connection>();
  /** The whole book as text, for all that connect before it changes. */
  readonly #partials = new Map<string, { readonly sequence: number; readonly text: string }>();
  #pings: Timer | null = null;
  #beats: Timer | null = null;

  constructor(options: ServerOptions) {
    const { runner, limits } = options;
    this.#options = options;
    this.#logins = new Logins(runner.state.accounts, runner.passwordHashes, limits.maxLogins);
    this.#http = createServer((request, response) => this.#respond(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** @returns the port. @throws the system's error, such as `EADDRINUSE`. */
  async listen(): Promise<number> {
    const { port, host } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
    this.#ping();
    this.#beat();
    return (this.#http.address() as AddressInfo).port;
  }

  /** Tells what a batch did. */
  publish(batch: Committed): void {
    const messages = publicMessages(this.#options.runner.salt, batch);
    const bytes = Object.fromEntries(
      PUBLIC_TABLES.map((table) => [table, messages[table].map((text) => Buffer.from(text))]),
    );
    for (const connection of this.#connections) {
      const { client, webSocket, socket } = connection;
      // One write for all of them.
      socket.cork();
      for (const table of PUBLIC_TABLES) {
        if (!client.tables.has(table)) continue;
        for (const message of bytes[table] ?? []) webSocket.send(message, { binary: false });
      }
      if (client.tables.has('account')) {
        for (const account of batch.accounts) {
          if (account.user === client.user) webSocket.send(accountMessage('update', account));
        }
      }
      socket.uncork();
      this.#checkReading(connection);
    }
  }

  async close(hasFailed = false): Promise<void> {
    this.#pings?.cancel();
    this.#beats?.cancel();
    for (const { webSocket } of this.#connections) webSocket.close(hasFailed ? FAILED : GOING_AWAY);
    const closed = new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
    });
    this.#http.closeIdleConnections();
    // Who does not say goodbye in time is cut off.
    const cut = this.#options.clock.schedule(500, () => {
      for (const { webSocket } of this.#connections) webSocket.terminate();
      this.#http.closeAllConnections();
    });
    await closed;
    cut.cancel();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const [path = ''] = (request.url ?? '/').split('?');
    if (!PATHS.includes(path)) return reject(socket, '404 Not Found');
    if (this.#connections.size >= this.#options.limits.maxConnections) {
      return reject(socket, '503 Service Unavailable');
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      (socket as Socket).setNoDelay(true);
      const connection = this.#open(webSocket, socket);
      if (path === '/')
        connection.client.subscribe('orderBookL2').catch(() => webSocket.close(FAILED));
    });
  }

  #open(webSocket: WebSocket, socket: Duplex): Connection {
    const { runner, clock, limits } = this.#options;
    const client = new Client({
      runner,
      clock,
      limits,
      logins: this.#logins,
      send: (text) => {
        if (webSocket.readyState !== webSocket.OPEN) return;
        webSocket.send(text);
        this.#checkReading(connection);
      },
      partial: (table) => this.#partial(table),
      disconnect: () => webSocket.close(FAILED),
    });
    const connection: Connection = { client, webSocket, socket, isAlive: true };
    this.#connections.add(connection);
    webSocket.on('message', (data: Buffer, isBinary) =>
      client.receive(isBinary ? undefined : data.toString('utf8')),
    );
    webSocket.on('pong', () => {
      connection.isAlive = true;
    });
    webSocket.on('close', () => this.#connections.delete(connection));
    // A frame that breaks the protocol: the library closes the connection, with the reason.
    webSocket.on('error', () => undefined);
    return connection;
  }

  #partial(table: 'orderBookL2' | 'orderBookL3'): string {
    const { runner, clock } = this.#options;
    const { state, salt } = runner;
    const sequence = state.position.bookSequence;
    const known = this.#partials.get(table);
    if (known?.sequence === sequence) return known.text;
    const orders = { buy: state.orders('buy'), sell: state.orders('sell') };
    const { isWhole } = state;
    const text = partialMessage(table, salt, { orders, sequence, timeUs: clock.nowUs(), isWhole });
    this.#partials.set(table, { sequence, text });
    return text;
  }

  #checkReading({ webSocket }: Connection): void {
    if (webSocket.bufferedAmount > this.#options.limits.maxUnreadBytes) webSocket.terminate();
  }

  #ping(): void {
    this.#pings = this.#options.clock.schedule(this.#options.limits.pingMs, () => {
      for (const connection of this.#connections) {
        if (!connection.isAlive) connection.webSocket.terminate();
        connection.isAlive = false;
        connection.webSocket.ping();
      }
      this.#ping();
    });
  }

  /** Whoever follows the numbers learns that nothing is missing. */
  #beat(): void {
    const { clock, runner } = this.#options;
    this.#beats = clock.schedule(HEARTBEAT_MS, () => {
      this.#beat();
      const followers = [...this.#connections].filter(({ client }) =>
        client.tables.has('orderBookL3'),
      );
      if (followers.length === 0) return;
      const beat = (): void => {
        const { bookSequence, tradeId } = runner.state.position;
        const message = heartbeatMessage(bookSequence, tradeId, clock.nowUs());
        for (const { webSocket } of followers) webSocket.send(message);
      };
      // Fails only with the exchange.
      runner.between(beat).catch(() => undefined);
    });
  }

  #respond({ method, url = '/' }: IncomingMessage, response: ServerResponse): void {
    const [path, query = ''] = url.split('?');
    const answer = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body);
    };
    const symbol = new URLSearchParams(query).get('symbol') ?? SYMBOL;
    if (method === 'GET' && path === '/api/v1/instrument') {
      answer(200, JSON.stringify(symbol === SYMBOL ? [INSTRUMENT] : []));
    } else if (method === 'GET' && path === '/api/v1/orderBook/L3' && symbol === SYMBOL) {
      this.#options.runner
        .between(() => answer(200, this.#partial('orderBookL3')))
        .catch(() => {
          response.destroy();
        });
    } else {
      answer(404, '{"error":{"message":"Connect by WebSocket","name":"HTTPError"}}');
    }
  }
}

function reject(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/**
 * A minimal Binance on real sockets: the `/stream` WebSocket with SUBSCRIBE and UNSUBSCRIBE, and the two
 * REST calls. A test sends every frame, and changes behaviour by replacing functions of `behaviour`.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { FakeServer, FakeServerConnection, answer, listen } from './fake-server.ts';

export interface ControlRequest {
  readonly method: string;
  readonly params: readonly string[];
  readonly id: number;
}

export interface FakeBehaviour {
  /** Answers a control request. Default: confirms. */
  control(connection: FakeConnection, request: ControlRequest): void;
  /** Answers a REST request; false: the default answer. */
  rest(url: URL, response: ServerResponse): boolean;
  /** false: the upgrade is rejected with 503. */
  accepts(): boolean;
}

export class FakeConnection extends FakeServerConnection {
  readonly streams = new Set<string>();
  readonly requests: ControlRequest[] = [];
  /** Monotonic times of all client frames, pings and pongs included. */
  readonly clientMessagesMs: number[] = [];

  /** In the envelope of the combined stream. */
  data(stream: string, data: unknown): void {
    this.raw(JSON.stringify({ stream, data }));
  }

  reply(id: number, rest: Record<string, unknown> = { result: null }): void {
    this.raw(JSON.stringify({ ...rest, id }));
  }
}

interface DepthFields {
  readonly U: number;
  readonly u: number;
  readonly b?: unknown;
  readonly a?: unknown;
  readonly E?: unknown;
}

export class FakeBinance extends FakeServer<FakeConnection> {
  readonly restRequests: { readonly path: string; readonly atMs: number }[] = [];
  readonly behaviour: FakeBehaviour;
  /** Symbols and tick sizes of exchangeInfo. */
  readonly symbols = new Map<string, string>([
    ['BTCUSDT', '0.01000000'],
    ['ETHUSDT', '0.01000000'],
    ['SOLUSDT', '0.01000000'],
  ]);

  private constructor(http: Server) {
    super(http, () => this.behaviour.accepts());
    this.behaviour = {
      control: (connection, request) => this.confirm(connection, request),
      rest: () => false,
      accepts: () => true,
    };
    http.on('request', (request, response) => this.#rest(request, response));
  }

  static async start(): Promise<FakeBinance> {
    return new FakeBinance(await listen());
  }

  confirm(connection: FakeConnection, { method, params, id }: ControlRequest): void {
    for (const stream of params) {
      if (method === 'SUBSCRIBE') connection.streams.add(stream);
      else connection.streams.delete(stream);
    }
    connection.reply(id);
  }

  /** A diff to the given connections (default: all open ones that subscribed). */
  depth(symbol: string, fields: DepthFields, to: readonly FakeConnection[] = this.open): void {
    const data = { e: 'depthUpdate', E: 1790000000123456, s: symbol, b: [], a: [], ...fields };
    const prefix = `${symbol.toLowerCase()}@depth`;
    for (const connection of to) {
      const stream = [...connection.streams].find((name) => name.startsWith(prefix));
      if (stream) connection.data(stream, data);
    }
  }

  trade(symbol: string, tradeId: number, to: readonly FakeConnection[] = this.open): void {
    const stream = `${symbol.toLowerCase()}@trade`;
    for (const connection of to) {
      if (connection.streams.has(stream)) connection.data(stream, tradeData(symbol, tradeId));
    }
  }

  protected connected(client: WebSocket, request: IncomingMessage): FakeConnection {
    const connection = new FakeConnection(client, request);
    const seen = (): void => void connection.clientMessagesMs.push(performance.now());
    client.on('ping', (payload) => {
      seen();
      if (connection.isAnswering) client.pong(payload);
    });
    client.on('pong', seen);
    client.on('message', (data: Buffer) => {
      seen();
      const control = JSON.parse(data.toString('utf8')) as ControlRequest;
      connection.requests.push(control);
      if (connection.isAnswering) this.behaviour.control(connection, control);
    });
    return connection;
  }

  #rest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.restUrl);
    this.restRequests.push({ path: `${url.pathname}${url.search}`, atMs: performance.now() });
    if (this.behaviour.rest(url, response)) return;
    if (url.pathname === '/api/v3/exchangeInfo') this.#exchangeInfo(url, response);
    else if (url.pathname === '/api/v3/depth') {
      answer(response, 200, {
        lastUpdateId: 100,
        bids: [['10.00000000', '1.00000000']],
        asks: [['11.00000000', '2.00000000']],
      });
    } else answer(response, 404, {});
  }

  #exchangeInfo(url: URL, response: ServerResponse): void {
    const one = url.searchParams.get('symbol');
    const many = url.searchParams.get('symbols');
    const names = one === null ? (JSON.parse(many ?? '[]') as string[]) : [one];
    if (names.some((name) => !this.symbols.has(name))) {
      answer(response, 400, { code: -1121, msg: 'Invalid symbol.' });
      return;
    }
    answer(response, 200, {
      symbols: names.map((symbol) => ({
        symbol,
        status: 'TRADING',
        filters: [
          { filterType: 'PRICE_FILTER', tickSize: this.symbols.get(symbol) },
          { filterType: 'LOT_SIZE', stepSize: '0.00001000' },
        ],
      })),
    });
  }
}

function tradeData(symbol: string, tradeId: number): Record<string, unknown> {
  return {
    e: 'trade',
    E: 1790000000130000,
    s: symbol,
    t: tradeId,
    p: '10.50000000',
    q: '0.40000000',
    T: 1790000000129000,
    m: true,
    M: true,
  };
}

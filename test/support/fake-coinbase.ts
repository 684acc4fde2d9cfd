/**
 * A minimal Coinbase on real sockets: the feed with `subscribe` and `unsubscribe`, signature checks, and
 * the REST calls. A test sends every frame, and changes behaviour by replacing functions of `behaviour`.
 */

import { createHmac } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { CREDENTIALS, orderBook, product } from './coinbase-frames.ts';
import { FakeServer, FakeServerConnection, answer, listen } from './fake-server.ts';

export interface ControlMessage {
  readonly type: string;
  readonly product_ids: readonly string[];
  readonly channels: readonly string[];
  readonly key?: string;
  readonly passphrase?: string;
  readonly timestamp?: string;
  readonly signature?: string;
}

export interface CoinbaseBehaviour {
  /** Answers a control message. Default: as the exchange would. */
  control(connection: CoinbaseConnection, message: ControlMessage): void;
  /** Answers a REST request; false: the default answer. */
  rest(url: URL, response: ServerResponse, request: IncomingMessage): boolean;
}

/** The exchange's limit. */
const TIMESTAMP_TOLERANCE_S = 30;

export class CoinbaseConnection extends FakeServerConnection {
  /** `product/channel` */
  readonly subscribed = new Set<string>();
  readonly messages: ControlMessage[] = [];

  send(message: unknown): void {
    this.raw(typeof message === 'string' ? message : JSON.stringify(message));
  }
}

export class FakeCoinbase extends FakeServer<CoinbaseConnection> {
  readonly asked: string[] = [];
  readonly behaviour: CoinbaseBehaviour;
  readonly products = ['BTC-USD', 'ETH-USD'];
  /** The key that the exchange accepts. */
  credentials = CREDENTIALS;

  private constructor(http: Server) {
    super(http);
    this.behaviour = {
      control: (connection, message) => this.control(connection, message),
      rest: () => false,
    };
    http.on('request', (request, response) => this.#rest(request, response));
  }

  static async start(): Promise<FakeCoinbase> {
    return new FakeCoinbase(await listen());
  }

  /** Connections subscribed to a product. */
  carrying(symbol: string): CoinbaseConnection[] {
    return this.open.filter(({ subscribed }) => subscribed.has(`${symbol}/heartbeat`));
  }

  /** Sends a product's message to every connection subscribed to it. */
  send(message: Readonly<Record<string, unknown>>): void {
    for (const connection of this.carrying(String(message['product_id']))) {
      connection.send(message);
    }
  }

  control(connection: CoinbaseConnection, message: ControlMessage): void {
    const refusal = this.#refusalOf(message);
    if (refusal !== null) {
      connection.send({ type: 'error', message: 'Failed to subscribe', reason: refusal });
      return;
    }
    for (const symbol of message.product_ids) {
      for (const channel of message.channels) {
        if (message.type === 'subscribe') connection.subscribed.add(`${symbol}/${channel}`);
        else connection.subscribed.delete(`${symbol}/${channel}`);
      }
    }
    connection.send({ type: 'subscriptions', channels: [...connection.subscribed] });
  }

  #refusalOf(message: ControlMessage): string | null {
    const unknown = message.product_ids.find((symbol) => !this.products.includes(symbol));
    if (unknown !== undefined) return `${unknown} is not a valid product`;
    if (message.type !== 'subscribe' || !message.channels.includes('full')) return null;
    const { key, passphrase, timestamp, signature } = message;
    if (key === undefined || signature === undefined) {
      return 'level2, level3, and full channels now require authentication';
    }
    const isSigned = this.#isSigned(
      { key, passphrase, timestamp, signature },
      '/users/self/verify',
    );
    return isSigned ? null : 'Authentication Failed: invalid signature';
  }

  #isSigned(
    given: {
      readonly key: unknown;
      readonly passphrase: unknown;
      readonly timestamp: unknown;
      readonly signature: unknown;
    },
    path: string,
  ): boolean {
    const { key, secret, passphrase } = this.credentials;
    const age = Math.abs(Date.now() / 1000 - Number(given.timestamp));
    const expected = createHmac('sha256', Buffer.from(secret, 'base64'))
      .update(`${String(given.timestamp)}GET${path}`)
      .digest('base64');
    return (
      given.key === key &&
      given.passphrase === passphrase &&
      given.signature === expected &&
      age <= TIMESTAMP_TOLERANCE_S
    );
  }

  protected connected(client: WebSocket, request: IncomingMessage): CoinbaseConnection {
    const connection = new CoinbaseConnection(client, request);
    client.on('ping', (payload) => {
      if (connection.isAnswering) client.pong(payload);
    });
    client.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as ControlMessage;
      connection.messages.push(message);
      if (connection.isAnswering) this.behaviour.control(connection, message);
    });
    return connection;
  }

  #rest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.restUrl);
    const path = `${url.pathname}${url.search}`;
    this.asked.push(path);
    if (this.behaviour.rest(url, response, request)) return;
    const { headers } = request;
    const given = {
      key: headers['cb-access-key'],
      passphrase: headers['cb-access-passphrase'],
      timestamp: headers['cb-access-timestamp'],
      signature: headers['cb-access-sign'],
    };
    if (given.key !== undefined && !this.#isSigned(given, path)) {
      return answer(response, 401, { message: 'invalid signature' });
    }
    const [, , symbol, book] = url.pathname.split('/');
    if (symbol === undefined) {
      const all = this.products.map((each) => product(each));
      return answer(response, 200, all);
    }
    if (!this.products.includes(symbol)) return answer(response, 404, { message: 'NotFound' });
    return answer(response, 200, book === undefined ? product(symbol) : orderBook(100));
  }
}

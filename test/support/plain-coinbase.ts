/**
 * A simple client of Coinbase's feed and REST over real sockets: keeps every message and signs as the
 * exchange documents. Shares no code with the logger, so it can judge a server.
 */

import { createHmac } from 'node:crypto';
import { WebSocket } from 'ws';

export interface PlainKey {
  readonly key: string;
  /** Base64. */
  readonly secret: string;
  readonly passphrase: string;
}

export interface CoinbaseReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

export class PlainCoinbase {
  /** Every message received, in order. */
  readonly heard: any[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly #socket: WebSocket;
  readonly #restUrl: string;
  #wake: () => void = () => undefined;

  constructor(urls: { readonly wsUrl: string; readonly restUrl: string }) {
    this.#restUrl = urls.restUrl;
    this.#socket = new WebSocket(urls.wsUrl);
    this.#socket.on('message', (data: Buffer) => {
      this.heard.push(JSON.parse(data.toString()));
      this.#wake();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
  }

  async open(): Promise<this> {
    await new Promise((resolve, reject) => {
      this.#socket.once('open', resolve);
      this.#socket.once('error', reject);
    });
    return this;
  }

  close(): void {
    this.#socket.terminate();
  }

  /** Resolves when the condition holds; it is checked after every incoming message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends a control message and waits for its reply, which follows everything sent before. */
  async ask(message: unknown): Promise<any> {
    const from = this.heard.length;
    const answer = (): any =>
      this.heard.slice(from).find(({ type }) => type === 'subscriptions' || type === 'error');
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    await this.until(() => answer() !== undefined || this.closed !== null);
    return answer();
  }

  subscribe(product: string, channels: readonly string[], more: object = {}): Promise<any> {
    return this.ask({ type: 'subscribe', product_ids: [product], channels, ...more });
  }

  /** Resolves when everything that the server has sent so far has arrived. */
  async all(): Promise<void> {
    await this.ask({ type: 'unsubscribe', product_ids: ['BTC-USD'], channels: ['auctionfeed'] });
  }

  /** Received messages of a product and of some types. */
  of(product: string, ...types: string[]): any[] {
    return this.heard.filter(
      ({ product_id, type }) => product_id === product && types.includes(type),
    );
  }

  async rest(path: string, headers: Readonly<Record<string, string>> = {}): Promise<CoinbaseReply> {
    const response = await fetch(`${this.#restUrl}${path}`, { headers });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
}

/** The sequenced messages of `full`. */
export const NUMBERED = ['received', 'open', 'match', 'change', 'done'] as const;

/** Fields of a signed subscription at `us`. */
export function signedBy(key: PlainKey, us: number): Record<string, string> {
  const timestamp = String(us / 1_000_000);
  const signature = sign(key, timestamp, '/users/self/verify');
  return { key: key.key, passphrase: key.passphrase, timestamp, signature };
}

/** Headers of a signed request at `us`. */
export function headersBy(key: PlainKey, us: number, path: string): Record<string, string> {
  const timestamp = String(us / 1_000_000);
  return {
    'cb-access-key': key.key,
    'cb-access-passphrase': key.passphrase,
    'cb-access-timestamp': timestamp,
    'cb-access-sign': sign(key, timestamp, path),
  };
}

function sign({ secret }: PlainKey, timestamp: string, path: string): string {
  return createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(`${timestamp}GET${path}`)
    .digest('base64');
}

/**
 * A simple client that follows Binance's rules for a local book (the six steps of "How to manage a local
 * order book correctly") over real sockets. Shares no code with the logger, so it can judge a server.
 */

import { WebSocket } from 'ws';
import { NaiveBook } from './naive-book.ts';

export interface PlainDiff {
  readonly U: number;
  readonly u: number;
  readonly E: number;
  readonly b: readonly (readonly [string, string])[];
  readonly a: readonly (readonly [string, string])[];
}

export class PlainClient {
  readonly frames: string[] = [];
  readonly trades: any[] = [];
  readonly tickers: any[] = [];
  readonly replies: any[] = [];
  readonly pings: string[] = [];
  /** Set once the book is proven. */
  book: NaiveBook | null = null;
  /** Diffs that did not follow the book: `[expected, found]`. */
  readonly gaps: (readonly [number, number])[] = [];
  /** Diffs at or before the book, since it was proven. */
  ignored = 0;
  applied = 0;
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly #socket: WebSocket;
  readonly #restUrl: string;
  readonly #symbol: string;
  #buffered: PlainDiff[] | null = [];
  #wake: () => void = () => undefined;

  constructor(
    urls: { readonly wsUrl: string; readonly restUrl: string },
    symbol: string,
    options: { readonly path?: string; readonly autoPong?: boolean } = {},
  ) {
    this.#restUrl = urls.restUrl;
    this.#symbol = symbol;
    this.#socket = new WebSocket(`${urls.wsUrl}${options.path ?? '/stream'}`, {
      autoPong: options.autoPong ?? true,
    });
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#onFrame(isBinary ? `binary:${data.toString('hex')}` : data.toString());
      this.#wake();
    });
    this.#socket.on('ping', (payload: Buffer) => {
      this.pings.push(payload.toString());
      this.#wake();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
  }

  get socket(): WebSocket {
    return this.#socket;
  }

  /** Resolves when the condition holds; it is checked after every incoming message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async open(): Promise<this> {
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve, reject) => {
        this.#socket.once('open', resolve);
        this.#socket.once('error', reject);
      });
    }
    return this;
  }

  send(command: unknown): void {
    this.#socket.send(typeof command === 'string' ? command : JSON.stringify(command));
  }

  /** Sends a command and waits for its reply. */
  async ask(command: unknown): Promise<any> {
    const before = this.replies.length;
    this.send(command);
    await this.until(() => this.replies.length > before || this.closed !== null);
    return this.replies[before];
  }

  subscribe(...kinds: string[]): Promise<any> {
    const params = kinds.map((kind) => `${this.#symbol.toLowerCase()}@${kind}`);
    return this.ask({ method: 'SUBSCRIBE', params, id: 1 });
  }

  async rest(path: string, headers: Record<string, string> = {}): Promise<RestReply> {
    const response = await fetch(`${this.#restUrl}${path}`, { headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: safely(text) };
  }

  /** Steps 2 to 5: fetches snapshots until one joins the buffer. @returns how many it took. */
  async synchronise(limit = 5000): Promise<number> {
    for (let fetched = 1; ; fetched++) {
      await this.until(() => (this.#buffered?.length ?? 0) > 0);
      const { body } = await this.rest(`/api/v3/depth?symbol=${this.#symbol}&limit=${limit}`);
      const first = this.#buffered?.[0];
      if (!first || !body || body.lastUpdateId < first.U) continue;
      const book = new NaiveBook(body.lastUpdateId, body.bids, body.asks);
      await this.until(() => (this.#buffered?.at(-1)?.u ?? -1) > body.lastUpdateId);
      const buffered = this.#buffered ?? [];
      this.#buffered = null;
      this.book = book;
      for (const diff of buffered) this.#apply(diff);
      this.ignored = 0;
      return fetched;
    }
  }

  close(): void {
    this.#socket.terminate();
  }

  #onFrame(text: string): void {
    this.frames.push(text);
    const frame = safely(text);
    if (frame === null || typeof frame !== 'object') return;
    if ('result' in frame || 'code' in frame) this.replies.push(frame);
    const data = frame.data ?? frame;
    if (data.e === 'depthUpdate' && data.s === this.#symbol) this.#onDiff(data);
    else if (data.e === 'trade') this.trades.push(data);
    else if (data.B !== undefined) this.tickers.push(data);
  }

  #onDiff(diff: PlainDiff): void {
    if (this.#buffered) this.#buffered.push(diff);
    else this.#apply(diff);
  }

  #apply(diff: PlainDiff): void {
    if (!this.book) return;
    if (diff.u <= this.book.sequence) {
      this.ignored++;
      return;
    }
    if (diff.U > this.book.sequence + 1) this.gaps.push([this.book.sequence + 1, diff.U]);
    this.book.apply(diff.u, diff.b, diff.a);
    this.applied++;
  }
}

export interface RestReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: any;
}

function safely(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    // A corrupted frame: kept as text in `frames`, not parsed.
    return null;
  }
}

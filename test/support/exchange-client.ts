/** A trader of the tests: sends messages to the sandbox exchange, and keeps what comes. */

import { WebSocket } from 'ws';
import type { Incoming } from '../../sandbox/exchange/trader/trader-lines.ts';

export interface ExchangeMessage extends Incoming {
  readonly sequence?: number;
  readonly whole?: boolean;
  readonly [field: string]: unknown;
}

export class ExchangeClient {
  readonly messages: ExchangeMessage[] = [];
  /** Resolves with the code. */
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
  #taken = 0;
  #wake: (() => void) | null = null;
  #ref = 0;
  readonly #asked = new Map<number | string, (answer: ExchangeMessage) => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      const message = (text === 'pong' ? { pong: true } : JSON.parse(text)) as ExchangeMessage;
      this.messages.push(message);
      if (message.ref !== undefined) this.#asked.get(message.ref)?.(message);
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', resolve);
      socket.on('close', () => this.#wake?.());
    });
    socket.on('error', () => undefined);
  }

  static async connect(port: number, path = '/'): Promise<ExchangeClient> {
    const client = new ExchangeClient(new WebSocket(`ws://127.0.0.1:${port}${path}`));
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    });
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message that fits, after those that were found before. */
  async next(isWanted: (message: ExchangeMessage) => boolean): Promise<ExchangeMessage> {
    for (;;) {
      while (this.#taken < this.messages.length) {
        const message = this.messages[this.#taken++]!;
        if (isWanted(message)) return message;
      }
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('The connection was closed');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends a request, and waits for its own answer. */
  ask(message: Readonly<Record<string, unknown>>): Promise<ExchangeMessage> {
    const ref = ++this.#ref;
    return new Promise((resolve) => {
      this.#asked.set(ref, resolve);
      this.send({ ...message, ref });
    });
  }

  async account(): Promise<Readonly<Record<string, unknown>>> {
    const { data } = await this.ask({ op: 'account' });
    return data?.[0] ?? {};
  }

  close(): Promise<number> {
    this.socket.close();
    return this.closed;
  }
}

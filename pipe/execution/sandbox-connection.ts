/**
 * One connection to a sandbox exchange, logged in: requests and their answers, and the trades that come in
 * between. When it is lost, what was asked and not answered has an unknown outcome.
 */

import { ExchangeRejectedError, FeedClosedError, WireFormatError } from '../../logger/errors.ts';
import type { Clock, Timer } from '../../logger/runtime/clock.ts';
import type { Socket, Transport } from '../../logger/runtime/transport.ts';

/** An order is on disk before it is answered; a disk that takes longer is as good as gone. */
const ANSWER_MS = 5000;

export interface SandboxLogin {
  /** `ws://127.0.0.1:6789` */
  readonly wsUrl: string;
  readonly username: string;
  readonly password: string;
}

export interface SandboxAnswer {
  readonly status?: number;
  readonly error?: string;
  readonly id?: string;
  readonly ref?: unknown;
  readonly table?: string;
  readonly action?: string;
  readonly data?: readonly Readonly<Record<string, unknown>>[];
}

/** A fill of some order; the exchange names both. */
export interface SandboxTrade {
  readonly maker: string;
  readonly taker: string;
  readonly price: string;
  readonly size: string;
}

export interface SandboxPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  /** How long an exchange may be away before the outcome of an order counts as unknown. */
  readonly unknownMs: number;
}

interface Waiting {
  readonly resolve: (answer: SandboxAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

export class SandboxConnection {
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #onTrade: (trade: SandboxTrade) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opened: Promise<void>;
  #lost: FeedClosedError | null = null;
  #ref = 0;

  private constructor(
    url: string,
    { transport, clock }: SandboxPorts,
    onTrade: (trade: SandboxTrade) => void,
  ) {
    this.#clock = clock;
    this.#onTrade = onTrade;
    let open = (): void => undefined;
    let fail = (_error: Error): void => undefined;
    this.#opened = new Promise((resolve, reject) => {
      [open, fail] = [resolve, reject];
    });
    this.#socket = transport.connect(url, {
      onOpen: () => open(),
      onMessage: (data) => this.#take(data.toString('utf8')),
      onAlive: () => undefined,
      onClose: (reason) => {
        this.#lose(`The connection to the exchange was lost: ${reason}`);
        fail(this.#lost ?? new FeedClosedError(reason));
      },
    });
  }

  /** @throws FeedClosedError if it can't be reached, ExchangeRejectedError if it rejects the login. */
  static async open(
    { wsUrl, username, password }: SandboxLogin,
    ports: SandboxPorts,
    onTrade: (trade: SandboxTrade) => void,
  ): Promise<SandboxConnection> {
    const url = new URL('/realtime', wsUrl).href;
    const connection = new SandboxConnection(url, ports, onTrade);
    await connection.#opened;
    const login = await connection.ask({ op: 'login', username, password });
    if (login.status !== 200) {
      connection.close();
      throw new ExchangeRejectedError(`${username}: ${login.status} ${login.error ?? ''}`);
    }
    await connection.ask({ op: 'subscribe', args: ['trade'] });
    return connection;
  }

  get isLost(): boolean {
    return this.#lost !== null;
  }

  /** @throws FeedClosedError if the connection is lost before the answer: whether it was done is not known. */
  ask(message: Readonly<Record<string, unknown>>): Promise<SandboxAnswer> {
    if (this.#lost) return Promise.reject(this.#lost);
    const ref = ++this.#ref;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.schedule(ANSWER_MS, () => {
        this.#lose(`The exchange did not answer within ${ANSWER_MS} ms`);
      });
      this.#waiting.set(ref, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ ...message, ref }));
    });
  }

  close(): void {
    this.#lose('The connection was closed');
  }

  #lose(reason: string): void {
    if (this.#lost) return;
    const lost = new FeedClosedError(reason);
    this.#lost = lost;
    this.#socket.terminate();
    for (const { reject, timer } of this.#waiting.values()) {
      timer.cancel();
      reject(lost);
    }
    this.#waiting.clear();
  }

  #take(text: string): void {
    if (this.#lost) return;
    const message = parse(text);
    if (message === null) return this.#lose('The exchange sent what is no message of it');
    const { ref, table, action, data = [] } = message;
    if (table === 'trade' && action === 'insert') data.map(tradeOf).forEach(this.#onTrade);
    if (typeof ref !== 'number') return;
    const waiting = this.#waiting.get(ref);
    this.#waiting.delete(ref);
    waiting?.timer.cancel();
    waiting?.resolve(message);
  }
}

function parse(text: string): SandboxAnswer | null {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : null;
  } catch {
    return null;
  }
}

function tradeOf(row: Readonly<Record<string, unknown>>): SandboxTrade {
  return {
    maker: textOf(row['maker_order_id']),
    taker: textOf(row['taker_order_id']),
    price: textOf(row['priceText']),
    size: textOf(row['size']),
  };
}

/** Of a text or a number. Numbers have so few digits that they print as they were written. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  throw new WireFormatError('A field of the exchange is neither text nor number');
}

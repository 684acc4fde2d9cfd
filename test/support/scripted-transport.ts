/** A network without sockets, scripted by the test, for tests on a manual clock. */

import type {
  GetOptions,
  HttpResponse,
  Socket,
  SocketHandlers,
  Transport,
} from '../../logger/runtime/transport.ts';
import type { Clock } from '../../logger/runtime/clock.ts';

export class ScriptedSocket implements Socket {
  readonly url: string;
  readonly sent: string[] = [];
  pings = 0;
  isClosed = false;
  readonly #handlers: SocketHandlers;
  readonly #clock: Clock;

  constructor(url: string, handlers: SocketHandlers, clock: Clock) {
    this.url = url;
    this.#handlers = handlers;
    this.#clock = clock;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  ping(): void {
    this.pings++;
  }

  close(): void {
    this.end('closed by us');
  }

  terminate(): void {
    this.end('terminated by us');
  }

  open(): void {
    this.#handlers.onOpen();
  }

  message(value: unknown): void {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    this.#handlers.onMessage(Buffer.from(text), this.#clock.nowUs());
  }

  /** Delivers a pong or a ping. */
  alive(isPing = false): void {
    this.#handlers.onAlive(this.#clock.nowUs(), isPing);
  }

  /** Closes it from the peer's side. */
  end(reason: string, isTooLarge = false): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#handlers.onClose(reason, isTooLarge);
  }

  /** Rejects the upgrade. */
  reject(status: number, retryAfter?: string): void {
    this.isClosed = true;
    const reason = `Unexpected server response: ${status}`;
    this.#handlers.onClose(reason, false, { status, retryAfter });
  }

  /** Control requests sent, newest last. */
  get requests(): { method: string; params: string[]; id: number }[] {
    return this.sent.map((text) => JSON.parse(text) as never);
  }

  /** Confirms the newest request. */
  confirm(): void {
    this.message({ result: null, id: this.requests.at(-1)?.id });
  }
}

export class ScriptedTransport implements Transport {
  readonly sockets: ScriptedSocket[] = [];
  readonly asked: string[] = [];
  /** Replaced by tests that need REST. */
  answer: (url: string, options: GetOptions) => Promise<HttpResponse> = async () => ({
    status: 200,
    headers: {},
    body: '{}',
  });
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect(url: string, handlers: SocketHandlers): Socket {
    const socket = new ScriptedSocket(url, handlers, this.#clock);
    this.sockets.push(socket);
    return socket;
  }

  get(url: string, options: GetOptions): Promise<HttpResponse> {
    this.asked.push(url);
    return this.answer(url, options);
  }

  /** The newest socket. */
  get latest(): ScriptedSocket {
    const latest = this.sockets.at(-1);
    if (!latest) throw new Error('nothing was connected');
    return latest;
  }
}

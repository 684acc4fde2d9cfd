/**
 * The real network: WebSockets by `ws`, requests by fetch, both through a proxy where there is one. Receive times are taken first thing
 * in the message handler; `ws` answers pings. Redirects are not followed, permessage-deflate is off, and
 * every size and wait has a limit. Errors are one line without secrets: they never contain bodies,
 * headers or query strings.
 */

import { HttpsProxyAgent } from 'https-proxy-agent';
import { WebSocket } from 'ws';
import { FeedClosedError } from '../errors.ts';
import type {
  GetOptions,
  HttpResponse,
  Socket,
  SocketHandlers,
  Transport,
  UpgradeRejection,
} from '../runtime/transport.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { NO_PROXIES } from './proxy.ts';
import type { Proxies } from './proxy.ts';

/** A larger message closes its connection; the largest legitimate one is an L2 snapshot. */
export const MAX_MESSAGE_BYTES = 128 * 1024 * 1024;
/** TCP, TLS and the upgrade together, and a proxy's answer. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long the closing handshake may take before the socket is dropped. */
export const CLOSE_TIMEOUT_MS = 1000;
const MAX_REASON_CHARACTERS = 160;
/** The error code of `ws` for a message above `maxPayload`. */
const TOO_LARGE_CODE = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

export function createNetwork(clock: Clock, proxies: Proxies = NO_PROXIES): Transport {
  return {
    connect: (url, handlers) =>
      new WebSocketSocket(url, handlers, { clock, proxy: proxies.proxyFor(url) }),
    get: (url, options) => getOverHttp(url, options, proxies.fetchFor(url)),
  };
}

interface SocketDeps {
  readonly clock: Clock;
  readonly proxy: string | null;
}

class WebSocketSocket implements Socket {
  readonly #clock: Clock;
  readonly #handlers: SocketHandlers;
  readonly #socket: WebSocket | null;
  #error: Error | null = null;
  #rejection: UpgradeRejection | undefined;
  #isClosed = false;

  constructor(url: string, handlers: SocketHandlers, { clock, proxy }: SocketDeps) {
    this.#clock = clock;
    this.#handlers = handlers;
    this.#socket = this.#connect(url, proxy);
  }

  send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  ping(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  close(): void {
    if (!this.#socket || this.#isClosed) return;
    this.#socket.close(1000);
    this.#clock.schedule(CLOSE_TIMEOUT_MS, () => {
      this.terminate();
      // `ws` reports the end only once it has read what came before, which it never does after a
      // handler threw.
      this.#closed(`not closed by the other side within ${CLOSE_TIMEOUT_MS} ms`);
    });
  }

  terminate(): void {
    this.#socket?.terminate();
  }

  #connect(url: string, proxy: string | null): WebSocket | null {
    let socket: WebSocket;
    const life = new AbortController();
    try {
      socket = new WebSocket(url, {
        ...(proxy !== null && { agent: new HttpsProxyAgent(proxy, { signal: life.signal }) }),
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE_BYTES,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        followRedirects: false,
        // Text that is not UTF-8 would otherwise close the connection of every symbol on it. It arrives
        // with replacement characters instead, and is rejected as one malformed message.
        skipUTF8Validation: true,
      });
    } catch (error) {
      // An invalid URL. Reported like any other failure to connect: later, by `onClose`.
      this.#error = error instanceof Error ? error : new TypeError(String(error));
      this.#clock.schedule(0, () => this.#closed(''));
      return null;
    }
    socket.on('message', (data) => {
      const receiveTimeUs = this.#clock.nowUs();
      if (!this.#isClosed) this.#handlers.onMessage(bufferOf(data), receiveTimeUs);
    });
    const alive = (isPing: boolean): void => {
      const receiveTimeUs = this.#clock.nowUs();
      if (!this.#isClosed) this.#handlers.onAlive(receiveTimeUs, isPing);
    };
    socket.on('ping', () => alive(true));
    socket.on('pong', () => alive(false));
    if (proxy !== null) this.#limitHandshake(socket, life);
    socket.on('open', () => {
      if (!this.#isClosed) this.#handlers.onOpen();
    });
    // Always followed by 'close', which reports it.
    socket.on('error', (error) => (this.#error ??= error));
    socket.on('unexpected-response', (_request, { statusCode = 0, headers }) => {
      this.#rejection = { status: statusCode, retryAfter: headers['retry-after'] };
      this.#error = new FeedClosedError(`Unexpected server response: ${statusCode}`);
      socket.terminate();
    });
    socket.on('close', (code, reason) => {
      const text = oneLine(reason.toString('utf8'));
      this.#closed(`closed with code ${code}${text === '' ? '' : ` (${text})`}`);
    });
    return socket;
  }

  /** The handshake's own limit begins only once the proxy has answered. */
  #limitHandshake(socket: WebSocket, life: AbortController): void {
    const timer: Timer = this.#clock.schedule(HANDSHAKE_TIMEOUT_MS, () => {
      this.#error ??= new FeedClosedError(
        `The proxy made no connection within ${HANDSHAKE_TIMEOUT_MS} ms`,
      );
      socket.terminate();
    });
    socket.on('open', () => timer.cancel());
    socket.on('close', () => {
      timer.cancel();
      life.abort();
    });
  }

  #closed(how: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const error = this.#error;
    const isTooLarge = error !== null && codeOf(error) === TOO_LARGE_CODE;
    this.#handlers.onClose(error === null ? how : reasonOf(error), isTooLarge, this.#rejection);
  }
}

function bufferOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

async function getOverHttp(
  url: string,
  options: GetOptions,
  send: typeof fetch,
): Promise<HttpResponse> {
  const { headers, timeoutMs, maxBytes, signal } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await send(url, {
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(headers ? { headers: { ...headers } } : {}),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await readBody(response, maxBytes),
    };
  } catch (error) {
    if (error instanceof FeedClosedError) throw error;
    const reason = signal?.aborted
      ? 'it was canceled'
      : timeout.aborted
        ? `no complete response within ${timeoutMs} ms`
        : reasonOf(error);
    throw new FeedClosedError(`Request to ${hostOf(url)} failed: ${reason}`, {
      retryable: true,
      cause: error,
    });
  }
}

/** Limits the decompressed size while reading, so a decompression bomb can't fill the memory. */
async function readBody(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the body and closes the connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new FeedClosedError(
        `Request to ${hostOf(response.url)} failed: the response is larger than ${maxBytes} bytes`,
        { retryable: true },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an invalid address';
}

/** The cause of `fetch failed` is what matters. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return oneLine(error.message) || codeOf(error) || error.name;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function oneLine(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > MAX_REASON_CHARACTERS ? `${line.slice(0, MAX_REASON_CHARACTERS)}…` : line;
}

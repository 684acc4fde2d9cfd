/**
 * Serves one venue over WebSocket and HTTP on one port, or on two if REST has its own. Knows neither
 * markets nor protocols: sessions and responses come from the venue.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../../logger/runtime/clock.ts';
import type { Connections } from '../venues/connections.ts';
import { PendingTimers } from '../venues/pending-timers.ts';
import type { HandshakeRejection, HandshakeStatus } from '../faults/fault-injector.ts';
import type { OpenSession, Peer, RestRequest, RestResponse } from '../venues/session.ts';

/** Largest request body and largest WebSocket message. */
const MAX_BODY_BYTES = 1024 * 1024;
const REJECTIONS: Readonly<Record<HandshakeStatus, string>> = {
  403: '403 Forbidden',
  404: '404 Not Found',
  418: "418 I'm a teapot",
  429: '429 Too Many Requests',
  451: '451 Unavailable For Legal Reasons',
  503: '503 Service Unavailable',
};

/** Responds to requests that are not the venue's own; null: it is the venue's. */
export type ControlPort = (method: string, url: string, body: string) => RestResponse | null;

export interface ExchangeServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** A port of its own for REST. Default: the same as `port`. */
  readonly restPort?: number | undefined;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly accept: (url: string, address: string) => OpenSession | HandshakeRejection;
  readonly respond: (request: RestRequest) => RestResponse | Promise<RestResponse>;
  readonly control?: ControlPort | undefined;
}

export class ExchangeServer {
  readonly #options: ExchangeServerOptions;
  readonly #upgrades: WebSocketServer;
  readonly #servers: Server[] = [];
  /** Of delayed responses. */
  readonly #timers: PendingTimers;
  #wsPort = 0;
  #restPort = 0;

  constructor(options: ExchangeServerOptions) {
    this.#options = options;
    this.#timers = new PendingTimers(options.clock);
    this.#upgrades = new WebSocketServer({
      noServer: true,
      // The session sends the pongs: they count against limits, and a frozen connection sends none.
      autoPong: false,
      perMessageDeflate: false,
      maxPayload: MAX_BODY_BYTES,
    });
  }

  get wsUrl(): string {
    return `ws://${this.#options.host}:${this.#wsPort}`;
  }

  get restUrl(): string {
    return `http://${this.#options.host}:${this.#restPort}`;
  }

  /** @throws the system's error, such as `EADDRINUSE`. */
  async listen(): Promise<void> {
    const { port, restPort } = this.#options;
    try {
      this.#wsPort = await this.#open(port);
      this.#restPort = restPort === undefined ? this.#wsPort : await this.#open(restPort);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#timers.cancelAll();
    this.#options.connections.close();
    await Promise.all(this.#servers.map((server) => closeServer(server)));
    this.#upgrades.close();
  }

  #open(port: number): Promise<number> {
    const server = createServer((request, response) => this.#onRequest(request, response));
    server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.#options.host, () => {
        server.off('error', reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The client may drop the connection during the handshake.
    socket.on('error', () => socket.destroy());
    const url = request.url ?? '/';
    const accepted = isUrl(url) ? this.#options.accept(url, addressOf(request)) : 404;
    if (typeof accepted !== 'function') return rejectUpgrade(socket, accepted);
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      (socket as Socket).setNoDelay(true);
      this.#serve(webSocket, accepted);
    });
  }

  #serve(socket: WebSocket, openSession: OpenSession): void {
    const { connections } = this.#options;
    const session = connections.open(openSession, peerOf(socket));
    socket.on('message', (data: RawData, isBinary: boolean) => {
      session.onMessage(isBinary ? undefined : textOf(data));
    });
    socket.on('ping', (payload) => session.onPing(payload));
    socket.on('pong', (payload) => session.onPong(payload));
    // After a protocol error `ws` closes the connection itself, and `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => connections.onClosed(session));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (bytes > MAX_BODY_BYTES) return void response.writeHead(413).end();
      void this.#reply(request, response, Buffer.concat(chunks).toString());
    });
    // The client went away before it had sent its request.
    request.on('error', () => response.destroy());
  }

  /** An error in here is a bug; it ends the process as an unhandled rejection. */
  async #reply(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const answer = await this.#responseTo(request, body);
    if (answer.delayMs > 0) this.#timers.schedule(answer.delayMs, () => send(response, answer));
    else send(response, answer);
  }

  #responseTo(request: IncomingMessage, body: string): RestResponse | Promise<RestResponse> {
    const { url = '/', method = 'GET', headers } = request;
    if (!isUrl(url)) return { status: 400, headers: {}, body: '', delayMs: 0 };
    const { control, respond } = this.#options;
    return control?.(method, url, body) ?? respond({ url, address: addressOf(request), headers });
  }
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown';
}

/** A request line may hold something that is no URL, such as `//`. */
function isUrl(url: string): boolean {
  return URL.canParse(url, 'http://sandbox');
}

function peerOf(socket: WebSocket): Peer {
  return {
    send: (data) => socket.send(data),
    ping: (payload) => socket.ping(payload),
    pong: (payload) => socket.pong(payload),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
    pause: () => socket.pause(),
    bufferedBytes: () => socket.bufferedAmount,
  };
}

function send(response: ServerResponse, answer: RestResponse): void {
  if (response.destroyed) return;
  const length = { 'content-length': String(Buffer.byteLength(answer.body)) };
  response.writeHead(answer.status, { ...answer.headers, ...length }).end(answer.body);
}

function rejectUpgrade(socket: Duplex, rejection: HandshakeRejection): void {
  const isStatus = typeof rejection === 'number';
  const status = REJECTIONS[isStatus ? rejection : rejection.status];
  const retryAfter = isStatus ? '' : `Retry-After: ${rejection.retryAfterSeconds}\r\n`;
  const rest = 'Connection: close\r\nContent-Length: 0\r\n\r\n';
  socket.end(`HTTP/1.1 ${status}\r\n${retryAfter}${rest}`);
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // The error of a server that never listened can be ignored.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * Sockets and requests around an exchange's protocol: takes WebSocket handshakes and REST requests on
 * loopback, keeps the sessions, and does to connections what faults asks for. One port serves
 * both, unless REST is given a port of its own. Knows nothing of markets, and no protocol.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { InvalidArgumentError } from '../../logger/errors.ts';
import type { SandboxClock, SandboxTimer } from '../clock.ts';
import { extraFrame } from '../faults/corrupt-frame.ts';
import type { ExtraFrame } from '../faults/fault-injector.ts';
import type { Peer, RestResponse, ServerRequest, Session } from './protocol.ts';

/** Largest body of a control request, and largest WebSocket message, that is read. */
const MAX_BODY_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_MS = 5 * 60_000;

/** Answers a request that is not the exchange's own; null: it is. */
export type ControlPort = (method: string, url: string, body: string) => RestResponse | null;

export interface ExchangeServerOptions {
  readonly host: string;
  readonly port: number;
  /** undefined: the same as `port`. */
  readonly restPort: number | undefined;
  readonly clock: SandboxClock;
  readonly limits: ConnectionLimits;
  /** Who serves a WebSocket at this address (path and query); null: nobody. */
  readonly accept: (url: string) => OpenSession | null;
  readonly rest: (request: ServerRequest) => RestResponse | Promise<RestResponse>;
  readonly control: ControlPort;
  /** Asked once for each handshake. */
  readonly refusesConnection: () => boolean;
}

export interface ConnectionLimits {
  readonly connectionLifeMs: number;
  /** New connections of one address in five minutes; more are refused. */
  readonly connectionsPerFiveMinutes: number;
}

/** Called once the handshake is done. */
export type OpenSession = (peer: Peer, lifeMs: number) => Session;

export class ExchangeServer {
  readonly #options: ExchangeServerOptions;
  readonly #upgrades: WebSocketServer;
  readonly #servers: Server[] = [];
  readonly #sessions = new Map<Session, WebSocket>();
  readonly #timers = new Set<SandboxTimer>();
  readonly #connectedMs = new Map<string, number[]>();
  #lifeMs: number;
  #requests = 0;
  #wsPort = 0;
  #restPort = 0;

  constructor(options: ExchangeServerOptions) {
    this.#options = options;
    this.#lifeMs = options.limits.connectionLifeMs;
    this.#upgrades = new WebSocketServer({
      noServer: true,
      // Pongs go through the session: they count, and a half-open connection sends none.
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

  get connections(): number {
    return this.#sessions.size;
  }

  /** Requests answered, control requests not counted. */
  get requests(): number {
    return this.#requests;
  }

  /** Bytes on their way to clients that still read. */
  bufferedBytes(): number {
    let bytes = 0;
    for (const [session, socket] of this.#sessions) {
      if (!session.isFrozen) bytes += socket.bufferedAmount;
    }
    return bytes;
  }

  /** Every stream that any connection has, by name. */
  streams(): readonly string[] {
    return [...this.#sessions.keys()].flatMap((session) => session.streams);
  }

  /** @throws the system's error, `code` `EADDRINUSE` among them, when a port can't be had. */
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
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const socket of this.#sessions.values()) socket.terminate();
    await Promise.all(this.#servers.map((server) => closeServer(server)));
    this.#upgrades.close();
  }

  /** Connections open now go dead: nothing in, nothing out, TCP stays. They are cut at the end. */
  freezeAll(durationMs: number): void {
    const frozen = [...this.#sessions.keys()];
    for (const session of frozen) session.freeze();
    this.#later(durationMs, () => {
      for (const session of frozen) this.#sessions.get(session)?.terminate();
    });
  }

  cutFrozen(): void {
    for (const [session, socket] of this.#sessions) if (session.isFrozen) socket.terminate();
  }

  /** @throws InvalidArgumentError for a code that can't be sent. */
  closeAll(code: number, reason: string): void {
    const isSendable =
      (code >= 1000 && code <= 1014 && code !== 1004) || (code >= 3000 && code < 5000);
    if (!isSendable) throw new InvalidArgumentError(`code: ${code} is not a WebSocket close code`);
    for (const [session, socket] of this.#sessions) {
      if (session.isFrozen) continue;
      if (code === 1005 || code === 1006) socket.terminate();
      else socket.close(code, reason);
    }
  }

  announceShutdown(afterMs: number): void {
    const announced = [...this.#sessions.keys()].filter((session) => !session.isFrozen);
    for (const session of announced) {
      session.announceShutdown(this.#options.clock.nowUs());
    }
    this.#later(afterMs, () => {
      for (const session of announced) {
        if (!session.isFrozen) this.#sessions.get(session)?.close(1001, 'Server shutdown');
      }
    });
  }

  changeLife(lifeMs: number): void {
    this.#lifeMs = lifeMs;
    for (const session of this.#sessions.keys()) session.changeLife(lifeMs);
  }

  sendExtra(form: ExtraFrame): void {
    const frame = extraFrame(form);
    for (const session of this.#sessions.keys()) session.deliver(frame);
  }

  #later(delayMs: number, run: () => void): void {
    const timer = this.#options.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
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
    // A client may drop the connection in the middle of the handshake: nothing to be done then.
    socket.on('error', () => socket.destroy());
    const url = request.url ?? '/';
    const open = isUrl(url) ? this.#options.accept(url) : null;
    if (!open) return refuseUpgrade(socket, '404 Not Found');
    if (this.#options.refusesConnection()) return refuseUpgrade(socket, '503 Service Unavailable');
    if (!this.#countConnection(addressOf(request))) {
      return refuseUpgrade(socket, '429 Too Many Requests');
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      (socket as Socket).setNoDelay(true);
      this.#accept(webSocket, open(peerOf(webSocket), this.#lifeMs));
    });
  }

  #accept(socket: WebSocket, session: Session): void {
    this.#sessions.set(session, socket);
    socket.on('message', (data: RawData, isBinary: boolean) => {
      session.onMessage(isBinary ? undefined : textOf(data));
    });
    socket.on('ping', (payload) => session.onPing(payload));
    socket.on('pong', (payload) => session.onPong(payload));
    // A broken frame of the client's: `ws` closes the connection itself, and `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sessions.delete(session);
      session.onClosed();
    });
  }

  #countConnection(address: string): boolean {
    const now = this.#options.clock.monotonicMs();
    const recent = (this.#connectedMs.get(address) ?? []).filter(
      (time) => time > now - CONNECTION_WINDOW_MS,
    );
    const isAllowed = recent.length < this.#options.limits.connectionsPerFiveMinutes;
    if (isAllowed) recent.push(now);
    this.#connectedMs.set(address, recent);
    return isAllowed;
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
    // The client went away in the middle: there is nobody to answer.
    request.on('error', () => response.destroy());
  }

  /** A failure in here is a bug and ends the process as an unhandled rejection. */
  async #reply(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const answer = await this.#answer(request, body);
    if (answer.delayMs > 0) this.#later(answer.delayMs, () => send(response, answer));
    else send(response, answer);
  }

  #answer(request: IncomingMessage, body: string): RestResponse | Promise<RestResponse> {
    const url = request.url ?? '/';
    if (!isUrl(url)) return { status: 400, headers: {}, body: '', delayMs: 0 };
    const control = this.#options.control(request.method ?? 'GET', url, body);
    if (control) return control;
    this.#requests++;
    return this.#options.rest({ url, address: addressOf(request), headers: request.headers });
  }
}

/** A request line may hold what is no URL at all, `//` for one. */
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
    freeze: () => socket.pause(),
    bufferedBytes: () => socket.bufferedAmount,
  };
}

function send(response: ServerResponse, answer: RestResponse): void {
  if (response.destroyed) return;
  const length = { 'content-length': String(Buffer.byteLength(answer.body)) };
  response.writeHead(answer.status, { ...answer.headers, ...length }).end(answer.body);
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown';
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A server that never listened says so as an error: closed is what was wanted.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * The common part of fake exchanges: WebSocket and REST on one loopback port, and connections that a
 * test can cut, silence and inspect.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

export class FakeServerConnection {
  readonly socket: WebSocket;
  readonly url: string;
  /** false: control messages and pings go unanswered. */
  isAnswering = true;
  closeCode: number | null = null;
  readonly #raw: Socket;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.url = request.url ?? '';
    this.#raw = request.socket;
    socket.on('close', (code) => (this.closeCode = code));
    socket.on('error', () => undefined);
  }

  get isOpen(): boolean {
    return this.closeCode === null;
  }

  /** Sends the text unchanged. */
  raw(text: string | Buffer): void {
    this.socket.send(text);
  }

  /** Sends the header of a message of `bytes`, and none of its payload. */
  announce(bytes: number): void {
    const head = Buffer.alloc(10);
    head[0] = 0x81;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(bytes), 2);
    this.#raw.write(head);
  }

  /** Drops TCP without a close frame: the client sees 1006. */
  cut(): void {
    this.#raw.destroy();
  }
}

export async function listen(): Promise<Server> {
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return http;
}

export abstract class FakeServer<Connection extends FakeServerConnection> {
  readonly connections: Connection[] = [];
  protected readonly http: Server;
  protected readonly sockets = new WebSocketServer({ noServer: true, autoPong: false });

  /** @param isAccepting called for each upgrade; false rejects it with 503. */
  protected constructor(http: Server, isAccepting: () => boolean = () => true) {
    this.http = http;
    http.on('upgrade', (request, socket, head) => {
      if (!isAccepting()) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      this.sockets.handleUpgrade(request, socket, head, (client) =>
        this.connections.push(this.connected(client, request)),
      );
    });
  }

  protected abstract connected(client: WebSocket, request: IncomingMessage): Connection;

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get restUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get open(): Connection[] {
    return this.connections.filter((connection) => connection.isOpen);
  }

  /** The newest open connection. */
  get latest(): Connection {
    const latest = this.open.at(-1);
    if (!latest) throw new Error('the fake exchange has no open connection');
    return latest;
  }

  async close(): Promise<void> {
    for (const client of this.sockets.clients) client.terminate();
    this.sockets.close();
    this.http.closeAllConnections();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
  }

  get #port(): number {
    return (this.http.address() as AddressInfo).port;
  }
}

export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

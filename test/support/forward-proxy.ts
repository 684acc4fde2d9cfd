/** An HTTP proxy on loopback that tunnels wherever it is asked to; every host name is 127.0.0.1 to it. */

import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export class ForwardProxy {
  /** `host:port` of each tunnel. */
  readonly targets: string[] = [];
  /** The credentials of each request. */
  readonly credentials: string[] = [];
  /** What becomes of a request: a tunnel, this status, or no answer at all. */
  answer: 'tunnel' | 'silence' | number = 'tunnel';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((_request, response) => response.writeHead(405).end());
    this.#server.on('connection', (socket) => this.#keep(socket));
    this.#server.on('connect', ({ url = '', headers }, client: Socket) => {
      this.targets.push(url);
      const [, encoded = ''] = headers['proxy-authorization']?.split(' ') ?? [];
      this.credentials.push(Buffer.from(encoded, 'base64').toString());
      if (this.answer === 'tunnel') this.#tunnel(Number(url.split(':').at(-1)), client);
      else if (this.answer === 'silence') client.resume().on('end', () => client.destroy());
      else client.end(`HTTP/1.1 ${this.answer} No\r\n\r\n`);
    });
  }

  static async start(): Promise<ForwardProxy> {
    const proxy = new ForwardProxy();
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections to it that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  #tunnel(port: number, client: Socket): void {
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client);
      client.pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  }
}

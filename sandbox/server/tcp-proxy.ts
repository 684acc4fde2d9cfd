/** A TCP proxy in front of a server that simulates network failures. */

import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export type ProxyMode =
  /** Forwards both ways. */
  | 'pass'
  /** Cuts every connection, open and new. */
  | 'cut'
  /** Connections stay open, but nothing is forwarded: requests are never answered. */
  | 'hang'
  /** Forwards requests, and cuts the connection when the response comes. */
  | 'swallow';

export interface TcpProxy {
  readonly port: number;
  mode: ProxyMode;
  /** Delay of every response while passing. */
  delayMs: number;
  /** Bytes forwarded since the start. */
  readonly bytes: { readonly up: number; readonly down: number };
  close(): Promise<void>;
}

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const bytes = { up: 0, down: 0 };
  let mode: ProxyMode = 'pass';
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    if (mode === 'cut') {
      client.destroy();
      return;
    }
    const upstream = connect(target);
    keep(upstream);
    const held: Buffer[] = [];
    let heldUntilMs = 0;
    client.on('data', (data) => {
      if (mode === 'hang') return;
      bytes.up += data.length;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (mode === 'hang') return;
      if (mode === 'swallow') {
        client.destroy();
        upstream.destroy();
        return;
      }
      bytes.down += data.length;
      // Later data must not overtake delayed data, even after the delay was changed.
      if (proxy.delayMs === 0 && held.length === 0) {
        client.write(data);
        return;
      }
      held.push(data);
      const next = (): void => void client.write(held.shift() ?? '');
      setTimeout(next, Math.max(proxy.delayMs, heldUntilMs - performance.now()));
      heldUntilMs = Math.max(heldUntilMs, performance.now() + proxy.delayMs);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    delayMs: 0,
    bytes,
    get mode() {
      return mode;
    },
    set mode(next) {
      // Connections that hung have lost bytes and cannot continue.
      const isBroken = next === 'cut' || mode === 'hang';
      mode = next;
      if (isBroken) for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

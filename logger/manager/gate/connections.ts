/**
 * Open connections, and which one is dropped when there are too many: the oldest that has not
 * authenticated yet. Holding connections open without a key therefore never locks out a client that
 * has one.
 */

import type { Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  isAuthenticated: boolean;
}

export class Connections {
  /** By the peer's address and port, oldest first. */
  readonly #open = new Map<string, Connection>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns the connection that was dropped to make room, perhaps this very one. */
  admit(socket: Socket): Socket | undefined {
    const dropped =
      this.#open.size < this.#max ? undefined : (this.#takeUnauthenticated() ?? socket);
    dropped?.destroy();
    if (dropped !== socket) this.#add(socket);
    return dropped;
  }

  /** @param peer address, colon, port: as gRPC names it. */
  markAuthenticated(peer: string): void {
    const connection = this.#open.get(peer);
    if (connection) connection.isAuthenticated = true;
  }

  destroyAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #takeUnauthenticated(): Socket | undefined {
    for (const [peer, { socket, isAuthenticated }] of this.#open) {
      if (isAuthenticated) continue;
      // Not on its `close`, which comes later: until then its place would count as taken.
      this.#open.delete(peer);
      return socket;
    }
    return undefined;
  }

  #add(socket: Socket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    const connection = { socket, isAuthenticated: false };
    this.#open.set(peer, connection);
    socket.on('close', () => {
      if (this.#open.get(peer) === connection) this.#open.delete(peer);
    });
  }
}

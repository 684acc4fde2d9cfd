/**
 * Open connections, and which one is dropped when there are too many: the oldest that has not
 * authenticated yet. Holding connections open without a key therefore never locks out a client that
 * has one.
 */

import type { Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  /** Its TLS handshake, if it needs one, is done. */
  isEstablished: boolean;
  isAuthenticated: boolean;
}

export class Connections {
  /** By the peer's address and port, oldest first. */
  readonly #open = new Map<string, Connection>();
  readonly #max: number;
  #onEmpty: (() => void) | undefined;

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

  markEstablished(peer: string): void {
    const connection = this.#open.get(peer);
    if (connection) connection.isEstablished = true;
  }

  /** Drops those that are still in their TLS handshake: they have no calls. */
  destroyUnestablished(): void {
    for (const { socket, isEstablished } of this.#open.values()) {
      if (!isEstablished) socket.destroy();
    }
  }

  /** Resolves when none is open. To be called once, and after the last `admit`. */
  async emptied(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
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
    const peer = peerOf(socket);
    const connection = { socket, isEstablished: false, isAuthenticated: false };
    this.#open.set(peer, connection);
    socket.on('close', () => {
      if (this.#open.get(peer) === connection) this.#open.delete(peer);
      if (this.#open.size === 0) this.#onEmpty?.();
    });
  }
}

/** Address, colon, port: as gRPC names a peer. */
export function peerOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

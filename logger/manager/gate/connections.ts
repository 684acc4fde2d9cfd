/**
 * Which connections are open, and which one goes when there are too many. A connection that has
 * shown a right key stays; one that has not is a stranger, and the stranger that came first makes
 * room for who comes next. So nobody keeps a right key out by holding connections open.
 */

import type { Socket } from 'node:net';

export class Connections {
  /** By the peer's address and port, in the order in which they came. */
  readonly #open = new Map<string, { readonly socket: Socket; isStranger: boolean }>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns the connection that had to go, perhaps this very one; undefined: there was room. */
  admit(socket: Socket): Socket | undefined {
    const dropped = this.#open.size < this.#max ? undefined : (this.#firstStranger() ?? socket);
    dropped?.destroy();
    if (dropped !== socket) this.#add(socket);
    return dropped;
  }

  /** `peer` as gRPC calls it: address, colon, port. */
  trust(peer: string): void {
    const connection = this.#open.get(peer);
    if (connection) connection.isStranger = false;
  }

  destroyAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #firstStranger(): Socket | undefined {
    for (const [peer, { socket, isStranger }] of this.#open) {
      if (!isStranger) continue;
      // Not at its close, which comes later: until then its place would count as taken.
      this.#open.delete(peer);
      return socket;
    }
    return undefined;
  }

  #add(socket: Socket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    const connection = { socket, isStranger: true };
    this.#open.set(peer, connection);
    socket.on('close', () => {
      if (this.#open.get(peer) === connection) this.#open.delete(peer);
    });
  }
}

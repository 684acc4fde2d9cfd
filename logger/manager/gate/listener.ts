/**
 * The TCP side of the manager port. The sockets are ours and are handed to TLS and the gRPC server
 * one by one: that way their number is capped, a port in use is one error of our own and not a line
 * that grpc-js prints, and closing can end connections that would not end by themselves.
 */

import { type Socket, createServer } from 'node:net';
import { ConflictError, describeError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { TlsMaterial } from './access.ts';
import { Connections } from './connections.ts';
import { sparseWarning } from './sparse-warning.ts';
import { tlsStage } from './tls-stage.ts';

export interface Listener {
  readonly port: number;
  /** The connection of this peer has shown a right key: it makes room for nobody. */
  trust(peer: string): void;
  /** New connections get these certificates; those that are open go on with what they have. */
  renew(tls: TlsMaterial): void;
  /** Takes no more connections; those that are open stay. */
  stop(): void;
  /** Ends the connections that are still open. */
  destroy(): void;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** null: in the clear. */
  readonly tls: TlsMaterial | null;
  readonly maxConnections: number;
  readonly tlsHandshakeMs: number;
  readonly onConnection: (socket: Socket) => void;
  readonly clock: Clock;
  readonly log: Log;
}

function explain(error: Error, host: string, port: number): string {
  const place = `${host}:${port}`;
  const code = 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `Manager port ${place} is in use; stop what listens there, or set MANAGER_PORT to another`;
    case 'EACCES':
      return `Manager port ${place} may not be opened by this user; set MANAGER_PORT to one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is not an address of this machine; set MANAGER_HOST to one that is`;
    default:
      return `Manager port ${place} can't be opened: ${describeError(error)}`;
  }
}

/** What gets a connection in: it is counted before anything is read, for a handshake costs too. */
function entrance(
  options: ListenerOptions,
  connections: Connections,
  next: (socket: Socket) => void,
): (socket: Socket) => void {
  const warn = sparseWarning(options, 'Manager connections beyond the limit are dropped');
  return (socket) => {
    // HTTP/2 handles errors of a socket once it has it; this one is for the moments around that.
    socket.on('error', (error) => {
      options.log.debug('A manager connection broke', { error: describeError(error) });
    });
    const dropped = connections.admit(socket);
    if (dropped) warn({ limit: options.maxConnections });
    if (dropped !== socket) next(socket);
  };
}

/** @throws ConflictError, one line, when the port can't be had. */
export function listen(options: ListenerOptions): Promise<Listener> {
  const { host, port, log, onConnection } = options;
  const connections = new Connections(options.maxConnections);
  const tls =
    options.tls && tlsStage(options.tls, { ...options, handshakeMs: options.tlsHandshakeMs });
  const enter = entrance(options, connections, tls ? (socket) => tls.take(socket) : onConnection);
  const tcp = createServer({ noDelay: true }, enter);
  return new Promise((resolve, reject) => {
    tcp.once('error', (error) => {
      reject(new ConflictError(explain(error, host, port), { cause: error }));
    });
    tcp.listen({ host, port, exclusive: true }, () => {
      tcp.on('error', (error) => {
        log.error('The manager port failed', { error: describeError(error) });
      });
      const address = tcp.address();
      resolve({
        port: address !== null && typeof address === 'object' ? address.port : port,
        trust: (peer) => connections.trust(peer),
        renew: (next) => tls?.renew(next),
        stop: () => tcp.close(),
        destroy: () => connections.destroyAll(),
      });
    });
  });
}

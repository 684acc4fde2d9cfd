/**
 * The TCP side of the manager port. It accepts sockets itself and hands them to TLS and the gRPC server
 * one by one. So their number is capped, a port in use is one error instead of a line that grpc-js
 * prints, and closing can end connections that would not end by themselves.
 */

import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { describeError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import { listenError } from '../../runtime/listen-error.ts';
import type { Log } from '../../runtime/log.ts';
import type { ManagerTls } from './access.ts';
import { Connections, peerOf } from './connections.ts';
import { rateLimitedWarning } from './rate-limited-warning.ts';
import { tlsStage } from './tls-stage.ts';

export interface Listener {
  readonly port: number;
  /** The connection of this peer has authenticated: it is never dropped to make room. */
  markAuthenticated(peer: string): void;
  /** New connections get these certificates; open ones keep theirs. */
  replaceTls(tls: ManagerTls): void;
  /** Accepts no more connections; established ones stay. */
  stop(): void;
  /** Resolves when the last connection is closed. To be called once, after `stop`. */
  drained(): Promise<void>;
  /** Closes the connections that are still open. */
  destroy(): void;
}

export interface ListenerDeps {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** null: plaintext. */
  readonly tls: ManagerTls | null;
  readonly maxConnections: number;
  readonly tlsHandshakeMs: number;
  readonly onConnection: (socket: Socket) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Counts a connection before anything is read from it: a TLS handshake costs, too. */
function admission(
  options: ListenerDeps,
  connections: Connections,
  next: (socket: Socket) => void,
): (socket: Socket) => void {
  const warn = rateLimitedWarning(options, 'Too many manager connections; dropped one');
  return (socket) => {
    // HTTP/2 handles a socket's errors once it has it; this covers the time before and after.
    socket.on('error', (error) => {
      options.log.debug('A manager connection failed', { error: describeError(error) });
    });
    const dropped = connections.admit(socket);
    if (dropped) warn({ limit: options.maxConnections });
    if (dropped !== socket) next(socket);
  };
}

/** @throws ConflictError, in one line, when the port can't be opened. */
export function listen(options: ListenerDeps): Promise<Listener> {
  const { host, port, log } = options;
  const connections = new Connections(options.maxConnections);
  const onConnection = (socket: Socket): void => {
    connections.markEstablished(peerOf(socket));
    options.onConnection(socket);
  };
  const handshakeMs = options.tlsHandshakeMs;
  const tls = options.tls && tlsStage(options.tls, { ...options, handshakeMs, onConnection });
  const admit = admission(options, connections, tls ? (socket) => tls.take(socket) : onConnection);
  const tcp = createServer({ noDelay: true }, admit);
  return new Promise((resolve, reject) => {
    tcp.once('error', (error) => {
      reject(listenError('Manager', { host, port }, error));
    });
    tcp.listen({ host, port, exclusive: true }, () => {
      tcp.on('error', (error) => {
        log.error('The manager port failed', { error: describeError(error) });
      });
      const address = tcp.address();
      resolve({
        port: address !== null && typeof address === 'object' ? address.port : port,
        markAuthenticated: (peer) => connections.markAuthenticated(peer),
        replaceTls: (next) => tls?.replace(next),
        stop: () => {
          tcp.close();
          connections.destroyUnestablished();
        },
        drained: () => connections.emptied(),
        destroy: () => connections.destroyAll(),
      });
    });
  });
}

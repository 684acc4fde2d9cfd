/**
 * The TCP side of the manager port. The sockets are ours and are handed to the gRPC server one by
 * one: that way their number is capped, a port in use is one error of our own and not a line that
 * grpc-js prints, and closing can end connections that would not end by themselves.
 */

import { type Server as TcpServer, type Socket, createServer } from 'node:net';
import { ConflictError, describeError } from '../errors.ts';
import type { Clock } from '../service/clock.ts';
import type { Log } from '../service/log.ts';

export interface Listener {
  readonly port: number;
  /** Takes no more connections; those that are open stay. */
  stop(): void;
  /** Ends the connections that are still open. */
  destroy(): void;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly maxConnections: number;
  readonly onConnection: (socket: Socket) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Connections beyond the limit are told of at most so often. */
const DROP_REPORT_EVERY_MS = 60_000;

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

function countDrops(tcp: TcpServer, options: ListenerOptions): void {
  let dropped = 0;
  tcp.on('drop', () => {
    dropped++;
    if (dropped > 1) return;
    options.log.warning('Manager connections beyond the limit are refused', {
      limit: options.maxConnections,
    });
    options.clock.schedule(DROP_REPORT_EVERY_MS, () => {
      if (dropped > 1) options.log.warning('Refused manager connections', { refused: dropped });
      dropped = 0;
    });
  });
}

/** @throws ConflictError, one line, when the port can't be had. */
export function listen(options: ListenerOptions): Promise<Listener> {
  const { host, port, log } = options;
  const sockets = new Set<Socket>();
  const tcp = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // HTTP/2 handles errors of a socket once it has it; this one is for the moments around that.
    socket.on('error', (error) => {
      log.debug('A manager connection broke', { error: describeError(error) });
    });
    options.onConnection(socket);
  });
  tcp.maxConnections = options.maxConnections;
  countDrops(tcp, options);
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
        stop: () => tcp.close(),
        destroy: () => {
          for (const socket of sockets) socket.destroy();
        },
      });
    });
  });
}

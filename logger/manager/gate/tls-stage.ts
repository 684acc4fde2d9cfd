/**
 * TLS between an accepted connection and the gRPC server. grpc-js's own credentials can neither replace
 * certificates while the server runs nor limit the time of a handshake.
 */

import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { describeError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { ManagerTls } from './access.ts';
import { rateLimitedWarning } from './rate-limited-warning.ts';

export interface TlsStage {
  /** Takes a connection and passes it to `onConnection` once its handshake has succeeded. */
  take(socket: Socket): void;
  /** New handshakes use these certificates; open connections keep theirs. */
  replace(tls: ManagerTls): void;
}

export interface TlsStageDeps {
  readonly handshakeMs: number;
  readonly onConnection: (socket: Socket) => void;
  readonly clock: Clock;
  readonly log: Log;
}

function contextOf({ cert, key, clientCa }: ManagerTls): SecureContextOptions {
  return { cert, key, ...(clientCa && { ca: clientCa }) };
}

/** If a certificate was rejected, that is the reason; the broken connection only follows from it. */
function reasonOf(error: Error, socket: TLSSocket): string {
  if (socket.authorizationError) return String(socket.authorizationError);
  // The part of the message that OpenSSL wrote.
  return 'reason' in error ? String(error.reason) : describeError(error);
}

export function tlsStage(tls: ManagerTls, options: TlsStageDeps): TlsStage {
  const isMutual = tls.clientCa !== null;
  const server = createServer({
    ...contextOf(tls),
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.2',
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
    handshakeTimeout: options.handshakeMs,
  });
  const warn = rateLimitedWarning(options, 'A manager connection failed its TLS handshake');
  server.on('secureConnection', (socket) => options.onConnection(socket));
  server.on('tlsClientError', (error, socket: TLSSocket) => {
    warn({ peer: socket.remoteAddress, reason: reasonOf(error, socket) });
    socket.destroy();
  });
  return {
    take: (socket) => void server.emit('connection', socket),
    replace: (next) => server.setSecureContext(contextOf(next)),
  };
}

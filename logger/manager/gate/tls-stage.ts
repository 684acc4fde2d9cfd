/**
 * TLS between an accepted connection and the gRPC server. Not grpc-js's own credentials: those
 * neither let certificates be replaced nor end a handshake that never comes.
 */

import type { Socket } from 'node:net';
import { type SecureContextOptions, type TLSSocket, createServer } from 'node:tls';
import { describeError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { TlsMaterial } from './access.ts';
import { sparseWarning } from './sparse-warning.ts';

export interface TlsStage {
  /** Takes a connection; `onConnection` gets it when its handshake has succeeded. */
  take(socket: Socket): void;
  /** Handshakes from now on use these; connections that are open go on with what they have. */
  renew(tls: TlsMaterial): void;
}

export interface TlsStageOptions {
  readonly handshakeMs: number;
  readonly onConnection: (socket: Socket) => void;
  readonly clock: Clock;
  readonly log: Log;
}

function contextOf({ cert, key, clientCa }: TlsMaterial): SecureContextOptions {
  return { cert, key, ...(clientCa && { ca: clientCa }) };
}

/** Where a certificate was refused, that is the reason and the broken connection its consequence. */
function reasonOf(error: Error, socket: TLSSocket): string {
  if (socket.authorizationError) return String(socket.authorizationError);
  // OpenSSL's own words are the last of many in the message.
  return 'reason' in error ? String(error.reason) : describeError(error);
}

export function tlsStage(tls: TlsMaterial, options: TlsStageOptions): TlsStage {
  const isMutual = tls.clientCa !== null;
  const server = createServer({
    ...contextOf(tls),
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.2',
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
    handshakeTimeout: options.handshakeMs,
  });
  const warn = sparseWarning(options, 'A manager connection failed its TLS handshake');
  server.on('secureConnection', (socket) => options.onConnection(socket));
  server.on('tlsClientError', (error, socket: TLSSocket) => {
    warn({ peer: socket.remoteAddress, reason: reasonOf(error, socket) });
    socket.destroy();
  });
  return {
    take: (socket) => void server.emit('connection', socket),
    renew: (next) => server.setSecureContext(contextOf(next)),
  };
}

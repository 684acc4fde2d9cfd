/**
 * Authenticates every call in a server interceptor, as soon as its metadata is in: a handler would run
 * only after the body has been read and parsed. The caller does not learn what was wrong with its key,
 * and no key, right or wrong, appears in a log line or a response.
 */

import { ServerInterceptingCall, status } from '@grpc/grpc-js';
import type { Metadata, ServerInterceptor } from '@grpc/grpc-js';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { KeyRing } from './key-ring.ts';
import type { FailureThrottle } from './throttle.ts';

const HEADER = 'authorization';
const SCHEME = 'Bearer ';
const REJECTION = {
  code: status.UNAUTHENTICATED,
  details: 'The manager key is missing or wrong',
} as const;

/** True for exactly one `authorization: Bearer <key>` with an accepted key. */
export function isAuthorized(metadata: Metadata, keys: KeyRing): boolean {
  const values = metadata.get(HEADER);
  const [value] = values;
  if (values.length !== 1 || typeof value !== 'string' || !value.startsWith(SCHEME)) return false;
  return keys.has(value.slice(SCHEME.length));
}

/** The address of a peer without its port: `127.0.0.1:4711` → `127.0.0.1`. */
export function peerAddress(peer: string): string {
  const colon = peer.lastIndexOf(':');
  return colon < 0 ? peer : peer.slice(0, colon);
}

export interface AuthenticatorDeps {
  readonly keys: KeyRing;
  /** Paths of the calls that need no key. If they bring one, it is not looked at. */
  readonly openPaths: ReadonlySet<string>;
  /** Called for a connection that has sent an accepted key. */
  readonly onAuthenticated: (peer: string) => void;
  readonly throttle: FailureThrottle;
  readonly clock: Clock;
  readonly maxHeaderBytes: number;
}

/** Longer than any key could be. */
function isTooLong(metadata: Metadata, maxBytes: number): boolean {
  let bytes = 0;
  for (const name of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(name)) bytes += name.length + value.length;
  }
  return bytes > maxBytes;
}

/** Lets authorized calls pass and ends all others with UNAUTHENTICATED, after the throttle's delay. */
export function authenticator(options: AuthenticatorDeps): ServerInterceptor {
  return (method, call) => {
    const isOpen = options.openPaths.has(method.path);
    let rejection: Timer | undefined;
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, proceed) {
            const isLong = isTooLong(metadata, options.maxHeaderBytes);
            const isAccepted = !isOpen && !isLong && isAuthorized(metadata, options.keys);
            if (isAccepted) options.onAuthenticated(call.getPeer());
            if (isAccepted || (isOpen && !isLong)) {
              metadata.remove(HEADER);
              proceed(metadata);
              return;
            }
            const delayMs = options.throttle.failed(peerAddress(call.getPeer()));
            // Answered at once if too long: the key was not looked at, so nothing can be learned.
            if (delayMs === 0 || isLong) call.sendStatus(REJECTION);
            else rejection = options.clock.schedule(delayMs, () => call.sendStatus(REJECTION));
          },
          onCancel() {
            rejection?.cancel();
          },
        });
      },
    });
  };
}

/**
 * Authentication of every call in a server interceptor, as soon as the metadata is in: a handler
 * would be reached only after the body was read and parsed. What was wrong with a key is told to
 * nobody, and no key, right or wrong, gets into a log line or an answer.
 */

import {
  type Metadata,
  type ServerInterceptor,
  ServerInterceptingCall,
  status,
} from '@grpc/grpc-js';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { KeyRing } from './key-ring.ts';
import type { FailureThrottle } from './throttle.ts';

const HEADER = 'authorization';
const SCHEME = 'Bearer ';
const REFUSAL = {
  code: status.UNAUTHENTICATED,
  details: 'The manager key is missing or wrong',
} as const;

/** True for exactly one `authorization: Bearer <key>`. */
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

export interface AuthenticatorOptions {
  readonly keys: KeyRing;
  /** Paths of the calls that need no key. Whatever key they bring is not looked at. */
  readonly openPaths: ReadonlySet<string>;
  /** This connection has shown a right key. */
  readonly onRightKey: (peer: string) => void;
  readonly throttle: FailureThrottle;
  readonly clock: Clock;
  readonly maxHeaderBytes: number;
}

/** No key is that long. */
function isTooLong(metadata: Metadata, maxBytes: number): boolean {
  let bytes = 0;
  for (const name of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(name)) bytes += name.length + value.length;
  }
  return bytes > maxBytes;
}

/** Lets calls with the right key pass and ends all others with UNAUTHENTICATED, slowly. */
export function authenticator(options: AuthenticatorOptions): ServerInterceptor {
  return (method, call) => {
    const isOpen = options.openPaths.has(method.path);
    let refusal: Timer | undefined;
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, proceed) {
            const isLong = isTooLong(metadata, options.maxHeaderBytes);
            const isRight = !isOpen && !isLong && isAuthorized(metadata, options.keys);
            if (isRight) options.onRightKey(call.getPeer());
            if (isRight || (isOpen && !isLong)) {
              metadata.remove(HEADER);
              proceed(metadata);
              return;
            }
            const delayMs = options.throttle.failed(peerAddress(call.getPeer()));
            // Nothing can be learned from this about a key that was not looked at.
            if (delayMs === 0 || isLong) call.sendStatus(REFUSAL);
            else refusal = options.clock.schedule(delayMs, () => call.sendStatus(REFUSAL));
          },
          onCancel() {
            refusal?.cancel();
          },
        });
      },
    });
  };
}

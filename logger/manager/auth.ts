/**
 * Authentication of every call in a server interceptor, as soon as the metadata is in: a handler
 * would be reached only after the body was read and parsed. What was wrong with a key is told to
 * nobody, and no key, right or wrong, gets into a log line or an answer.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type Metadata,
  type ServerInterceptor,
  ServerInterceptingCall,
  status,
} from '@grpc/grpc-js';
import type { Clock, Timer } from '../service/clock.ts';
import type { FailureThrottle } from './throttle.ts';

const SCHEME = 'Bearer ';
const REFUSAL = {
  code: status.UNAUTHENTICATED,
  details: 'The manager key is missing or wrong',
} as const;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** True for exactly one `authorization: Bearer <key>`; takes the same time for every wrong key. */
export function isAuthorized(metadata: Metadata, keyDigest: Buffer): boolean {
  const values = metadata.get('authorization');
  const [value] = values;
  if (values.length !== 1 || typeof value !== 'string' || !value.startsWith(SCHEME)) return false;
  return timingSafeEqual(digest(value.slice(SCHEME.length)), keyDigest);
}

/** The address of a peer without its port: `127.0.0.1:4711` → `127.0.0.1`. */
export function peerAddress(peer: string): string {
  const colon = peer.lastIndexOf(':');
  return colon < 0 ? peer : peer.slice(0, colon);
}

/** Lets calls with the right key pass and ends all others with UNAUTHENTICATED, slowly. */
export function authenticator(options: {
  /** Asked with every call: it may be another one by then. */
  readonly authkey: () => string;
  readonly throttle: FailureThrottle;
  readonly clock: Clock;
}): ServerInterceptor {
  return (_method, call) => {
    let refusal: Timer | undefined;
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, proceed) {
            if (isAuthorized(metadata, digest(options.authkey()))) {
              metadata.remove('authorization');
              proceed(metadata);
              return;
            }
            const delayMs = options.throttle.failed(peerAddress(call.getPeer()));
            if (delayMs === 0) call.sendStatus(REFUSAL);
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

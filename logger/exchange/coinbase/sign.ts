/**
 * Signatures of Coinbase Exchange: HMAC-SHA256 over timestamp, method, path (with its query) and
 * body, keyed with the base64-decoded secret, in base64. The timestamp is in seconds and must be
 * within 30 s of the server's clock.
 *
 * Source: https://docs.cdp.coinbase.com/exchange/docs/rest-auth and …/websocket-auth (gathered
 * 2026-11-20; that the query belongs to the path is common practice, the page only says "path").
 */

import { createHmac } from 'node:crypto';

export interface Credentials {
  readonly key: string;
  /** Base64. */
  readonly secret: string;
  readonly passphrase: string;
}

/** The path that a subscription is signed for. */
const SUBSCRIBE_PATH = '/users/self/verify';

export function signature(secret: string, timestamp: string, path: string): string {
  return createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(`${timestamp}GET${path}`)
    .digest('base64');
}

/** Fields of a signed `subscribe` message. */
export function signedFields(credentials: Credentials, nowUs: number): Record<string, string> {
  const { key, secret, passphrase } = credentials;
  const timestamp = secondsOf(nowUs);
  return { key, passphrase, timestamp, signature: signature(secret, timestamp, SUBSCRIBE_PATH) };
}

/** Headers of a signed GET. */
export function signedHeaders(
  credentials: Credentials,
  nowUs: number,
  path: string,
): Record<string, string> {
  const { key, secret, passphrase } = credentials;
  const timestamp = secondsOf(nowUs);
  return {
    'cb-access-key': key,
    'cb-access-sign': signature(secret, timestamp, path),
    'cb-access-timestamp': timestamp,
    'cb-access-passphrase': passphrase,
  };
}

/** The text that is signed must be the one that is sent. */
function secondsOf(us: number): string {
  return String(Math.floor(us / 1_000_000));
}

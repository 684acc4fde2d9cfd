/** The sandbox's API key and the check of signatures. The key is public: it opens nothing else. */

import { createHmac } from 'node:crypto';

export const SANDBOX_KEY = {
  key: 'sandbox-key',
  secret: Buffer.from('the sandbox exchange knows this one secret').toString('base64'),
  passphrase: 'sandbox-passphrase',
} as const;

/** Largest distance of a timestamp from the exchange's clock. */
const MAX_SKEW_SECONDS = 30;

/** A client's signature; the fields as they came, unvalidated. */
export interface Signature {
  readonly key: unknown;
  readonly passphrase: unknown;
  readonly timestamp: unknown;
  readonly signature: unknown;
}

/** @returns the exchange's error text for a bad signature; null for a good one. */
export function signatureError(given: Signature, path: string, nowUs: number): string | null {
  const { key, passphrase, timestamp, signature } = given;
  if (key === undefined || signature === undefined) {
    return 'level2, level3 and full channels now require authentication. https://docs.cdp.coinbase.com/exchange/docs/websocket-auth';
  }
  if (key !== SANDBOX_KEY.key) return 'Invalid API Key';
  if (passphrase !== SANDBOX_KEY.passphrase) return 'Invalid Passphrase';
  const seconds = Number(timestamp);
  if (!(Math.abs(seconds - nowUs / 1_000_000) <= MAX_SKEW_SECONDS)) return 'Timestamp expired';
  const expected = createHmac('sha256', Buffer.from(SANDBOX_KEY.secret, 'base64'))
    .update(`${String(timestamp)}GET${path}`)
    .digest('base64');
  return signature === expected ? null : 'Invalid signature';
}

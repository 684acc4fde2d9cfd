/**
 * How Bitfinex rejects REST requests: `["error",10020,"symbol: invalid"]`, with status 4xx or 5xx; 429 with
 * `ERR_RATE_LIMIT` blocks the address for a minute.
 *
 * Source: https://docs.bitfinex.com/docs/requirements-and-limitations and abbreviations-glossary (gathered
 * 2026-11-20).
 */

import type { Reason } from '../rest/rest-client.ts';
import type { Fields } from '../wire/fields.ts';

export const BAN_STATUSES: readonly number[] = [429];
export const BAN_MS = 60_000;

/** @param rejection a list, by index. */
export function reasonOf({ 1: code, 2: words }: Fields): Reason {
  return {
    code: typeof code === 'number' ? code : null,
    reason: typeof words === 'string' && words !== '' ? words : null,
  };
}

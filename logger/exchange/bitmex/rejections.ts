/**
 * How BitMEX rejects REST requests: `{"error":{"message":"…","name":"HTTPError"}}`.
 *
 * Source: https://www.bitmex.com/app/restAPI (gathered 2026-11-20).
 */

import type { Reason, Rejection } from '../rest/rest-client.ts';
import type { Fields } from '../wire/fields.ts';

export function reasonOf({ error }: Fields): Reason {
  const { message } = Object(error) as Fields;
  return { code: null, reason: typeof message === 'string' ? message : null };
}

/** The stream says it in the same words. */
export function isUnlisted({ reason }: Rejection): boolean {
  return /unknown or expired symbol/i.test(reason ?? '');
}

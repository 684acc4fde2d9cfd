/**
 * What Bybit's rejections say: status 200 and `{"retCode":10001,"retMsg":"…","result":{}}`.
 *
 * Source: https://bybit-exchange.github.io/docs/v5/error and rate-limit (gathered 2026-11-20).
 */

import type { Reason, Rejection } from '../rest/rest-client.ts';
import type { Fields } from '../wire/fields.ts';

/** A parameter is wrong. */
const PARAMETER_ERROR = 10_001;
/** "Too many visits": the limit of one endpoint. */
export const SLOW_DOWN_CODES: readonly number[] = [10_006, 10_018];
/** "403, access too frequent": the address is banned, for 10 minutes. */
export const BAN_STATUSES: readonly number[] = [403];
export const BAN_MS = 600_000;

export function isRejection({ retCode }: Fields): boolean {
  return retCode !== 0;
}

export function reasonOf({ retCode, retMsg }: Fields): Reason {
  return {
    code: typeof retCode === 'number' ? retCode : null,
    reason: typeof retMsg === 'string' && retMsg !== '' ? retMsg : null,
  };
}

/** Its words differ by endpoint: "Not supported symbols", "params error: symbol invalid" (not documented). */
export function isUnlisted({ code, reason }: Rejection): boolean {
  return code === PARAMETER_ERROR && reason !== null && /symbol/i.test(reason);
}

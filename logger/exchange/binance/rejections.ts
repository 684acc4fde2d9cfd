/**
 * What Binance's rejections say: `{"code":-1121,"msg":"Invalid symbol."}`.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/errors and the page on REST limits
 * beside it (gathered 2026-11-20).
 */

import type { Reason, Rejection } from '../rest/rest-client.ts';
import type { Fields } from '../wire/fields.ts';

/** "Invalid symbol." */
const INVALID_SYMBOL = -1121;
/** "Illegal characters found in parameter 'symbol'": no symbol is spelled so. */
const ILLEGAL_CHARACTERS = -1100;
/** "Way too much request weight used; IP banned until 1659146400000." */
const BANNED_UNTIL = /banned until (\d{13})\b/i;

export function reasonOf({ code, msg }: Fields): Reason {
  const reason = typeof msg === 'string' ? msg : null;
  const until = reason === null ? null : BANNED_UNTIL.exec(reason);
  return {
    code: typeof code === 'number' ? code : null,
    reason,
    bannedUntilMs: until ? Number(until[1]) : null,
  };
}

export function isUnlisted({ status, code }: Rejection): boolean {
  return status === 400 && (code === INVALID_SYMBOL || code === ILLEGAL_CHARACTERS);
}

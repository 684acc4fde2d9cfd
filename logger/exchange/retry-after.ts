/** How long an exchange that rejects requests or connections wants to be left alone. Pure. */

import type { UpgradeRejection } from '../runtime/transport.ts';

export const SLOW_DOWN_STATUS = 429;
export const BAN_STATUS = 418;

/** Where the exchange does not say how long: for a "slow down", and the shortest ban. */
const DEFAULT_SLOW_DOWN_MS = 5000;
const DEFAULT_BAN_MS = 120_000;
/** Bans grow to three days; a longer one is garbled. */
const MAX_BLOCK_MS = 4 * 86_400_000;

/**
 * @param retryAfter the header, in seconds.
 * @param banMs how long a ban lasts where nothing says it; default: two minutes.
 * @param untilMs time from now until the moment that the exchange's words name; null: they name none.
 */
export function blockMs(
  retryAfter: string | undefined,
  {
    isBan,
    untilMs,
    banMs = DEFAULT_BAN_MS,
  }: {
    readonly isBan: boolean;
    readonly untilMs: number | null;
    readonly banMs?: number | undefined;
  },
): number {
  const seconds = wholeNumber(retryAfter);
  // A moment that is over already comes from a clock that differs from ours.
  const namedMs = untilMs !== null && untilMs > 0 ? untilMs : null;
  if (seconds === null && namedMs === null) return isBan ? banMs : DEFAULT_SLOW_DOWN_MS;
  return Math.min(Math.max((seconds ?? 0) * 1000, namedMs ?? 0), MAX_BLOCK_MS);
}

/** How long no connection is to be tried after one was rejected; 0: the exchange does not say. */
export function upgradePauseMs({ status, retryAfter }: UpgradeRejection): number {
  const isBan = status === BAN_STATUS;
  const isAsked = isBan || status === SLOW_DOWN_STATUS || wholeNumber(retryAfter) !== null;
  return isAsked ? blockMs(retryAfter, { isBan, untilMs: null }) : 0;
}

export function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}

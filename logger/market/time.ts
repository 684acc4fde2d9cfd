/**
 * Parses and formats times: integer microseconds since 1970 UTC in a `number` (safe until the year
 * 2255).
 */

import { InvalidArgumentError } from '../errors.ts';

/** The clock of a time in a query: our own at arrival, or the exchange's event time. */
export type ClockName = 'receive' | 'exchange';

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?([Zz]|[+-]\d\d:?\d\d)$/;
const COUNTED = /^(\d{1,20})(ms|us|ns|s)$/;

/**
 * Parses a time given by a user: ISO 8601 with a zone and up to nine fractional digits
 * (`2024-08-08T23:54:14.206652067Z`), or an integer with a unit (`1723161254206ms`, `…us`, `…ns`,
 * `…s`). Nanoseconds are truncated to microseconds.
 * @throws InvalidArgumentError naming `field`.
 */
export function parseTimeUs(text: string, field = 'time'): number {
  const us = parseIsoUs(text) ?? parseCountedUs(text);
  if (us === undefined || !Number.isSafeInteger(us)) {
    throw new InvalidArgumentError(
      `${field}: not a time: ${JSON.stringify(text.slice(0, 60))}` +
        ' (use ISO 8601 like 2026-11-20T07:00:04.5Z, or an integer with a unit like 1723161254206ms)',
    );
  }
  return us;
}

/** Microseconds of an ISO 8601 text with a zone; `undefined` for anything else, such as 31 February. */
export function parseIsoUs(text: string): number | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = match;
  const milliseconds = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  // Date.UTC turns 31 February into a day in March, so the result is compared with the text.
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  if (new Date(milliseconds).toISOString().slice(0, 19) !== written) return undefined;
  return milliseconds * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6)) - zoneOffsetUs(zone);
}

function zoneOffsetUs(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000_000;
}

function parseCountedUs(text: string): number | undefined {
  const match = COUNTED.exec(text);
  if (!match?.[1]) return undefined;
  const count = BigInt(match[1]);
  switch (match[2]) {
    case 's':
      return Number(count * 1_000_000n);
    case 'ms':
      return Number(count * 1000n);
    case 'us':
      return Number(count);
    default:
      return Number(count / 1000n);
  }
}

const DURATION = /^(\d{1,12})(us|ms|s|m|h)$/;
const UNIT_US = { us: 1, ms: 1000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 } as const;

/**
 * Parses a duration: an integer with a unit (`250us`, `100ms`, `1s`, `5m`, `24h`).
 * @throws InvalidArgumentError naming `field`.
 */
export function parseDurationUs(text: string, field: string): number {
  const match = DURATION.exec(text);
  const us = Number(match?.[1]) * UNIT_US[match?.[2] as keyof typeof UNIT_US];
  if (Number.isSafeInteger(us)) return us;
  throw new InvalidArgumentError(
    `${field}: not a length of time: ${JSON.stringify(text.slice(0, 60))} (use an integer with a unit like 100ms, 1s or 5m)`,
  );
}

/** Formats as `2026-11-20T07:00:04.031002Z`, without trailing zeros in the fraction. */
export function formatTimeUs(us: number): string {
  const seconds = Math.floor(us / 1_000_000);
  const fraction = String(us - seconds * 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`;
}

/** The beginning of the calendar month (UTC) that lies `months` after that of `us`. */
export function monthStartUs(us: number, months = 0): number {
  const date = new Date(Math.floor(us / 1000));
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months) * 1000;
}

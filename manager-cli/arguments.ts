/**
 * Reads command-line arguments strictly, before any call is made. All functions throw the usage error
 * (exit 2) that names the option.
 */

import { EXCHANGE_NAMES } from '../logger/exchange/exchanges.ts';
import { parseTimeUs } from '../logger/market/time.ts';
import { parseSecurity } from '../logger/market/security.ts';
import type {
  BookQuery,
  ComparedCandlesQuery,
  CoverageQuery,
  ExportQuery,
  SnapshotsQuery,
  FetchCandlesQuery,
} from '../logger/queries/queries.ts';
import {
  validBookQuery,
  validCoverageQuery,
  validExportQuery,
  validInteger,
  validLiveEvery,
  validSnapshotsQuery,
} from '../logger/queries/validate.ts';
import {
  validComparedCandlesQuery,
  validFetchCandlesQuery,
} from '../logger/queries/validate-candles.ts';
import type { UncheckedCandles } from '../logger/queries/validate.ts';
import { cliErrorOf, usageError } from './exit-codes.ts';

/** What the parser made of the options and positional arguments. */
export type Arguments = Readonly<Record<string, unknown>>;

/** An option's text; undefined when it was not given. */
export function text(args: Arguments, name: string): string | undefined {
  const value = args[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value)) throw usageError(`--${name} is given more than once; give it once`);
  if (typeof value !== 'string' || value === '') throw usageError(`--${name} needs a value`);
  return value;
}

export function flag(args: Arguments, name: string): boolean {
  const value = args[name];
  if (Array.isArray(value)) throw usageError(`--${name} is given more than once; give it once`);
  return value === true;
}

/** Options that are times. */
export const TIME_OPTIONS: readonly string[] = ['at', 'from', 'to'];

const RELATIVE = /^-((\d{1,9})(us|ms|s|m|h|d))+$/;
const UNIT_US = {
  us: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
} as const;

/** @throws the usage error, with the forms that only the command line has. */
function checkedTime(value: string, name: string): string {
  try {
    parseTimeUs(value);
    return value;
  } catch {
    throw usageError(
      `--${name}: not a time: ${JSON.stringify(value.slice(0, 60))} (use ISO 8601 with a zone like 2026-11-20T07:00:04.5Z, an integer with a unit like 1723161254206ms, now, or -5m)`,
    );
  }
}

/**
 * An option that is a time: a relative one (`-5m`, `-1h30m`) or `now` by this machine's clock.
 */
export function time(args: Arguments, name: string): string | undefined {
  const value = text(args, name);
  const nowUs = Date.now() * 1000;
  if (value === undefined) return undefined;
  if (value === 'now') return `${nowUs}us`;
  if (!RELATIVE.test(value)) return checkedTime(value, name);
  const parts = value.matchAll(/(\d+)(us|ms|s|m|h|d)/g);
  const agoUs = [...parts].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNIT_US[unit as keyof typeof UNIT_US],
    0,
  );
  if (agoUs <= nowUs) return `${nowUs - agoUs}us`;
  throw usageError(`--${name}: ${value.slice(0, 40)} is before 1970`);
}

/** Rethrows errors of the logger's parsers as usage errors. */
function checked<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw cliErrorOf(error);
  }
}

/** `exchange:symbol` of a known exchange. */
export function checkSecurity(value: unknown): string {
  if (typeof value !== 'string') throw usageError('A security is missing, like binance:BTCUSDT');
  const { id, exchange } = checked(() => parseSecurity(value));
  if (!EXCHANGE_NAMES.includes(exchange)) {
    throw usageError(
      `Unknown exchange ${exchange} in ${value}; use one of ${EXCHANGE_NAMES.join(', ')}`,
    );
  }
  return id;
}

/** The positional securities of a command. */
export function securities(args: Arguments): string[] {
  const value = args['security'];
  const given: readonly unknown[] = Array.isArray(value)
    ? value
    : value === undefined
      ? []
      : [value];
  return given.map(checkSecurity);
}

/** The one positional security of a command. */
export function security(args: Arguments): string {
  return checkSecurity(args['security']);
}

/** A number where the text is one; other text is left for the validator to reject. */
function numeric(args: Arguments, name: string): number | string | undefined {
  const value = text(args, name);
  return value !== undefined && /^\d{1,16}$/.test(value) ? Number(value) : value;
}

/** `--level 2` asks for an L3 book by price. */
function level(args: Arguments): string | undefined {
  const value = text(args, 'level');
  return value === '2' ? 'L2' : value;
}

export function integer(
  args: Arguments,
  name: string,
  limits: { readonly min: number; readonly max: number },
): number | undefined {
  const value = numeric(args, name);
  return value === undefined ? undefined : checked(() => validInteger(value, `--${name}`, limits));
}

export function bookQuery(args: Arguments): BookQuery {
  // A logger has the book of now; an archive's records may end a little, or long, before it.
  const isLive = args['at'] === 'now' && args['archive'] === undefined;
  const given = {
    security: security(args),
    at: isLive && args['sequence'] === undefined ? undefined : time(args, 'at'),
    sequence: text(args, 'sequence'),
    clock: text(args, 'clock'),
    depth: numeric(args, 'depth'),
    level: level(args),
  };
  return checked(() => validBookQuery(given, '--'));
}

export function coverageQuery(args: Arguments): CoverageQuery {
  const given = { security: security(args), from: time(args, 'from'), to: time(args, 'to') };
  return checked(() => validCoverageQuery(given, '--'));
}

function candlesRange(args: Arguments): UncheckedCandles {
  return {
    security: security(args),
    from: time(args, 'from'),
    to: time(args, 'to'),
    timeframe: text(args, 'timeframe'),
  };
}

export function candlesQuery(args: Arguments): ComparedCandlesQuery {
  const given = { ...candlesRange(args), source: text(args, 'source'), check: flag(args, 'check') };
  return checked(() => validComparedCandlesQuery(given, '--'));
}

export function fetchCandlesQuery(args: Arguments): FetchCandlesQuery {
  return checked(() => validFetchCandlesQuery(candlesRange(args), '--'));
}

/** Of `--snapshots`, whose value is the cadence. */
export function liveSnapshotsQuery(args: Arguments): SnapshotsQuery {
  const every = text(args, 'snapshots');
  const [security, ...others] = securities(args);
  if (security === undefined || others.length > 0) {
    throw usageError('--snapshots follows one security: name one, like binance:BTCUSDT');
  }
  const features = flag(args, 'features') || undefined;
  const given = { security, depth: numeric(args, 'depth'), level: level(args), features };
  const everyUs = checked(() => validLiveEvery(every, '--snapshots'));
  return { ...checked(() => validSnapshotsQuery(given, '--')), everyUs };
}

export function exportQuery(args: Arguments, format: string): ExportQuery {
  const given = {
    security: security(args),
    from: time(args, 'from'),
    to: time(args, 'to'),
    clock: text(args, 'clock'),
    type: text(args, 'type'),
    format,
    every: text(args, 'every'),
    depth: numeric(args, 'depth'),
    level: level(args),
    timeframe: text(args, 'timeframe'),
    features: flag(args, 'features') || undefined,
  };
  return checked(() => validExportQuery(given, '--'));
}

const MAX_TIMEOUT_SECONDS = 86_400;
const DEFAULT_TIMEOUT_SECONDS = 10;

/** `--timeout` in ms. */
export function timeoutMs(args: Arguments): number {
  const value = text(args, 'timeout');
  if (value === undefined) return DEFAULT_TIMEOUT_SECONDS * 1000;
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(value) ? Number(value) : Number.NaN;
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS)) {
    throw usageError(
      `--timeout: ${JSON.stringify(value.slice(0, 40))} is not a number of seconds from 0.001 to ${MAX_TIMEOUT_SECONDS}`,
    );
  }
  return seconds * 1000;
}

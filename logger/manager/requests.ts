/** Checks of requests, before anything is asked of anyone. Every message begins with the field. */

import { InvalidArgumentError } from '../errors.ts';
import { parseSecurity } from '../market/security.ts';
import { type ClockName, parseDurationUs, parseTimeUs } from '../market/time.ts';
import { EXPORT_FORMATS, EXPORT_TYPES, checkExport } from '../reader/export-question.ts';
import type { BookQuery, CoverageQuery, ExportQuery } from '../queries/queries.ts';
import type { LoggerControl } from '../status/control.ts';
import {
  type BookRequest,
  type CoverageRequest,
  type ExportRequest,
  clockOf,
  exportFormatOf,
  exportTypeOf,
} from './wire.ts';

/** More levels than any book has; a larger wish is a mistake. */
const MAX_DEPTH = 10_000_000;
const SEQUENCE = /^\d{1,16}$/;

/** @throws InvalidArgumentError for none, too many or a malformed one. */
export function checkSecurities(securities: readonly string[], max: number): readonly string[] {
  if (securities.length === 0) {
    throw new InvalidArgumentError('securities: name at least one, like binance:BTCUSDT');
  }
  if (securities.length > max) {
    throw new InvalidArgumentError(`securities: ${securities.length} named, at most ${max} a call`);
  }
  for (const security of securities) parseSecurity(security);
  return securities;
}

/** The archive's id of a security named in a request. @throws InvalidArgumentError */
export function checkSecurity(security: string, control: LoggerControl): string {
  if (security === '') throw new InvalidArgumentError('security: is missing');
  parseSecurity(security);
  return control.canonicalId(security);
}

function checkSequence(text: string): number {
  const sequence = SEQUENCE.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(sequence)) {
    throw new InvalidArgumentError(
      `sequence: not a sequence: ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  return sequence;
}

function checkClock(value: string): ClockName {
  const clock = clockOf(value);
  if (clock === undefined) throw new InvalidArgumentError('clock: receive or exchange');
  return clock;
}

function checkTime(text: string | undefined, field: string): number | undefined {
  return text === undefined ? undefined : parseTimeUs(text, field);
}

function checkRange(fromUs: number | undefined, toUs: number | undefined): void {
  if (fromUs !== undefined && toUs !== undefined && fromUs > toUs) {
    throw new InvalidArgumentError('from: lies after to');
  }
}

/** How much of a book is shown, and how. */
function checkShown(request: { readonly depth?: number; readonly level: string }): {
  readonly depth: number | undefined;
  readonly level: 'L2' | undefined;
} {
  const { depth } = request;
  if (depth !== undefined && (depth < 1 || depth > MAX_DEPTH)) {
    throw new InvalidArgumentError(`depth: ${depth} is not between 1 and ${MAX_DEPTH}`);
  }
  if (request.level === 'BOOK_LEVEL_L3') {
    throw new InvalidArgumentError('level: a book can be asked for as L2, or as it is');
  }
  return { depth, level: request.level === 'BOOK_LEVEL_L2' ? 'L2' : undefined };
}

/** What a request for a book asks; without a position it is the book now. */
export function bookQuery(request: BookRequest, control: LoggerControl): BookQuery {
  const clock = checkClock(request.clock);
  const { at, sequence } = request;
  const book = { security: checkSecurity(request.security, control), ...checkShown(request) };
  if (at !== undefined) return { ...book, position: { clock, us: parseTimeUs(at, 'at') } };
  if (sequence === undefined) return book;
  return { ...book, position: { sequence: checkSequence(sequence) } };
}

export function coverageQuery(request: CoverageRequest, control: LoggerControl): CoverageQuery {
  const fromUs = checkTime(request.from, 'from');
  const toUs = checkTime(request.to, 'to');
  checkRange(fromUs, toUs);
  return { security: checkSecurity(request.security, control), fromUs, toUs };
}

export function exportQuery(request: ExportRequest, control: LoggerControl): ExportQuery {
  const type = exportTypeOf(request.type);
  if (type === undefined) throw new InvalidArgumentError(`type: is not ${orList(EXPORT_TYPES)}`);
  const format = exportFormatOf(request.format);
  if (format === undefined) {
    throw new InvalidArgumentError(`format: is not ${orList(EXPORT_FORMATS)}`);
  }
  const clock = checkClock(request.clock);
  const fromUs = checkTime(request.from, 'from');
  const toUs = checkTime(request.to, 'to');
  checkRange(fromUs, toUs);
  const { every } = request;
  const everyUs = every === undefined ? undefined : parseDurationUs(every, 'every');
  const shown = { everyUs, ...checkShown(request) };
  checkExport({ type, format, ...shown });
  const security = checkSecurity(request.security, control);
  return { security, fromUs, toUs, clock, type, format, ...shown };
}

function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

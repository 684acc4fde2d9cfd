/**
 * Every error that the logger raises on purpose. Callers branch on `code` and `retryable`, never on
 * the message. Messages are sentence case without a final stop, hold the values that matter and
 * never a secret.
 */

export type ErrorCode =
  | 'config'
  | 'wire-format'
  | 'feed-closed'
  | 'rate-limited'
  | 'exchange-refused'
  | 'archive-unavailable'
  | 'archive-full'
  | 'archive-in-use'
  | 'duplicate-record'
  | 'record-corrupt'
  | 'unknown-security'
  | 'invalid-argument'
  | 'conflict'
  | 'limit-exceeded'
  | 'invariant';

export interface ErrorDetails {
  readonly retryable?: boolean;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export abstract class LoggerError extends Error {
  abstract readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.retryable = details.retryable ?? false;
    this.context = details.context ?? {};
  }
}

/** A setting is missing, malformed or contradicts another. The process ends with exit code 78. */
export class ConfigError extends LoggerError {
  readonly code = 'config';
}

/** Bytes from an exchange are not what its protocol says. `context.kind` is the counter's label. */
export class WireFormatError extends LoggerError {
  readonly code = 'wire-format';
}

/** The connection ended, or could not be made. */
export class FeedClosedError extends LoggerError {
  readonly code = 'feed-closed';
}

/** The exchange asks us to wait; `retryAfterMs` says how long. */
export class RateLimitedError extends LoggerError {
  readonly code = 'rate-limited';
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, details: ErrorDetails = {}) {
    super(message, { retryable: true, ...details });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The exchange rejected a request, for another reason than a rate limit or an unknown symbol. */
export class ExchangeRejectedError extends LoggerError {
  readonly code = 'exchange-refused';
}

/** The archive can't be reached or failed for now; trying again may help. */
export class ArchiveUnavailableError extends LoggerError {
  readonly code = 'archive-unavailable';
}

/** No room on the archive's disk. */
export class ArchiveFullError extends LoggerError {
  readonly code = 'archive-full';
}

/** Another process writes this archive. */
export class ArchiveInUseError extends LoggerError {
  readonly code = 'archive-in-use';
}

/** A record of the same key but with other bytes is already stored. */
export class DuplicateRecordError extends LoggerError {
  readonly code = 'duplicate-record';
}

/** Stored bytes fail their checksum, or decode to what can't be. */
export class RecordCorruptError extends LoggerError {
  readonly code = 'record-corrupt';
}

/** Nobody has heard of that security: neither the exchange nor the archive. */
export class UnknownSecurityError extends LoggerError {
  readonly code = 'unknown-security';
}

/** A caller's argument is malformed; the message names the field. */
export class InvalidArgumentError extends LoggerError {
  readonly code = 'invalid-argument';
}

/** The call can't be done in the state things are in. */
export class ConflictError extends LoggerError {
  readonly code = 'conflict';
}

/** A named limit was reached. */
export class LimitExceededError extends LoggerError {
  readonly code = 'limit-exceeded';
}

/** A bug in this program: log it, record nothing more, crash. */
export class InvariantError extends LoggerError {
  readonly code = 'invariant';
}

/** @throws InvariantError when `condition` does not hold. */
export function assertInvariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** What to print of anything thrown: one line. */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

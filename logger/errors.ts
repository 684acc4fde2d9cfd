/**
 * All errors that the logger throws on purpose. Callers branch on `code` and `retryable`, never on
 * the message. Messages are in sentence case without a final full stop, include the relevant
 * values, and never contain secrets.
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

/** A setting is missing, malformed or contradicts another. The process exits with code 78. */
export class ConfigError extends LoggerError {
  readonly code = 'config';
}

/** A message from an exchange violates its protocol. `context.kind` is the label of the counter. */
export class WireFormatError extends LoggerError {
  readonly code = 'wire-format';
}

/** The connection was closed, or could not be opened. */
export class FeedClosedError extends LoggerError {
  readonly code = 'feed-closed';
}

/** The exchange asks us to wait for `retryAfterMs`. */
export class RateLimitedError extends LoggerError {
  readonly code = 'rate-limited';
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, details: ErrorDetails = {}) {
    super(message, { retryable: true, ...details });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The exchange rejected a request, for another reason than its rate or an unknown symbol. */
export class ExchangeRejectedError extends LoggerError {
  readonly code = 'exchange-refused';
}

/** The archive is unreachable or failed; a retry may succeed. */
export class ArchiveUnavailableError extends LoggerError {
  readonly code = 'archive-unavailable';
}

/** The archive's disk is full. */
export class ArchiveFullError extends LoggerError {
  readonly code = 'archive-full';
}

/** Another process writes this archive. */
export class ArchiveInUseError extends LoggerError {
  readonly code = 'archive-in-use';
}

/** A record with the same key and different content is already stored. */
export class DuplicateRecordError extends LoggerError {
  readonly code = 'duplicate-record';
}

/** Stored bytes fail their checksum or cannot be decoded. */
export class RecordCorruptError extends LoggerError {
  readonly code = 'record-corrupt';
}

/** Neither the exchange nor the archive knows the security. */
export class UnknownSecurityError extends LoggerError {
  readonly code = 'unknown-security';
}

/** A caller's argument is malformed; the message names the field. */
export class InvalidArgumentError extends LoggerError {
  readonly code = 'invalid-argument';
}

/** The call is not possible in the current state. */
export class ConflictError extends LoggerError {
  readonly code = 'conflict';
}

/** A named limit was reached. */
export class LimitExceededError extends LoggerError {
  readonly code = 'limit-exceeded';
}

/** A bug: log it, stop recording, crash. */
export class InvariantError extends LoggerError {
  readonly code = 'invariant';
}

/** @throws InvariantError when `condition` does not hold. */
export function assertInvariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** One line that describes anything thrown. */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

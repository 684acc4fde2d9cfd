/** The one table from this program's errors to gRPC statuses. */

import { status } from '@grpc/grpc-js';
import { type ErrorCode, LoggerError, describeError } from '../errors.ts';

/**
 * UNAVAILABLE is not among them on purpose: to a client it says that the logger can't be reached,
 * which is not so while it answers.
 */
export const STATUS_OF_CODE: Readonly<Record<ErrorCode, status>> = {
  config: status.FAILED_PRECONDITION,
  'wire-format': status.INTERNAL,
  'feed-closed': status.FAILED_PRECONDITION,
  'rate-limited': status.RESOURCE_EXHAUSTED,
  'exchange-refused': status.FAILED_PRECONDITION,
  'archive-unavailable': status.FAILED_PRECONDITION,
  'archive-full': status.RESOURCE_EXHAUSTED,
  'archive-in-use': status.FAILED_PRECONDITION,
  'duplicate-record': status.DATA_LOSS,
  'record-corrupt': status.DATA_LOSS,
  'unknown-security': status.NOT_FOUND,
  'invalid-argument': status.INVALID_ARGUMENT,
  conflict: status.ABORTED,
  'limit-exceeded': status.RESOURCE_EXHAUSTED,
  invariant: status.INTERNAL,
};

/** A status travels in an HTTP/2 header: it must be short, and text that can be encoded. */
const MAX_DETAILS_CHARACTERS = 1000;

export interface CallFailure {
  readonly code: status;
  readonly details: string;
}

/** What a client gets to see of anything thrown. A surprise is told to the log, not to the client. */
export function failureOf(error: unknown): CallFailure {
  if (error instanceof LoggerError) {
    return { code: STATUS_OF_CODE[error.code], details: headerText(describeError(error)) };
  }
  return { code: status.INTERNAL, details: "An error inside the logger; see the logger's log" };
}

/** Without line breaks and lone surrogates (which grpc-js can't encode), clipped. */
export function headerText(text: string): string {
  return text
    .slice(0, MAX_DETAILS_CHARACTERS)
    .replaceAll(/\p{Surrogate}/gu, '\ufffd')
    .replaceAll(/\p{Cc}+/gu, ' ');
}

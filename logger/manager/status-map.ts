/** Maps errors to gRPC statuses. */

import { Metadata, status } from '@grpc/grpc-js';
import { ConflictError, LoggerError, describeError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { Definitions } from '../messages/definitions.ts';
import { noBookMessage } from '../messages/results.ts';
import type { NoBookResult } from '../queries/results.ts';

/** UNAVAILABLE is reserved for a logger that can't be reached, or that is stopping. */
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

/** There is no book at that moment. Ends the call with OUT_OF_RANGE and the gap. */
export class NoBookError extends ConflictError {
  readonly result: NoBookResult;

  constructor(result: NoBookResult) {
    const { from, to, cause } = result.gap;
    super(
      `${result.security} was not recorded then: gap from ${from} to ${to ?? 'now'} (${cause})`,
    );
    this.result = result;
  }
}

/** The port closes while an endless stream is open. Ends the call with UNAVAILABLE. */
export class ClosingError extends ConflictError {}

/** A status travels in an HTTP/2 header: it has to be short, and text that can be encoded. */
const MAX_DETAILS_CHARACTERS = 1000;

export interface CallFailure {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Metadata;
}

/** What a client sees of an error. The details of unexpected ones go to the log only. */
export function failureOf(error: unknown, noBook: Definitions['noBook']): CallFailure {
  if (!(error instanceof LoggerError)) {
    return { code: status.INTERNAL, details: "An error inside the logger; see the logger's log" };
  }
  const details = headerText(describeError(error));
  if (error instanceof NoBookError) {
    const metadata = new Metadata();
    metadata.set('no-book-bin', noBook.serialize(noBookMessage(error.result)));
    return { code: status.OUT_OF_RANGE, details, metadata };
  }
  if (error instanceof ClosingError) return { code: status.UNAVAILABLE, details };
  return { code: STATUS_OF_CODE[error.code], details };
}

/** Clipped, and without line breaks and lone surrogates, which grpc-js can't encode. */
export function headerText(text: string): string {
  return text
    .slice(0, MAX_DETAILS_CHARACTERS)
    .replaceAll(/\p{Surrogate}/gu, '\ufffd')
    .replaceAll(/\p{Cc}+/gu, ' ');
}

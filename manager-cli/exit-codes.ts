/** The CLI's exit codes, and the error that carries one. */

import { LoggerError, describeError } from '../logger/errors.ts';

export const EXIT = {
  done: 0,
  /** The operation failed, or something is unhealthy. */
  failed: 1,
  usage: 2,
  unauthenticated: 3,
  /** No logger answers. */
  unreachable: 4,
  /** Nothing was recorded at that time. */
  notRecorded: 5,
  /** Ended by Ctrl-C (128 + SIGINT), where Ctrl-C is not the normal end of the command. */
  interrupted: 130,
  /** The reader of an export closed the pipe (128 + SIGPIPE, like `cat` and `zcat`): not all was read. */
  brokenPipe: 141,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command. `message` is one line that says what to do; empty where nothing is to be said. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message.replaceAll(/\s*\n\s*/g, ' '));
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CliError {
  return new CliError(EXIT.usage, message);
}

/** Errors of the logger's code as the command's one line; anything else is returned as it is. */
export function cliErrorOf(error: unknown): unknown {
  if (!(error instanceof LoggerError)) return error;
  const isUsage = error.code === 'invalid-argument';
  return new CliError(isUsage ? EXIT.usage : EXIT.failed, describeError(error));
}

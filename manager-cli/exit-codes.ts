/** What the CLI ends with, and the one kind of error by which a command says so. */

export const EXIT = {
  done: 0,
  /** The operation failed, or something is unhealthy. */
  failed: 1,
  usage: 2,
  unauthenticated: 3,
  /** No logger answers. */
  unreachable: 4,
  /** The asked-for time was not recorded. */
  notRecorded: 5,
  /** Ended by Ctrl-C (128 + SIGINT), where a command does not end with `done` on it. */
  interrupted: 130,
  /** Who read an export has closed the pipe (128 + SIGPIPE, as `cat` and `zcat` end): not all was read. */
  brokenPipe: 141,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command: `message` is one line that says what to do; none where all has been said. */
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

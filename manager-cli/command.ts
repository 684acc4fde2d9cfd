/** The interface of a command, and of the session that it runs in. */

import type { Argv } from 'yargs';
import type { Arguments } from './arguments.ts';
import type { LoggerClient } from './client.ts';
import type { ExitCode } from './exit-codes.ts';
import type { History } from './history.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';
import type { Paint } from './style.ts';

export interface Session {
  readonly args: Arguments;
  readonly io: Io;
  readonly out: Output;
  readonly paint: Paint;
  /** Aborts on Ctrl-C, and when stdout is closed. */
  readonly signal: AbortSignal;
  /** Connects on the first call. @throws CliError */
  client(): Promise<LoggerClient>;
  /** The archive of `--archive`, else the running logger. @throws CliError */
  history(): Promise<History>;
}

export interface Command {
  /** The verb (one word, or two) and its positional arguments, in yargs' notation. */
  readonly usage: string;
  readonly describe: string;
  /** Connection options are rejected. */
  readonly needsNoLogger?: true;
  /** Declares options, besides the global ones. */
  readonly options: (yargs: Argv) => Argv;
  readonly run: (session: Session) => Promise<ExitCode>;
}

/** An option with a value: text, which the command validates. */
export function valued(describe: string): {
  type: 'string';
  requiresArg: true;
  describe: string;
} {
  return { type: 'string', requiresArg: true, describe };
}

/** `--archive`, for commands that read. */
export function archiveOption(yargs: Argv): Argv {
  return yargs.option(
    'archive',
    valued('Read this archive (a directory or mongodb:// URI) instead of asking a logger'),
  );
}

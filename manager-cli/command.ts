/** The interface of a command, and of the session that it runs in. */

import type { Options } from 'yargs';
import type { Arguments } from './arguments.ts';
import type { LoggerClient } from './client.ts';
import type { ExitCode } from './exit-codes.ts';
import type { History } from './history.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';
import type { Paint } from './style.ts';

export interface Session {
  /** What a user types to run this program, for hints: see `program-name.ts`. */
  readonly program: string;
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
  /** What each positional argument is. */
  readonly positionals?: Readonly<Record<string, string>>;
  /** Besides the global ones. */
  readonly options?: Readonly<Record<string, Options>>;
  /** Command lines without the program, and what they do. */
  readonly examples: readonly (readonly [line: string, describe: string])[];
  /**
   * Completions of its positional arguments: `recorded` are the securities that the logger records; `files`
   * are left to the shell.
   */
  readonly completes?: {
    readonly recorded?: true;
    readonly words?: readonly string[];
    readonly files?: true;
  };
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
export const ARCHIVE_OPTION = {
  archive: valued('Read this archive (a directory or mongodb:// URI) instead of asking a logger'),
};

export const SECURITY = "exchange:symbol in the exchange's spelling, like binance:BTCUSDT";

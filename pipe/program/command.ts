/** The interface of a command, and of the session that it runs in. */

import type { Options } from 'yargs';
import type { Arguments } from '../../manager-cli/arguments.ts';
import type { ExitCode } from '../../manager-cli/exit-codes.ts';
import type { Io } from '../../manager-cli/io.ts';
import type { Output } from '../../manager-cli/output.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import type { Log } from '../../logger/runtime/log.ts';
import type { Random } from '../../logger/runtime/random.ts';

export interface PipeSession {
  /** What a user types to run this program. */
  readonly program: string;
  readonly args: Arguments;
  readonly io: Io;
  readonly out: Output;
  /** Aborts on Ctrl-C, and when stdout is closed. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  /** To stderr. */
  readonly log: Log;
}

export interface PipeCommand {
  /** `$0`: what runs without a word. */
  readonly usage: string;
  readonly describe: string;
  /** Besides the global ones. */
  readonly options: Readonly<Record<string, Options>>;
  /** It reaches no logger: what selects one is rejected. */
  readonly needsNoLogger?: true;
  readonly examples: readonly (readonly [line: string, describe: string])[];
  readonly run: (session: PipeSession) => Promise<ExitCode>;
}

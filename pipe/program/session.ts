/** One run of a command: its arguments, outputs and the machine. */

import { text, timeoutMs } from '../../manager-cli/arguments.ts';
import type { Arguments } from '../../manager-cli/arguments.ts';
import { usageError } from '../../manager-cli/exit-codes.ts';
import { CONNECTION_OPTIONS } from '../../manager-cli/global-options.ts';
import type { Io } from '../../manager-cli/io.ts';
import { Output } from '../../manager-cli/output.ts';
import { createLineLog } from '../../logger/service/line-log.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { systemRandom } from '../../logger/service/system-random.ts';
import type { PipeCommand, PipeSession } from './command.ts';
import { programName } from './program-name.ts';

/** Global options of commands that ask a logger. */
export const LOGGER_OPTIONS: readonly string[] = [...CONNECTION_OPTIONS, 'timeout'];

export function openSession(args: Arguments, io: Io): PipeSession {
  const out = new Output(io, { isJson: args['json'] === true });
  const clock = createSystemClock();
  return {
    program: programName(io.env),
    args,
    io,
    out,
    signal: AbortSignal.any([io.interrupted, out.broken]),
    clock,
    random: systemRandom,
    log: createLineLog({
      level: 'notice',
      format: 'text',
      write: (line) => void io.stderr.write(line),
      nowUs: () => clock.nowUs(),
    }),
  };
}

/** Global options that the command would not come to. @throws the usage error. */
export function checkGlobals({ args }: PipeSession, { needsNoLogger }: PipeCommand): void {
  timeoutMs(args);
  if (!needsNoLogger) return;
  const other = LOGGER_OPTIONS.find((name) => text(args, name) !== undefined);
  if (other !== undefined) throw usageError(`This command needs no logger; omit --${other}`);
}

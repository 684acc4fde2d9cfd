/** The manager CLI as a function: arguments, streams and environment in, exit code out. */

import { describeError } from '../logger/errors.ts';
import type { Command } from './command.ts';
import { completionCommand } from './commands/completion.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import { BrokenPipeError } from './output.ts';
import { parse } from './parser.ts';
import { NAME } from './program-name.ts';
import { CommandSession } from './session.ts';

async function runCommand(command: Command, session: CommandSession): Promise<ExitCode> {
  try {
    if (command !== completionCommand) session.checkGlobals(command);
    const exitCode = await command.run(session);
    if (exitCode !== EXIT.brokenPipe) await session.out.flush();
    return exitCode;
  } catch (error) {
    const end = session.out.ended();
    if (end instanceof BrokenPipeError) return EXIT.done;
    if (end) throw end;
    if (session.io.interrupted.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    await session.close();
  }
}

/** Runs one command line. Never throws: every error is an exit code and at most one line on stderr. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const { command, args, output } = await parse(argv, io);
    if (command === undefined) {
      if (output !== '') io.stdout.write(`${output}\n`);
      return EXIT.done;
    }
    return await runCommand(command, new CommandSession(args, io));
  } catch (error) {
    const exitCode = error instanceof CliError ? error.exitCode : EXIT.failed;
    io.stderr.write(`${NAME}: ${describeError(error)}\n`);
    return exitCode;
  }
}

/** The pipe as a function: arguments, streams and environment in, exit code out. */

import { describeError } from '../../logger/errors.ts';
import { CliError, EXIT, cliErrorOf } from '../../manager-cli/exit-codes.ts';
import type { ExitCode } from '../../manager-cli/exit-codes.ts';
import type { Io } from '../../manager-cli/io.ts';
import { BrokenPipeError } from '../../manager-cli/output.ts';
import type { PipeCommand, PipeSession } from './command.ts';
import { feesCommand } from './commands/fees.ts';
import { haltCommand, resumeCommand } from './commands/halt.ts';
import { pairsCommand } from './commands/pairs.ts';
import { ledgerCommand, statusCommand } from './commands/status.ts';
import { topCommand } from './commands/top.ts';
import { STRATEGIES } from '../strategy/strategies.ts';
import type { StrategyDefinition } from '../strategy/strategy.ts';
import { parse } from './parser.ts';
import { NAME } from './program-name.ts';
import { checkGlobals, openSession } from './session.ts';

function commandsFor(
  argv: readonly string[],
  strategies: readonly StrategyDefinition[],
): readonly PipeCommand[] {
  return [
    topCommand(argv, strategies),
    pairsCommand,
    feesCommand,
    statusCommand,
    ledgerCommand,
    haltCommand,
    resumeCommand,
  ];
}

async function runCommand(command: PipeCommand, session: PipeSession): Promise<ExitCode> {
  const { out, io } = session;
  try {
    checkGlobals(session, command);
    const exitCode = await command.run(session);
    await out.flush();
    return exitCode;
  } catch (error) {
    const end = out.ended();
    if (end instanceof BrokenPipeError) return EXIT.done;
    if (end) throw end;
    if (io.interrupted.aborted) return EXIT.interrupted;
    throw cliErrorOf(error);
  } finally {
    out.close();
  }
}

/** Runs one command line. Never throws: every error is an exit code and one line on stderr. */
export async function run(
  argv: readonly string[],
  io: Io,
  strategies: readonly StrategyDefinition[] = STRATEGIES,
): Promise<ExitCode> {
  try {
    const { command, args, output } = await parse(argv, io, commandsFor(argv, strategies));
    if (command === undefined) {
      if (output !== '') io.stdout.write(`${output}\n`);
      return EXIT.done;
    }
    return await runCommand(command, openSession(args, io));
  } catch (error) {
    const exitCode = error instanceof CliError ? error.exitCode : EXIT.failed;
    io.stderr.write(`${NAME}: ${describeError(error)}\n`);
    return exitCode;
  }
}

/** The yargs parser: it recognises commands and options; what values mean is checked by the commands. */

import yargs from 'yargs';
import type { Argv, Options } from 'yargs';
import { describeError } from '../../logger/errors.ts';
import type { Arguments } from '../../manager-cli/arguments.ts';
import { CliError, usageError } from '../../manager-cli/exit-codes.ts';
import { GLOBAL_OPTIONS } from '../../manager-cli/global-options.ts';
import type { Io } from '../../manager-cli/io.ts';
import { explainParserError } from '../../manager-cli/parser-errors.ts';
import { version } from '../../manager-cli/version.ts';
import type { PipeCommand } from './command.ts';
import { programName } from './program-name.ts';
import { LOGGER_OPTIONS } from './session.ts';

const MAX_HELP_COLUMNS = 100;
const EXIT_CODES =
  'Exit codes: 0 done, 1 failed or a record differs, 2 wrong usage, 3 not authenticated, 4 logger unreachable, 5 not recorded';

export interface Parsed {
  readonly command: PipeCommand | undefined;
  readonly args: Arguments;
  /** Help or version, to be printed as it is. */
  readonly output: string;
}

/** @throws CliError with exit code 2 for what the parser does not accept. */
export async function parse(
  argv: readonly string[],
  io: Io,
  commands: readonly PipeCommand[],
): Promise<Parsed> {
  const program = programName(io.env);
  let command: PipeCommand | undefined;
  let args: Arguments = {};
  let output = '';
  let parser = baseParser(argv, io, { program, commands });
  for (const each of commands) {
    parser = parser.command(
      each.usage,
      each.describe,
      (builder: Argv) => describeCommand(builder, each, program),
      (given) => {
        command = each;
        args = given;
      },
    );
  }
  try {
    await parser.parseAsync([...argv], {}, (_error, _args, printed) => {
      output = printed;
    });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw parserError(describeError(error), argv, { program, commands });
  }
  return { command, args, output };
}

interface Manual {
  readonly program: string;
  readonly commands: readonly PipeCommand[];
}

function baseParser(argv: readonly string[], io: Io, manual: Manual): Argv {
  return yargs()
    .detectLocale(false)
    .options(GLOBAL_OPTIONS)
    .group([...LOGGER_OPTIONS], 'Connection:')
    .group(['json', 'help', 'version'], 'Everywhere:')
    .scriptName(manual.program)
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'dot-notation': false,
    })
    .version(version())
    .help()
    .alias('help', 'h')
    .wrap(Math.min(io.stdout.columns ?? MAX_HELP_COLUMNS, MAX_HELP_COLUMNS))
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? parserError(message, argv, manual);
    });
}

function describeCommand(builder: Argv, command: PipeCommand, program: string): Argv {
  builder.options(command.options as Record<string, Options>);
  builder.group(Object.keys(command.options), 'Options:');
  if (command.needsNoLogger) for (const name of LOGGER_OPTIONS) builder.hide(name);
  const lines = command.examples.flatMap(([line, about]) => [
    `  # ${about}`,
    `  ${program} ${line}`,
  ]);
  return builder.epilogue(['Examples:', ...lines, '', EXIT_CODES].join('\n'));
}

function parserError(message: string, argv: readonly string[], manual: Manual): CliError {
  const { program, commands } = manual;
  const usages = commands.map(({ usage }) => usage).filter((usage) => usage !== '$0');
  const own = commands.flatMap(({ options }) =>
    Object.entries(options).filter(([, { type }]) => type !== 'boolean'),
  );
  const valued = [...LOGGER_OPTIONS, ...own.map(([name]) => name)];
  return usageError(explainParserError(message, argv, { name: program, usages, valued }));
}

/**
 * The yargs parser. It only recognises commands and options; what their values mean is checked by the
 * commands, before any call.
 */

import yargs from 'yargs';
import type { Argv } from 'yargs';
import { describeError } from '../logger/errors.ts';
import { TIME_OPTIONS } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands/all.ts';
import { COMPLETING, completionLines, completions } from './completions.ts';
import { CliError, usageError } from './exit-codes.ts';
import { CONNECTION_OPTIONS, GLOBAL_OPTIONS } from './global-options.ts';
import type { Io } from './io.ts';
import { explainParserError } from './parser-errors.ts';
import { programName } from './program-name.ts';
import { version } from './version.ts';

const MAX_HELP_COLUMNS = 100;

function parserError(message: string, argv: readonly string[], program: string): CliError {
  const usages = COMMANDS.map(({ usage }) => usage);
  const manual = { name: program, usages, valued: [...CONNECTION_OPTIONS, 'timeout'] };
  return usageError(explainParserError(message, argv, manual));
}

type OnChosen = (command: Command, args: Arguments) => void;

/** Declares a command; of a command of two words the second is a subcommand of the first. */
function declare(parser: Argv, command: Command, program: string, onChosen: OnChosen): Argv {
  const { usage, describe } = command;
  const [first = ''] = usage.split(' ');
  const options = (builder: Argv): Argv => describeCommand(builder, command, program);
  if (!isSubcommand(command)) {
    const all = (builder: Argv): Argv =>
      COMMANDS.filter((each) => isSubcommand(each) && each.usage.startsWith(`${first} `)).reduce(
        (nested, each) => declareWithin(nested, each, { outer: command, program, onChosen }),
        options(builder),
      );
    return parser.command(usage, describe, all, (args) => onChosen(command, args));
  }
  // It belongs to the command that is the first word alone.
  if (COMMANDS.some((each) => !isSubcommand(each) && each.usage.startsWith(`${first} `))) {
    return parser;
  }
  const group = (builder: Argv): Argv =>
    withoutConnection(builder, command)
      .command(usage.slice(first.length + 1), describe, options, (args) => onChosen(command, args))
      .demandCommand(1, 1, `${first} needs a subcommand; see ${program} ${first} --help`);
  return parser.command(`${first} <command>`, describe, group);
}

function isSubcommand({ usage }: Command): boolean {
  return /^[a-z]+ [a-z]/.test(usage);
}

/** A subcommand of a command that can do without it, and whose other options it does not have. */
function declareWithin(
  parser: Argv,
  command: Command,
  {
    outer,
    program,
    onChosen,
  }: { readonly outer: Command; readonly program: string; readonly onChosen: OnChosen },
): Argv {
  const { usage, describe, options: own = {} } = command;
  const foreign = Object.keys(outer.options ?? {}).filter((name) => !(name in own));
  const options = (builder: Argv): Argv => {
    for (const name of foreign) builder.hide(name);
    // The outer command's own choices count for an option that both have.
    const rest = Object.entries(own).map(([name, { choices, ...option }]) => [
      name,
      name in (outer.options ?? {}) ? option : { ...option, choices },
    ]);
    const told = { ...command, options: Object.fromEntries(rest) as Command['options'] };
    return describeCommand(builder, told as Command, program);
  };
  return parser.command(usage.slice(usage.indexOf(' ') + 1), describe, options, (args) => {
    const given = foreign.find((name) => args[name] !== undefined);
    if (given !== undefined)
      throw usageError(`Unknown argument: ${given} (see ${program} ${verbOf(usage)} --help)`);
    onChosen(command, args);
  });
}

function verbOf(usage: string): string {
  return usage
    .split(' ')
    .filter((word) => /^[a-z]/.test(word))
    .join(' ');
}

/** A command without a logger rejects what selects one. */
function withoutConnection(builder: Argv, { needsNoLogger }: Command): Argv {
  if (needsNoLogger) for (const name of CONNECTION) builder.hide(name);
  return builder;
}

/** Its arguments, options and examples: in the help they come before what all commands have. */
function describeCommand(builder: Argv, command: Command, program: string): Argv {
  const { positionals = {}, options = {}, examples } = command;
  for (const [name, describe] of Object.entries(positionals)) {
    builder.positional(name, { type: 'string', describe });
  }
  builder.options(options).group(Object.keys(options), 'Options:');
  withoutConnection(builder, command);
  const hasTime = TIME_OPTIONS.some((name) => name in options);
  // The parser's own layout has two columns, which breaks long command lines.
  const lines = examples.flatMap(([line, describe]) => [`  # ${describe}`, `  ${program} ${line}`]);
  return builder.epilogue(['Examples:', ...lines, ...(hasTime ? ['', TIMES] : [])].join('\n'));
}

const CONNECTION = [...CONNECTION_OPTIONS, 'timeout'];
const TIMES =
  'A time is ISO 8601 with a zone (2026-11-20T07:00:04.5Z), an integer with a unit (1723161254206ms), now, or relative to now (-90s, -5m, -2h, -1d).';
const EXIT_CODES =
  'Exit codes: 0 done, 1 failed or unhealthy, 2 wrong usage, 3 not authenticated, 4 logger unreachable, 5 not recorded at that time';

function baseParser(argv: readonly string[], io: Io, program: string): Argv {
  return yargs()
    .detectLocale(false)
    .options(GLOBAL_OPTIONS)
    .group(CONNECTION, 'Connection:')
    .group(['json', 'help', 'version'], 'Everywhere:')
    .scriptName(program)
    .usage('$0 <command>: manage an order-book logger')
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
    .epilogue(`${program} <command> --help shows its options and examples.\n\n${EXIT_CODES}`)
    .strict()
    .recommendCommands()
    .demandCommand(1, 1, 'A command is missing', 'One command at a time')
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? parserError(message, argv, program);
    });
}

export interface Parsed {
  readonly command: Command | undefined;
  readonly args: Arguments;
  /** Help, version or completions, to be printed as they are. */
  readonly output: string;
}

/** @throws CliError with exit code 2 for what the parser does not accept. */
export async function parse(given: readonly string[], io: Io): Promise<Parsed> {
  if (given[0] === COMPLETING) {
    const found = await completions(given.slice(2), io, COMMANDS);
    return { command: undefined, args: {}, output: completionLines(found, io.env) };
  }
  const argv = given[0] === 'help' ? [...given.slice(1), '--help'] : given;
  const program = programName(io.env);
  let command: Command | undefined;
  let args: Arguments = {};
  let output = '';
  let parser = baseParser(argv, io, program);
  for (const each of COMMANDS) {
    parser = declare(parser, each, program, (chosen, given) => {
      command = chosen;
      args = given;
    });
  }
  try {
    await parser.parseAsync([...argv], {}, (_error, _args, printed) => {
      // Said of every argument that may be given more than once.
      output = printed.replaceAll(' [default: []]', '');
    });
  } catch (error) {
    // Whatever the parser throws is about what was typed.
    if (error instanceof CliError) throw error;
    throw parserError(describeError(error), argv, program);
  }
  return { command, args, output };
}

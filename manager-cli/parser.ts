/**
 * The yargs parser. It only recognises commands and options; what their values mean is checked by the
 * commands, before any call.
 */

import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import type { Argv } from 'yargs';
import { describeError } from '../logger/errors.ts';
import type { Arguments } from './arguments.ts';
import { valued } from './command.ts';
import type { Command } from './command.ts';
import { addCommand } from './commands/add.ts';
import { COMMANDS } from './commands/all.ts';
import { completionChoices } from './completion-choices.ts';
import type { Choices } from './completion-choices.ts';
import { CONNECTION_OPTIONS } from './connection-options.ts';
import { CliError, usageError } from './exit-codes.ts';
import type { Io } from './io.ts';
import { explainParserError } from './parser-errors.ts';

export const NAME = 'orderbook-manager';
const MAX_HELP_COLUMNS = 100;

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

/** Completion choices of an option. Empty outside completion, so that the parser rejects nothing. */
function offering(choices: readonly string[]): { choices?: string[] } {
  return choices.length > 0 ? { choices: [...choices] } : {};
}

function globalOptions(parser: Argv, choices: Choices): Argv {
  return parser
    .option('context', {
      ...valued('Name of a logger in ~/.config/orderbook-manager/contexts.json'),
      ...offering(choices.contexts),
    })
    .option('host', {
      ...valued('Host of the logger (LOGGER_SERVER_IP)'),
      defaultDescription: '127.0.0.1',
    })
    .option('port', {
      ...valued('Manager port of the logger (MANAGER_PORT)'),
      defaultDescription: '6634',
    })
    .option('authkey-file', valued('File with the manager key (or set MANAGER_AUTHKEY)'))
    .option('tls-ca', valued("CA certificate of the logger's certificate (PEM; MANAGER_TLS_CA)"))
    .option(
      'tls-cert',
      valued('Client certificate, if the logger asks for one (PEM; MANAGER_TLS_CLIENT_CERT)'),
    )
    .option('tls-key', valued('Key of the client certificate (PEM; MANAGER_TLS_CLIENT_KEY)'))
    .option('tls-server-name', {
      ...valued("Name in the logger's certificate, if not the host (MANAGER_TLS_SERVER_NAME)"),
      defaultDescription: 'the host',
    })
    .option('timeout', {
      ...valued('Seconds to wait for the logger'),
      defaultDescription: '10',
    })
    .option('json', { type: 'boolean', describe: 'Print one JSON value and nothing else' })
    .group([...CONNECTION_OPTIONS, 'timeout'], 'Connection:');
}

function parserError(message: string, argv: readonly string[]): CliError {
  const usages = COMMANDS.map(({ usage }) => usage);
  const manual = { name: NAME, usages, valued: [...CONNECTION_OPTIONS, 'timeout'] };
  return usageError(explainParserError(message, argv, manual));
}

/** True for a command whose argument is a security that is already recorded. */
function takesRecorded(name: string): boolean {
  return COMMANDS.some(
    (each) =>
      each !== addCommand &&
      !each.needsNoLogger &&
      each.usage.split(' ')[0] === name.split(' ')[0] &&
      / [<[]security/.test(each.usage),
  );
}

/** Declares a command; of a command of two words the second is a subcommand of the first. */
function declare(
  parser: Argv,
  { usage, describe }: Command,
  options: (builder: Argv) => Argv,
  onChosen: (args: Arguments) => void,
): Argv {
  const [first = '', second = ''] = usage.split(' ');
  if (!/^[a-z]/.test(second)) return parser.command(usage, describe, options, onChosen);
  const group = (builder: Argv): Argv =>
    builder
      .command(usage.slice(first.length + 1), describe, options, onChosen)
      .demandCommand(1, 1, `${first} needs a subcommand; see ${NAME} ${first} --help`);
  return parser.command(`${first} <command>`, describe, group);
}

function baseParser(argv: readonly string[], io: Io, choices: Choices): Argv {
  return globalOptions(yargs().detectLocale(false), choices)
    .scriptName(NAME)
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
    .epilogue(
      'Exit codes: 0 done, 1 failed or unhealthy, 2 wrong usage, 3 not authenticated, 4 logger unreachable, 5 not recorded at that time',
    )
    .strict()
    .recommendCommands()
    .demandCommand(1, 1, 'A command is missing', 'One command at a time')
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? parserError(message, argv);
    });
}

export interface Parsed {
  readonly command: Command | undefined;
  readonly args: Arguments;
  /** Help, version or completions, as the parser printed them. */
  readonly output: string;
}

/** @throws CliError with exit code 2 for what the parser does not accept. */
export async function parse(argv: readonly string[], io: Io): Promise<Parsed> {
  let command: Command | undefined;
  let args: Arguments = {};
  let output = '';
  const choices = await completionChoices(argv, io, takesRecorded);
  let parser = baseParser(argv, io, choices);
  for (const each of COMMANDS) {
    const options = (builder: Argv): Argv =>
      choices.securities.length > 0 && takesRecorded(each.usage)
        ? each.options(builder).positional('security', offering(choices.securities))
        : each.options(builder);
    parser = declare(parser, each, options, (given) => {
      command = each;
      args = given;
    });
  }
  try {
    await parser.parseAsync([...argv], {}, (_error, _args, printed) => {
      output = printed;
    });
  } catch (error) {
    // Whatever the parser throws is about what was typed.
    if (error instanceof CliError) throw error;
    throw parserError(describeError(error), argv);
  }
  return { command, args, output };
}

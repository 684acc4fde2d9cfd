/**
 * The manager CLI as a function: arguments and the outside in, exit code out. The parser only
 * recognises commands and options; what they mean is checked by the commands, before any call.
 */

import { readFileSync } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { describeError } from '../logger/errors.ts';
import { type Arguments, flag, text, timeoutMs } from './arguments.ts';
import type { LoggerClient } from './client.ts';
import { type Command, type Session, valued } from './command.ts';
import { addCommand } from './commands/add.ts';
import { archiveCopyCommand } from './commands/archive-copy.ts';
import { bookCommand } from './commands/book.ts';
import { completionCommand } from './commands/completion.ts';
import { coverageCommand } from './commands/coverage.ts';
import { exportCommand } from './commands/export.ts';
import { healthCommand } from './commands/health.ts';
import { listCommand } from './commands/list.ts';
import { pingCommand } from './commands/ping.ts';
import { removeCommand } from './commands/remove.ts';
import { resetCommand } from './commands/reset.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { statsCommand } from './commands/stats.ts';
import { terminateCommand } from './commands/terminate.ts';
import { uptimeCommand } from './commands/uptime.ts';
import { verifyCommand } from './commands/verify.ts';
import { watchCommand } from './commands/watch.ts';
import { type Choices, completionChoices } from './completion-choices.ts';
import { CONNECTION_OPTIONS } from './connection-options.ts';
import { readEndpoint } from './endpoint.ts';
import { CliError, EXIT, type ExitCode, usageError } from './exit-codes.ts';
import type { History } from './history.ts';
import type { Io } from './io.ts';
import { BrokenPipeError, Output } from './output.ts';
import { explainRefusal } from './refusal.ts';
import { paintFor } from './style.ts';

const NAME = 'orderbook-manager';

const COMMANDS: readonly Command[] = [
  addCommand,
  removeCommand,
  listCommand,
  healthCommand,
  bookCommand,
  snapshotCommand,
  resetCommand,
  coverageCommand,
  watchCommand,
  pingCommand,
  uptimeCommand,
  statsCommand,
  verifyCommand,
  exportCommand,
  archiveCopyCommand,
  terminateCommand,
  completionCommand,
];

const HELP_COLUMNS = 100;

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

/** An option or argument whose values are known: for completion alone, so it refuses nothing. */
function offering(choices: readonly string[]): { choices?: string[] } {
  return choices.length > 0 ? { choices: [...choices] } : {};
}

function globalOptions(parser: Argv, choices: Choices): Argv {
  return parser
    .option('context', {
      ...valued('A logger by its name in ~/.config/orderbook-manager/contexts.json'),
      ...offering(choices.contexts),
    })
    .option('host', {
      ...valued('Where the logger is (LOGGER_SERVER_IP)'),
      defaultDescription: '127.0.0.1',
    })
    .option('port', {
      ...valued('Its manager port (MANAGER_PORT)'),
      defaultDescription: '6634',
    })
    .option('authkey-file', valued('A file with the manager key (else MANAGER_AUTHKEY)'))
    .option(
      'tls-ca',
      valued("The certificate (PEM) that vouches for the logger's (MANAGER_TLS_CA)"),
    )
    .option(
      'tls-cert',
      valued('Our own certificate (PEM), where the logger asks for one (MANAGER_TLS_CLIENT_CERT)'),
    )
    .option('tls-key', valued('The key of our certificate (PEM; MANAGER_TLS_CLIENT_KEY)'))
    .option('tls-server-name', {
      ...valued("Whom the logger's certificate is for, through a tunnel (MANAGER_TLS_SERVER_NAME)"),
      defaultDescription: 'the host',
    })
    .option('timeout', {
      ...valued('How many seconds the logger may take'),
      defaultDescription: '10',
    })
    .option('json', { type: 'boolean', describe: 'Print one JSON value and nothing else' })
    .group([...CONNECTION_OPTIONS, 'timeout'], 'Connection:');
}

function refused(message: string, argv: readonly string[]): CliError {
  const usages = COMMANDS.map(({ usage }) => usage);
  const manual = { name: NAME, usages, valued: [...CONNECTION_OPTIONS, 'timeout'] };
  return usageError(explainRefusal(message, argv, manual));
}

/** True for a command whose argument is a security that is recorded already. */
function takesRecorded(name: string): boolean {
  return COMMANDS.some(
    (each) =>
      each !== addCommand &&
      !each.needsNoLogger &&
      each.usage.split(' ')[0] === name.split(' ')[0] &&
      / [<[]security/.test(each.usage),
  );
}

/** Declares a command; one of two words as the second's under the first. */
function declared(
  parser: Argv,
  { usage, describe }: Command,
  options: (builder: Argv) => Argv,
  take: (given: Arguments) => void,
): Argv {
  const [first = '', second = ''] = usage.split(' ');
  if (!/^[a-z]/.test(second)) return parser.command(usage, describe, options, take);
  const group = (builder: Argv): Argv =>
    builder
      .command(usage.slice(first.length + 1), describe, options, take)
      .demandCommand(1, 1, `${first} what? See ${NAME} ${first} --help`);
  return parser.command(`${first} <command>`, describe, group);
}

interface Parsed {
  readonly command: Command | undefined;
  readonly args: Arguments;
  /** Help, version or completions that the parser has printed. */
  readonly output: string;
}

/** @throws the usage error for what the parser does not accept. */
async function parse(argv: readonly string[], io: Io): Promise<Parsed> {
  let command: Command | undefined;
  let args: Arguments = {};
  let output = '';
  const choices = await completionChoices(argv, io, takesRecorded);
  let parser = globalOptions(yargs().detectLocale(false), choices)
    .scriptName(NAME)
    .usage('$0 <command>: steer an order-book logger')
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'dot-notation': false,
    })
    .version(version())
    .help()
    .alias('help', 'h')
    .wrap(Math.min(io.stdout.columns ?? HELP_COLUMNS, HELP_COLUMNS))
    .epilogue(
      'Exit codes: 0 done, 1 failed or unhealthy, 2 wrong usage, 3 not authenticated, 4 no logger answers, 5 that time was not recorded',
    )
    .strict()
    .recommendCommands()
    .demandCommand(1, 1, 'A command is missing', 'One command at a time')
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? refused(message, argv);
    });
  for (const each of COMMANDS) {
    const options = (builder: Argv): Argv =>
      choices.securities.length > 0 && takesRecorded(each.usage)
        ? each.options(builder).positional('security', offering(choices.securities))
        : each.options(builder);
    parser = declared(parser, each, options, (given) => {
      command = each;
      args = given;
    });
  }
  try {
    await parser.parseAsync([...argv], {}, (_error, _args, printed) => {
      output = printed;
    });
  } catch (error) {
    // Whatever the parser throws, it is about what was typed.
    if (error instanceof CliError) throw error;
    throw refused(describeError(error), argv);
  }
  return { command, args, output };
}

class CommandSession implements Session {
  readonly args: Arguments;
  readonly io: Io;
  readonly out: Output;
  readonly paint: Session['paint'];
  readonly signal: AbortSignal;
  #client: Promise<LoggerClient> | undefined;
  #history: Promise<History> | undefined;

  constructor(args: Arguments, io: Io) {
    this.args = args;
    this.io = io;
    this.out = new Output(io, { isJson: flag(args, 'json') });
    this.paint = paintFor(io.stdout, io.env);
    this.signal = AbortSignal.any([io.interrupted, this.out.broken]);
  }

  client(): Promise<LoggerClient> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  history(): Promise<History> {
    this.#history ??= this.#openHistory();
    return this.#history;
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled([this.#client, this.#history]);
    for (const result of opened) {
      if (result.status === 'fulfilled') await result.value?.close();
    }
    this.out.close();
  }

  // The libraries behind these are loaded when they are needed: --help and completion stay quick.

  async #connect(): Promise<LoggerClient> {
    const limitMs = timeoutMs(this.args);
    const endpoint = readEndpoint(this.args, this.io);
    const { connect } = await import('./client.ts');
    return connect(endpoint, limitMs, this.io.interrupted);
  }

  async #openHistory(): Promise<History> {
    const location = text(this.args, 'archive');
    if (location === undefined) {
      const { LoggerHistory } = await import('./logger-history.ts');
      return new LoggerHistory(await this.client());
    }
    const { openArchiveHistory } = await import('./archive-history.ts');
    return openArchiveHistory(location);
  }
}

/** What holds for every command, checked even where the command would not come to it. */
function checkGlobals({ needsNoLogger }: Command, args: Arguments, io: Io): void {
  flag(args, 'json');
  timeoutMs(args);
  if (!needsNoLogger && text(args, 'archive') === undefined) {
    readEndpoint(args, io);
    return;
  }
  const other = CONNECTION_OPTIONS.find((name) => args[name] !== undefined);
  if (other === undefined) return;
  throw usageError(
    needsNoLogger
      ? `No logger is asked here; leave --${other} away`
      : `--archive and --${other} contradict each other; give one of them`,
  );
}

async function runCommand(command: Command, session: CommandSession): Promise<ExitCode> {
  try {
    if (command !== completionCommand) checkGlobals(command, session.args, session.io);
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

/** Runs one command line. Never throws: whatever happens is an exit code and at most one line. */
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

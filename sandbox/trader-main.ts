#!/usr/bin/env node
/** `npm run trader -- --user NAME`: trades on the sandbox exchange with typed commands. */

import { clearLine, createInterface, cursorTo } from 'node:readline';
import { WebSocket } from 'ws';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { describeError, FeedClosedError, InvalidArgumentError } from '../logger/errors.ts';
import { DEFAULT_USERS, exchangeSettings, usersOf } from './exchange/settings.ts';
import { Dialog } from './exchange/trader/dialog.ts';
import { Trader } from './exchange/trader/trader.ts';
import { HELP, parseTyped } from './exchange/trader/typed-command.ts';
import type { TypedCommand } from './exchange/trader/typed-command.ts';
import type { Credentials } from './exchange/wire/requests.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_AWAY = 4;

interface TraderOptions {
  readonly url: string;
  readonly credentials: Credentials;
  readonly commands: readonly TypedCommand[];
}

async function main(): Promise<number> {
  const { url, credentials, commands } = await readOptions();
  const socket = await connect(url);
  const screen = new Screen();
  const trader = new Trader(socket, (line) => screen.say(line));
  try {
    if (!(await trader.logIn(credentials))) return EXIT_FAILED;
    if (commands.length === 0) return await converse(trader, screen, socket);
    let isAccepted = true;
    for (const command of commands) isAccepted = (await trader.execute(command)) && isAccepted;
    return isAccepted ? 0 : EXIT_FAILED;
  } finally {
    socket.close();
  }
}

/** Lines for people, in a terminal or in a pipe. What comes while something is asked goes before the question. */
class Screen {
  #question: string | null = null;

  ask(question: string): void {
    this.#question = question;
    process.stdout.write(question);
  }

  /** @param line what was typed: a terminal shows it already. */
  answered(line: string): void {
    this.#question = null;
    if (!process.stdin.isTTY) process.stdout.write(`${line}\n`);
  }

  say(line: string): void {
    const again = this.#question?.split('\n').at(-1);
    if (again === undefined) {
      process.stdout.write(`${line}\n`);
      return;
    }
    if (process.stdout.isTTY) {
      clearLine(process.stdout, 0);
      cursorTo(process.stdout, 0);
    } else {
      process.stdout.write('\n');
    }
    process.stdout.write(`${line}\n${again}`);
  }
}

/** Until the end of the input, or `Quit`. */
function converse(trader: Trader, screen: Screen, socket: WebSocket): Promise<number> {
  const lost = new Promise<never>((_, reject) => {
    socket.on('close', () => reject(new FeedClosedError('The exchange closed the connection')));
  });
  const conversation = async (): Promise<number> => {
    const dialog = new Dialog();
    screen.ask(dialog.prompt);
    for await (const line of createInterface({ input: process.stdin })) {
      screen.answered(line);
      try {
        const command = dialog.take(line);
        if (command?.kind === 'quit') return 0;
        if (command?.kind === 'help') screen.say(HELP);
        else if (command) await trader.execute(command);
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        screen.say(error.message);
      }
      screen.ask(dialog.prompt);
    }
    screen.answered('');
    return 0;
  };
  return Promise.race([lost, conversation()]);
}

function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.on('error', (error) =>
      reject(
        new FeedClosedError(
          `No exchange at ${url}: ${describeError(error)} (start it: npm run -s exchange)`,
          { cause: error },
        ),
      ),
    );
  });
}

async function readOptions(): Promise<TraderOptions> {
  const given = await yargs(hideBin(process.argv))
    .scriptName('npm run trader --')
    .usage(
      `$0 --user NAME [options]\n\nTrades on the exchange of npm run exchange, at EXCHANGE_PORT (6789). Commands:\n${HELP}`,
    )
    .options({
      user: { type: 'string', demandOption: true, describe: 'Who trades, such as username1' },
      password: {
        type: 'string',
        describe: 'Default: EXCHANGE_PASSWORD, else as in EXCHANGE_USERS',
      },
      command: {
        type: 'string',
        array: true,
        describe:
          'Executed instead of what is typed, such as "Buy 3.14 200"; exit code 1: rejected',
      },
    })
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw new InvalidArgumentError(message ?? describeError(error));
    })
    .parseAsync();
  const { help, version } = given as typeof given & Record<string, unknown>;
  if (help === true || version === true) process.exit(0);
  const { port } = exchangeSettings(process.env);
  return {
    url: `ws://127.0.0.1:${port}/`,
    credentials: { username: given.user, password: passwordOf(given.user, given.password) },
    commands: (given.command ?? []).map(whole),
  };
}

function passwordOf(user: string, given: string | undefined): string {
  const known = usersOf(process.env['EXCHANGE_USERS'] || DEFAULT_USERS);
  const password =
    given ??
    process.env['EXCHANGE_PASSWORD'] ??
    known.find(({ username }) => username === user)?.password;
  if (password !== undefined) return password;
  throw new InvalidArgumentError(`The password of ${user} is missing: --password`);
}

/** Nothing is asked for a command of the command line. */
function whole(text: string): TypedCommand {
  const command = parseTyped(text);
  if (command.kind === 'order' && command.size === undefined) {
    throw new InvalidArgumentError(`${text}: price or size is missing, as in "Buy 3.14 200"`);
  }
  return command;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof InvalidArgumentError) return EXIT_USAGE;
  return error instanceof FeedClosedError ? EXIT_AWAY : EXIT_FAILED;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`trader: ${describeError(error)}\n`);
  process.exitCode = exitCodeOf(error);
}

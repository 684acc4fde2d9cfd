/** One run of a command: its arguments and outputs, and the logger or archive that it opens. */

import { CONNECTION_OPTIONS } from './global-options.ts';
import { flag, text, timeoutMs } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import type { LoggerClient } from './client.ts';
import type { Command, Session } from './command.ts';
import { readEndpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { CliError, EXIT, usageError } from './exit-codes.ts';
import type { History } from './history.ts';
import type { Io } from './io.ts';
import { Output } from './output.ts';
import { programName } from './program-name.ts';
import { paintFor } from './style.ts';

export class CommandSession implements Session {
  readonly program: string;
  readonly args: Arguments;
  readonly io: Io;
  readonly out: Output;
  readonly paint: Session['paint'];
  readonly signal: AbortSignal;
  #endpoint: Endpoint | undefined;
  #client: Promise<LoggerClient> | undefined;
  #history: Promise<History> | undefined;

  constructor(args: Arguments, io: Io) {
    this.program = programName(io.env);
    this.args = args;
    this.io = io;
    this.out = new Output(io, { isJson: flag(args, 'json') });
    this.paint = paintFor(io.stdout, io.env);
    this.signal = AbortSignal.any([io.interrupted, this.out.broken]);
  }

  /**
   * Checks the global options, also those that the command would not come to, and reads the endpoint.
   * @throws CliError
   */
  checkGlobals({ needsNoLogger }: Command): void {
    timeoutMs(this.args);
    if (!needsNoLogger && text(this.args, 'archive') === undefined) {
      this.#endpoint = readEndpoint(this.args, this.io);
      return;
    }
    const other = CONNECTION_OPTIONS.find((name) => this.args[name] !== undefined);
    if (other === undefined) return;
    throw usageError(
      needsNoLogger
        ? `This command needs no logger; omit --${other}`
        : `--archive and --${other} contradict each other; give one of them`,
    );
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

  // The libraries behind these are only loaded when needed, so that --help and completion stay fast.

  async #connect(): Promise<LoggerClient> {
    this.#endpoint ??= readEndpoint(this.args, this.io);
    const { connect } = await import('./client.ts');
    return connect(this.#endpoint, timeoutMs(this.args), this.io.interrupted);
  }

  async #openHistory(): Promise<History> {
    const location = text(this.args, 'archive');
    if (location === undefined) {
      const { LoggerHistory } = await import('./logger-history.ts');
      return new LoggerHistory(await this.client().catch(orItsArchive));
    }
    const { openArchiveHistory } = await import('./archive-history.ts');
    return openArchiveHistory(location);
  }
}

/** What a stopped logger has recorded can still be read. */
function orItsArchive(error: unknown): never {
  if (!(error instanceof CliError) || error.exitCode !== EXIT.unreachable) throw error;
  throw new CliError(EXIT.unreachable, `${error.message}, or read its archive with --archive`);
}

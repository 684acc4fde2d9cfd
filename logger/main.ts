#!/usr/bin/env node
/** The logger's entry: settings in, a running logger, an exit code out (78: bad settings). */

import { readFileSync } from 'node:fs';
import { composeLogger } from './compose.ts';
import type { Logger } from './compose.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/load.ts';
import { ConfigError, describeError } from './errors.ts';
import { createLineLog, standardErrorLines } from './service/line-log.ts';
import type { Log } from './service/log.ts';
import { createSystemClock } from './service/system-clock.ts';
import type { SystemClock } from './service/system-clock.ts';

const EXIT_CONFIG = 78;
const EXIT_USAGE = 2;
/** A stop that takes longer is given up: what was acknowledged is safe anyhow. */
const STOP_DEADLINE_MS = 9_000;
/** After a bug nothing more than this is spent on writing out. */
const FATAL_DEADLINE_MS = 2_000;

const lines = standardErrorLines();

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}

/** One line on standard error, then the end. */
function fail(error: unknown): never {
  lines.write(`orderbook-logger: ${describeError(error)}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}

/** Owns how the process ends: once, by a signal, by the manager or by a bug. */
class Ending {
  readonly #log: Log;
  #logger: Logger | undefined;
  #isStopping = false;
  #isWanted = false;

  constructor(log: Log) {
    this.#log = log;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => this.stop(signal));
    }
    process.on('uncaughtException', (error) => this.crash(error));
    process.on('unhandledRejection', (error) => this.crash(error));
  }

  started(logger: Logger): void {
    this.#logger = logger;
    if (this.#isWanted) this.stop('asked while starting');
  }

  stop(reason: string): void {
    this.#isWanted = true;
    if (!this.#logger || this.#isStopping) return;
    this.#isStopping = true;
    this.#log.notice('Stopping', { reason });
    this.#end(this.#logger, 0, STOP_DEADLINE_MS);
  }

  crash(error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#log.error('A bug: the process ends', { reason: describeError(error), stack });
    if (!this.#logger) process.exit(1);
    this.#end(this.#logger, 1, FATAL_DEADLINE_MS);
  }

  #end(logger: Logger, code: number, deadlineMs: number): void {
    setTimeout(() => {
      this.#log.error('Not everything could be written out in time');
      process.exit(1);
    }, deadlineMs).unref();
    logger.stop().then(
      () => {
        this.#log.notice('Stopped');
        process.exit(code);
      },
      (error: unknown) => {
        this.#log.error('The stop failed', { reason: describeError(error) });
        process.exit(1);
      },
    );
  }
}

const USAGE = `orderbook-logger: records exchange order books without holes it does not tell of.

It takes no arguments. Settings are environment variables, or with USE_ENV_FILE=true lines of
vars.env in the working directory; the README lists them. What it records is said with SECURITIES
(for example SECURITIES=binance:BTCUSDT) or, while it runs, by orderbook-manager.

  --help     prints this
  --version  prints the version
`;

/** Settings come from the environment alone: an argument is a mistake, and must not start anything. */
function answerArguments(given: readonly string[]): void {
  const [first] = given;
  if (first === undefined) return;
  if (first === '--help' || first === '-h') process.stdout.write(USAGE);
  else if (first === '--version') process.stdout.write(`${readVersion()}\n`);
  else {
    lines.write(
      `orderbook-logger: takes no arguments, and got ${JSON.stringify(first)}: see --help\n`,
    );
    process.exit(EXIT_USAGE);
  }
  process.exit(0);
}

async function run(config: Config, clock: SystemClock, log: Log): Promise<void> {
  const version = readVersion();
  const ending = new Ending(log);
  const logger = await composeLogger(config, {
    log,
    version,
    clock,
    onFatal: (error) => ending.crash(error),
    onTerminate: () => ending.stop('terminate'),
  });
  log.notice('Recording', {
    version,
    manager: `${config.managerHost}:${logger.port}`,
    archive: config.dataDirectory,
  });
  ending.started(logger);
}

answerArguments(process.argv.slice(2));
try {
  const config = await loadConfig(process.env);
  const clock = createSystemClock();
  const log = createLineLog({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => lines.write(line),
    nowUs: () => clock.nowUs(),
  });
  for (const warning of config.warnings) log.warning(warning);
  await run(config, clock, log);
} catch (error) {
  fail(error);
}

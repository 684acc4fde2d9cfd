#!/usr/bin/env node
/** The logger's entry: settings in, a running logger, an exit code out (78: bad settings). */

// First of all: signals are answered while the rest is being loaded.
import { takeSignals } from './service/early-signals.ts';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Logger } from './compose.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/load.ts';
import { ConfigError, describeError } from './errors.ts';
import { Shutdown } from './service/shutdown.ts';
import { goesToJournal } from './service/journal.ts';
import { createLineLog, standardErrorLines } from './service/line-log.ts';
import type { LineLog } from './service/line-log.ts';
import { ServiceManager } from './service/service-manager.ts';
import { guardAgainstStalls } from './service/stall-guard.ts';
import { createSystemClock } from './service/system-clock.ts';
import type { SystemClock } from './service/system-clock.ts';
import { openNotifier } from './service/systemd-notify.ts';
import { watchdogLimitMs } from './service/work-signs.ts';

const EXIT_CONFIG = 78;
const EXIT_USAGE = 2;

const lines = standardErrorLines();

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}

/** One line on standard error, then the end. */
function fail(error: unknown): never {
  const level = goesToJournal(process.env) ? '<3>' : '';
  lines.write(`${level}orderbook-logger: ${describeError(error)}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
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

/** The service manager, if there is one. Where it waits for signs of life, it must get them. */
function meetServiceManager(clock: SystemClock, log: LineLog): ServiceManager {
  const watchdogMs = watchdogLimitMs(process.env, process.pid);
  const notifier = openNotifier(process.env, (reason) => {
    if (watchdogMs === undefined) log.warning('The service manager hears nothing', { reason });
    else fail(new ConfigError(`WATCHDOG_USEC is set, but no sign of life can be given: ${reason}`));
  });
  return new ServiceManager({ notifier, clock, log, watchdogMs });
}

async function run(config: Config, clock: SystemClock, log: LineLog): Promise<void> {
  const version = readVersion();
  const manager = meetServiceManager(clock, log);
  let logger: Logger | undefined;
  const ending = new Shutdown({
    log,
    clock,
    exit: (code) => process.exit(code),
    onStopping: () => manager.stopping(),
  });
  takeSignals({
    stop: (signal) => ending.signal(signal),
    reload: () => {
      const running = logger;
      if (running) manager.reload(() => running.reload());
    },
  });
  process.on('uncaughtException', (error) => ending.crash(error));
  process.on('unhandledRejection', (error) => ending.crash(error));
  guardAgainstStalls({ limitS: config.stallLimitS, format: config.logFormat, log });
  manager.starting();
  // Only now, since loading the object graph takes a while in which signals are to be answered.
  const { composeLogger } = await import('./compose.ts');
  logger = await composeLogger(config, {
    log,
    version,
    clock,
    onFatal: (error) => ending.crash(error),
    onTerminate: () => ending.stop('terminate'),
  });
  log.notice('Recording', {
    version,
    manager: `${config.managerHost}:${logger.port}`,
    archive: logger.archive,
    ...(config.mongodb && { spool: resolve(config.dataDirectory) }),
    ...(config.metrics && { metrics: `${config.metrics.host}:${logger.metricsPort}` }),
  });
  manager.ready(logger);
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

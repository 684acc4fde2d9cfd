#!/usr/bin/env node
/** The logger's entry point. Exit code 78 for invalid settings, 2 for arguments, 1 for other errors. */

// First, so that signals are handled while the rest is being loaded.
import { handleSignals } from './service/early-signals.ts';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Logger } from './compose.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/load.ts';
import { ConfigError, describeError } from './errors.ts';
import { hostAndPort } from './runtime/listen-error.ts';
import { Shutdown } from './service/shutdown.ts';
import { goesToJournal } from './service/journal.ts';
import { createLineLog, standardErrorLines } from './service/line-log.ts';
import type { LineLog } from './service/line-log.ts';
import { ServiceManager } from './service/service-manager.ts';
import { guardAgainstStalls } from './service/stall-guard.ts';
import { createSystemClock } from './service/system-clock.ts';
import type { SystemClock } from './service/system-clock.ts';
import { openNotifier } from './service/systemd-notify.ts';
import type { Notifier } from './service/systemd-notify.ts';
import { watchdogLimitMs } from './service/watchdog.ts';

const EXIT_CONFIG = 78;
const EXIT_USAGE = 2;

const lines = standardErrorLines();

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}

/** Prints one line on standard error and exits. */
function fail(error: unknown): never {
  const level = goesToJournal(process.env) ? '<3>' : '';
  lines.write(`${level}orderbook-logger: ${describeError(error)}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}

const USAGE = `orderbook-logger: records exchange order books; every gap is reported.

It takes no arguments. Settings are environment variables, or with USE_ENV_FILE=true lines of
vars.env in the working directory; docs/settings.md lists them. Name the securities to record in
SECURITIES (for example SECURITIES=binance:BTCUSDT), or add them with the manager CLI while the
logger runs.

  --help     prints this
  --version  prints the version
`;

/** Settings come from the environment alone; an argument is a mistake, and must not start anything. */
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

/** @throws by exiting: a watchdog that can't be notified would end the process for no reason. */
function connectToServiceManager(watchdogMs: number | undefined, log: LineLog): Notifier {
  return openNotifier(process.env, (reason) => {
    if (watchdogMs === undefined) {
      log.warning('The service manager can not be notified', { reason });
    } else {
      fail(new ConfigError(`WATCHDOG_USEC is set, but systemd can't be notified: ${reason}`));
    }
  });
}

async function run(config: Config, clock: SystemClock, log: LineLog): Promise<void> {
  const version = readVersion();
  const watchdogMs = watchdogLimitMs(process.env, process.pid);
  const notifier = connectToServiceManager(watchdogMs, log);
  const manager = new ServiceManager({ notifier, clock, log }, watchdogMs);
  const shutdown = new Shutdown({
    log,
    clock,
    exit: (code) => process.exit(code),
    onStopping: () => manager.stopping(),
  });
  const onFatal = (error: unknown): void => shutdown.crash(error);
  let logger: Logger | undefined;
  handleSignals({
    stop: (signal) => shutdown.signal(signal),
    reload: () => {
      const running = logger;
      if (running) manager.reload(() => running.reload());
    },
  });
  process.on('uncaughtException', onFatal);
  process.on('unhandledRejection', onFatal);
  manager.starting();
  // Loaded late: it takes a while, during which signals have to be handled already.
  const { composeLogger } = await import('./compose.ts');
  // Not before: loading keeps the event loop busy, for seconds on a machine under load.
  guardAgainstStalls({ limitS: config.stallLimitS, format: config.logFormat, log });
  logger = await composeLogger(config, {
    log,
    version,
    clock,
    onFatal,
    onTerminate: () => shutdown.stop('terminate'),
  });
  log.notice('Recording', {
    version,
    manager: hostAndPort(config.managerHost, logger.port),
    archive: logger.archive,
    ...(config.mongodb && { spool: resolve(config.dataDirectory) }),
    ...(config.metrics &&
      logger.metricsPort !== null && {
        metrics: hostAndPort(config.metrics.host, logger.metricsPort),
      }),
  });
  manager.ready(logger);
  shutdown.started(logger);
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

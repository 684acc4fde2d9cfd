/**
 * `npm run soak`: real loggers, one with the embedded archive and one with MongoDB, run for minutes
 * or hours with exchanges and a store that inject seeded random faults. Their answers are compared
 * with the exchange's own books. The report shows memory and handles over time, gaps by cause, and
 * mismatches. Figures are reported, not judged; a wrong book, an unexplained gap or a dead logger
 * makes the exit code 1.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { InvalidArgumentError, describeError } from '../../logger/errors.ts';
import { Lane } from './lane.ts';
import type { LaneOptions } from './lane.ts';
import { reportLines } from './report.ts';
import type { SoakReport } from './report.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const PROGRESS_EVERY_MS = 30_000;
/** Without faults at the end, so that everything can settle; in a short soak a third of the time. */
const CALM_MS = 20_000;
const MAX_MINUTES = 7 * 24 * 60;
const SEEDS = 2 ** 32;

/** The exit codes that shells use for signals. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

class InterruptedError extends Error {
  readonly exitCode: number;

  constructor(signal: keyof typeof EXIT_CODES) {
    super(`interrupted by ${signal}`);
    this.exitCode = EXIT_CODES[signal];
  }
}

class UsageError extends InvalidArgumentError {}

interface Options {
  readonly minutes: number;
  readonly seed: string;
  readonly isKilled: boolean;
  readonly isJson: boolean;
}

async function readOptions(): Promise<Options> {
  const given = await yargs(hideBin(process.argv))
    .scriptName('npm run soak --')
    .usage(
      '$0 [options]\n\nRuns loggers against faulty exchanges and a faulty store (MongoDB at MONGODB_ENDPOINT or MONGODB_TEST_URI, in a temporary database).',
    )
    .option('minutes', { type: 'number', default: 5, describe: 'Duration in minutes' })
    .option('seed', {
      type: 'string',
      describe: 'Repeats the same faults; their timing still varies',
    })
    .option('kills', {
      type: 'boolean',
      default: false,
      describe: 'Also kill the loggers now and then; memory is then that of the longest run',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print the report as JSON' })
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw new UsageError(message ?? describeError(error));
    })
    .parseAsync();
  if (given['help'] === true || given['version'] === true) process.exit(0);
  const { minutes, seed = String(Math.floor(Math.random() * SEEDS)), kills, json } = given;
  if (!(minutes > 0 && minutes <= MAX_MINUTES)) {
    throw new UsageError(`minutes: ${minutes} must be above 0 and at most ${MAX_MINUTES}`);
  }
  return { minutes, seed, isKilled: kills, isJson: json };
}

function laneOptions({ seed, isKilled }: Options, directory: string): LaneOptions[] {
  const common = { seed, isKilled, directory };
  const embedded = { ...common, name: 'embedded', mongodb: undefined };
  const endpoint = process.env['MONGODB_ENDPOINT'] || process.env['MONGODB_TEST_URI'];
  if (!endpoint) {
    say('*** NO MONGODB: its half of the soak is skipped (set MONGODB_ENDPOINT to a server) ***');
    return [embedded];
  }
  const database = `orderbook_soak_${process.pid}_${Date.now().toString(36)}`;
  return [embedded, { ...common, name: 'mongodb', mongodb: { endpoint, database } }];
}

async function soak(options: Options, directory: string): Promise<SoakReport> {
  const { minutes, seed } = options;
  const durationMs = minutes * 60_000;
  const calmMs = Math.min(CALM_MS, durationMs / 3);
  const lanes: Lane[] = [];
  const interrupted = interruption();
  // In case this process exits before `discard` below.
  process.once('exit', () => lanes.forEach((lane) => lane.kill()));
  try {
    for (const each of laneOptions(options, directory)) lanes.push(await Lane.start(each));
    say(`Soak of ${minutes} min, seed ${seed}: everything is live.`);
    const startMs = performance.now();
    const progress = setInterval(() => {
      const seconds = Math.round((performance.now() - startMs) / 1000);
      for (const lane of lanes) say(`${seconds} s  ${lane.progress()}`);
    }, PROGRESS_EVERY_MS);
    const runs = Promise.all(lanes.map((lane) => lane.run(durationMs, calmMs)));
    await Promise.race([runs, interrupted]).finally(() => clearInterval(progress));
    for (const lane of lanes) say(lane.measured());
    say('Time is up: stopping the loggers and auditing their archives.');
    const loggers = await Promise.all(lanes.map((lane) => lane.finish(say)));
    const isOk = loggers.every(({ problems }) => problems.length === 0);
    return { isOk, seed, minutes, loggers };
  } finally {
    for (const lane of lanes) {
      // A database that cannot be dropped must not cost the report.
      await lane.discard().catch((error: unknown) => say(`soak: ${describeError(error)}`));
    }
  }
}

async function main(): Promise<number> {
  const options = await readOptions();
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-soak-'));
  let isOk = false;
  try {
    const report = await soak(options, directory);
    ({ isOk } = report);
    const text = options.isJson ? JSON.stringify(report) : reportLines(report).join('\n');
    process.stdout.write(`${text}\n`);
  } finally {
    if (isOk) rmSync(directory, { recursive: true, force: true });
    else say(`The loggers' logs and archives are in ${directory}`);
  }
  return isOk ? 0 : EXIT_FAILED;
}

function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new InterruptedError(signal)));
    }
  });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return error.exitCode;
  return error instanceof InvalidArgumentError ? EXIT_USAGE : EXIT_FAILED;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  say(`soak: ${describeError(error)}`);
  // After an interruption timers and processes may still be active.
  process.exit(exitCodeOf(error));
}

#!/usr/bin/env node
/**
 * `npm run demo`: a sandbox exchange, a logger and its manager CLI, without a network. Records, reads
 * books now and in the past, provokes a gap, and compares every book with the exchange's own; with `--all`
 * also one book of every exchange. Exits with 0 only if everything was right, and always leaves neither
 * processes nor files behind, but with `--keep DIR` the archive, to which `--minutes N` adds N minutes.
 */

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '../../logger/errors.ts';
import { startSandbox } from '../sandbox.ts';
import { DEMO_HELP, demoOptions } from './demo-options.ts';
import type { DemoOptions } from './demo-options.ts';
import { DemoProcesses, freePort } from './demo-process.ts';
import { DemoRunner } from './demo-runner.ts';
import { playDemo } from './demo-steps.ts';
import { interruption } from './interruption.ts';

const DEMO_LIMIT_MS = 50_000;
const COMMAND_LIMIT_MS = 25_000;
const MINUTE_MS = 60_000;
const EXIT_USAGE = 2;
const WHOLE_DEMO_LIMIT_MS = 240_000;

async function main(): Promise<number> {
  let options: DemoOptions;
  try {
    options = demoOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`demo: ${describeError(error)}\n`);
    return EXIT_USAGE;
  }
  if (options.isHelp) {
    process.stdout.write(DEMO_HELP);
    return 0;
  }
  const { isAll, keep, minutes } = options;
  const stepsLimitMs = isAll ? WHOLE_DEMO_LIMIT_MS : DEMO_LIMIT_MS;
  // What was recorded longer takes longer to verify.
  const interrupted = interruption(stepsLimitMs + 2 * minutes * MINUTE_MS);
  const directory = keep ?? (await mkdtemp(join(tmpdir(), 'orderbook-demo-')));
  await mkdir(directory, { recursive: true });
  const removeDirectory = (): void => {
    if (keep === undefined) rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', removeDirectory);
  const sandbox = await startSandbox({ seed: 'demo', pace: 400 });
  const processes = new DemoProcesses({
    dataDirectory: directory,
    managerPort: await freePort(),
    authkey: randomBytes(24).toString('hex'),
    exchanges: sandbox.loggerSettings,
    commandLimitMs: COMMAND_LIMIT_MS + (minutes * MINUTE_MS) / 6,
  });
  // In case the process exits before `close` below.
  process.once('exit', () => processes.killAll());
  const played = playDemo(new DemoRunner(sandbox, processes), directory, options).then(
    () => 0,
    (error: unknown) => {
      process.stderr.write(`\ndemo: ${describeError(error)}\n`);
      return 1;
    },
  );
  const exitCode = await Promise.race([played, interrupted]);
  await processes.close();
  await sandbox.close();
  removeDirectory();
  return exitCode;
}

// Not just `process.exitCode`: an interrupted demo may still be waiting for something.
process.exit(await main());

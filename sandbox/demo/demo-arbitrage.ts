#!/usr/bin/env node
/**
 * `npm run demo:arbitrage`: two simulated exchanges, a logger, and the pipe between them, without a network.
 * Prices come apart and together again; the arbitrage strategy acts on paper, and the post-mortem explains
 * it from the recorded books. Exits with 0 only if every figure was right. The page of the post-mortem stays.
 */

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '../../logger/errors.ts';
import { DEFAULT_SYMBOLS } from '../market/symbols.ts';
import { startSandbox } from '../sandbox.ts';
import { ARCHIVE, playArbitrage } from './arbitrage-steps.ts';
import { DemoProcesses, freePort } from './demo-process.ts';
import { DemoRunner } from './demo-runner.ts';
import { interruption } from './interruption.ts';

const DEMO_LIMIT_MS = 120_000;
const COMMAND_LIMIT_MS = 40_000;

async function main(): Promise<number> {
  const interrupted = interruption(DEMO_LIMIT_MS);
  const directory = await mkdtemp(join(tmpdir(), 'demo-arbitrage-'));
  const archive = join(directory, ARCHIVE);
  const symbols = DEFAULT_SYMBOLS.filter(({ symbol }) => symbol === 'BTCUSDT');
  const sandbox = await startSandbox({ seed: 'arbitrage', pace: 100, symbols, mirrors: ['bybit'] });
  const processes = new DemoProcesses({
    dataDirectory: archive,
    managerPort: await freePort(),
    authkey: randomBytes(24).toString('hex'),
    exchanges: sandbox.loggerSettings,
    commandLimitMs: COMMAND_LIMIT_MS,
    commandDirectory: directory,
  });
  // In case the process exits before `close` below.
  process.once('exit', () => processes.killAll());
  const played = playArbitrage(new DemoRunner(sandbox, processes), directory).then(
    () => 0,
    (error: unknown) => {
      process.stderr.write(`\ndemo: ${describeError(error)}\n`);
      return 1;
    },
  );
  const exitCode = await Promise.race([played, interrupted]);
  await processes.close();
  await sandbox.close();
  // The page is for the reader.
  rmSync(exitCode === 0 ? archive : directory, { recursive: true, force: true });
  return exitCode;
}

process.exit(await main());

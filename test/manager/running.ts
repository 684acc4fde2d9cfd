/** A manager port over fakes and a directory for each test of a file, and the CLI against that port. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { cli, startPort } from './fixture.ts';
import type { CliOptions, CliRun, Port } from './fixture.ts';

export const SECURITY = 'binance:BTCUSDT';

export let port: Port;
export let directory: string;

beforeEach(async () => {
  port = await startPort({ securities: [SECURITY, 'binance:ETHUSDT'] });
  directory = mkdtempSync(join(tmpdir(), 'manager-cli-'));
});

afterEach(async () => {
  await port.close(0);
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the words of a command line. */
export function manager(line: string, options: CliOptions = {}): Promise<CliRun> {
  return cli(
    line.split(' ').filter((word) => word !== ''),
    { port: port.port, ...options },
  );
}

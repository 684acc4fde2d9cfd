/** The real logger in this process, with its own archive, connected to a test's exchange. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeLogger } from '../../logger/compose.ts';
import type { Logger, LoggerDeps } from '../../logger/compose.ts';
import { loadConfig } from '../../logger/config/load.ts';
import type { Config } from '../../logger/config/load.ts';
import { silentLog } from './silent-log.ts';

export const TEST_KEY = 'test-key-of-32-characters-or-so!';

export interface TestLogger extends Logger {
  readonly dataDirectory: string;
  /** Errors that would have ended the process. */
  readonly fatal: unknown[];
  /** Stops it and removes its archive. */
  discard(): Promise<void>;
}

export interface TestExchange {
  readonly wsUrl: string;
  readonly restUrl: string;
}

/** @param changed settings beyond what the variables allow. */
export async function startTestLogger(
  exchange: TestExchange,
  env: Readonly<Record<string, string>> = {},
  parts: Partial<LoggerDeps> = {},
  changed: Partial<Config> = {},
): Promise<TestLogger> {
  const dataDirectory = env['DATA_DIR'] ?? mkdtempSync(join(tmpdir(), 'orderbook-e2e-'));
  const fatal: unknown[] = [];
  const settings = await loadConfig({
    BINANCE_WS_URL: exchange.wsUrl,
    BINANCE_REST_URL: exchange.restUrl,
    ORDERBOOK_UPDATEFREQUENCY: '100',
    MANAGER_PORT: '0',
    MANAGER_AUTHKEY: TEST_KEY,
    DATA_DIR: dataDirectory,
    ...env,
  });
  const config = { ...settings, ...changed };
  const logger = await composeLogger(config, {
    log: silentLog,
    version: '0.0.0-test',
    onFatal: (error) => void fatal.push(error),
    onTerminate: () => undefined,
    ...parts,
  });
  return {
    ...logger,
    dataDirectory,
    fatal,
    discard: async () => {
      await logger.stop();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

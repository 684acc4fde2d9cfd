/** A core on a clock, an exchange and a store that the test plays, with a real archive of its own. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { Archive } from '../../logger/archive/archive.ts';
import { createCore } from '../../logger/core.ts';
import type { Core, CoreDeps, CoreOptions } from '../../logger/core.ts';
import { keptLog } from './scripted-coinbase.ts';
import type { ManualClock } from './manual-clock.ts';
import { checkRecordedTops } from './recorded-tops.ts';
import { BINANCE, ScriptedExchange } from './scripted-exchange.ts';
import { seededRandom } from './seeded-random.ts';

export interface TestCore {
  readonly core: Core;
  readonly archive: Archive;
  readonly exchange: ScriptedExchange;
  readonly logged: readonly string[];
  /** Bugs, of which the process would have died. */
  readonly fatal: readonly unknown[];
  /** Stops it and removes its archive. */
  discard(): Promise<void>;
}

export async function openTestCore(
  clock: ManualClock,
  deps: Partial<CoreDeps> = {},
  options: Partial<CoreOptions> = {},
): Promise<TestCore> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-core-'));
  const archive = await openSpool({ directory });
  const exchange = new ScriptedExchange(clock, BINANCE);
  const logged: string[] = [];
  const fatal: unknown[] = [];
  const core = createCore(
    {
      version: '0.0.0-test',
      exchanges: new Map([[exchange.name, () => exchange]]),
      baseImageIntervalS: 60,
      retentionDays: 30,
      candles: [],
      staleAfterMs: 15_000,
      updateFrequencyMs: 100,
      ...options,
    },
    {
      clock,
      random: seededRandom(1),
      log: keptLog(logged),
      transport: NO_NETWORK,
      yieldToEventLoop: () => Promise.resolve(),
      leadUs: () => 0,
      archive,
      expiring: archive,
      store: null,
      processStatus: () => ({ rss: 0, heapUsed: 0, eventLoopLag: 0, threads: 1, handles: 0 }),
      onFatal: (error) => void fatal.push(error),
      onTerminate: () => undefined,
      ...deps,
    },
  );
  return {
    core,
    archive,
    exchange,
    logged,
    fatal,
    discard: async () => {
      await whileMoving(clock, core.stop());
      await whileMoving(clock, core.close());
      await checkRecordedTops(archive);
      await archive.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Moves the clock until `work` is done: a shutdown waits for connections to close. */
async function whileMoving(clock: ManualClock, work: Promise<void>): Promise<void> {
  const progress = { isDone: false };
  const done = work.finally(() => (progress.isDone = true));
  do await clock.advanceAsync(10);
  while (!progress.isDone);
  await done;
}

const NO_NETWORK: CoreDeps['transport'] = {
  connect: () => {
    throw new Error('A scripted exchange needs no network');
  },
  get: () => Promise.reject(new Error('A scripted exchange needs no network')),
};

/** Recorded single orders, played by hftbacktest: its book is that of the snapshots. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startManager } from '../../logger/manager/server.ts';
import type { ManagerPort } from '../../logger/manager/server.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { FakeControl } from '../manager/fake-control.ts';
import { KEY, accessWith, cli } from '../manager/fixture.ts';
import { CoinbaseReplay } from '../support/coinbase-replay.ts';
import { FULL_FILES, FullSession } from '../support/coinbase-session.ts';
import { PYTHON, backtesters, pythonScript } from '../support/python.ts';
import { needs, recordings } from '../support/requirements.ts';
import { silentLog } from '../support/silent-log.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SECURITY = 'coinbase:BTC-USD';

describe('orders of a recording', needs(backtesters, recordings), () => {
  const folder = mkdtempSync(join(tmpdir(), 'python-orders-'));
  let replay: CoinbaseReplay | undefined;
  let logger: TestLogger | undefined;
  let manager: ManagerPort | undefined;

  afterEach(async () => {
    await manager?.close(0);
    await logger?.discard();
    await replay?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('are a market of single orders in hftbacktest', async () => {
    const session = new FullSession(FULL_FILES[0]);
    replay = await CoinbaseReplay.start({
      frames: session.frames,
      waitFor: ['BTC-USD/full', 'BTC-USD/heartbeat'],
      book: (played) => {
        const sequence = session.snapshotSequence + played;
        return { sequence, orders: session.bookAt(sequence) };
      },
      // Receive times are those of the replay: it takes some seconds.
      pauseMs: 5,
      // The recording's only trade is its frame 166: the book has to be there before it.
      holdWhile: (played) => played >= 100 && logger?.control.status(SECURITY)?.state !== 'live',
    });
    logger = await startTestLogger(replay, {
      COINBASE_WS_URL: replay.wsUrl,
      COINBASE_REST_URL: replay.restUrl,
      COINBASE_API_KEY: 'a-key',
      COINBASE_API_SECRET: Buffer.from('a secret of some length').toString('base64'),
      COINBASE_API_PASSPHRASE: 'a-passphrase',
    });
    const { control, reader } = logger;
    await control.add([SECURITY], false, AbortSignal.timeout(30_000));
    await replay.finished;
    const isThere = (): boolean =>
      control.status(SECURITY)?.sequence === String(session.lastSequence);
    await until('the last message', isThere, 30_000);
    await control.flush(SECURITY);
    manager = await startManager({
      host: '127.0.0.1',
      port: 0,
      access: accessWith(KEY),
      readAccess: () => accessWith(KEY),
      control: new FakeControl(SECURITY),
      reader,
      version: '1',
      clock: createSystemClock(),
      log: silentLog,
    });
    for (const [type, file] of [
      ['orders', 'orders.npz'],
      ['snapshots --every 20ms --depth 3 --floats', 'snapshots.floats.parquet'],
    ]) {
      const line = `export ${SECURITY} --type ${type} --allow-gaps --out ${join(folder, file ?? '')}`;
      const done = await cli(line.split(' '), { port: manager.port });
      expect([done.code, done.stderr]).toEqual([0, '']);
    }
    const read = execFileSync(PYTHON, [pythonScript('read_orders.py'), folder], {
      encoding: 'utf8',
    });
    const counts = JSON.parse(read.trimEnd().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(counts['books']).toBeGreaterThan(10);
    expect(counts['fills']).toBeGreaterThan(0);
  });
});

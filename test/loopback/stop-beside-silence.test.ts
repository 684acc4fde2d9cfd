/** A stop while a self-check waits for a database that says nothing. */

import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { startTcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import { freshDatabase } from '../support/mongodb.ts';
import { startTestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { mongodb, needs } from '../support/requirements.ts';

const BTC = 'binance:BTCUSDT';
/** What a process gives its logger; see `service/ending.ts`. */
const STOP_DEADLINE_MS = 9_000;

test('is not held up by it', { ...needs(mongodb), timeout: 180_000 }, async () => {
  const { uri, database } = freshDatabase();
  const { hostname, port } = new URL(uri);
  const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const sandbox = await startSandbox({ seed: 5, symbols: ['BTCUSDT'], pace: 100 });
  const logger = await startTestLogger(
    sandbox.venues.binance,
    {
      SECURITIES: BTC,
      MONGODB_ENDPOINT: `mongodb://127.0.0.1:${proxy.port}/${database}?directConnection=true`,
    },
    { limits: { maxBlockAgeMs: 200 } },
  );
  const { control } = logger;
  await until('a book', () => control.status(BTC)?.state === 'live');
  await until(
    'its image to be shipped',
    async () => (await control.health()).archive.spoolBytes === 0,
  );
  proxy.mode = 'hang';
  const { sequence } = control.status(BTC) ?? {};
  await until('another step', () => control.status(BTC)?.sequence !== sequence);
  await control.snapshot([BTC]);
  const begunMs = performance.now();
  await logger.stop();
  expect(performance.now() - begunMs).toBeLessThan(STOP_DEADLINE_MS);
  expect(logger.fatal).toEqual([]);
  await logger.discard();
  await sandbox.close();
  await proxy.close();
});

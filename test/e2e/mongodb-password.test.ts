/** A MongoDB server that rejects the password. */

import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { cli } from '../manager/fixture.ts';
import { startRefusingMongo } from '../support/refusing-mongo.ts';
import { keptLog } from '../support/scripted-coinbase.ts';
import { until } from '../support/until.ts';
import { BTC, startLogger, undo } from './mongodb-run.ts';

test('a query prints one line, without the password', async () => {
  const server = await startRefusingMongo();
  undo.push(() => server.close());
  const uri = `mongodb://me:very-secret@127.0.0.1:${server.port}/orderbook?directConnection=true`;
  const run = await cli(['coverage', BTC, '--archive', uri]);
  expect(run).toMatchObject({ code: 1, stdout: '' });
  expect(run.stderr).toMatch(
    /^orderbook-manager: MongoDB \(127\.0\.0\.1:\d+\) rejects this user: Authentication failed: [^\n]*\n$/,
  );
  expect(server.attempts()).toBeGreaterThan(0);
});

test('recording continues into the spool, and health reports the store', async () => {
  const server = await startRefusingMongo();
  undo.push(() => server.close());
  const sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
  undo.push(() => sandbox.close());
  const logged: string[] = [];
  const settings = {
    SECURITIES: BTC,
    MONGODB_ENDPOINT: `mongodb://me:very-secret@127.0.0.1:${server.port}/orderbook`,
  };
  const logger = await startLogger(sandbox.venues.binance, settings, keptLog(logged));
  await until('recording', () => logger.control.status(BTC)?.state === 'live');
  const health = await logger.control.health();
  expect(health).toMatchObject({ status: 'degraded', archive: { reachable: false } });
  expect(health.archive.message).toContain('rejects this user: Authentication failed');
  expect(logged.join('\n')).toContain('takes no records until its settings are corrected');
  const isWaiting = async (): Promise<boolean> =>
    (await logger.control.health()).archive.spoolBytes > 0;
  await until('a record in the spool', isWaiting);
}, 180_000);

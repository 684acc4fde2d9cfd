/** The state of a running recorder as text: it agrees with the archive. */

import { afterEach, expect, test } from 'vitest';
import { NO_TOTALS } from '../../../logger/archive/archive.ts';
import { connectionRule } from '../../../logger/exchange/connection-rule.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { formatBookNow, formatStatus } from '../../../logger/status/format.ts';
import { keptLog } from '../../support/scripted-coinbase.ts';
import { RecorderHarness } from './harness.ts';

const BTC = securityOf('binance', 'BTCUSDT');
const LEVEL2 = {
  name: 'coinbase',
  level: 'L2',
  feed: 'level2_batch',
  proof: 'connection',
  rule: connectionRule,
} as const;

let harness: RecorderHarness;

afterEach(() => harness.close());

async function liveRecorder(logged: string[] = []) {
  const { one, queue } = harness.recorder({ log: keptLog(logged) });
  await harness.proveBook(one);
  return { one, queue };
}

test('while the connection is down, the reader reports the same gap as the book now', async () => {
  harness = await RecorderHarness.open(BTC);
  const { clock, exchange, archive } = harness;
  const { one, queue } = await liveRecorder();
  const reader = createReader(archive, { liveGap: () => one.currentGap });
  clock.advance(400);
  exchange.alive();
  exchange.down();
  clock.advance(3000);
  one.tick();
  await queue.drained();
  const now = formatBookNow(one, clock.nowUs(), 0);
  const { gap } = now as { gap: object };
  expect(gap).toMatchObject({ to: null, cause: 'connection' });
  const position = { clock: 'receive', us: clock.nowUs() } as const;
  expect(await reader.bookAt({ security: BTC.id, position })).toEqual(now);
  const { gaps } = await reader.coverage({ security: BTC.id });
  expect(gaps).toEqual([{ ...gap, firstMissing: '103', lastMissing: null }]);

  exchange.up();
  exchange.diff(103, 104);
  one.tick();
  await queue.drained();
  expect((await reader.coverage({ security: BTC.id })).gaps).toEqual([]);
});

test.each(['removed', 'restart'] as const)(
  'after an end by %s, reader and book now report the same gap',
  async (cause) => {
    harness = await RecorderHarness.open(BTC);
    const { clock, archive } = harness;
    const { one, queue } = await liveRecorder();
    one.close(cause);
    await queue.drained();
    clock.advance(1000);
    const reader = createReader(archive);
    const { gap } = formatBookNow(one, clock.nowUs(), 0) as { gap: object };
    expect(gap).toMatchObject({ to: null, cause });
    const position = { clock: 'receive', us: clock.nowUs() } as const;
    expect(await reader.bookAt({ security: BTC.id, position })).toMatchObject({ gap });
    expect((await reader.coverage({ security: BTC.id })).gaps).toMatchObject([gap]);
  },
);

test('without sequence numbers, list, book and log show none', async () => {
  harness = await RecorderHarness.open(BTC, LEVEL2);
  const logged: string[] = [];
  const { one } = await liveRecorder(logged);
  const selfCheck = { images: 0, snapshots: 0, mismatches: 0 };
  const figures = { lastMessageAge: null, messageRate: 0, selfCheck, totals: NO_TOTALS };
  expect(formatStatus(one, figures)).toMatchObject({ proof: 'connection', sequence: null });
  expect(formatBookNow(one, 0, 0)).toMatchObject({ state: 'proven', sequence: null });
  const live = logged.filter((line) => line.startsWith('Live'));
  expect(live).toEqual(['Live {"security":"binance:BTCUSDT","feed":"level2_batch"}']);
});

/** Rows as they happen, of messages that a real exchange rarely sends. */

import { expect, test } from 'vitest';
import type { GapItem, SnapshotItem } from '../../../logger/queries/items.ts';
import { LiveSnapshots } from '../../../logger/series/live-snapshots.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openTestCore } from '../../support/test-core.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import type { Diff } from '../../../logger/market/events.ts';

const SECURITY = 'binance:BTCUSDT';

async function followed(everyUs: number) {
  const clock = new ManualClock();
  const one = await openTestCore(clock);
  const batches: (readonly (SnapshotItem | GapItem)[])[] = [];
  const { core, exchange } = one;
  const query = { security: SECURITY, everyUs, depth: 1 };
  const snapshots = new LiveSnapshots({ live: core.live, clock, isBeforeStart: true }, query, {
    onItems: (items) => void batches.push(items),
    onError: (error) => {
      throw error;
    },
  });
  await core.start([SECURITY]);
  await clock.advanceAsync(0);
  exchange.up();
  exchange.diff(99, 101, [1000, 6]);
  exchange.answer(snapshotAt(100, [1000, 5], [1010, 7]));
  await clock.advanceAsync(10);
  return { clock, one, exchange, snapshots, batches };
}

test('one message that is stamped far ahead makes no rows; the export has the same', async () => {
  const { clock, one, exchange, snapshots, batches } = await followed(200_000);
  for (let sequence = 102; sequence < 140; sequence++) {
    if (sequence === 120 || sequence === 139) {
      const nowUs = clock.nowUs();
      exchange.listeners.get('BTCUSDT')!.onUpdate({
        type: 'diff',
        firstSequence: sequence,
        lastSequence: sequence,
        exchangeTimeUs: nowUs + 365 * 86_400_000_000,
        receiveTimeUs: nowUs,
        bids: [1000, 9],
        asks: [],
      } satisfies Diff);
    } else exchange.diff(sequence, sequence, [1000, sequence]);
    exchange.trade(sequence);
    await clock.advanceAsync(70, 10);
  }
  const rows = batches.flat().filter((item) => item.type === 'snapshot');
  expect(rows.length).toBeGreaterThan(8);
  expect(rows.length).toBeLessThan(16);
  expect(snapshots.late).toBe(0);
  await one.core.control.flush(SECURITY);
  const stored: SnapshotItem[] = [];
  const query = { security: SECURITY, everyUs: 200_000, depth: 1, clock: 'exchange' } as const;
  for await (const item of one.core.reader.snapshots(query)) {
    if (item.type === 'snapshot') stored.push(item);
    if (stored.length > rows.length + 10) break;
  }
  expect(stored.slice(0, rows.length)).toEqual(rows);
  expect(stored.length).toBeLessThan(rows.length + 4);
  snapshots.stop();
  await one.discard();
});

test('after a quiet hour rows come in many small turns, none is left out', async () => {
  const { clock, one, exchange, snapshots, batches } = await followed(100_000);
  exchange.trade(1);
  // Kept alive by what is said of it meanwhile.
  for (let s = 0; s < 3600; s += 1) {
    exchange.alive();
    await clock.advanceAsync(1000, 1000);
  }
  batches.length = 0;
  exchange.diff(102, 102, [1000, 9]);
  exchange.trade(2);
  await clock.advanceAsync(1000, 10);
  const sizes = batches.map((items) => items.length);
  const times = batches.flat().map((item) => (item.type === 'gap' ? -1 : item.atUs));
  expect(times.length).toBeGreaterThan(35_000);
  expect(times.every((us, i) => i === 0 || us === (times[i - 1] as number) + 100_000)).toBe(true);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
  snapshots.stop();
  await one.discard();
});

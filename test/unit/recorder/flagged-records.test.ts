/** Receive-time defects in records, through a real archive, with an event loop that stalls. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive, BlockRef, StoredRecord } from '../../../logger/archive/archive.ts';
import { checkRecord } from '../../../logger/archive/record.ts';
import type { BadReceiveTime } from '../../../logger/market/bad-receive-times.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { ReceiveTimes } from '../../../logger/recorder/receive-times.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import type { ScriptedExchange } from '../../support/scripted-exchange.ts';
import { silentLog } from '../../support/silent-log.ts';
import { RecorderHarness } from './harness.ts';

const BTC = securityOf('binance', 'BTCUSDT');
const limits = { ...DEFAULT_LIMITS, maxBlockAgeMs: 2000 };

let harness: RecorderHarness;
let archive: Archive;
let clock: ManualClock;
let exchange: ScriptedExchange;
let times: ReceiveTimes;

beforeEach(async () => {
  harness = await RecorderHarness.open(BTC);
  ({ archive, clock, exchange } = harness);
  times = new ReceiveTimes({
    clock,
    leadUs: () => 0,
    limits,
    log: silentLog,
    onFatal: (error) => harness.fatal.push(error),
  });
  times.start();
});

afterEach(async () => {
  times.stop();
  await harness.close();
});

/** A recorder that follows the exchange, its first image at sequence 102. */
async function live(): Promise<ReturnType<RecorderHarness['recorder']>> {
  const under = harness.recorder({ limits, receiveTimes: times });
  await harness.proveBook(under.one);
  // On a beat.
  await clock.advanceAsync(40);
  expect(under.one.phase).toBe('live');
  return under;
}

/** Seconds with a diff each, and the regular work after it. */
function seconds(one: SecurityRecorder, count: number, first: number): void {
  for (let i = 0; i < count; i++) {
    exchange.diff(first + i, first + i, [900 + i, 1]);
    one.tick();
    clock.advance(1000);
  }
}

async function stored(): Promise<readonly BlockRef[]> {
  const first = await archive.segmentStart(BTC.id, 0);
  const epoch = first?.header.epoch ?? 0;
  return [
    ...(await archive.images(BTC.id, epoch, 0)),
    ...(await archive.blocks(BTC.id, epoch, { afterSequence: 0 })),
  ];
}

/** Defects of the records that have some, by key. */
async function flagged(): Promise<Record<string, readonly BadReceiveTime[]>> {
  const found: Record<string, readonly BadReceiveTime[]> = {};
  for (const ref of await stored()) {
    const { kind, lastSequence, badReceiveTimes } = ref.header;
    checkRecord(await ref.load());
    if (badReceiveTimes) found[`${kind} ${lastSequence}`] = badReceiveTimes;
  }
  return found;
}

test('without a stall records carry no defects', async () => {
  const { one, queue } = await live();
  seconds(one, 10, 103);
  await queue.drained();
  const records = await stored();
  expect(records.length).toBeGreaterThan(4);
  for (const { header } of records) expect(header).not.toHaveProperty('badReceiveTimes');
  one.close('restart');
});

test('blocks with receive times in a stall are marked; those before and after are not', async () => {
  const { one, queue } = await live();
  seconds(one, 4, 103);
  const fromUs = clock.nowUs();
  clock.stall(600);
  // The sockets have their turn before the overdue beat, and a full block is sealed right then.
  exchange.diff(107, 107, [950, 1]);
  one.tick();
  clock.advance(100);
  exchange.diff(108, 108, [951, 1]);
  one.tick();
  clock.advance(900);
  seconds(one, 6, 109);
  await queue.drained();
  const bad = Object.entries(await flagged());
  expect(bad).toEqual([
    ['block 107', [{ fromUs, toUs: fromUs + 600_000, cause: 'stall' }]],
    ['block 110', [{ fromUs, toUs: fromUs + 850_000, cause: 'stall' }]],
  ]);
  one.close('restart');
});

test('an image is marked if its last message arrived late', async () => {
  const { one, queue } = await live();
  clock.advance(1000);
  const fromUs = clock.nowUs();
  clock.stall(600);
  exchange.diff(103, 103, [950, 1]);
  one.imageNow();
  clock.advance(2000);
  exchange.diff(104, 104, [951, 1]);
  one.imageNow();
  await queue.drained();
  expect(await flagged()).toEqual({
    'block 103': [{ fromUs, toUs: fromUs + 600_000, cause: 'stall' }],
    'image 103': [{ fromUs, toUs: fromUs + 600_000, cause: 'stall' }],
  });
  one.close('restart');
});

test("a segment's first image is marked, and the block with the trades that waited for it", async () => {
  const { one, queue } = harness.recorder({ limits, receiveTimes: times });
  await one.start();
  await clock.advanceAsync(0);
  exchange.up();
  const fromUs = clock.nowUs();
  clock.stall(600);
  exchange.trade(1);
  exchange.diff(99, 101, [1001, 3]);
  exchange.answer(snapshotAt(100, [1000, 5], [1010, 7]));
  await clock.advanceAsync(100, 10);
  expect(one.phase).toBe('live');
  exchange.diff(102, 102, [1002, 3]);
  one.close('restart');
  await queue.drained();
  const marked = Object.entries(await flagged());
  expect(marked.map(([record]) => record)).toEqual(['image 101', 'block 102']);
  for (const [, bad] of marked) expect(bad).toMatchObject([{ fromUs, cause: 'stall' }]);
});

test('journal parts are marked, and the marks survive a crash', async () => {
  const { one, queue } = await live();
  clock.advance(1000);
  const fromUs = clock.nowUs();
  clock.stall(600);
  exchange.diff(103, 103, [950, 1]);
  one.journal();
  clock.advance(100);
  exchange.diff(104, 104, [951, 1]);
  one.journal();
  clock.advance(500);
  exchange.diff(105, 105, [952, 1]);
  one.journal();
  const second = clock.nowUs();
  clock.stall(400);
  exchange.diff(106, 106, [953, 1]);
  one.journal();
  await queue.drained();
  const defectsOf = (record: StoredRecord): readonly BadReceiveTime[] =>
    record.header.badReceiveTimes ?? [];
  expect((await archive.tail(BTC.id)).journal.map(defectsOf)).toEqual([
    [{ fromUs, toUs: fromUs + 600_000, cause: 'stall' }],
    [{ fromUs, toUs: fromUs + 700_000, cause: 'stall' }],
    [],
    [{ fromUs: second, toUs: second + 400_000, cause: 'stall' }],
  ]);

  // Another process, which did not see the stalls.
  const next = harness.recorder();
  await next.one.start();
  expect((await archive.tail(BTC.id)).journal).toEqual([]);
  expect(await flagged()).toEqual({
    'block 106': [
      { fromUs, toUs: fromUs + 700_000, cause: 'stall' },
      { fromUs: second, toUs: second + 400_000, cause: 'stall' },
    ],
  });
  expect((await createReader(archive).verify()).problems).toEqual([]);
  next.one.close('restart');
  await next.queue.drained();
});

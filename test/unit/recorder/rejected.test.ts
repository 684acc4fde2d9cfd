/** The exchange rejects a security's streams, or does not list it any more. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { ExchangeRejectedError, UnknownSecurityError } from '../../../logger/errors.ts';
import { parseSecurity } from '../../../logger/market/security.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { RecorderHarness, fillable } from './harness.ts';

const SYMBOL = 'BTCUSDT';

let harness: RecorderHarness;

beforeEach(async () => {
  harness = await RecorderHarness.open(parseSecurity(`binance:${SYMBOL}`));
});
afterEach(() => harness.close());

const listener = () => harness.exchange.listeners.get(SYMBOL);

/** The streams are granted, and a book is proven at `sequence`. */
async function upAgain(sequence: number): Promise<void> {
  const { exchange, clock } = harness;
  exchange.up();
  exchange.diff(sequence - 1, sequence);
  exchange.answer(snapshotAt(sequence, [1000, 5], [1010, 7]));
  await clock.advanceAsync(10);
  exchange.diff(sequence + 1, sequence + 1);
  await clock.advanceAsync(0);
}

test('a rejection after a cut ends the segment at the last evidence, cause connection', async () => {
  const { clock, exchange, archive, security } = harness;
  const { one, queue } = harness.recorder();
  await harness.proveBook(one);
  const lastUs = clock.nowUs();
  clock.advance(2000);
  exchange.down();
  expect([one.phase, one.openGap]).toEqual(['stale', null]);
  expect(one.currentGap).toMatchObject({ fromUs: lastUs, cause: 'connection' });
  listener()?.onWaiting({ for: 'connection', reason: 'refused' });
  expect([one.phase, one.openGap]).toEqual(['stale', null]);
  listener()?.onWaiting({ for: 'streams', reason: 'Internal error' });
  const gap = { fromUs: lastUs, cause: 'connection', firstMissing: 103 };
  expect([one.phase, one.openGap]).toEqual(['failed', expect.objectContaining(gap)]);
  expect(one.message).toContain('Internal error');
  await queue.drained();
  expect((await archive.tail(security.id)).openGap).toMatchObject(gap);
  await upAgain(200);
  expect(one.phase).toBe('live');
  await queue.drained();
  expect((await harness.stored(2)).gap).toMatchObject({
    fromUs: lastUs,
    cause: 'connection',
    firstMissing: 103,
  });
});

test.each(['restart', 'removed'] as const)(
  'a rejection after a %s is why the gap lasts; removing it then does not hide that',
  async (cause) => {
    const first = harness.recorder();
    await harness.proveBook(first.one);
    first.recording.close(cause);
    await first.queue.drained();
    const { one, queue, recording } = harness.recorder();
    await one.start();
    await harness.clock.advanceAsync(0);
    expect(one.openGap).toMatchObject({ cause });
    const { fromUs } = one.openGap ?? {};
    listener()?.onWaiting({ for: 'login', reason: 'Invalid API Key' });
    expect(one.openGap).toMatchObject({ cause: 'connection', fromUs });
    recording.close('removed');
    await queue.drained();
    expect((await harness.archive.tail(harness.security.id)).openGap).toMatchObject({
      cause: 'connection',
      fromUs,
    });
  },
);

test('what is not listed any more is asked for again, and recorded once it is listed', async () => {
  const { clock, exchange } = harness;
  const { one } = harness.recorder();
  await harness.proveBook(one);
  exchange.instrumentAnswer = new UnknownSecurityError('Invalid symbol.');
  listener()?.onUnlisted('Invalid symbol. (code -1121)');
  expect([one.phase, one.openGap]).toEqual(['failed', expect.objectContaining({ cause: 'other' })]);
  expect(one.currentGap).toEqual(one.openGap);
  await clock.advanceAsync(600_000, 10_000);
  expect([one.phase, listener()]).toEqual(['failed', undefined]);
  expect(one.message).toContain('Invalid symbol.');
  exchange.instrumentAnswer = { symbol: SYMBOL, scale: one.scale, tickSize: null, lotSize: null };
  await clock.advanceAsync(300_000, 10_000);
  await upAgain(500);
  expect(one.phase).toBe('live');
});

test('a snapshot that is rejected as of an unknown symbol has the listing checked', async () => {
  const { clock, exchange } = harness;
  const { one } = harness.recorder();
  await one.start();
  await clock.advanceAsync(0);
  exchange.up();
  exchange.diff(1, 2);
  exchange.answer(new UnknownSecurityError('Invalid symbol.'));
  await clock.advanceAsync(10);
  expect(exchange.renewals).toEqual(['listing']);
  expect(one.phase).toBe('syncing');
});

test('what is asked for while the archive is full stays asked for once records are stored again', async () => {
  const { clock, exchange, archive } = harness;
  let isFull = false;
  const { one } = harness.recorder({
    archive: fillable(archive, () => isFull),
    limits: { maxPendingBytes: 3000 },
  });
  await harness.proveBook(one);
  isFull = true;
  exchange.instrumentAnswer = new ExchangeRejectedError('The exchange answered 403');
  for (let sequence = 103; sequence < 120; sequence++) {
    exchange.diff(sequence, sequence, [1001, sequence]);
    one.journal();
  }
  expect([one.phase, one.message]).toEqual(['failed', expect.stringContaining('bytes wait')]);
  listener()?.onUnlisted('Invalid symbol.');
  await clock.advanceAsync(5000, 500);
  isFull = false;
  await clock.advanceAsync(60_000, 500);
  expect([one.phase, one.message]).toEqual(['starting', expect.stringContaining('answered 403')]);
  exchange.instrumentAnswer = { symbol: SYMBOL, scale: one.scale, tickSize: null, lotSize: null };
  await clock.advanceAsync(60_000, 500);
  await upAgain(500);
  expect(one.phase).toBe('live');
});

test.each(['restart', 'removed'] as const)(
  'a %s while the connection is away leaves the cause of the gap in which it was',
  async (cause) => {
    const { one, queue } = harness.recorder();
    await harness.proveBook(one);
    harness.clock.advance(2000);
    harness.exchange.down();
    const { currentGap } = one;
    expect(currentGap).toMatchObject({ cause: 'connection' });
    one.close(cause);
    await queue.drained();
    expect((await harness.archive.tail(harness.security.id)).openGap).toEqual(currentGap);
  },
);

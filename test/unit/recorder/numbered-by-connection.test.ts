/** An exchange whose sequences count the messages of one connection, and which sends checksums. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FeedListener } from '../../../logger/exchange/exchange.ts';
import { securityOf } from '../../../logger/market/security.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import type { WriteQueue } from '../../../logger/recorder/write-queue.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { RecorderHarness } from './harness.ts';

let harness: RecorderHarness;
let one: SecurityRecorder;
let queue: WriteQueue;

beforeEach(async () => {
  harness = await RecorderHarness.open(securityOf('binance', 'BTCUSDT'));
  harness.exchange.isNumberedByConnection = true;
  ({ one, queue } = harness.recorder());
  await harness.proveBook(one);
});
afterEach(async () => {
  await queue.drained();
  await harness.close();
});

function listener(): FeedListener {
  const found = harness.exchange.listeners.get('BTCUSDT');
  if (!found) throw new Error('Not open');
  return found;
}

/** A book of the next connection, at a sequence of its own. */
async function proveAgain(sequence: number): Promise<void> {
  const { clock, exchange } = harness;
  exchange.diff(sequence, sequence);
  exchange.answer(snapshotAt(sequence, [1000, 5], [1010, 7]));
  await clock.advanceAsync(2000);
  exchange.diff(sequence + 1, sequence + 1, [999, 1]);
  await clock.advanceAsync(2000);
}

test.each([
  ['lower', 7],
  ['higher', 5000],
])(
  'a segment ends with its connection; the next begins where that one counts, %s',
  async (_, from) => {
    const lastUs = one.liveness.aliveUntilUs;
    harness.exchange.down();
    expect(one.segment).toBeUndefined();
    expect(one.openGap).toMatchObject({ fromUs: lastUs, cause: 'connection', firstMissing: 103 });
    harness.exchange.up();
    await proveAgain(from);
    expect([one.phase, one.segment?.sequence]).toEqual(['live', from + 1]);
    await queue.drained();
    expect((await harness.stored(2)).gap).toMatchObject({ firstMissing: 103, lastMissing: null });
  },
);

test('after a checksum that does not match nothing is claimed since the last one that reached so far', async () => {
  const { clock, exchange } = harness;
  await clock.advanceAsync(1000);
  const match = exchange.diff(103, 103, [998, 1]);
  await clock.advanceAsync(1000);
  exchange.diff(104, 104, [997, 1]);
  listener().onMismatch('wrong', {
    lastMatch: { sequence: 103, receiveTimeUs: match.receiveTimeUs },
  });
  expect(one.openGap).toMatchObject({ fromUs: match.receiveTimeUs, cause: 'checksum' });
  await proveAgain(200);
  expect(one.phase).toBe('live');
});

test('without one that did, nothing since the image', async () => {
  const provenUs = one.segment?.proven.atUs;
  await harness.clock.advanceAsync(1000);
  harness.exchange.diff(103, 103, [998, 1]);
  listener().onMismatch('wrong', { lastMatch: null });
  expect(one.openGap).toMatchObject({ fromUs: provenUs, cause: 'checksum' });
});

/** Snapshots that come in the stream: who gets which, and when none will come. */

import { describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { StreamedSnapshot } from '../../../../logger/exchange/feed/streamed-snapshot.ts';
import { NO_HORIZON } from '../../../../logger/market/events.ts';
import type { BookSnapshot } from '../../../../logger/market/events.ts';

function snapshotAt(sequence: number, exchangeTimeUs: number | null = 7): BookSnapshot {
  const scale = { priceExponent: 0, sizeExponent: 0 };
  const head = { sequence, exchangeTimeUs, receiveTimeUs: 5, scale, horizon: NO_HORIZON };
  return { level: 'L2', ...head, bids: [], asks: [] };
}

const never = new AbortController().signal;

describe('a snapshot of the stream', () => {
  test('goes to whoever asks first, once', async () => {
    const streamed = new StreamedSnapshot(() => null);
    streamed.offer(snapshotAt(1));
    expect(streamed.isSpent).toBe(false);
    expect(await streamed.next(never)).toMatchObject({ sequence: 1 });
    expect(streamed.isSpent).toBe(true);
  });

  test('goes to all who wait for it', async () => {
    const streamed = new StreamedSnapshot(() => null);
    const asked = [streamed.next(never), streamed.next(never)];
    streamed.offer(snapshotAt(1));
    expect(await Promise.all(asked)).toMatchObject([{ sequence: 1 }, { sequence: 1 }]);
  });

  test('without a time waits for one of the stream', async () => {
    let exchangeTimeUs: number | null = null;
    const streamed = new StreamedSnapshot(() => exchangeTimeUs);
    const asked = streamed.next(never);
    streamed.offer(snapshotAt(1, null));
    exchangeTimeUs = 9;
    streamed.complete();
    expect(await asked).toMatchObject({ sequence: 1, exchangeTimeUs: 9 });
  });

  test('that is malformed fails those who wait, and another subscription is needed', async () => {
    const streamed = new StreamedSnapshot(() => null);
    const asked = expect(streamed.next(never)).rejects.toThrow('crossed');
    streamed.fail(new WireFormatError('crossed'));
    await asked;
    expect(streamed.isSpent).toBe(true);
    streamed.reset();
    expect(streamed.isSpent).toBe(false);
  });

  test('can be cancelled, and late ones stay for the next who asks', async () => {
    const streamed = new StreamedSnapshot(() => null);
    const cancel = new AbortController();
    const asked = expect(streamed.next(cancel.signal)).rejects.toMatchObject({
      code: 'feed-closed',
    });
    cancel.abort();
    await asked;
    streamed.expire();
    expect(streamed.isSpent).toBe(true);
    streamed.offer(snapshotAt(2));
    expect(await streamed.next(never)).toMatchObject({ sequence: 2 });
  });
});

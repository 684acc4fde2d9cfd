/** A security recorded by price first, and order by order once there was a key. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive, Write } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { NO_HORIZON } from '../../../logger/market/events.ts';
import type { OrderEvent } from '../../../logger/market/events.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { formatOrderEvent } from '../../../logger/queries/format.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import { blockRecord, imageRecord } from '../../../logger/recorder/segment/records.ts';
import { SCALE, SECURITY } from './random-history.ts';
import { block, diff, image, us, writeAll } from './script.ts';

let directory: string;
let archive: Archive;
let reader: Reader;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mixed-'));
  archive = await openEmbeddedArchive({ directory });
  reader = createReader(archive);
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

const byOrder = (epoch: number) =>
  ({
    security: SECURITY,
    level: 'L3',
    feed: 'full',
    proof: 'sequence',
    epoch,
    writer: 't',
  }) as const;

/** A segment of one image and two orders opened after it, 10 and 20 ms later. */
function ordersSegment(epoch: number, sequence: number, ms: number): Write[] {
  const head = (after: number) => ({
    firstSequence: sequence + after,
    lastSequence: sequence + after,
    exchangeTimeUs: us(ms + after * 10 - 2),
    receiveTimeUs: us(ms + after * 10),
  });
  const opened = (after: number): OrderEvent => ({
    type: 'open',
    ...head(after),
    orderId: `order-${after}`,
    side: 'buy',
    price: 10_000,
    remainingSize: 5,
  });
  const { exchangeTimeUs, receiveTimeUs } = head(0);
  const book = { level: 'L3', scale: SCALE, horizon: NO_HORIZON, bids: [], asks: [] } as const;
  const content = { scale: SCALE, previousSequence: sequence, events: [opened(1), opened(2)] };
  return [
    {
      type: 'image',
      record: imageRecord(
        byOrder(epoch),
        { ...book, sequence, exchangeTimeUs, receiveTimeUs },
        'start',
      ),
    },
    { type: 'block', record: blockRecord(byOrder(epoch), content, exchangeTimeUs) },
  ];
}

const byPriceSegment = (epoch: number, sequence: number, ms: number): Write[] => [
  image(epoch, sequence, ms),
  block(epoch, sequence, [diff(sequence + 1, ms + 10), diff(sequence + 2, ms + 20)]),
];

async function ordersIn(range: { fromMs?: number; toMs?: number } = {}): Promise<string[]> {
  const found: string[] = [];
  const question = {
    security: SECURITY,
    fromUs: range.fromMs === undefined ? undefined : us(range.fromMs),
    toUs: range.toMs === undefined ? undefined : us(range.toMs),
  };
  for await (const item of reader.orders(question)) {
    if (item.type === 'order')
      found.push(String(formatOrderEvent(item.event, item.scale).sequence));
    else
      found.push(`gap ${(item.fromUs - us(0)) / 1000} to ${((item.toUs ?? us(0)) - us(0)) / 1000}`);
  }
  return found;
}

describe('orders of an archive of both kinds', () => {
  test('by price first: a gap, then the orders', async () => {
    await writeAll(archive, ...byPriceSegment(1, 100, 0), ...ordersSegment(2, 200, 100));
    expect(await ordersIn()).toEqual(['gap 0 to 20', 'gap 20 to 100', '201', '202']);
  });

  test('by price last: the orders, then a gap', async () => {
    await writeAll(archive, ...ordersSegment(1, 100, 0), ...byPriceSegment(2, 200, 100));
    expect(await ordersIn()).toEqual(['101', '102', 'gap 20 to 100', 'gap 100 to 120']);
  });

  test('a range that begins in the gap between reports nothing before it', async () => {
    await writeAll(archive, ...byPriceSegment(1, 100, 0), ...ordersSegment(2, 200, 100));
    expect(await ordersIn({ fromMs: 50, toMs: 115 })).toEqual(['gap 20 to 100', '201']);
  });

  test('a range without any orders is rejected, naming the feed and the types to use instead', async () => {
    await writeAll(archive, ...byPriceSegment(1, 100, 0), ...ordersSegment(2, 200, 100));
    await expect(ordersIn({ toMs: 50 })).rejects.toThrow(
      /recorded by price \(depth\).*ask for incremental/,
    );
  });
});

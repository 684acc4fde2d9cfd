/** A segment in which the horizon moves out: every answer has the horizon of its own moment. */

import { expect, test } from 'vitest';
import type { Write } from '../../../logger/archive/archive.ts';
import { flipByte } from './damage.ts';
import { SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { block, diff, image, us, writeAll } from './script.ts';
import { formatView } from '../../../logger/queries/format.ts';
import { rebuild } from '../../../logger/reader/rebuild.ts';
import { KnownBlocks } from '../../../logger/reader/known-blocks.ts';
import { RecordLoader } from '../../../logger/reader/record-loader.ts';

const kit = useReaderKit();
const yieldToEventLoop = async (): Promise<void> => {};

const SHALLOW = { bid: 9900, ask: 10_200 };
const DEEPER = { bid: 9500, ask: null };
/** Behind the first horizon lies what no diff has named: 96.00 and 103.00. */
const DEEPER_BIDS = [10_000, 1000, 9950, 7, 9900, 5, 9800, 3, 9600, 4];
const DEEPER_ASKS = [10_100, 2000, 10_200, 1, 10_300, 6];

function deeperImage(): Write & { readonly type: 'image' } {
  const options = { horizon: DEEPER, reason: 'horizon' } as const;
  return image(1, 102, 20, DEEPER_BIDS, DEEPER_ASKS, us(18), options) as never;
}

async function history(): Promise<void> {
  const first = [10_000, 1000, 9900, 5];
  const asks = [10_100, 2000, 10_200, 1];
  await writeAll(
    kit.archive,
    image(1, 100, 0, first, asks, us(-2), { horizon: SHALLOW }),
    block(1, 100, [diff(101, 10, [9800, 3]), diff(102, 20, [9950, 7])]),
    deeperImage(),
    block(1, 102, [diff(103, 30, [9600, 0]), diff(104, 40, [], [10_300, 8])]),
    image(
      1,
      104,
      40,
      [10_000, 1000, 9950, 7, 9900, 5, 9800, 3],
      [...DEEPER_ASKS.slice(0, 5), 8],
      us(38),
      {
        horizon: DEEPER,
        reason: 'interval',
      },
    ),
    block(1, 104, [diff(105, 50, [9950, 0])]),
  );
}

test('a book has the horizon of its moment', async () => {
  await history();
  const at = async (ms: number) =>
    kit.reader.bookAt({ security: SECURITY, position: { clock: 'receive', us: us(ms) } });
  expect(await at(19)).toMatchObject({
    sequence: '101',
    horizon: { bid: '99', ask: '102' },
    bids: [
      ['100', '1'],
      ['99', '0.005'],
      ['98', '0.003'],
    ],
  });
  expect(await at(20)).toMatchObject({ sequence: '102', horizon: { bid: '95', ask: null } });
  expect((await at(35)) as { asks: unknown }).toMatchObject({
    sequence: '103',
    horizon: { bid: '95', ask: null },
    asks: [
      ['101', '2'],
      ['102', '0.001'],
      ['103', '0.006'],
    ],
  });
});

test.each(['receive', 'exchange'] as const)(
  'snapshots by %s clock are the books of their moments',
  async (clock) => {
    await history();
    const query = { security: SECURITY, clock, fromUs: us(0), toUs: us(60), everyUs: 1000 };
    let ticks = 0;
    for await (const item of kit.reader.snapshots(query)) {
      if (item.type !== 'snapshot') continue;
      ticks++;
      const book = await kit.reader.bookAt({
        security: SECURITY,
        position: { clock, us: item.atUs },
      });
      if (book.state === 'gap') throw new Error(`No book at ${item.atUs}`);
      const { sequence, horizon, bids, asks } = formatView(item);
      expect(book).toMatchObject({ sequence, horizon, bids, asks });
    }
    expect(ticks).toBeGreaterThan(45);
  },
);

test('a stream of updates brings the image at which the horizon moves out', async () => {
  await history();
  const found = (await kit.lines({ type: 'incremental', format: 'jsonl' })) as {
    image?: boolean;
    sequence: string;
    horizon?: unknown;
  }[];
  expect(
    found.map(({ image: isImage, sequence, horizon }) => [sequence, isImage ? horizon : 'update']),
  ).toEqual([
    ['100', { bid: '99', ask: '102' }],
    ['101', 'update'],
    ['102', 'update'],
    ['102', { bid: '95', ask: null }],
    ['103', 'update'],
    ['104', 'update'],
    ['105', 'update'],
  ]);
});

test('quotes are not repeated where the horizon moves out', async () => {
  await history();
  const quotes: number[] = [];
  for await (const item of kit.reader.quotes({ security: SECURITY })) {
    if (item.type === 'quote') quotes.push(item.receiveTimeUs);
  }
  expect(quotes).toEqual([us(0)]);
});

test('a top that the market has left behind the horizon is not claimed', async () => {
  await writeAll(
    kit.archive,
    image(1, 100, 0, [10_000, 1000, 9900, 5], [10_100, 2000], us(-2), { horizon: SHALLOW }),
    block(1, 100, [diff(101, 10, [9800, 3]), diff(102, 20, [10_000, 0, 9900, 0])]),
    image(1, 102, 20, [9850, 4, 9800, 3], [10_100, 2000], us(18), {
      horizon: DEEPER,
      reason: 'horizon',
    }),
    block(1, 102, [diff(103, 30, [9850, 0])]),
  );
  const bids: unknown[] = [];
  for await (const item of kit.reader.quotes({ security: SECURITY })) {
    if (item.type === 'quote') bids.push(item.bidPrice);
  }
  // 98.00 was known, but not that nothing better rests there.
  expect(bids).toEqual([10_000, null, 9850, 9800]);
});

test('the records are whole, and lead to the book across it', async () => {
  await history();
  expect((await kit.reader.verify({ security: SECURITY })).problems).toEqual([]);
  const context = {
    archive: kit.archive,
    records: new RecordLoader(0, yieldToEventLoop),
    known: new KnownBlocks(kit.archive),
    yieldToEventLoop,
  };
  const span = { security: SECURITY, epoch: 1, fromSequence: 100, toSequence: 104 };
  const { signal } = new AbortController();
  expect(await rebuild(context, span, signal)).toMatchObject({
    horizon: DEEPER,
    bids: [10_000, 1000, 9950, 7, 9900, 5, 9800, 3],
  });
  // Up to the image itself the records before it speak.
  expect(await rebuild(context, { ...span, toSequence: 102 }, signal)).toMatchObject({
    horizon: SHALLOW,
  });
});

test('an image that knows more, and shows another book inside the horizon, is a problem', async () => {
  await writeAll(
    kit.archive,
    image(1, 100, 0, [10_000, 1000, 9900, 5], [10_100, 2000], us(-2), { horizon: SHALLOW }),
    block(1, 100, [diff(101, 10, [9950, 7])]),
    image(1, 101, 10, [10_000, 1000, 9950, 8, 9900, 5], [10_100, 2000], us(8), {
      horizon: DEEPER,
      reason: 'horizon',
    }),
  );
  expect((await kit.reader.verify({ security: SECURITY })).problems).toHaveLength(1);
});

test('one that is damaged costs what it shows further out', async () => {
  await history();
  await kit.archive.close();
  await flipByte(kit.directory, deeperImage().record.header, 'body', 0.5);
  await kit.reopen();
  expect((await kit.reader.verify({ security: SECURITY })).problems).toHaveLength(1);
  const found: unknown[] = [];
  for await (const item of kit.reader.updates({ security: SECURITY })) {
    if (item.type === 'image') found.push(item.horizon);
    expect(item.type).not.toBe('gap');
  }
  expect(found).toEqual([SHALLOW]);
});

/** A feed that shows a window: its horizon is the last price of each side, and moves with every diff. */

import { beforeEach, expect, test } from 'vitest';
import { SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { block, diff, image, us, writeAll } from './script.ts';
import { jsonlEncoder } from '../../../logger/export/jsonl.ts';

const kit = useReaderKit();

/** As the first image has it; later it would claim too much, or too little. */
const FIRST = { bid: 9900, ask: 10_100 };

beforeEach(async () => {
  const bids = [10_000, 1000, 9900, 5];
  const asks = [10_100, 2000];
  const moved = [10_050, 1, 10_000, 1000];
  await writeAll(
    kit.archive,
    image(1, 100, 0, bids, asks, us(-2), { horizon: FIRST, windowed: true }),
    // The market rises: the lowest bid leaves the window. Then it falls, and others enter.
    block(1, 100, [
      diff(101, 10, [10_050, 1, 9900, 0]),
      diff(102, 20, [10_050, 0, 9900, 5], [10_100, 0, 10_090, 3]),
      diff(103, 30, [10_050, 1, 9900, 0]),
    ]),
    image(1, 103, 30, moved, [10_090, 3], us(28), {
      horizon: { bid: 10_000, ask: 10_090 },
      reason: 'interval',
      windowed: true,
    }),
  );
});

test.each([
  [100, { bid: '99', ask: '101' }],
  [101, { bid: '100', ask: '101' }],
  [102, { bid: '99', ask: '100.9' }],
  [103, { bid: '100', ask: '100.9' }],
])('the book at %i', async (sequence, horizon) => {
  const book = await kit.reader.bookAt({ security: SECURITY, position: { sequence } });
  expect(book).toMatchObject({ windowed: true, horizon });
});

test('images agree with the books rebuilt before them, horizons included', async () => {
  expect(await kit.reader.verify({ security: SECURITY })).toMatchObject({ problems: [] });
});

test('exports say so, and quotes are those of the window', async () => {
  const encoder = jsonlEncoder();
  const lines: string[] = [];
  for await (const item of kit.reader.updates({ security: SECURITY })) {
    if (item.type !== 'gap') lines.push(Buffer.from(encoder.encode(item)).toString());
  }
  expect(lines[0]).toContain('"image":true,"windowed":true,"horizon":{"bid":"99","ask":"101"}');
  const bids: unknown[] = [];
  for await (const quote of kit.reader.quotes({ security: SECURITY })) {
    if (quote.type === 'quote') bids.push(quote.bidPrice);
  }
  expect(bids).toEqual([10_000, 10_050, 10_000, 10_050]);
  const horizons: unknown[] = [];
  const query = { security: SECURITY, everyUs: 10_000, fromUs: us(0), toUs: us(40) };
  for await (const item of kit.reader.snapshots(query)) {
    if (item.type === 'snapshot') horizons.push([item.windowed, item.horizon.bid]);
  }
  expect(horizons).toEqual([
    [true, 9900],
    [true, 10_000],
    [true, 9900],
    [true, 10_000],
  ]);
});

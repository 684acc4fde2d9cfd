/** The number of orders at each level, in everything that can be asked. A failure names its seed. */

import { expect, test } from 'vitest';
import { openArchive } from '../../../logger/library.ts';
import type { DiffItem, ImageItem } from '../../../logger/library.ts';
import type { LevelRow } from '../../../logger/queries/results.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';
import { RandomHistory, SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { block, diff, image, us, writeAll } from './script.ts';

const kit = useReaderKit();
const seed = testSeed();

/** Rows by price; a size of 0 deletes. */
class RowBook {
  readonly bids = new Map<string, LevelRow>();
  readonly asks = new Map<string, LevelRow>();

  take(item: ImageItem | DiffItem): void {
    for (const side of ['bids', 'asks'] as const) {
      if (item.type === 'image') this[side].clear();
      for (const row of item[side]) {
        if (row[1] === '0') this[side].delete(row[0]);
        else this[side].set(row[0], row);
      }
    }
  }

  rows(side: 'bids' | 'asks'): LevelRow[] {
    const sign = side === 'bids' ? -1 : 1;
    return [...this[side].values()].sort(([a], [b]) => sign * (Number(a) - Number(b)));
  }
}

test(`the library's diffs lead to the books that it answers, counts included (seed ${seed})`, async () => {
  const history = new RandomHistory(kit.archive, seededRandom(seed), { hasCounts: true });
  await history.record(2, 3);
  const opened = await openArchive(kit.directory);
  const book = new RowBook();
  let items = 0;
  for await (const item of opened.diffs(SECURITY)) {
    if (item.type === 'gap') continue;
    expect(item).not.toHaveProperty('counts');
    book.take(item);
    if (items++ % 5 !== 0) continue;
    const answer = await opened.bookAt(SECURITY, { sequence: item.sequence as number });
    expect(answer).toMatchObject({ bids: book.rows('bids'), asks: book.rows('asks') });
  }
  expect(items).toBeGreaterThan(10);
  expect([...book.bids.values()][0]).toHaveLength(3);
  await opened.close();
});

const DIFFERS = 'Differs from the book rebuilt from the image before it';
const COUNTS = { bids: [3], asks: [1] };

test('a level that comes without one ends them until the next image, and everybody says so', async () => {
  const [bids, asks] = [
    [10_000, 1000],
    [10_100, 2000],
  ];
  await writeAll(
    kit.archive,
    image(1, 100, 0, bids, asks, us(-2), { counts: COUNTS }),
    block(1, 100, [
      { ...diff(101, 10, [9900, 5]), counts: { bids: [2], asks: [] } },
      diff(102, 20, [9900, 0]),
      diff(103, 30, [9800, 1]),
      { ...diff(104, 40, [9800, 2]), counts: { bids: [7], asks: [] } },
    ]),
    image(1, 104, 40, [10_000, 1000, 9800, 2], asks, us(38), { reason: 'interval' }),
    block(1, 104, [diff(105, 50, [9800, 3])]),
    image(1, 105, 50, [10_000, 1000, 9800, 3], asks, us(48), {
      reason: 'interval',
      counts: { bids: [3, 1], asks: [1] },
    }),
  );
  const counted = async (sequence: number): Promise<unknown[]> => {
    const book = await kit.reader.bookAt({ security: SECURITY, position: { sequence } });
    return book.state === 'gap' ? [] : [...book.bids, ...book.asks].map((row) => row[2]);
  };
  expect(await counted(101)).toEqual([3, 2, 1]);
  expect(await counted(102)).toEqual([3, 1]);
  expect(await counted(103)).toEqual([undefined, undefined, undefined]);
  expect(await counted(104)).toEqual([undefined, undefined, undefined]);
  expect(await counted(105)).toEqual([3, 1, 1]);
  const { problems } = await kit.reader.verify({ security: SECURITY });
  expect(problems).toEqual([
    {
      security: SECURITY,
      record: 'image 1/105',
      problem: DIFFERS,
    },
  ]);
});

test('an image that tells another number than the records before it is a problem', async () => {
  await writeAll(
    kit.archive,
    image(1, 100, 0, [10_000, 1000], [10_100, 2000], us(-2), { counts: COUNTS }),
    block(1, 100, [{ ...diff(101, 10, [10_000, 7]), counts: { bids: [4], asks: [] } }]),
    image(1, 101, 10, [10_000, 7], [10_100, 2000], us(8), { reason: 'interval', counts: COUNTS }),
  );
  const { problems } = await kit.reader.verify({ security: SECURITY });
  expect(problems.map(({ problem }) => problem)).toEqual([DIFFERS]);
});

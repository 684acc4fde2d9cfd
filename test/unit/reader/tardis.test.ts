/** Tardis' columns, read back by a reader that knows no more than Tardis documents. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { ExportQuery } from '../../../logger/queries/queries.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import { exportLines } from '../../support/export-lines.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import { TardisBook } from '../../support/tardis-book.ts';
import { RandomHistory, SECURITY } from './random-history.ts';
import { block, diff, gap, image, trade, us, writeAll } from './script.ts';

const SEEDS = testSeeds(12);

let directory: string;
let archive: Archive;
let reader: Reader;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tardis-'));
  archive = await openEmbeddedArchive({ directory });
  reader = createReader(archive, { hasConsecutiveTradeIds: () => true });
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

async function lines(
  question: Pick<ExportQuery, 'type'> & Partial<ExportQuery>,
): Promise<string[]> {
  const found: string[] = [];
  const asked = { security: SECURITY, format: 'tardis-csv', ...question } as const;
  for await (const line of exportLines(reader, asked))
    found.push('gap' in line ? 'gap' : line.text);
  return found;
}

/** The rows between gaps. */
function runs(rows: readonly string[]): string[][] {
  const found: string[][] = [[]];
  for (const row of rows) {
    if (row === 'gap') found.push([]);
    else found.at(-1)?.push(row);
  }
  return found.filter((run) => run.length > 0);
}

describe.each(SEEDS)('seed %i', (seed) => {
  test('incremental rows replayed give the book of every moment', async () => {
    const history = new RandomHistory(archive, seededRandom(seed + 4000));
    await history.record(5, 4);
    const book = new TardisBook();
    const [, ...rows] = await lines({ type: 'incremental' });
    for (const run of runs(rows)) {
      for (const [i, row] of run.entries()) {
        book.take(row);
        const next = run[i + 1];
        if (next !== undefined && next.split(',')[3] === row.split(',')[3]) continue;
        const position = { clock: 'receive', us: Number(row.split(',')[3]) } as const;
        const answer = await reader.bookAt({ security: SECURITY, position });
        expect(answer, `seed ${seed + 4000}, ${row}`).toMatchObject(book.rows());
      }
    }
  });

  test('snapshot rows are the best of the books at their ticks', async () => {
    const history = new RandomHistory(archive, seededRandom(seed + 5000), { hasCounts: true });
    await history.record(3, 4);
    for (const clock of ['receive', 'exchange'] as const) {
      const [, ...rows] = await lines({ type: 'snapshots', everyUs: 50_000, clock });
      let count = 0;
      for (const row of rows) {
        if (row === 'gap') continue;
        count++;
        const [exchange, symbol, timestamp, localTimestamp, ...levels] = row.split(',');
        expect([exchange, symbol]).toEqual(['binance', 'BTCUSDT']);
        const tickUs = Number(clock === 'receive' ? localTimestamp : timestamp);
        expect(tickUs % 50_000).toBe(0);
        const position = { clock, us: tickUs } as const;
        const answer = await reader.bookAt({ security: SECURITY, position, depth: 25 });
        if (answer.state === 'gap') throw new Error(`No book at ${tickUs}`);
        const { bids, asks } = answer;
        const expected = Array.from({ length: 25 }, (_, i) => [
          // Its columns have no place for the number of orders.
          ...(asks[i]?.slice(0, 2) ?? ['', '']),
          ...(bids[i]?.slice(0, 2) ?? ['', '']),
        ]).flat();
        expect(levels, `seed ${seed + 5000}`).toEqual(expected);
      }
      expect(count).toBeGreaterThan(5);
    }
  });
});

async function twoSegments(): Promise<void> {
  await writeAll(
    archive,
    image(1, 100, 0),
    block(1, 100, [trade(1, 5, 'sell'), diff(101, 10, [10_000, 0, 9900, 500]), diff(102, 20)]),
    image(2, 200, 90, [9800, 100]),
    gap(2, 60, 90),
    block(2, 200, [diff(201, 100, [9850, 7]), trade(2, 101)]),
  );
}

/** `exchange,symbol,timestamp,local_timestamp` of a message received so many ms after the start. */
const head = (ms: number, beforeMs = 2): string => `binance,BTCUSDT,${us(ms - beforeMs)},${us(ms)}`;

describe('Tardis rows', () => {
  test('of incremental are those of incremental_book_L2', async () => {
    await twoSegments();
    expect(await lines({ type: 'incremental' })).toEqual([
      'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount',
      `${head(0)},true,bid,100,1`,
      `${head(0)},true,ask,101,2`,
      `${head(10)},false,bid,100,0`,
      `${head(10)},false,bid,99,0.5`,
      'gap',
      `${head(90)},true,bid,98,0.1`,
      `${head(90)},true,ask,101,2`,
      `${head(100)},false,bid,98.5,0.007`,
    ]);
  });

  test('of trades have the side of the taker and the time of the fill', async () => {
    await twoSegments();
    expect(await lines({ type: 'trades' })).toEqual([
      'exchange,symbol,timestamp,local_timestamp,id,side,price,amount',
      `${head(5, 3)},1,sell,100.5,1.5`,
      `${head(101, 3)},2,buy,100.5,1.5`,
    ]);
  });

  test('of quotes have empty fields for an empty side', async () => {
    await writeAll(
      archive,
      image(1, 100, 0),
      block(1, 100, [diff(101, 10, [10_000, 0]), diff(102, 20, [9900, 500])]),
    );
    expect(await lines({ type: 'quotes' })).toEqual([
      'exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount',
      `${head(0)},2,101,100,1`,
      `${head(10)},2,101,,`,
      `${head(20)},2,101,99,0.5`,
    ]);
  });

  test('of snapshots are those of book_snapshot_25, or 5, at every tick', async () => {
    await twoSegments();
    const columns = (depth: number): string =>
      Array.from(
        { length: depth },
        (_, i) => `,asks[${i}].price,asks[${i}].amount,bids[${i}].price,bids[${i}].amount`,
      ).join('');
    const keys = 'exchange,symbol,timestamp,local_timestamp';
    const row = (exchangeMs: number, ms: number, levels: string, depth: number): string =>
      `binance,BTCUSDT,${us(exchangeMs)},${us(ms)},${levels}${','.repeat(4 * (depth - 1))}`;
    for (const depth of [undefined, 5]) {
      const width = depth ?? 25;
      expect(await lines({ type: 'snapshots', everyUs: 30_000, depth })).toEqual([
        keys + columns(width),
        row(-2, 0, '101,2,100,1', width),
        row(18, 30, '101,2,99,0.5', width),
        row(18, 60, '101,2,99,0.5', width),
        'gap',
        row(88, 90, '101,2,98,0.1', width),
      ]);
    }
  });

  test('an image right after another removes what the reader would keep', async () => {
    await writeAll(archive, image(1, 100, 0), image(2, 200, 90, [9800, 100]), gap(2, 0, 90));
    const [, ...rows] = await lines({ type: 'incremental' });
    expect(rows.slice(3)).toEqual([
      `${head(90)},true,bid,100,0`,
      `${head(90)},true,bid,98,0.1`,
      `${head(90)},true,ask,101,2`,
    ]);
  });

  test('an image without a level empties the reader’s book, and lets one that has none begin', async () => {
    await writeAll(
      archive,
      image(1, 100, 0, [], []),
      block(1, 100, [diff(101, 10), diff(102, 20, [9900, 500])]),
      image(2, 200, 90, [], []),
      gap(2, 60, 90),
      block(2, 200, [diff(201, 100, [9850, 7])]),
    );
    const [, ...rows] = await lines({ type: 'incremental' });
    expect(rows).toEqual([
      `${head(20)},true,bid,99,0`,
      `${head(20)},false,bid,99,0.5`,
      'gap',
      `${head(90)},true,bid,99,0`,
      `${head(100)},false,bid,98.5,0.007`,
    ]);
  });

  test('there are none for orders, nor for another depth', async () => {
    await twoSegments();
    await expect(lines({ type: 'orders' })).rejects.toThrow(InvalidArgumentError);
    await expect(lines({ type: 'snapshots', depth: 10 })).rejects.toThrow(InvalidArgumentError);
  });
});

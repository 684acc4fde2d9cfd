/** Exports in the shapes of the contract, on histories small enough to read. */

import { describe, expect, test } from 'vitest';
import { useReaderKit } from './reader-kit.ts';
import { block, diff, image, trade, us, writeAll } from './script.ts';

const kit = useReaderKit();

describe('exports', () => {
  const gapLine = {
    gap: {
      from: '2026-11-20T07:00:00.06Z',
      to: '2026-11-20T07:00:00.09Z',
      cause: 'connection',
      firstMissing: '104',
      lastMissing: '199',
      missing: 'sequence',
    },
  };
  const times = (ms: number) => ({
    exchangeTime: expect.stringContaining('T'),
    receiveTime: new Date(us(ms) / 1000).toISOString().replace(/\.?0*Z$/, 'Z'),
  });

  test('a range between two blocks, in which nothing came, begins with what stood there', async () => {
    await writeAll(
      kit.archive,
      image(1, 100, 0),
      block(1, 100, [diff(101, 10, [10_000, 3000])]),
      block(1, 101, [diff(102, 80, [10_000, 4000])]),
    );
    for (const clock of ['receive', 'exchange'] as const) {
      const range = { format: 'jsonl', fromUs: us(40), toUs: us(40) + 1, clock } as const;
      expect(await kit.lines({ type: 'quotes', ...range })).toMatchObject([
        { sequence: '101', bidPrice: '100', bidSize: '3' },
      ]);
      expect(await kit.lines({ type: 'incremental', ...range })).toMatchObject([
        { sequence: '101', image: true },
      ]);
    }
  });

  test('quotes: at the start of each interval and where the top changes', async () => {
    await kit.twoSegments();
    const ask = { askPrice: '101', askSize: '2' };
    const empty = { bidPrice: null, bidSize: null };
    expect(await kit.lines({ type: 'quotes', format: 'jsonl' })).toEqual([
      { sequence: '100', ...times(0), bidPrice: '100', bidSize: '1', ...ask },
      { sequence: '101', ...times(10), bidPrice: '99', bidSize: '0.5', ...ask },
      { sequence: '102', ...times(20), ...empty, ...ask },
      { sequence: '103', ...times(50), ...empty, ...ask, askSize: '1' },
      gapLine,
      { sequence: '200', ...times(90), bidPrice: '98', bidSize: '0.1', ...ask },
      { sequence: '201', ...times(100), bidPrice: '98.5', bidSize: '0.007', ...ask },
    ]);
  });

  test('trades: those older than the book included; the ids show which are missing', async () => {
    await kit.twoSegments();
    await writeAll(kit.archive, block(2, 202, [trade(7, 120, 'sell'), diff(203, 121)]));
    const row = { sequence: null, price: '100.5', size: '1.5', side: 'buy' };
    const lost = {
      gap: {
        from: '2026-11-20T07:00:00.005Z',
        to: '2026-11-20T07:00:00.085Z',
        cause: gapLine.gap.cause,
        firstMissing: '2',
        lastMissing: '3',
        missing: 'tradeId',
      },
    };
    expect(await kit.lines({ type: 'trades', format: 'jsonl' })).toEqual([
      { ...row, tradeId: '1', ...times(5) },
      lost,
      { ...row, tradeId: '4', ...times(85) },
      { ...row, tradeId: '5', ...times(101) },
      {
        gap: {
          from: '2026-11-20T07:00:00.101Z',
          to: '2026-11-20T07:00:00.12Z',
          cause: 'other',
          firstMissing: '6',
          lastMissing: '6',
          missing: 'tradeId',
        },
      },
      { ...row, tradeId: '7', ...times(120), side: 'sell' },
    ]);
  });

  test('incremental: an image at each interval’s start, then the diffs as they were sent', async () => {
    await kit.twoSegments();
    const found = await kit.lines({ type: 'incremental', format: 'jsonl' });
    expect(found[0]).toEqual({
      firstSequence: '100',
      sequence: '100',
      ...times(0),
      image: true,
      horizon: { bid: '90', ask: null },
      bids: [['100', '1']],
      asks: [['101', '2']],
    });
    expect(found[1]).toEqual({
      firstSequence: '101',
      sequence: '101',
      ...times(10),
      bids: [
        ['100', '0'],
        ['99', '0.5'],
      ],
      asks: [],
    });
    expect(found).toHaveLength(8);
    expect(found[4]).toEqual(gapLine);
  });

  test('a range begins with the book as it stands and ends before its end', async () => {
    await kit.twoSegments();
    const range = { fromUs: us(15), toUs: us(50) };
    const found = await kit.lines({ type: 'incremental', format: 'jsonl', ...range });
    expect(found).toMatchObject([
      { image: true, sequence: '101', bids: [['99', '0.5']] },
      { sequence: '102' },
    ]);
    expect(
      await kit.lines({ type: 'quotes', format: 'jsonl', fromUs: us(52), toUs: us(55) }),
    ).toMatchObject([{ sequence: '103' }]);
    expect(
      await kit.lines({ type: 'quotes', format: 'jsonl', fromUs: us(65), toUs: us(80) }),
    ).toEqual([gapLine]);
    expect(
      await kit.lines({ type: 'trades', format: 'jsonl', fromUs: us(80), toUs: us(101) }),
    ).toMatchObject([{ gap: { firstMissing: '2', lastMissing: '3' } }, { tradeId: '4' }]);
    const exchange = { clock: 'exchange', fromUs: us(98), toUs: us(99) } as const;
    expect(await kit.lines({ type: 'trades', format: 'jsonl', ...exchange })).toMatchObject([
      { tradeId: '5' },
    ]);
    expect(await kit.lines({ type: 'incremental', format: 'jsonl', ...exchange })).toMatchObject([
      { image: true, sequence: '200' },
      { sequence: '201' },
    ]);
  });

  test('csv: a header, one row per level, and gaps beside it', async () => {
    await writeAll(
      kit.archive,
      image(1, 100, 0),
      block(1, 100, [diff(101, 10), diff(102, 20, [9900, 0])]),
    );
    const head = (image: boolean, sequence: number, ms: string, receive: string) =>
      `${image},${sequence},${sequence},${ms},${receive}`;
    const [first, second, third] = [
      head(true, 100, '2026-11-20T06:59:59.998Z', '2026-11-20T07:00:00Z'),
      head(false, 101, '2026-11-20T07:00:00.008Z', '2026-11-20T07:00:00.01Z'),
      head(false, 102, '2026-11-20T07:00:00.018Z', '2026-11-20T07:00:00.02Z'),
    ];
    expect(await kit.lines({ type: 'incremental', format: 'csv' })).toEqual([
      'image,firstSequence,sequence,exchangeTime,receiveTime,side,price,size,count',
      `${first},bid-horizon,90,,`,
      `${first},ask-horizon,,,`,
      `${first},bid,100,1,`,
      `${first},ask,101,2,`,
      `${second},,,,`,
      `${third},bid,99,0,`,
    ]);
    expect(await kit.lines({ type: 'trades', format: 'csv' })).toEqual([
      'sequence,tradeId,exchangeTime,receiveTime,price,size,side',
    ]);
  });
});

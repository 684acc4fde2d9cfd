/** Candles of stored trades: what is whole, what is missing and why, on histories small enough to read. */

import { describe, expect, test } from 'vitest';
import type { CandleOutput } from '../../../logger/candles/candle-fold.ts';
import { LongerCandles } from '../../../logger/candles/longer-candles.ts';
import { intervalEndUs } from '../../../logger/candles/timeframe.ts';
import type { Timeframe } from '../../../logger/candles/timeframe.ts';
import type { CandleItem, GapItem } from '../../../logger/queries/items.ts';
import type { CandlesQuery } from '../../../logger/queries/queries.ts';
import { formatCandle } from '../../../logger/queries/format.ts';
import { candleItem } from '../../../logger/reader/candles.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { Diff, Trade } from '../../../logger/market/events.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { START_US, block, diff, gap, image, trade, us, writeAll } from './script.ts';

const kit = useReaderKit();
const MINUTE_US = 60_000_000;
const minute = (n: number): number => START_US + n * MINUTE_US;

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function candles(
  query: Partial<CandlesQuery> = {},
  hasConsecutiveIds = true,
): Promise<(CandleItem | GapItem)[]> {
  const reader = createReader(kit.archive, { hasConsecutiveTradeIds: () => hasConsecutiveIds });
  return collect(reader.candles({ security: SECURITY, timeframe: '1m', ...query }));
}

/** Minute, trades and state of each; of a gap its minutes and its cause. */
function short(items: readonly (CandleItem | GapItem)[]): string[] {
  const at = (us: number): string => String((us - START_US) / MINUTE_US);
  return items.map((item) => {
    if (item.type === 'gap')
      return `gap ${at(item.fromUs)}-${at(item.toUs ?? Infinity)} ${item.cause}`;
    const missing = item.missing.map(
      (part) =>
        `${formatTimeUs(part.fromUs).slice(17, -1)}-${formatTimeUs(part.toUs).slice(17, -1)} ${part.cause}`,
    );
    return [at(item.fromUs), item.trades, item.state, ...missing].join(' ');
  });
}

function outputOf(item: CandleItem | GapItem): CandleOutput {
  if (item.type === 'candle') return { type: 'candle', candle: item };
  const { fromUs, toUs, cause } = item;
  return { type: 'gap', fromUs, toUs: toUs ?? Infinity, cause };
}

/** With a gap for each interval that it covers, which is printed as one. */
function perInterval(
  items: readonly (CandleItem | GapItem)[],
  timeframe: Timeframe,
): (CandleItem | GapItem)[] {
  return items.flatMap((item): (CandleItem | GapItem)[] => {
    if (item.type === 'candle') return [item];
    const gaps: GapItem[] = [];
    for (
      let { fromUs } = item;
      fromUs < (item.toUs ?? 0);
      fromUs = intervalEndUs(timeframe, fromUs)
    ) {
      gaps.push({ ...item, fromUs, toUs: intervalEndUs(timeframe, fromUs) });
    }
    return gaps;
  });
}

/** Exchange times are those given here; trades arrive 3 ms later, diffs 2 ms. */
const T = (id: number, seconds: number, price = 10_050, side: 'buy' | 'sell' = 'buy'): Trade => ({
  ...trade(id, Math.round(seconds * 1e6) / 1000 + 3, side),
  price,
});
const D = (sequence: number, seconds: number): Diff => diff(sequence, seconds * 1000 + 2);
const I = (epoch: number, sequence: number, seconds: number) =>
  image(epoch, sequence, seconds * 1000 + 2);

describe('candles', () => {
  test('the trades of an interval, exactly, in the shape of the contract', async () => {
    await writeAll(
      kit.archive,
      I(1, 100, -10),
      block(1, 100, [
        T(1, 1, 10_010),
        T(2, 20, 10_099, 'sell'),
        D(101, 30),
        T(3, 40, 9900),
        T(4, 59.999999, 10_000),
        T(5, 60, 1),
        D(102, 100),
      ]),
    );
    const [, found] = await candles();
    expect(found?.type === 'candle' && formatCandle(found)).toEqual({
      security: SECURITY,
      timeframe: '1m',
      from: '2026-11-20T07:00:00Z',
      to: '2026-11-20T07:01:00Z',
      open: '100.1',
      high: '100.99',
      low: '99',
      close: '100',
      volume: '6',
      quoteVolume: '600.135',
      buyVolume: '4.5',
      trades: 4,
      firstTradeId: '1',
      lastTradeId: '4',
      state: 'final',
      source: 'trades',
      missing: [],
    });
  });

  test('without a trade, running, early and final; the first is recorded in part', async () => {
    await writeAll(kit.archive, I(1, 100, 10), block(1, 100, [T(1, 20), D(101, 125)]));
    const first = '0 1 incomplete 00-10 other';
    expect(short(await candles())).toEqual([first, '1 0 final', '2 0 open']);
    const empty = (await candles())[1];
    expect(empty).toMatchObject({
      open: null,
      high: null,
      volume: 0,
      quoteVolume: 0,
      lastTradeId: null,
    });
    await writeAll(kit.archive, block(1, 101, [D(102, 181.5)]));
    expect(short(await candles())).toEqual([first, '1 0 final', '2 0 early', '3 0 open']);
    await writeAll(kit.archive, block(1, 102, [D(103, 182)]));
    expect(short(await candles()).at(-2)).toBe('2 0 final');
  });

  test('a later trade makes it final at once', async () => {
    await writeAll(kit.archive, I(1, 100, 0), block(1, 100, [T(1, 20), T(2, 60.1), D(101, 60.1)]));
    expect(short(await candles())).toEqual(['0 1 final', '1 1 open']);
  });

  test('a trade that arrives late belongs to its time', async () => {
    await writeAll(
      kit.archive,
      I(1, 100, 0),
      block(1, 100, [T(2, 61), D(101, 61), { ...T(1, 59), receiveTimeUs: us(61_500) }, D(102, 90)]),
    );
    expect(short(await candles({}, false))).toEqual(['0 1 final', '1 1 open']);
  });

  test('a gap in the book that cost no trade is none, where trades are numbered', async () => {
    await writeAll(
      kit.archive,
      I(1, 100, 0),
      block(1, 100, [T(1, 20), D(101, 30)]),
      I(2, 200, 250),
      gap(2, 30_002, 250_002),
      block(2, 200, [D(201, 255)]),
    );
    const unknown = [
      '0 1 incomplete 30-00 connection',
      'gap 1-4 connection',
      '4 0 open 00-10 connection',
    ];
    // What the gap cost is shown by the next trade.
    expect(short(await candles())).toEqual(unknown);
    await writeAll(kit.archive, block(2, 201, [T(2, 260), D(202, 270)]));
    expect(short(await candles())).toEqual([
      '0 1 final',
      '1 0 final',
      '2 0 final',
      '3 0 final',
      '4 1 open',
    ]);
    // Elsewhere every gap in the book is one in the trades.
    expect(short(await candles({}, false))).toEqual([
      ...unknown.slice(0, 2),
      '4 1 open 00-10 connection',
    ]);
  });

  test('a gap that was found blocks later makes no candle final that it lies in', async () => {
    const minutes = [0, 1, 2, 3, 4].map((n) =>
      block(1, 100 + n, [T(1 + n, 60 * n + 10), D(101 + n, 60 * n + 59)]),
    );
    const gapFound = gap(2, 30_002, 330_002, 'checksum');
    await writeAll(kit.archive, I(1, 100, 0), ...minutes, gapFound, I(2, 200, 330));
    await writeAll(kit.archive, block(2, 200, [T(6, 340), D(201, 400)]));
    const isStored = ['0 1', '1 1', '2 1', '3 1', '4 1', '5 1'];
    const states = (items: readonly (CandleItem | GapItem)[]): string[] =>
      items.map((item) => (item.type === 'candle' ? item.state : 'gap'));
    const found = await candles({ toUs: minute(6) }, false);
    expect(short(found).map((text) => text.slice(0, 3))).toEqual(isStored);
    expect(states(found)).toEqual(isStored.map(() => 'incomplete'));
    // One that is asked for alone, too.
    expect(states(await candles({ fromUs: minute(2), toUs: minute(3) }, false))).toEqual([
      'incomplete',
    ]);
    // Where trades are numbered, nothing is missing.
    expect(states(await candles({ toUs: minute(6) }))).toEqual(isStored.map(() => 'final'));
  });

  test('ids that are missing make all candles between incomplete, even of one moment', async () => {
    await writeAll(
      kit.archive,
      I(1, 100, 0),
      block(1, 100, [T(1, 30), T(3, 30), T(5, 130), D(101, 200)]),
    );
    expect(short(await candles())).toEqual([
      '0 2 incomplete 30-00 other',
      'gap 1-2 other',
      '2 1 incomplete 00-10 other',
      '3 0 open',
    ]);
    expect(short(await candles({ fromUs: minute(2) }))).toEqual([
      '2 1 incomplete 00-10 other',
      '3 0 open',
    ]);
  });

  test('a lost trade may be of the same moment as the trades around it', async () => {
    await writeAll(
      kit.archive,
      I(1, 100, 0),
      block(1, 100, [T(1, 30), T(3, 30), T(4, 119.5), T(6, 120), T(7, 190), D(101, 200)]),
    );
    expect(short(await candles())).toEqual([
      '0 2 incomplete 30-30 other',
      '1 1 incomplete 59.5-00 other',
      '2 1 incomplete 00-00 other',
      '3 1 open',
    ]);
  });

  test('a trade may have been lost long before the next one shows it', async () => {
    await writeAll(
      kit.archive,
      I(1, 100, 0),
      block(1, 100, [T(1, 30), D(101, 60), D(102, 100), D(103, 150)]),
      block(1, 103, [D(104, 200), T(3, 210), D(105, 215)]),
    );
    expect(short(await candles({ toUs: minute(3) }))).toEqual([
      '0 1 incomplete 30-00 other',
      'gap 1-3 other',
    ]);
  });

  test('trades that came while the book was being proven, minutes before it was', async () => {
    await writeAll(
      kit.archive,
      I(1, 100, 0),
      block(1, 100, [T(1, 10), D(101, 20)]),
      I(2, 200, 230),
      gap(2, 20_002, 230_002),
      block(2, 200, [T(2, 70), D(201, 235), T(5, 240), D(202, 250)]),
    );
    expect(short(await candles())).toEqual([
      '0 1 final',
      '1 1 incomplete 10-00 connection',
      'gap 2-3 connection',
      '3 0 incomplete 00-50 connection',
      '4 1 open',
    ]);
  });

  test('an open gap ends the last candle; nothing is said of time that is not asked for', async () => {
    await writeAll(kit.archive, I(1, 100, 0), block(1, 100, [T(1, 70), D(101, 80)]), {
      type: 'open-gap',
      security: SECURITY,
      gap: { epoch: 1, fromUs: us(80_002), cause: 'removed', firstMissing: null },
    });
    const known = ['0 0 final', '1 1 incomplete 20-00 removed'];
    expect(short(await candles())).toEqual(known);
    expect(short(await candles({ toUs: minute(5) }))).toEqual([...known, 'gap 2-5 removed']);
    expect(short(await candles({ fromUs: minute(3), toUs: minute(5) }))).toEqual([
      'gap 3-5 removed',
    ]);
  });

  test('a range holds the candles that begin in it, whole', async () => {
    await writeAll(
      kit.archive,
      I(1, 100, -200),
      block(1, 100, [T(1, 10), T(2, 50), T(3, 70), T(4, 130), D(101, 300)]),
    );
    const range = { fromUs: minute(0) + 1, toUs: minute(2) + 1 };
    expect(short(await candles(range))).toEqual(['1 1 final', '2 1 final']);
    expect(short(await candles({ ...range, fromUs: minute(0) }))[0]).toBe('0 2 final');
    expect(short(await candles({ fromUs: minute(-6), toUs: minute(-2) }))).toEqual([
      'gap -6--4 other',
      '-4 0 incomplete 00-40 other',
      '-3 0 final',
    ]);
    // The one that is about to begin is not missing; those after it are not there.
    expect(short(await candles({ fromUs: minute(4), toUs: minute(6) }))).toEqual(['4 0 early']);
    expect(short(await candles({ fromUs: minute(4), toUs: minute(8) }))).toEqual([
      '4 0 early',
      'gap 5-8 other',
    ]);
  });

  test('one message of a wrong time does not end what has not begun', async () => {
    const wrong = { ...D(101, 10), exchangeTimeUs: minute(60 * 24 * 365) };
    await writeAll(
      kit.archive,
      I(1, 100, 0),
      block(1, 100, [T(1, 5), wrong, T(2, 30), D(102, 40), T(3, 50), D(103, 70)]),
    );
    expect(short(await candles())).toEqual(['0 3 final', '1 0 open']);
  });

  test('nothing but the name of a security', async () => {
    const state = { security: SECURITY, wanted: true, feed: 'depth' };
    await writeAll(kit.archive, { type: 'security', state });
    expect(await candles()).toEqual([]);
    expect(short(await candles({ fromUs: minute(0), toUs: minute(2) }))).toEqual(['gap 0-2 other']);
    await expect(candles({ security: 'binance:ETHUSDT' })).rejects.toThrow('never recorded');
  });

  test.each([true, false])(
    'random histories: longer are merges of 1m (ids: %s)',
    async (hasIds) => {
      const random = seededRandom();
      let [seconds, sequence, id] = [random.integer(0, 4000), 100, 1];
      for (let epoch = 1; epoch <= 6; epoch++) {
        const events: (Diff | Trade)[] = [];
        const [beginS, first] = [seconds, sequence];
        for (let i = 0; i < 60; i++) {
          seconds += random.integer(0, 60);
          if (random.chance(0.05)) id += random.integer(1, 3);
          if (random.chance(0.4))
            events.push(
              T(id++, seconds - random.integer(0, 999) / 1000, random.integer(1, 20_000)),
            );
          else events.push(D(++sequence, seconds));
        }
        await writeAll(kit.archive, I(epoch, first, beginS), block(epoch, first, events));
        const endS = seconds;
        seconds += random.pick([5, 100, 1000, 7000]);
        if (random.chance(0.5)) id += 2;
        sequence += 10;
        if (epoch < 6)
          await writeAll(kit.archive, gap(epoch + 1, endS * 1000 + 2, seconds * 1000 + 2));
      }
      const minutes = await candles({}, hasIds);
      for (const timeframe of ['5m', '15m', '1h', '4h'] as const) {
        const longer = new LongerCandles(timeframe, hasIds ? 'id' : 'time', true);
        const merged = minutes
          .flatMap((item) => longer.add(outputOf(item)))
          .map((output) => candleItem(output, SECURITY));
        const direct = await candles({ timeframe }, hasIds);
        const isOver = (item: CandleItem | GapItem) => item.type === 'gap' || item.state !== 'open';
        const over = direct.filter(isOver);
        expect(
          perInterval(merged.filter(isOver), timeframe),
          `seed ${random.seed} ${timeframe}`,
        ).toEqual(perInterval(over, timeframe));
      }
      const shownTrades = minutes.reduce(
        (n, one) => n + (one.type === 'candle' ? one.trades : 0),
        0,
      );
      const all = await collect(kit.reader.trades({ security: SECURITY }));
      expect(shownTrades).toBe(all.filter(({ type }) => type === 'trade').length);
    },
  );
});

/** Candles of a whole core on a clock that the test moves, beside what the archive says of the same time. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Candle } from '../../../logger/candles/candle.ts';
import type { CandleOutput } from '../../../logger/candles/candle-fold.ts';
import type { Timeframe } from '../../../logger/candles/timeframe.ts';
import type { ManagerContext } from '../../../logger/manager/context.ts';
import { MANAGER_LIMITS } from '../../../logger/manager/limits.ts';
import { streamSeries } from '../../../logger/manager/series-stream.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import type { WatchSeriesPart } from '../../../logger/messages/types.ts';
import type { CandleItem, GapItem } from '../../../logger/queries/items.ts';
import type { CandleNews } from '../../../logger/series/live-candles.ts';
import { exportLines } from '../../support/export-lines.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { openTestCore } from '../../support/test-core.ts';
import type { TestCore } from '../../support/test-core.ts';

const BTC = 'binance:BTCUSDT';
/** 2026-11-20T00:01:00Z; the clock starts 50 seconds before. */
const BOUNDARY_US = 1_795_132_860_000_000;

let clock: ManualClock;
let one: TestCore;
let news: CandleNews[];

beforeEach(async () => {
  clock = new ManualClock(BOUNDARY_US - 50_000_000);
  news = [];
  sequence = 101;
  one = await openTestCore(clock);
  one.core.candles.subscribe((each) => news.push(each));
});
afterEach(async () => {
  await one.discard();
  expect(one.fatal).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

/** A logger that is told to keep candles follows all securities from its start on. */
async function start(): Promise<void> {
  one.core.candles.start();
  await one.core.start([BTC]);
  await prove(100);
}

/** The exchange confirms the streams and answers with a book at a sequence. */
async function prove(sequence: number): Promise<void> {
  await clock.advanceAsync(0);
  one.exchange.up();
  one.exchange.diff(sequence - 1, sequence + 1, [1000, 6]);
  one.exchange.answer(snapshotAt(sequence, [1000, 5], [1010, 7]));
  await clock.advanceAsync(10);
}

let sequence = 101;

function quietDiff(): void {
  one.exchange.diff(++sequence, sequence, [1001, (sequence % 9) + 1]);
}

/** Books move, and nobody trades: so many times five seconds. */
async function quiet(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await clock.advanceAsync(5000, 1000);
    if (i < times - 1) quietDiff();
  }
}

async function stored(timeframe: Timeframe): Promise<(CandleItem | GapItem)[]> {
  await one.core.control.flush(BTC);
  const items: (CandleItem | GapItem)[] = [];
  for await (const item of one.core.reader.candles({ security: BTC, timeframe })) items.push(item);
  return items;
}

function settledOf(timeframe: Timeframe): CandleOutput[] {
  return news.flatMap((each) =>
    each.type === 'settled' && each.settled.timeframe === timeframe ? [each.settled.output] : [],
  );
}

function earlyOf(timeframe: Timeframe): Candle[] {
  return news.flatMap((each) =>
    each.type === 'early' && each.candle.timeframe === timeframe ? [each.candle] : [],
  );
}

describe('live candles', () => {
  test('early right after the boundary, final with the next trade, each once', async () => {
    await start();
    let publishedUs = 0;
    one.core.candles.subscribe(({ type }) => {
      if (type === 'early') publishedUs = clock.nowUs();
    });
    one.exchange.trade(1);
    await quiet(10);
    expect(earlyOf('1m')).toEqual([]);
    await clock.advanceAsync(150, 10);
    expect(earlyOf('1m')).toMatchObject([{ toUs: BOUNDARY_US, trades: 1, state: 'early' }]);
    expect(publishedUs - BOUNDARY_US).toBeLessThanOrEqual(250_000);
    expect(settledOf('1m')).toEqual([]);
    one.exchange.trade(2);
    await clock.advanceAsync(100, 10);
    expect(settledOf('1m')).toMatchObject([
      { candle: { toUs: BOUNDARY_US, trades: 1, state: 'incomplete' } },
    ]);
    await quiet(12);
    one.exchange.trade(3);
    await clock.advanceAsync(100, 10);
    expect(settledOf('1m')).toHaveLength(2);
    expect(settledOf('1m')[1]).toMatchObject({ candle: { trades: 1, state: 'final' } });
  });

  test('without a trade, an event two seconds behind the boundary makes it final', async () => {
    await start();
    await quiet(10);
    await clock.advanceAsync(1000, 100);
    quietDiff();
    await clock.advanceAsync(100, 10);
    expect(settledOf('1m')).toEqual([]);
    await clock.advanceAsync(1000, 100);
    quietDiff();
    await clock.advanceAsync(100, 10);
    expect(settledOf('1m')).toHaveLength(1);
  });

  test('watched from the middle of a recording, it begins with what was recorded', async () => {
    await one.core.start([BTC]);
    await prove(100);
    one.exchange.trade(1);
    await clock.advanceAsync(5000, 1000);
    one.exchange.trade(2);
    const unfollow = one.core.candles.follow(BTC);
    one.exchange.trade(3);
    await clock.advanceAsync(1000, 100);
    expect(one.core.candles.running(BTC, '1m')).toMatchObject({ trades: 3, state: 'open' });
    expect(one.core.candles.running(BTC, '1h')).toMatchObject({ trades: 3, firstTradeId: 1 });
    unfollow();
    expect(one.core.candles.running(BTC, '1m')).toBeUndefined();
  });

  test('with outages, losses, removals: what is settled is what the archive says', async () => {
    const random = seededRandom();
    await start();
    let trade = 1;
    for (let i = 0; i < 300; i++) {
      await clock.advanceAsync(random.integer(10, 8000), 4000);
      const dice = random.next();
      if (dice < 0.5) one.exchange.trade(trade++);
      else if (dice < 0.95) {
        quietDiff();
      } else {
        if (dice < 0.975) {
          one.exchange.down();
          await clock.advanceAsync(random.integer(100, 200_000), 5000);
        } else {
          await one.core.control.remove([BTC]);
          await clock.advanceAsync(random.integer(100, 100_000), 5000);
          void one.core.control.add([BTC], false, new AbortController().signal);
          await clock.advanceAsync(1000, 100);
        }
        if (random.chance(0.5)) trade += random.integer(1, 3);
        sequence += 50;
        await prove(sequence++);
        await clock.advanceAsync(3000, 500);
        expect(one.core.control.status(BTC)?.state, `seed ${random.seed} ${i}`).toBe('live');
      }
    }
    for (const timeframe of ['1m', '5m', '15m'] as const) {
      const hint = `seed ${random.seed} ${timeframe}`;
      const settled = settledOf(timeframe);
      const begins = settled.map(
        (output) => (output.type === 'gap' ? output : output.candle).fromUs,
      );
      expect(new Set(begins).size, hint).toBe(begins.length);
      const said = perInterval(settled.map(withoutKind));
      const all = perInterval((await stored(timeframe)).map(withoutKind));
      expect(said.length, hint).toBeGreaterThanOrEqual(1);
      expect(said, hint).toEqual(all.slice(0, said.length));
    }
  });
});

type Shown = Record<string, unknown> & { fromUs: number; toUs: number };

function withoutKind(item: CandleItem | GapItem | CandleOutput): Shown {
  if (item.type === 'gap') {
    return { gap: item.cause, fromUs: item.fromUs, toUs: item.toUs ?? Infinity };
  }
  const { fromUs, toUs, trades, volume, open, close, state, missing } =
    'candle' in item ? item.candle : item;
  const lost = missing.map(
    (part) => `${formatTimeUs(part.fromUs)} ${formatTimeUs(part.toUs)} ${part.cause}`,
  );
  return { fromUs, toUs, trades, volume, open, close, state, lost };
}

/** Gaps in whole minutes: the archive joins those that touch. */
function perInterval(all: readonly Shown[]): Shown[] {
  return all.flatMap((item) => {
    if (item['gap'] === undefined) return [item];
    const parts: Shown[] = [];
    for (let us = item.fromUs; us < item.toUs; us += 60_000_000) {
      parts.push({ ...item, fromUs: us, toUs: us + 60_000_000 });
    }
    return parts;
  });
}

test('a watch sends running candles as they change, then early and settled ones, as lines', async () => {
  await one.core.start([BTC]);
  await prove(100);
  const lines: { from: string; state: string; trades: number }[] = [];
  const left = new AbortController();
  const context = {
    ...one.core,
    clock,
    limits: MANAGER_LIMITS,
    closing: new AbortController().signal,
  } as unknown as ManagerContext;
  const writer = {
    signal: left.signal,
    write: async ({ lines: bytes }: WatchSeriesPart) => {
      const text = bytes === undefined ? '' : Buffer.from(bytes as Uint8Array).toString();
      lines.push(
        ...text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line)),
      );
    },
  };
  const request = { security: 'BINANCE:btcusdt', candles: ['1m'], snapshots: null };
  const watching = streamSeries(context, request, writer);
  one.exchange.trade(1);
  await quiet(5);
  one.exchange.trade(2);
  await quiet(6);
  one.exchange.trade(3);
  await clock.advanceAsync(2000, 100);
  const of = (from: string) =>
    lines.filter((line) => line.from === from).map((line) => [line.state, line.trades]);
  expect(of('2026-11-20T00:00:00Z')).toEqual([
    ['open', 1],
    ['open', 2],
    ['early', 2],
    ['incomplete', 2],
  ]);
  await expect(streamSeries(context, { ...request, candles: ['2m'] }, writer)).rejects.toThrow(
    /^candles: "2m"/,
  );
  await expect(streamSeries(context, { ...request, candles: [] }, writer)).rejects.toThrow(
    /^candles: name/,
  );
  left.abort();
  await clock.advanceAsync(200, 10);
  await watching;
});

test('a watch of snapshots sends the lines of an export, numbered as there', async () => {
  await one.core.start([BTC]);
  await prove(100);
  await quiet(2);
  one.exchange.down();
  await clock.advanceAsync(60_000, 1000);
  sequence += 50;
  await prove(sequence++);
  const text: string[] = [];
  const left = new AbortController();
  const context = {
    ...one.core,
    clock,
    limits: MANAGER_LIMITS,
    closing: new AbortController().signal,
    log: { warning: () => undefined },
  } as unknown as ManagerContext;
  const writer = {
    signal: left.signal,
    write: async ({ lines: bytes }: WatchSeriesPart) => {
      text.push(bytes === undefined ? '' : Buffer.from(bytes as Uint8Array).toString());
    },
  };
  const unset = 'BOOK_LEVEL_UNSPECIFIED' as const;
  const snapshots = { every: '1s', depth: 3, level: unset, features: false };
  const request = { security: 'BINANCE:btcusdt', candles: [], snapshots };
  const watching = streamSeries(context, request, writer);
  for (let i = 1; i < 40; i++) {
    one.exchange.trade(i);
    quietDiff();
    await clock.advanceAsync(300, 10);
  }
  const lines = text.join('').trim().split('\n');
  expect(lines.length).toBeGreaterThan(5);
  const query = { security: BTC, type: 'snapshots', format: 'jsonl', depth: 3 } as const;
  await one.core.control.flush(BTC);
  const stored: string[] = [];
  for await (const line of exportLines(one.core.reader, { ...query, clock: 'exchange' })) {
    if ('text' in line) stored.push(line.text);
  }
  const first = stored.indexOf(lines[0] as string);
  expect(first).toBeGreaterThan(0);
  expect(lines).toEqual(stored.slice(first, first + lines.length));
  expect(JSON.parse(lines[0] as string)).toMatchObject({ segment: 2, flow: 'complete' });
  for (const [wrong, message] of [
    [{ ...snapshots, every: '7s' }, /^every: has to divide/],
    [{ ...snapshots, depth: 0 }, /^depth: /],
  ] as const) {
    await expect(streamSeries(context, { ...request, snapshots: wrong }, writer)).rejects.toThrow(
      message,
    );
  }
  const both = { ...request, candles: ['1m'] };
  await expect(streamSeries(context, both, writer)).rejects.toThrow(/^candles: contradict/);
  left.abort();
  await clock.advanceAsync(200, 10);
  await watching;
});

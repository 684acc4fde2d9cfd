/** Candles of trades beside the exchange's own. */

import { beforeEach, describe, expect, test } from 'vitest';
import type { CandleState } from '../../../logger/candles/candle.ts';
import { UnknownSecurityError } from '../../../logger/errors.ts';
import { parseTimeUs } from '../../../logger/market/time.ts';
import { formatComparedCandle } from '../../../logger/queries/compared-candle.ts';
import type { CandleItem, GapItem } from '../../../logger/queries/items.ts';
import type { ComparedCandlesQuery } from '../../../logger/queries/queries.ts';
import { comparedCandles } from '../../../logger/series/compared-candles.ts';
import { ExchangeHistory } from '../../../logger/series/exchange-history.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryCandles } from '../../support/memory-candles.ts';
import { ScriptedCandles } from '../../support/scripted-candles.ts';

const MINUTE_US = 60_000_000;
const SECURITY = 'binance:BTCUSDT';
const T0 = parseTimeUs('2026-11-19T07:00:00Z');

let clock: ManualClock;
let candles: ScriptedCandles;
let own: (CandleItem | GapItem)[];

beforeEach(() => {
  clock = new ManualClock();
  candles = new ScriptedCandles(clock);
  own = [];
});

function ownCandle(
  minute: number,
  state: CandleState = 'final',
  change: Partial<CandleItem> = {},
): CandleItem {
  const fromUs = T0 + minute * MINUTE_US;
  return {
    ...candles.candle('1m', fromUs),
    type: 'candle',
    security: SECURITY,
    source: 'trades',
    state,
    missing: [],
    quoteVolume: 540,
    buyVolume: 2,
    trades: 3,
    firstTradeId: 1,
    lastTradeId: 3,
    ...change,
  };
}

function gap(from: number, to: number): GapItem {
  const [fromUs, toUs] = [T0 + from * MINUTE_US, T0 + to * MINUTE_US];
  const numbers = { firstMissing: null, lastMissing: null, missing: 'tradeId' } as const;
  return { type: 'gap', fromUs, toUs, cause: 'restart', ...numbers };
}

async function shown(change: Partial<ComparedCandlesQuery> = {}, kept?: MemoryCandles) {
  const asked = {
    exchanges: new Map([['binance', candles.exchange]]),
    clock,
    random: { next: () => 0.5 },
  };
  const history = new ExchangeHistory({ asked, kept });
  const query: ComparedCandlesQuery = {
    security: SECURITY,
    timeframe: '1m',
    source: 'trades',
    check: false,
    ...change,
  };
  async function* items() {
    yield* own;
  }
  const found = [];
  const deps = { history, candles: items, clock, store: kept };
  for await (const item of comparedCandles(deps, query, new AbortController().signal)) {
    found.push(item);
  }
  return found;
}

/** `minute state source`, or the gap. */
function short(items: Awaited<ReturnType<typeof shown>>): string[] {
  return items.map((item) => {
    const minute = (item.fromUs - T0) / MINUTE_US;
    if (item.type === 'gap')
      return `${minute}-${((item.toUs ?? 0) - T0) / MINUTE_US} ${item.cause}`;
    return `${minute} ${item.state} ${item.source}`;
  });
}

describe('--check', () => {
  test('final candles that agree are checked, others differ and tell both values', async () => {
    own = [ownCandle(0), ownCandle(1, 'final', { volume: 4, trades: 2 }), ownCandle(2)];
    candles.changed.set(T0 + 2 * MINUTE_US, { close: 111 });
    const found = await shown({ check: true });
    expect(short(found)).toEqual(['0 checked trades', '1 differs trades', '2 differs trades']);
    const [first, second] = found.map(
      (item) => item.type === 'candle' && formatComparedCandle(item),
    );
    expect(first).toMatchObject({
      volume: '5',
      check: { compared: candles.compared, differs: [], exchange: { close: '110', trades: 3 } },
    });
    expect(second).toMatchObject({
      volume: '4',
      trades: 2,
      check: {
        differs: ['volume', 'trades'],
        exchange: { volume: '5', trades: 3, buyVolume: null },
      },
    });
    // One page for all of them.
    expect(candles.asked).toHaveLength(1);
  });

  test('what is not over is not compared, here or there', async () => {
    const minute = (clock.nowUs() - T0) / MINUTE_US - 1;
    own = [ownCandle(0, 'early'), ownCandle(1, 'open'), ownCandle(minute)];
    const found = await shown({ check: true });
    expect(short(found)).toEqual(['0 early trades', '1 open trades', `${minute} final trades`]);
    expect(found[0]).not.toHaveProperty('check');
    // The exchange's may be late: it is told, but proves nothing.
    expect(found[2]).toMatchObject({ check: { compared: [], exchange: { state: 'early' } } });
  });

  test('an incomplete candle stays so, beside what the exchange has', async () => {
    own = [ownCandle(0, 'incomplete', { volume: 1 })];
    const [only] = await shown({ check: true });
    expect(only).toMatchObject({
      state: 'incomplete',
      check: { exchange: { volume: 5 }, differs: [] },
    });
  });

  test('no row says nothing where the exchange has rows without trades', async () => {
    own = [ownCandle(0, 'final', { trades: 0, volume: 0 })];
    candles.without.add(T0);
    const [only] = await shown({ check: true });
    expect(only).toMatchObject({ state: 'final', check: { exchange: null, compared: [] } });
  });

  test('elsewhere no row among others says that nobody traded', async () => {
    candles.hasEmptyRows = false;
    candles.without.add(T0).add(T0 + MINUTE_US);
    own = [ownCandle(0, 'final', { trades: 0, volume: 0 }), ownCandle(1)];
    expect(short(await shown({ check: true }))).toEqual(['0 checked trades', '1 final trades']);
    // An answer without any row says nothing.
    candles.listedUs = T0 + 60 * MINUTE_US;
    expect(short(await shown({ check: true }))).toEqual(['0 final trades', '1 final trades']);
  });

  test('a long history is asked for a page at a time', async () => {
    own = Array.from({ length: 25 }, (_, i) => ownCandle(i));
    expect(short(await shown({ check: true })).every((text) => text.includes('checked'))).toBe(
      true,
    );
    expect(candles.asked).toHaveLength(3);
  });
});

test('candles that are kept learn how they compare; others are not put', async () => {
  const kept = new MemoryCandles();
  own = [ownCandle(0), ownCandle(1, 'final', { close: 1 }), ownCandle(2)];
  await kept.put(own.slice(0, 2).map((item) => item as CandleItem));
  await shown({ check: true }, kept);
  const series = { security: SECURITY, timeframe: '1m', source: 'trades' } as const;
  const entries = await kept.between(series, { fromUs: 0, toUs: Infinity });
  expect(entries).toMatchObject([
    { state: 'checked', close: 110 },
    { state: 'differs', close: 1 },
  ]);
  const { puts } = kept;
  await shown({ check: true }, kept);
  expect(kept.puts).toBe(puts);
});

test('a kept candle that lacks what the records have is not said to be checked', async () => {
  const kept = new MemoryCandles();
  own = [ownCandle(0), ownCandle(1)];
  await kept.put([ownCandle(0, 'final', { volume: 4, trades: 2 }), ownCandle(1)] as CandleItem[]);
  expect(short(await shown({ check: true }, kept))).toEqual([
    '0 checked trades',
    '1 checked trades',
  ]);
  const series = { security: SECURITY, timeframe: '1m', source: 'trades' } as const;
  const entries = await kept.between(series, { fromUs: 0, toUs: Infinity });
  expect(entries).toMatchObject([{ state: 'final', trades: 2 }, { state: 'checked' }]);
});

describe('--source', () => {
  test('auto takes from the exchange what was not recorded whole', async () => {
    own = [gap(0, 2), ownCandle(2), ownCandle(3, 'incomplete'), gap(4, 6), ownCandle(6)];
    candles.without.add(T0 + 5 * MINUTE_US);
    expect(short(await shown({ source: 'auto' }))).toEqual([
      '0 final exchange',
      '1 final exchange',
      '2 final trades',
      '3 final exchange',
      '4 final exchange',
      '5-6 restart',
      '6 final trades',
    ]);
  });

  test('auto compares the rest, if that is wanted', async () => {
    own = [ownCandle(0), gap(1, 2), ownCandle(2, 'final', { close: 1 })];
    expect(short(await shown({ source: 'auto', check: true }))).toEqual([
      '0 checked trades',
      '1 final exchange',
      '2 differs trades',
    ]);
  });

  test('an incomplete candle stays where the exchange has none', async () => {
    own = [ownCandle(0, 'incomplete')];
    candles.without.add(T0);
    expect(short(await shown({ source: 'auto' }))).toEqual(['0 incomplete trades']);
  });

  test('exchange asks for all of it, with one gap for what it has not', async () => {
    candles.listedUs = T0 + 14 * MINUTE_US;
    const range = { fromUs: T0, toUs: T0 + 16 * MINUTE_US };
    expect(short(await shown({ source: 'exchange', ...range }))).toEqual([
      '0-14 other',
      '14 final exchange',
      '15 final exchange',
    ]);
  });

  test('exchange shows the running candle as such, and nothing of the future', async () => {
    const nowUs = clock.nowUs();
    const range = { fromUs: nowUs - 2 * MINUTE_US, toUs: nowUs + 60 * MINUTE_US };
    const found = await shown({ source: 'exchange', ...range });
    expect(found.map((item) => item.type === 'candle' && item.state)).toEqual([
      'final',
      'early',
      'open',
    ]);
  });

  test('what is kept is not asked for', async () => {
    const kept = new MemoryCandles();
    const ids = { firstTradeId: null, lastTradeId: null, missing: [] };
    const place = {
      type: 'candle',
      security: SECURITY,
      source: 'exchange',
      state: 'final',
    } as const;
    await kept.put(
      [0, 1].map((i) => ({ ...place, ...ids, ...candles.candle('1m', T0 + i * MINUTE_US) })),
    );
    const range = { fromUs: T0, toUs: T0 + 3 * MINUTE_US };
    expect(short(await shown({ source: 'exchange', ...range }, kept))).toHaveLength(3);
    expect(candles.asked.map(({ fromUs }) => (fromUs - T0) / MINUTE_US)).toEqual([2]);
  });

  test('auto of a security that was never recorded is all the exchange’s', async () => {
    const history = new ExchangeHistory({
      asked: {
        exchanges: new Map([['binance', candles.exchange]]),
        clock,
        random: { next: () => 0 },
      },
      kept: undefined,
    });
    const never = async function* (): AsyncGenerator<CandleItem> {
      yield* await Promise.reject<CandleItem[]>(new UnknownSecurityError('never recorded'));
    };
    const query = { security: SECURITY, timeframe: '1m', source: 'auto', check: false } as const;
    const range = { fromUs: T0, toUs: T0 + 2 * MINUTE_US };
    const all = [];
    const deps = { history, candles: never, clock };
    const { signal } = new AbortController();
    for await (const item of comparedCandles(deps, { ...query, ...range }, signal)) all.push(item);
    expect(short(all)).toEqual(['0 final exchange', '1 final exchange']);
  });
});

import { describe, expect, test } from 'vitest';
import { HISTORY_WINDOW_US } from '../../../sandbox/market/history.ts';
import { Market, MAX_CATCH_UP_US } from '../../../sandbox/market/market.ts';
import type { MarketDiff, MarketTop } from '../../../sandbox/market/market.ts';
import type { MarketTrade } from '../../../sandbox/market/market-trade.ts';
import { seededRandom as sandboxRandom } from '../../../sandbox/prng.ts';
import { DEFAULT_SYMBOLS, profileOf } from '../../../sandbox/market/symbols.ts';
import { testSeed } from '../../support/seeded-random.ts';

const START_US = 1_790_000_000_000_000;
const seed = testSeed();

function open(symbol = 'BTCUSDT', options: { seed?: number; eventsPerSecond?: number } = {}) {
  const market = new Market({
    profile: profileOf(symbol),
    random: sandboxRandom(options.seed ?? seed),
    startUs: START_US,
    eventsPerSecond: options.eventsPerSecond ?? 200,
    firstSequence: 1000,
    firstTradeId: 1,
  });
  const published = {
    diffs: [] as MarketDiff[],
    trades: [] as MarketTrade[],
    tops: [] as MarketTop[],
  };
  market.listen({
    onDiff: (diff) => published.diffs.push(diff),
    onTrade: (trade) => published.trades.push(trade),
    onTop: (top) => published.tops.push(top),
  });
  return { market, published };
}

function applied(levels: Map<number, number>, flat: readonly number[]): void {
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i + 1] === 0) levels.delete(flat[i] ?? 0);
    else levels.set(flat[i] ?? 0, flat[i + 1] ?? 0);
  }
}

describe('market', () => {
  test(`the same seed gives the same market however late the timers are (SEED=${seed})`, () => {
    const steady = open();
    const jumpy = open();
    for (let ms = 10; ms <= 20_000; ms += 10) steady.market.advanceTo(START_US + ms * 1000);
    for (const ms of [3, 777, 4100, 8999, 13_500, 13_501, 18_200, 20_000]) {
      jumpy.market.advanceTo(START_US + ms * 1000);
    }
    expect(jumpy.published).toEqual(steady.published);
    expect(jumpy.market.book()).toEqual(steady.market.book());
    expect(steady.published.trades.length).toBeGreaterThan(50);
    const other = open('BTCUSDT', { seed: seed + 1 });
    other.market.advanceTo(START_US + 20_000_000);
    expect(other.published.trades).not.toEqual(steady.published.trades);
  });

  test.each([100, 1000] as const)(
    `diffs every %i ms follow one another and add up to the book (SEED=${seed})`,
    (paceMs) => {
      const { market, published } = open();
      const start = market.book();
      const bids = new Map<number, number>();
      const asks = new Map<number, number>();
      applied(bids, start.bids);
      applied(asks, start.asks);
      market.advanceTo(START_US + 30_000_000);
      let sequence = start.sequence;
      const diffs = published.diffs.filter((diff) => diff.paceMs === paceMs);
      for (const diff of diffs) {
        expect(diff.firstSequence).toBe(sequence + 1);
        expect(diff.lastSequence).toBeGreaterThanOrEqual(diff.firstSequence);
        expect(diff.timeUs % (paceMs * 1000)).toBe(0);
        sequence = diff.lastSequence;
        applied(bids, diff.bids);
        applied(asks, diff.asks);
        const truth = market.history.bookAt(sequence);
        if (diff !== diffs.at(-1) && diff.lastSequence % 10 !== 0) continue;
        expect(truth?.sequence).toBe(sequence);
        expect(truth?.bids.length).toBe(bids.size * 2);
        for (let i = 0; i < (truth?.bids.length ?? 0); i += 2) {
          expect(bids.get(truth?.bids[i] ?? 0)).toBe(truth?.bids[i + 1]);
        }
        expect(new Map(pairs(truth?.asks ?? []))).toEqual(asks);
      }
      expect(sequence).toBe(market.engine.sequence);
    },
  );

  test('levels of a diff are best first, and some of its deletes are of levels never seen', () => {
    const { market, published } = open();
    const known = new Set(pairs(market.book().bids).map(([price]) => price));
    market.advanceTo(START_US + 20_000_000);
    let phantoms = 0;
    for (const diff of published.diffs.filter((d) => d.paceMs === 100)) {
      const prices = pairs(diff.bids).map(([price]) => price);
      expect(prices).toEqual([...prices].sort((a, b) => b - a));
      for (const [price, size] of pairs(diff.bids)) {
        if (size === 0 && !known.delete(price)) phantoms++;
        else if (size > 0) known.add(price);
      }
    }
    expect(phantoms).toBeGreaterThan(0);
  });

  test('the book is never crossed, and the published top of book is right', () => {
    const { market, published } = open();
    market.advanceTo(START_US + 20_000_000);
    expect(published.tops.length).toBeGreaterThan(100);
    for (const top of published.tops) expect(top.bidPrice).toBeLessThan(top.askPrice);
    const { bids, asks } = market.book(1);
    const { bidPrice, bidSize, askPrice, askSize } = market.top();
    expect([bidPrice, bidSize, askPrice, askSize]).toEqual([...bids, ...asks]);
  });

  test.each(DEFAULT_SYMBOLS.map((profile) => profile.symbol))(
    '%s keeps its depth over twenty-five minutes',
    (symbol) => {
      const profile = profileOf(symbol);
      const { market } = open(symbol, { eventsPerSecond: 200 * profile.paceShare });
      for (let second = 1; second <= 1500; second++) {
        market.advanceTo(START_US + second * 1_000_000);
      }
      for (const side of ['buy', 'sell'] as const) {
        expect(market.engine.levelCount(side)).toBeGreaterThan(profile.depthLevels * 0.6);
        expect(market.engine.levelCount(side)).toBeLessThan(profile.depthLevels * 1.3);
      }
      expect(market.engine.restingOrders).toBeLessThan(profile.depthLevels * 7);
    },
  );

  test('the deep symbol has more levels per side than a REST snapshot', () => {
    const { market } = open('DEEPUSDT');
    market.advanceTo(START_US + 60_000_000);
    expect(market.engine.levelCount('buy')).toBeGreaterThan(5000);
    expect(market.engine.levelCount('sell')).toBeGreaterThan(5000);
  });

  test('a quiet symbol has no diff for seconds, and trades now and then', () => {
    const { market, published } = open('QUIETUSDT', { eventsPerSecond: 0.6, seed: 7 });
    for (let s = 1; s <= 120; s++) market.advanceTo(START_US + s * 1_000_000);
    expect(published.diffs.filter((diff) => diff.paceMs === 100).length).toBeLessThan(200);
    expect(published.trades.length).toBeGreaterThan(5);
  });

  test('time during which the process was suspended is skipped', () => {
    const { market, published } = open();
    market.advanceTo(START_US + 1_000_000);
    const before = published.diffs.length;
    market.advanceTo(START_US + 3_600_000_000);
    const lived = published.diffs.slice(before).filter((diff) => diff.paceMs === 100).length;
    expect(lived).toBeLessThanOrEqual(MAX_CATCH_UP_US / 100_000 + 1);
    expect(lived).toBeGreaterThan(0);
    market.advanceTo(START_US + 3_601_000_000);
    expect(published.diffs.at(-1)?.timeUs).toBe(START_US + 3_601_000_000);
  });

  test('a coarser tick size affects new prices only', () => {
    const { market } = open();
    market.changeGrid({ tickSize: 100_000_000 });
    market.advanceTo(START_US + 10_000_000);
    const prices = pairs([...market.book().bids, ...market.book().asks]).map(([price]) => price);
    expect(prices.some((price) => price % 100_000_000 !== 0)).toBe(true);
    expect(market.engine.grid.tickSize).toBe(100_000_000);
  });
});

describe('history', () => {
  test('there is no book outside the window', () => {
    const { market, published } = open();
    const atStart = market.book().sequence;
    expect(market.history.bookAt(atStart - 1)).toBeUndefined();
    expect(market.history.bookAt(atStart)?.bids).toEqual(market.book().bids);
    expect(market.history.bookAt(atStart + 1)).toBeUndefined();
    const end = START_US + HISTORY_WINDOW_US + 60_000_000;
    for (let us = START_US; us <= end; us += 1_000_000) market.advanceTo(us);
    expect(market.history.bookAt(atStart)).toBeUndefined();
    const shortDiffs = published.diffs.filter((diff) => diff.paceMs === 100);
    const inside = shortDiffs.find((diff) => diff.timeUs > end - HISTORY_WINDOW_US);
    expect(market.history.bookAt(inside?.lastSequence ?? 0)?.timeUs).toBe(inside?.timeUs);
  });

  test('a sequence between two diffs yields the book of the earlier one', () => {
    const { market, published } = open();
    market.advanceTo(START_US + 5_000_000);
    const diffs = published.diffs.filter((diff) => diff.paceMs === 100);
    const wide = diffs.findIndex((diff) => diff.lastSequence > diff.firstSequence);
    const middle = diffs[wide]?.firstSequence ?? 0;
    expect(market.history.bookAt(middle)?.sequence).toBe(middle - 1);
  });
});

function pairs(flat: readonly number[]): [number, number][] {
  const rows: [number, number][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) rows.push([flat[i] ?? 0, flat[i + 1] ?? 0]);
  return rows;
}

/** Venues whose prices differ from those of the others for a while, and come together again. */

import { afterEach, describe, expect, test } from 'vitest';
import { createBinance } from '../../../logger/exchange/binance/exchange.ts';
import { createBitfinex } from '../../../logger/exchange/bitfinex/exchange.ts';
import { createBitmex } from '../../../logger/exchange/bitmex/exchange.ts';
import { createBybit } from '../../../logger/exchange/bybit/exchange.ts';
import { createCoinbase } from '../../../logger/exchange/coinbase/exchange.ts';
import type { CreateExchange } from '../../../logger/exchange/definition.ts';
import { parseTimeUs } from '../../../logger/market/time.ts';
import { Market } from '../../../sandbox/market/market.ts';
import type { MarketDiff, MarketTop } from '../../../sandbox/market/market.ts';
import type { MarketTrade } from '../../../sandbox/market/market-trade.ts';
import type { OrderEvent } from '../../../sandbox/market/order-events.ts';
import { profileOf } from '../../../sandbox/market/symbols.ts';
import { seededRandom } from '../../../sandbox/prng.ts';
import { SimulatedExchange } from '../../../sandbox/simulated-exchange.ts';
import { SANDBOX_KEY } from '../../../sandbox/venues/coinbase/key.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { testSeed } from '../../support/seeded-random.ts';
import { Simulation, STEP_MS } from '../../support/simulation.ts';
import { expectTrueBook } from '../../support/true-book.ts';
import { smallMarkets } from './sandboxes.ts';

const START_US = 1_790_000_000_000_000;
const TICK = 1_000_000;
const seed = testSeed();

function openPair() {
  const leader = new Market({
    profile: { ...profileOf('BTCUSDT'), depthLevels: 300 },
    random: seededRandom(seed),
    startUs: START_US,
    eventsPerSecond: 300,
    firstSequence: 1000,
    firstTradeId: 1,
  });
  const mirror = leader.mirror();
  let ms = 0;
  const advance = (byMs: number): void => {
    for (const untilMs = ms + byMs; ms < untilMs;) {
      ms = Math.min(untilMs, ms + 730);
      leader.advanceTo(START_US + ms * 1000);
    }
  };
  return { leader, mirror, advance };
}

function published(market: Market) {
  const seen = { diffs: [] as MarketDiff[], trades: [] as MarketTrade[], tops: [] as MarketTop[] };
  market.listen({
    onDiff: (diff) => seen.diffs.push(diff),
    onTrade: (trade) => seen.trades.push(trade),
    onTop: (top) => seen.tops.push(top),
  });
  return seen;
}

/** The book of a market whose prices are moved. */
function expectMoved(mirror: Market, leader: Market, by: number): void {
  for (const side of ['buy', 'sell'] as const) {
    const moved = [...leader.engine.orders(side)].map((order) => [
      order.price + by,
      order.remaining,
    ]);
    const orders = [...mirror.engine.orders(side)].map((order) => [order.price, order.remaining]);
    expect(orders).toEqual(moved);
  }
}

function applyDiff(levels: Map<number, number>, flat: readonly number[]): void {
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i + 1] === 0) levels.delete(flat[i] ?? 0);
    else levels.set(flat[i] ?? 0, flat[i + 1] ?? 0);
  }
}

describe(`a mirror (SEED=${seed})`, () => {
  test('is the market that it follows, until its prices are moved: then all of them, by whole ticks', () => {
    const { leader, mirror, advance } = openPair();
    const [there, here] = [published(leader), published(mirror)];
    advance(20_000);
    expect(there.trades.length).toBeGreaterThan(20);
    expect(here.trades).toEqual(there.trades);
    const changes = ({ bids, asks, timeUs }: MarketDiff) => ({ bids, asks, timeUs });
    expect(here.diffs.map(changes)).toEqual(there.diffs.map(changes));
    expect(mirror.candles('1m', { fromUs: START_US, toUs: START_US + 60_000_000 })).toEqual(
      leader.candles('1m', { fromUs: START_US, toUs: START_US + 60_000_000 }),
    );
    const { bidPrice, askPrice } = leader.top();
    mirror.skew(40, 15_000_000);
    const by = mirror.top().bidPrice - bidPrice;
    expect(by).toBeGreaterThan(0);
    expect(by % TICK).toBe(0);
    expect(Math.abs(by - ((bidPrice + askPrice) / 2) * 0.004)).toBeLessThanOrEqual(TICK / 2);
    for (let i = 0; i < 5; i++) {
      expectMoved(mirror, leader, by);
      advance(2900);
    }
    const moved = here.trades.filter(({ timeUs }) => timeUs > START_US + 20_000_000);
    expect(moved.length).toBeGreaterThan(10);
    expect(moved).toEqual(
      there.trades.slice(-moved.length).map((trade) => ({ ...trade, price: trade.price + by })),
    );
    advance(1000);
    expectMoved(mirror, leader, 0);
    advance(10_000);
    expectMoved(mirror, leader, 0);
    expect(here.tops.every((top) => top.bidPrice < top.askPrice && top.bidPrice > 0)).toBe(true);
  });

  test.each([100, 1000] as const)('diffs every %i ms add up to its book', (paceMs) => {
    const { mirror, advance } = openPair();
    const seen = published(mirror);
    const start = mirror.book();
    const [bids, asks] = [new Map<number, number>(), new Map<number, number>()];
    applyDiff(bids, start.bids);
    applyDiff(asks, start.asks);
    advance(3000);
    mirror.skew(-25, 4_000_000);
    advance(3000);
    mirror.skew(60, 4_000_000);
    advance(10_000);
    let { sequence } = start;
    for (const diff of seen.diffs.filter((each) => each.paceMs === paceMs)) {
      expect(diff.firstSequence).toBe(sequence + 1);
      sequence = diff.lastSequence;
      applyDiff(bids, diff.bids);
      applyDiff(asks, diff.asks);
      const truth = mirror.history.bookAt(sequence);
      expect(truth?.sequence).toBe(sequence);
      expect(truth?.bids).toEqual([...bids].sort((a, b) => b[0] - a[0]).flat());
      expect(truth?.asks).toEqual([...asks].sort((a, b) => a[0] - b[0]).flat());
    }
  });

  test('is never crossed nor empty while orders move one by one', () => {
    const { mirror, advance } = openPair();
    const wrong: OrderEvent[] = [];
    mirror.listen({
      onOrderEvent: (event) => {
        const [bid, ask] = [mirror.engine.bestPrice('buy'), mirror.engine.bestPrice('sell')];
        if (bid === undefined || ask === undefined || bid >= ask) wrong.push(event);
      },
    });
    for (const bps of [300, -300, 1, 0]) {
      mirror.skew(bps, 1_000_000);
      advance(500);
    }
    expect(wrong).toEqual([]);
  });

  test('takes another grid with the market that it follows, and is on it', () => {
    const { leader, mirror, advance } = openPair();
    mirror.skew(10, 60_000_000);
    mirror.changeGrid({ tickSize: 7 * TICK });
    advance(2000);
    expect(leader.engine.grid.tickSize).toBe(7 * TICK);
    const by = mirror.top().bidPrice - leader.top().bidPrice;
    expect(by % (7 * TICK)).toBe(0);
    expect(by).toBeGreaterThan(0);
    expectMoved(mirror, leader, by);
    mirror.skew(0, 0);
    expectMoved(mirror, leader, 0);
  });
});

describe('the fault', () => {
  const skew = { type: 'skew', symbol: 'BTCUSDT', bps: 30, durationMs: 1000 } as const;
  const open = (mirrors?: string[]): SimulatedExchange =>
    new SimulatedExchange({ clock: new ManualClock(), symbols: smallMarkets(), mirrors });

  test('moves one symbol of one venue, until it is over', () => {
    const clock = new ManualClock();
    const exchange = new SimulatedExchange({ clock, symbols: smallMarkets(), mirrors: ['bybit'] });
    const bid = (security: string): number => Number(exchange.book(security).bids[0]?.[0]);
    const isApart = (symbol: string): boolean =>
      bid(`bybit:${symbol}`) !== bid(`binance:${symbol}`);
    const later = (ms: number): void => {
      clock.advance(ms);
      exchange.tick();
    };
    exchange.inject({ ...skew, exchange: 'bybit' });
    // Its next message has it.
    later(200);
    expect([isApart('BTCUSDT'), isApart('ETHUSDT')]).toEqual([true, false]);
    later(2000);
    expect(isApart('BTCUSDT')).toBe(false);
    exchange.inject({ ...skew, exchange: 'bybit', durationMs: 60_000 });
    later(200);
    expect(isApart('BTCUSDT')).toBe(true);
    exchange.inject({ type: 'recover', exchange: 'bybit' });
    later(200);
    expect(isApart('BTCUSDT')).toBe(false);
  });

  test('needs a venue that trades copies', () => {
    expect(() => open(['bybit']).inject(skew)).toThrow('--mirror binance');
    expect(() => open(['kraken'])).toThrow('exchange: "kraken" is not one of');
    expect(() => open(['bybit']).inject({ ...skew, symbol: 'NOPE', exchange: 'bybit' })).toThrow(
      'symbol: "NOPE" is not listed',
    );
  });
});

const addresses = (name: string) => ({ wsUrl: `ws://${name}`, restUrl: `http://${name}` });

const VENUES: readonly [security: string, create: CreateExchange][] = [
  [
    'binance:BTCUSDT',
    (shared, deps) => createBinance({ ...shared, ...deps, ...addresses('binance') }),
  ],
  [
    'coinbase:BTC-USD',
    (shared, deps) =>
      createCoinbase({
        ...shared,
        ...deps,
        ...addresses('coinbase'),
        feed: 'full',
        credentials: SANDBOX_KEY,
      }),
  ],
  [
    'bybit:BTCUSDT',
    (shared, deps) => createBybit({ ...shared, ...deps, ...addresses('bybit'), feed: 'full' }),
  ],
  [
    'bitfinex:tBTCUST',
    (shared, deps) => createBitfinex({ ...shared, ...deps, ...addresses('bitfinex'), feed: 'p0' }),
  ],
  ['bitmex:XBTUSD', (shared, deps) => createBitmex({ ...shared, ...deps, ...addresses('bitmex') })],
];

describe('a logger', () => {
  let simulation: Simulation;
  afterEach(() => simulation.close());

  test.each(VENUES)(
    'records %s without a gap, and has its true book all the time',
    async (security, create) => {
      const [name = '', symbol = ''] = security.split(':');
      simulation = new Simulation({
        securities: [security],
        depthLevels: 60,
        pace: 50,
        mirrors: [name],
      });
      const { clock, exchange } = simulation;
      const { core } = await simulation.start(name, create);
      const samples: { readonly us: number; readonly truth: ReturnType<typeof exchange.book> }[] =
        [];
      const watch = async (ms: number): Promise<void> => {
        for (let at = 0; at < ms; at += 250) {
          await clock.advanceAsync(250, STEP_MS);
          const book = core.control.bookNow(security);
          if (book.state !== 'proven') throw new Error(`No book of ${security}: ${book.state}`);
          // BitMEX has no sequences: there, times tell its messages apart.
          const sequence =
            name === 'bitmex' ? parseTimeUs(book.exchangeTime) / 1000 : Number(book.sequence);
          const truth = exchange.bookAtSequence(security, sequence);
          if (truth === undefined) continue;
          expectTrueBook({ ...book, sequence: String(truth.sequence) }, truth);
          samples.push({ us: clock.nowUs(), truth });
        }
      };
      await watch(1500);
      exchange.inject({ type: 'skew', exchange: name, symbol, bps: 80, durationMs: 2000 });
      await watch(3500);
      expect(samples.length).toBeGreaterThan(5);
      await core.control.flush(security);
      const { gaps } = await core.reader.coverage({ security });
      expect(gaps).toEqual([]);
      let proven = 0;
      for (const { us, truth } of samples) {
        const book = await core.reader.bookAt({ security, position: { clock: 'receive', us } });
        // What came last is not proven yet.
        if (book.state !== 'proven') continue;
        expectTrueBook({ ...book, sequence: String(truth.sequence) }, truth);
        proven++;
      }
      expect(proven).toBeGreaterThanOrEqual(samples.length - 2);
      expect(await core.reader.verify()).toMatchObject({ problems: [] });
    },
  );
});

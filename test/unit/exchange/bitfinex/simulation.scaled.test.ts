/**
 * A logger and the sandbox's Bitfinex in one process, on one clock: the exchange misbehaves in every way that
 * the protocol allows, and no book is ever claimed that it did not have.
 */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBitfinex } from '../../../../logger/exchange/bitfinex/exchange.ts';
import type { BitfinexFeedName } from '../../../../logger/exchange/bitfinex/books.ts';
import type { BookLevel } from '../../../../logger/market/security.ts';
import { parseTimeUs } from '../../../../logger/market/time.ts';
import type { BookResult, GapResult } from '../../../../logger/queries/results.ts';
import { drawFault } from '../../../../sandbox/faults/random-faults.ts';
import { seededRandom } from '../../../../sandbox/prng.ts';
import type { SimulatedExchange } from '../../../../sandbox/simulated-exchange.ts';
import { BITFINEX } from '../../../../sandbox/venues/bitfinex/venue.ts';
import type { VenueBook } from '../../../../sandbox/venues/venue.ts';
import type { ManualClock } from '../../../support/manual-clock.ts';
import { scaled } from '../../../support/scaled.ts';
import { STEP_MS, Simulation } from '../../../support/simulation.ts';
import type { TestCore } from '../../../support/test-core.ts';

const BTC = 'bitfinex:tBTCUST';
const ETH = 'bitfinex:tETHUST';
const SECURITIES = [BTC, ETH];
const SYMBOLS = SECURITIES.map((security) => security.slice(security.indexOf(':') + 1));
/** Rows of a side that a checksum is of. */
const CHECKED = 25;
/** Faults that are drawn; the next comes two seconds later. */
const FAULTS = scaled({ fast: 10, full: 120 });

let simulation: Simulation;
let clock: ManualClock;
let exchange: SimulatedExchange;

beforeEach(() => {
  // More than the window shows.
  simulation = new Simulation({ securities: SECURITIES, depthLevels: 270, pace: 15 });
  ({ clock, exchange } = simulation);
});
afterEach(async () => {
  await simulation.close();
});

function start(feed: BitfinexFeedName): Promise<TestCore> {
  const addresses = { wsUrl: 'ws://bitfinex', restUrl: 'http://bitfinex' };
  return simulation.start('bitfinex', (shared, deps) =>
    createBitfinex({ ...addresses, feed, ...shared, ...deps }),
  );
}

function stateOf(security: string): string | undefined {
  return simulation.stateOf(security);
}

function untilLive(maxMs: number): Promise<void> {
  return simulation.untilLive(maxMs);
}

/** Orders of a price in the order of their ids: the exchange does not say which came first. */
function rowsOf(rows: VenueBook['bids'] | BookResult['bids'], level: BookLevel): unknown[] {
  const list = rows.map((row) => row.map(String));
  if (level === 'L2') return list;
  const byPrice = new Map<string, string[][]>();
  for (const row of list) byPrice.set(row[0] ?? '', [...(byPrice.get(row[0] ?? '') ?? []), row]);
  return [...byPrice.values()].flatMap((one) => one.sort((c, d) => Number(c[2]) - Number(d[2])));
}

/** @param depth rows of a side that are compared; default: all. */
function expectTrue(book: BookResult, truth: VenueBook, depth?: number): void {
  const { level } = book;
  const best = (rows: VenueBook['bids'] | BookResult['bids']): unknown[] =>
    rowsOf(rows, level).slice(0, depth);
  expect([best(book.bids), best(book.asks)]).toEqual([best(truth.bids), best(truth.asks)]);
  expect(book.windowed).toBe(true);
  // Of the last price there may be more orders than the window shows.
  const last = (rows: BookResult['bids']): string | null => {
    const prices = rows.map(([price]) => price);
    const whole = level === 'L3' ? prices.filter((price) => price !== prices.at(-1)) : prices;
    return whole.at(-1) ?? prices.at(-1) ?? null;
  };
  expect(book.horizon).toEqual({ bid: last(book.bids), ask: last(book.asks) });
}

/** The live book, and the one that the exchange had then; null where it has forgotten it. */
function live(core: TestCore, security: string): readonly [BookResult, VenueBook | null] {
  const book = core.core.control.bookNow(security);
  if (book.state !== 'proven') throw new Error(`No book of ${security}`);
  return [book, exchange.bookAtSequence(security, Number(book.sequence)) ?? null];
}

async function causes(core: TestCore, security: string): Promise<unknown> {
  await core.core.control.flush(security);
  const { gaps } = await core.core.reader.coverage({ security });
  return gaps.map(({ cause }) => cause);
}

function lengthUs(gap: GapResult | undefined): number {
  if (!gap || gap.to === null) return Number.POSITIVE_INFINITY;
  return parseTimeUs(gap.to) - parseTimeUs(gap.from);
}

interface Sample {
  readonly security: string;
  readonly us: number;
  readonly truth: VenueBook;
}

/** What is claimed of the moments that were sampled is true. @returns how many are claimed. */
async function claimed(
  core: TestCore,
  samples: readonly Sample[],
  depth?: number,
): Promise<number> {
  let proven = 0;
  for (const security of SECURITIES) await core.core.control.flush(security);
  for (const { security, us, truth } of samples) {
    const position = { clock: 'receive', us } as const;
    const book = await core.core.reader.bookAt({ security, position });
    if (book.state !== 'proven') continue;
    expectTrue(book, truth, depth);
    proven++;
  }
  return proven;
}

/** Lets time pass, and takes the exchange's true books at moments in it, whatever was sent of them. */
async function sampled(core: TestCore, ms: number, everyMs: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let at = 0; at < ms; at += everyMs) {
    await clock.advanceAsync(everyMs, STEP_MS);
    for (const security of SECURITIES) {
      const book = core.core.control.bookNow(security);
      if (book.state !== 'proven') continue;
      const truth = exchange.bookAtSequence(security, Number(book.sequence));
      if (truth) samples.push({ security, us: clock.nowUs(), truth });
    }
  }
  return samples;
}

test.each(['p0', 'r0'] as const)(
  '%s: every fault that the counter shows, drawn at random; never a wrong book, and live again by itself',
  async (feed) => {
    const random = seededRandom(feed);
    const core = await start(feed);
    // Rows that are lost before they are counted are tested below.
    const faults = BITFINEX.faults.filter((type) => type !== 'silence');
    const target = { venue: { name: BITFINEX.name, faults }, symbols: SYMBOLS };
    const samples: Sample[] = [];
    const drawn = new Set<string>();
    for (let round = 0; round < FAULTS; round++) {
      const { fault } = drawFault(random, target);
      exchange.inject(fault);
      drawn.add(fault.type);
      for (let ms = 0; ms < 2000; ms += 500) {
        await clock.advanceAsync(500, STEP_MS);
        for (const security of SECURITIES) {
          if (stateOf(security) !== 'live') continue;
          const [book, truth] = live(core, security);
          if (!truth) continue;
          expectTrue(book, truth);
          samples.push({ security, us: clock.nowUs(), truth });
        }
      }
    }
    expect(drawn.size).toBeGreaterThan(6);
    exchange.inject({ type: 'recover', exchange: 'bitfinex' });
    await untilLive(400_000);
    expect(samples.length).toBeGreaterThan(FAULTS);
    expect(
      await claimed(
        core,
        samples.filter((_, i) => i % 3 === 0),
      ),
    ).toBeGreaterThan(FAULTS / 4);
    for (const security of SECURITIES) {
      const ids: string[] = [];
      for await (const item of core.core.reader.trades({ security })) {
        if (item.type === 'trade') ids.push(String(item.tradeId));
      }
      expect(ids.length).toBeGreaterThan(FAULTS);
      expect(new Set(ids).size).toBe(ids.length);
    }
    expect(await core.core.reader.verify()).toMatchObject({ problems: [] });
  },
  600_000,
);

test.each([
  ['p0', 'insert'],
  ['p0', 'delete'],
  ['r0', 'insert'],
  ['r0', 'delete'],
] as const)(
  '%s: rows lost before they were counted (%s): the checksum finds them, and nothing wrong is claimed',
  async (feed, action) => {
    const core = await start(feed);
    const samples: Sample[] = await sampled(core, 2000, 200);
    exchange.inject({
      type: 'drop-rows',
      symbol: 'tBTCUST',
      action,
      count: 40,
      exchange: 'bitfinex',
    });
    for (let i = 0; i < 40 && core.core.summary().gaps === 0; i++) {
      samples.push(...(await sampled(core, 1000, 200)));
    }
    expect(await causes(core, BTC)).toContain('checksum');
    exchange.inject({ type: 'recover', exchange: 'bitfinex' });
    await untilLive(30_000);
    samples.push(...(await sampled(core, 2000, 200)));
    expect(await causes(core, ETH)).toEqual([]);
    // No checksum reaches further; what is lost there shows when it comes nearer.
    expect(await claimed(core, samples, CHECKED)).toBeGreaterThan(30);
    expect(await core.core.reader.verify()).toMatchObject({ problems: [] });
  },
  120_000,
);

test('a false checksum ends the claim at the last right one, for that book alone', async () => {
  const core = await start('p0');
  const samples = await sampled(core, 3000, 100);
  exchange.inject({ type: 'false-checksums', symbol: 'tBTCUST', count: 1, exchange: 'bitfinex' });
  samples.push(...(await sampled(core, 3000, 100)));
  await untilLive(20_000);
  expect([await causes(core, BTC), await causes(core, ETH)]).toEqual([['checksum'], []]);
  const { gaps } = await core.core.reader.coverage({ security: BTC });
  const [gap] = gaps;
  expect(lengthUs(gap)).toBeLessThan(3_000_000);
  expect(gap).toMatchObject({ firstMissing: expect.any(String), lastMissing: null });
  expect(await claimed(core, samples)).toBeGreaterThan(80);
});

test('a pair of which nothing is sent for a while, though its connection lives, is claimed until then', async () => {
  const core = await start('p0');
  const samples = await sampled(core, 3000, 100);
  exchange.inject({ type: 'silence', symbol: 'tBTCUST', durationMs: 6000, exchange: 'bitfinex' });
  samples.push(...(await sampled(core, 10_000, 100)));
  await untilLive(20_000);
  samples.push(...(await sampled(core, 2000, 100)));
  expect(await causes(core, ETH)).toEqual([]);
  const { gaps } = await core.core.reader.coverage({ security: BTC });
  expect(gaps.length).toBeGreaterThan(0);
  expect(lengthUs(gaps[0])).toBeGreaterThan(5_900_000);
  expect(await claimed(core, samples)).toBeGreaterThan(170);
});

test('a message of one book that is lost after it was counted is a gap for both on that connection', async () => {
  const core = await start('p0');
  exchange.inject({ type: 'drop-diffs', symbol: 'tBTCUST', count: 1, exchange: 'bitfinex' });
  await clock.advanceAsync(5000, STEP_MS);
  await untilLive(20_000);
  expect([await causes(core, BTC), await causes(core, ETH)]).toEqual([
    ['connection'],
    ['connection'],
  ]);
  for (const security of SECURITIES) {
    const [book, truth] = live(core, security);
    if (truth) expectTrue(book, truth);
  }
});

test('maintenance is a gap of its length for every book, and nothing is asked for in it', async () => {
  const core = await start('p0');
  exchange.inject({ type: 'maintenance', durationMs: 60_000, exchange: 'bitfinex' });
  await clock.advanceAsync(30_000, STEP_MS);
  expect(core.core.control.status(BTC)).toMatchObject({ state: 'stale', message: expect.stringMatching(/in maintenance/) }); // prettier-ignore
  await clock.advanceAsync(32_000, STEP_MS);
  await untilLive(20_000);
  for (const security of SECURITIES) {
    expect(await causes(core, security)).toEqual(['connection']);
    const { gaps } = await core.core.reader.coverage({ security });
    expect(lengthUs(gaps[0])).toBeGreaterThan(60_000_000);
  }
});

test('an announced stop (20051) moves to another connection with hardly any gap', async () => {
  const core = await start('p0');
  exchange.inject({ type: 'server-shutdown', afterMs: 3000, exchange: 'bitfinex' });
  await clock.advanceAsync(6000, STEP_MS);
  await untilLive(20_000);
  const { gaps } = await core.core.reader.coverage({ security: BTC });
  for (const gap of gaps) expect(lengthUs(gap)).toBeLessThan(1_500_000);
  expect(gaps).toHaveLength(1);
});

test('a quiet book stays proven by its heartbeats; one whose channel dies is found, and renewed', async () => {
  const core = await start('p0');
  await clock.advanceAsync(20_000, STEP_MS);
  const { gaps } = core.core.summary();
  exchange.inject({ type: 'dead-stream', symbol: 'tBTCUST', exchange: 'bitfinex' });
  await clock.advanceAsync(45_000, STEP_MS);
  await untilLive(40_000);
  expect(core.core.summary().gaps).toBeGreaterThan(gaps);
  const [book, truth] = live(core, BTC);
  if (truth) expectTrue(book, truth);
  expect(await causes(core, ETH)).toEqual([]);
});

test('a pair that is delisted is reported as such, and the other goes on', async () => {
  const core = await start('p0');
  exchange.inject({ type: 'delist', symbol: 'tBTCUST', exchange: 'bitfinex' });
  const isReported = (): boolean =>
    /lists no pair/.test(core.core.control.status(BTC)?.message ?? '');
  for (let ms = 0; !isReported() && ms < 120_000; ms += 1000)
    await clock.advanceAsync(1000, STEP_MS);
  expect([isReported(), stateOf(BTC)]).toEqual([true, 'failed']);
  expect(stateOf(ETH)).toBe('live');
});

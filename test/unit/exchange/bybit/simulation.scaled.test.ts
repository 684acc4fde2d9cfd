/**
 * A logger and the sandbox's Bybit in one process, on one clock: the exchange misbehaves in every way that
 * the protocol allows, and no book is ever claimed that it did not have.
 */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBybit } from '../../../../logger/exchange/bybit/exchange.ts';
import { BOOK_TOPICS } from '../../../../logger/exchange/bybit/topics.ts';
import type { BybitFeedName } from '../../../../logger/exchange/bybit/topics.ts';
import type { BookResult } from '../../../../logger/queries/results.ts';
import { drawFault } from '../../../../sandbox/faults/random-faults.ts';
import { seededRandom } from '../../../../sandbox/prng.ts';
import type { SimulatedExchange } from '../../../../sandbox/simulated-exchange.ts';
import { BYBIT } from '../../../../sandbox/venues/bybit/venue.ts';
import type { VenueBook } from '../../../../sandbox/venues/venue.ts';
import type { ManualClock } from '../../../support/manual-clock.ts';
import { scaled } from '../../../support/scaled.ts';
import { STEP_MS, Simulation } from '../../../support/simulation.ts';
import type { TestCore } from '../../../support/test-core.ts';

const SECURITIES = ['bybit:BTCUSDT', 'bybit:ETHUSDT'];
const [BTC = ''] = SECURITIES;
/** Faults that are drawn; the next comes two seconds later. */
const FAULTS = scaled({ fast: 15, full: 150 });

let simulation: Simulation;
let clock: ManualClock;
let exchange: SimulatedExchange;

beforeEach(() => {
  // More levels than a window of 50 shows.
  simulation = new Simulation({ securities: SECURITIES, depthLevels: 80, pace: 20 });
  ({ clock, exchange } = simulation);
});
afterEach(async () => {
  await simulation.close();
});

function start(feed: BybitFeedName): Promise<TestCore> {
  const addresses = { wsUrl: 'ws://bybit', restUrl: 'http://bybit' };
  return simulation.start('bybit', (shared, deps) =>
    createBybit({ ...addresses, feed, ...shared, ...deps }),
  );
}

function stateOf(security: string): string | undefined {
  return simulation.stateOf(security);
}

function untilLive(maxMs: number): Promise<void> {
  return simulation.untilLive(maxMs);
}

/** The book that the exchange had must be what is claimed, as far as its horizon. */
function expectTrue(book: BookResult, truth: VenueBook, window: number | null): void {
  const sides = [book.bids, book.asks].map((rows) => rows.map(([price, size]) => [price, size]));
  const cut = window ?? undefined;
  expect(sides).toEqual([truth.bids.slice(0, cut), truth.asks.slice(0, cut)]);
  const last = (rows: BookResult['bids']): string | null => rows.at(-1)?.[0] ?? null;
  const horizon = { bid: last(book.bids), ask: last(book.asks) };
  if (window !== null) expect(book.horizon).toEqual(horizon);
  expect(book.windowed).toBe(window === null ? undefined : true);
}

/** The live book and the exchange's at that sequence; null where the exchange has forgotten it. */
function compared(core: TestCore, security: string, window: number | null): VenueBook | null {
  const book = core.core.control.bookNow(security);
  if (book.state !== 'proven') throw new Error(`No book of ${security}`);
  const truth = exchange.bookAtSequence(security, Number(book.sequence)) ?? null;
  if (truth) expectTrue(book, truth, window);
  return truth;
}

test.each(['full', '50'] as const)(
  '%s: every fault, drawn at random; never a wrong book, and live again by itself',
  async (feed) => {
    const random = seededRandom(feed);
    const { window } = BOOK_TOPICS[feed];
    const core = await start(feed);
    const target = { venue: BYBIT, symbols: ['BTCUSDT', 'ETHUSDT'] };
    const samples: { readonly security: string; readonly us: number; readonly truth: VenueBook }[] =
      [];
    const drawn = new Set<string>();
    for (let round = 0; round < FAULTS; round++) {
      const { fault } = drawFault(random, target);
      exchange.inject(fault);
      drawn.add(fault.type);
      for (let ms = 0; ms < 2000; ms += 500) {
        await clock.advanceAsync(500, STEP_MS);
        for (const security of SECURITIES) {
          if (stateOf(security) !== 'live') continue;
          const truth = compared(core, security, window);
          if (truth) samples.push({ security, us: clock.nowUs(), truth });
        }
      }
    }
    expect(drawn.size).toBeGreaterThan(6);
    exchange.inject({ type: 'recover', exchange: 'bybit' });
    await untilLive(60_000);
    expect(samples.length).toBeGreaterThan(2 * FAULTS);
    for (const security of SECURITIES) {
      await core.core.control.flush(security);
      compared(core, security, window);
    }
    // And what was claimed live is what the archive says of that moment, or a gap.
    let proven = 0;
    for (const { security, us, truth } of samples.filter((_, i) => i % 3 === 0)) {
      const position = { clock: 'receive', us } as const;
      const book = await core.core.reader.bookAt({ security, position });
      if (book.state !== 'proven') continue;
      expectTrue(book, truth, window);
      proven++;
    }
    expect(proven).toBeGreaterThan(FAULTS / 2);
    expect(await core.core.reader.verify()).toMatchObject({ problems: [] });
    expect(core.core.summary()).toMatchObject({ securities: 2 });
  },
  600_000,
);

test('a restart of the numbering is a gap of the connection, of that symbol alone', async () => {
  const core = await start('full');
  exchange.inject({ type: 'restart-numbering', symbol: 'BTCUSDT', exchange: 'bybit' });
  await clock.advanceAsync(5000, STEP_MS);
  await untilLive(20_000);
  compared(core, BTC, null);
  const causes = async (security: string): Promise<unknown> => {
    await core.core.control.flush(security);
    const { gaps } = await core.core.reader.coverage({ security });
    return gaps.map(({ cause }) => cause);
  };
  expect(await causes(BTC)).toEqual(['connection']);
  expect(await causes('bybit:ETHUSDT')).toEqual([]);
});

test('an image in the stream that repeats the window is no gap', async () => {
  const core = await start('200');
  exchange.inject({ type: 'resend-images', symbol: 'BTCUSDT', exchange: 'bybit' });
  await clock.advanceAsync(3000, STEP_MS);
  expect(SECURITIES.map(stateOf)).toEqual(['live', 'live']);
  compared(core, BTC, 200);
  expect(core.core.summary()).toMatchObject({ gaps: 0 });
});

test('a symbol whose stream dies on a living connection is found, and renewed', async () => {
  const core = await start('full');
  exchange.inject({ type: 'dead-stream', symbol: 'BTCUSDT', exchange: 'bybit' });
  await clock.advanceAsync(60_000, STEP_MS);
  await untilLive(20_000);
  compared(core, BTC, null);
  expect(stateOf('bybit:ETHUSDT')).toBe('live');
});

test('a symbol that is delisted is reported as such, and the other goes on', async () => {
  const core = await start('50');
  exchange.inject({ type: 'delist', symbol: 'BTCUSDT', exchange: 'bybit' });
  await clock.advanceAsync(90_000, STEP_MS);
  expect(stateOf(BTC)).toBe('failed');
  expect(core.core.control.status(BTC)?.message).toMatch(/lists no spot symbol/);
  expect(stateOf('bybit:ETHUSDT')).toBe('live');
});

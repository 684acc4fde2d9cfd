/** Snapshots as they happen, beside what an export says afterwards, over exchanges that misbehave. */

import { afterEach, expect, test } from 'vitest';
import { createBinance } from '../../../logger/exchange/binance/exchange.ts';
import { createBitfinex } from '../../../logger/exchange/bitfinex/exchange.ts';
import { createBybit } from '../../../logger/exchange/bybit/exchange.ts';
import { createCoinbase } from '../../../logger/exchange/coinbase/exchange.ts';
import type { CreateExchange } from '../../../logger/exchange/definition.ts';
import { snapshotRow } from '../../../logger/library-rows.ts';
import type { GapItem, SnapshotItem } from '../../../logger/queries/items.ts';
import { LiveSnapshots, segmentsBefore } from '../../../logger/series/live-snapshots.ts';
import { drawFault } from '../../../sandbox/faults/random-faults.ts';
import { seededRandom } from '../../../sandbox/prng.ts';
import { BINANCE } from '../../../sandbox/venues/binance/venue.ts';
import { BITFINEX } from '../../../sandbox/venues/bitfinex/venue.ts';
import { BYBIT } from '../../../sandbox/venues/bybit/venue.ts';
import { SANDBOX_KEY } from '../../../sandbox/venues/coinbase/key.ts';
import { COINBASE } from '../../../sandbox/venues/coinbase/venue.ts';
import { scaled } from '../../support/scaled.ts';
import { STEP_MS, Simulation } from '../../support/simulation.ts';

const EVERY_US = 200_000;
/** Faults that are drawn; the next comes 2.5 seconds later. */
const FAULTS = scaled({ fast: 5, full: 40 });

function addresses(venue: string): { readonly wsUrl: string; readonly restUrl: string } {
  return { wsUrl: `ws://${venue}`, restUrl: `http://${venue}` };
}

interface Case {
  readonly security: string;
  readonly venue: { readonly name: string; readonly faults: (typeof BINANCE)['faults'] };
  readonly create: CreateExchange;
  readonly level?: 'L2';
}

const CASES: Record<string, Case> = {
  binance: {
    security: 'binance:BTCUSDT',
    venue: BINANCE,
    create: (shared, deps) => createBinance({ ...addresses('binance'), ...shared, ...deps }),
  },
  'coinbase full, by price': {
    security: 'coinbase:BTC-USD',
    venue: COINBASE,
    create: (shared, deps) =>
      createCoinbase({
        ...addresses('coinbase'),
        feed: 'full',
        credentials: SANDBOX_KEY,
        ...shared,
        ...deps,
      }),
    level: 'L2',
  },
  'bitfinex p0': {
    security: 'bitfinex:tBTCUST',
    venue: BITFINEX,
    create: (shared, deps) =>
      createBitfinex({ ...addresses('bitfinex'), feed: 'p0', ...shared, ...deps }),
  },
  bybit: {
    security: 'bybit:BTCUSDT',
    venue: BYBIT,
    create: (shared, deps) =>
      createBybit({ ...addresses('bybit'), feed: '50', ...shared, ...deps }),
  },
};

let simulation: Simulation;

afterEach(async () => {
  await simulation.close();
});

type Item = SnapshotItem | GapItem;

/** What is shown of an item. */
function shown(item: Item): unknown {
  return item.type === 'gap' ? item : snapshotRow(item);
}

function rowsOf(items: readonly Item[]): SnapshotItem[] {
  return items.filter((item) => item.type === 'snapshot');
}

/** Short, for a failure that can be read. */
function keys(items: readonly Item[]): string[] {
  return items.map((item) =>
    item.type === 'gap'
      ? `gap ${item.fromUs} ${item.toUs} ${item.cause}`
      : `${item.segment} ${item.atUs} ${item.sequence}`,
  );
}

/** Without the rows that a later gap takes back: their last message came behind its beginning. */
function valid(items: readonly Item[]): Item[] {
  const kept: Item[] = [];
  for (const item of items) {
    const isVoid = (last: Item | undefined): boolean =>
      item.type === 'gap' && last?.type === 'snapshot' && last.receiveTimeUs > item.fromUs;
    while (isVoid(kept.at(-1))) kept.pop();
    kept.push(item);
  }
  return kept;
}

test.each(Object.entries(CASES))(
  '%s: through faults, live rows and gaps are those of the export afterwards',
  async (name, { security, venue, create, level }) => {
    simulation = new Simulation({ securities: [security], depthLevels: 60, pace: 20 });
    const { clock, exchange } = simulation;
    const { core } = await simulation.start(venue.name, create);
    // A segment and a gap of before.
    exchange.inject({ type: 'close', code: 1006, exchange: venue.name } as never);
    await clock.advanceAsync(3000, STEP_MS);
    await simulation.untilLive(30_000);
    const live: Item[] = [];
    const latenessUs: number[] = [];
    const query = {
      security,
      everyUs: EVERY_US,
      depth: 5,
      features: true,
      ...(level && { level }),
    };
    const followed = new LiveSnapshots({ live: core.live, clock }, query, {
      onItems: (items) => {
        live.push(...items);
        for (const row of rowsOf(items)) latenessUs.push(clock.nowUs() - row.atUs);
      },
      onError: (error) => {
        throw error;
      },
    });
    const flush = (): Promise<void> => core.control.flush(security);
    const before = await segmentsBefore(core.reader, followed, security, flush);
    const random = seededRandom(name);
    const symbol = security.slice(security.indexOf(':') + 1);
    for (let round = 0; round < FAULTS; round++) {
      const { fault } = drawFault(random, { venue, symbols: [symbol] });
      exchange.inject(fault);
      await clock.advanceAsync(2500, STEP_MS);
    }
    exchange.inject({ type: 'recover', exchange: venue.name } as never);
    await simulation.untilLive(60_000);
    await clock.advanceAsync(3000, STEP_MS);
    followed.stop();
    await flush();
    const stored: Item[] = [];
    for await (const item of core.reader.snapshots({ ...query, clock: 'exchange' })) {
      stored.push(item);
    }
    const followedItems = valid(live).map((item) =>
      item.type === 'gap' ? item : { ...item, segment: item.segment + before },
    );
    const rows = rowsOf(followedItems);
    // A gap may come before the first row.
    const numbered = followedItems.slice(followedItems.indexOf(rows[0] as Item));
    const firstUs = rows[0]?.atUs as number;
    const lastUs = rows.at(-1)?.atUs as number;
    const begin = stored.findIndex((item) => item.type === 'snapshot' && item.atUs === firstUs);
    const end = stored.findIndex((item) => item.type === 'snapshot' && item.atUs === lastUs);
    expect(rows.length, name).toBeGreaterThan(5 * FAULTS);
    expect(followed.late, name).toBe(0);
    expect(keys(numbered), name).toEqual(keys(stored.slice(begin, end + 1)));
    expect(numbered.map(shown)).toEqual(stored.slice(begin, end + 1).map(shown));
    expect(rows.at(-1)?.segment).toBeGreaterThan(1);
    // Trades are quiet at times; then a row waits for a second of other messages.
    const typical = latenessUs.toSorted((a, b) => a - b)[Math.floor(latenessUs.length / 2)];
    expect(typical).toBeLessThan(1_200_000);
  },
  600_000,
);

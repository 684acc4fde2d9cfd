/** A search on threads finds what a search here finds, in the same archives on disk. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import type { Diff, LevelImage } from '../../logger/market/events.ts';
import { openArchiveReader } from '../../logger/open-archive.ts';
import type { Venue } from '../../pipe/market/venue.ts';
import { ArchiveVenues } from '../../pipe/post-mortem/archive/archive-venues.ts';
import { askLater, runLater, withLater } from '../../pipe/post-mortem/later/examine.ts';
import type { Decided } from '../../pipe/post-mortem/later/examine.ts';
import { scan } from '../../pipe/post-mortem/scan.ts';
import type { ScanOptions } from '../../pipe/post-mortem/scan.ts';
import { searchDay } from '../../pipe/post-mortem/search-day.ts';
import type { SearchThreads } from '../../pipe/post-mortem/search-threads.ts';
import { DAY_US } from '../../pipe/post-mortem/tops/day-tops.ts';
import { TopsCache } from '../../pipe/post-mortem/tops/tops-cache.ts';
import { arbitrageSettings } from '../../pipe/strategy/arbitrage/settings.ts';
import { recordSegments } from '../support/recorded-archive.ts';
import type { RecordedSegment } from '../support/recorded-archive.ts';
import { testVenue } from '../support/recorded-venues.ts';
import { built, needs } from '../support/requirements.ts';
import { seededRandom } from '../support/seeded-random.ts';

const COMPILED = '../../dist/pipe/post-mortem/search-threads.js';
const random = seededRandom();
const hint = `SEED=${random.seed}`;
const S = 1_000_000;
/** Two hours before midnight to two hours after it. */
const T = Date.UTC(2026, 10, 20, 22) * 1000;
const END = T + 4 * 3600 * S;
const scale = { priceExponent: 2, sizeExponent: 3 };
const horizon = { bid: null, ask: null };

/** Prices that wander, one level a side. */
function wandering(): RecordedSegment {
  let price = 10_000;
  const image: LevelImage = {
    level: 'L2',
    sequence: 1,
    exchangeTimeUs: T,
    receiveTimeUs: T,
    scale,
    horizon,
    bids: [price - 1, 5000],
    asks: [price + 1, 5000],
  };
  const diffs: Diff[] = [];
  let us = T;
  while ((us += random.integer(20 * S, 40 * S)) < END) {
    const next = 10_000 + random.integer(-80, 80);
    const sequence = diffs.length + 2;
    diffs.push({
      type: 'diff',
      firstSequence: sequence,
      lastSequence: sequence,
      exchangeTimeUs: us,
      receiveTimeUs: us,
      bids: [price - 1, 0, next - 1, random.integer(1, 9000)],
      asks: [price + 1, 0, next + 1, random.integer(1, 9000)],
    });
    price = next;
  }
  return { image, diffs };
}

const NAMES = ['binance', 'bybit'] as const;
const VENUES = NAMES.map((name) => ({ ...testVenue(name), source: name }));
const bitcoin = {
  name: 'bitcoin',
  withdrawFee: '0.0001',
  withdrawPercent: '0',
  withdrawMin: '0.0005',
  canWithdraw: true,
  canDeposit: true,
  confirmations: 1,
  blockSeconds: 30,
  processingSeconds: 15,
  origin: { source: 'assumed', readAt: '2026-11-30' },
} as const;
const fees = {
  taker: '0.0005',
  maker: '0.0005',
  feeIn: 'received',
  latencyMs: 50,
  origin: { source: 'assumed', readAt: '2026-11-30' },
  coins: { BTC: [bitcoin] },
} as const;
const OPTIONS: ScanOptions = {
  strategy: 'arbitrage',
  fromUs: T,
  toUs: END,
  table: { exchanges: { binance: fees, bybit: fees } },
  settings: { ...arbitrageSettings({}), maxAgeUs: 60 * S },
  venues: VENUES,
};

function venuesOf({ opportunity }: Decided): { readonly buy: Venue; readonly sell: Venue } {
  const of = (name: string): Venue => VENUES.find((venue) => venue.name === name) as Venue;
  return { buy: of(opportunity.buy), sell: of(opportunity.sell) };
}

describe('SearchThreads', needs(built('dist/pipe/main.js')), () => {
  const directory = mkdtempSync(join(tmpdir(), 'search-threads-'));
  const archives = NAMES.map((name) => [name, join(directory, name)] as const);

  beforeAll(async () => {
    for (const [i, [, location]] of archives.entries()) {
      const archive = await openEmbeddedArchive({ directory: location });
      await recordSegments(archive, VENUES[i]?.security ?? '', [wandering()]);
      await archive.close();
    }
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  async function threads(
    locations: readonly (readonly [string, string])[],
    topsDirectory: string | null,
  ): Promise<SearchThreads> {
    const compiled = (await import(COMPILED)) as { SearchThreads: typeof SearchThreads };
    return new compiled.SearchThreads({
      archives: locations,
      topsDirectory,
      closedUs: END + DAY_US,
    });
  }

  test('finds the same as a search here, with kept tops and without', async () => {
    const opened = new Map();
    for (const [name, location] of archives) opened.set(name, await openArchiveReader(location));
    const past = new ArchiveVenues(opened);
    const tops = new TopsCache(past, null, 0);
    const here = await scan(
      { width: 1, search: (options, day) => searchDay({ past, tops }, options, day) },
      OPTIONS,
    );
    expect(here.length, hint).toBeGreaterThan(8);
    // What came of them is what each comes to by itself.
    for (const { later, ...decided } of here.slice(0, 8)) {
      const asked = askLater(decided, venuesOf(decided), OPTIONS.table, OPTIONS.settings);
      await runLater(past, [asked]);
      expect((await withLater(past, decided, asked)).later, hint).toEqual(later);
    }
    const days = await threads(archives, join(directory, 'tops'));
    const progress: number[] = [];
    for (let round = 0; round < 2; round++) {
      const found = await scan(days, OPTIONS, (done) => progress.push(done));
      expect(found, hint).toEqual(here);
    }
    expect(progress).toEqual([1, 2, 1, 2]);
    await days.close();
    await past.close();
    for (const archive of opened.values()) await archive.close();
  });

  test('a thread that fails ends the search with its reason', async () => {
    const days = await threads([['binance', join(directory, 'nowhere')]], null);
    await expect(scan(days, OPTIONS)).rejects.toThrow(/nowhere/);
    await days.close();
  });
});

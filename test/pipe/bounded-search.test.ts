/** A search that goes by what headers say of best prices finds what one finds that reads everything. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import type { FeeTable } from '../../pipe/fees/fee-table.ts';
import type { VenueEvent } from '../../pipe/market/events.ts';
import type { Venue } from '../../pipe/market/venue.ts';
import { ArchiveVenues } from '../../pipe/post-mortem/archive/archive-venues.ts';
import type { WithLater } from '../../pipe/post-mortem/later/examine.ts';
import type { PastVenues, Span } from '../../pipe/post-mortem/past-venues.ts';
import { scan } from '../../pipe/post-mortem/scan.ts';
import { searchDay } from '../../pipe/post-mortem/search-day.ts';
import { DAY_US } from '../../pipe/post-mortem/tops/day-tops.ts';
import { TopsCache } from '../../pipe/post-mortem/tops/tops-cache.ts';
import { arbitrageSettings } from '../../pipe/strategy/arbitrage/settings.ts';
import { randomSegments, wanderingPrice } from '../support/random-segments.ts';
import { recordSegments } from '../support/recorded-archive.ts';
import { withoutTops } from '../support/recorded-tops.ts';
import { testVenue } from '../support/recorded-venues.ts';
import { seededRandom, testSeeds } from '../support/seeded-random.ts';
import { testFees } from '../support/test-fees.ts';

const S = 1_000_000;
/** Two hours before midnight to two hours after it. */
const T = Date.UTC(2026, 10, 20, 22) * 1000;
const END = T + 4 * 3600 * S;
const HIGHEST_FEE = '0.003';
const NAMES = ['binance', 'bybit'] as const;
const VENUES = NAMES.map((name) => ({ ...testVenue(name), source: name }));

let directory: string;
let archives: Map<string, Archive>;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bounded-search-'));
  archives = new Map();
  for (const name of NAMES) {
    archives.set(name, await openEmbeddedArchive({ directory: join(directory, name) }));
  }
});

afterEach(async () => {
  for (const archive of archives.values()) await archive.close();
  rmSync(directory, { recursive: true });
});

/** Counts the time of which best prices are read; whether headers say anything is a choice. */
class CountedPast extends ArchiveVenues implements PastVenues {
  readUs = 0;
  readonly #isBounded: boolean;

  constructor(isBounded: boolean) {
    super(archives);
    this.#isBounded = isBounded;
  }

  override range(
    venue: Venue,
    span: Span,
    options: { readonly topOnly?: boolean },
  ): AsyncGenerator<VenueEvent> {
    if (options.topOnly) this.readUs += span.toUs - span.fromUs;
    return super.range(venue, span, options);
  }

  override topBounds(venue: Venue, span: Span): ReturnType<PastVenues['topBounds']> {
    if (this.#isBounded) return super.topBounds(venue, span);
    return Promise.resolve([{ ...span, bounds: undefined }]);
  }
}

function tableOf(taker: string): FeeTable {
  return { exchanges: { binance: testFees(50, taker), bybit: testFees(80, taker) } };
}

async function foundBy(
  past: CountedPast,
  topsDirectory: string | null,
  taker: string,
  span: Span,
): Promise<readonly WithLater[]> {
  const tops = new TopsCache(past, topsDirectory, T + 3 * DAY_US);
  const settings = { ...arbitrageSettings({}), maxAgeUs: 60 * S };
  return scan(
    { width: 1, search: (options, day) => searchDay({ past, tops }, options, day) },
    { strategy: 'arbitrage', ...span, table: tableOf(taker), settings, venues: VENUES },
  );
}

test.each(testSeeds(4))(
  'whatever the fees, the range and what was read before (SEED=%i)',
  async (seed) => {
    const random = seededRandom(seed);
    const price = wanderingPrice(random, T, END);
    for (const [i, [name, archive]] of [...archives].entries()) {
      const { security } = VENUES[i] as Venue;
      const isOld = (): boolean => name === 'bybit' && random.chance(0.02);
      const segments = randomSegments(random, T, END, price);
      await recordSegments(withoutTops(archive, isOld), security, segments);
    }
    const bounded = new CountedPast(true);
    const plain = new CountedPast(false);
    const kept = join(directory, 'tops');
    let total = 0;
    for (const taker of [HIGHEST_FEE, '0.0015', '0.0004', '0.002', '0.0001']) {
      // The first one over the whole range: of a short one all may have to be read.
      const isWhole = taker === HIGHEST_FEE;
      const fromUs = isWhole || random.chance(0.5) ? T : random.integer(T, END - 1);
      const toUs = isWhole || random.chance(0.5) ? END : random.integer(fromUs + 1, END);
      const span = { fromUs, toUs };
      const all = await foundBy(plain, null, taker, span);
      expect(await foundBy(bounded, kept, taker, span)).toEqual(all);
      total += all.length;
      if (isWhole) expect(bounded.readUs).toBeLessThan(plain.readUs / 2);
    }
    expect(total).toBeGreaterThan(20);
    await bounded.close();
    await plain.close();
  },
);

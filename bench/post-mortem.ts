/**
 * `npm run bench -- post-mortem [--days N]`: opportunities of one pair on two exchanges over a long history: the
 * first time, when every change is read from the archive, and again under other tables of fees, when best prices
 * come from the tops that were kept and full books are read only where those could pay. All of a post-mortem of a
 * run that decided nothing: what it missed is searched, later books say what would have come of it.
 */

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchiveReader } from '../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../logger/archive/embedded/embedded-archive.ts';
import { openArchiveReader } from '../logger/open-archive.ts';
import type { FeeTable } from '../pipe/fees/fee-table.ts';
import type { Venue } from '../pipe/market/venue.ts';
import { ArchiveVenues } from '../pipe/post-mortem/archive/archive-venues.ts';
import { postMortem } from '../pipe/post-mortem/post-mortem.ts';
import { SearchThreads } from '../pipe/post-mortem/search-threads.ts';
import { TopsCache } from '../pipe/post-mortem/tops/tops-cache.ts';
import { openLmdbStore } from '../pipe/records/lmdb-store.ts';
import { arbitrageSettings } from '../pipe/strategy/arbitrage/settings.ts';
import type { Figure, Section } from './figures.ts';
import { SECURITY, buildHistory, recordedRound } from './reader/history.ts';

const DAY_US = 86_400_000_000;
/** What the goal is set for. */
const GOAL_DAYS = 30;
const GOAL_SECONDS = 60;
const origin = { source: 'assumed', readAt: '2026-11-30' };

/** The same recording plays both exchanges, the second one later: their prices differ, as they did in that time. */
const LATER_US = 1_000_000;

export async function* postMortemSections({
  days,
}: {
  readonly days: number;
}): AsyncGenerator<Section> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-bench-'));
  const round = recordedRound();
  const { receiveTimeUs } = round.start;
  const later = {
    ...round,
    start: { ...round.start, receiveTimeUs: receiveTimeUs + LATER_US },
    events: round.events.map((event) => ({
      ...event,
      receiveTimeUs: event.receiveTimeUs + LATER_US,
    })),
  };
  const names = ['a', 'b'];
  const archives = names.map((name) => [name, join(directory, name)] as const);
  const opened = new Map<string, ArchiveReader>();
  const store = await openLmdbStore(join(directory, 'records'), 'write');
  const tops = { topsDirectory: join(directory, 'tops'), closedUs: Number.MAX_SAFE_INTEGER };
  const threads = new SearchThreads({ archives, ...tops });
  try {
    for (const [i, [name, location]] of archives.entries()) {
      const archive = await openEmbeddedArchive({ directory: location });
      await buildHistory(archive, i === 0 ? round : later, days * DAY_US);
      await archive.close();
      opened.set(name, await openArchiveReader(location));
    }
    await store.putFeeTable({ id: 'recorded', table: tableOf(names, '0.001') });
    await store.putRun({
      id: `arbitrage/${String(receiveTimeUs).padStart(16, '0')}`,
      strategy: 'arbitrage',
      startedUs: receiveTimeUs,
      feeTable: 'recorded',
      settings: { ...arbitrageSettings({ 'max-notional': '10000' }) },
      venues: [],
    });
    const past = new ArchiveVenues(opened);
    const run = async (taker: string): Promise<{ seconds: number; found: number }> => {
      const begin = performance.now();
      const report = await postMortem(
        {
          past,
          store,
          tops: new TopsCache(past, tops.topsDirectory, tops.closedUs),
          threads,
          onProgress: () => undefined,
        },
        {
          strategy: 'arbitrage',
          fromUs: receiveTimeUs,
          toUs: receiveTimeUs + days * DAY_US,
          other: { id: taker, table: tableOf(names, taker) },
          venues: names.map(venueOf),
        },
      );
      const seconds = (performance.now() - begin) / 1000;
      return { seconds, found: report?.opportunities.length ?? NaN };
    };
    // A usual fee, and two that large accounts pay: the lower, the more stretches of full books are read.
    const first = await run('0.001');
    const usual = await run('0.0009');
    const low = await run('0.00015');
    const lowest = await run('0.0001');
    const kept = readdirSync(join(directory, 'tops'));
    const bytes = kept.reduce((sum, file) => sum + statSync(join(directory, 'tops', file)).size, 0);
    const again = (fee: string, { seconds, found }: typeof first): Figure[] => [
      {
        name: `again, ${fee} a trade: ${GOAL_DAYS} days at this pace`,
        value: (seconds * GOAL_DAYS) / days,
        unit: 's',
        goal: `≤ ${GOAL_SECONDS}`,
      },
      { name: `found, ${fee} a trade`, value: found / days, unit: 'a day' },
    ];
    yield {
      title: `Opportunities in ${days} days of one pair on two exchanges`,
      note: `${round.levelChanges} level changes in each ${round.spanUs / 1e6} s of each exchange. The second exchange plays the same, a second later.`,
      figures: [
        {
          name: `the first time: ${GOAL_DAYS} days at this pace`,
          value: (first.seconds * GOAL_DAYS) / days,
          unit: 's',
        },
        ...again('9 bps', usual),
        ...again('1.5 bps', low),
        ...again('1 bp', lowest),
        { name: 'tops that were kept', value: bytes / 2 ** 20 / days, unit: 'MiB a day' },
      ],
    };
  } finally {
    await threads.close();
    await store.close();
    for (const archive of opened.values()) await archive.close();
    rmSync(directory, { recursive: true });
  }
}

function venueOf(source: string): Venue {
  const none = { tickSize: null, minSize: null, minNotional: null, contract: null };
  const name = `binance@${source}`;
  return {
    name,
    exchange: 'binance',
    source,
    security: SECURITY,
    pair: 'BTCUSDT',
    base: 'BTC',
    quote: 'USDT',
    instrument: { base: 'BTC', quote: 'USDT', lotSize: '0.00001', ...none },
  };
}

function tableOf(names: readonly string[], taker: string): FeeTable {
  const fees = {
    taker,
    maker: taker,
    feeIn: 'received',
    latencyMs: 50,
    origin,
    coins: {},
  } as const;
  return { exchanges: Object.fromEntries(names.map((name) => [`binance@${name}`, fees])) };
}

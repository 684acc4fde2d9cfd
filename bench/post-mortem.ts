/**
 * `npm run bench -- post-mortem [--days N]`: opportunities of one pair on two exchanges over a long history: the
 * first time, when best prices are read from the archive where their bounds in headers do not rule a profit out, and
 * again under other tables of fees, when more of them are, the others come from the tops that were kept, and full
 * books are read only where those could pay. All of a post-mortem of a run that decided nothing: what it missed is
 * searched, later books say what would have come of it. Beside it, a day of which all best prices are read: the
 * first time without bounds.
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
import type { Span } from '../pipe/post-mortem/past-venues.ts';
import { SearchThreads } from '../pipe/post-mortem/search-threads.ts';
import type { SearchedArchives } from '../pipe/post-mortem/search-threads.ts';
import { DayTopsBuilder } from '../pipe/post-mortem/tops/day-tops.ts';
import { TopsCache } from '../pipe/post-mortem/tops/tops-cache.ts';
import { openLmdbStore } from '../pipe/records/lmdb-store.ts';
import { arbitrageSettings } from '../pipe/strategy/arbitrage/settings.ts';
import type { Figure, Section } from './figures.ts';
import { SECURITY, buildHistory, recordedRound } from './reader/history.ts';
import type { Round } from './reader/history.ts';

const DAY_US = 86_400_000_000;
/** What the goal is set for. */
const GOAL_DAYS = 30;
const GOAL_SECONDS = 60;
const origin = { source: 'assumed', readAt: '2026-11-30' };

/** The same recording plays both exchanges, the second one later: their prices differ, as they did in that time. */
const LATER_US = 1_000_000;

const NAMES = ['a', 'b'] as const;

export async function* postMortemSections({
  days,
}: {
  readonly days: number;
}): AsyncGenerator<Section> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-bench-'));
  const round = recordedRound();
  const { receiveTimeUs } = round.start;
  try {
    const archives = NAMES.map((name) => [name, join(directory, name)] as const);
    for (const [i, [, location]] of archives.entries()) {
      const archive = await openEmbeddedArchive({ directory: location });
      await buildHistory(archive, i === 0 ? round : later(round), days * DAY_US);
      await archive.close();
    }
    const span = { fromUs: receiveTimeUs, toUs: receiveTimeUs + days * DAY_US };
    const runs = await measured({ directory, archives, span });
    const wholeDay = await secondsOfWholeDay(archives, span.fromUs);
    const kept = readdirSync(join(directory, 'tops'));
    const bytes = kept.reduce((sum, file) => sum + statSync(join(directory, 'tops', file)).size, 0);
    yield {
      title: `Opportunities in ${days} days of one pair on two exchanges`,
      note: `${round.levelChanges} level changes in each ${round.spanUs / 1e6} s of each exchange. The second exchange plays the same, a second later.`,
      figures: [
        ...runs.flatMap((run, i) => figuresOf(run, days, i === 0)),
        {
          name: `all best prices, on one core: ${GOAL_DAYS} days at this pace`,
          value: wholeDay * GOAL_DAYS,
          unit: 's',
        },
        { name: 'tops that were kept', value: bytes / 2 ** 20 / days, unit: 'MiB a day' },
      ],
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function later(round: Round): Round {
  const moved = <Timed extends { readonly receiveTimeUs: number }>(timed: Timed): Timed => ({
    ...timed,
    receiveTimeUs: timed.receiveTimeUs + LATER_US,
  });
  return { ...round, start: moved(round.start), events: round.events.map(moved) };
}

interface Measured {
  readonly fee: string;
  readonly seconds: number;
  readonly found: number;
}

/** A usual fee for the first time, and again; then two that large accounts pay: more full books are read. */
async function measured({
  directory,
  archives,
  span,
}: {
  readonly directory: string;
  readonly archives: SearchedArchives['archives'];
  readonly span: Span;
}): Promise<Measured[]> {
  const opened = new Map<string, ArchiveReader>();
  for (const [name, location] of archives) opened.set(name, await openArchiveReader(location));
  const store = await openLmdbStore(join(directory, 'records'), 'write');
  const kept = { topsDirectory: join(directory, 'tops'), closedUs: Number.MAX_SAFE_INTEGER };
  const threads = new SearchThreads({ archives, ...kept });
  try {
    await store.putFeeTable({ id: 'recorded', table: tableOf('0.001') });
    await store.putRun({
      id: `arbitrage/${String(span.fromUs).padStart(16, '0')}`,
      strategy: 'arbitrage',
      startedUs: span.fromUs,
      feeTable: 'recorded',
      settings: { ...arbitrageSettings({ 'max-notional': '10000' }) },
      venues: [],
    });
    const past = new ArchiveVenues(opened);
    const runs: Measured[] = [];
    for (const fee of ['0.001', '0.0009', '0.00015', '0.0001']) {
      const begin = performance.now();
      const tops = new TopsCache(past, kept.topsDirectory, kept.closedUs);
      const report = await postMortem(
        { past, store, tops, threads, onProgress: () => undefined },
        {
          strategy: 'arbitrage',
          ...span,
          other: { id: fee, table: tableOf(fee) },
          venues: NAMES.map(venueOf),
        },
      );
      const seconds = (performance.now() - begin) / 1000;
      runs.push({ fee, seconds, found: report?.opportunities.length ?? Number.NaN });
    }
    return runs;
  } finally {
    await threads.close();
    await store.close();
    for (const archive of opened.values()) await archive.close();
  }
}

async function secondsOfWholeDay(
  archives: SearchedArchives['archives'],
  fromUs: number,
): Promise<number> {
  let seconds = 0;
  for (const [name, location] of archives) {
    const archive = await openArchiveReader(location);
    const past = new ArchiveVenues(new Map([[name, archive]]));
    const begin = performance.now();
    const day = { fromUs, toUs: fromUs + DAY_US };
    const builder = new DayTopsBuilder();
    for await (const event of past.range(venueOf(name), day, { topOnly: true })) builder.add(event);
    seconds += (performance.now() - begin) / 1000;
    await archive.close();
  }
  return seconds;
}

function figuresOf({ fee, seconds, found }: Measured, days: number, isFirst: boolean): Figure[] {
  const what = `${isFirst ? 'the first time' : 'again'}, a fee of ${fee}`;
  return [
    {
      name: `${what}: ${GOAL_DAYS} days at this pace`,
      value: (seconds * GOAL_DAYS) / days,
      unit: 's',
      goal: `≤ ${GOAL_SECONDS}`,
    },
    ...(isFirst ? [] : [{ name: `found, a fee of ${fee}`, value: found / days, unit: 'a day' }]),
  ];
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

function tableOf(taker: string): FeeTable {
  const fees = {
    taker,
    maker: taker,
    feeIn: 'received',
    latencyMs: 50,
    origin,
    coins: {},
  } as const;
  return { exchanges: Object.fromEntries(NAMES.map((name) => [`binance@${name}`, fees])) };
}

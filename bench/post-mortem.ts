/**
 * `npm run bench -- post-mortem [--days N]`: best prices of one pair on two exchanges over a long history, read from
 * the archive for the first time, and again under another table of fees, from the tops that were kept.
 */

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedArchive } from '../logger/archive/embedded/embedded-archive.ts';
import type { FeeTable } from '../pipe/fees/fee-table.ts';
import type { Venue } from '../pipe/market/venue.ts';
import { ArchiveVenues } from '../pipe/post-mortem/archive/archive-venues.ts';
import { scan } from '../pipe/post-mortem/scan.ts';
import { TopsCache } from '../pipe/post-mortem/tops/tops-cache.ts';
import { arbitrageSettings } from '../pipe/strategy/arbitrage/settings.ts';
import type { Section } from './figures.ts';
import { SECURITY, buildHistory, recordedRound } from './reader/history.ts';

const DAY_US = 86_400_000_000;
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
  const archives = new Map<string, Awaited<ReturnType<typeof openEmbeddedArchive>>>();
  try {
    for (const [i, name] of names.entries()) {
      const archive = await openEmbeddedArchive({ directory: join(directory, name) });
      archives.set(name, archive);
      await buildHistory(archive, i === 0 ? round : later, days * DAY_US);
    }
    const past = new ArchiveVenues(archives);
    const span = { fromUs: receiveTimeUs, toUs: receiveTimeUs + days * DAY_US };
    const run = async (taker: string): Promise<{ seconds: number; found: number }> => {
      const begin = performance.now();
      const tops = new TopsCache(past, join(directory, 'tops'), span.toUs + DAY_US);
      const found = await scan(
        { past, tops, onProgress: () => undefined },
        {
          ...span,
          strategy: 'arbitrage',
          table: tableOf(names, taker),
          settings: arbitrageSettings({ 'max-notional': '10000' }),
          venues: names.map(venueOf),
        },
      );
      return { seconds: (performance.now() - begin) / 1000, found: found.length };
    };
    const first = await run('0.002');
    const other = await run('0.0015');
    const kept = readdirSync(join(directory, 'tops'));
    const bytes = kept.reduce((sum, file) => sum + statSync(join(directory, 'tops', file)).size, 0);
    yield {
      title: `What was missed in ${days} days of one pair on two exchanges`,
      figures: [
        { name: 'the first time', value: first.seconds, unit: 's' },
        { name: 'found', value: first.found, unit: '' },
        { name: 'under another table of fees', value: other.seconds, unit: 's', goal: '60' },
        { name: 'found', value: other.found, unit: '' },
        { name: 'tops that were kept', value: bytes / 2 ** 20 / days, unit: 'MiB a day' },
      ],
    };
  } finally {
    for (const archive of archives.values()) await archive.close();
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

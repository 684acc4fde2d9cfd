/** The lines of an archive are those of the live run, over the real logger, its sandbox exchange and gRPC. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openArchive } from '../../logger/library.ts';
import { formatScaled, toScaled } from '../../logger/market/decimal.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { findVenues } from '../../pipe/market/venues.ts';
import { ArchiveSource } from '../../pipe/sources/archive-source.ts';
import { LiveMemory } from '../../pipe/sources/live-memory.ts';
import { LoggerSource } from '../../pipe/sources/logger-source.ts';
import { pastTops } from '../../pipe/sources/past-tops.ts';
import { topText } from '../../pipe/top/top.ts';
import { VenueTops } from '../../pipe/top/venue-tops.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import '../support/column-files.ts';
import { silentLog } from '../support/silent-log.ts';
import { pipe, startPipe } from '../support/pipe-cli.ts';
import { TEST_KEY, startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SEED = Number(process.env['SEED'] ?? 7);
const [BINANCE, BYBIT] = ['binance:BTCUSDT', 'bybit:BTCUSDT'];
const VENUES = ['--pairs', 'BTCUSDT', '--exchanges', 'binance,bybit'];

let sandbox: Sandbox;
let logger: TestLogger;
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pipe-archive-'));
  sandbox = await startSandbox({ seed: SEED, symbols: ['BTCUSDT'], pace: 60 });
  logger = await startTestLogger(sandbox.venues.binance, {
    ...sandbox.loggerSettings,
    SECURITIES: `${BINANCE},${BYBIT}`,
  });
});

afterEach(async () => {
  expect(logger.fatal).toEqual([]);
  await logger.discard();
  await sandbox.close();
  rmSync(directory, { recursive: true, force: true });
});

const options = () => ({ port: logger.port, env: { MANAGER_AUTHKEY: TEST_KEY } });
const parsed = (lines: readonly string[]): any[] => lines.map((line) => JSON.parse(line));
const linesOf = (stdout: string): string[] => stdout.split('\n').slice(0, -1);

async function untilLive(): Promise<void> {
  await until('both to be live', () =>
    [BINANCE, BYBIT].every((security) => logger.control.status(security)?.state === 'live'),
  );
}

/** Until both books are known to have been proven at a moment. */
async function untilRecorded(us: number): Promise<void> {
  const archive = await openArchive(logger.dataDirectory);
  try {
    await until('it to be stored', async () => {
      for (const security of [BINANCE, BYBIT]) {
        const { intervals } = await archive.coverage(security);
        if (parseTimeUs(intervals.at(-1)?.to ?? '1s') < us) return false;
      }
      return true;
    });
  } finally {
    await archive.close();
  }
}

test(`the same lines, with a gap in the middle (SEED=${SEED})`, async () => {
  await untilLive();
  const running = startPipe(VENUES, options());
  await running.untilLines(60);
  sandbox.inject({ type: 'drop-diffs', symbol: 'BTCUSDT', count: 1 });
  const both = (line: any): boolean => line.binance !== null && line.bybit !== null;
  await until('the gap', () =>
    parsed(running.lines())
      .slice(10)
      .some((line) => !both(line)),
  );
  await until('it to be over', () => both(parsed(running.lines()).at(-1)));
  await running.untilLines(running.lines().length + 60);
  running.interrupt();
  expect(await running.exit).toBe(0);
  const live = running.lines();

  const start = parsed(live).find(both).event_time + 1;
  const end = parsed(live).at(-1).event_time;
  const range = ['--from', `${start}ms`, '--to', `${end}ms`];
  await untilRecorded(end * 1000);
  const asked = await pipe([...VENUES, ...range], options());
  const read = await pipe([...VENUES, ...range, '--archive', logger.dataDirectory]);
  expect(asked).toEqual(read);
  expect(read.code).toBe(0);
  const [beginning, ...stored] = linesOf(read.stdout);
  const last = live.findLast((line) => JSON.parse(line).event_time < start)!;
  expect(parsed([beginning!])).toEqual([{ ...JSON.parse(last), event_time: start }]);

  // Afterwards it is known when the gap began and ended; live, that was learned a little later.
  const archive = await openArchive(logger.dataDirectory);
  const { intervals } = await archive.coverage(BINANCE);
  await archive.close();
  const gapMs = Math.floor(parseTimeUs(intervals[0]!.to) / 1000);
  const lost = parsed(live).findIndex((line) => line.event_time > gapMs && line.binance === null);
  const backMs = parsed(live).slice(lost).find(both).event_time;
  const isTold = (line: string): boolean => {
    const { event_time: ms } = JSON.parse(line);
    return ms >= start && ms < end && (ms < gapMs || ms > backMs);
  };
  expect(stored.filter(isTold)).toEqual(live.filter(isTold));
  expect(stored.filter(isTold).length).toBeGreaterThan(60);
  expect(parsed(stored).some(({ binance }) => binance === null)).toBe(true);
});

test('one moment, the last minutes, and a file of them', async () => {
  await untilLive();
  const running = startPipe(VENUES, options());
  const some = parsed((await running.untilLines(60)).slice(0, 40)).at(-1);
  running.interrupt();
  await running.exit;
  await untilRecorded((some.event_time + 1) * 1000 + 1);
  const at = (time: string) => pipe([...VENUES, '--at', time], options());
  const { code, stdout } = await at(`${some.event_time + 1}ms`);
  expect(code).toBe(0);
  const [line, ...others] = parsed(linesOf(stdout));
  expect(others).toEqual([]);
  expect(line.event_time).toBe(some.event_time + 1);
  expect(await at('2020-01-01T00:00:00Z')).toMatchObject({
    code: 5,
    stdout: '',
    stderr: 'orderbook-pipe: Nothing is recorded of that time\n',
  });

  const out = join(directory, 'tops.feather');
  const range = ['--to', `${some.event_time + 1}ms`, '--archive', logger.dataDirectory];
  const lines = await pipe([...VENUES, '--last', '6m', ...range]);
  const file = await pipe([
    ...VENUES,
    '--last',
    '6m',
    ...range,
    '--format',
    'feather',
    '--out',
    out,
  ]);
  expect(file).toEqual({ code: 0, stdout: '', stderr: '' });
  const table = tableFromIPC(readFileSync(out));
  const decimal = (value: bigint, name: string): string =>
    formatScaled(toScaled(value), Number(table.schema.metadata.get(name)));
  const state: any = { binance: null, bybit: null };
  for (const row of table) {
    const symbol = row.symbol;
    state[row.venue] = row.is_proven && {
      symbol,
      top_bid: decimal(row.top_bid, 'price_scale'),
      top_bid_quantity: decimal(row.top_bid_quantity, 'size_scale'),
      top_ask: decimal(row.top_ask, 'price_scale'),
      top_ask_quantity: decimal(row.top_ask_quantity, 'size_scale'),
    };
  }
  const { event_time, ...tops } = parsed(linesOf(lines.stdout)).at(-1);
  expect(state).toEqual(tops);
  expect(event_time).toBeLessThanOrEqual(some.event_time);
  expect(table.numRows).toBeGreaterThan(30);
  for (const [argv, text] of [
    [['--at', '1s', '--last', '1m'], /--at is one moment/],
    [['--format', 'feather', '--last', '1m'], /give --out/],
    [['--format', 'feather', '--out', out], /give --last/],
  ] as const) {
    const wrong = await pipe([...VENUES, ...argv], options());
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(text);
  }
});

test('the memory of a live run is what the archive has, also after the connection was lost', async () => {
  await untilLive();
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: logger.port });
  const stop = new AbortController();
  const { signal } = stop;
  const clock = createSystemClock();
  const source = new LoggerSource({
    name: 'test',
    endpoint: { host: '127.0.0.1', port: proxy.port, authkey: TEST_KEY, tls: undefined },
    timeoutMs: 10_000,
    clock,
    random: { next: () => 0 },
    log: silentLog,
  });
  const known = [{ name: 'test', instruments: await source.instruments(signal) }];
  const { venues } = findVenues({ pairs: ['BTCUSDT'], exchanges: null, exceptions: {} }, known);
  const memory = new LiveMemory(venues, 3_600_000_000, {
    historyOf: () => source.history(signal),
    clock,
    random: { next: () => 0 },
    log: silentLog,
    signal,
  });
  // There is something of a time before.
  const begin = sandbox.sequence(BINANCE);
  await until('some updates', () => sandbox.sequence(BINANCE) > begin + 100);
  const tops = new VenueTops(venues);
  let events = 0;
  const following = source.events(
    venues,
    { topOnly: true },
    (event) => {
      events++;
      const top = tops.apply(event);
      if (top !== undefined) memory.apply(event, top);
    },
    signal,
  );
  await until('some events', () => events > 50);
  await memory.ready('BTCUSDT');
  proxy.mode = 'cut';
  await until('the loss', () =>
    venues.every(({ name }) => memory.pair('BTCUSDT').series(name)?.last?.top === null),
  );
  proxy.mode = 'pass';
  const before = events;
  await until('some more events', () => events > before + 60);
  await memory.ready('BTCUSDT');
  stop.abort();
  await following;
  await source.close();
  await proxy.close();

  const archive = await ArchiveSource.open('archive', logger.dataDirectory);
  try {
    for (const venue of venues) {
      const series = memory.pair('BTCUSDT').series(venue.name)!;
      const toUs = series.last!.atUs;
      await until('all of it to be stored', async () => {
        const { intervals } = await (
          await archive.history()
        ).coverage({ security: venue.security });
        return parseTimeUs(intervals.at(-1)!.to) >= toUs;
      });
      const range = { fromUs: series.fromUs!, toUs: toUs + 1 };
      const stored = [];
      for await (const entry of pastTops(await archive.history(), venue, range, signal)) {
        stored.push({ atUs: entry.atUs, top: entry.top && topText(entry.top) });
      }
      const kept = [...series.range(range.fromUs, range.toUs)].map(({ atUs, top }) => ({
        atUs,
        top: top && topText(top),
      }));
      expect(kept).toEqual(stored);
      expect(kept.length).toBeGreaterThan(30);
    }
  } finally {
    await archive.close();
  }
});

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Archive } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { hasConsecutiveTradeIds } from '../../logger/exchange/exchanges.ts';
import { startManager } from '../../logger/manager/server.ts';
import type { ManagerPort } from '../../logger/manager/server.ts';
import { formatTimeUs, parseTimeUs } from '../../logger/market/time.ts';
import type { CoverageResult } from '../../logger/queries/results.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { silentLog } from '../support/silent-log.ts';
import { RandomHistory, SECURITY } from '../unit/reader/random-history.ts';
import { FakeControl } from './fake-control.ts';
import { KEY, cli, expectError, accessWith } from './fixture.ts';
import type { CliRun } from './fixture.ts';

/** A real archive: asked directly with `--archive`, and through a port over the real reader. */

const SEED = Number(process.env['SEED'] ?? 20_261_120);

let directory: string;
let archive: Archive;
let manager: ManagerPort;
let history: RandomHistory;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'manager-archive-'));
  archive = await openEmbeddedArchive({ directory });
  history = new RandomHistory(archive, seededRandom(SEED), { hasCounts: true });
  await history.record(4, 6);
  manager = await startManager({
    host: '127.0.0.1',
    port: 0,
    access: accessWith(KEY),
    readAccess: () => accessWith(KEY),
    control: new FakeControl(),
    reader: createReader(archive, { hasConsecutiveTradeIds }),
    version: '1',
    clock: createSystemClock(),
    log: silentLog,
  });
});

afterAll(async () => {
  await manager.close(0);
  await archive.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The same question both ways: the answers have to be the same. */
async function both(line: string): Promise<CliRun> {
  const words = line.split(' ');
  const direct = await cli([...words, '--archive', directory]);
  const asked = await cli(words, { port: manager.port });
  expect(asked.stdout, `seed ${SEED}`).toBe(direct.stdout);
  expect(asked.code).toBe(direct.code);
  return direct;
}

describe('an archive and a logger over it', () => {
  test('report the same coverage, in any spelling', async () => {
    const run = await both('coverage binance:btcusdt --json');
    expect(run.code).toBe(0);
    expect(run.json.security).toBe(SECURITY);
    expect(run.json.intervals.length).toBeGreaterThan(1);
    await both(`coverage ${SECURITY}`);
  });

  test('cut intervals at the window alike, and where the book at that time stands', async () => {
    const { json } = await both(`coverage ${SECURITY} --json`);
    const [first] = (json as CoverageResult).intervals;
    const [fromUs = 0, toUs = 0] = [first?.from, first?.to].map((time) => parseTimeUs(time ?? ''));
    const [from, to] = [fromUs + (toUs - fromUs) / 3, fromUs + (2 * (toUs - fromUs)) / 3].map(
      (us) => formatTimeUs(Math.floor(us)),
    );
    const window = `--from ${from} --to ${to}`;
    const cut = await both(`coverage ${SECURITY} --json ${window}`);
    const [start, end] = await Promise.all(
      [from, to].map((at) => both(`book ${SECURITY} --json --depth 1 --at ${at}`)),
    );
    expect(cut.json).toMatchObject({
      intervals: [
        { from, to, firstSequence: start?.json.sequence, lastSequence: end?.json.sequence },
      ],
      gaps: [],
    });
    expect((await both(`coverage ${SECURITY} ${window}`)).stdout).toContain(`${from}  ${to}`);
  });

  test('return the same books, at times, at sequences, in gaps and outside', async () => {
    const { json } = await both(`coverage ${SECURITY} --json`);
    const { intervals, gaps } = json as CoverageResult;
    const codes: number[] = [];
    const times = [
      ...intervals.flatMap(({ from, to }) => [from, to]),
      ...gaps.map(({ from }) => from),
      '1999-12-31T00:00:00Z',
      '2200-01-01T00:00:00Z',
    ];
    for (const at of times) codes.push((await both(`book ${SECURITY} --json --at ${at}`)).code);
    for (const { firstSequence, lastSequence } of intervals) {
      const first = await both(`book ${SECURITY} --json --sequence ${firstSequence}`);
      expect(first.json.sequence).toBe(firstSequence);
      for (const row of [...first.json.bids, ...first.json.asks]) expect(row[2]).toBeGreaterThan(0);
      await both(`book ${SECURITY} --depth 2 --sequence ${lastSequence}`);
    }
    expect(new Set(codes)).toEqual(new Set([0, 5]));
  });

  test('return the book after every tenth message as the model has it', async () => {
    const messages = history.segments.flatMap((segment) =>
      segment.records.flatMap((record) => (record.kind === 'image' ? [] : record.messages)),
    );
    for (const message of messages.filter((_, index) => index % 10 === 0)) {
      const { json } = await both(`book ${SECURITY} --json --sequence ${message.sequence}`);
      expect(json).toMatchObject({
        sequence: String(message.sequence),
        receiveTime: formatTimeUs(message.receiveTimeUs),
      });
      expect([json.bids.length, json.asks.length]).toEqual([message.bids.size, message.asks.size]);
    }
  });

  test.each(['trades', 'quotes', 'incremental'])('export the same %s', async (type) => {
    const jsonl = await both(`export ${SECURITY} --type ${type}`);
    const items = jsonl.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(items.length).toBeGreaterThan(3);
    const hasGap = items.some((item) => 'gap' in item);
    // Between numbered trades a gap in the book may be none.
    if (type !== 'trades') expect(hasGap).toBe(true);
    expect(jsonl.code).toBe(hasGap ? 5 : 0);
    expect((await both(`export ${SECURITY} --type ${type} --format csv --allow-gaps`)).code).toBe(
      0,
    );
  });

  const kinds = [
    'trades --format tardis-csv',
    'quotes --format tardis-csv',
    'incremental --format tardis-csv',
    'snapshots --every 50ms',
    'snapshots --every 50ms --depth 3 --level 2 --clock exchange --format csv',
    'snapshots --every 50ms --format tardis-csv',
  ];
  test.each(kinds)('export the same %s', async (kind) => {
    const run = await both(`export ${SECURITY} --allow-gaps --type ${kind}`);
    expect(run.stdout.trimEnd().split('\n').length).toBeGreaterThan(5);
    expect(run.code).toBe(0);
  });

  const files = [
    'trades --out FILE.parquet',
    'quotes --out FILE.feather --floats',
    'incremental --out FILE.parquet --rows-per-file 200',
    'snapshots --every 50ms --depth 3 --out FILE.parquet',
    'snapshots --every 50ms --depth 3 --clock exchange --out FILE.npz',
    'snapshots --every 50ms --depth 3 --features --out FILE.parquet',
    'incremental --out FILE.npz',
    'candles --timeframe 1m --out FILE.feather',
  ];
  test.each(files)('export the same %s', async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'export-files-'));
    try {
      const words = `export ${SECURITY} --type ${kind} --allow-gaps`;
      const line = (name: string): string[] => words.replace('FILE', join(folder, name)).split(' ');
      const direct = await cli([...line('a'), '--archive', directory]);
      const asked = await cli(line('b'), { port: manager.port });
      expect([direct.code, asked.code]).toEqual([0, 0]);
      expect(asked.stdout.replaceAll(/\bb(?=-0|\.)/g, 'a')).toBe(direct.stdout);
      expect(asked.stderr).toBe(direct.stderr);
      expect(direct.stdout).toMatch(/^Wrote [\d,]+ rows? to /);
      const names = readdirSync(folder);
      expect(names.length % 2).toBe(0);
      if (kind.includes('--rows-per-file')) expect(names.length).toBeGreaterThan(2);
      for (const name of names.filter((one) => one.startsWith('a'))) {
        const [ours, theirs] = [name, `b${name.slice(1)}`].map((one) =>
          readFileSync(join(folder, one)),
        );
        expect(theirs?.equals(ours!)).toBe(true);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('files with columns replace others only with --force, and all of them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'export-files-'));
    const words = `export ${SECURITY} --type trades --allow-gaps --archive ${directory}`;
    const out = `--out ${join(folder, 'x.parquet')}`;
    const run = (more: string): Promise<CliRun> => cli(`${words} ${out} ${more}`.trim().split(' '));
    try {
      expect((await run('--rows-per-file 3 --json')).json).toMatchObject({
        files: expect.arrayContaining([join(folder, 'x-00001.parquet')]),
        gaps: expect.any(Number),
      });
      // Of something else, by its name.
      writeFileSync(join(folder, 'x-20261130.parquet'), 'another');
      const before = readdirSync(folder);
      expect(before.length).toBeGreaterThan(3);
      expectError(await run('--rows-per-file 1000000'), 1, /already exists; give --force/);
      expect(readdirSync(folder)).toEqual(before);
      expect((await run('--rows-per-file 1000000 --force')).code).toBe(0);
      // Nothing of the earlier export is left to be read with these.
      expect(readdirSync(folder)).toEqual(['x-00001.parquet', 'x-20261130.parquet']);
      expect((await run('')).code).toBe(0);
      expectError(await run(''), 1, /x\.parquet: already exists/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('Ctrl-C leaves no file with columns', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'export-files-'));
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 100);
    const line = `export ${SECURITY} --type snapshots --every 1us --depth 1 --archive ${directory} --out ${join(folder, 'x.npz')}`;
    const run = await cli(line.split(' '), { interrupted: interrupt.signal });
    expect([run.code, run.stderr]).toEqual([130, '']);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test('show the same candles, which are those of the export', async () => {
    const candles = await both(`candles ${SECURITY} --timeframe 1m --json`);
    expect(candles.code).toBe(0);
    expect(candles.json.length).toBeGreaterThan(0);
    expect(candles.json[0]).toMatchObject({ timeframe: '1m', source: 'trades' });
    const lines = await both(`export ${SECURITY} --type candles --timeframe 1m`);
    expect(
      lines.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(candles.json);
    const csv = await both(`export ${SECURITY} --type candles --timeframe 1m --format csv`);
    expect(csv.stdout).toMatch(/^from,to,open,.*,missing\n2023-/);
    expect((await both(`candles ${SECURITY} --timeframe 1d`)).stdout).toMatch(
      /FROM +OPEN .*STATE\n/,
    );
  });

  test('candles of time that was not recorded are a gap', async () => {
    const range = '--from 2020-01-01T00:00:00Z --to 2020-01-02T00:00:00Z';
    const run = await both(`candles ${SECURITY} --timeframe 1h ${range} --json`);
    expect([run.code, run.json]).toMatchObject([
      5,
      [{ gap: { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z', cause: 'other' } }],
    ]);
    expect((await both(`candles ${SECURITY} --timeframe 1h ${range}`)).stdout).toContain('gap to');
    const allowed = await both(`candles ${SECURITY} --timeframe 1h ${range} --allow-gaps --json`);
    expect(allowed.code).toBe(0);
    const never = await both('candles binance:NEVER --timeframe 1m --json');
    expect([never.code, never.stdout]).toEqual([1, '']);
  });

  test('a snapshot is the book that a single query returns', async () => {
    const run = await both(
      `export ${SECURITY} --type snapshots --every 100ms --depth 2 --allow-gaps`,
    );
    const books = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter((line) => line.gap === undefined);
    expect(books.length).toBeGreaterThan(3);
    for (const { segment, upticks, downticks, flow, ...book } of books) {
      expect([typeof segment, typeof upticks, typeof downticks]).toEqual([
        'number',
        'object',
        'object',
      ]);
      expect(['complete', 'incomplete']).toContain(flow);
      expect((await both(`book ${SECURITY} --json --depth 2 --at ${book.at}`)).json).toEqual(book);
    }
  });

  test('Ctrl-C ends an endless export', async () => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 100);
    const line = `export ${SECURITY} --type snapshots --every 1us --depth 1 --archive ${directory}`;
    const run = await cli(line.split(' '), { interrupted: interrupt.signal });
    expect([run.code, run.stderr]).toEqual([130, '']);
  });

  test('find no problem', async () => {
    const run = await both('verify --json');
    expect(run.code).toBe(0);
    expect(run.json.records).toBeGreaterThan(5);
    expect(run.json.problems).toEqual([]);
  });

  test('what an archive holds is a line for each security, as coverage has it', async () => {
    const state = { security: 'binance:ADDED', wanted: true, feed: 'depth' };
    const known = { security: SECURITY, wanted: true, feed: 'depth' };
    await archive.commit([
      { type: 'security', state: known },
      { type: 'security', state },
    ]);
    const { intervals, gaps } = (await both(`coverage ${SECURITY} --json`)).json as CoverageResult;
    const list = await cli(['list', '--json', '--archive', directory]);
    const covered = intervals.reduce(
      (us, { from, to }) => us + parseTimeUs(to) - parseTimeUs(from),
      0,
    );
    const none = { level: null, from: null, to: null, covered: 0, intervals: 0, gaps: 0 };
    expect([list.code, list.json]).toEqual([
      0,
      [
        { security: 'binance:ADDED', ...none, feed: 'depth', storedBytes: 0 },
        {
          security: SECURITY,
          level: 'L2',
          feed: 'depth',
          from: intervals[0]?.from,
          to: intervals.at(-1)?.to,
          covered: covered / 1_000_000,
          intervals: intervals.length,
          gaps: gaps.length,
          storedBytes: (await archive.totals(SECURITY)).storedBytes,
        },
      ],
    ]);
    const { stdout } = await cli(['list', '--archive', directory]);
    expect(stdout).toMatch(/^SECURITY +FEED +FROM +TO +COVERED +INTERVALS +GAPS +STORED\n/);
    expect(stdout).toContain(`L2 depth  ${intervals[0]?.from}`);
    expect(stdout).toMatch(/binance:ADDED +– depth +– +– /);
    const wide = (await cli(['list', '--wide', '--archive', directory])).stdout;
    expect(wide).toMatch(/ STORED +CONTRACT\n/);
  });

  test('reject a security that was never recorded', async () => {
    for (const verb of ['book', 'coverage', 'verify', 'export --type trades']) {
      const words = [...verb.split(' '), 'binance:NEVER', '--archive', directory];
      expectError(await cli(words), 1, /binance:NEVER was never recorded; this archive holds/);
    }
  });

  test('without a position the book is the last proven one', async () => {
    const run = await cli(['book', SECURITY, '--json', '--archive', directory]);
    const last = history.segments.at(-1)?.records.findLast((record) => record.messages.length > 0);
    expect(run.json.sequence).toBe(String(last?.messages.at(-1)?.sequence));
  });
});

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { formatTimeUs, parseTimeUs } from '../../logger/market/time.ts';
import { sampleBlock, sampleImage } from '../archive/sample-records.ts';
import { freshDatabase, uriOf } from '../support/mongodb.ts';
import { RandomHistory, SECURITY } from '../unit/reader/random-history.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { cli, expectError } from './fixture.ts';
import type { CliRun } from './fixture.ts';
import { mongodb, needs } from '../support/requirements.ts';

/** `archive copy` as it is typed: no logger anywhere. */

let parent: string;
let from: string;
let to: string;
let source: Archive;

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'cli-copy-'));
  [from, to] = [join(parent, 'from'), join(parent, 'to')];
  source = await openEmbeddedArchive({ directory: from });
  await new RandomHistory(source, seededRandom(3)).record(3, 5);
});

afterEach(async () => {
  await source.close();
  rmSync(parent, { recursive: true, force: true });
});

const copy = (...words: string[]): Promise<CliRun> => cli(['archive', 'copy', ...words]);

test('it copies while a logger writes the source, reports what it did, and may be repeated', async () => {
  const { images, blocks, gaps } = await source.totals(SECURITY);
  const records = images + blocks + gaps;
  const { journal } = await source.tail(SECURITY);
  const first = await copy(from, to, '--json');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.json).toMatchObject({
    records,
    present: 0,
    left: journal.length,
    securities: [{ security: SECURITY, copied: records }],
    problems: [],
  });
  expect(first.json.bytes).toBeGreaterThan(0);
  const again = await copy(from, to, 'BINANCE:btcusdt');
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(
    new RegExp(`^0 records copied \\(0 B\\), ${records} records already there[^\\n]*\\.\\n$`),
  );
  if (journal.length > 0) expect(again.stdout).toContain('still being recorded');
  const [there, here] = await Promise.all(
    [to, from].map((archive) => cli(['coverage', SECURITY, '--json', '--archive', archive])),
  );
  expect(there?.json.intervals.slice(0, -1)).toEqual(here?.json.intervals.slice(0, -1));
});

test('a conflicting record and an open block of the target are a line each, and exit 1', async () => {
  const target = await openEmbeddedArchive({ directory: to });
  const other = 'binance:ETHUSDT';
  const security = { type: 'security', state: { security: other, wanted: true, feed: 'depth' } };
  const image = sampleImage({ lastSequence: 1, security: other });
  await source.commit([security as never, { type: 'image', record: image }]);
  const open = sampleBlock({ previousSequence: 1, lastSequence: 2, security: other });
  await target.commit([{ type: 'journal', part: 0, record: open }]);
  const start = await source.segmentStart(SECURITY, 0);
  const foreign = sampleImage({ lastSequence: start?.header.lastSequence ?? 0 });
  await target.commit([{ type: 'image', record: foreign }]);
  await target.close();
  const run = await copy(from, to);
  expect(run.code).toBe(1);
  const lines = run.stdout.trim().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^binance:BTCUSDT image 1\/\d+: the target holds a different record/);
  expect(lines[1]).toMatch(/^binance:ETHUSDT journal: the target holds an open block of its own/);
  expect((await copy(from, to, '--json')).json.problems).toHaveLength(2);
});

test('on a terminal it shows its progress, and erases it at the end', async () => {
  const run = await cli(['archive', 'copy', from, to], { isTerminal: true });
  expect(run.code).toBe(0);
  expect(run.stderr).toContain(`Copying ${SECURITY}: `);
  expect(run.stderr.endsWith('\r\u001b[K')).toBe(true);
});

test('Ctrl-C ends it between two records, and the next copy resumes', async () => {
  const stop = new AbortController();
  stop.abort();
  const run = await cli(['archive', 'copy', from, to], { interrupted: stop.signal });
  expect(run.code).toBe(130);
  expect((await copy(from, to)).code).toBe(0);
});

describe('rejected in one line:', () => {
  test('a target that a logger writes', async () => {
    const busy = await openEmbeddedArchive({ directory: to });
    expectError(
      await copy(from, to),
      1,
      /A logger or a copy is writing to the archive in \S+: stop it first/,
    );
    await busy.close();
  });

  test('an archive onto itself, by another name too', async () => {
    symlinkSync(from, join(parent, 'link'));
    expectError(await copy(from, join(parent, 'link')), 2, /the same/);
  });

  test('a source that does not exist, without creating a target', async () => {
    expectError(await copy(to, join(parent, 'third')), 2, /[Tt]here is no archive in/);
    expectError(await copy(join(parent, 'third'), from), 2, /[Tt]here is no archive in/);
  });

  test('a server that does not answer', async () => {
    expectError(await copy(from, 'mongodb://127.0.0.1:1/x'), 1, /MongoDB \(127\.0\.0\.1:1\)/);
  });

  test.each([
    [['archive'], /archive copy <from> <to>/],
    [['archive', 'copy', 'a'], /archive copy <from> <to>/],
    [['archive', 'copx', 'a', 'b'], /copy/],
    [['archive', 'copy', 'a', 'b', 'BTC'], /is not of the form exchange:symbol/],
    [['archive', 'copy', 'a', 'b', '--host', 'x'], /This command needs no logger; omit --host/],
    [['archive', 'copy', 'a', 'b', '--nonsense'], /Unknown argument: nonsense/],
  ] as const)('%j', async (words, message) => {
    expectError(await cli(words), 2, message);
  });

  test('a security that the source does not hold', async () => {
    expectError(await copy(from, to, 'binance:NONE'), 1, /NONE was never recorded.*BTCUSDT/);
  });
});

test('to a database, and back into a directory', needs(mongodb), async () => {
  const uri = uriOf(freshDatabase());
  const there = await copy(from, uri, '--json');
  expect(there).toMatchObject({ code: 0, stderr: '' });
  expect((await copy(uri, to, '--json')).json).toMatchObject({ records: there.json.records });
  const books = await Promise.all(
    [from, uri, to].map((archive) =>
      cli(['verify', SECURITY, '--json', '--archive', archive]).then(({ json }) => json.problems),
    ),
  );
  expect(books).toEqual([[], [], []]);
  const { json } = await cli(['coverage', SECURITY, '--json', '--archive', uri]);
  const window = ['--from', middleOf(json.intervals[0]), '--to', middleOf(json.intervals[1])];
  const [cut, same] = await Promise.all(
    [uri, to].map((archive) =>
      cli(['coverage', SECURITY, '--json', ...window, '--archive', archive]),
    ),
  );
  expect(cut?.json).toEqual(same?.json);
  expect(cut?.json.intervals.at(0).from).toBe(window[1]);
  expect(cut?.json.intervals.at(-1).to).toBe(window[3]);
  const [listed, copied] = await Promise.all(
    [uri, to].map((archive) => cli(['list', '--json', '--archive', archive])),
  );
  expect(listed?.json).toHaveLength(1);
  expect(listed?.json).toEqual(copied?.json);
});

function middleOf({ from, to }: { readonly from: string; readonly to: string }): string {
  return formatTimeUs(Math.floor((parseTimeUs(from) + parseTimeUs(to)) / 2));
}

/** Receive-time defects stamped on records appear in the coverage once; books are unaffected. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive, StoredRecord, Write } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { sealRecord } from '../../../logger/archive/record.ts';
import { openArchive } from '../../../logger/library.ts';
import type { BadReceiveTime } from '../../../logger/market/bad-receive-times.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { SECURITY } from './random-history.ts';
import { block, diff, gap, image, us, writeAll } from './script.ts';

let directory: string;
let archive: Archive;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bad-receive-times-'));
  archive = await openEmbeddedArchive({ directory });
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

const stall = (fromMs: number, toMs: number): BadReceiveTime => ({
  fromUs: us(fromMs),
  toUs: us(toMs),
  cause: 'stall',
});
const clock = (fromMs: number, toMs: number): BadReceiveTime => ({
  ...stall(fromMs, toMs),
  cause: 'clock',
});

function saying(write: Write, ...badReceiveTimes: BadReceiveTime[]): Write {
  if (write.type !== 'image' && write.type !== 'block') throw new TypeError('Not a record');
  const { bytes: _bytes, checksum: _checksum, ...description } = write.record.header;
  const record: StoredRecord = sealRecord({ ...description, badReceiveTimes }, write.record.body);
  return { ...write, record };
}

async function twoSegments(): Promise<void> {
  await writeAll(
    archive,
    saying(image(1, 100, 0), clock(-30, 0)),
    saying(block(1, 100, [diff(101, 10), diff(102, 20)]), clock(-30, 20), stall(15, 20)),
    saying(block(1, 102, [diff(103, 30)]), clock(-30, 25), stall(15, 35)),
    block(1, 103, [diff(104, 50)]),
    image(2, 200, 90, [9800, 100]),
    gap(2, 60, 90),
    saying(block(2, 200, [diff(201, 100)]), stall(95, 105)),
  );
}

const time = (ms: string) => `2026-11-20T07:00:00.${ms}Z`;
/** From the first book on, though the clock had been set before. */
const BENT = { from: '2026-11-20T07:00:00Z', to: time('025'), cause: 'clock' };
const FIRST = { from: time('015'), to: time('035'), cause: 'stall' };
/** To the last record, though the stall lasted longer. */
const SECOND = { from: time('095'), to: time('1'), cause: 'stall' };

test('a defect that neighbouring records carry is reported once', async () => {
  await twoSegments();
  const { badReceiveTimes } = await createReader(archive).coverage({ security: SECURITY });
  expect(badReceiveTimes).toEqual([BENT, FIRST, SECOND]);
});

test('a defect is cut to what was recorded', async () => {
  await writeAll(
    archive,
    saying(image(1, 100, 0), stall(-500, 5)),
    saying(block(1, 100, [diff(101, 10), diff(102, 20)]), stall(-500, 5), stall(15, 80)),
    gap(2, 20, 90),
    saying(image(2, 200, 90), stall(70, 95)),
    saying(block(2, 200, [diff(201, 100)]), stall(70, 95)),
  );
  const { badReceiveTimes } = await createReader(archive).coverage({ security: SECURITY });
  expect(badReceiveTimes).toEqual([
    { from: '2026-11-20T07:00:00Z', to: time('005'), cause: 'stall' },
    { from: time('015'), to: time('02'), cause: 'stall' },
    { from: time('09'), to: time('095'), cause: 'stall' },
  ]);
});

test('a query for a range returns the defects that touch it, uncut', async () => {
  await twoSegments();
  const defectsIn = async (fromMs: number, toMs: number) => {
    const range = { fromUs: us(fromMs), toUs: us(toMs) };
    return (await createReader(archive).coverage({ security: SECURITY, ...range })).badReceiveTimes;
  };
  expect(await defectsIn(25, 94)).toEqual([BENT, FIRST]);
  expect(await defectsIn(26, 95)).toEqual([FIRST, SECOND]);
  expect(await defectsIn(36, 94)).toEqual([]);
  expect(await defectsIn(106, 200)).toEqual([]);
});

test('intervals, books and verify are the same as without a defect', async () => {
  await twoSegments();
  const reader = createReader(archive);
  const { intervals, gaps } = await reader.coverage({ security: SECURITY });
  expect(intervals).toHaveLength(2);
  expect(gaps).toHaveLength(1);
  expect((await reader.verify()).problems).toEqual([]);
  const position = { clock: 'receive', us: us(20) } as const;
  expect(await reader.bookAt({ security: SECURITY, position })).toMatchObject({
    state: 'proven',
    sequence: '102',
    receiveTime: time('02'),
  });
});

test('the library reports it too', async () => {
  await twoSegments();
  const state = { security: SECURITY, wanted: true, feed: 'depth' };
  await writeAll(archive, { type: 'security', state });
  await archive.close();
  const opened = await openArchive(directory);
  expect((await opened.coverage(SECURITY)).badReceiveTimes).toEqual([BENT, FIRST, SECOND]);
  await opened.close();
  archive = await openEmbeddedArchive({ directory });
});

/** What the library rejects, as a caller without types would pass it. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { LoggerError, openArchive } from '../../../logger/library.ts';
import type { OpenedArchive } from '../../../logger/library.ts';
import { block, diff, image, us, writeAll } from '../reader/script.ts';

const SECURITY = 'binance:BTCUSDT';
let directory: string;
let opened: OpenedArchive;
/** As a caller without types sees it. */
let untyped: Record<string, (...given: unknown[]) => unknown>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'library-'));
  const archive = await openEmbeddedArchive({ directory });
  const state = { security: SECURITY, wanted: true, feed: 'depth' };
  await writeAll(archive, image(1, 100, 0), block(1, 100, [diff(101, 10)]), {
    type: 'security',
    state,
  });
  await archive.close();
  opened = await openArchive(directory);
  untyped = opened as never;
});
afterAll(async () => {
  await opened.close();
  await rm(directory, { recursive: true, force: true });
});

async function refusal(work: () => unknown): Promise<string> {
  try {
    const answer = await work();
    if (typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer) {
      for await (const _ of answer as AsyncIterable<unknown>) break;
    }
  } catch (error) {
    expect(error).toBeInstanceOf(LoggerError);
    expect((error as LoggerError).code).toBe('invalid-argument');
    return (error as LoggerError).message;
  }
  return 'accepted';
}

const TIME = '2026-11-20T07:00:00.005Z';

describe('the library names the field that it rejects', () => {
  test.each<[string, unknown[], RegExp]>([
    ['bookAt', [], /^security: undefined is not like/],
    ['bookAt', [null], /^security: null/],
    ['bookAt', [5], /^security: 5/],
    ['bookAt', ['BTCUSDT'], /^security: "BTCUSDT"/],
    ['bookAt', [SECURITY, new Date(Number.NaN)], /^at: the Date is invalid/],
    ['bookAt', [SECURITY, new Date(8.64e15)], /^at: the Date is .* after the year 2255/],
    [
      'bookAt',
      [SECURITY, { depth: 5 }],
      /^at: a value of kind Object is not a time: give .* a Date/,
    ],
    ['bookAt', [SECURITY, { sequence: 101, clock: 'receive' }], /^clock: unknown option/],
    [
      'bookAt',
      [SECURITY, TIME, { detph: 5 }],
      /^detph: unknown option; use one of depth, level, clock/,
    ],
    ['bookAt', [SECURITY, TIME, { Depth: 5 }], /^Depth: unknown option/],
    ['bookAt', [SECURITY, TIME, ['L2']], /^options: a value of kind Array is not an object/],
    ['ordersAt', [SECURITY, TIME, { clok: 'receive' }], /^clok: unknown option/],
    ['coverage', [SECURITY, { clock: 'receive' }], /^clock: unknown option; use one of from, to/],
    ['trades', [SECURITY, { form: TIME }], /^form: unknown option; use one of from, to, clock/],
    ['quotes', [SECURITY, { every: '1s' }], /^every: unknown option/],
    ['diffs', [SECURITY, { depth: 5 }], /^depth: unknown option/],
    ['orderEvents', [SECURITY, { until: TIME }], /^until: unknown option/],
    ['snapshots', [SECURITY, { evry: '1s' }], /^evry: unknown option; use one of .*, every, depth/],
    ['bookAt', [SECURITY, 1_732_086_000_000], /^at: 1732086000000 is not a time/],
    ['bookAt', [SECURITY, null], /^at: null is not a time/],
    ['bookAt', [SECURITY, {}], /^at: a value of kind Object is not a time/],
    ['bookAt', [SECURITY, { sequence: null }], /^sequence: null/],
    ['bookAt', [SECURITY, { sequence: -1 }], /^sequence: -1/],
    ['bookAt', [SECURITY, { sequence: '1e2' }], /^sequence: "1e2"/],
    ['bookAt', [SECURITY, TIME, null], /^options: null is not an object/],
    ['bookAt', [SECURITY, TIME, 'L2'], /^options: "L2" is not an object/],
    ['bookAt', [SECURITY, TIME, { clock: 'wall' }], /^clock: "wall" is not receive or exchange/],
    ['bookAt', [SECURITY, TIME, { level: 2 }], /^level: 2 is not L2/],
    ['bookAt', [SECURITY, TIME, { level: 'L4' }], /^level: "L4" is not L2/],
    [
      'bookAt',
      [SECURITY, TIME, { depth: 0 }],
      /^depth: 0 is not a whole number from 1 to 10000000/,
    ],
    ['bookAt', [SECURITY, TIME, { depth: '5' }], /^depth: "5"/],
    ['ordersAt', [SECURITY, TIME, { level: 'L2' }], /^level: ordersAt returns single orders/],
    ['coverage', [SECURITY, { from: TIME, to: '1000ms' }], /^from: is after to/],
    ['coverage', [SECURITY, { from: 7 }], /^from: 7 is not a time/],
    ['trades', [undefined], /^security: undefined/],
    ['trades', [SECURITY, { to: new Date(Number.NaN) }], /^to: the Date is invalid/],
    ['quotes', [SECURITY, { clock: null }], /^clock: null/],
    ['diffs', [SECURITY, { from: TIME, to: '1000ms' }], /^from: is after to/],
    ['orderEvents', [SECURITY, null], /^options: null/],
  ])('%s(%j)', async (method, given, message) => {
    expect(await refusal(() => untyped[method]?.(...given))).toMatch(message);
  });

  test.each([undefined, null, '', 5, {}])('openArchive(%j)', async (location) => {
    expect(await refusal(() => openArchive(location as never))).toMatch(/^location: /);
  });
});

describe('a security may be given in any case', () => {
  const asked = 'BINANCE:btcusdt';

  test('for books, coverage and streams', async () => {
    expect(await opened.bookAt(asked, `${us(5)}us`)).toMatchObject({ security: SECURITY });
    expect(await opened.coverage(asked)).toMatchObject({ security: SECURITY });
    const types: string[] = [];
    for await (const item of opened.diffs(asked)) types.push(item.type);
    expect(types).toEqual(['image', 'diff']);
  });

  test('an unknown one is an error that names those there are', async () => {
    const unknown = opened.bookAt('binance:ETHUSDT');
    await expect(unknown).rejects.toMatchObject({
      code: 'unknown-security',
      message: `binance:ETHUSDT was never recorded; this archive holds ${SECURITY}`,
    });
  });
});

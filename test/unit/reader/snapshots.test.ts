/** Snapshots at a cadence are the books of `bookAt`, tick for tick. A failure names its seed. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { InvalidArgumentError } from '../../../logger/errors.ts';
import { openArchive } from '../../../logger/library.ts';
import { formatScaled, toScaled } from '../../../logger/market/decimal.ts';
import { parseTimeUs } from '../../../logger/market/time.ts';
import type { ClockName } from '../../../logger/market/time.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { SnapshotsQuery } from '../../../logger/queries/queries.ts';
import { rowsOf, snapshotRow } from '../../../logger/library-rows.ts';
import type { SnapshotRow } from '../../../logger/library-rows.ts';
import type { GapItem, TradeItem } from '../../../logger/queries/items.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import type { Random } from '../../../logger/runtime/random.ts';
import { exportLines } from '../../support/export-lines.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import { flipByte } from './damage.ts';
import { NaiveModel } from './naive-model.ts';
import { RandomHistory, SECURITY } from './random-history.ts';
import { block, diff, gap, image, trade, us, writeAll } from './script.ts';

const SEEDS = testSeeds(12);

let directory: string;
let archive: Archive;
let reader: Reader;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snapshots-'));
  archive = await openEmbeddedArchive({ directory });
  reader = createReader(archive);
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

async function all(question: Omit<SnapshotsQuery, 'security'>): Promise<(SnapshotRow | GapItem)[]> {
  const found: (SnapshotRow | GapItem)[] = [];
  const items = reader.snapshots({ security: SECURITY, ...question });
  for await (const row of rowsOf(items, snapshotRow)) found.push(row);
  return found;
}

function ticksOf(items: readonly (SnapshotRow | GapItem)[]): SnapshotRow[] {
  return items.filter((item) => item.type === 'snapshot');
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random.next() * items.length)] as T;
}

/** From a little before the first message to a little after the last, or a part of that. */
function rangeIn(history: RandomHistory, random: Random): { fromUs: number; toUs: number } {
  const firstUs = (history.segments[0]?.records[0]?.lastEventUs as number) - 50_000;
  const lastUs = (history.segments.at(-1)?.endUs as number) + 50_000;
  if (random.next() < 0.5) return { fromUs: firstUs, toUs: lastUs };
  const ends = [random.next(), random.next()].sort((a, b) => a - b);
  const [fromUs, toUs] = ends.map((part) => Math.floor(firstUs + part * (lastUs - firstUs)));
  return { fromUs: fromUs as number, toUs: toUs as number };
}

/** Every multiple of the cadence in the range: the same book there, or none on both sides. */
async function check(
  model: NaiveModel,
  question: SnapshotsQuery & { fromUs: number; toUs: number; clock: ClockName; everyUs: number },
  hint: string,
): Promise<number> {
  const { fromUs, toUs, clock, everyUs } = question;
  const items = await all(question);
  const found = new Map(ticksOf(items).map((item) => [item.atUs, item]));
  expect([...found.keys()], hint).toEqual([...found.keys()].sort((a, b) => a - b));
  for (let at = Math.ceil(fromUs / everyUs) * everyUs; at < toUs; at += everyUs) {
    const position = { clock, us: at };
    const item = found.get(at);
    found.delete(at);
    if (model.isTossUp(position)) continue;
    const { depth } = question;
    const answer = await reader.bookAt({ security: SECURITY, position, depth });
    if (answer.state === 'gap') expect(item, `${hint}, ${at}`).toBeUndefined();
    else expect(item?.book, `${hint}, ${at}`).toEqual(answer);
  }
  expect([...found.keys()], `${hint}: nothing off the grid or outside`).toEqual([]);
  await checkFlows(items, question, hint);
  return ticksOf(items).length;
}

/** The trades of each period one by one; a period that reaches out of its interval has none. */
async function checkFlows(
  items: readonly (SnapshotRow | GapItem)[],
  { clock, everyUs }: { clock: ClockName; everyUs: number },
  hint: string,
): Promise<void> {
  if (clock !== 'receive') return;
  const { intervals } = await reader.coverage({ security: SECURITY });
  const trades: TradeItem[] = [];
  for await (const item of reader.trades({ security: SECURITY })) {
    if (item.type === 'trade') trades.push(item);
  }
  let segment = 0;
  let isBehindGap = true;
  for (const item of items) {
    isBehindGap ||= item.type === 'gap';
    if (item.type === 'gap') continue;
    if (isBehindGap) expect(item.segment, hint).toBeGreaterThan(segment);
    else expect(item.segment, hint).toBe(segment);
    ({ segment } = item);
    isBehindGap = false;
    const since = item.atUs - everyUs;
    const interval = intervals.find(
      ({ from, to }) => parseTimeUs(from) <= item.atUs && parseTimeUs(to) >= item.atUs,
    );
    const isWhole = interval !== undefined && parseTimeUs(interval.from) <= since;
    const period = trades.filter((t) => t.receiveTimeUs > since && t.receiveTimeUs <= item.atUs);
    const flow = (side: 'buy' | 'sell') => {
      const own = period.filter((trade) => trade.side === side);
      const sum = own.reduce((total, { price, size }) => total + BigInt(price) * BigInt(size), 0n);
      return { notional: formatScaled(toScaled(sum), 5), count: own.length };
    };
    const unknown = { notional: null, count: null };
    expect(item, `${hint}, flows at ${item.atUs}`).toMatchObject({
      upticks: isWhole ? flow('buy') : unknown,
      downticks: isWhole ? flow('sell') : unknown,
      flow: isWhole ? 'complete' : 'incomplete',
    });
  }
}

describe.each(SEEDS)('seed %i', (seed) => {
  // The exchange of every other one tells the number of orders at each level.
  const options = { hasCounts: seed % 2 === 0 };

  test('every tick is the book of bookAt, by either clock, at any cadence', async () => {
    const random = seededRandom(seed);
    const history = new RandomHistory(archive, random, options);
    await history.record(4, 6);
    const model = new NaiveModel(history);
    let ticks = 0;
    for (const clock of ['receive', 'exchange'] as const) {
      for (const everyUs of [640, 1000, 5000, 100_000, 320_000]) {
        const range = rangeIn(history, random);
        const spanUs = range.toUs - range.fromUs;
        // Few enough to ask for each.
        const toUs = Math.min(range.toUs, range.fromUs + Math.min(spanUs, 150 * everyUs));
        const depth = pick(random, [undefined, 1, 3]);
        const question = { security: SECURITY, ...range, toUs, clock, everyUs, depth };
        ticks += await check(model, question, `seed ${seed}, ${JSON.stringify(question)}`);
      }
    }
    expect(ticks, `seed ${seed}`).toBeGreaterThan(20);
  });

  test('exchange times that step back settle each tick as bookAt does', async () => {
    const history = new RandomHistory(archive, seededRandom(seed + 2000), options);
    await history.record(6, 8);
    const model = new NaiveModel(history);
    const messages = history.segments.flatMap(({ records }) => records.flatMap((r) => r.messages));
    for (const [i, message] of messages.entries()) {
      const before = messages[i - 1]?.exchangeTimeUs ?? 0;
      if (message.exchangeTimeUs >= before) continue;
      const fromUs = message.exchangeTimeUs - 1000;
      const range = { clock: 'exchange', everyUs: 320, fromUs, toUs: before + 1000 } as const;
      await check(model, { security: SECURITY, ...range }, `seed ${seed + 2000}, ${fromUs}`);
    }
  });

  test('over damaged records every tick is the book of bookAt, and the rest are gaps', async () => {
    const random = seededRandom(seed + 1000);
    const history = new RandomHistory(archive, random);
    await history.record(3, 7);
    const records = history.segments.flatMap((segment) => segment.records);
    await archive.close();
    for (let i = 0; i < 3; i++) {
      const record = pick(random, records);
      if (record.kind === 'piece') continue;
      const damage = pick(random, ['body', 'header'] as const);
      await flipByte(directory, record.header, damage, random.next());
    }
    archive = await openEmbeddedArchive({ directory });
    reader = createReader(archive);
    const items = await all({ everyUs: 5000 });
    const gaps = items.filter((item) => item.type === 'gap');
    let lastUs = 0;
    for (const { atUs, book } of ticksOf(items)) {
      const position = { clock: 'receive', us: atUs } as const;
      expect(book, `seed ${seed + 1000}`).toEqual(
        await reader.bookAt({ security: SECURITY, position }),
      );
      expect(atUs).toBeGreaterThan(lastUs);
      const isInGap = gaps.some(
        ({ fromUs, toUs }) => fromUs < atUs && (toUs ?? Infinity) > lastUs && lastUs > 0,
      );
      if (lastUs > 0 && atUs > lastUs + 5000) expect(isInGap, `seed ${seed + 1000}`).toBe(true);
      lastUs = atUs;
    }
  });
});

/** 100 to 103 within 0 to 50 ms, proven until 60; a gap; 200 to 202 from 90 ms on. */
async function twoSegments(): Promise<void> {
  await writeAll(
    archive,
    image(1, 100, 0),
    block(1, 100, [diff(101, 10, [10_000, 0, 9900, 500]), diff(102, 20, [9900, 0])]),
    block(1, 102, [diff(103, 50, [], [10_100, 1000, 10_200, 0])]),
    image(2, 200, 90, [9800, 100]),
    gap(2, 60, 90),
    block(2, 200, [trade(4, 85), diff(201, 100, [9850, 7]), trade(5, 101), diff(202, 110)]),
  );
}

/** `ms:sequence`, or `gap`. */
function shown(items: readonly (SnapshotRow | GapItem)[]): string {
  return items
    .map((item) =>
      item.type === 'gap' ? 'gap' : `${(item.atUs - us(0)) / 1000}:${item.book.sequence}`,
    )
    .join(' ');
}

describe('snapshots', () => {
  test('are multiples of the cadence, from the first image to the last proven moment', async () => {
    await twoSegments();
    expect(shown(await all({ everyUs: 20_000 }))).toBe('0:100 20:102 40:102 60:103 gap 100:201');
    // A tick shows the message that came in the same microsecond; 110 is the last one of all.
    expect(shown(await all({ everyUs: 10_000, fromUs: us(41) }))).toBe(
      '50:103 60:103 gap 90:200 100:201 110:202',
    );
  });

  test('a range is half-open, as of every stream', async () => {
    await twoSegments();
    const items = await all({ everyUs: 10_000, fromUs: us(20), toUs: us(50) });
    expect(shown(items)).toBe('20:102 30:102 40:102');
    // Nothing is received in it, and a block follows behind it.
    expect(shown(await all({ everyUs: 1000, fromUs: us(31), toUs: us(33) }))).toBe('31:102 32:102');
    expect(shown(await all({ everyUs: 1000, fromUs: us(70), toUs: us(80) }))).toBe('gap');
  });

  test('on the exchange clock the next image takes over from its stamp on', async () => {
    await twoSegments();
    const items = await all({ everyUs: 2000, clock: 'exchange', fromUs: us(46), toUs: us(99) });
    expect(shown(items)).toBe('46:102 48:103 gap 88:200 90:200 92:200 94:200 96:200 98:201');
  });

  test('on the exchange clock a message that is stamped earlier decides the ticks before it', async () => {
    const stamped = (sequence: number, ms: number, exchangeMs: number) => ({
      ...diff(sequence, ms, [9000 + sequence, 1]),
      exchangeTimeUs: us(exchangeMs),
    });
    await writeAll(
      archive,
      image(1, 100, 0),
      block(1, 100, [stamped(101, 10, 10), stamped(102, 11, 16), stamped(103, 12, 14)]),
      block(1, 103, [stamped(104, 20, 13), stamped(105, 21, 20)]),
      block(1, 105, [stamped(106, 30, 19), stamped(107, 40, 30)]),
    );
    const items = await all({ everyUs: 1000, clock: 'exchange', fromUs: us(9), toUs: us(32) });
    expect(shown(items)).toBe(
      '9:100 10:101 11:101 12:101 13:104 14:104 15:104 16:104 17:104 18:104 19:106 20:106 21:106 22:106 23:106 24:106 25:106 26:106 27:106 28:106 29:106 30:107 gap',
    );
    for (const { atUs, book } of ticksOf(items)) {
      const position = { clock: 'exchange', us: atUs } as const;
      expect(book).toEqual(await reader.bookAt({ security: SECURITY, position }));
    }
  });

  test('a range on the exchange clock has its gaps, even of a recording replayed years later', async () => {
    const old = (ms: number) => us(ms) - 63_072_000_000_000;
    const stamped = (sequence: number, ms: number) => ({
      ...diff(sequence, ms),
      exchangeTimeUs: old(ms),
    });
    await writeAll(
      archive,
      image(1, 100, 0, undefined, undefined, old(0)),
      block(1, 100, [stamped(101, 10), stamped(102, 20)]),
      image(2, 200, 90, undefined, undefined, old(90)),
      gap(2, 20, 90),
      block(2, 200, [stamped(201, 100), stamped(202, 110)]),
    );
    const kinds = async (fromMs: number, toMs: number): Promise<string> => {
      const range = { fromUs: old(fromMs), toUs: old(toMs) };
      const items = await all({ everyUs: 10_000, clock: 'exchange', ...range });
      return items
        .map((item) => (item.type === 'gap' ? 'gap' : String(item.book.sequence)))
        .join(' ');
    };
    expect(await kinds(0, 111)).toBe('100 101 102 gap 200 201 202 gap');
    expect(await kinds(0, 20)).toBe('100 101');
    expect(await kinds(90, 111)).toBe('200 201 202 gap');
    expect(await kinds(-50, 10)).toBe('gap 100');
    expect(await kinds(105, 150)).toBe('202 gap');
  });

  test('an invalid cadence is rejected', async () => {
    await twoSegments();
    for (const everyUs of [0, -1, 1.5, Number.NaN, Infinity, 86_400_000_001, 7000]) {
      await expect(all({ everyUs })).rejects.toThrow(InvalidArgumentError);
    }
  });
});

describe('an export of snapshots', () => {
  async function lines(format: 'jsonl' | 'csv'): Promise<string[]> {
    const found: string[] = [];
    const question = { security: SECURITY, type: 'snapshots', format, everyUs: 50_000 } as const;
    for await (const line of exportLines(reader, question)) {
      found.push('gap' in line ? 'gap' : line.text);
    }
    return found;
  }

  test('is one book per line', async () => {
    await twoSegments();
    const found = await lines('jsonl');
    expect(found.map((line) => (line === 'gap' ? line : JSON.parse(line).at))).toEqual([
      '2026-11-20T07:00:00Z',
      '2026-11-20T07:00:00.05Z',
      'gap',
      '2026-11-20T07:00:00.1Z',
    ]);
    const position = { clock: 'receive', us: us(50) } as const;
    const none = { notional: '0', count: 0 };
    expect(JSON.parse(found[1] as string)).toEqual({
      ...(await reader.bookAt({ security: SECURITY, position })),
      segment: 1,
      upticks: none,
      downticks: none,
      flow: 'complete',
    });
    expect(JSON.parse(found[3] as string)).toMatchObject({
      segment: 2,
      upticks: { notional: null, count: null },
      flow: 'incomplete',
    });
  });

  test('is one row per level as csv, the horizon first', async () => {
    await twoSegments();
    const head = (at: string, sequence: number, exchange: string): string =>
      `2026-11-20T07:00:00${at}Z,${sequence},2026-11-20T${exchange}Z,2026-11-20T07:00:00${at}Z`;
    const first = head('', 100, '06:59:59.998');
    const second = head('.05', 103, '07:00:00.048');
    expect((await lines('csv')).slice(0, 10)).toEqual([
      'at,sequence,exchangeTime,receiveTime,side,price,size,count,orderId',
      `${first},bid-horizon,90,,,`,
      `${first},ask-horizon,,,,`,
      `${first},bid,100,1,,`,
      `${first},ask,101,2,,`,
      `${second},bid-horizon,90,,,`,
      `${second},ask-horizon,,,,`,
      `${second},ask,101,1,,`,
      'gap',
      expect.stringMatching(/,201,.*,bid-horizon,90,,,$/),
    ]);
  });
});

describe('the library', () => {
  test('takes a cadence as text, and depth and level as bookAt does', async () => {
    await twoSegments();
    const state = { security: SECURITY, wanted: true, feed: 'depth' };
    await archive.commit([{ type: 'security', state }]);
    await using opened = await openArchive(directory);
    const found: SnapshotRow[] = [];
    const options = { every: '50ms', depth: 1, level: 'L2' } as const;
    for await (const item of opened.snapshots(SECURITY, options)) {
      if (item.type === 'snapshot') found.push(item);
    }
    expect(shown(found)).toBe('0:100 50:103 100:201');
    for (const { book } of found) {
      expect(book).toEqual(await opened.bookAt(SECURITY, book.at, { depth: 1, level: 'L2' }));
    }
    expect(() => opened.snapshots(SECURITY, { every: 'often' })).toThrow(InvalidArgumentError);
    expect(() => opened.snapshots(SECURITY, { depth: 0 })).toThrow(InvalidArgumentError);
  });
});

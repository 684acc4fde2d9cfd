/** The reader against a naive model, over random histories. A failure names its seed. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive, Position } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { parseTimeUs } from '../../../logger/market/time.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { Random } from '../../../logger/runtime/random.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import { flipByte } from './damage.ts';
import { NaiveModel, rowsOf } from './naive-model.ts';
import type { Damage } from './naive-model.ts';
import { RandomHistory, SECURITY } from './random-history.ts';
import type { Message, ModelRecord } from './random-history.ts';

const SEEDS = testSeeds(12);
const QUESTIONS = 120;

let directory: string;
let archive: Archive;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reader-'));
  archive = await openEmbeddedArchive({ directory });
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random.next() * items.length)] as T;
}

/** Moments at, right before and right after messages and ends, and anywhere between. */
function positions(history: RandomHistory, random: Random): Position[] {
  const messages = history.segments.flatMap(({ records }) => records.flatMap((r) => r.messages));
  const ends = history.segments.map(({ endUs }) => endUs);
  return Array.from({ length: QUESTIONS }, () => {
    const message = pick(random, messages);
    const nudge = pick(random, [0, 0, -1, 1, Math.floor(random.next() * 30_000)]);
    switch (Math.floor(random.next() * 4)) {
      case 0:
        return { sequence: message.sequence + Math.sign(nudge) * Math.min(3, Math.abs(nudge)) };
      case 1:
        return { clock: 'exchange', us: message.exchangeTimeUs + nudge };
      case 2:
        return { clock: 'receive', us: pick(random, ends) + Math.sign(nudge) };
      default:
        return { clock: 'receive', us: message.receiveTimeUs + nudge };
    }
  });
}

async function check(
  model: NaiveModel,
  questions: readonly Position[],
  seed: number,
): Promise<void> {
  const reader = createReader(archive);
  for (const position of questions) {
    const expected: Message | null = model.at(position);
    if (model.isTossUp(position)) continue;
    const answer = await reader.bookAt({ security: SECURITY, position });
    const asked = `seed ${seed}, ${JSON.stringify(position)}`;
    if (expected === null) {
      expect(answer.state, asked).toBe('gap');
    } else {
      expect(answer, asked).toMatchObject({
        state: 'proven',
        sequence: String(expected.sequence),
        bids: rowsOf(expected.bids, 'highest', expected.counts),
        asks: rowsOf(expected.asks, 'lowest', expected.counts),
        horizon: { bid: '9', ask: null },
      });
    }
  }
}

/** Every message of every run, each once, and a gap wherever a run ends. */
async function checkStream(history: RandomHistory, model: NaiveModel, seed: number): Promise<void> {
  const runs = history.segments.flatMap((segment) => model.runs(segment));
  const found: number[][] = [];
  let isAfterGap = true;
  for await (const item of createReader(archive).updates({ security: SECURITY })) {
    if (item.type === 'image') {
      expect(isAfterGap, `seed ${seed}, before ${item.sequence}`).toBe(true);
      found.push([]);
    }
    if (item.type !== 'gap') found.at(-1)?.push(Number(item.sequence));
    isAfterGap = item.type === 'gap';
  }
  const expected = runs.map(({ messages }) => messages.map(({ sequence }) => sequence));
  expect(found, `seed ${seed}`).toEqual(expected);
}

describe.each(SEEDS)('seed %i', (seed) => {
  // The exchange of every other one tells the number of orders at each level.
  const options = { hasCounts: seed % 2 === 0, isBusy: true };

  test('books at any position, by either clock or sequence, are those of the model', async () => {
    const random = seededRandom(seed);
    const history = new RandomHistory(archive, random, options);
    await history.record(4, 6);
    await check(new NaiveModel(history), positions(history, random), seed);
  });

  test('a flipped bit anywhere costs a gap or a detour, never a wrong book', async () => {
    const random = seededRandom(seed + 1000);
    const history = new RandomHistory(archive, random, options);
    await history.record(3, 7);
    const records = history.segments.flatMap((segment) => segment.records);
    const damaged = new Map<ModelRecord, Damage>();
    await archive.close();
    for (let i = 0; i < 3; i++) {
      const record = pick(random, records);
      if (record.kind === 'piece' || damaged.has(record)) continue;
      const damage = pick(random, ['body', 'header'] as const);
      damaged.set(record, damage);
      await flipByte(directory, record.header, damage, random.next());
    }
    archive = await openEmbeddedArchive({ directory });
    await check(new NaiveModel(history, damaged), positions(history, random), seed + 1000);
    await checkStream(history, new NaiveModel(history, damaged), seed + 1000);
    const { problems } = await createReader(archive).verify();
    for (const { header } of damaged.keys()) {
      const record = `${header.kind} ${header.epoch}/${header.kind === 'image' ? header.lastSequence : header.firstSequence}`;
      expect(
        problems.map((problem) => problem.record),
        `seed ${seed + 1000}`,
      ).toContain(record);
    }
  });

  test('coverage lists the runs of the model, contiguous and without overlap', async () => {
    const history = new RandomHistory(archive, seededRandom(seed + 2000), options);
    await history.record(4, 6);
    const model = new NaiveModel(history);
    const answer = await createReader(archive).coverage({ security: SECURITY });
    const expected = history.segments.flatMap((segment) =>
      model.runs(segment).map(({ messages }) => ({
        fromUs: messages[0]?.receiveTimeUs,
        toUs: segment.endUs,
        firstSequence: String(messages[0]?.sequence),
        lastSequence: String(messages.at(-1)?.sequence),
      })),
    );
    expect(
      answer.intervals.map((interval) => ({
        fromUs: parseTimeUs(interval.from),
        toUs: parseTimeUs(interval.to),
        firstSequence: interval.firstSequence,
        lastSequence: interval.lastSequence,
      })),
      `seed ${seed + 2000}`,
    ).toEqual(expected);
    expect(answer.gaps.map(({ cause }) => cause)).toEqual(
      history.segments.flatMap(({ gap }) => (gap === null ? [] : [gap.cause])),
    );
    for (const [i, gap] of answer.gaps.entries()) {
      expect(gap.from).toBe(answer.intervals[i]?.to);
      expect(gap.to).toBe(answer.intervals[i + 1]?.from);
    }
  });

  test('the streams give back every message and trade, and every gap in its place', async () => {
    const history = new RandomHistory(archive, seededRandom(seed + 3000), options);
    await history.record(4, 6);
    const reader = createReader(archive);
    const expected = history.segments.flatMap(({ records, gap }) => [
      ...records.flatMap(({ kind, messages }, i) =>
        kind === 'image' && i > 0 ? [] : messages.map(({ sequence }) => sequence),
      ),
      ...(gap === null ? [] : ['gap']),
    ]);
    const found: (number | string)[] = [];
    for await (const item of reader.updates({ security: SECURITY })) {
      found.push(item.type === 'gap' ? 'gap' : Number(item.sequence));
    }
    expect(found, `seed ${seed + 3000}`).toEqual(expected);
    const tradeIds: unknown[] = [];
    for await (const item of reader.trades({ security: SECURITY })) {
      if (item.type === 'trade') tradeIds.push(item.tradeId);
    }
    expect(tradeIds).toEqual(tradeIds.map((_, i) => i + 1));
    expect(tradeIds).toHaveLength(
      history.segments.flatMap(({ records }) => records.flatMap(({ trades }) => trades)).length,
    );
    // Everything else in the process gets its turn at every record.
    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    const totals = new Set<number | null>();
    const { problems, records } = await reader.verify({
      onProgress: ({ total }) => totals.add(total),
    });
    clearInterval(counting);
    expect(turns).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    // All but the journal's parts.
    const pieces = history.segments.flatMap((segment) =>
      segment.records.filter(({ kind }) => kind === 'piece'),
    );
    expect([...totals]).toEqual([records - pieces.length]);
  });
});

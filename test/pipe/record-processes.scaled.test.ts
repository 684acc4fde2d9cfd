/** Records and several processes: kills, one writer, the kill switch. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ArchiveInUseError } from '../../logger/errors.ts';
import { openLmdbStore } from '../../pipe/records/lmdb-store.ts';
import { openRecordStore } from '../../pipe/records/open-store.ts';
import { systemClock } from '../../sandbox/server/system-clock.ts';
import { compile } from '../archive/holder-process.ts';
import { freshDatabase, mongoUri, uriOf } from '../support/mongodb.ts';
import { scaled } from '../support/scaled.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { STRATEGY, sampleDecision, sampleEntry, sampleOpportunity } from './sample-pipe-records.ts';

const KILLS = Number(process.env['KILLS'] ?? scaled({ fast: 2, full: 10 }));
const OUT = 'node_modules/.cache/record-writer';
const ALL = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };

let script: string;
let directory: string;
let killAll: (() => Promise<void>)[];

beforeAll(() => {
  script = compile('record-writer', OUT, 'pipe');
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'records-'));
  killAll = [];
});
afterEach(async () => {
  for (const kill of killAll) await kill();
  await rm(directory, { recursive: true, force: true });
});

interface Writer {
  /** undefined: it has ended. */
  line(): Promise<string | undefined>;
  kill(): Promise<void>;
}

interface WriterOptions {
  /** Default: the directory. */
  readonly location?: string;
  readonly maxBatches?: number;
}

function startWriter({ location = directory, maxBatches = 1_000_000 }: WriterOptions): Writer {
  const args = [script, location, String(maxBatches)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const closed = once(child, 'close');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  killAll.push(kill);
  return {
    kill,
    line: async () => {
      const { value, done } = await lines.next();
      return done ? undefined : value;
    },
  };
}

const STORES = [
  { name: 'LMDB', isThere: true, kills: KILLS, locate: () => directory },
  {
    name: 'MongoDB',
    isThere: mongoUri !== undefined,
    kills: Math.min(KILLS, 2),
    locate: () => uriOf(freshDatabase()),
  },
];

const random = seededRandom();
for (const { name, isThere, kills, locate } of STORES) {
  test.skipIf(!isThere)(
    `${name}: kills lose nothing that was acknowledged, and leave no part of a batch (seed ${random.seed})`,
    async () => {
      const location = locate();
      let acknowledged = 0;
      for (let kill = 0; kill < kills; kill++) {
        const writer = startWriter({ location });
        expect(await writer.line()).toBe('open');
        const until = acknowledged + random.integer(1, 30);
        while (acknowledged < until) acknowledged = Number(await writer.line());
        const killed = writer.kill();
        // What it has acknowledged between the last line that was waited for and its death.
        for (let line = await writer.line(); line !== undefined; line = await writer.line()) {
          acknowledged = Number(line);
        }
        await killed;
        const stored = await entriesOf(location);
        // One more may be stored than was acknowledged in time.
        expect(stored).toBeGreaterThanOrEqual(acknowledged);
        expect(stored).toBeLessThanOrEqual(acknowledged + 1);
        acknowledged = stored;
      }
    },
  );
}

/** Checks that there are whole batches from the first on. @returns how many. */
async function entriesOf(location: string): Promise<number> {
  // A writer completes what another one has begun.
  const store = await openRecordStore(location, 'write', systemClock());
  let number = 0;
  for await (const entry of store.ledger(STRATEGY)) expect(entry).toEqual(sampleEntry(++number));
  let [opportunities, decisions] = [0, 0];
  for await (const each of store.opportunities(STRATEGY, ALL)) {
    expect(each).toEqual(sampleOpportunity(++opportunities));
  }
  for await (const each of store.decisions(STRATEGY, ALL)) {
    expect(each).toEqual(sampleDecision(sampleOpportunity(++decisions)));
  }
  expect({ opportunities, decisions }).toEqual({ opportunities: number, decisions: number });
  await store.close();
  return number;
}

test('a directory has one writer, until that is killed', async () => {
  const first = startWriter({ maxBatches: 1 });
  expect(await first.line()).toBe('open');
  expect(await startWriter({ maxBatches: 1 }).line()).toBe('archive-in-use');
  await expect(openLmdbStore(directory)).rejects.toBeInstanceOf(ArchiveInUseError);
  await expect(openLmdbStore(directory)).rejects.toThrow(`Another process writes in ${directory}`);
  await first.kill();
  const store = await openLmdbStore(directory);
  await store.close();
  expect((await readdir(directory)).sort()).toEqual(['records.mdb', 'records.mdb-lock']);
});

test('the writer sees that another process has halted it', async () => {
  const writer = startWriter({ maxBatches: 1 });
  expect(await writer.line()).toBe('open');
  expect(await writer.line()).toBe('1');
  const other = await openLmdbStore(directory, 'halt');
  await other.setHalted('a test');
  await other.close();
  expect(await writer.line()).toBe('halted: a test');
  expect(await writer.line()).toBe('closed');
  // Halted is what the store is, whoever opens it next.
  const store = await openLmdbStore(directory);
  expect(await store.halted()).toBe('a test');
  await store.close();
});

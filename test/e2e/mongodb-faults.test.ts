/**
 * More of what a database does to its logger: it is slow, refuses the password, is killed and comes
 * back, takes Coinbase's single orders with an outage in the middle; and the logger itself is killed
 * while it ships. Afterwards everything is there, and nothing twice.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { openArchive } from '../../logger/library.ts';
import type { OpenedArchive } from '../../logger/library.ts';
import { openArchiveReader } from '../../logger/open-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import type { Reader } from '../../logger/reader/reader.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { CoinbaseReplay } from '../support/coinbase-replay.ts';
import { FULL_FILES, FullSession } from '../support/coinbase-session.ts';
import { spawnLogger } from '../support/logger-process.ts';
import { startMongoStore } from '../support/mongo-store.ts';
import type { MongoStore } from '../support/mongo-store.ts';
import { killableServer, mongoProcess } from '../support/mongodb-process.ts';
import { RecordedSession } from '../support/recorded-session.ts';
import { startRefusingMongo } from '../support/refusing-mongo.ts';
import { startReplayServer } from '../support/replay-server.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { storedBlocks } from '../support/stored-blocks.ts';
import { TEST_KEY, startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { cli } from '../manager/fixture.ts';
import { mongodb, needs, recordings } from '../support/requirements.ts';

const BINANCE = 'binance:BTCUSDT';
const COINBASE = 'coinbase:BTC-USD';
const KEY = {
  COINBASE_API_KEY: 'a-key',
  COINBASE_API_SECRET: Buffer.from('a secret of some length').toString('base64'),
  COINBASE_API_PASSPHRASE: 'a-passphrase',
};
/** Many records from a recording that plays in seconds. */
const LIMITS = { maxBlockAgeMs: 200, maxBlockLevelChanges: 2000, maxBlockOrderEvents: 100 };
const seed = testSeed();
const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function makeStore(): Promise<MongoStore> {
  const store = await startMongoStore();
  undo.push(() => store.close());
  return store;
}

async function startLogger(
  exchange: { readonly wsUrl: string; readonly restUrl: string },
  env: Readonly<Record<string, string>>,
): Promise<TestLogger> {
  const logger = await startTestLogger(exchange, env, { limits: LIMITS });
  undo.push(async () => {
    await logger.discard();
    expect(logger.fatal).toEqual([]);
  });
  return logger;
}

async function heardAll(logger: TestLogger, security: string, last: number): Promise<void> {
  const isThere = (): boolean => logger.control.status(security)?.sequence === String(last);
  await until('the last message', isThere, 60_000);
  await logger.control.flush(security);
}

/** Everything that was heard has arrived: an image seals the open block, and follows it there. */
async function arrived(logger: TestLogger, security: string, uri: string): Promise<void> {
  await logger.control.snapshot([security]);
  const last = logger.control.status(security)?.sequence;
  const reader = await readerOf(uri);
  const isThere = async (): Promise<boolean> => {
    const known = await reader.coverage({ security }).catch(() => undefined);
    return known?.intervals.at(-1)?.lastSequence === last;
  };
  await until('the last record in the database', isThere, 90_000);
}

async function opened(uri: string): Promise<OpenedArchive> {
  const archive = await openArchive(uri);
  undo.push(() => archive.close());
  return archive;
}

async function readerOf(uri: string): Promise<Reader> {
  const archive = await openArchiveReader(uri);
  undo.push(() => archive.close());
  return createReader(archive);
}

/** Every diff of a Binance recording, in order, from the database alone. */
async function expectAllDiffs(uri: string, session: RecordedSession): Promise<void> {
  const archive = await opened(uri);
  const { intervals, gaps } = await archive.coverage(BINANCE);
  expect(gaps).toEqual([]);
  const first = Number(intervals[0]?.firstSequence);
  const expected = session.diffs.filter((diff) => diff.lastSequence > first);
  let index = 0;
  for await (const diff of archive.diffs(BINANCE)) {
    if (diff.type === 'diff') expect(diff.sequence).toBe(expected[index++]?.lastSequence);
  }
  expect(index).toBe(expected.length);
  expect((await storedBlocks(uri, BINANCE)).overlaps).toEqual([]);
  expect((await (await readerOf(uri)).verify()).problems).toEqual([]);
}

describe('a database', needs(mongodb, recordings), () => {
  test('that takes 2 s for each answer gets everything, and nobody waits for it', async () => {
    const store = await makeStore();
    const session = new RecordedSession(undefined, 30_000);
    const server = await startReplayServer({ session, speed: 60 });
    undo.push(() => server.close());
    store.proxy.delayMs = 2000;
    const logger = await startLogger(server, {
      SECURITIES: BINANCE,
      MONGODB_ENDPOINT: store.uri,
    });
    await until('recording', () => logger.control.status(BINANCE)?.state === 'live', 30_000);
    await server.finished;
    await heardAll(logger, BINANCE, session.lastSequence);
    const isReachable = async (): Promise<boolean> =>
      (await logger.control.health()).archive.reachable;
    await until('the store seen as there', isReachable, 60_000);
    await arrived(logger, BINANCE, store.directUri);
    expect((await logger.reader.coverage({ security: BINANCE })).gaps).toEqual([]);
    store.proxy.delayMs = 0;
    await expectAllDiffs(store.directUri, session);
  }, 180_000);

  test(`gets every order of Coinbase once, with an outage in the middle (seed ${seed})`, async () => {
    const store = await makeStore();
    const random = seededRandom(seed);
    const session = new FullSession(FULL_FILES[0]);
    const at = (share: number): number => Math.floor(session.frames.length * share);
    const modes = new Map([
      [at(0.2), 'swallow'],
      [at(0.3), 'cut'],
      [at(0.7), 'pass'],
    ] as const);
    const replay = await CoinbaseReplay.start({
      frames: session.frames,
      waitFor: ['BTC-USD/full', 'BTC-USD/heartbeat'],
      framesPerTurn: 10,
      pauseMs: 30,
      book: (played) => {
        const sequence = session.snapshotSequence + played;
        return { sequence, orders: session.bookAt(sequence) };
      },
      fault: (index) => {
        const mode = modes.get(index);
        if (mode) store.proxy.mode = mode;
        return undefined;
      },
    });
    undo.push(() => replay.close());
    const { wsUrl, restUrl } = replay;
    const logger = await startLogger(replay, {
      ...KEY,
      COINBASE_WS_URL: wsUrl,
      COINBASE_REST_URL: restUrl,
      SECURITIES: COINBASE,
      MONGODB_ENDPOINT: store.uri,
    });
    await replay.finished;
    await heardAll(logger, COINBASE, session.lastSequence);
    await arrived(logger, COINBASE, store.directUri);
    const reader = await readerOf(store.directUri);
    const { intervals, gaps } = await reader.coverage({ security: COINBASE });
    expect(gaps).toEqual([]);
    expect(intervals).toMatchObject([{ feed: 'full', lastSequence: String(session.lastSequence) }]);
    const first = Number(intervals[0]?.firstSequence);
    const expected = session.frames.filter(({ message }) => message.sequence > first);
    let index = 0;
    for await (const item of reader.orders({ security: COINBASE })) {
      if (item.type === 'gap') throw new Error('A gap where there is none');
      expect(item.event).toMatchObject({
        sequence: String(expected[index]?.message.sequence),
        type: expected[index]?.message.type,
      });
      index++;
    }
    expect(index).toBe(expected.length);
    for (let i = 0; i < 10; i++) {
      const sequence = random.integer(first, session.lastSequence);
      const answer = await reader.bookAt({ security: COINBASE, position: { sequence } });
      if (answer.state !== 'proven') throw new Error(`No book at ${sequence}`);
      const truth = session.bookAt(sequence);
      expect([answer.bids, answer.asks]).toEqual([truth.rows('bid'), truth.rows('ask')]);
    }
    const { count, overlaps } = await storedBlocks(store.directUri, COINBASE);
    expect(count).toBeGreaterThan(10);
    expect(overlaps).toEqual([]);
    expect((await reader.verify()).problems).toEqual([]);
  }, 180_000);

  const program = killableServer(process.env);
  test.skipIf(!program)(
    'that is killed, and comes back on the same data, misses nothing',
    async () => {
      if (!program) return;
      const directory = mkdtempSync(join(tmpdir(), 'mongodb-killed-'));
      undo.push(async () => rmSync(directory, { recursive: true, force: true }));
      const server = await mongoProcess(program, directory);
      await server.start();
      undo.push(() => server.end('SIGKILL'));
      const uri = `mongodb://127.0.0.1:${server.port}/orderbook?directConnection=true`;
      const session = new RecordedSession();
      const kills = [0.2, 0.4, 0.6, 0.8].map((share) => Math.floor(session.lines.length * share));
      let restarted = Promise.resolve();
      let killed = 0;
      const exchange = await startReplayServer({
        session,
        speed: 60,
        fault: (index) => {
          if (!kills.includes(index)) return undefined;
          killed++;
          restarted = restarted.then(() => server.end('SIGKILL')).then(() => server.start());
          return undefined;
        },
      });
      undo.push(() => exchange.close());
      const logger = await startLogger(exchange, { SECURITIES: BINANCE, MONGODB_ENDPOINT: uri });
      await exchange.finished;
      await restarted;
      expect(killed).toBe(kills.length);
      await heardAll(logger, BINANCE, session.lastSequence);
      await arrived(logger, BINANCE, uri);
      await expectAllDiffs(uri, session);
    },
    180_000,
  );
});

describe('a password that is refused', () => {
  test('is one line for who reads, without the password', async () => {
    const server = await startRefusingMongo();
    undo.push(() => server.close());
    const uri = `mongodb://me:very-secret@127.0.0.1:${server.port}/orderbook?directConnection=true`;
    const run = await cli(['coverage', BINANCE, '--archive', uri]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^orderbook-manager: MongoDB \(127\.0\.0\.1:\d+\): Authentication failed\.\n$/,
    );
    expect(server.attempts()).toBeGreaterThan(0);
  });

  test('keeps nobody from recording: it waits in the spool, and health says so', async () => {
    const server = await startRefusingMongo();
    undo.push(() => server.close());
    const sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
    undo.push(() => sandbox.close());
    const logger = await startLogger(sandbox.venues.binance, {
      SECURITIES: BINANCE,
      MONGODB_ENDPOINT: `mongodb://me:very-secret@127.0.0.1:${server.port}/orderbook`,
    });
    await until('recording', () => logger.control.status(BINANCE)?.state === 'live', 20_000);
    const health = await logger.control.health();
    expect(health).toMatchObject({ status: 'degraded', archive: { reachable: false } });
    const isWaiting = async (): Promise<boolean> =>
      (await logger.control.health()).archive.spoolBytes > 0;
    await until('a record in the spool', isWaiting);
  }, 60_000);
});

describe('the logger’s process', needs(mongodb), () => {
  const KILLS = 6;

  test(`killed ${KILLS} times while it ships, has everything there, once (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const store = await makeStore();
    const sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
    undo.push(() => sandbox.close());
    const directory = mkdtempSync(join(tmpdir(), 'orderbook-killed-'));
    undo.push(async () => rmSync(directory, { recursive: true, force: true }));
    const start = (): ReturnType<typeof spawnLogger> => {
      const logger = spawnLogger({
        BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
        BINANCE_REST_URL: sandbox.venues.binance.restUrl,
        ORDERBOOK_UPDATEFREQUENCY: '100',
        BASE_IMAGE_INTERVAL: '1',
        SECURITIES: BINANCE,
        DATA_DIR: directory,
        MONGODB_ENDPOINT: store.uri,
        MANAGER_PORT: '0',
        MANAGER_AUTHKEY: TEST_KEY,
      });
      undo.push(async () => {
        if (logger.child.exitCode === null && logger.child.signalCode === null) {
          await logger.end('SIGKILL');
        }
      });
      return logger;
    };
    for (let kill = 0; kill < KILLS; kill++) {
      const logger = start();
      await logger.ready();
      // Every other time the answers are lost: what was written is not known to be.
      store.proxy.mode = kill % 2 === 0 ? 'pass' : 'swallow';
      // Chance decides when; there is no condition to wait for.
      await wait(random.integer(500, 3000));
      await logger.end('SIGKILL');
      store.proxy.mode = 'pass';
    }
    const last = start();
    await last.ready();
    const reader = await readerOf(store.directUri);
    const isThere = async (): Promise<boolean> => {
      const { intervals } = await reader.coverage({ security: BINANCE });
      return intervals.length > KILLS;
    };
    await until('the last segment in the database', isThere, 30_000);
    expect(await last.end('SIGTERM')).toEqual({ code: 0 });

    const { intervals, gaps } = await reader.coverage({ security: BINANCE });
    expect(intervals).toHaveLength(KILLS + 1);
    // The last one is open: the recording has ended.
    expect(gaps.map(({ cause }) => cause)).toEqual(Array(KILLS + 1).fill('restart'));
    expect(gaps.filter(({ to }) => to === null)).toHaveLength(1);
    for (const { firstSequence, lastSequence } of intervals) {
      const [from, to] = [Number(firstSequence), Number(lastSequence)];
      for (const sequence of [from, random.integer(from, to), to]) {
        const answer = await reader.bookAt({ security: BINANCE, position: { sequence } });
        if (answer.state !== 'proven') throw new Error(`No book at ${sequence}`);
        const truth = sandbox.bookAtSequence('BTCUSDT', sequence);
        expect([answer.bids, answer.asks]).toEqual([truth?.bids, truth?.asks]);
      }
    }
    expect((await reader.verify()).problems).toEqual([]);
    expect((await storedBlocks(store.directUri, BINANCE)).overlaps).toEqual([]);
  }, 180_000);
});

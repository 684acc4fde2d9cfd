/**
 * MongoDB as the store of a real logger: the Binance recording on its way there while the server, or
 * what stands between, misbehaves; and back out of it alone.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, describe, expect, test } from 'vitest';
import { openArchive } from '../../logger/library.ts';
import type { OpenedArchive } from '../../logger/library.ts';
import { freshDatabase } from '../support/mongodb.ts';
import { plainDecimal } from '../support/naive-book.ts';
import { RecordedSession } from '../support/recorded-session.ts';
import { startReplayServer } from '../support/replay-server.ts';
import type { ReplayOptions, ReplayServer } from '../support/replay-server.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { startTcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import type { TcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { mongodb, needs, recordings } from '../support/requirements.ts';

const BTC = 'binance:BTCUSDT';
const seed = testSeed();
/** Many records from a recording that plays in seconds. */
const LIMITS = { maxBlockAgeMs: 200, maxBlockLevelChanges: 2000 };

type Rows = readonly (readonly [string, string])[];
const plain = (rows: Rows = []): Rows =>
  rows.map(([price, size]) => [plainDecimal(price), plainDecimal(size)]);

describe('MongoDB as the store', needs(mongodb, recordings), () => {
  const undo: (() => Promise<void>)[] = [];
  let proxy: TcpProxy;
  let storeUri = '';

  afterEach(async () => {
    for (const each of undo.splice(0).reverse()) await each();
  });

  /** A database of its own, behind a proxy. */
  async function makeStore(): Promise<void> {
    const { uri, database } = freshDatabase();
    const direct = new URL(uri);
    proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
    undo.push(() => proxy.close());
    storeUri = `mongodb://127.0.0.1:${proxy.port}/${database}?directConnection=true`;
  }

  async function replay(options: ReplayOptions): Promise<ReplayServer> {
    const server = await startReplayServer(options);
    undo.push(() => server.close());
    return server;
  }

  async function startLogger(
    server: ReplayServer,
    env: Readonly<Record<string, string>> = {},
  ): Promise<TestLogger> {
    const logger = await startTestLogger(
      server,
      { SECURITIES: BTC, MONGODB_ENDPOINT: storeUri, ...env },
      { limits: LIMITS },
    );
    undo.push(async () => {
      await logger.discard();
      expect(logger.fatal).toEqual([]);
    });
    return logger;
  }

  async function heardAll(logger: TestLogger, session: RecordedSession): Promise<void> {
    await until(
      'the last diff',
      () => logger.control.status(BTC)?.sequence === String(session.lastSequence),
      60_000,
    );
    await logger.control.flush(BTC);
  }

  async function shipped(logger: TestLogger): Promise<void> {
    await until(
      'an empty spool',
      async () => (await logger.control.health()).archive.spoolBytes === 0,
      60_000,
    );
  }

  async function open(): Promise<OpenedArchive> {
    const archive = await openArchive(storeUri);
    undo.push(() => archive.close());
    return archive;
  }

  /** All of the recording, one to one, and full books at random sequences. */
  async function expectAll(archive: OpenedArchive, session: RecordedSession): Promise<void> {
    const { intervals, gaps } = await archive.coverage(BTC);
    // Nothing but that the recording has ended.
    expect(gaps.filter(({ to }) => to !== null)).toEqual([]);
    expect(intervals).toHaveLength(1);
    expect(intervals[0]?.lastSequence).toBe(String(session.lastSequence));
    const firstSequence = Number(intervals[0]?.firstSequence);
    const expected = session.diffs.filter((diff) => diff.lastSequence > firstSequence);
    let index = 0;
    for await (const diff of archive.diffs(BTC)) {
      if (diff.type !== 'diff') continue;
      const next = expected[index++];
      expect(diff.sequence).toBe(next?.lastSequence);
      expect([diff.bids, diff.asks]).toEqual([plain(next?.bids), plain(next?.asks)]);
    }
    expect(index).toBe(expected.length);
    let trades = 0;
    for await (const trade of archive.trades(BTC)) if (trade.type === 'trade') trades++;
    expect(trades).toBe(session.trades.length);
    const random = seededRandom(seed);
    for (let i = 0; i < 10; i++) {
      const sequence = random.integer(firstSequence, session.lastSequence);
      const answer = await archive.bookAt(BTC, { sequence });
      if (answer.state !== 'proven') throw new Error(`No book at ${sequence}`);
      const { bids, asks } = session.bookAt(sequence).rows();
      expect([answer.bids, answer.asks]).toEqual([bids, asks]);
    }
  }

  async function expectNothingDouble(): Promise<void> {
    const client = new MongoClient(storeUri);
    try {
      const database = client.db(new URL(storeUri).pathname.slice(1));
      const blocks = await database
        .collection('blocks')
        .find({}, { projection: { body: 0 }, sort: { _id: 1 } })
        .toArray();
      expect(blocks.length).toBeGreaterThan(10);
      const ranges = blocks.map((block) => [
        Number(block['firstSequence']),
        Number(block['lastSequence']),
      ]);
      for (const [i, [first = 0]] of ranges.entries()) {
        expect(first).toBeGreaterThan(ranges[i - 1]?.[1] ?? 0);
      }
    } finally {
      await client.close();
    }
  }

  test(`cut, hung and robbed of its answers in the middle, it gets every record once (seed ${seed})`, async () => {
    await makeStore();
    const session = new RecordedSession();
    const at = (share: number): number => Math.floor(session.lines.length * share);
    const modes = new Map<number, TcpProxy['mode']>([
      [at(0.1), 'swallow'],
      [at(0.2), 'pass'],
      [at(0.3), 'cut'],
      [at(0.5), 'pass'],
      [at(0.6), 'hang'],
      [at(0.8), 'pass'],
    ]);
    const server = await replay({
      session,
      speed: 60,
      fault: (index) => {
        const mode = modes.get(index);
        if (mode) proxy.mode = mode;
        return undefined;
      },
    });
    const logger = await startLogger(server);
    await server.finished;
    await heardAll(logger, session);
    const { gaps } = await logger.reader.coverage({ security: BTC });
    expect(gaps).toEqual([]);
    await logger.stop();
    const restarted = await startLogger(server, { DATA_DIR: logger.dataDirectory });
    await shipped(restarted);
    await expectAll(await open(), session);
    await expectNothingDouble();
  }, 180_000);

  test('away at the start, it gets everything once it is there, and answers span both meanwhile', async () => {
    await makeStore();
    proxy.mode = 'cut';
    const session = new RecordedSession();
    const server = await replay({ session });
    const logger = await startLogger(server);
    await server.finished;
    await heardAll(logger, session);
    const away = await logger.control.health();
    expect(away.status).toBe('degraded');
    expect(away.archive).toMatchObject({ kind: 'mongodb', reachable: false });
    expect(away.archive.spoolBytes).toBeGreaterThan(0);
    const middle = session.diffs[session.diffs.length >> 1]?.lastSequence ?? 0;
    const before = await logger.reader.bookAt({ security: BTC, position: { sequence: middle } });
    expect(before.state).toBe('proven');
    proxy.mode = 'pass';
    await shipped(logger);
    expect((await logger.control.health()).archive).toMatchObject({ reachable: true });
    expect(await logger.reader.bookAt({ security: BTC, position: { sequence: middle } })).toEqual(
      before,
    );
    const { intervals, gaps } = await logger.reader.coverage({ security: BTC });
    expect(gaps).toEqual([]);
    expect(intervals[0]?.lastSequence).toBe(String(session.lastSequence));
    expect((await logger.reader.verify()).problems).toEqual([]);
  }, 120_000);

  test('no answer, ever, is known within 12 s, and no call waits longer than 15 s', async () => {
    await makeStore();
    const server = await replay({ speed: 10 });
    const logger = await startLogger(server);
    await until('something shipped', async () => {
      const { archive } = await logger.control.health();
      return archive.reachable && archive.spoolBytes === 0;
    });
    proxy.mode = 'hang';
    const hungMs = performance.now();
    await until(
      'the store missed',
      async () => !(await logger.control.health()).archive.reachable,
      12_000,
    );
    expect((await logger.control.health()).status).toBe('degraded');
    const asked = performance.now();
    await logger.reader.coverage({ security: BTC }).catch(() => undefined);
    expect(performance.now() - asked).toBeLessThan(15_000);
    expect(performance.now() - hungMs).toBeLessThan(30_000);
    expect(logger.control.status(BTC)?.state).toBe('live');
    proxy.mode = 'pass';
    await until('the store back', async () => (await logger.control.health()).archive.reachable);
  }, 90_000);

  test.each(['cut', 'hang'] as const)(
    'with the store %s a stop is over before the process gives up (9 s), and an add does not wait for it',
    async (mode) => {
      await makeStore();
      const logger = await startLogger(await replay({ speed: 10 }), { SECURITIES: '' });
      await until('the store', async () => (await logger.control.health()).archive.reachable);
      proxy.mode = mode;
      await until(
        'it missed',
        async () => !(await logger.control.health()).archive.reachable,
        12_000,
      );
      const addedMs = performance.now();
      const [added] = await logger.control.add([BTC], true, AbortSignal.timeout(5_000));
      expect(added).toMatchObject({ ok: true, state: 'live' });
      expect(performance.now() - addedMs).toBeLessThan(5_000);
      const stoppedMs = performance.now();
      await logger.stop();
      expect(performance.now() - stoppedMs).toBeLessThan(9_000);
    },
    60_000,
  );

  test('a new machine with nothing but the database goes on with its securities, on a new segment', async () => {
    await makeStore();
    const session = new RecordedSession(undefined, 30_000);
    const server = await replay({ session });
    const first = await startLogger(server);
    await server.finished;
    await heardAll(first, session);
    await first.stop();
    const again = await replay({ session: new RecordedSession() });
    const second = await startLogger(again, { SECURITIES: '' });
    await until('recording', () => second.control.status(BTC)?.state === 'live', 30_000);
    const { intervals, gaps } = await second.reader.coverage({ security: BTC });
    expect(intervals).toHaveLength(2);
    expect(gaps).toMatchObject([{ cause: 'restart' }]);
  }, 90_000);

  test('of two loggers one records a security; the other says who, and takes over when it is gone', async () => {
    await makeStore();
    const first = await startLogger(await replay({ speed: 20 }));
    await until('recording', () => first.control.status(BTC)?.state === 'live', 30_000);
    const second = await startLogger(await replay({ speed: 20 }));
    expect(second.control.status(BTC)).toMatchObject({ state: 'failed' });
    expect(JSON.stringify(await second.control.list())).toContain('another logger records it');
    await first.stop();
    await until('taken over', () => second.control.status(BTC)?.state === 'live', 30_000);
  }, 120_000);

  test('a data directory of old becomes the spool of the database that is named now', async () => {
    await makeStore();
    const dataDirectory = mkdtempSync(join(tmpdir(), 'orderbook-moved-'));
    undo.push(async () => rmSync(dataDirectory, { recursive: true, force: true }));
    const session = new RecordedSession(undefined, 30_000);
    const server = await replay({ session });
    const embedded = await startLogger(server, { MONGODB_ENDPOINT: '', DATA_DIR: dataDirectory });
    await server.finished;
    await heardAll(embedded, session);
    const before = await embedded.reader.bookAt({ security: BTC });
    await embedded.stop();
    const moved = await startLogger(await replay({ session: new RecordedSession() }), {
      SECURITIES: '',
      DATA_DIR: dataDirectory,
    });
    await shipped(moved);
    const archive = await open();
    const sequence = before.state === 'proven' ? Number(before.sequence) : Number.NaN;
    const answer = await archive.bookAt(BTC, { sequence });
    expect(answer).toMatchObject({ state: 'proven', bids: 'bids' in before ? before.bids : [] });
  }, 90_000);
});

/** Outages between logger and MongoDB, and kills of the logger: every record arrives, once. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ArchiveUnavailableError } from '../../logger/errors.ts';
import type { CoverageResult } from '../../logger/queries/results.ts';
import type { TcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { spawnLogger } from '../support/logger-process.ts';
import { RecordedSession } from '../support/recorded-session.ts';
import { mongodb, needs, recordings } from '../support/requirements.ts';
import { scaled } from '../support/scaled.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { storedBlocks } from '../support/stored-blocks.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { expectTrueBook } from '../support/true-book.ts';
import {
  BTC,
  expectWholeRecording,
  makeStore,
  readerOf,
  recordedUpTo,
  replay,
  spoolEmpty,
  startLogger,
  undo,
} from './mongodb-run.ts';

const LINES = scaled({ fast: 20_000, full: Infinity });
const EXTENT = scaled({ fast: 'the first 20,000 lines', full: 'all' });
const MIN_BLOCKS = scaled({ fast: 2, full: 10 });
const KILLS = scaled({ fast: 2, full: 6 });
const seed = testSeed();

test(
  `cut, hanging or losing its answers, the store gets ${EXTENT} of the recording once (seed ${seed})`,
  { ...needs(mongodb, recordings), timeout: 180_000 },
  async () => {
    const store = await makeStore();
    const session = new RecordedSession(undefined, LINES);
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
        if (mode) store.proxy.mode = mode;
        return undefined;
      },
    });
    const env = { SECURITIES: BTC, MONGODB_ENDPOINT: store.uri };
    const logger = await startLogger(server, env);
    await server.finished;
    await recordedUpTo(logger, session.lastSequence);
    // A handshake that began while the server hung fails first, and with it whoever waits for that.
    const answer = (): Promise<CoverageResult | null> =>
      logger.reader.coverage({ security: BTC }).catch((error: unknown) => {
        if (error instanceof ArchiveUnavailableError) return null;
        throw error;
      });
    // A client on which the driver hangs is replaced after 20 s, and the call that waits for it fails.
    const { gaps } = await until('an answer of the store', answer, 60_000);
    expect(gaps).toEqual([]);
    await logger.stop();
    const restarted = await startLogger(server, { ...env, DATA_DIR: logger.dataDirectory });
    await spoolEmpty(restarted);
    await expectWholeRecording(store.uri, session, seed, { minBlocks: MIN_BLOCKS });
  },
);

test(
  `a logger killed ${KILLS} times while it replicates leaves everything in the store, once (seed ${seed})`,
  { ...needs(mongodb), timeout: 180_000 },
  async () => {
    const random = seededRandom(seed);
    const store = await makeStore();
    const sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
    undo.push(() => sandbox.close());
    const directory = mkdtempSync(join(tmpdir(), 'orderbook-killed-'));
    undo.push(() => rmSync(directory, { recursive: true, force: true }));
    const start = (): ReturnType<typeof spawnLogger> => {
      const logger = spawnLogger({
        BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
        BINANCE_REST_URL: sandbox.venues.binance.restUrl,
        ORDERBOOK_UPDATEFREQUENCY: '100',
        BASE_IMAGE_INTERVAL: '1',
        SECURITIES: BTC,
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
      // Every other time the answers get lost: the logger cannot know what was written.
      store.proxy.mode = kill % 2 === 0 ? 'swallow' : 'pass';
      // The moment of the kill is random; there is no condition to wait for.
      await wait(random.integer(500, 3000));
      await logger.end('SIGKILL');
      store.proxy.mode = 'pass';
    }
    const last = start();
    await last.ready();
    const reader = await readerOf(store.directUri);
    const isThere = async (): Promise<boolean> => {
      const { intervals } = await reader.coverage({ security: BTC });
      return intervals.length > KILLS;
    };
    await until('the last segment in the database', isThere, 30_000);
    expect(await last.end('SIGTERM')).toEqual({ code: 0 });

    const { intervals, gaps } = await reader.coverage({ security: BTC });
    expect(intervals).toHaveLength(KILLS + 1);
    // The last gap is open: the logger has stopped.
    expect(gaps.map(({ cause }) => cause)).toEqual(Array(KILLS + 1).fill('restart'));
    expect(gaps.filter(({ to }) => to === null)).toHaveLength(1);
    for (const { firstSequence, lastSequence } of intervals) {
      const [from, to] = [Number(firstSequence), Number(lastSequence)];
      for (const sequence of [from, random.integer(from, to), to]) {
        const answer = await reader.bookAt({ security: BTC, position: { sequence } });
        if (answer.state !== 'proven') throw new Error(`No book at ${sequence}`);
        expectTrueBook(answer, sandbox.bookAtSequence('BTCUSDT', sequence));
      }
    }
    expect((await reader.verify()).problems).toEqual([]);
    expect((await storedBlocks(store.directUri, BTC)).overlaps).toEqual([]);
  },
);

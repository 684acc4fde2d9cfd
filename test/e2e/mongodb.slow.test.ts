/** A database that hangs, is slow, or is killed; and two loggers on one database. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatOrderEvent } from '../../logger/queries/format.ts';
import { CoinbaseReplay } from '../support/coinbase-replay.ts';
import { FULL_FILES, FullSession } from '../support/coinbase-session.ts';
import { killableServer, mongoProcess } from '../support/mongodb-process.ts';
import { RecordedSession } from '../support/recorded-session.ts';
import { mongodb, needs, recordings } from '../support/requirements.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';
import { storedBlocks } from '../support/stored-blocks.ts';
import { until } from '../support/until.ts';
import {
  BTC,
  expectNoDelay,
  expectWholeRecording,
  gapsIn,
  makeStore,
  reachable,
  readerOf,
  recordedUpTo,
  replay,
  replicated,
  startLogger,
  undo,
  untilUnreachable,
} from './mongodb-run.ts';

const COINBASE = 'coinbase:BTC-USD';
const KEY = {
  COINBASE_API_KEY: 'a-key',
  COINBASE_API_SECRET: Buffer.from('a secret of some length').toString('base64'),
  COINBASE_API_PASSPHRASE: 'a-passphrase',
};
const seed = testSeed();

describe('MongoDB as the store', { ...needs(mongodb, recordings), timeout: 180_000 }, () => {
  test('that stops answering is reported within 12 s, and no query waits longer than 15 s', async () => {
    const { uri, proxy } = await makeStore();
    const server = await replay({ speed: 10 });
    const logger = await startLogger(server, { SECURITIES: BTC, MONGODB_ENDPOINT: uri });
    await until('something replicated', async () => {
      const { archive } = await logger.control.health();
      return archive.reachable && archive.spoolBytes === 0;
    });
    proxy.mode = 'hang';
    const hungMs = performance.now();
    await untilUnreachable(logger);
    expect((await logger.control.health()).status).toBe('degraded');
    const askedMs = performance.now();
    await logger.reader.coverage({ security: BTC }).catch(() => undefined);
    expect(performance.now() - askedMs).toBeLessThan(15_000);
    expect(performance.now() - hungMs).toBeLessThan(30_000);
    expect(logger.control.status(BTC)?.state).toBe('live');
    proxy.mode = 'pass';
    await until('the store back', () => reachable(logger));
  });

  test('that hangs delays neither an add nor, beyond the limit of 9 s, a shutdown', () =>
    expectNoDelay('hang'));

  test('lets one of two loggers record a security; the other names it and takes over when it stops', async () => {
    const { uri } = await makeStore();
    const env = { SECURITIES: BTC, MONGODB_ENDPOINT: uri };
    const first = await startLogger(await replay({ speed: 20 }), env);
    await until('recording', () => first.control.status(BTC)?.state === 'live', 30_000);
    const second = await startLogger(await replay({ speed: 20 }), env);
    expect(second.control.status(BTC)).toMatchObject({ state: 'failed' });
    expect(JSON.stringify(await second.control.list())).toContain('another logger records it');
    await first.stop();
    await until('the takeover', () => second.control.status(BTC)?.state === 'live', 30_000);
  });

  test('that takes 2 s for each answer gets everything, and nothing waits for it', async () => {
    const store = await makeStore();
    const session = new RecordedSession(undefined, 30_000);
    const server = await replay({ session, speed: 60 });
    store.proxy.delayMs = 2000;
    const env = { SECURITIES: BTC, MONGODB_ENDPOINT: store.uri };
    const logger = await startLogger(server, env);
    await until('recording', () => logger.control.status(BTC)?.state === 'live', 30_000);
    await server.finished;
    await recordedUpTo(logger, session.lastSequence);
    await until('a reachable store', () => reachable(logger), 60_000);
    await replicated(logger, store.directUri);
    expect((await logger.reader.coverage({ security: BTC })).gaps).toEqual([]);
    store.proxy.delayMs = 0;
    expect(await gapsIn(store.directUri)).toEqual([]);
    await expectWholeRecording(store.directUri, session, seed, {
      minBlocks: 2,
      isLate: true,
    });
  });

  const program = killableServer(process.env);
  const killable = { isMet: program !== undefined, reason: 'no MongoDB server that may be killed' };
  test(
    'that is killed and comes back on the same data misses nothing',
    needs(killable),
    async () => {
      if (!program) return;
      const directory = mkdtempSync(join(tmpdir(), 'mongodb-killed-'));
      undo.push(() => rmSync(directory, { recursive: true, force: true }));
      const mongo = await mongoProcess(program, directory);
      await mongo.start();
      undo.push(() => mongo.end('SIGKILL'));
      const uri = `mongodb://127.0.0.1:${mongo.port}/orderbook?directConnection=true`;
      const session = new RecordedSession();
      const kills = [0.2, 0.4, 0.6, 0.8].map((share) => Math.floor(session.lines.length * share));
      let restarted = Promise.resolve();
      let killed = 0;
      const exchange = await replay({
        session,
        speed: 60,
        fault: (index) => {
          if (!kills.includes(index)) return undefined;
          killed++;
          restarted = restarted.then(() => mongo.end('SIGKILL')).then(() => mongo.start());
          return undefined;
        },
      });
      const logger = await startLogger(exchange, { SECURITIES: BTC, MONGODB_ENDPOINT: uri });
      await exchange.finished;
      await restarted;
      expect(killed).toBe(kills.length);
      await recordedUpTo(logger, session.lastSequence);
      await replicated(logger, uri);
      expect(await gapsIn(uri)).toEqual([]);
      await expectWholeRecording(uri, session, seed);
    },
  );

  test(`gets every order of Coinbase once, with an outage in between (seed ${seed})`, async () => {
    const store = await makeStore();
    const random = seededRandom(seed);
    const session = new FullSession(FULL_FILES[0]);
    const at = (share: number): number => Math.floor(session.frames.length * share);
    const modes = new Map([
      [at(0.2), 'swallow'],
      [at(0.3), 'cut'],
      [at(0.7), 'pass'],
    ] as const);
    const exchange = await CoinbaseReplay.start({
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
    undo.push(() => exchange.close());
    const logger = await startLogger(exchange, {
      ...KEY,
      COINBASE_WS_URL: exchange.wsUrl,
      COINBASE_REST_URL: exchange.restUrl,
      SECURITIES: COINBASE,
      MONGODB_ENDPOINT: store.uri,
    });
    await exchange.finished;
    await recordedUpTo(logger, session.lastSequence, COINBASE);
    await replicated(logger, store.directUri, COINBASE);
    const reader = await readerOf(store.directUri);
    const { intervals, gaps } = await reader.coverage({ security: COINBASE });
    expect(gaps).toEqual([]);
    expect(intervals).toMatchObject([{ feed: 'full', lastSequence: String(session.lastSequence) }]);
    const first = Number(intervals[0]?.firstSequence);
    const expected = session.frames.filter(({ message }) => message.sequence > first);
    let index = 0;
    for await (const item of reader.orders({ security: COINBASE })) {
      if (item.type === 'gap') throw new Error('Unexpected gap');
      const { sequence, type } = expected[index++]?.message ?? {};
      const event = formatOrderEvent(item.event, item.scale);
      expect(event).toMatchObject({ sequence: String(sequence), type });
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
  });
});

/** Candles that are kept in MongoDB, with kills of the logger and a server that goes away. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import { mongoLocation } from '../../logger/archive/mongodb/location.ts';
import { openMongoArchive, openMongoReader } from '../../logger/archive/mongodb/open.ts';
import type { MongoArchive } from '../../logger/archive/mongodb/open.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import { StoreEvents } from '../../logger/archive/transfer/store-events.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { systemRandom } from '../../logger/service/system-random.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startMongoStore } from '../support/mongo-store.ts';
import { mongodb, needs } from '../support/requirements.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { silentLog } from '../support/silent-log.ts';
import { until } from '../support/until.ts';
import { START_US } from '../unit/reader/script.ts';
import { expectKeptAsStored } from '../unit/series/kept-as-stored.ts';
import { KEPT, SimulatedRecording, tradesOf } from '../unit/series/simulated-recording.ts';

const BOUNDARIES = 60;

describe('MongoDB', needs(mongodb), () => {
  test('keeps each candle once, and as the trades are stored', { timeout: 120_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'candles-'));
    const store = await startMongoStore();
    const random = seededRandom();
    const clock = new ManualClock(START_US + 10_000_000);
    const systemClock = createSystemClock();
    const fatal: unknown[] = [];
    const onFatal = (error: unknown): void => void fatal.push(error);
    let spool: Spool;
    let mongo: MongoArchive;
    const open = async (): Promise<void> => {
      spool = await openSpool({ directory });
      mongo = openMongoArchive({
        location: mongoLocation(store.uri, undefined),
        spool,
        owner: { id: 'one', name: 'one' },
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
        spoolMaxBytes: 2 ** 30,
        onFatal,
      });
      await mongo.start(new StoreEvents(), 3000);
    };
    const close = async (): Promise<void> => {
      await mongo.stop(0);
      await mongo.archive.close();
    };
    await open();
    const archive = (): MongoArchive['archive'] => mongo.archive;
    const recording = new SimulatedRecording({ clock, archive, isNumbered: true, onFatal });
    const pass = (ms = 30): Promise<void> => new Promise((done) => void setTimeout(done, ms));
    await recording.start();
    for (let i = 0; i < BOUNDARIES; i++) {
      for (let trades = 0; trades < 4; trades++) {
        clock.advance(random.integer(5000, 20_000));
        recording.trade();
      }
      recording.update();
      await pass();
      store.proxy.mode = random.chance(0.2) ? random.pick(['cut', 'swallow']) : 'pass';
      if (random.chance(0.05)) recording.dies = random.chance(0.5) ? 'before' : 'after';
      if (recording.isAlive && i % 20 !== 10) continue;
      recording.kill();
      store.proxy.mode = 'pass';
      await close();
      await open();
      clock.advance(random.integer(10, 200_000));
      await recording.start();
      await recording.caughtUp();
    }
    store.proxy.mode = 'pass';
    recording.dies = null;
    await recording.caughtUp();
    await recording.stop();
    const isSent = async (): Promise<boolean> => {
      const waiting = await spool.pending(1, new Set());
      return waiting.length + (await spool.candles.pending(1)).length === 0;
    };
    await until('everything to be in MongoDB', isSent, 30_000);
    const reader = await openMongoReader(mongoLocation(store.directUri, undefined), systemClock);
    try {
      const numbered = { hasConsecutiveTradeIds: () => true };
      const trades = createReader(tradesOf(reader), numbered);
      await expectKeptAsStored(reader, trades, KEPT, clock.nowUs());
      expect(fatal, `seed ${random.seed}`).toEqual([]);
    } finally {
      await reader.close();
      await close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

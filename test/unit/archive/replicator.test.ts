/** What the replicator says about its store, with a store that a test makes fail. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Spool } from '../../../logger/archive/spool.ts';
import { Replicator } from '../../../logger/archive/transfer/replicator.ts';
import { StoreEvents } from '../../../logger/archive/transfer/store-events.ts';
import { ArchiveUnavailableError } from '../../../logger/errors.ts';
import type { LoggerError } from '../../../logger/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { keptLog } from '../../support/scripted-coinbase.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const away = new ArchiveUnavailableError('it does not answer', { retryable: true });
const rejected = new ArchiveUnavailableError('it rejects this user', {
  context: { isPermanent: true },
});

let clock: ManualClock;
let logged: string[];
let failure: LoggerError | null;
let replicator: Replicator;

/** Nothing is ever to be replicated. */
const emptySpool = {
  pending: async () => [],
  candles: { pending: async () => [] },
  instruments: { pending: async () => [], release: async () => undefined },
  securityDocuments: async () => [],
  size: async () => ({ bytes: 0, securities: [] }),
} as unknown as Spool;

beforeEach(async () => {
  clock = new ManualClock();
  logged = [];
  failure = null;
  const answer = async (): Promise<void> => {
    if (failure) throw failure;
  };
  const store = {
    prepare: answer,
    ping: answer,
    write: async () => new Map(),
    writeSecurities: async () => undefined,
    candles: { put: async () => undefined },
    instruments: { put: async () => undefined },
  };
  replicator = new Replicator({
    spool: emptySpool,
    store,
    clock,
    random: seededRandom(1),
    log: keptLog(logged),
    spoolMaxBytes: 1 << 30,
    listener: new StoreEvents(),
    onContact: async () => undefined,
    onFatal: (error) => {
      throw error;
    },
  });
  replicator.start();
  await clock.advanceAsync(0);
});
afterEach(async () => {
  const stopped = replicator.stop(0);
  await clock.advanceAsync(10_000, 1000);
  await stopped;
});

describe('a store with nothing to be sent to it', () => {
  test('that stops answering is unreachable until it answers again, and says so once', async () => {
    expect(replicator.status()).toMatchObject({ isReachable: true, failure: null });
    failure = away;
    await clock.advanceAsync(12_000, 500);
    for (let i = 0; i < 60; i++) {
      expect(replicator.status()).toMatchObject({
        isReachable: false,
        failure: 'it does not answer',
      });
      await clock.advanceAsync(1000, 500);
    }
    expect(logged).toEqual([
      'The store is unreachable: records wait in the spool {"reason":"it does not answer"}',
    ]);
    failure = null;
    await clock.advanceAsync(6000, 500);
    expect(replicator.status()).toMatchObject({ isReachable: true, failure: null });
    expect(logged.slice(1)).toEqual(['The store accepts records again {}']);
  });

  test('that rejects for good is told from one that is away', async () => {
    failure = away;
    await clock.advanceAsync(12_000, 500);
    failure = rejected;
    await clock.advanceAsync(30_000, 500);
    expect(replicator.status().failure).toBe('it rejects this user');
    expect(logged).toEqual([
      'The store is unreachable: records wait in the spool {"reason":"it does not answer"}',
      'The store takes no records until its settings are corrected: records wait in the spool {"reason":"it rejects this user"}',
    ]);
  });
});

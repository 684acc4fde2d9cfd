/** Leases while the store is reachable and while it is not. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LeaseKeeper } from '../../logger/archive/lease-keeper.ts';
import { MongoConnection } from '../../logger/archive/mongodb/connection.ts';
import { mongoLocation } from '../../logger/archive/mongodb/location.ts';
import { MongoLeaseStore } from '../../logger/archive/mongodb/lease-store.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { LogBook } from '../manager/fixture.ts';
import { startMongoStore } from '../support/mongo-store.ts';
import type { MongoStore } from '../support/mongo-store.ts';
import { until } from '../support/until.ts';
import { mongodb, needs } from '../support/requirements.ts';

const BTC = 'binance:BTCUSDT';
const ETH = 'binance:ETHUSDT';
const HELD_BY_PARIS = /^another logger records it \(paris, until /;

describe('leases of securities in MongoDB', needs(mongodb), () => {
  const undo: (() => Promise<unknown>)[] = [];
  let store: MongoStore;
  let log: LogBook;

  beforeEach(async () => {
    log = new LogBook();
    store = await startMongoStore();
    undo.push(() => store.close());
  });

  afterEach(async () => {
    for (const each of undo.splice(0).reverse()) await each();
  });

  function leases(name: string, uri: string, isReachable = (): boolean => true): LeaseKeeper {
    const clock = createSystemClock();
    const connection = new MongoConnection(mongoLocation(uri), clock);
    undo.push(() => connection.close());
    return new LeaseKeeper({
      store: new MongoLeaseStore(connection),
      owner: { id: `id of ${name}`, name },
      clock,
      log,
      isReachable,
      onLeaseLost: () => undefined,
      onFatal: (error) => {
        throw error;
      },
    });
  }

  test.each(['cut', 'hang'] as const)(
    'the last known holder counts while the store is unreachable (%s)',
    async (mode) => {
      const paris = leases('paris', store.directUri);
      const rome = leases('rome', store.uri);
      expect(await paris.claim(BTC)).toBeNull();
      expect(await rome.claim(BTC)).toMatch(HELD_BY_PARIS);

      store.proxy.mode = mode;
      expect(await rome.claim(BTC)).toMatch(HELD_BY_PARIS);
      // No holder of this one is known.
      expect(await rome.claim(ETH)).toBeNull();
      expect(log.at('warning').map(({ fields }) => fields['security'])).toEqual([BTC, ETH]);

      // The unknown is settled as soon as the store answers.
      store.proxy.mode = 'pass';
      await paris.release(BTC);
      await until('an answer', async () => (await rome.claim(BTC)) === null);
      expect(await paris.claim(BTC)).toMatch(/\(rome, until /);
    },
  );

  test('a holder that released its lease is forgotten', async () => {
    let isReachable = true;
    const paris = leases('paris', store.directUri);
    const rome = leases('rome', store.directUri, () => isReachable);
    await paris.claim(BTC);
    expect(await rome.claim(BTC)).toMatch(HELD_BY_PARIS);
    isReachable = false;
    expect(await rome.claim(BTC)).toMatch(HELD_BY_PARIS);
    await paris.stop();
    isReachable = true;
    expect(await rome.claim(BTC)).toBeNull();
    isReachable = false;
    expect(await rome.claim(BTC)).toBeNull();
  });
});

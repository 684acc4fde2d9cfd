/** The policy of leases, without a database. */

import { expect, test } from 'vitest';
import { LeaseKeeper } from '../../../logger/archive/lease-keeper.ts';
import type { LeaseHolder, LeaseStore } from '../../../logger/archive/leases.ts';
import { ArchiveUnavailableError } from '../../../logger/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

const BTC = 'binance:BTCUSDT';
const OWNER = { id: 'an id', name: 'rome' };

/** Every security that is not in `holders` is free. */
class FakeStore implements LeaseStore {
  readonly holders = new Map<string, LeaseHolder>();
  readonly calls: string[] = [];
  isUp = true;

  async take(
    security: string,
    _owner: unknown,
    times: { readonly nowUs: number; readonly untilUs: number },
  ): Promise<LeaseHolder | null> {
    if (!this.isUp) throw new ArchiveUnavailableError('away');
    this.calls.push(`take ${security} for ${(times.untilUs - times.nowUs) / 1e6} s`);
    return this.holders.get(security) ?? null;
  }

  async release(_owner: unknown, security: string | null): Promise<void> {
    if (!this.isUp) throw new ArchiveUnavailableError('away');
    this.calls.push(`release ${security ?? 'all'}`);
  }
}

function setUp() {
  const store = new FakeStore();
  const clock = new ManualClock(0);
  const lost: string[] = [];
  const keeper = new LeaseKeeper({
    store,
    owner: OWNER,
    clock,
    log: silentLog,
    isReachable: () => store.isUp,
    onLeaseLost: (security, holder) => lost.push(`${security}: ${holder}`),
    onFatal: (error) => {
      throw error;
    },
  });
  return { store, clock, lost, keeper };
}

test('a claimed lease is renewed every 15 s for 60 s, and released at the end', async () => {
  const { store, clock, keeper } = setUp();
  keeper.start();
  expect(await keeper.claim(BTC)).toBeNull();
  await clock.advanceAsync(30_000, 5_000);
  await keeper.stop();
  await clock.advanceAsync(30_000, 5_000);
  const taken = `take ${BTC} for 60 s`;
  expect(store.calls).toEqual([taken, taken, taken, 'release all']);
});

test('a lease that another logger took is reported once and no longer renewed', async () => {
  const { store, clock, lost, keeper } = setUp();
  keeper.start();
  await keeper.claim(BTC);
  store.holders.set(BTC, { name: 'paris', untilUs: 90_000_000 });
  await clock.advanceAsync(60_000, 5_000);
  expect(lost).toEqual([`${BTC}: another logger records it (paris, until 1970-01-01T00:01:30Z)`]);
  expect(store.calls).toHaveLength(2);
  await keeper.stop();
  expect(store.calls).not.toContain('release all');
});

test('renewing continues after the store was unreachable', async () => {
  const { store, clock, lost, keeper } = setUp();
  keeper.start();
  await keeper.claim(BTC);
  store.isUp = false;
  await clock.advanceAsync(30_000, 5_000);
  store.isUp = true;
  await clock.advanceAsync(15_000, 5_000);
  expect(store.calls).toHaveLength(2);
  expect(lost).toEqual([]);
  store.isUp = false;
  await keeper.release(BTC);
  await keeper.stop();
});

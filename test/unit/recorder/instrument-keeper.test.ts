/** What exchanges say of instruments, and how it gets into the archive. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { ArchiveUnavailableError } from '../../../logger/errors.ts';
import type { InstrumentStore, KeptInstrument } from '../../../logger/archive/instrument-store.ts';
import type { Instrument } from '../../../logger/exchange/exchange.ts';
import { InstrumentKeeper } from '../../../logger/recorder/instrument-keeper.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { SCALE } from '../../support/scripted-exchange.ts';
import { silentLog } from '../../support/silent-log.ts';
import { openTestCore } from '../../support/test-core.ts';
import { until } from '../../support/until.ts';

const BTC = 'binance:BTCUSDT';
const SAID: Instrument = {
  symbol: 'BTCUSDT',
  scale: SCALE,
  tickSize: '0.01',
  lotSize: '0.001',
  base: 'BTC',
  quote: 'USDT',
  minSize: '0.001',
};

/** A store that fails as often as it is told to. */
class Memory implements InstrumentStore {
  readonly kept: KeptInstrument[] = [];
  failures = 0;

  async put(batch: readonly KeptInstrument[]): Promise<void> {
    if (this.failures-- > 0) throw new ArchiveUnavailableError('away');
    this.kept.push(...batch);
  }

  async history(security: string): Promise<readonly KeptInstrument[]> {
    return this.kept.filter((one) => one.security === security);
  }
}

const fatal: unknown[] = [];
let clock: ManualClock;
let store: Memory;
let keeper: InstrumentKeeper;

beforeEach(() => {
  clock = new ManualClock();
  store = new Memory();
  const onFatal = (error: unknown): void => void fatal.push(error);
  keeper = new InstrumentKeeper({
    archive: { instruments: store },
    clock,
    log: silentLog,
    onFatal,
  });
});

afterEach(async () => {
  await keeper.stop();
  expect(fatal).toEqual([]);
});

test('each change is kept once', async () => {
  for (const tickSize of ['0.01', '0.01', '0.1', '0.1', '0.01']) {
    keeper.keep(BTC, { ...SAID, tickSize });
    await clock.advanceAsync(1000);
  }
  expect(store.kept.map(({ facts }) => facts.tickSize)).toEqual(['0.01', '0.1', '0.01']);
  expect(store.kept[0]?.facts).toEqual({
    base: 'BTC',
    quote: 'USDT',
    tickSize: '0.01',
    lotSize: '0.001',
    minSize: '0.001',
    minNotional: null,
    contract: null,
  });
});

test('while the archive takes nothing, the latest waits', async () => {
  store.failures = 3;
  keeper.keep(BTC, SAID);
  await clock.advanceAsync(5000);
  keeper.keep(BTC, { ...SAID, tickSize: '0.1' });
  keeper.keep('binance:ETHUSDT', { ...SAID, symbol: 'ETHUSDT', base: 'ETH' });
  await clock.advanceAsync(60_000, 1000);
  expect(store.kept.map(({ facts }) => `${facts.base} ${facts.tickSize}`)).toEqual([
    'BTC 0.1',
    'ETH 0.01',
  ]);
});

test('what does not say what is traded for what is not kept; nothing is after the end', async () => {
  keeper.keep(BTC, { ...SAID, base: null });
  await clock.advanceAsync(1000);
  await keeper.stop();
  keeper.keep(BTC, SAID);
  await clock.advanceAsync(60_000);
  expect(store.kept).toEqual([]);
});

test('a recorder keeps what it was told at its start, and each change; the port lists the last', async () => {
  const core = await openTestCore(clock);
  core.exchange.instrumentAnswer = SAID;
  await core.core.start([BTC]);
  const history = () => core.archive.instruments?.history(BTC) ?? Promise.resolve([]);
  const kept = async (count: number): Promise<boolean> => {
    await clock.advanceAsync(10);
    return (await history()).length === count;
  };
  await until('the first', () => kept(1));
  core.exchange.listeners.get('BTCUSDT')?.onInstrument({ ...SAID, minSize: '0.002' });
  await until('the second', () => kept(2));
  expect(core.core.control.instruments()).toEqual([
    { security: BTC, facts: (await history())[1]?.facts },
  ]);
  expect(core.fatal).toEqual([]);
  await core.discard();
});

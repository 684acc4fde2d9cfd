/** All recorders together: results of `add`, and log lines of a start. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { UnknownSecurityError } from '../../../logger/errors.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { createRebuild } from '../../../logger/reader/create-reader.ts';
import { createRecorderService } from '../../../logger/recorder/recorder-service.ts';
import { WriteQueue } from '../../../logger/recorder/write-queue.ts';
import { fullRule } from '../../../logger/exchange/coinbase/sequencer.ts';
import { connectionRule } from '../../../logger/exchange/connection-rule.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { keptLog } from '../../support/scripted-coinbase.ts';
import {
  BINANCE,
  ScriptedExchange,
  orderSnapshotAt,
  snapshotAt,
} from '../../support/scripted-exchange.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';

const BTC = 'binance:BTCUSDT';
const forever = new AbortController().signal;

let directory: string;
let archive: Archive;
let clock: ManualClock;
let exchange: ScriptedExchange;
let logged: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orderbook-recorders-'));
  archive = await openEmbeddedArchive({ directory });
  clock = new ManualClock();
  exchange = new ScriptedExchange(clock, BINANCE);
  logged = [];
});
afterEach(async () => {
  await archive.close();
  rmSync(directory, { recursive: true });
});

function createService(kind: Partial<ConstructorParameters<typeof ScriptedExchange>[1]> = {}) {
  exchange = new ScriptedExchange(clock, { ...BINANCE, ...kind });
  const onFatal = (error: unknown): void => {
    throw error;
  };
  const common = { archive, clock, log: keptLog(logged), limits: DEFAULT_LIMITS, onFatal };
  return createRecorderService({
    ...common,
    queue: new WriteQueue(common),
    random: seededRandom(1),
    imageIntervalMs: 60_000,
    writer: 'test',
    normalizeSymbol: (_exchange, symbol) => symbol.toUpperCase(),
    exchanges: new Map([['binance', exchange]]),
    receiveTimes: { defectsBetween: () => [], stalls: 0 },
    version: 'test',
    processStatus: () => ({ rss: 0, heapUsed: 0, eventLoopLag: 0, threads: 1, handles: 0 }),
    onTerminate: () => undefined,
    rebuild: createRebuild(archive),
  });
}

async function prove(): Promise<void> {
  await clock.advanceAsync(0);
  exchange.up();
  exchange.diff(99, 100);
  exchange.answer(snapshotAt(100, [1000, 5], [1010, 7]));
  await clock.advanceAsync(10);
  exchange.diff(101, 102, [1001, 3]);
  await clock.advanceAsync(0);
}

describe('an add without a book', () => {
  test('not listed by the exchange: it is not added', async () => {
    const service = createService();
    exchange.instrumentAnswer = new UnknownSecurityError('The exchange does not list BTCUSDT');
    expect(await service.control.add([BTC], true, forever)).toEqual([
      {
        security: BTC,
        ok: false,
        state: null,
        message: 'The exchange does not list BTCUSDT; it was not added',
      },
    ]);
    expect((await archive.securities()).filter(({ wanted }) => wanted)).toEqual([]);
  });

  test('what waits to be listed again is asked about at once', async () => {
    const service = createService();
    const { instrumentAnswer } = exchange;
    const adding = service.control.add([BTC], false, forever);
    await clock.advanceAsync(0);
    await adding;
    exchange.instrumentAnswer = new UnknownSecurityError('Invalid symbol.');
    exchange.listeners.get('BTCUSDT')?.onUnlisted('Invalid symbol.');
    // By then the pauses have grown to minutes.
    await clock.advanceAsync(600_000, 10_000);
    expect(service.control.status(BTC)?.state).toBe('failed');
    const [still] = await service.control.add([BTC], true, forever);
    expect(still).toMatchObject({ ok: false, state: 'failed' });
    exchange.instrumentAnswer = instrumentAnswer;
    const again = service.control.add([BTC], true, forever);
    await prove();
    expect(await again).toMatchObject([{ ok: true, state: 'live' }]);
    await service.stop();
  });

  test('a rejected login: it stays added, and the message says how to remove it', async () => {
    const service = createService();
    const adding = service.control.add([BTC], true, forever);
    await clock.advanceAsync(0);
    exchange.listeners.get('BTCUSDT')?.onWaiting({ for: 'login', reason: 'Invalid API Key' });
    const [result] = await adding;
    expect(result).toMatchObject({ ok: false, state: 'failed' });
    expect(result?.message).toBe(
      'Invalid API Key; it stays added and is tried again until it is removed',
    );
    expect(await archive.securities()).toMatchObject([{ security: BTC, wanted: true }]);
    await prove();
    expect(service.control.status(BTC)?.state).toBe('live');
    await service.stop();
  });

  test('a second remove changes nothing, and one of what was never recorded says so', async () => {
    const service = createService();
    const adding = service.control.add([BTC], false, forever);
    await clock.advanceAsync(0);
    await adding;
    const removed = { security: BTC, ok: true, state: 'removed', message: null };
    expect(await service.control.remove([BTC])).toEqual([removed]);
    const again = { ...removed, message: 'was not being recorded' };
    const never = { ok: false, state: null, message: 'was never recorded' };
    expect(await service.control.remove([BTC, 'binance:ETHUSDT'])).toEqual([
      again,
      { security: 'binance:ETHUSDT', ...never },
    ]);
    await service.stop();
  });

  test('the caller stops waiting: it stays added', async () => {
    const service = createService();
    const patience = new AbortController();
    const adding = service.control.add([BTC], true, patience.signal);
    await clock.advanceAsync(0);
    patience.abort();
    expect((await adding)[0]?.message).toMatch(/^no book is proven yet; it stays added/);
    await service.stop();
  });

  test('the logger stops: it ends at once, with that reason', async () => {
    const service = createService();
    const adding = service.control.add([BTC], true, forever);
    await clock.advanceAsync(0);
    await service.stop();
    const message = 'the logger is stopping; it stays added, and the next start continues with it';
    expect(await adding).toMatchObject([{ security: BTC, ok: false, message }]);
    expect(await service.control.add(['binance:ETHUSDT'], true, forever)).toMatchObject([
      { ok: false, state: null, message: 'the logger is stopping; it was not added' },
    ]);
  });
});

describe('the exchange does not answer', () => {
  const ETH = 'binance:ETHUSDT';

  test('an add ends with its caller, says how many wait, and is continued', async () => {
    const service = createService();
    exchange.isBudgetUsedUp = true;
    const patience = new AbortController();
    const adding = service.control.add([BTC, ETH], true, patience.signal);
    await clock.advanceAsync(0);
    patience.abort();
    const results = await adding;
    expect(results).toMatchObject([
      { security: BTC, ok: false, state: 'syncing' },
      { security: ETH, ok: false, state: 'syncing' },
    ]);
    await until('both to be asked for again', () => exchange.instrumentsWaiting === 2);
    expect((await archive.securities()).filter(({ wanted }) => wanted)).toHaveLength(2);
    const [again] = await service.control.add([BTC], true, AbortSignal.abort());
    expect(again?.message).toBe(
      'no book is proven yet: 2 requests wait for the request budget of binance; it stays added',
    );
    await service.stop();
    expect(exchange.instrumentsWaiting).toBe(0);
  });

  test('a stop ends the add, and what else is recorded loses nothing', async () => {
    const service = createService();
    await service.start([BTC]);
    await prove();
    exchange.isBudgetUsedUp = true;
    const adding = service.control.add([ETH], true, forever);
    await until('the request', () => exchange.instrumentsWaiting === 1);
    exchange.diff(103, 103, [1002, 1]);
    await service.stop();
    expect(await adding).toEqual([
      {
        security: ETH,
        ok: false,
        state: null,
        message: 'the logger is stopping; it was not added',
      },
    ]);
    const { openGap, lastSequence } = await archive.tail(BTC);
    expect(openGap?.cause).toBe('restart');
    expect(lastSequence).toBe(103);
    expect((await archive.securities()).filter(({ wanted }) => wanted)).toHaveLength(1);
  });

  test('a stop writes what is pending although an operation never ends', async () => {
    const service = createService();
    await service.start([BTC]);
    await prove();
    void service.recorders.inTurn(ETH, () => new Promise(() => undefined));
    exchange.diff(103, 103, [1002, 1]);
    void service.stop();
    await until('the gap', async () => (await archive.tail(BTC)).openGap?.cause === 'restart');
    expect((await archive.tail(BTC)).lastSequence).toBe(103);
  });

  test('a stop does not wait for the connections that a reset replaces', async () => {
    const service = createService();
    await service.start([BTC]);
    await prove();
    exchange.reset = () => new Promise(() => undefined);
    const resetting = service.control.reset('binance');
    await service.stop();
    expect(await resetting).toHaveLength(1);
  });
});

describe('a start', () => {
  test('leaves out a name in the archive that means nothing, and records the others', async () => {
    const names = ['kraken:XBTUSD', 'binance:BTC USDT', BTC];
    await archive.commit(
      names.map((security) => ({
        type: 'security',
        state: { security, wanted: true, feed: 'depth' },
      })),
    );
    const service = createService();
    await service.start([]);
    expect(service.recorders.ids()).toEqual([BTC]);
    const said = logged.filter((line) => line.includes('Not recorded'));
    expect(said).toHaveLength(2);
    await service.stop();
  });

  test('logs one line about what was recovered after a kill, and none after a stop', async () => {
    const killed = createService();
    await killed.start([BTC, 'binance:ETHUSDT']);
    await prove();
    exchange.diff(103, 103, [1002, 1]);
    await clock.advanceAsync(600);
    const reports = (): string[] =>
      logged.filter((line) => line.startsWith('The last run did not'));
    const second = createService();
    await second.start([]);
    expect(reports()).toHaveLength(1);
    expect(reports()[0]).toContain('"securities":1,"messagesSaved":1,"gapFrom":"20');
    await second.stop();
    await createService().start([]);
    expect(reports()).toHaveLength(1);
  });

  describe('with a lower level than the exchange offers', () => {
    const FULL = { level: 'L3', feed: 'full', proof: 'sequence', rule: fullRule } as const;
    const LEVEL2 = {
      level: 'L2',
      feed: 'level2_batch',
      proof: 'connection',
      rule: connectionRule,
    } as const;
    const warnings = (): string[] => logged.filter((line) => line.startsWith('Recorded by price'));
    const start = async (fallback: ScriptedExchange['fallback']) => {
      const service = createService(LEVEL2);
      exchange.fallback = fallback;
      await service.start([]);
      await service.control.add([BTC, 'binance:ETHUSDT'], false, forever);
      await service.stop();
      return warnings();
    };
    const byAccident = { reason: 'COINBASE_API_KEY is not set', isChosen: false };
    const byChoice = { reason: 'COINBASE_FEED is level2_batch', isChosen: true };

    test('warns once if it was not configured', async () => {
      expect(await start(byAccident)).toEqual([
        `Recorded by price (L2), not order by order (L3) {"exchange":"binance","feed":"level2_batch","reason":"COINBASE_API_KEY is not set","security":"${BTC}"}`,
      ]);
    });

    test('does not warn if it was configured, and the archive holds nothing else', async () => {
      expect(await start(byChoice)).toEqual([]);
    });

    test('warns if a configured feed records a security at another level than before', async () => {
      const before = createService(FULL);
      await before.start([BTC]);
      await clock.advanceAsync(0);
      exchange.up();
      const ask = { orderId: '00000000-0000-4000-8000-000000000002', price: 1010, size: 1 };
      exchange.answer(orderSnapshotAt(100, clock.nowUs(), { bids: [], asks: [ask] }));
      await clock.advanceAsync(2000);
      const order = { orderId: '00000000-0000-4000-8000-000000000001', side: 'buy' } as const;
      exchange.order('open', 101, { ...order, price: 1000, remainingSize: 1 });
      await clock.advanceAsync(1000);
      expect(before.control.status(BTC)?.state).toBe('live');
      await before.stop();
      const logLines = await start(byChoice);
      expect(logLines).toHaveLength(1);
      expect(logLines[0]).toContain('"before":"its records so far are order by order"');
    });
  });
});

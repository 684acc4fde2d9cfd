/**
 * One logger, both exchanges: whatever happens to one, what is stored of the other is byte for byte
 * what it would have been.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ArchiveReader } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { fullRule } from '../../../logger/exchange/coinbase/sequencer.ts';
import { FeedClosedError } from '../../../logger/errors.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { createRebuild } from '../../../logger/reader/create-reader.ts';
import { createRecorderService } from '../../../logger/recorder/recorder-service.ts';
import { WriteQueue } from '../../../logger/recorder/write-queue.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import {
  BINANCE,
  ScriptedExchange,
  orderSnapshotAt,
  snapshotAt,
} from '../../support/scripted-exchange.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { silentLog } from '../../support/silent-log.ts';

const BTC = 'binance:BTCUSDT';
const COIN = 'coinbase:BTC-USD';
const COINBASE = {
  name: 'coinbase',
  level: 'L3',
  feed: 'full',
  proof: 'sequence',
  rule: fullRule,
} as const;
const STEPS = 3000;

type Coinbase = (exchange: ScriptedExchange, step: number, random: SeededRandom) => void;

const ASK = { orderId: '00000000-0000-4000-8000-ffffffffffff', price: 1010, size: 1 };

/** Every order event in its place, and a snapshot whenever one is asked for. */
const well: Coinbase = (exchange, step) => {
  const orderId = `00000000-0000-4000-8000-${String(step).padStart(12, '0')}`;
  const price = 1000 - (step % 50);
  exchange.order('open', step + 1, { orderId, side: 'buy', price, remainingSize: 1 }, 'BTC-USD');
};

/** Gaps, disconnects, contradictions, rejections, wrong snapshots, restarted sequences. */
const troubled: Coinbase = (exchange, step, random) => {
  const sides = { bids: [], asks: [ASK] };
  switch (random.integer(0, 12)) {
    case 0:
      return;
    case 1:
      exchange.down('BTC-USD');
      return;
    case 2:
      exchange.up('BTC-USD');
      return;
    case 3:
      exchange.answer(orderSnapshotAt(random.integer(1, step + 3), 0, sides));
      return;
    case 4:
      exchange.answer(new FeedClosedError('no answer'));
      return;
    case 5:
      exchange.heartbeat(step + random.integer(0, 5), 'BTC-USD');
      return;
    case 6:
      exchange.listeners.get('BTC-USD')?.onWaiting({ for: 'streams', reason: 'not today' });
      return;
    case 7:
      exchange.listeners.get('BTC-USD')?.onScale({ priceExponent: 9, sizeExponent: 9 });
      return;
    case 8: {
      const ids = { makerOrderId: 'nobody', takerOrderId: 'knows' } as const;
      const fill = { side: 'sell', price: 5, size: 5, tradeId: step } as const;
      exchange.order('match', step + 1, { ...ids, ...fill }, 'BTC-USD');
      return;
    }
    default:
      well(exchange, step, random);
  }
};

/** Runs the same Binance session next to a Coinbase, and returns all that is stored of it. */
async function storedOfBinance(coinbase: Coinbase, seed: number): Promise<unknown> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-isolation-'));
  const archive = await openEmbeddedArchive({ directory });
  const clock = new ManualClock();
  const exchanges = {
    binance: new ScriptedExchange(clock, BINANCE),
    coinbase: new ScriptedExchange(clock, COINBASE),
  };
  const fatal: unknown[] = [];
  const onFatal = (error: unknown): void => void fatal.push(error);
  // Fewer commits: they are not what is tested.
  const limits = { ...DEFAULT_LIMITS, maxBlockAgeMs: 5000, commitPauseMs: 500 };
  const common = { archive, clock, log: silentLog, limits, onFatal };
  const service = createRecorderService({
    ...common,
    queue: new WriteQueue(common),
    random: seededRandom(1),
    imageIntervalMs: 60_000,
    writer: 'test',
    normalizeSymbol: (_exchange, symbol) => symbol.toUpperCase(),
    exchanges: new Map(Object.entries(exchanges)),
    receiveTimes: { defectsBetween: () => [], stalls: 0 },
    version: 'test',
    processStatus: () => ({ rss: 0, heapUsed: 0, eventLoopLag: 0, threads: 1, handles: 0 }),
    onTerminate: () => undefined,
    rebuild: createRebuild(archive),
  });
  try {
    await service.start([BTC, COIN]);
    await clock.advanceAsync(0);
    const random = seededRandom(seed);
    exchanges.coinbase.up('BTC-USD');
    exchanges.coinbase.answer(orderSnapshotAt(0, 0, { bids: [], asks: [ASK] }));
    exchanges.binance.up();
    exchanges.binance.diff(1, 100);
    exchanges.binance.answer(snapshotAt(100, [1000, 5], [1010, 7]));
    for (let step = 0; step < STEPS; step++) {
      coinbase(exchanges.coinbase, step, random);
      // Binance has a gap of its own in the middle: it must be the same gap.
      const first = step < STEPS / 2 ? 101 + step : 111 + step;
      exchanges.binance.diff(first, first, [900 + (step % 100), step % 7]);
      if (step % 3 === 0) exchanges.binance.trade(step + 1);
      if (step === STEPS / 2) exchanges.binance.answer(snapshotAt(first, [1000, 5], [1010, 7]));
      await clock.advanceAsync(100);
    }
    await service.stop();
    expect(fatal).toEqual([]);
    return await everythingOf(archive, BTC);
  } finally {
    await archive.close();
    rmSync(directory, { recursive: true });
  }
}

async function everythingOf(archive: ArchiveReader, security: string): Promise<unknown> {
  const all: unknown[] = [await archive.totals(security), await archive.tail(security)];
  for (let epoch = 1; (await archive.segmentStart(security, epoch - 1)) !== null; epoch++) {
    all.push(await archive.gapBefore(security, epoch));
    const refs = [
      ...(await archive.images(security, epoch, 0)),
      ...(await archive.blocks(security, epoch, { afterSequence: 0 })),
    ];
    for (const ref of refs) {
      const { header, body } = await ref.load();
      all.push(header, Buffer.from(body).toString('base64'));
    }
  }
  return all;
}

test.each(testSeeds(3))(
  'trouble at Coinbase leaves no trace in what is stored of Binance (seed %i)',
  async (seed) => {
    const expected = await storedOfBinance(well, seed);
    expect(expected).toContainEqual(expect.objectContaining({ reason: 'gap' }));
    expect(await storedOfBinance(troubled, seed)).toEqual(expected);
  },
  180_000,
);

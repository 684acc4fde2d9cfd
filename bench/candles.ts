/**
 * How late candles are that are kept of very many securities: live feed, candles, and the embedded archive's commits,
 * on a clock that is set to just before a boundary of all timeframes at once, which is the worst one.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { CandleStore } from '../logger/archive/candle-store.ts';
import { openEmbeddedArchive } from '../logger/archive/embedded/embedded-archive.ts';
import { intervalEndUs, intervalStartUs } from '../logger/candles/timeframe.ts';
import type { LiveEvent } from '../logger/live/events.ts';
import { LiveFeeds } from '../logger/live/feeds.ts';
import type { LivePublisher } from '../logger/live/feeds.ts';
import type { Clock } from '../logger/runtime/clock.ts';
import { yieldToEventLoop } from '../logger/runtime/yield.ts';
import { CandleKeeper } from '../logger/series/candle-keeper.ts';
import { LiveCandles } from '../logger/series/live-candles.ts';
import { createSystemClock } from '../logger/service/system-clock.ts';
import type { Section } from './figures.ts';
import { summary } from './timing.ts';

const SECURITIES = 1000;
const TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1d', '7d', '30d'] as const;
const ROUNDS = 3;
const BEFORE_MS = 5000;
const AFTER_MS = 4000;
/** Every security trades twice a second. */
const TICK_MS = 10;
const PER_TICK = (2 * SECURITIES * TICK_MS) / 1000;
/** Of a trade, from the exchange to us. */
const LATENCY_US = 20_000;
const silent = (): void => undefined;
const log = { error: silent, warning: silent, notice: silent, info: silent, debug: silent };
const fail = (error: unknown): never => {
  throw error;
};

interface Lateness {
  readonly early: number[];
  readonly earlyKept: number[];
  readonly settled: number[];
  readonly settledKept: number[];
  /** How long each commit took. */
  readonly commits: number[];
}

export async function candleSections(): Promise<Section[]> {
  const rounds: Lateness[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await lateness());
  const figure = (name: string, of: keyof Lateness, part: number, goal?: string) => {
    const { value, spread } = summary(rounds.map((round) => percentile(round[of], part)));
    return { name, value, spread, unit: 'ms', ...(goal !== undefined && { goal }) };
  };
  const counts = rounds.map(({ earlyKept, settledKept }) => [earlyKept.length, settledKept.length]);
  return [
    {
      title: `Candles of ${SECURITIES} securities, ${TIMEFRAMES.length} timeframes, at a boundary of all of them`,
      note: `After the boundary. Early and settled candles that were kept in each round: ${counts.map((each) => each.join(' and ')).join('; ')}.`,
      figures: [
        figure('early, published, p99', 'early', 0.99, '≤ 250'),
        figure('early, kept, p99', 'earlyKept', 0.99),
        figure('settled, published, p99', 'settled', 0.99, '≤ 2500'),
        figure('settled, kept, p99', 'settledKept', 0.99),
        figure('longest commit', 'commits', 1),
      ],
    },
  ];
}

async function lateness(): Promise<Lateness> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-candles-'));
  const archive = await openEmbeddedArchive({ directory });
  const boundaryUs = commonBoundaryUs();
  const aheadMs = boundaryUs / 1000 - BEFORE_MS - Date.now();
  const clock = createSystemClock({
    wallMs: () => Date.now() + aheadMs,
    monotonicMs: () => performance.now(),
  });
  const late = (): number => (clock.nowUs() - boundaryUs) / 1000;
  const found: Lateness = { early: [], earlyKept: [], settled: [], settledKept: [], commits: [] };
  const feeds = new LiveFeeds(log);
  const candles = new LiveCandles({
    live: feeds,
    // Nothing was recorded before.
    source: {
      order: () => 'id',
      flush: async () => undefined,
      history: async () => ({ earlier: new Map(), fromUs: undefined, isFromBeginning: true }),
      async *replay() {
        // Nothing.
      },
    },
    clock,
    log,
    onFatal: fail,
  });
  candles.subscribe(
    (news) => void (news.type === 'early' ? found.early : found.settled).push(late()),
  );
  const put: CandleStore['put'] = async (batch) => {
    const beganMs = performance.now();
    await archive.candles.put(batch);
    found.commits.push(performance.now() - beganMs);
    for (const entry of batch) {
      const isEarly = entry.type === 'candle' && entry.state === 'early';
      (isEarly ? found.earlyKept : found.settledKept).push(late());
    }
  };
  const keeper = new CandleKeeper({
    candles,
    store: { ...readerOf(archive.candles), put },
    timeframes: TIMEFRAMES,
    persist: async () => true,
    clock,
    log,
    yieldToEventLoop,
    onFatal: fail,
  });
  keeper.start();
  try {
    await trade(feeds, clock, boundaryUs + AFTER_MS * 1000);
    await keeper.stop();
    return found;
  } finally {
    candles.stop();
    await archive.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function readerOf(store: CandleStore): Omit<CandleStore, 'put'> {
  return {
    lastEndUs: (...query) => store.lastEndUs(...query),
    between: (...query) => store.between(...query),
  };
}

/** Books are proven, and trades come until a time. */
async function trade(feeds: LiveFeeds, clock: Clock, untilUs: number): Promise<void> {
  const publishers = Array.from({ length: SECURITIES }, (_, i) => {
    const security = `bench:S${i}`;
    return { security, publisher: feeds.open(security, () => []), tradeId: 1 };
  });
  const publish = (publisher: LivePublisher, event: Record<string, unknown>): void =>
    publisher.publish(event as unknown as LiveEvent);
  for (let i = 0; clock.nowUs() < untilUs; await wait(TICK_MS)) {
    for (let n = 0; n < PER_TICK; n++, i++) {
      const one = publishers[i % SECURITIES]!;
      const { security, publisher } = one;
      const receiveTimeUs = clock.nowUs();
      const times = { exchangeTimeUs: receiveTimeUs - LATENCY_US, receiveTimeUs };
      if (i < SECURITIES)
        publish(publisher, { type: 'image', security, reason: 'proven', segment: times });
      const event = {
        ...times,
        type: 'trade',
        tradeId: one.tradeId++,
        sequence: null,
        price: 10_000 + (i % 89),
        size: 1 + (i % 7),
        side: i % 3 === 0 ? 'sell' : 'buy',
      };
      const scale = { priceExponent: 2, sizeExponent: 3 };
      publish(publisher, { type: 'side-event', security, event, scale, epoch: 1 });
    }
  }
}

/** The next time at which a candle of every timeframe ends. */
function commonBoundaryUs(): number {
  let us = intervalEndUs('30d', Date.now() * 1000);
  while (intervalStartUs('7d', us) !== us) us = intervalEndUs('30d', us);
  return us;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

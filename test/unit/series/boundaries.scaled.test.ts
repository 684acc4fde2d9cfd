/** Very many boundaries on a clock that the test moves, with stalls and losses: each candle once, none missing. */

import { expect, test } from 'vitest';
import type { Candle } from '../../../logger/candles/candle.ts';
import type { CandleOutput } from '../../../logger/candles/candle-fold.ts';
import { TIMEFRAMES, intervalEndUs, intervalStartUs } from '../../../logger/candles/timeframe.ts';
import type { Timeframe } from '../../../logger/candles/timeframe.ts';
import { LiveFeeds } from '../../../logger/live/feeds.ts';
import type { LiveEvent } from '../../../logger/live/events.ts';
import { LiveCandles } from '../../../logger/series/live-candles.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { scaled } from '../../support/scaled.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { silentLog } from '../../support/silent-log.ts';

const SECURITY = 'binance:BTCUSDT';
const SCALE = { priceExponent: 2, sizeExponent: 3 };
const BOUNDARIES = scaled({ fast: 2000, full: 10_000 });
/** Of our clock when a message of the exchange arrives. */
const LATENCY_US = 40_000;

test(`${BOUNDARIES} boundaries: every candle once, in order, and none missing`, async () => {
  const random = seededRandom();
  const clock = new ManualClock();
  const feeds = new LiveFeeds(silentLog);
  const fatal: unknown[] = [];
  const candles = new LiveCandles({
    live: feeds,
    source: {
      order: () => 'id',
      flush: async () => undefined,
      history: async () => ({ earlier: new Map(), fromUs: undefined, isFromBeginning: true }),
      async *replay() {
        // Nothing was recorded before.
      },
    },
    clock,
    log: silentLog,
    onFatal: (error) => void fatal.push(error),
  });
  const settled = new Map<Timeframe, CandleOutput[]>(TIMEFRAMES.map((name) => [name, []]));
  const early = new Map<string, Candle>();
  let [isTwiceEarly, trades] = [false, 0];
  candles.subscribe((news) => {
    if (news.type === 'settled') settled.get(news.settled.timeframe)?.push(news.settled.output);
    else {
      const key = `${news.candle.timeframe} ${news.candle.fromUs}`;
      isTwiceEarly ||= early.has(key);
      early.set(key, news.candle);
    }
  });
  candles.start();
  const publisher = feeds.open(SECURITY, () => []);
  const publish = (event: Record<string, unknown>): void =>
    publisher.publish({ security: SECURITY, ...event } as unknown as LiveEvent);
  const times = () => ({
    exchangeTimeUs: clock.nowUs() - LATENCY_US,
    receiveTimeUs: clock.nowUs(),
  });
  const prove = (): void => publish({ type: 'image', reason: 'proven', segment: times() });
  clock.advance(1000);
  prove();
  await clock.advanceAsync(0);

  let tradeId = 1;
  const beganUs = clock.nowUs();
  while (clock.nowUs() < beganUs + BOUNDARIES * 60_000_000) {
    if (random.chance(0.002)) clock.stall(random.integer(1, 400_000));
    clock.advance(random.integer(100, 20_000));
    if (random.chance(0.01)) {
      publish({
        type: 'gap',
        change: 'opened',
        gap: { fromUs: clock.nowUs(), toUs: null, cause: 'connection' },
      });
      clock.advance(random.integer(100, 300_000));
      if (random.chance(0.5)) tradeId++;
      prove();
    } else if (random.chance(0.7)) {
      const trade = {
        type: 'trade',
        tradeId: tradeId++,
        sequence: null,
        price: random.integer(1, 999),
        size: 5,
        side: 'buy',
      };
      publish({ type: 'side-event', event: { ...trade, ...times() }, scale: SCALE, epoch: 1 });
      trades++;
    } else
      publish({
        type: 'update',
        update: { type: 'diff', bids: [], asks: [], ...times() },
        segment: { scale: SCALE },
      });
  }
  clock.advance(1000);
  candles.stop();

  expect(fatal).toEqual([]);
  expect(isTwiceEarly, `seed ${random.seed}`).toBe(false);
  let counted = 0;
  for (const [timeframe, outputs] of settled) {
    const hint = `seed ${random.seed} ${timeframe}`;
    let nextUs = intervalStartUs(timeframe, beganUs - LATENCY_US);
    for (const output of outputs) {
      const { fromUs, toUs } = output.type === 'gap' ? output : output.candle;
      expect(fromUs, hint).toBe(nextUs);
      if (output.type === 'candle') {
        expect(toUs, hint).toBe(intervalEndUs(timeframe, fromUs));
        expect(['final', 'incomplete'], hint).toContain(output.candle.state);
        if (timeframe === '1m') counted += output.candle.trades;
      }
      nextUs = toUs;
    }
    const lagUs = clock.nowUs() - nextUs;
    // The running one, and at most what waits for the next trade.
    expect(lagUs, hint).toBeLessThan(
      intervalEndUs(timeframe, 0) -
        intervalStartUs(timeframe, 0) +
        1_800_000_000 +
        (timeframe === '1M' ? 86_400_000_000 : 0),
    );
  }
  expect(trades - counted, `seed ${random.seed}`).toBeLessThan(200);
  expect(counted, `seed ${random.seed}`).toBeGreaterThan(BOUNDARIES);
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { VenueEvent } from '../../../../pipe/market/events.ts';
import type { Venue } from '../../../../pipe/market/venue.ts';
import type { PastVenues } from '../../../../pipe/post-mortem/past-venues.ts';
import { candidates, merged } from '../../../../pipe/post-mortem/tops/candidates.ts';
import { decodeDayTops, encodeDayTops } from '../../../../pipe/post-mortem/tops/day-tops-codec.ts';
import {
  DAY_US,
  DayTopsBuilder,
  KINDS,
  pricesAt,
  rowAt,
} from '../../../../pipe/post-mortem/tops/day-tops.ts';
import type { DayTops } from '../../../../pipe/post-mortem/tops/day-tops.ts';
import { TopsCache } from '../../../../pipe/post-mortem/tops/tops-cache.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const DAY = 20_000 * DAY_US;

function venue(name: string): Venue {
  const instrument = {
    base: 'BTC',
    quote: 'USDT',
    tickSize: null,
    lotSize: null,
    minSize: null,
    minNotional: null,
    contract: null,
  };
  return {
    name,
    exchange: name,
    source: 'a',
    security: `${name}:BTCUSDT`,
    pair: 'BTCUSDT',
    base: 'BTC',
    quote: 'USDT',
    instrument,
  };
}

const BINANCE = venue('binance');

function top(
  us: number,
  bid: number | bigint | null,
  ask: number | bigint | null,
  priceExponent = 2,
): VenueEvent {
  const point = {
    epoch: 1,
    sequence: us,
    isSequenced: true,
    exchangeTimeUs: us,
    receiveTimeUs: us,
  };
  return {
    type: 'image',
    venue: BINANCE,
    point,
    scale: { priceExponent, sizeExponent: 3 },
    bids: bid === null ? [] : [bid, 1],
    asks: ask === null ? [] : [ask, 1],
    horizon: { bid: null, ask: null },
  };
}

function unproven(us: number): VenueEvent {
  return { type: 'unproven', venue: BINANCE, sinceUs: us, atUs: us, reason: 'gap' };
}

function topsOf(...events: readonly VenueEvent[]): DayTops {
  const builder = new DayTopsBuilder();
  for (const event of events) builder.add(event);
  return builder.finish();
}

describe('tops of a day', () => {
  test('a row is what holds from its time on, whatever the scale was', () => {
    const tops = topsOf(
      top(DAY, 10_000, 10_001),
      top(DAY + 5, 10_000, 10_001),
      top(DAY + 9, 100_005, 100_010, 3),
      top(DAY + 9, 100_006, 100_010, 3),
      unproven(DAY + 20),
      top(DAY + 30, null, 5, 0),
    );
    expect(Array.from(tops.times, (us) => us - DAY)).toEqual([0, 9, 20, 30]);
    expect(rowAt(tops, DAY - 1)).toBe(-1);
    expect(pricesAt(tops, -1)).toBeNull();
    expect(pricesAt(tops, rowAt(tops, DAY + 8))).toEqual({ bid: '100', ask: '100.01' });
    expect(pricesAt(tops, rowAt(tops, DAY + 19))).toEqual({ bid: '100.006', ask: '100.01' });
    expect(pricesAt(tops, rowAt(tops, DAY + 20))).toBeNull();
    expect(pricesAt(tops, rowAt(tops, DAY + DAY_US))).toBeNull();
  });

  test('random days come back from their bytes', () => {
    const random = seededRandom();
    for (let round = 0; round < 30; round++) {
      const builder = new DayTopsBuilder();
      let us = DAY;
      for (let i = random.integer(0, 3000); i > 0; i--) {
        us += random.integer(0, 2_000_000);
        const exponent = random.integer(0, 8);
        const price = random.integer(1, 2 ** random.integer(1, 50));
        const large = random.chance(0.05) ? 2n ** 60n : null;
        if (random.chance(0.1)) builder.add(unproven(us));
        else builder.add(top(us, random.chance(0.1) ? null : price, large ?? price + 1, exponent));
      }
      const tops = builder.finish();
      expect(decodeDayTops(encodeDayTops(tops, DAY), DAY), `SEED=${random.seed}`).toEqual(tops);
    }
  });

  test('bytes that were cut or changed are rejected, or another day; never a crash', () => {
    const random = seededRandom();
    const bytes = encodeDayTops(topsOf(top(DAY, 1, 2), top(DAY + 3, 5, 7), unproven(DAY + 9)), DAY);
    for (let i = 0; i < 500; i++) {
      const forged = bytes.slice(0, random.integer(0, bytes.length));
      if (forged.length > 0) forged[random.integer(0, forged.length - 1)] = random.integer(0, 255);
      try {
        decodeDayTops(forged, DAY);
      } catch (error) {
        expect(error).toMatchObject({ code: 'record-corrupt' });
      }
    }
  });
});

describe('candidates', () => {
  const factors = { paid: 1.001, received: 0.999 };

  test('a stretch begins and ends where the best prices do, at any scale', () => {
    const buy = topsOf(top(DAY, 9_999, 10_000), top(DAY + 100, 9_999, 10_100), unproven(DAY + 300));
    const sell = topsOf(
      top(DAY, 100_000, 100_100, 3),
      top(DAY + 50, 100_201, 100_300, 3),
      top(DAY + 120, 102_000, 103_000, 3),
    );
    expect([...candidates(buy, sell, factors, DAY + DAY_US)]).toEqual([
      { fromUs: DAY + 50, toUs: DAY + 100 },
      { fromUs: DAY + 120, toUs: DAY + 300 },
    ]);
    // 100.20 × 0.999 is not above 100 × 1.001.
    const less = topsOf(top(DAY, 100_200, 100_300, 3));
    expect([...candidates(buy, less, factors, DAY + DAY_US)]).toEqual([]);
  });

  test('a crossed book ends it', () => {
    const buy = topsOf(top(DAY, 9_999, 10_000), top(DAY + 10, 10_000, 10_000), top(DAY + 20, 1, 2));
    const sell = topsOf(top(DAY, 10_100, 10_200), top(DAY + 30, 10_201, 10_200));
    expect([...candidates(buy, sell, factors, DAY + DAY_US)]).toEqual([
      { fromUs: DAY, toUs: DAY + 10 },
      { fromUs: DAY + 20, toUs: DAY + 30 },
    ]);
  });

  test('what holds at the end of the day lasts until then, and large prices are never left out', () => {
    const sell = topsOf(top(DAY, 2n ** 60n, 2n ** 61n));
    expect([...candidates(topsOf(top(DAY, 1, 2)), sell, factors, DAY + DAY_US)]).toEqual([
      { fromUs: DAY, toUs: DAY + DAY_US },
    ]);
  });

  test('no moment at which best prices could pay is left out', () => {
    const random = seededRandom();
    for (let round = 0; round < 40; round++) {
      const day = (): DayTops => {
        const builder = new DayTopsBuilder();
        let us = DAY;
        for (let i = 0; i < 100; i++) {
          us += random.integer(0, 20);
          const bid = random.integer(990, 1010);
          if (random.chance(0.15)) builder.add(unproven(us));
          else if (random.chance(0.1)) builder.add(top(us, null, bid));
          else builder.add(top(us, bid, bid + random.integer(1, 5)));
        }
        return builder.finish();
      };
      const [buy, sell] = [day(), day()];
      const spans = [...candidates(buy, sell, factors, DAY + 5000)];
      for (let us = DAY; us < DAY + 3000; us += 7) {
        const [ask, bid] = [pricesAt(buy, rowAt(buy, us)), pricesAt(sell, rowAt(sell, us))];
        const pays =
          ask !== null && bid !== null && Number(bid.bid) * 0.999 > Number(ask.ask) * 1.001;
        const isInside = spans.some(({ fromUs, toUs }) => fromUs <= us && us < toUs);
        expect(isInside, `SEED=${random.seed}`).toBe(pays);
      }
    }
    expect(KINDS).toHaveLength(5);
  });

  test('near stretches are read as one', () => {
    const spans = [
      { fromUs: 50, toUs: 60 },
      { fromUs: 0, toUs: 10 },
      { fromUs: 5, toUs: 20 },
      { fromUs: 65, toUs: 70 },
    ];
    expect(merged(spans, 5)).toEqual([
      { fromUs: 0, toUs: 20 },
      { fromUs: 50, toUs: 70 },
    ]);
  });
});

describe('the cache', () => {
  const directories: string[] = [];
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
  });

  class ScriptedPast implements PastVenues {
    content = 'a';
    reads = 0;
    async *range(): AsyncGenerator<VenueEvent> {
      this.reads++;
      yield top(DAY - 100, 1, 2 + this.reads);
    }
    topBounds(): Promise<never[]> {
      return Promise.resolve([]);
    }
    bookAtPoint(): Promise<null> {
      return Promise.resolve(null);
    }
    endUs(): Promise<number> {
      return Promise.resolve(DAY);
    }
    fingerprint(): Promise<string> {
      return Promise.resolve(this.content);
    }
  }

  function directory(): string {
    const made = mkdtempSync(join(tmpdir(), 'tops-'));
    directories.push(made);
    return made;
  }

  test('a day that is over is read once, until the archive holds something else of it', async () => {
    const [past, path] = [new ScriptedPast(), directory()];
    const first = await new TopsCache(past, path, DAY + DAY_US).dayOf(BINANCE, DAY);
    expect(first.times[0]).toBe(DAY);
    const again = new TopsCache(past, path, DAY + DAY_US);
    expect(await again.dayOf(BINANCE, DAY)).toEqual(first);
    expect([past.reads, again.hits]).toEqual([1, 1]);
    past.content = 'b';
    expect(await again.dayOf(BINANCE, DAY)).not.toEqual(first);
    expect(past.reads).toBe(2);
    await again.dayOf(BINANCE, DAY);
    expect(past.reads).toBe(2);
  });

  test('a day that goes on is read each time, and one without a place to keep it', async () => {
    const [past, path] = [new ScriptedPast(), directory()];
    const cache = new TopsCache(past, path, DAY + DAY_US - 1);
    await cache.dayOf(BINANCE, DAY);
    await cache.dayOf(BINANCE, DAY);
    await new TopsCache(past, null, DAY + DAY_US).dayOf(BINANCE, DAY);
    expect(past.reads).toBe(3);
    expect(readdirSync(path)).toEqual([]);
  });

  test('a file that was damaged is made again', async () => {
    const [past, path] = [new ScriptedPast(), directory()];
    const cache = new TopsCache(past, path, DAY + DAY_US);
    await cache.dayOf(BINANCE, DAY);
    const file = join(path, readdirSync(path)[0] ?? '');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await cache.dayOf(BINANCE, DAY);
    expect(past.reads).toBe(2);
    expect(cache.hits).toBe(0);
  });
});

/** The small parts that exchanges share, each on a clock that the test moves. */

import { describe, expect, test } from 'vitest';
import { InvariantError, WireFormatError } from '../../../logger/errors.ts';
import { backoffDelayMs, RECONNECT_BACKOFF } from '../../../logger/runtime/backoff.ts';
import { MessagePace } from '../../../logger/exchange/feed/message-pace.ts';
import { WireErrors } from '../../../logger/exchange/wire/wire-errors.ts';
import { scaleSides } from '../../../logger/exchange/wire/scaled-levels.ts';
import { TokenBucket } from '../../../logger/exchange/token-bucket.ts';
import { TradeFilter } from '../../../logger/exchange/feed/trade-filter.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { silentLog } from '../../support/silent-log.ts';

describe('back-off', () => {
  test('the first attempt comes at once', () => {
    expect(backoffDelayMs(0, { next: () => 0.99 })).toBe(0);
  });

  test('waits are drawn from the upper half below a doubling ceiling, capped at 30 s', () => {
    const random = seededRandom();
    for (let failures = 1; failures <= 60; failures++) {
      const ceilingMs = Math.min(30_000, 250 * 2 ** (failures - 1));
      const delayMs = backoffDelayMs(failures, random);
      expect(delayMs).toBeGreaterThanOrEqual(ceilingMs / 2);
      expect(delayMs).toBeLessThanOrEqual(ceilingMs);
    }
    expect(backoffDelayMs(10_000, { next: () => 1 })).toBe(RECONNECT_BACKOFF.capMs);
  });

  test('the first three failures together cost less than 2 s', () => {
    const worst = { next: () => 1 };
    const delays = [0, 1, 2, 3].map((failures) => backoffDelayMs(failures, worst));
    expect(delays.reduce((sum, delay) => sum + delay)).toBeLessThan(2000);
  });
});

describe('the token bucket', () => {
  test('in no window more is taken than capacity and flow allow', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, { capacity: 30, perSecond: 0.8 });
    const takenMs: number[] = [];
    while (clock.monotonicMs() < 1_200_000) {
      const waitMs = bucket.waitMs(1);
      if (waitMs > 0) clock.advance(waitMs);
      bucket.take(1);
      takenMs.push(clock.monotonicMs());
    }
    for (const [index, fromMs] of takenMs.entries()) {
      const inWindow = takenMs.slice(index).filter((ms) => ms < fromMs + 300_000).length;
      expect(inWindow).toBeLessThanOrEqual(300);
    }
  });

  test('taking what is not there is a bug', () => {
    const bucket = new TokenBucket(new ManualClock(), { capacity: 1, perSecond: 1 });
    bucket.take(1);
    expect(() => bucket.take(1)).toThrow(InvariantError);
  });
});

describe('the message pace', () => {
  test('three messages pass, the fourth waits until the first is out of the window', () => {
    const clock = new ManualClock();
    const pace = new MessagePace(clock, { max: 3, windowMs: 1200 });
    for (let i = 0; i < 3; i++) {
      expect(pace.waitMs()).toBe(0);
      pace.sent();
      clock.advance(100);
    }
    expect(pace.waitMs()).toBe(900);
    clock.advance(900);
    expect(pace.waitMs()).toBe(0);
  });

  test('pongs are counted', () => {
    const clock = new ManualClock();
    const pace = new MessagePace(clock, { max: 3, windowMs: 1200 });
    pace.sent();
    pace.answeredPing();
    pace.answeredPing();
    expect(pace.waitMs()).toBe(1200);
  });

  test('a flood of pings can not silence us', () => {
    const clock = new ManualClock();
    const pace = new MessagePace(clock, { max: 3, windowMs: 1200 });
    let sent = 0;
    for (let ms = 0; ms < 12_000; ms += 10) {
      pace.answeredPing();
      if (pace.waitMs() === 0) {
        pace.sent();
        sent++;
      }
      clock.advance(10);
    }
    expect(sent).toBe(10);
  });
});

describe('wire errors', () => {
  test('every kind is counted and logged once', () => {
    const lines: string[] = [];
    const log = { ...silentLog, warning: (message: string) => void lines.push(message) };
    const wireErrors = new WireErrors('binance', log);
    for (let i = 0; i < 1000; i++) wireErrors.count('json', 'Not JSON');
    wireErrors.countOrThrow(new WireFormatError('x', { context: { kind: 'decimal' } }));
    expect(wireErrors.counts()).toEqual({ json: 1000, decimal: 1 });
    expect(lines).toHaveLength(2);
  });

  test('kinds without end share one counter', () => {
    const wireErrors = new WireErrors('binance', silentLog);
    for (let i = 0; i < 1000; i++) wireErrors.count(`kind ${i}`, '');
    expect(Object.keys(wireErrors.counts())).toHaveLength(65);
  });

  test('another error than one of the wire is passed on', () => {
    const wireErrors = new WireErrors('binance', silentLog);
    expect(() => wireErrors.countOrThrow(new InvariantError('a bug'))).toThrow(InvariantError);
  });
});

describe('scaled levels', () => {
  const scale = { priceExponent: 2, sizeExponent: 2 };

  test('finer digits anywhere move the whole message to a finer scale', () => {
    const sides = scaleSides([['1.5', '2']], [['1.501', '0.00001']], scale);
    expect(sides).toEqual({
      scale: { priceExponent: 3, sizeExponent: 5 },
      bids: [1500, 200_000],
      asks: [1501, 1],
    });
  });

  test('trailing zeros need no finer scale', () => {
    expect(scaleSides([['1.50000000', '2.0']], [], scale).scale).toBe(scale);
  });

  test('sizes beyond 2^53 stay exact', () => {
    const { bids } = scaleSides([['1', '92233720368.54775807']], [], {
      priceExponent: 8,
      sizeExponent: 8,
    });
    expect(bids[1]).toBe(9223372036854775807n);
  });

  test.each([
    [[['1']]],
    [[[1, '2']]],
    [[['1', null]]],
    [['12']],
    [[null]],
    [[{ 0: '1', 1: '2' }]],
    [[['-1', '2']]],
    [[['NaN', '2']]],
    [[['1e3', '2']]],
    [[['', '2']]],
    [[['1'.repeat(400), '2']]],
    [[['0x10', '2']]],
    [[[' 1', '2']]],
  ])('%j is rejected', (levels) => {
    expect(() => scaleSides(levels, [], scale)).toThrow(WireFormatError);
  });
});

describe('the trade filter', () => {
  test('what comes twice passes once', () => {
    const filter = new TradeFilter();
    expect([1, 2, 2, 1, 3].map((id) => filter.isNew(id))).toEqual([true, true, false, false, true]);
  });

  test('what was skipped passes later, once', () => {
    const filter = new TradeFilter();
    const ids = [1, 5, 3, 3, 2, 4, 4, 6];
    expect(ids.map((id) => filter.isNew(id))).toEqual([
      true,
      true,
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
  });

  test('any interleaving of two copies of the stream passes each trade once', () => {
    const random = seededRandom();
    const filter = new TradeFilter();
    const passed: number[] = [];
    const copies = [1, 120];
    while (Math.min(...copies) < 5000) {
      const copy = random.integer(0, 1);
      const id = copies[copy] ?? 0;
      // The copies stay within 500 trades of each other.
      if (id - Math.min(...copies) > 500) continue;
      copies[copy] = id + 1;
      if (filter.isNew(id)) passed.push(id);
    }
    const first = passed[0] ?? 0;
    expect(new Set(passed).size, `seed ${random.seed}`).toBe(passed.length);
    for (let id = Math.max(first, 120); id < 5000; id++) expect(passed).toContain(id);
  });

  test('a jump of any width costs bounded memory, and a reset lets ids start again', () => {
    const filter = new TradeFilter();
    filter.isNew(1);
    expect(filter.isNew(Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(filter.isNew(2)).toBe(false);
    filter.reset();
    expect(filter.isNew(2)).toBe(true);
  });

  test('ids that are text pass once each, and costs are bounded', () => {
    const filter = new TradeFilter();
    const ids = ['a', 'b', 'a', '1', 'b', 'c'];
    expect(ids.map((id) => filter.isNew(id))).toEqual([true, true, false, true, false, true]);
    for (let i = 0; i < 100_000; i++) filter.isNew(`id-${i}`);
    expect(filter.isNew('id-99999')).toBe(false);
    expect(filter.isNew('a')).toBe(true);
    filter.reset();
    expect(filter.isNew('id-99999')).toBe(true);
  });
});

import { describe, expect, test } from 'vitest';
import {
  FeedClosedError,
  LimitExceededError,
  RateLimitedError,
} from '../../../../logger/errors.ts';
import { BINANCE_LIMITS } from '../../../../logger/exchange/binance/limits.ts';
import { RequestBudget } from '../../../../logger/exchange/rest/request-budget.ts';
import type {
  BudgetLimits,
  BudgetRequest,
} from '../../../../logger/exchange/rest/request-budget.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const LIMITS = BINANCE_LIMITS.requests;

interface Granted {
  readonly name: string;
  readonly atMs: number;
}

class Bench {
  readonly clock = new ManualClock();
  readonly granted: Granted[] = [];
  readonly refused: { readonly name: string; readonly error: unknown }[] = [];
  readonly budget: RequestBudget;

  constructor(limits: Partial<BudgetLimits> = {}) {
    this.budget = new RequestBudget(this.clock, { ...LIMITS, ...limits });
  }

  /** Asks; the request itself takes no time unless `holds`. */
  ask(name: string, request: Partial<BudgetRequest> = {}, holds = false): void {
    const whole: BudgetRequest = {
      weight: 250,
      signal: new AbortController().signal,
      urgency: 'usual',
      maxWaitMs: 120_000,
      ...request,
    };
    void this.#await(name, whole, holds);
  }

  async #await(name: string, request: BudgetRequest, holds: boolean): Promise<void> {
    try {
      await this.budget.acquire(request);
    } catch (error) {
      this.refused.push({ name, error });
      return;
    }
    this.granted.push({ name, atMs: this.clock.monotonicMs() });
    if (!holds) this.budget.release();
  }

  get names(): string[] {
    return this.granted.map(({ name }) => name);
  }
}

describe('the request budget', () => {
  test('what is patient lets others go first that come later', async () => {
    const bench = new Bench({ burstWeight: 250 });
    bench.ask('first');
    bench.ask('patient', { urgency: 'patient' });
    // A book that is to be proven again takes what there is.
    bench.ask('again', { weight: () => 5 });
    await bench.clock.advanceAsync(10_000, 100);
    expect(bench.names).toEqual(['first', 'again', 'patient']);
    expect(bench.granted[1]?.atMs).toBeLessThan(500);
  });

  test('probes go before snapshots that wait, and after what a person waits for', async () => {
    const bench = new Bench({ burstWeight: 250 });
    for (const name of ['first', 'second', 'third']) bench.ask(name);
    bench.ask('probe', { urgency: 'probe', weight: 5 });
    bench.ask('person', { urgency: 'urgent', weight: 20 });
    await bench.clock.advanceAsync(60_000, 100);
    expect(bench.names).toEqual(['first', 'person', 'probe', 'second', 'third']);
  });

  test('a burst goes out at once, the rest at half of what the exchange allows', async () => {
    const bench = new Bench();
    for (let i = 0; i < 60; i++) bench.ask(`${i}`);
    await bench.clock.advanceAsync(600_000, 500);
    expect(bench.granted).toHaveLength(60);
    expect(bench.granted.filter(({ atMs }) => atMs === 0)).toHaveLength(10);
    // In any minute below the limit; in the long run half of it.
    for (const { atMs } of bench.granted) {
      const within = bench.granted.filter(
        (other) => other.atMs >= atMs && other.atMs < atMs + 60_000,
      );
      expect(within.length * 250).toBeLessThanOrEqual(LIMITS.maxWeight);
    }
    const after = bench.granted.filter(({ atMs }) => atMs >= 60_000 && atMs < 120_000);
    expect(after.length * 250).toBeLessThanOrEqual(LIMITS.maxWeight / 2 + 250);
    expect(after.length * 250).toBeGreaterThanOrEqual(LIMITS.maxWeight / 2 - 250);
  });

  test('a spare request takes only what no other needs, and never waits', async () => {
    const bench = new Bench();
    bench.ask('spare', { urgency: 'spare' });
    bench.ask('holding', {}, true);
    bench.ask('spare beside another', { urgency: 'spare' });
    await bench.clock.advanceAsync(0);
    expect(bench.names).toEqual(['spare', 'holding']);
    bench.budget.release();
    // More than half of the burst stays for others.
    for (let i = 0; i < 4; i++) bench.ask(`usual ${i}`);
    bench.ask('spare of what is left', { urgency: 'spare' });
    await bench.clock.advanceAsync(60_000, 1000);
    bench.budget.report(LIMITS.maxReportedWeight / 2);
    bench.ask('spare of what the address has left', { urgency: 'spare' });
    await bench.clock.advanceAsync(60_000, 1000);
    bench.budget.block(10_000, false);
    bench.ask('spare in silence', { urgency: 'spare' });
    await bench.clock.advanceAsync(0);
    expect(bench.refused.map(({ name, error }) => [name, error])).toEqual([
      ['spare beside another', expect.any(LimitExceededError)],
      ['spare of what is left', expect.any(LimitExceededError)],
      ['spare of what the address has left', expect.any(LimitExceededError)],
      ['spare in silence', expect.any(LimitExceededError)],
    ]);
    await bench.clock.advanceAsync(60_000, 1000);
    bench.ask('spare again', { urgency: 'spare' });
    await bench.clock.advanceAsync(0);
    expect(bench.names.at(-1)).toBe('spare again');
  });

  test('first come first served, urgent ones before the rest', async () => {
    const bench = new Bench({ burstWeight: 250 });
    bench.ask('first');
    bench.ask('second');
    bench.ask('third');
    bench.ask('urgent', { weight: 20, urgency: 'urgent' });
    bench.ask('urgent too', { weight: 20, urgency: 'urgent' });
    await bench.clock.advanceAsync(60_000, 100);
    expect(bench.names).toEqual(['first', 'urgent', 'urgent too', 'second', 'third']);
  });

  test('only so many requests are under way at once', async () => {
    const bench = new Bench();
    for (let i = 0; i < 6; i++) bench.ask(`${i}`, {}, true);
    await bench.clock.advanceAsync(1000);
    expect(bench.names).toHaveLength(LIMITS.maxInFlight);
    bench.budget.release();
    await bench.clock.advanceAsync(0);
    expect(bench.names).toHaveLength(LIMITS.maxInFlight + 1);
  });

  test('a place in the queue can be given up, and those behind move up', async () => {
    const bench = new Bench({ burstWeight: 250 });
    const controller = new AbortController();
    bench.ask('first');
    bench.ask('given up', { signal: controller.signal });
    bench.ask('last');
    controller.abort();
    await bench.clock.advanceAsync(60_000, 100);
    expect(bench.names).toEqual(['first', 'last']);
    expect(bench.refused[0]?.error).toBeInstanceOf(FeedClosedError);
    bench.ask('too late', { signal: controller.signal });
    await bench.clock.advanceAsync(0);
    expect(bench.refused[1]?.error).toBeInstanceOf(FeedClosedError);
  });

  test('a full queue rejects', async () => {
    const bench = new Bench({ burstWeight: 250, maxQueued: 2 });
    for (let i = 0; i < 4; i++) bench.ask(`${i}`);
    await bench.clock.advanceAsync(0);
    expect(bench.refused.map(({ error }) => error)).toEqual([expect.any(LimitExceededError)]);
  });

  test('"slow down" holds everything back for as long as the exchange says', async () => {
    const bench = new Bench();
    bench.budget.block(7000, false);
    bench.ask('waits');
    expect(bench.budget.bannedUntilUs).toBe(bench.clock.nowUs() + 7_000_000);
    await bench.clock.advanceAsync(6999, 10);
    expect(bench.names).toEqual([]);
    await bench.clock.advanceAsync(1);
    expect(bench.names).toEqual(['waits']);
    expect(bench.budget.bannedUntilUs).toBeNull();
  });

  test('requests that would not wait that long fail at once, also those that wait already', async () => {
    const bench = new Bench({ burstWeight: 250 });
    bench.ask('first');
    bench.ask('impatient before', { urgency: 'urgent', maxWaitMs: 5000 });
    bench.budget.block(30_000, false);
    bench.ask('impatient after', { urgency: 'urgent', maxWaitMs: 5000 });
    bench.ask('patient');
    await bench.clock.advanceAsync(0);
    expect(bench.refused.map(({ name }) => name)).toEqual(['impatient before', 'impatient after']);
    expect(bench.refused[0]?.error).toMatchObject({ code: 'rate-limited', retryAfterMs: 30_000 });
    await bench.clock.advanceAsync(30_000);
    expect(bench.names).toEqual(['first', 'patient']);
  });

  test('a ban rejects all requests, waiting and new, until it is over', async () => {
    const bench = new Bench({ burstWeight: 250 });
    bench.ask('first');
    bench.ask('waiting');
    bench.budget.block(120_000, true);
    bench.ask('later');
    await bench.clock.advanceAsync(119_999);
    bench.ask('still');
    await bench.clock.advanceAsync(0);
    expect(bench.names).toEqual(['first']);
    expect(bench.refused.map(({ error }) => error)).toEqual([
      expect.any(RateLimitedError),
      expect.any(RateLimitedError),
      expect.any(RateLimitedError),
    ]);
    await bench.clock.advanceAsync(1);
    bench.ask('after');
    await bench.clock.advanceAsync(0);
    expect(bench.names).toEqual(['first', 'after']);
  });

  test('a later shorter demand does not shorten the silence', async () => {
    const bench = new Bench();
    bench.budget.block(10_000, false);
    bench.budget.block(1000, false);
    bench.ask('waits');
    await bench.clock.advanceAsync(9999, 100);
    expect(bench.names).toEqual([]);
  });

  test('what the exchange reports as used stops us below its limit, for a minute at most', async () => {
    const bench = new Bench();
    bench.budget.report(5600);
    expect(bench.budget.weightUsed).toBe(5600);
    bench.ask('too heavy');
    await bench.clock.advanceAsync(59_999, 1000);
    expect(bench.names).toEqual([]);
    await bench.clock.advanceAsync(1);
    expect(bench.names).toEqual(['too heavy']);
    expect(bench.budget.weightUsed).toBe(0);
  });
});

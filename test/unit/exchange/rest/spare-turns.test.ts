import { describe, expect, test } from 'vitest';
import {
  ExchangeRejectedError,
  FeedClosedError,
  LimitExceededError,
  RateLimitedError,
} from '../../../../logger/errors.ts';
import { whenSpare } from '../../../../logger/exchange/rest/spare-turns.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const random = { next: () => 0.5 };

/** Asks a script of errors and then answers. */
async function run(errors: readonly Error[], stop = new AbortController()) {
  const clock = new ManualClock();
  const asked: number[] = [];
  const waits: number[] = [];
  const startMs = clock.monotonicMs();
  const ask = async (): Promise<string> => {
    const error = errors[asked.length];
    asked.push(clock.monotonicMs() - startMs);
    if (error) throw error;
    return 'answer';
  };
  const deps = { clock, random, signal: stop.signal, onWait: (ms: number) => void waits.push(ms) };
  const outcome = whenSpare(ask, deps).catch((error: unknown) => error);
  await clock.advanceAsync(700_000, 1000);
  return { outcome: await outcome, asked, waits };
}

describe('a spare request', () => {
  test('waits for its turn, for as long as others use the budget', async () => {
    const busy = Array.from(
      { length: 12 },
      () => new LimitExceededError('busy', { retryable: true }),
    );
    const { outcome, asked, waits } = await run(busy);
    expect([outcome, asked.length, waits]).toEqual(['answer', 13, []]);
  });

  test('waits out a ban, and says so', async () => {
    const { outcome, asked, waits } = await run([new RateLimitedError('banned', 600_000)]);
    expect([outcome, asked, waits]).toEqual(['answer', [0, 600_000], [600_000]]);
  });

  test('gives up after some failures in a row', async () => {
    const broken = Array.from({ length: 9 }, () => new FeedClosedError('no answer'));
    const { outcome, asked } = await run(broken);
    expect(outcome).toBe(broken[5]);
    expect(asked).toHaveLength(6);
  });

  test('a rejection is passed on at once', async () => {
    const rejected = new ExchangeRejectedError('bad request');
    expect((await run([rejected])).outcome).toBe(rejected);
  });

  test('ends with the signal', async () => {
    const stop = new AbortController();
    stop.abort();
    const { outcome, asked } = await run([new LimitExceededError('busy')], stop);
    expect(outcome).toBeInstanceOf(FeedClosedError);
    expect(asked).toHaveLength(1);
  });
});

/** Instruments asked for one by one, and looked up together. */

import { beforeEach, expect, test } from 'vitest';
import {
  FeedClosedError,
  RateLimitedError,
  UnknownSecurityError,
} from '../../../../logger/errors.ts';
import { InstrumentBatch } from '../../../../logger/exchange/rest/instrument-batch.ts';
import type { Instrument } from '../../../../logger/exchange/exchange.ts';
import type { Listing } from '../../../../logger/exchange/streaming-exchange.ts';

const NEVER = new AbortController().signal;
const MAX_SYMBOLS = 100;

/** The symbols of each look-up, and how to answer it. */
let lookUps: {
  readonly symbols: readonly string[];
  readonly answer: (listings: ReadonlyMap<string, Listing>) => void;
  readonly fail: (error: unknown) => void;
}[];
let batch: InstrumentBatch;

beforeEach(() => {
  lookUps = [];
  batch = new InstrumentBatch(
    MAX_SYMBOLS,
    (symbols) =>
      new Promise((answer, fail) => {
        lookUps.push({ symbols, answer, fail });
      }),
  );
});

function instrument(symbol: string): Instrument {
  return { symbol, scale: { priceExponent: 8, sizeExponent: 8 }, tickSize: null, lotSize: null };
}

function listed(symbols: readonly string[]): Map<string, Listing> {
  return new Map(symbols.map((symbol) => [symbol, instrument(symbol)]));
}

/** Answers the latest look-up. */
async function answer(): Promise<void> {
  const latest = lookUps.at(-1);
  latest?.answer(listed(latest.symbols));
  await settled();
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

test('a single one is looked up at once', async () => {
  const asked = batch.ask('A', NEVER);
  expect(lookUps).toMatchObject([{ symbols: ['A'] }]);
  await answer();
  expect(await asked).toEqual(instrument('A'));
});

test('those that come while a look-up is under way share the next ones', async () => {
  const symbols = Array.from({ length: 251 }, (_, i) => `S${i}`);
  const asked = Promise.all(symbols.map((symbol) => batch.ask(symbol, NEVER)));
  for (let i = 0; i < 4; i++) await answer();
  expect(lookUps.map((one) => one.symbols.length)).toEqual([1, 100, 100, 50]);
  expect((await asked).map(({ symbol }) => symbol)).toEqual(symbols);
});

test('one symbol that is asked for twice is looked up once', async () => {
  const first = batch.ask('A', NEVER);
  const asked = [batch.ask('B', NEVER), batch.ask('B', NEVER)];
  await answer();
  await answer();
  expect(lookUps.map((one) => one.symbols)).toEqual([['A'], ['B']]);
  expect(await Promise.all([first, ...asked])).toHaveLength(3);
});

test('one that is not listed is rejected with the reason, and the others get theirs', async () => {
  void batch.ask('A', NEVER);
  const [listedOne, unlisted, missing] = ['B', 'C', 'D'].map((symbol) => batch.ask(symbol, NEVER));
  await answer();
  lookUps.at(-1)?.answer(new Map<string, Listing>([...listed(['B']), ['C', { unlisted: 'Gone' }]]));
  expect(await listedOne).toEqual(instrument('B'));
  await expect(unlisted).rejects.toThrow(new UnknownSecurityError('Gone'));
  await expect(missing).rejects.toThrow('The exchange does not list D');
});

test('a look-up that fails fails those that it was for, and the next is made', async () => {
  const first = batch.ask('A', NEVER);
  const second = batch.ask('B', NEVER);
  const error = new RateLimitedError('Too many', 1000);
  lookUps[0]?.fail(error);
  await expect(first).rejects.toBe(error);
  await answer();
  expect(await second).toEqual(instrument('B'));
});

test('a wait that is cancelled ends, and is not looked up', async () => {
  const life = new AbortController();
  const first = batch.ask('A', life.signal);
  const second = batch.ask('B', life.signal);
  const third = batch.ask('C', NEVER);
  life.abort();
  await expect(first).rejects.toThrow(FeedClosedError);
  await expect(second).rejects.toThrow(FeedClosedError);
  await expect(batch.ask('D', life.signal)).rejects.toThrow(FeedClosedError);
  await answer();
  await answer();
  expect(lookUps.map((one) => one.symbols)).toEqual([['A'], ['C']]);
  expect(await third).toEqual(instrument('C'));
});

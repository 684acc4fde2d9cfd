/** Runs that end in the middle of a transfer, and the run after them. */

import { describe, expect, it } from 'vitest';
import { ZERO, addExact, formatExact, parseExact } from '../../../../pipe/market/exact.ts';
import type { VenueEvent } from '../../../../pipe/market/events.ts';
import type {
  DecisionRecord,
  LedgerEntry,
  ResultRecord,
} from '../../../../pipe/records/records.ts';
import { MemoryRecords } from '../../../support/memory-records.ts';
import { play, randomScript } from '../../../support/random-market.ts';
import { seededRandom, testSeed } from '../../../support/seeded-random.ts';
import {
  RICH,
  START_US,
  TestVenue,
  at,
  feesWith,
  startRun,
  venueOf,
} from '../../../support/strategy-market.ts';
import type { TradingRun } from '../../../support/trading-run.ts';

const A = venueOf('cheap');
const B = venueOf('dear');
const CALM = { at: () => ({ bid: '100', ask: '100.01' }) };
const MS = 1000;
/** One confirmation of 600 s, from the buy at 51 ms on. */
const DUE_MS = 51 + 600_000;

const image = (venue: typeof A, ms: number, bids: string, asks: string): VenueEvent =>
  new TestVenue(venue).image(at(ms), bids, asks);

const startAt = (
  store: MemoryRecords,
  ms: number,
  changes: Parameters<typeof startRun>[1] = {},
  venues = [A, B],
): Promise<TradingRun> =>
  startRun(venues, {
    store,
    options: { transfer: 'yes', 'min-profit': '1' },
    history: () => CALM,
    startUs: at(ms),
    ...changes,
  });

/** 2.5 are bought where it is cheap, and on their way. */
async function sent(store: MemoryRecords): Promise<TradingRun> {
  const run = await startAt(store, 0);
  run.onEvent(image(A, 0, '99×5', '100×1 101×2'));
  run.onEvent(image(B, 1, '103×1.5 102×1', '104×5'));
  run.onTime(at(1000));
  return run;
}

/** The books of a later time: nothing pays any more. */
function quiet(run: TradingRun, ms: number): void {
  run.onEvent(image(A, ms, '99×5', '110×1'));
  run.onEvent(image(B, ms, '98×5', '104×5'));
}

const movesOf = (store: MemoryRecords): LedgerEntry[] =>
  store.all<LedgerEntry>('paper_ledger').filter(({ kind }) => kind !== 'opening');

const kindsOf = (store: MemoryRecords): string[] =>
  movesOf(store)
    .slice(7)
    .map(({ kind, venue, coin, amount, atUs }) =>
      [(atUs - START_US) / MS, kind, venue, amount, coin].join(' '),
    );

/** Numbers without a gap, each balance the sum of its movements, nothing but fees gone. */
function expectWhole(store: MemoryRecords): void {
  const ledger = store.all<LedgerEntry>('paper_ledger');
  const sums = new Map<string, ReturnType<typeof parseExact>>();
  ledger.forEach(({ number, venue, coin, amount, balance }, place) => {
    expect(number).toBe(place + 1);
    const sum = addExact(sums.get(`${venue} ${coin}`) ?? ZERO, parseExact(amount));
    sums.set(`${venue} ${coin}`, sum);
    expect(balance).toBe(formatExact(sum));
  });
  const moved = ledger.filter(({ kind }) => kind === 'withdrawal' || kind === 'deposit');
  const left = moved.reduce((sum, { amount }) => addExact(sum, parseExact(amount)), ZERO);
  expect(formatExact(left)).toBe('0');
}

describe('a transfer', () => {
  it('goes on after a kill as if nothing had been', async () => {
    const [killed, control] = [new MemoryRecords(), new MemoryRecords()];
    await (await sent(killed)).kill();
    const again = await startAt(killed, 300_000);
    const unharmed = await sent(control);
    for (const run of [again, unharmed]) {
      quiet(run, 300_000);
      run.onTime(at(DUE_MS - 1));
      quiet(run, DUE_MS - 1);
      run.onTime(at(DUE_MS + 1000));
      await run.stop(at(DUE_MS + 1000));
    }
    expect(movesOf(killed)).toEqual(movesOf(control));
    expect(kindsOf(killed)).toEqual([
      `${DUE_MS} deposit dear 2.4965 BTC`,
      `${DUE_MS + 50} sell dear -2.4965 BTC`,
      `${DUE_MS + 50} sell dear 244.657 USDT`,
      `${DUE_MS + 50} fee dear -0.244657 USDT`,
    ]);
    expectWhole(killed);
  });

  it('that was due meanwhile arrives at the start, late, and is sold at the book of then, once', async () => {
    const store = new MemoryRecords();
    await (await sent(store)).kill();
    const startMs = 2 * DUE_MS;
    const again = await startAt(store, startMs);
    again.onTime(at(startMs + 100));
    expect(again.balance('dear', 'BTC')).toBe('1002.4965');
    // There is no book yet.
    quiet(again, startMs + 200);
    again.onTime(at(startMs + 300));
    const sold = [
      `${startMs} deposit dear 2.4965 BTC`,
      `${startMs + 250} sell dear -2.4965 BTC`,
      `${startMs + 250} sell dear 244.657 USDT`,
      `${startMs + 250} fee dear -0.244657 USDT`,
    ];
    await again.kill();
    expect(kindsOf(store)).toEqual(sold);
    // The sale goes on counting where the run before it was killed.
    const decisions = store.all<DecisionRecord>('decisions').slice(-1);
    expect(decisions).toMatchObject([
      { id: expect.stringMatching(/\/2$/) as string, verdict: 'taken' },
    ]);
    const lateness = movesOf(store).map(({ dueUs }) => dueUs);
    expect(lateness.filter((dueUs) => dueUs !== undefined)).toEqual([at(DUE_MS)]);

    const third = await startAt(store, 3 * DUE_MS);
    quiet(third, 3 * DUE_MS);
    await third.stop(at(4 * DUE_MS));
    expect(kindsOf(store)).toEqual(sold);
    expectWhole(store);
  });

  it('that has arrived and is not sold yet at a kill is sold by the next run', async () => {
    const store = new MemoryRecords();
    const run = await sent(store);
    // The sale is under way.
    run.onTime(at(DUE_MS + 1));
    await run.kill();
    expect(kindsOf(store)).toEqual([`${DUE_MS} deposit dear 2.4965 BTC`]);
    const again = await startAt(store, DUE_MS + 5000);
    quiet(again, DUE_MS + 6000);
    await again.stop(at(DUE_MS + 6001));
    expect(kindsOf(store).slice(1)).toEqual([
      `${DUE_MS + 6050} sell dear -2.4965 BTC`,
      `${DUE_MS + 6050} sell dear 244.657 USDT`,
      `${DUE_MS + 6050} fee dear -0.244657 USDT`,
    ]);
    expectWhole(store);
  });

  it('that is on its way at a stop is left to the next run', async () => {
    const store = new MemoryRecords();
    await (await sent(store)).stop(at(2000));
    expect(kindsOf(store)).toEqual([]);
    const again = await startAt(store, 3000);
    again.onTime(at(DUE_MS + 1));
    await again.kill();
    expect(kindsOf(store)).toEqual([`${DUE_MS} deposit dear 2.4965 BTC`]);
  });

  it('is not sold while the kill switch is set', async () => {
    const store = new MemoryRecords();
    await (await sent(store)).kill();
    const again = await startAt(store, 2 * DUE_MS);
    again.haltReason = 'enough';
    quiet(again, 2 * DUE_MS);
    again.onTime(at(2 * DUE_MS + 1000));
    quiet(again, 2 * DUE_MS + 2000);
    again.onTime(at(2 * DUE_MS + 3000));
    await again.kill();
    expect(kindsOf(store)).toEqual([`${2 * DUE_MS} deposit dear 2.4965 BTC`]);
    again.haltReason = null;
    quiet(again, 2 * DUE_MS + 4000);
    again.onTime(at(2 * DUE_MS + 5000));
    await again.kill();
    expect(kindsOf(store).length).toBe(4);
  });

  it('has its whole result when it is sold: what was paid before the kill is a part of it', async () => {
    const store = new MemoryRecords();
    await (await sent(store)).kill();
    const options = { transfer: 'yes', 'max-daily-loss': '1' };
    const again = await startAt(store, 2 * DUE_MS, { options });
    quiet(again, 2 * DUE_MS);
    await again.stop(at(2 * DUE_MS + 1));
    // 244.657 less its fee, less the 251.5 that were paid.
    expect(again.haltReason).toContain('the result of this day is -7.087657 USDT');
  });

  it('counts for the limit until it arrives, also where its pair is not followed any more', async () => {
    const store = new MemoryRecords();
    await (await sent(store)).kill();
    const others = [venueOf('cheap', 'BTCUSDC'), venueOf('dear', 'BTCUSDC')];
    const [c, d] = others as [typeof A, typeof A];
    const balances = { cheap: { USDC: '100000' }, dear: { USDC: '100000' } };
    const again = await startAt(store, 300_000, { balances }, others);
    const pays = (ms: number): void => {
      again.onEvent(image(c, ms, '99×5', '100×1 101×2'));
      again.onEvent(image(d, ms + 1, '103×1.5 102×1', '104×5'));
      again.onEvent(image(d, ms + 2, '98×1', '104×5'));
    };
    pays(300_000);
    pays(DUE_MS + 1000);
    await again.stop(at(DUE_MS + 2000));
    const reasons = store
      .all<DecisionRecord>('decisions')
      .map((decision) => decision.reasons.map(({ reason, detail }) => `${reason}: ${detail}`));
    expect(reasons).toEqual([[], ['limit: 1 transfers are on their way'], []]);
  });
});

describe('what a day has brought', () => {
  const DAY_MS = 86_400_000;
  /** 7.087657 are lost with the transfer, and the next opportunity comes when they are. */
  async function nextDecision(afterMs: number, options = {}): Promise<DecisionRecord | undefined> {
    const store = new MemoryRecords();
    await (await sent(store)).kill();
    const loses = await startAt(store, 2 * DUE_MS);
    quiet(loses, 2 * DUE_MS);
    loses.onTime(at(2 * DUE_MS + 1000));
    await loses.kill();
    expect(store.all<ResultRecord>('results')).toMatchObject([
      { result: '-7.087657', quote: 'USDT', money: '-7.087657', rest: '0', hasFailed: false },
    ]);
    const startMs = 2 * DUE_MS + afterMs;
    const again = await startAt(store, startMs, { options: { 'max-daily-loss': '7', ...options } });
    again.onEvent(image(A, startMs, '99×5', '100×1 101×2'));
    again.onEvent(image(B, startMs + 1, '103×1.5 102×1', '104×5'));
    await again.kill();
    return store.all<DecisionRecord>('decisions').at(-1);
  }

  it('counts towards --max-daily-loss after a kill', async () => {
    const decision = await nextDecision(5000);
    expect(decision?.reasons).toEqual([
      { reason: 'limit', detail: 'the result of this day is -7.087657' },
    ]);
    expect((await nextDecision(5000, { 'max-daily-loss': '8' }))?.verdict).toBe('taken');
  });

  it('counts on its UTC day alone', async () => {
    const decision = await nextDecision(DAY_MS);
    expect(decision?.verdict).toBe('taken');
    expect(decision?.inputs['standing']).toMatchObject({ resultOfDay: '0' });
  });
});

describe('a sale of what has arrived', () => {
  it('that finds no book is tried again, and has one result', async () => {
    const store = new MemoryRecords();
    const run = await sent(store);
    run.onTime(at(DUE_MS + 1));
    run.onEvent(new TestVenue(B).gap(at(DUE_MS + 10)));
    run.onTime(at(DUE_MS + 100));
    expect(store.all('results')).toEqual([]);
    quiet(run, DUE_MS + 200);
    run.onTime(at(DUE_MS + 1000));
    await run.kill();
    expect(kindsOf(store).slice(1)[0]).toBe(`${DUE_MS + 250} sell dear -2.4965 BTC`);
    expect(store.all('results')).toMatchObject([{ result: '-7.087657', hasFailed: false }]);
  });

  it('of less than a lot is done, also after a restart', async () => {
    const store = new MemoryRecords();
    const coarse = { ...B, instrument: { ...B.instrument, lotSize: '5' } };
    await (await sent(store)).kill();
    for (const ms of [2 * DUE_MS, 3 * DUE_MS]) {
      const run = await startAt(store, ms, {}, [A, coarse]);
      run.onEvent(image(A, ms, '99×5', '110×1'));
      run.onEvent(image(coarse, ms, '98×5', '104×5'));
      run.onTime(at(ms + 1000));
      await run.kill();
    }
    // 2.4965 at 98, less the fee.
    const rest = { rest: '2.4965', worth: '244.412343', result: '-7.087657' };
    expect(store.all('results')).toMatchObject([{ ...rest, money: '-251.5' }]);
    expect(kindsOf(store)).toEqual([`${2 * DUE_MS} deposit dear 2.4965 BTC`]);
  });
});

it('what is bought and its withdrawal are one commit', async () => {
  const store = new MemoryRecords();
  const commits: string[][] = [];
  const put = store.put.bind(store);
  store.put = (batch) => {
    commits.push((batch.ledger ?? []).map(({ kind }) => kind));
    return put(batch);
  };
  const run = await startAt(store, 0);
  run.onEvent(image(A, 0, '99×5', '100×1 101×2'));
  run.onEvent(image(B, 1, '103×1.5 102×1', '104×5'));
  await run.kill();
  run.onTime(at(1000));
  await run.kill();
  expect(commits.filter((kinds) => kinds.includes('buy'))).toEqual([
    ['buy', 'buy', 'buy', 'buy', 'fee', 'withdrawal', 'transfer-fee'],
  ]);
});

const seed = testSeed();

it(`whenever runs are killed, each transfer arrives once and is sold once [seed ${seed}]`, async () => {
  const random = seededRandom(seed);
  const venues = ['one', 'two', 'three'].map((name) => venueOf(name));
  const network = { ...feesWith().coins['BTC']?.[0], blockSeconds: 1, withdrawFee: '0.00001' };
  const fees = feesWith({ taker: '0.0001', coins: { BTC: [network as never] } });
  const store = new MemoryRecords();
  const script = randomScript(random, venues, 4000);
  const start = (startUs: number): Promise<TradingRun> =>
    startRun(venues, {
      store,
      options: { transfer: 'yes', 'max-open-transfers': '3', 'max-failures': '100000' },
      table: { exchanges: { one: fees, two: fees, three: fees } },
      history: () => CALM,
      balances: { one: RICH, two: RICH, three: RICH },
      startUs,
    });
  let run = await start(script[0]?.atUs ?? 0);
  let late = 0;
  for (let from = 0; from < script.length;) {
    const to = from + random.integer(20, 200);
    play(run, script.slice(from, to));
    await run.kill();
    from = to + random.integer(0, 40);
    run = await start(script[Math.min(from, script.length - 1)]?.atUs ?? 0);
  }
  const endUs = (script.at(-1)?.atUs ?? 0) + 10_000_000;
  for (const venue of venues) run.onEvent(new TestVenue(venue).image(endUs, '99×999', '101×999'));
  run.onTime(endUs + 1_000_000);
  await run.stop(endUs + 1_000_000);
  expectWhole(store);
  const ledger = movesOf(store);
  const sentBy = new Set(ledger.filter(({ kind }) => kind === 'withdrawal').map((e) => e.decision));
  for (const decision of sentBy) {
    const own = ledger.filter((entry) => entry.decision === decision);
    const deposits = own.filter(({ kind }) => kind === 'deposit');
    expect(deposits.length).toBe(1);
    if (deposits[0]?.dueUs !== undefined) late++;
    expect(new Set(own.filter(({ kind }) => kind === 'sell').map(({ atUs }) => atUs)).size).toBe(1);
  }
  expect(late).toBeGreaterThan(0);
  expect(sentBy.size).toBeGreaterThan(late);
});

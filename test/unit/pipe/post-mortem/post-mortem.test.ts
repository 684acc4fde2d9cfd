import { describe, expect, test } from 'vitest';
import { TwoSidedBook } from '../../../../logger/book/two-sided-book.ts';
import type { FeeTable } from '../../../../pipe/fees/fee-table.ts';
import type { VenueImage } from '../../../../pipe/market/events.ts';
import { pageOf } from '../../../../pipe/post-mortem/page/page.ts';
import { postMortem } from '../../../../pipe/post-mortem/post-mortem.ts';
import type { PostMortemOptions } from '../../../../pipe/post-mortem/post-mortem.ts';
import type { PostMortem } from '../../../../pipe/post-mortem/report.ts';
import { textOf } from '../../../../pipe/post-mortem/text.ts';
import { TopsCache } from '../../../../pipe/post-mortem/tops/tops-cache.ts';
import { directionOf } from '../../../../pipe/post-mortem/missed.ts';
import type { DecisionRecord, OpportunityRecord } from '../../../../pipe/records/records.ts';
import { decide } from '../../../../pipe/strategy/arbitrage/decide.ts';
import { decideSale } from '../../../../pipe/strategy/arbitrage/sale.ts';
import { arbitrageSettings } from '../../../../pipe/strategy/arbitrage/settings.ts';
import type { ArbitrageSettings } from '../../../../pipe/strategy/arbitrage/settings.ts';
import { MemoryRecords } from '../../../support/memory-records.ts';
import { RecordedVenues, VenueScript, testVenue } from '../../../support/recorded-venues.ts';
import { testFees } from '../../../support/test-fees.ts';

/** Noon of a day. */
const T = Date.UTC(2026, 10, 20, 12) * 1000;
const MS = 1000;
const S = 1_000_000;

const A = testVenue('binance', '0.5');
const B = testVenue('bybit', '0.0001');

function table(taker = '0.001'): FeeTable {
  return { exchanges: { binance: testFees(50, taker), bybit: testFees(80, taker) } };
}

const settings = arbitrageSettings({ transfer: 'yes', 'min-profit': '0.5' });

function legOf({ venue, point, ...image }: VenueImage) {
  const { name, security, source } = venue;
  const book = TwoSidedBook.fromImage(image);
  return { venue: name, security, source, point, book, horizon: image.horizon };
}

/** What a live run leaves of one opportunity that it decided at these books. */
function decided(
  buy: VenueImage,
  sell: VenueImage,
  atUs: number,
): { opportunity: OpportunityRecord; decision: DecisionRecord } {
  const made = decide({
    atUs,
    buy: legOf(buy),
    sell: legOf(sell),
    table: table(),
    settings,
    inputs: {
      direction: directionOf(buy.venue, sell.venue),
      balances: { quote: '100000', base: '0' },
      taken: { asks: {}, bids: {} },
      halted: null,
      standing: { openTransfers: 0, failures: 0, resultOfDay: '0' },
    },
    risk: (delayMs) => ({ delayMs, samples: 100, move: '0.1' }),
  });
  const { verdict, reasons, evaluation, inputs, expected } = made;
  const id = `arbitrage/BTCUSDT/${String(atUs).padStart(16, '0')}/${buy.venue.name}>${sell.venue.name}`;
  const common = { strategy: 'arbitrage', pair: 'BTCUSDT' };
  return {
    opportunity: {
      id,
      ...common,
      buy: buy.venue.name,
      sell: sell.venue.name,
      fromUs: atUs,
      toUs: atUs + 200 * MS,
      end: 'closed',
      first: evaluation,
      best: evaluation,
      evaluations: 3,
    },
    decision: {
      id: `${id}/1`,
      opportunity: id,
      ...common,
      atUs,
      verdict,
      reasons,
      evaluation,
      inputs: { ...inputs },
      expected: { ...expected },
    },
  };
}

interface Scene {
  readonly a: VenueScript;
  readonly b: VenueScript;
  readonly store: MemoryRecords;
  readonly decision: DecisionRecord;
  readonly opportunity: OpportunityRecord;
}

/** The books of the contract's vector, and what came after them. */
async function scene(
  later: (a: VenueScript, b: VenueScript) => void,
  recorded: (decision: DecisionRecord) => DecisionRecord = (decision) => decision,
  ofRun: ArbitrageSettings = settings,
): Promise<Scene> {
  const [a, b] = [new VenueScript(A), new VenueScript(B)];
  const buy = a.image(T - MS, '99×5', '100×1 101×2');
  const sell = b.image(T, '103×1.5 102×1 50×10', '104×1');
  later(a, b);
  const { opportunity, decision } = decided(buy, sell, T);
  const store = new MemoryRecords();
  await store.putFeeTable({ id: 'fees-1', table: table() });
  await store.putRun({
    id: 'arbitrage/1',
    strategy: 'arbitrage',
    startedUs: T - S,
    feeTable: 'fees-1',
    settings: ofRun as unknown as Record<string, unknown>,
    venues: [A, B, testVenue('coinbase')],
  });
  await store.put({ opportunities: [opportunity], decisions: [recorded(decision)] });
  return { a, b, store, decision, opportunity };
}

async function examine(
  { a, b, store }: Scene,
  options: Partial<PostMortemOptions> & { readonly endUs?: number } = {},
): Promise<PostMortem> {
  const { endUs = T + 3600 * S, ...given } = options;
  const past = new RecordedVenues([a, b], endUs);
  const report = await postMortem(
    { past, store, tops: new TopsCache(past, null, 0), onProgress: () => undefined },
    { strategy: 'arbitrage', fromUs: null, toUs: null, other: null, venues: [], ...given },
  );
  if (report === null) throw new Error('No record');
  return report;
}

/** The ask gets thinner before the fill; the bid goes away, and comes back for the transfer. */
function story(a: VenueScript, b: VenueScript): void {
  a.update(T + 30 * MS, '', '100×0.5');
  b.update(T + 60 * MS, '102×2', '');
  b.update(T + 200 * MS, '103×0', '');
  b.update(T + 30 * S, '104×5', '104×0 105×5');
  a.update(T + 31 * S, '', '104.5×9 100×0 101×0');
}

describe('postMortem', () => {
  test('says to the last digit what was predicted, and what the later books made of it', async () => {
    const given = await scene(story);
    expect(given.decision.verdict).toBe('taken');
    const report = await examine(given);
    const [one] = report.opportunities;
    expect(report.opportunities).toHaveLength(1);
    expect(one?.predicted).toMatchObject({ size: '2.5', profit: '4.386857', bps: '174.43' });
    // 50 + 202 for 2.5; of 2.4975, 154.5 + 101.745, less 0.1 %.
    expect(one?.atLatency).toEqual({
      state: 'known',
      buyAtUs: T + 50 * MS,
      sellAtUs: T + 80 * MS,
      size: '2.5',
      cost: '252',
      net: '255.988755',
      profit: '3.988755',
    });
    // 2.4965 sold at 104, less 0.1 %.
    expect(one?.byTransfer).toMatchObject({
      state: 'known',
      sellAtUs: T + 60 * S + 130 * MS,
      net: '259.376364',
      profit: '7.376364',
      network: 'bitcoin',
      delayUs: 60 * S,
    });
    expect(one?.breakEven.latency).toEqual({ state: 'known', us: 200 * MS, isAtLeast: false });
    expect(one?.breakEven.transfer).toEqual({ state: 'known', us: 70 * MS, isAtLeast: false });
    expect(report.recomputation).toMatchObject({ decisions: 1, equal: 1, different: 0 });
    expect(report.totals.all).toEqual([
      expect.objectContaining({ quote: 'USDT', predicted: '4.386857', realised: '3.988755' }),
    ]);
  });

  test('says what the orders really came to, whatever the table', async () => {
    const given = await scene(story);
    const { id: decision, pair } = given.decision;
    const figures = { money: '1.75', rest: '0', worth: '0', result: '1.75', hasFailed: false };
    const common = { decision, strategy: 'arbitrage', pair, atUs: T, quote: 'USDT' };
    expect((await examine(given)).totals.all).toMatchObject([{ booked: '0', unbooked: 1 }]);
    await given.store.put({ results: [{ ...common, ...figures }] });
    expect((await examine(given)).totals.all).toMatchObject([{ booked: '1.75', unbooked: 0 }]);
    const other = { id: 'dear', table: table('0.02') };
    const [anew] = (await examine(given, { other })).opportunities;
    expect(anew).toMatchObject({ verdict: 'rejected', booked: { result: { profit: '1.75' } } });
  });

  test('a gap in that future is not a number', async () => {
    const report = await examine(
      await scene((a, b) => {
        b.update(T + 10 * MS, '102×2', '');
        a.unproven(T + 40 * MS);
        a.image(T + 400 * MS, '99×5', '100×1 101×2');
      }),
    );
    const [one] = report.opportunities;
    const gap = { state: 'unknown', reason: 'binance: no proven book then (disconnect)' };
    expect(one?.atLatency).toEqual(gap);
    expect(one?.byTransfer).toEqual(gap);
    expect(one?.breakEven.latency).toEqual(gap);
    expect(report.totals.all[0]).toMatchObject({ taken: 1, unknown: 1, realised: '0' });
  });

  test('behind the end of the recording nothing is known', async () => {
    const given = await scene(story);
    const endUs = T + 70 * MS;
    const cut: Scene = { ...given, b: new VenueScript(B) };
    cut.b.events.push(...given.b.events.slice(0, 2));
    const [one] = (await examine(cut, { endUs })).opportunities;
    expect(one?.atLatency).toEqual({ state: 'unknown', reason: 'the recording ends too early' });
    expect(one?.byTransfer.state).toBe('unknown');
    // With more of it, the legs are known, and how long it would have paid is not.
    const longer = (await examine(cut, { endUs: T + 100 * MS })).opportunities[0];
    expect(longer?.atLatency.state).toBe('known');
    expect(longer?.breakEven.latency.state).toBe('unknown');
    expect(longer?.byTransfer.state).toBe('unknown');
  });

  test('a digit of a live record that the archive does not lead to is shown', async () => {
    const given = await scene(story, (decision) => ({
      ...decision,
      evaluation: { ...decision.evaluation, profit: '4.386858' },
    }));
    const { decision } = given;
    const { recomputation } = await examine(given);
    expect(recomputation).toMatchObject({ decisions: 1, equal: 0, different: 1 });
    expect(recomputation.differences).toEqual([
      {
        decision: decision.id,
        field: 'evaluation.profit',
        recorded: '"4.386858"',
        recomputed: '"4.386857"',
      },
    ]);
  });

  test('the sale of what has arrived is made again as well', async () => {
    const given = await scene(story);
    const { a, b, store, decision } = given;
    const { point } = b.events.at(-1) as VenueImage;
    const image = await new RecordedVenues([a, b], T + 3600 * S).bookAtPoint(B, point);
    if (image === null) throw new Error('No book');
    const { verdict, reasons, evaluation, inputs, expected } = decideSale({
      atUs: point.receiveTimeUs + 10,
      bought: decision.evaluation.buy,
      sell: legOf(image),
      table: table(),
      settings,
      inputs: {
        direction: directionOf(A, B),
        sale: { amount: '2.4965', paid: '252' },
        halted: null,
      },
    });
    expect([verdict, evaluation.profit]).toEqual(['taken', '7.376364']);
    const made = { verdict, reasons, evaluation, inputs: { ...inputs }, expected };
    const id = `${decision.opportunity}/2`;
    await store.put({ decisions: [{ ...decision, id, atUs: evaluation.atUs, ...made }] });
    const report = await examine(given);
    expect(report.recomputation).toMatchObject({ decisions: 2, equal: 2, different: 0 });
    expect(report.opportunities).toHaveLength(1);
  });

  test('a decision whose books the archive has lost is counted, not compared', async () => {
    const given = await scene(story);
    const { recomputation, opportunities } = await examine({ ...given, a: new VenueScript(A) });
    expect(recomputation).toMatchObject({ decisions: 1, equal: 0, different: 0 });
    expect(recomputation.skipped).toEqual([
      { reason: 'the archive does not lead to its books any more', decisions: 1 },
    ]);
    expect(opportunities[0]?.atLatency.state).toBe('unknown');
    expect(opportunities[0]?.breakEven.fee.state).toBe('unknown');
  });

  test('what the live run has no record of is found, with its lifetime', async () => {
    const given = await scene((a, b) => {
      story(a, b);
      const again = T + 600 * S;
      b.image(again, '98×5', '99.5×5');
      a.image(again + 10 * MS, '103×4', '104×4');
      b.update(again + 300 * MS, '97×5 98×0', '');
      a.update(again + 320 * MS, '99×5 103×0', '');
    });
    const report = await examine(given, { venues: [A, B] });
    const missed = report.opportunities.filter(({ verdict }) => verdict === 'missed');
    expect(missed).toEqual([
      expect.objectContaining({
        buy: 'bybit',
        sell: 'binance',
        fromUs: T + 600 * S + 10 * MS,
        toUs: T + 600 * S + 320 * MS,
        lifetimeUs: 310 * MS,
        end: 'closed',
      }),
    ]);
    expect(report.totals.all[0]).toMatchObject({ taken: 1, missed: 1 });
    // Whatever the live run recorded is not missed.
    expect(report.opportunities.filter(({ verdict }) => verdict === 'taken')).toHaveLength(1);
  });

  test('nothing is missed below the least edge that the run has recorded', async () => {
    const missedWith = async (ofRun: ArbitrageSettings): Promise<readonly string[]> => {
      const given = await scene(
        (a, b) => {
          story(a, b);
          // 351.75… bps.
          b.image(T + 600 * S, '98×5', '99.5×5');
          a.image(T + 600 * S + 10 * MS, '103×4', '104×4');
        },
        undefined,
        ofRun,
      );
      const { opportunities, recomputation } = await examine(given, { venues: [A, B] });
      expect(recomputation).toMatchObject({ decisions: 1, equal: 1, different: 0 });
      return opportunities.map(({ verdict }) => verdict);
    };
    const { minEdgeBps: _, ...older } = settings;
    for (const found of [older, { ...settings, minEdgeBps: '351.75' }]) {
      expect(await missedWith(found)).toEqual(['taken', 'missed']);
    }
    expect(await missedWith({ ...settings, minEdgeBps: '351.76' })).toEqual(['taken']);
  });

  test('what is missed ends when a book is too old', async () => {
    const given = await scene((a, b) => {
      story(a, b);
      b.image(T + 600 * S, '98×5', '99.5×5');
      a.image(T + 600 * S + 10 * MS, '103×4', '104×4');
    });
    const { opportunities } = await examine(given, { venues: [A, B] });
    expect(opportunities.at(-1)).toMatchObject({
      verdict: 'missed',
      end: 'stale',
      toUs: T + 600 * S + 500 * MS,
    });
  });

  test('under another table it is decided anew, and the live record stays what it was', async () => {
    const given = await scene(story);
    const other = { id: 'dear', table: table('0.02') };
    const report = await examine(given, { other });
    expect(report.feeTable).toEqual({ id: 'dear', isRecorded: false });
    expect(report.opportunities[0]).toMatchObject({
      verdict: 'rejected',
      predicted: { size: '0' },
    });
    expect(report.opportunities[0]?.reasons.map(({ reason }) => reason)).toContain('fees');
    expect(report.opportunities[0]?.atLatency).toEqual({ state: 'none', reason: 'no size paid' });
    expect(report.recomputation).toMatchObject({ equal: 1, different: 0 });
    // The fee with which it would still have paid does not depend on the table.
    const fee = report.opportunities[0]?.breakEven.fee;
    expect(fee).toEqual((await examine(given)).opportunities[0]?.breakEven.fee);
    expect(fee?.state).toBe('known');
  });

  test('a venue of the run without a decision is said not to have been searched', async () => {
    const report = await examine(await scene(story));
    expect(report.notSearched).toEqual([{ name: 'coinbase', security: 'coinbase:BTCUSDT' }]);
    const said =
      'Not searched for missed opportunities: coinbase (coinbase:BTCUSDT), no decision about it is recorded';
    expect([...textOf(report)]).toContain(said);
    expect(pageOf(report)).toContain(said);
  });

  test('the same archive and table give the same bytes', async () => {
    const given = await scene(story);
    const [first, second] = [await examine(given), await examine(given)];
    expect(JSON.stringify(first)).toBe(JSON.stringify(second));
    expect(pageOf(first)).toBe(pageOf(second));
    const text = [...textOf(first)].join('\n');
    expect(text).toBe([...textOf(second)].join('\n'));
    expect(text).toContain('predicted: 4.386857 USDT (174.43 bps) with 2.5');
    expect(text).toContain('break-even: latency 200 ms; fee 0.0');
  });

  test('a strategy that never ran has no post-mortem', async () => {
    const past = new RecordedVenues([], T);
    const deps = {
      past,
      store: new MemoryRecords(),
      tops: new TopsCache(past, null, 0),
      onProgress: () => undefined,
    };
    const options = { strategy: 'x', fromUs: null, toUs: null, other: null, venues: [] };
    expect(await postMortem(deps, options)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import type {
  DecisionRecord,
  LedgerEntry,
  OpportunityRecord,
} from '../../../../pipe/records/records.ts';
import type { PairHistory } from '../../../../pipe/top/pair-history.ts';
import type { TradingRun } from '../../../support/trading-run.ts';
import {
  RICH,
  START_US,
  TestVenue,
  at,
  feesWith,
  startRun,
  venueOf,
} from '../../../support/strategy-market.ts';

const A = venueOf('cheap');
const B = venueOf('dear');
const MS = 1000;

interface Scene {
  readonly run: TradingRun;
  readonly a: TestVenue;
  readonly b: TestVenue;
  opportunities(): OpportunityRecord[];
  decisions(): DecisionRecord[];
  ledger(): LedgerEntry[];
  reasons(): string[][];
}

async function scene(changes: Parameters<typeof startRun>[1] = {}): Promise<Scene> {
  const run = await startRun([A, B], changes);
  const decisions = (): DecisionRecord[] => run.store.all('decisions');
  return {
    run,
    a: new TestVenue(A),
    b: new TestVenue(B),
    opportunities: () => run.store.all('opportunities'),
    decisions,
    ledger: () => run.store.all('paper_ledger'),
    reasons: () => decisions().map(({ reasons }) => reasons.map(({ reason }) => reason)),
  };
}

/** A is cheap, B is dear: 2.5 are worth it. */
function begin({ run, a, b }: Pick<Scene, 'run' | 'a' | 'b'>, ms = 0): void {
  run.onEvent(a.image(at(ms), '99×5', '100×1 101×2'));
  run.onEvent(b.image(at(ms + 1), '103×1.5 102×1', '104×5'));
}

describe('an opportunity', () => {
  it('is taken once, filled after each latency, and ends when the edge is gone', async () => {
    const table = { exchanges: { cheap: feesWith(), dear: feesWith({ latencyMs: 80 }) } };
    const test = await scene({ table });
    begin(test);
    test.run.onTime(at(100));
    test.run.onEvent(test.b.update(at(200), '103×0 102×0 99×1', ''));
    await test.run.stop(at(300));

    const [opportunity, ...others] = test.opportunities();
    expect(others).toEqual([]);
    expect(opportunity).toMatchObject({
      id: `arbitrage/BTCUSDT/${at(1)}/cheap>dear`,
      fromUs: at(1),
      toUs: at(200),
      end: 'closed',
      evaluations: 1,
      first: { size: '2.5', limitedBy: 'depth' },
    });
    const [decision] = test.decisions();
    expect(decision).toMatchObject({ verdict: 'taken', reasons: [] });
    expect(decision?.expected).toMatchObject({
      mode: 'inventory',
      orders: [
        { venue: 'cheap', side: 'buy', size: '2.5', limit: '101' },
        { venue: 'dear', side: 'sell', size: '2.4975', limit: '102' },
      ],
      rebalancing: { network: 'bitcoin', cost: '0.001' },
    });
    const trades = test.ledger().filter(({ kind }) => kind !== 'opening');
    expect(
      trades.map(({ atUs, venue, kind, coin, amount }) => [
        atUs - START_US,
        venue,
        kind,
        coin,
        amount,
      ]),
    ).toEqual([
      [50 * MS + MS, 'cheap', 'buy', 'USDT', '-100'],
      [50 * MS + MS, 'cheap', 'buy', 'BTC', '1'],
      [50 * MS + MS, 'cheap', 'buy', 'USDT', '-151.5'],
      [50 * MS + MS, 'cheap', 'buy', 'BTC', '1.5'],
      [50 * MS + MS, 'cheap', 'fee', 'BTC', '-0.0025'],
      [80 * MS + MS, 'dear', 'sell', 'BTC', '-1.5'],
      [80 * MS + MS, 'dear', 'sell', 'USDT', '154.5'],
      [80 * MS + MS, 'dear', 'sell', 'BTC', '-0.9975'],
      [80 * MS + MS, 'dear', 'sell', 'USDT', '101.745'],
      [80 * MS + MS, 'dear', 'fee', 'USDT', '-0.256245'],
    ]);
    // The prediction was right: nothing happened meanwhile.
    const change = trades
      .filter(({ coin }) => coin === 'USDT')
      .reduce((sum, { amount }) => sum + Math.round(Number(amount) * 1e7), 0);
    expect(String(change / 1e7)).toBe(decision?.evaluation.profit);
  });

  it('fills what is left at the limit when the book moved meanwhile', async () => {
    const test = await scene();
    begin(test);
    test.run.onEvent(test.a.update(at(20), '', '100×0 101×0.5 101.5×4'));
    test.run.onTime(at(200));
    await test.run.stop(at(200));
    const bought = test.ledger().filter(({ kind, coin }) => kind === 'buy' && coin === 'BTC');
    expect(bought.map(({ amount }) => amount)).toEqual(['0.5']);
  });

  it('fails on paper when a book is not proven by then, which is recorded by its absence', async () => {
    const test = await scene({ options: { 'max-failures': '1' } });
    begin(test);
    test.run.onEvent(test.b.gap(at(20)));
    test.run.onTime(at(200));
    await test.run.stop(at(200));
    expect(test.opportunities()).toMatchObject([{ end: 'gap', toUs: at(20) }]);
    expect(test.ledger().some(({ kind }) => kind === 'sell')).toBe(false);
    // One failure is as many as are allowed.
    expect(test.run.haltReason).toContain('1 actions in a row have failed');
  });

  it('ends with the cause: a gap in the middle, a crossed book, one that is too old', async () => {
    for (const [end, happen] of [
      ['gap', ({ run, a }: Scene) => run.onEvent(a.gap(at(30)))],
      ['crossed', ({ run, a }: Scene) => run.onEvent(a.update(at(30), '100×1', ''))],
    ] as const) {
      const test = await scene();
      begin(test);
      happen(test);
      await test.run.stop(at(40));
      expect(test.opportunities()[0]).toMatchObject({ end, toUs: at(30) });
    }
    const test = await scene();
    begin(test);
    // The message of A is 500 ms old at 500, whenever that is noticed.
    test.run.onTime(at(555));
    await test.run.stop(at(600));
    expect(test.opportunities()[0]).toMatchObject({ end: 'stale', toUs: at(500) });
  });

  it('ends when the kill switch is set, and the next one is not taken', async () => {
    const test = await scene();
    begin(test);
    test.run.haltReason = 'enough';
    test.run.onTime(at(50));
    begin(test, 60);
    await test.run.stop(at(100));
    expect(test.opportunities()[0]).toMatchObject({ end: 'halted', toUs: at(50) });
    expect(test.reasons()).toEqual([[], ['already-taken', 'halted']]);
  });
});

it('goes on after the kill switch was taken back, whatever had failed before', async () => {
  const test = await scene({ options: { 'max-failures': '1' } });
  begin(test);
  test.run.onEvent(test.b.gap(at(20)));
  test.run.onTime(at(200));
  expect(test.run.haltReason).not.toBeNull();
  test.run.haltReason = null;
  test.run.onTime(at(250));
  begin(test, 300);
  await test.run.stop(at(310));
  expect(test.reasons()).toEqual([[], []]);
});

describe('with transfers of 1 s', () => {
  const history = (): PairHistory => ({ at: () => ({ bid: '100', ask: '100.01' }) });
  const coins = Object.fromEntries(
    ['BTC', 'ETH'].map((coin) => {
      const [network] = feesWith().coins['BTC'] ?? [];
      return [coin, network ? [{ ...network, blockSeconds: 1 }] : []];
    }),
  );
  const names = ['cheap', 'dear', 'dearer'];
  const exchanges = Object.fromEntries(names.map((name) => [name, feesWith({ coins })]));
  const MOVED = { options: { transfer: 'yes' }, history, table: { exchanges } };

  it('no more are decided than may be open, also while the buy is under way', async () => {
    const [b, c] = [new TestVenue(B), new TestVenue(venueOf('dearer'))];
    const run = await startRun([A, B, c.venue], MOVED);
    begin({ run, a: new TestVenue(A), b });
    run.onEvent(c.image(at(2), '106×5', '107×1'));
    await run.stop(at(40));
    const decisions: DecisionRecord[] = run.store.all('decisions');
    expect(decisions.map(({ verdict }) => verdict)).toEqual(['taken', 'rejected', 'rejected']);
    expect(decisions[2]?.reasons.map(({ reason }) => reason)).toEqual(['limit']);
  });

  it('a buy that brought nothing leaves room for the next', async () => {
    const test = await scene(MOVED);
    begin(test);
    test.run.onEvent(test.a.gap(at(20)));
    test.run.onTime(at(100));
    begin(test, 200);
    await test.run.stop(at(210));
    expect(test.reasons()).toEqual([[], []]);
  });

  it('what arrives after the kill switch is sold once that is taken back', async () => {
    const test = await scene(MOVED);
    begin(test);
    test.run.onTime(at(100));
    test.run.haltReason = 'enough';
    test.run.onTime(at(2000));
    test.run.onEvent(test.b.update(at(2001), '', '104×4'));
    test.run.onTime(at(3000));
    // Bought 2.5, less the fee and 0.001 of the withdrawal.
    expect(test.run.balance('dear', 'BTC')).toBe('1002.4965');
    test.run.haltReason = null;
    test.run.onEvent(test.b.update(at(3001), '', '104×5'));
    test.run.onTime(at(3100));
    await test.run.stop(at(3100));
    expect(test.run.balance('dear', 'BTC')).toBe('1000');
  });

  it('what is not sold counts at the best bid where it has arrived', async () => {
    const test = await scene({ ...MOVED, options: { transfer: 'yes', 'max-daily-loss': '20' } });
    begin(test);
    test.run.onTime(at(100));
    test.run.onEvent(test.b.update(at(200), '103×0 102×0 90×1', ''));
    test.run.onTime(at(1500));
    test.run.onEvent(test.b.update(at(1500), '', '104×4'));
    test.run.onTime(at(3000));
    await test.run.stop(at(3100));
    // 90 for 1 BTC and as much for each of the other 1.4965, less the fee, less the 251.5 that were paid.
    expect(test.run.haltReason).toContain('the result of this day is -27.039685 USDT');
  });

  it('one of a pair that has no strategy after a restart is not open for ever', async () => {
    const test = await scene(MOVED);
    begin(test);
    test.run.onTime(at(100));
    await test.run.stop(at(100));
    const [a, b] = names.map((name) => new TestVenue(venueOf(name, 'ETHUSDT')));
    if (!a || !b) throw new Error('No venues');
    const { store } = test.run;
    const run = await startRun([a.venue, b.venue], { ...MOVED, store, startUs: at(500) });
    begin({ run, a, b }, 600);
    run.onTime(at(2000));
    run.onEvent(a.image(at(2500), '99×5', '100×1 101×2'));
    run.onEvent(b.image(at(2501), '98×1', '104×5'));
    run.onEvent(b.update(at(2502), '103×1.5 102×1', ''));
    await run.stop(at(2510));
    expect(test.reasons().filter(([reason]) => reason !== 'stale')).toEqual([[], ['limit'], []]);
  });
});

describe('with a least edge', () => {
  const apart = async (bps: string): Promise<Scene> => {
    const test = await scene({ options: { 'min-edge-bps': bps } });
    begin(test);
    return test;
  };

  it('prices exactly so far apart are looked at, and closer ones are counted alone', async () => {
    // 100 and 103.
    const wide = await apart('300');
    await wide.run.stop(at(10));
    expect([wide.reasons(), wide.run.reports()]).toEqual([[[]], []]);

    const close = await apart('300.01');
    // It goes on, goes away, and comes back.
    close.run.onEvent(close.b.update(at(10), '102×3', ''));
    close.run.onEvent(close.b.update(at(20), '103×0 102×0 99×1', ''));
    close.run.onEvent(close.b.update(at(30), '103×1.5', ''));
    await close.run.stop(at(40));
    expect([close.opportunities(), close.decisions()]).toEqual([[], []]);
    expect(close.run.reports()).toEqual([
      'BTCUSDT: 2 times prices were less than 300.01 bps apart (not recorded)',
    ]);
  });

  it('an opportunity ends when they come closer, and the next one begins when they are apart again', async () => {
    const test = await apart('250');
    // 102 is 200 bps above, which pays.
    test.run.onEvent(test.b.update(at(10), '103×0', ''));
    test.run.onEvent(test.b.update(at(20), '102.5×1', ''));
    await test.run.stop(at(30));
    expect(test.opportunities().map(({ fromUs, toUs, end }) => [fromUs, toUs, end])).toEqual([
      [at(1), at(10), 'closed'],
      [at(20), at(20), 'running'],
    ]);
    expect(test.run.reports()).toEqual([expect.stringContaining(': 1 times ')]);
  });
});

describe('what is rejected, with every reason', () => {
  const rejected = async (
    changes: Parameters<typeof startRun>[1],
    events: (scene: Scene) => void = begin,
  ): Promise<string[][]> => {
    const test = await scene(changes);
    events(test);
    await test.run.stop(at(50));
    expect(test.decisions().every(({ verdict }) => verdict === 'rejected')).toBe(true);
    expect(test.ledger().every(({ kind }) => kind === 'opening')).toBe(true);
    return test.reasons();
  };

  it('a profit below the threshold, and no more depth', async () => {
    expect(await rejected({ options: { 'min-profit': '10' } })).toEqual([
      ['below-threshold', 'depth'],
    ]);
    const capped = { options: { 'min-profit': '3', 'max-notional': '50' } };
    expect(await rejected(capped)).toEqual([['below-threshold', 'limit']]);
  });

  it('fees', async () => {
    const exchanges = { cheap: feesWith({ taker: '0.02' }), dear: feesWith({ taker: '0.02' }) };
    expect(await rejected({ table: { exchanges } })).toEqual([['fees']]);
    expect(await rejected({ table: { exchanges: { cheap: feesWith() } } })).toEqual([['no-fees']]);
  });

  it('no balance', async () => {
    const balances = { cheap: RICH, dear: { USDT: '5', BTC: '0' } };
    expect(await rejected({ balances })).toEqual([['inventory']]);
  });

  it('a book that is too old, or crossed', async () => {
    const stale = ({ run, a, b }: Scene): void => {
      run.onEvent(a.image(at(0), '99×5', '100×1 101×2'));
      run.onEvent(b.image(at(500), '103×1.5 102×1', '104×5'));
    };
    expect(await rejected({}, stale)).toEqual([['stale']]);
    const crossed = ({ run, a, b }: Scene): void => {
      run.onEvent(a.image(at(0), '100×5', '100×1 101×2'));
      run.onEvent(b.image(at(1), '103×1.5 102×1', '104×5'));
    };
    expect(await rejected({}, crossed)).toEqual([['crossed']]);
  });

  it('a level that is taken already', async () => {
    const test = await scene({ options: { 'min-profit': '2' } });
    begin(test);
    // The edge goes and comes, and no event names what was taken.
    test.run.onEvent(test.b.update(at(10), '103×0 102×0 99×1', ''));
    test.run.onEvent(test.b.update(at(20), '103×1.5 102×1', ''));
    test.run.onEvent(test.a.update(at(30), '', '100×0 101×0'));
    test.run.onEvent(test.a.update(at(40), '', '100×1 101×2'));
    await test.run.stop(at(45));
    expect(test.reasons()).toEqual([[], ['already-taken'], []]);
  });

  it('too large a loss on one day', async () => {
    const test = await scene({ options: { 'max-daily-loss': '1', 'max-failures': '10' } });
    begin(test);
    // The bids vanish before the sale: what was bought has no taker.
    test.run.onEvent(test.b.update(at(10), '103×0 102×0 99×5', ''));
    test.run.onTime(at(100));
    await test.run.stop(at(100));
    expect(test.run.haltReason).toContain('the result of this day is -');
  });
});

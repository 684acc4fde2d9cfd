import { expect, it } from 'vitest';
import type { DecisionRecord, LedgerEntry } from '../../../../../pipe/records/records.ts';
import { spreadCapture } from '../../../../../pipe/strategy/spread-capture/spread-capture.ts';
import { STRATEGIES } from '../../../../../pipe/strategy/strategies.ts';
import { TestVenue, at, startRun, venueOf } from '../../../../support/strategy-market.ts';
import type { TradingRun } from '../../../../support/trading-run.ts';

const VENUE = venueOf('binance');
const OPTIONS = { 'quote-size': '1', 'min-spread': '0.5', 'max-position': '1' };

async function begin(): Promise<{ readonly run: TradingRun; readonly venue: TestVenue }> {
  const run = await startRun([VENUE], { definition: spreadCapture, options: OPTIONS });
  const venue = new TestVenue(VENUE);
  run.onEvent(venue.image(at(0), '100×5', '101×5'));
  return { run, venue };
}

async function fills(run: TradingRun, endMs: number): Promise<string[]> {
  await run.stop(at(endMs));
  return run.store
    .all<LedgerEntry>('paper_ledger')
    .filter(({ kind }) => kind !== 'opening')
    .map(({ kind, coin, amount }) => `${kind} ${amount} ${coin}`);
}

it('is one of the strategies', () => {
  expect(STRATEGIES).toContain(spreadCapture);
});

it('is filled by trades through its price, at its price, once it is in the book', async () => {
  const { run, venue } = await begin();
  // Too early, of the wrong side, at the price: none of them fills it.
  run.onEvent(venue.trade(at(40), 'sell', '99.9', '3'));
  run.onEvent(venue.trade(at(60), 'buy', '99.9', '3'));
  run.onEvent(venue.trade(at(61), 'sell', '100', '3'));
  run.onEvent(venue.trade(at(62), 'sell', '99.9', '0.4'));
  run.onEvent(venue.trade(at(63), 'sell', '99.9', '3'));
  run.onEvent(venue.trade(at(64), 'buy', '101.5', '3'));
  expect(await fills(run, 70)).toEqual([
    'buy -40 USDT',
    'buy 0.4 BTC',
    'fee -0.0004 BTC',
    'buy -60 USDT',
    'buy 0.6 BTC',
    'fee -0.0006 BTC',
    'sell -1 BTC',
    'sell 101 USDT',
    'fee -0.101 USDT',
  ]);
});

it('quotes no side that would hold too much, and none while the spread is small', async () => {
  const { run, venue } = await begin();
  run.onEvent(venue.trade(at(60), 'sell', '99', '5'));
  // One is held: no further bid.
  run.onEvent(venue.update(at(70), '99.5×5 100×0', ''));
  run.onEvent(venue.trade(at(130), 'sell', '99', '5'));
  run.onEvent(venue.update(at(140), '100.9×5', ''));
  run.onEvent(venue.trade(at(200), 'buy', '102', '5'));
  expect((await fills(run, 210)).filter((each) => !each.startsWith('fee'))).toEqual([
    'buy -100 USDT',
    'buy 1 BTC',
  ]);
  const decisions = run.store.all<DecisionRecord>('decisions');
  expect(decisions.map(({ expected }) => expected['orders'])).toEqual([
    [
      { side: 'buy', size: '1', limit: '100' },
      { side: 'sell', size: '1', limit: '101' },
    ],
    [{ side: 'sell', size: '1', limit: '101' }],
  ]);
});

it('takes its quotes back, after the latency, when it is halted or the book is not proven', async () => {
  for (const happen of [
    ({ run }: Awaited<ReturnType<typeof begin>>): void => {
      run.haltReason = 'enough';
      run.onTime(at(55));
    },
    ({ run, venue }: Awaited<ReturnType<typeof begin>>): void => run.onEvent(venue.gap(at(55))),
  ]) {
    const market = await begin();
    happen(market);
    market.run.onEvent(market.venue.trade(at(60), 'sell', '99', '0.1'));
    market.run.onEvent(market.venue.trade(at(106), 'sell', '99', '5'));
    const bought = (await fills(market.run, 110)).filter((each) => each.endsWith(' BTC'));
    expect(bought).toEqual(['buy 0.1 BTC', 'fee -0.0001 BTC']);
  }
});

it('wants its options and one exchange', async () => {
  await expect(startRun([VENUE], { definition: spreadCapture, options: {} })).rejects.toThrow(
    '--quote-size',
  );
  const two = [VENUE, venueOf('bybit')];
  await expect(startRun(two, { definition: spreadCapture, options: OPTIONS })).rejects.toThrow(
    'takes one exchange',
  );
});

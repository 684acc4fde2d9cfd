/** What a transfer has brought, and what is decided about it. */

import { expect, it } from 'vitest';
import type { DecisionRecord, LedgerEntry } from '../../../../pipe/records/records.ts';
import { TestVenue, at, feesWith, startRun, venueOf } from '../../../support/strategy-market.ts';

const [A, B] = [venueOf('cheap'), venueOf('dear')];

const [network] = feesWith().coins['BTC'] ?? [];
const coins = { BTC: network ? [{ ...network, blockSeconds: 1 }] : [] };
const fees = feesWith({ coins });

it('each sale is a decision, and so is what keeps it from being made, once for each cause', async () => {
  const run = await startRun([A, B], {
    options: { transfer: 'yes' },
    history: () => ({ at: () => ({ bid: '100', ask: '100.01' }) }),
    table: { exchanges: { cheap: fees, dear: fees } },
  });
  const [a, b] = [new TestVenue(A), new TestVenue(B)];
  run.onEvent(a.image(at(0), '99×5', '100×1 101×2'));
  run.onEvent(b.image(at(1), '103×1.5 102×1', '104×5'));
  run.onTime(at(100));
  // It arrives at 1051, when nothing has come of B for long.
  run.onTime(at(1100));
  run.onEvent(b.update(at(1200), '105×1', ''));
  run.onEvent(b.update(at(1210), '', '104×5'));
  run.haltReason = 'enough';
  run.onEvent(b.update(at(1220), '105×0 103×0 102×0', ''));
  run.haltReason = null;
  run.onEvent(b.update(at(1300), '98×2', ''));
  await run.stop(at(1310));

  const [bought, ...decisions] = run.store.all<DecisionRecord>('decisions');
  const { opportunity = '', evaluation } = bought ?? {};
  const sales = decisions.filter((each) => each.opportunity === opportunity);
  expect(
    sales.map(({ id, atUs, reasons }) => [id, atUs, reasons.map((one) => one.reason)]),
  ).toEqual([
    [`${opportunity}/2`, at(1051), ['stale']],
    [`${opportunity}/3`, at(1200), ['crossed']],
    [`${opportunity}/4`, at(1220), ['depth', 'halted']],
    [`${opportunity}/5`, at(1300), []],
  ]);
  const order = { venue: 'dear', side: 'sell', size: '2.4965', limit: '0' };
  expect(sales.at(-1)).toMatchObject({
    verdict: 'taken',
    inputs: { sale: { amount: '2.4965', paid: '251.5' }, halted: null },
    expected: { mode: 'sale', orders: [order] },
    // There are only 2.
    evaluation: {
      buy: evaluation?.buy,
      cost: '251.5',
      sold: '2.4965',
      revenue: '196',
      net: '195.804',
      profit: '-55.696',
      bps: '-2214.55',
      limitedBy: 'depth',
    },
  });
  const sold = run.store
    .all<LedgerEntry>('paper_ledger')
    .filter(({ kind, coin }) => kind === 'sell' && coin === 'BTC');
  expect(sold.map(({ atUs, amount }) => [atUs, amount])).toEqual([[at(1350), '-2']]);
});

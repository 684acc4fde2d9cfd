/** What orders really did, by the records, beside what was predicted. */

import { expect, test } from 'vitest';
import { bookedOf } from '../../../../pipe/post-mortem/booked.ts';
import { pageOf } from '../../../../pipe/post-mortem/page/page.ts';
import { textOf } from '../../../../pipe/post-mortem/text.ts';
import type { LedgerEntry, ResultRecord } from '../../../../pipe/records/records.ts';
import {
  STRATEGY,
  START_US,
  sampleDecision,
  sampleEntry,
  sampleOpportunity,
  sampleResult,
} from '../../../pipe/sample-pipe-records.ts';
import { MemoryRecords } from '../../../support/memory-records.ts';
import { madeUpOpportunity, madeUpReport } from '../../../support/post-mortem-report.ts';

const OPPORTUNITY = sampleOpportunity(0);
const DECISION = sampleDecision(OPPORTUNITY, {
  inputs: { direction: { base: 'BTC', quote: 'USDT' } },
});

const ledger = (
  [
    ['opening', 'binance', 'USDT', '1000'],
    ['buy', 'binance', 'USDT', '-50'],
    ['buy', 'binance', 'BTC', '0.5'],
    ['fee', 'binance', 'BTC', '-0.0005'],
    ['withdrawal', 'binance', 'BTC', '-0.4985'],
    ['transfer-fee', 'binance', 'BTC', '-0.001'],
    ['deposit', 'bybit', 'BTC', '0.4985'],
    ['sell', 'bybit', 'BTC', '-0.498'],
    ['sell', 'bybit', 'USDT', '51.792'],
    ['fee', 'bybit', 'USDT', '-0.051792'],
  ] as const
).map(([kind, venue, coin, amount], place): LedgerEntry => {
  const decision = kind === 'opening' ? null : DECISION.id;
  return sampleEntry(place + 1, { kind, venue, coin, amount, decision });
});

const figures = { money: '1.740208', rest: '0.0005', worth: '0.05', result: '1.790208' };

async function booked(movements: number, results: readonly ResultRecord[]) {
  const store = new MemoryRecords();
  await store.put({ ledger: ledger.slice(0, movements), results });
  const rejected = sampleDecision(sampleOpportunity(5), { verdict: 'rejected' });
  return [...(await bookedOf(store, STRATEGY, [DECISION, rejected]))];
}

test('what was filled, paid and got, and what it came to', async () => {
  expect(await booked(99, [sampleResult(OPPORTUNITY, figures)])).toEqual([
    [
      DECISION.id,
      {
        bought: '0.5',
        cost: '50',
        sold: '0.498',
        net: '51.740208',
        result: {
          atUs: START_US + 100_000,
          profit: '1.790208',
          rest: '0.0005',
          worth: '0.05',
          hasFailed: false,
        },
      },
    ],
  ]);
  const onTheWay = { bought: '0.5', cost: '50', sold: '0', net: '0', result: null };
  expect(await booked(7, [])).toEqual([[DECISION.id, onTheWay]]);
});

test('stands in the text and on the page', async () => {
  for (const [results, said] of [
    [
      [sampleResult(OPPORTUNITY, figures)],
      '1.790208 USDT (bought 0.5 for 50, sold 0.498 for 51.740208, 0.0005 left over, worth 0.05)',
    ],
    [[], 'no result yet (bought 0.5 for 50, sold 0.498 for 51.740208)'],
  ] as const) {
    const [[, own] = []] = await booked(99, results);
    const report = madeUpReport([{ ...madeUpOpportunity(1), booked: own ?? null }]);
    expect([...textOf(report)]).toContain(`  booked: ${said}`);
    expect(pageOf(report)).toContain(`<dt>Booked</dt><dd>${said}</dd>`);
  }
});

/** Records of a strategy, as small as they can be. */

import type {
  DecisionRecord,
  Evaluation,
  LedgerEntry,
  OpportunityRecord,
  ResultRecord,
  RunRecord,
} from '../../pipe/records/records.ts';

export const STRATEGY = 'arbitrage';
export const START_US = 1_764_500_000_000_000;

const point = {
  epoch: 1,
  sequence: 100,
  isSequenced: true,
  exchangeTimeUs: START_US - 50,
  receiveTimeUs: START_US,
};

export function sampleEvaluation(atUs: number, profit = '4.386857'): Evaluation {
  return {
    atUs,
    buy: { venue: 'binance', security: 'binance:BTCUSDT', source: 'logger', point },
    sell: { venue: 'bybit', security: 'bybit:BTCUSDT', source: 'logger', point },
    size: '2.5',
    cost: '251.5',
    received: '2.4975',
    transferred: '2.4965',
    sold: '2.4965',
    revenue: '256.143',
    net: '255.886857',
    profit,
    bps: '174.43',
    limitedBy: 'depth',
  };
}

/** @param fromUs microseconds after `START_US`. */
export function sampleOpportunity(
  fromUs: number,
  changes: Partial<OpportunityRecord> = {},
): OpportunityRecord {
  const at = START_US + fromUs;
  const { pair = 'BTCUSDT', strategy = STRATEGY } = changes;
  return {
    id: `${strategy}/${pair}/${String(at).padStart(16, '0')}/binance>bybit`,
    strategy,
    pair,
    buy: 'binance',
    sell: 'bybit',
    fromUs: at,
    toUs: at + 250_000,
    end: 'closed',
    first: sampleEvaluation(at),
    best: sampleEvaluation(at + 100, '5'),
    evaluations: 3,
    ...changes,
  };
}

export function sampleDecision(
  opportunity: OpportunityRecord,
  changes: Partial<DecisionRecord> = {},
): DecisionRecord {
  return {
    id: `${opportunity.id}/1`,
    opportunity: opportunity.id,
    strategy: opportunity.strategy,
    pair: opportunity.pair,
    atUs: opportunity.fromUs,
    verdict: 'taken',
    reasons: [],
    evaluation: opportunity.first,
    inputs: {
      balances: { 'binance|USDT': '1000', 'bybit.BTC': '2' },
      taken: [{ $level: '100.5', size: null }],
      text: 'ünïcode \u0000 "quoted"',
    },
    expected: { profit: '4.386857', atUs: START_US },
    ...changes,
  };
}

export function sampleEntry(number: number, changes: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    number,
    atUs: START_US + number,
    strategy: STRATEGY,
    decision: null,
    venue: 'binance',
    coin: 'USDT',
    kind: 'opening',
    amount: '1000',
    balance: '1000',
    fill: null,
    ...changes,
  };
}

export function sampleResult(
  opportunity: OpportunityRecord,
  changes: Partial<ResultRecord> = {},
): ResultRecord {
  const { id, strategy, pair, fromUs } = opportunity;
  return {
    decision: `${id}/1`,
    strategy,
    pair,
    atUs: fromUs + 100_000,
    quote: 'USDT',
    money: '4.25',
    rest: '-0.001',
    worth: '-0.1',
    result: '4.15',
    hasFailed: false,
    ...changes,
  };
}

export function sampleRun(startedUs: number, changes: Partial<RunRecord> = {}): RunRecord {
  const at = START_US + startedUs;
  const { strategy = STRATEGY } = changes;
  return {
    id: `${strategy}/${String(at).padStart(16, '0')}`,
    strategy,
    startedUs: at,
    feeTable: 'abc',
    settings: { minProfit: '1', maxAgeMs: 500 },
    venues: [{ name: 'binance', security: 'binance:BTCUSDT', source: 'logger' }],
    ...changes,
  };
}

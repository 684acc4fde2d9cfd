/** A report of made-up opportunities, for tests of what is done with one. */

import type {
  Later,
  Outcome,
  PostMortem,
  ReportedOpportunity,
  Verdict,
} from '../../pipe/post-mortem/report.ts';
import { totalsOf } from '../../pipe/post-mortem/totals.ts';
import type { DecisionRecord, Evaluation, RecordedLeg } from '../../pipe/records/records.ts';

const START_US = Date.UTC(2026, 10, 20) * 1000;
const HOUR_US = 3_600_000_000;

export interface MadeUp {
  readonly verdict?: Verdict;
  readonly quote?: string;
  readonly pair?: string;
  readonly profit?: string;
  /** null: unknown. */
  readonly realised?: string | null;
  /** What the orders of a decision came to; null: no result. */
  readonly booked?: string | null;
  readonly fromUs?: number;
  readonly lifetimeUs?: number;
  readonly reasons?: DecisionRecord['reasons'];
}

function leg(venue: string, atUs: number): RecordedLeg {
  const point = { epoch: 1, sequence: 42, isSequenced: true };
  return {
    venue,
    security: `${venue}:BTCUSDT`,
    source: 'archive',
    point: { ...point, exchangeTimeUs: atUs - 900, receiveTimeUs: atUs },
  };
}

export function madeUpOpportunity(number: number, made: MadeUp = {}): ReportedOpportunity {
  const { verdict = 'taken', quote = 'USDT', pair = 'BTCUSDT', profit = '1.5' } = made;
  const { fromUs = START_US + number * HOUR_US, lifetimeUs = 250_000, reasons = [] } = made;
  const [buy, sell] = number % 3 === 0 ? ['bybit', 'binance'] : ['binance', 'bybit'];
  const books = { buy: leg(buy ?? '', fromUs), sell: leg(sell ?? '', fromUs - 1500) };
  const evaluation: Evaluation = {
    atUs: fromUs,
    ...books,
    size: '0.25',
    cost: '15000.5',
    received: '0.24975',
    transferred: '0.24975',
    sold: '0.2497',
    revenue: '15020',
    net: '15002',
    profit,
    bps: '1',
    limitedBy: 'edge',
  };
  const outcome: Omit<Outcome, 'profit'> = {
    buyAtUs: fromUs + 50_000,
    sellAtUs: fromUs + 80_000,
    size: '0.25',
    cost: '15001',
    net: '15002.2',
  };
  const atLatency: Later<Outcome> =
    made.realised === null
      ? { state: 'unknown', reason: 'bybit: no proven book then' }
      : { state: 'known', ...outcome, profit: made.realised ?? '1.2' };
  return {
    id: `arbitrage/${pair}/${String(fromUs).padStart(16, '0')}/${buy}>${sell}`,
    pair,
    quote,
    buy: buy ?? '',
    sell: sell ?? '',
    fromUs,
    toUs: fromUs + lifetimeUs,
    end: 'closed',
    lifetimeUs,
    verdict,
    reasons,
    predicted: evaluation,
    best: evaluation,
    alreadyTaken: { asks: {}, bids: {} },
    books,
    booked: bookedOf(verdict, made.booked ?? null),
    atLatency,
    byTransfer: { state: 'unknown', reason: 'binance: the archive ends before' },
    breakEven: {
      latency: { state: 'known', us: 212_000, isAtLeast: false },
      fee: { state: 'known', fraction: '0.00105', isAtLeast: false },
      transfer: { state: 'known', us: 600_000_000, isAtLeast: true },
    },
  };
}

function bookedOf(verdict: Verdict, profit: string | null): ReportedOpportunity['booked'] {
  if (verdict !== 'taken') return null;
  const result = profit === null ? null : { atUs: START_US, profit, rest: '0', worth: '0', hasFailed: false }; // prettier-ignore
  return { bought: '0.25', cost: '15001', sold: '0.2497', net: '15002', result };
}

export function madeUpReport(
  opportunities: readonly ReportedOpportunity[],
  parts: Partial<PostMortem> = {},
): PostMortem {
  const [first] = opportunities;
  const hours = Math.max(24, opportunities.length);
  return {
    strategy: 'arbitrage',
    fromUs: START_US,
    toUs: START_US + hours * HOUR_US,
    feeTable: { id: '5d1f0c', isRecorded: true },
    venues: [
      { name: 'binance', security: 'binance:BTCUSDT' },
      { name: 'bybit', security: 'bybit:BTCUSDT' },
    ],
    recomputation: {
      decisions: opportunities.length,
      equal: opportunities.length,
      different: 0,
      skipped: [],
      differences: [],
    },
    totals: totalsOf(opportunities),
    opportunities,
    notSearched: [],
    priceDifferences: first ? [priceDifference(first)] : [],
    ...parts,
  };
}

function priceDifference(opportunity: ReportedOpportunity): PostMortem['priceDifferences'][number] {
  const stepUs = 5000;
  return {
    opportunity: opportunity.id,
    points: Array.from({ length: 200 }, (_, i) => ({
      us: opportunity.fromUs + (i - 80) * stepUs,
      difference: i > 150 && i < 160 ? null : i >= 80 && i < 130 ? '48.25' : `-${1 + (i % 7)}.5`,
    })),
  };
}

/** The table of opportunities: one row each, with everything that is known of it to unfold. */

import { formatTimeUs } from '../../../logger/market/time.ts';
import type { RecordedLeg } from '../../records/records.ts';
import { restText } from '../../records/rest-text.ts';
import { directionOf } from '../totals.ts';
import type {
  Booked,
  Later,
  Nothing,
  Outcome,
  ReportedOpportunity,
  TimeLimit,
  Unknown,
} from '../report.ts';
import { duration, escaped } from './markup.ts';

const COLUMNS: readonly { readonly name: string; readonly isNumber?: true }[] = [
  { name: 'Time (UTC)' },
  { name: 'Pair' },
  { name: 'Direction' },
  { name: 'Verdict' },
  { name: 'Reasons' },
  { name: 'Size', isNumber: true },
  { name: 'Predicted', isNumber: true },
  { name: 'Booked', isNumber: true },
  { name: 'Later books', isNumber: true },
  { name: 'Lifetime', isNumber: true },
];

export function opportunityTable(opportunities: readonly ReportedOpportunity[]): string {
  const head = COLUMNS.map(
    ({ name, isNumber }, i) =>
      `<th scope="col"${isNumber ? ' class="number"' : ''}><button type="button" data-sort="${i}">${name}</button></th>`,
  );
  return [
    '<table id="opportunities">',
    `<thead><tr>${head.join('')}</tr></thead>`,
    '<tbody>',
    ...opportunities.map(row),
    '</tbody>',
    '</table>',
  ].join('\n');
}

function row(opportunity: ReportedOpportunity): string {
  const { pair, verdict, predicted, atLatency, quote, lifetimeUs, fromUs } = opportunity;
  const reasons = [...new Set(opportunity.reasons.map(({ reason }) => reason))];
  const booked = opportunity.booked?.result?.profit ?? null;
  const realised = atLatency.state === 'known' ? atLatency.profit : null;
  const cells: readonly (readonly [content: string, order: string])[] = [
    [details(opportunity), String(fromUs)],
    [escaped(pair), pair],
    [escaped(directionOf(opportunity)), directionOf(opportunity)],
    [`<span class="verdict ${verdict}">${verdict}</span>`, verdict],
    [escaped(reasons.join(', ')) || '–', reasons.join(' ')],
    [escaped(predicted.size), predicted.size],
    [`${escaped(predicted.profit)} ${escaped(quote)}`, predicted.profit],
    [booked === null ? '–' : `${escaped(booked)} ${escaped(quote)}`, booked ?? ''],
    [
      realised === null ? noFigure(atLatency) : `${escaped(realised)} ${escaped(quote)}`,
      realised ?? '',
    ],
    [duration(lifetimeUs), String(lifetimeUs)],
  ];
  const data = `data-verdict="${verdict}" data-pair="${escaped(pair)}" data-direction="${escaped(directionOf(opportunity))}" data-reasons="${escaped(reasons.join(' '))}"`;
  const columns = cells.map(([content, order], i) => {
    const column = COLUMNS[i];
    const kind = column?.isNumber ? ' class="number"' : '';
    return `<td${kind} data-label="${column?.name ?? ''}" data-order="${escaped(order)}">${content}</td>`;
  });
  return `<tr ${data}>${columns.join('')}</tr>`;
}

function details(opportunity: ReportedOpportunity): string {
  const { id, best, predicted, booked, books, breakEven, atLatency, byTransfer } = opportunity;
  const { quote } = opportunity;
  const facts: (readonly [name: string, value: string])[] = [
    ['Id', id],
    ['Ended', `${formatTimeUs(opportunity.toUs)}, ${opportunity.end}`],
    ...opportunity.reasons.map(({ reason, detail }) => [`Reason: ${reason}`, detail] as const),
    [
      'Predicted',
      `${predicted.profit} ${quote}, ${predicted.bps} bps, limited by ${predicted.limitedBy}`,
    ],
    ['Best moment', `${best.profit} ${quote} with ${best.size} at ${formatTimeUs(best.atUs)}`],
    ['Booked', booked === null ? 'nothing' : bookedText(booked, quote)],
    ['At the later books', outcome(atLatency, quote)],
    ['By transfer', transfer(byTransfer, quote)],
    ['Break-even latency', limit(breakEven.latency)],
    [
      'Break-even fee',
      breakEven.fee.state === 'known'
        ? `${breakEven.fee.isAtLeast ? 'at least ' : ''}${breakEven.fee.fraction} on each trade`
        : because(breakEven.fee),
    ],
    ['Break-even transfer', limit(breakEven.transfer)],
    ['Book to buy from', leg(books.buy)],
    ['Book to sell to', leg(books.sell)],
  ];
  const list = facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  return `<details><summary>${formatTimeUs(opportunity.fromUs).replace('T', ' ').replace('Z', '')}</summary><dl>${list.join('')}</dl></details>`;
}

function noFigure({ state }: Later<Outcome>): string {
  return state === 'none' ? '–' : 'unknown';
}

export function bookedText({ bought, cost, sold, net, result }: Booked, quote: string): string {
  const fills = `bought ${bought} for ${cost}, sold ${sold} for ${net}`;
  if (result === null) return `no result yet (${fills})`;
  const parts = [fills, restText(result)].filter((part) => part !== '');
  return `${result.profit} ${quote} (${parts.join(', ')})`;
}

export function because(later: Unknown | Nothing): string {
  return later.state === 'none' ? later.reason : `unknown: ${later.reason}`;
}

export function outcome(later: Later<Outcome>, quote: string): string {
  if (later.state !== 'known') return because(later);
  return `${later.profit} ${quote} with ${later.size} (cost ${later.cost}, net ${later.net})`;
}

export function transfer(later: ReportedOpportunity['byTransfer'], quote: string): string {
  if (later.state !== 'known') return because(later);
  return `${outcome(later, quote)}, by ${later.network} in ${duration(later.delayUs)}`;
}

export function limit(later: Later<TimeLimit>): string {
  if (later.state !== 'known') return because(later);
  return `${later.isAtLeast ? 'at least ' : ''}${duration(later.us)}`;
}

export function leg({ venue, security, point }: RecordedLeg): string {
  const sequence = point.isSequenced ? `sequence ${point.sequence}` : `message ${point.sequence}`;
  return `${venue}: ${security}, segment ${point.epoch}, ${sequence}, received ${formatTimeUs(point.receiveTimeUs)}`;
}

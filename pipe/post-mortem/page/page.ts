/**
 * The report as one file: no network, no library. A run of any length stays small: charts are aggregated,
 * and the table lists the most important opportunities.
 */

import { formatTimeUs } from '../../../logger/market/time.ts';
import { directionOf } from '../totals.ts';
import type { NamedSum, PostMortem, ReportedOpportunity } from '../report.ts';
import { mostImportant } from '../importance.ts';
import { SCRIPT, STYLE } from './assets.ts';
import { differenceChart, lifetimeChart, profitCharts, verdictChart } from './charts.ts';
import type { Chart } from './charts.ts';
import { escaped, notSearchedText, plural } from './markup.ts';
import { opportunityTable } from './opportunity-table.ts';

/** Rows of the table, and of each table of results; a page of that many stays under two megabytes. */
const MAX_ROWS = 400;
const MAX_SUMS = 100;

export function pageOf(report: PostMortem): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">`,
    '<link rel="icon" href="data:,">',
    `<title>Post-mortem: ${escaped(report.strategy)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    ...header(report),
    ...charts(report),
    ...results(report),
    ...list(report),
    '</main>',
    `<script>${SCRIPT}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function header(report: PostMortem): string[] {
  const { strategy, fromUs, toUs, venues, feeTable, totals, opportunities } = report;
  const table = feeTable.isRecorded ? 'the fees of the live run' : 'another table of fees';
  const figures = totals.all.flatMap(({ quote, predicted, booked, realised, leftOut }) => [
    [`Predicted of what was taken, ${quote}`, predicted],
    [`Booked, ${quote}`, booked],
    [`At the later books, ${quote}`, realised],
    [`Predicted, not taken, ${quote}`, leftOut],
  ]);
  return [
    `<h1>Post-mortem: ${escaped(strategy)}</h1>`,
    `<p>${formatTimeUs(fromUs)} to ${formatTimeUs(toUs)}, ${venues.map(({ name, security }) => escaped(name === security ? name : `${name} (${security})`)).join(', ')}</p>`,
    `<p class="quiet">Under ${table} (${escaped(feeTable.id)}). All amounts are exact; times are the recorders' clock, UTC.</p>`,
    recomputation(report),
    ...report.notSearched.map((venue) => `<p>${escaped(notSearchedText(venue))}.</p>`),
    '<dl class="figures">',
    figure('Opportunities', String(opportunities.length)),
    ...figures.map(([name = '', value = '']) => figure(name, value)),
    '</dl>',
  ];
}

function figure(name: string, value: string): string {
  return `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`;
}

function recomputation({ recomputation }: PostMortem): string {
  const { decisions, equal, different, skipped, differences } = recomputation;
  const others = skipped.map(
    ({ reason, decisions: count }) => `${count} not made again: ${reason}`,
  );
  const words = `${plural(decisions, 'decision')} recorded, ${equal} the same when made again from the archive, to the last digit`;
  if (different === 0) return `<p>${escaped([words, ...others].join('; '))}.</p>`;
  const rows = differences.map(
    ({ decision, field, recorded, recomputed }) =>
      `<li>${escaped(decision)}: ${escaped(field)} is ${escaped(recorded)} in the record, ${escaped(recomputed)} by the archive</li>`,
  );
  return [
    '<div class="alarm" role="alert">',
    `<p><strong>${plural(different, 'live record')} can't be made again.</strong> ${escaped([words, ...others].join('; '))}. The first differences:</p>`,
    `<ul>${rows.join('')}</ul>`,
    '</div>',
  ].join('\n');
}

function charts(report: PostMortem): string[] {
  const shown = [...profitCharts(report), verdictChart(report), lifetimeChart(report)];
  return [
    '<h2>What came of it</h2>',
    '<div class="charts">',
    ...shown.map((chart) => figureOf(chart)),
    differences(report),
    '</div>',
  ];
}

function figureOf(chart: Chart, attributes = ''): string {
  const legend = chart.legend.map(({ kind, label }) => `<li>${swatch(kind)}${escaped(label)}</li>`);
  return [
    `<figure id="figure-${chart.id}"${attributes}>`,
    `<h3>${escaped(chart.heading)}</h3>`,
    ...(legend.length > 0 ? [`<ul class="legend">${legend.join('')}</ul>`] : []),
    chart.svg,
    `<figcaption>${escaped(chart.caption)}</figcaption>`,
    '</figure>',
  ].join('\n');
}

const FILLED: readonly string[] = ['taken', 'rejected', 'missed'];

function swatch(kind: string): string {
  const shape = FILLED.includes(kind)
    ? `<rect class="${kind}" width="32" height="16"/>`
    : `<line class="line ${kind}" x1="0" x2="32" y1="8" y2="8"/>`;
  return `<svg viewBox="0 0 32 16" aria-hidden="true">${shape}</svg>`;
}

/** Around the most important opportunities, one at a time. */
function differences({ priceDifferences, opportunities }: PostMortem): string {
  const byId = new Map(opportunities.map((opportunity) => [opportunity.id, opportunity]));
  const shown = priceDifferences.flatMap((around, i) => {
    const opportunity = byId.get(around.opportunity);
    const chart = opportunity && differenceChart(around, opportunity, `difference-${i}`);
    return opportunity && chart ? [{ opportunity, chart }] : [];
  });
  if (shown.length === 0) return '';
  const options = shown.map(
    ({ opportunity, chart }) =>
      `<option value="figure-${chart.id}">${escaped(`${formatTimeUs(opportunity.fromUs)} ${opportunity.pair} ${directionOf(opportunity)}, ${opportunity.verdict}`)}</option>`,
  );
  return [
    '<div>',
    `<label class="quiet" hidden>Prices around <select id="difference-choice">${options.join('')}</select></label>`,
    ...shown.map(({ chart }) => figureOf(chart, ' class="difference-figure"')),
    '</div>',
  ].join('\n');
}

function results({ totals }: PostMortem): string[] {
  return [
    '<h2>Results</h2>',
    ...sums('By pair', 'Pair', totals.byPair),
    ...sums('By direction', 'Direction', totals.byDirection),
    ...sums('By reason', 'Reason', totals.byReason),
    ...sums('By day', 'Day', totals.byDay),
  ];
}

function sums(heading: string, column: string, rows: readonly NamedSum[]): string[] {
  if (rows.length === 0) return [];
  const number = (value: string | number): string =>
    `<td class="number">${escaped(String(value))}</td>`;
  const shown = rows.slice(-MAX_SUMS);
  return [
    '<details open>',
    `<summary>${heading}${shown.length < rows.length ? ` (the last ${shown.length} of ${rows.length})` : ''}</summary>`,
    '<div class="scroll"><table>',
    `<thead><tr><th scope="col">${column}</th>${['Taken', 'Rejected', 'Missed', 'Predicted', 'Booked', 'Without result', 'At later books', 'Unknown', 'Predicted, not taken'].map((name) => `<th scope="col" class="number">${name}</th>`).join('')}<th scope="col">Coin</th></tr></thead>`,
    '<tbody>',
    ...shown.map(
      (sum) =>
        `<tr><th scope="row">${escaped(sum.name)}</th>${[sum.taken, sum.rejected, sum.missed, sum.predicted, sum.booked, sum.unbooked, sum.realised, sum.unknown, sum.leftOut].map(number).join('')}<td>${escaped(sum.quote)}</td></tr>`,
    ),
    '</tbody></table></div>',
    '</details>',
  ];
}

function list({ opportunities }: PostMortem): string[] {
  const shown = mostImportant(opportunities, MAX_ROWS);
  const note =
    shown.length < opportunities.length
      ? `The ${shown.length} most important of ${opportunities.length}: what was taken, then by predicted profit. All of them: <code>--json</code>.`
      : '';
  return [
    '<h2>Opportunities</h2>',
    ...(note ? [`<p class="quiet">${note}</p>`] : []),
    ...filters(shown),
    '<p id="shown" class="quiet" aria-live="polite"></p>',
    `<div class="scroll">${opportunityTable(shown)}</div>`,
  ];
}

function filters(opportunities: readonly ReportedOpportunity[]): string[] {
  const choice = (name: string, label: string, values: readonly string[]): string => {
    const options = [...new Set(values)]
      .sort()
      .map((value) => `<option>${escaped(value)}</option>`);
    return `<label>${label}<select name="${name}"><option value="">all</option>${options.join('')}</select></label>`;
  };
  return [
    '<form id="filters" class="filters" hidden>',
    choice(
      'verdict',
      'Verdict',
      opportunities.map(({ verdict }) => verdict),
    ),
    choice(
      'reason',
      'Reason',
      opportunities.flatMap(({ reasons }) => reasons.map(({ reason }) => reason)),
    ),
    choice(
      'pair',
      'Pair',
      opportunities.map(({ pair }) => pair),
    ),
    choice('direction', 'Direction', opportunities.map(directionOf)),
    '<label>Text<input name="text" type="search"></label>',
    '</form>',
  ];
}

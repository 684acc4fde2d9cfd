/** The charts of the page: what is drawn, and the same in words. */

import { formatTimeUs } from '../../../logger/market/time.ts';
import { ZERO, addExact, formatExact, parseExact } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import { directionOf } from '../totals.ts';
import type { PostMortem, PriceDifference, ReportedOpportunity, Verdict } from '../report.ts';
import { duration, escaped, plural } from './markup.ts';
import { closeAxis, px, stepPath, svg, tickLabel, ticks, timeTicks, xAxis, yAxis } from './plot.ts';
import type { Axis } from './plot.ts';

export interface Chart {
  readonly id: string;
  readonly heading: string;
  readonly svg: string;
  readonly legend: readonly { readonly kind: string; readonly label: string }[];
  /** The result in a sentence. */
  readonly caption: string;
}

interface Point {
  readonly at: number;
  readonly value: number | null;
}

/** One chart for each coin in which something was earned or lost. */
export function profitCharts(report: PostMortem): Chart[] {
  const taken = report.opportunities.filter(({ verdict }) => verdict === 'taken');
  const quotes = [...new Set(taken.map(({ quote }) => quote))].sort();
  return quotes.map((quote, i) =>
    profitChart(
      report,
      quote,
      taken.filter((opportunity) => opportunity.quote === quote),
      `profit-${i}`,
    ),
  );
}

function profitChart(
  { fromUs, toUs }: PostMortem,
  quote: string,
  taken: readonly ReportedOpportunity[],
  id: string,
): Chart {
  let [predicted, realised, unknown]: [Exact, Exact, number] = [ZERO, ZERO, 0];
  const lines: { predicted: Point[]; realised: Point[] } = {
    predicted: [{ at: fromUs, value: 0 }],
    realised: [{ at: fromUs, value: 0 }],
  };
  for (const { predicted: evaluation, atLatency, fromUs: at } of taken) {
    predicted = addExact(predicted, parseExact(evaluation.profit));
    lines.predicted.push({ at, value: Number(formatExact(predicted)) });
    if (atLatency.state !== 'known') {
      unknown++;
      continue;
    }
    realised = addExact(realised, parseExact(atLatency.profit));
    lines.realised.push({ at, value: Number(formatExact(realised)) });
  }
  for (const line of Object.values(lines)) line.push({ at: toUs, value: line.at(-1)?.value ?? 0 });
  const x = xAxis(fromUs, toUs);
  const y = yAxis([...lines.predicted, ...lines.realised].map(({ value }) => value ?? 0));
  const caption =
    `${plural(taken.length, 'opportunity', 'opportunities')} taken: predicted ${formatExact(predicted)} ${quote}, ` +
    `at the later books ${formatExact(realised)} ${quote}` +
    (unknown > 0 ? `; not known of ${unknown}, which the lower line leaves out.` : '.');
  const heading = `Cumulative paper profit, ${quote}`;
  return {
    id,
    heading,
    caption,
    legend: [
      { kind: 'predicted', label: 'predicted' },
      { kind: 'realised', label: 'at the later books' },
    ],
    svg: svg({
      id,
      title: heading,
      description: caption,
      x,
      y,
      yTicks: ticks(y),
      xTicks: timeColumns(x),
      body: (['predicted', 'realised'] as const)
        .map(
          (kind) =>
            `<path class="line ${kind}" d="${stepPath({ x, y }, thinned(lines[kind], x))}"/>`,
        )
        .join('\n'),
    }),
  };
}

const VERDICTS: readonly Verdict[] = ['taken', 'rejected', 'missed'];
const MAX_BARS = 60;
const SECOND_US = 1_000_000;
const BAR_STEPS_US: readonly number[] = [
  1, 5, 15, 60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000,
].map((seconds) => seconds * SECOND_US);

export function verdictChart({ fromUs, toUs, opportunities }: PostMortem): Chart {
  const fits = (step: number): boolean => (toUs - fromUs) / step <= MAX_BARS;
  const stepUs = BAR_STEPS_US.find(fits) ?? Math.ceil((toUs - fromUs) / MAX_BARS);
  const bars = new Map<number, Record<Verdict, number>>();
  const all = { taken: 0, rejected: 0, missed: 0 };
  for (const { fromUs: us, verdict } of opportunities) {
    const bar = Math.floor(us / stepUs) * stepUs;
    const counts = bars.get(bar) ?? { taken: 0, rejected: 0, missed: 0 };
    counts[verdict]++;
    all[verdict]++;
    bars.set(bar, counts);
  }
  const x = xAxis(Math.floor(fromUs / stepUs) * stepUs, Math.ceil(toUs / stepUs) * stepUs);
  const y = yAxis(
    [...bars.values()].map(({ taken, rejected, missed }) => taken + rejected + missed),
  );
  const body = [...bars].map(([us, counts]) => bar(us, stepUs, counts, { x, y })).join('\n');
  const caption = `${all.taken} taken, ${all.rejected} rejected, ${all.missed} missed; each bar is ${duration(stepUs)}.`;
  const heading = 'Opportunities over time';
  return {
    id: 'verdicts',
    heading,
    caption,
    legend: VERDICTS.map((kind) => ({ kind, label: kind })),
    svg: svg({
      id: 'verdicts',
      title: heading,
      description: caption,
      x,
      y,
      body,
      yTicks: wholeTicks(y),
      xTicks: timeColumns(x),
    }),
  };
}

function bar(
  us: number,
  stepUs: number,
  counts: Readonly<Record<Verdict, number>>,
  { x, y }: { readonly x: Axis; readonly y: Axis },
): string {
  const [left, right] = [x.at(us), x.at(us + stepUs)];
  const width = Math.max(1.5, (right - left) * 0.84);
  let below = 0;
  const parts = VERDICTS.filter((verdict) => counts[verdict] > 0).map((verdict) => {
    const [bottom, top] = [y.at(below), y.at((below += counts[verdict]))];
    return `<rect class="${verdict}" x="${px(left)}" y="${px(top)}" width="${px(width)}" height="${px(bottom - top)}"/>`;
  });
  const words = VERDICTS.map((verdict) => `${counts[verdict]} ${verdict}`).join(', ');
  return `<g><title>${formatTimeUs(us)}: ${words}</title>${parts.join('')}</g>`;
}

const BINS: readonly (readonly [belowUs: number, label: string])[] = [
  [10_000, '<10ms'],
  [100_000, '<0.1s'],
  [SECOND_US, '<1s'],
  [10 * SECOND_US, '<10s'],
  [60 * SECOND_US, '<1min'],
  [600 * SECOND_US, '<10min'],
  [Infinity, 'longer'],
];

export function lifetimeChart({ opportunities }: PostMortem): Chart {
  const counts = BINS.map(() => 0);
  for (const { lifetimeUs } of opportunities) {
    const bin = BINS.findIndex(([belowUs]) => lifetimeUs < belowUs);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const x = xAxis(0, BINS.length);
  const y = yAxis(counts);
  const body = counts.map((count, i) => {
    const [left, top] = [x.at(i + 0.1), y.at(count)];
    const label = BINS[i]?.[1] ?? '';
    const rect = `<rect class="lifetime" x="${px(left)}" y="${px(top)}" width="${px(x.at(i + 0.9) - left)}" height="${px(y.at(0) - top)}"/>`;
    return `<g><title>${escaped(label)}: ${count}</title>${rect}</g>`;
  });
  const sorted = opportunities.map(({ lifetimeUs }) => lifetimeUs).sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  const caption =
    median === undefined
      ? 'There were none.'
      : `Half of them were over within ${duration(median)}; the longest took ${duration(sorted.at(-1) ?? 0)}.`;
  const heading = 'How long opportunities lasted';
  return {
    id: 'lifetimes',
    heading,
    caption,
    legend: [],
    svg: svg({
      id: 'lifetimes',
      title: heading,
      description: caption,
      x,
      y,
      body: body.join('\n'),
      yTicks: wholeTicks(y),
      xTicks: BINS.map(([, label], i) => ({ at: x.at(i + 0.5), label })),
    }),
  };
}

/** What the best prices of both venues were around one opportunity. */
export function differenceChart(
  { points }: PriceDifference,
  opportunity: ReportedOpportunity,
  id: string,
): Chart | null {
  const line: Point[] = points.map(({ us, difference }) => ({
    at: us,
    value: difference === null ? null : Number(difference),
  }));
  const values = line.flatMap(({ value }) => value ?? []);
  const [from, to] = [line[0]?.at, line.at(-1)?.at];
  if (from === undefined || to === undefined || values.length === 0) return null;
  const x = xAxis(from, to);
  const y = closeAxis([...values, 0]);
  const { fromUs, toUs, quote, predicted, atLatency } = opportunity;
  const [top, bottom] = [y.at(y.to), y.at(y.from)];
  const [left, right] = [x.at(Math.max(fromUs, from)), x.at(Math.min(toUs, to))];
  const marks = [
    `<rect class="span" x="${px(left)}" y="${px(top)}" width="${px(Math.max(1, right - left))}" height="${px(bottom - top)}"/>`,
    mark(x, predicted.atUs, 'decided', { top, bottom }),
    ...(atLatency.state === 'known'
      ? [mark(x, Math.max(atLatency.buyAtUs, atLatency.sellAtUs), 'filled', { top, bottom })]
      : []),
  ];
  const highest = values.reduce((max, value) => Math.max(max, value), -Infinity);
  const caption =
    `${directionOf(opportunity)}, ${formatTimeUs(fromUs)}: best bid less best ask, at most ` +
    `${tickLabel(highest)} ${quote}; the shaded time is the opportunity, ${duration(toUs - fromUs)}.`;
  const heading = `Price difference of the venues, ${quote}`;
  return {
    id,
    heading,
    caption,
    legend: [
      { kind: 'difference', label: 'bid to sell at less ask to buy at' },
      { kind: 'decided', label: 'decision' },
      { kind: 'filled', label: 'both legs filled' },
    ],
    svg: svg({
      id,
      title: heading,
      description: caption,
      x,
      y,
      yTicks: ticks(y),
      xTicks: timeColumns(x),
      body: `${marks.join('\n')}\n<path class="line difference" d="${stepPath({ x, y }, thinned(line, x))}"/>`,
    }),
  };
}

function mark(
  x: Axis,
  us: number,
  kind: string,
  { top, bottom }: { readonly top: number; readonly bottom: number },
): string {
  if (us < x.from || us > x.to) return '';
  const at = px(x.at(us));
  return `<line class="mark ${kind}" x1="${at}" x2="${at}" y1="${px(top)}" y2="${px(bottom)}"/>`;
}

function timeColumns(x: Axis): { at: number; label: string }[] {
  return timeTicks(x).map(({ us, label }) => ({ at: x.at(us), label }));
}

function wholeTicks(y: Axis): number[] {
  return ticks(y).filter((value) => Number.isInteger(value));
}

/** Of the points in one column of pixels: the first, the lowest, the highest and the last. */
function thinned(points: readonly Point[], x: Axis): Point[] {
  const kept: Point[] = [];
  let column: Point[] = [];
  const flush = (): void => {
    if (column.length <= 4) kept.push(...column);
    else kept.push(...edgesOf(column));
    column = [];
  };
  let last: number | undefined;
  for (const point of points) {
    const at = Math.round(x.at(point.at));
    if (at !== last) flush();
    last = at;
    column.push(point);
  }
  flush();
  return kept;
}

function edgesOf(column: readonly Point[]): Point[] {
  const isLower = (a: Point, b: Point): boolean => (a.value ?? 0) < (b.value ?? 0);
  const [first] = column as [Point];
  let [low, high, gap]: [Point, Point, Point | undefined] = [first, first, undefined];
  for (const point of column) {
    if (point.value === null) gap = point;
    else if (low.value === null || isLower(point, low)) low = point;
    else if (high.value === null || isLower(high, point)) high = point;
  }
  const wanted = new Set([first, low, high, gap, column.at(-1)]);
  return column.filter((point) => wanted.has(point));
}

/**
 * A bar chart of a section as SVG, readable on light and on dark pages: a bar for each contender, a thin
 * line for its spread. On a logarithmic scale where the figures are far apart.
 */

import { formatValue } from '../figures.ts';
import type { Figure, Section } from '../figures.ts';

const WIDTH = 760;
const ROW = 22;
const TOP = 30;
/** On average, in a wide font such as DejaVu Sans or Verdana. */
const CHAR_WIDTH = 7;
const VALUE_SPACE = 64;
const GAP = 8;
const MAX_LABEL = 58;
/** Figures further apart than this are hard to compare as lengths. */
const LINEAR_SPAN = 25;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .axis { fill: #59636e }
  .ours { fill: #0969da } .peer { fill: #afb8c1 } .limit { fill: none; stroke: #818b98; stroke-dasharray: 3 2 }
  .spread { stroke: #1f2328; stroke-width: 1 }
  .wrong { fill: #d1242f }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .axis { fill: #9198a1 }
    .ours { fill: #4493f8 } .peer { fill: #656c76 } .limit { stroke: #9198a1 }
    .spread { stroke: #e6edf3 } .wrong { fill: #f85149 }
  }`;

/** undefined: the section compares nothing. */
export function plotOf(section: Section): string | undefined {
  const figures = section.figures.filter(({ role }) => role !== undefined);
  const unit = figures[0]?.unit;
  if (section.better === undefined || unit === undefined) return undefined;
  const right = figures.filter(({ isWrong }) => !isWrong);
  const scale = scaleFor(right.flatMap(({ value, spread }) => [value, ...(spread ?? [])]));
  const left = labelWidth(figures);
  const height = TOP + figures.length * ROW + 6;
  const length = (value: number): number =>
    Math.max(1, scale.share(value) * (WIDTH - left - VALUE_SPACE));
  const rows = figures.map((figure, i) => row(figure, { top: TOP + i * ROW, left, length }));
  const head = `${unit}; ${section.better === 'lower' ? 'shorter' : 'longer'} is better${scale.note}`;
  const headAt = Math.max(0, Math.min(left, Math.floor(WIDTH - textWidth(head))));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escape(section.title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<text class="axis" x="${headAt}" y="16">${escape(head)}</text>`,
    ...rows,
    '</svg>\n',
  ].join('\n');
}

interface Place {
  readonly top: number;
  readonly left: number;
  readonly length: (value: number) => number;
}

function row(figure: Figure, { top, left, length }: Place): string {
  const { name, value, spread, role = 'peer', isWrong } = figure;
  const middle = top + ROW / 2;
  const text = (x: number, anchor: string, content: string, style = ''): string =>
    `<text${style} x="${x}" y="${middle + 4}" text-anchor="${anchor}">${escape(content)}</text>`;
  const label = text(left - GAP, 'end', shortened(name));
  if (isWrong) return label + text(left, 'start', 'wrong', ' class="wrong"');
  const width = length(value);
  const bar = `<rect class="${role}" x="${left}" y="${top + 3}" width="${round(width)}" height="${ROW - 7}"/>`;
  const ends = spread?.map((each) => round(left + length(each)));
  const line = ends
    ? `<line class="spread" x1="${ends[0]}" x2="${ends[1]}" y1="${middle}" y2="${middle}"/>`
    : '';
  const end = Math.max(left + width, ends?.[1] ?? 0) + GAP;
  return label + bar + line + text(round(end), 'start', formatValue(value));
}

interface PlotScale {
  /** From 0 to 1. */
  share(value: number): number;
  readonly note: string;
}

function scaleFor(values: readonly number[]): PlotScale {
  const used = values.filter((value) => Number.isFinite(value) && value > 0);
  const [least, most] = [Math.min(...used), Math.max(...used)];
  if (!(most / least > LINEAR_SPAN)) return { share: (value) => value / most, note: '' };
  const [from, to] = [Math.log10(least) - 0.3, Math.log10(most)];
  return {
    share: (value) => Math.max(0, (Math.log10(value) - from) / (to - from)),
    note: '; logarithmic scale',
  };
}

function labelWidth(figures: readonly Figure[]): number {
  return Math.ceil(Math.max(...figures.map(({ name }) => textWidth(shortened(name))))) + GAP;
}

function textWidth(text: string): number {
  return text.length * CHAR_WIDTH;
}

function shortened(name: string): string {
  return name.length > MAX_LABEL ? `${name.slice(0, MAX_LABEL - 1)}…` : name;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

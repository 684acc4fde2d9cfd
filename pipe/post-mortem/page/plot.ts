/**
 * Axes of a chart as inline SVG. Positions are rounded to a tenth, so that the same data is the same text.
 * Only positions are floating-point numbers: what is written out is exact text from the report.
 */

import { formatTimeUs } from '../../../logger/market/time.ts';
import { escaped } from './markup.ts';

export const WIDTH = 560;
export const HEIGHT = 280;
/** Room for the labels, at their size on a phone. */
const LEFT = 78;
const RIGHT = 14;
const TOP = 14;
const BOTTOM = 38;
/** Half of the widest label. */
const EDGE = 40;
const MAX_TICKS_X = 4;
const MAX_TICKS_Y = 5;

/** From values to positions along one axis. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  at(value: number): number;
}

export interface Axes {
  readonly x: Axis;
  readonly y: Axis;
}

export function xAxis(from: number, to: number): Axis {
  return axis(from, to, LEFT, WIDTH - RIGHT);
}

/** Holds 0 and all values. */
export function yAxis(values: readonly number[]): Axis {
  let [from, to] = [0, 0];
  for (const value of values) [from, to] = [Math.min(from, value), Math.max(to, value)];
  return axis(from, to === from ? from + 1 : to, HEIGHT - BOTTOM, TOP);
}

/** Holds all values, with some room around them. */
export function closeAxis(values: readonly number[]): Axis {
  let [from, to] = [Infinity, -Infinity];
  for (const value of values) [from, to] = [Math.min(from, value), Math.max(to, value)];
  const margin = (to - from) * 0.08 || Math.abs(to) * 0.01 || 1;
  return axis(from - margin, to + margin, HEIGHT - BOTTOM, TOP);
}

function axis(from: number, to: number, start: number, end: number): Axis {
  const span = to - from || 1;
  return { from, to, at: (value) => start + ((value - from) / span) * (end - start) };
}

/** `12.3`, never `-0` or `1e-7`. */
export function px(value: number): string {
  const rounded = Math.round(value * 10) / 10;
  return String(rounded === 0 ? 0 : rounded);
}

/** Round values inside an axis. */
export function ticks({ from, to }: Axis, max = MAX_TICKS_Y): number[] {
  const step = roundStep((to - from) / max);
  const first = Math.ceil(from / step - 1e-9);
  const found: number[] = [];
  for (let i = first; i * step <= to + step * 1e-9 && found.length <= max + 1; i++) {
    found.push(i * step);
  }
  return found;
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((step) => step * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return value.toExponential(0);
  return String(Number(value.toPrecision(6)));
}

const SECOND_US = 1_000_000;
const DAY_US = 86_400 * SECOND_US;
const TIME_STEPS_US: readonly number[] = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].map((part) => part * SECOND_US),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200].map(
    (seconds) => seconds * SECOND_US,
  ),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((days) => days * DAY_US),
];

/** Round UTC times inside an axis, and how they are written. */
export function timeTicks({ from, to }: Axis): { readonly us: number; readonly label: string }[] {
  const fits = (step: number): boolean =>
    Math.floor(to / step) - Math.ceil(from / step) < MAX_TICKS_X;
  const step = TIME_STEPS_US.find(fits) ?? 1000 * DAY_US;
  const [start, end] = step >= DAY_US ? [5, 10] : step >= 60 * SECOND_US ? [11, 16] : [11, 19];
  const found: { us: number; label: string }[] = [];
  for (let us = Math.ceil(from / step) * step; us <= to; us += step) {
    const text = formatTimeUs(us);
    const part = step < SECOND_US ? text.slice(17, -1) : text.slice(start, end);
    found.push({ us, label: step < SECOND_US ? `${part} s` : part });
  }
  return found;
}

export interface Frame extends Axes {
  readonly id: string;
  /** What the chart shows, for those who don't see it. */
  readonly title: string;
  readonly description: string;
  readonly xTicks: readonly { readonly at: number; readonly label: string }[];
  readonly yTicks: readonly number[];
  readonly body: string;
}

/** A chart with grid and labels. */
export function svg({ id, title, description, x, y, xTicks, yTicks, body }: Frame): string {
  const rows = yTicks.map((value) => {
    const at = px(y.at(value));
    const kind = value === 0 ? 'zero' : 'grid';
    return (
      `<line class="${kind}" x1="${px(x.at(x.from))}" x2="${px(x.at(x.to))}" y1="${at}" y2="${at}"/>` +
      `<text x="${LEFT - 8}" y="${at}" text-anchor="end" dominant-baseline="middle">${escaped(tickLabel(value))}</text>`
    );
  });
  const columns = xTicks.map(({ at, label }) => {
    // A label in the middle would be cut off at the edge.
    const anchor = at > WIDTH - EDGE ? 'end' : 'middle';
    return `<text x="${px(at)}" y="${HEIGHT - 12}" text-anchor="${anchor}">${escaped(label)}</text>`;
  });
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-description">`,
    `<title id="${id}-title">${escaped(title)}</title>`,
    `<desc id="${id}-description">${escaped(description)}</desc>`,
    ...rows,
    ...columns,
    body,
    '</svg>',
  ].join('\n');
}

/** A line that keeps its value until the next one; null ends it, the next value begins a new one. */
export function stepPath(
  { x, y }: Axes,
  points: readonly { readonly at: number; readonly value: number | null }[],
): string {
  const parts: string[] = [];
  let isDown = false;
  for (const { at, value } of points) {
    const column = px(x.at(at));
    if (value === null) {
      if (isDown) parts.push(`H${column}`);
      isDown = false;
    } else if (isDown) {
      parts.push(`H${column}V${px(y.at(value))}`);
    } else {
      parts.push(`M${column} ${px(y.at(value))}`);
      isDown = true;
    }
  }
  return parts.join('');
}

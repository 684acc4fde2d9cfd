/** What a figure did over time. Pure. */

/** A figure at a moment of the run, in seconds since its start. */
export interface Point {
  readonly seconds: number;
  readonly value: number;
}

export interface Course {
  readonly first: number;
  readonly last: number;
  readonly max: number;
}

const WARM_UP_SECONDS = 120;
const WARM_UP_SHARE = 0.2;
const WARM_UP_SHARE_MAX = 0.5;
/** Over less than this, what fills once looks like growth without end. */
export const GROWTH_MIN_SECONDS = 300;

/** How much of a life is left out: a fifth or two minutes, whichever is more, but at most half. */
export function warmUpSeconds(lifeSeconds: number): number {
  const wanted = Math.max(WARM_UP_SHARE * lifeSeconds, WARM_UP_SECONDS);
  return Math.min(wanted, WARM_UP_SHARE_MAX * lifeSeconds);
}

/** By how much the value grows in a second (least squares); null for fewer than three points. */
export function slope(points: readonly Point[]): number | null {
  if (points.length < 3) return null;
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [meanSeconds, meanValue] = [mean(({ seconds }) => seconds), mean(({ value }) => value)];
  let [together, alone] = [0, 0];
  for (const { seconds, value } of points) {
    together += (seconds - meanSeconds) * (value - meanValue);
    alone += (seconds - meanSeconds) ** 2;
  }
  return alone === 0 ? null : together / alone;
}

/** Null where nothing was seen. */
export function course(points: readonly Point[]): Course | null {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return null;
  const max = points.reduce((most, { value }) => Math.max(most, value), -Infinity);
  return { first: first.value, last: last.value, max };
}

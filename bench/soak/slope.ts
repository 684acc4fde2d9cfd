/** The course of a figure over time. Pure. */

/** A value, and its time in seconds since the start of the run. */
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
const MAX_WARM_UP_SHARE = 0.5;
/** Over a shorter time, a cache that fills once looks like unbounded growth. */
export const GROWTH_MIN_SECONDS = 300;

/** The part of a life to ignore: a fifth or two minutes, whichever is more, but at most half. */
export function warmUpSeconds(lifeSeconds: number): number {
  const wanted = Math.max(WARM_UP_SHARE * lifeSeconds, WARM_UP_SECONDS);
  return Math.min(wanted, MAX_WARM_UP_SHARE * lifeSeconds);
}

/** Growth of the value per second (least squares); null for fewer than three points. */
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

/** null without points. */
export function course(points: readonly Point[]): Course | null {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return null;
  const max = points.reduce((most, { value }) => Math.max(most, value), -Infinity);
  return { first: first.value, last: last.value, max };
}

/** Awaiting a condition, with a deadline. */

export { until } from '../../sandbox/until.ts';

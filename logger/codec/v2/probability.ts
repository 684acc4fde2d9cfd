/**
 * The probabilities of contexts. A context is an integer: its probability of a 1 in units of 2^-15,
 * above the number of decisions that it has seen, in the lowest eight bits. Each decision moves the
 * probability towards what was decided, at first by much, later by a constant share, so that it
 * follows the market.
 */

export const FIRST_RANGE = 0x7fffffff;
/** Below this, a byte of the fraction is settled but for a carry. */
export const MIN_RANGE = 1 << 23;

export const PROBABILITY_BITS = 15;
export const ONE = 1 << PROBABILITY_BITS;
/** The number of decisions from which on the share stays the same. */
export const SETTLED = 30;

/** The share by which a probability moves, in units of 2^-15, by the number of decisions before. */
export const SHARES = Int32Array.from({ length: SETTLED + 1 }, (_, seen) =>
  Math.floor((ONE * 10) / (10 * seen + 16)),
);

export function freshContexts(count: number): Int32Array {
  return new Int32Array(count).fill((ONE / 2) << 8);
}

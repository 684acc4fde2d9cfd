/**
 * The probabilities of contexts. A context is an integer: its probability of a 1 in units of 2^-15,
 * above the number of decisions that it has seen, in the lowest eight bits. Each decision moves the
 * probability towards what was decided, at first by much, later by a constant share, so that it
 * follows the market.
 */

export const PROBABILITY_BITS = 15;
export const ONE = 1 << PROBABILITY_BITS;
/** The number of decisions from which on the share stays the same. */
const SETTLED = 30;

/** The share by which a probability moves, in units of 2^-15, by the number of decisions before. */
const SHARES = Int32Array.from({ length: SETTLED + 1 }, (_, seen) =>
  Math.floor((ONE * 10) / (10 * seen + 16)),
);

export function freshContexts(count: number): Int32Array {
  return new Int32Array(count).fill((ONE / 2) << 8);
}

/** The context after a 1. */
export function afterOne(context: number): number {
  const probability = context >>> 8;
  const seen = context & 255;
  const moved = Math.imul(ONE - probability, SHARES[seen] as number) >> PROBABILITY_BITS;
  return context + (moved << 8) + (seen < SETTLED ? 1 : 0);
}

/** The context after a 0. */
export function afterZero(context: number): number {
  const seen = context & 255;
  const moved = Math.imul(context >>> 8, SHARES[seen] as number) >> PROBABILITY_BITS;
  return context - (moved << 8) + (seen < SETTLED ? 1 : 0);
}

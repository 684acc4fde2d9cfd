/** Numbers as decisions: their lengths, and what is not a number. */

/** A number from here on is an escape. */
export const NUMBER_LIMIT = 2 ** 49;
/** Lengths from here on take a second tree. */
export const LONG = 31;
export const LENGTH_BITS = 5;
export const LENGTHS = 2 ** LENGTH_BITS;
/** In the second tree: not a number. */
export const ESCAPED = LENGTHS - 1;
export const MAX_LENGTH = 49;
/** What is read for a number that is not below the limit. */
export const NO_NUMBER = -1;

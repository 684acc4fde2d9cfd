/** Where a straight line plus a staircase is highest among whole numbers. */

import { floorDivide } from '../../market/exact.ts';

/** `slope × x + step × floor((rise × x + offset) ÷ run)`; `rise` is not negative, `run` is positive. */
export interface Staircase {
  readonly slope: bigint;
  readonly step: bigint;
  readonly rise: bigint;
  readonly offset: bigint;
  readonly run: bigint;
}

/**
 * The smallest `x` with `0 <= x < count` (at least one) where the sum is highest, and the sum there.
 *
 * Ties are part of the sum: it is multiplied by `count`, and `x` is subtracted.
 */
export function highestOf(line: Staircase, count: bigint): { x: bigint; value: bigint } {
  const slope = line.slope * count - 1n;
  const highest = highestSum({ ...line, slope, step: line.step * count }, count);
  const value = -floorDivide(-highest, count);
  return { x: value * count - highest, value };
}

/**
 * As Euclid's algorithm. Whole steps of `rise` and `offset` go into the slope and a constant. Then, unless
 * both ends are the only candidates, one end of each step of the stairs is the best of that step: numbering
 * the steps instead of `x` gives the same problem with `run` and `rise` exchanged.
 */
function highestSum(line: Staircase, count: bigint): bigint {
  let { slope, step, rise, offset, run } = line;
  let highest: bigint | null = null;
  for (let base = 0n; ;) {
    slope += step * (rise / run);
    rise %= run;
    const steps = floorDivide(offset, run);
    base += step * steps;
    offset -= run * steps;
    const last = (rise * (count - 1n) + offset) / run;
    for (const end of [base, base + slope * (count - 1n) + step * last]) {
      if (highest === null || end > highest) highest = end;
    }
    if (last === 0n || slope >= 0n === step >= 0n) return highest as bigint;
    if (slope < 0n) {
      // The first x of each step from 1 to the last.
      base += step;
      offset = run - offset + rise - 1n;
    } else {
      // The last x of each step from 0 to the last but one.
      offset = run - offset - 1n;
    }
    [slope, step, rise, run, count] = [step, slope, run, rise, last];
  }
}

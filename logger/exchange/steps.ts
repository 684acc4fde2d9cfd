/** Tick and lot sizes as exchanges print them. */

import { fractionDigits } from '../market/decimal.ts';

/** Decimals that values on the grid of this step need; none where it is unknown. */
export function digitsOf(step: string | null): number {
  return step === null ? 0 : fractionDigits(step);
}

/** `0.01000000` → `0.01`; a step of 0 means that there is none. */
export function trimmedStep(step: string | null): string | null {
  if (step === null) return null;
  const trimmed = step.includes('.') ? step.replace(/\.?0+$/, '') : step;
  return trimmed === '0' ? null : trimmed;
}

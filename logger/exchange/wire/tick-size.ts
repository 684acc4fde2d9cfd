/** Tick and lot sizes as exchanges print them. */

import { fractionDigits } from '../../market/decimal.ts';

/** Decimals of the multiples of a tick or lot size; 0 where it is unknown. */
export function digitsOf(size: string | null): number {
  return size === null ? 0 : fractionDigits(size);
}

/** `0.01` for `0.01000000`; null for 0, which means that there is none. */
export function trimmedSize(size: string | null): string | null {
  if (size === null) return null;
  const trimmed = size.includes('.') ? size.replace(/\.?0+$/, '') : size;
  return trimmed === '0' ? null : trimmed;
}

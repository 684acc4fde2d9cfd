/** The sizes of levels that a block sets: how they are told from the level's last size. */

import { corrupt } from './bytes.ts';
import { NUMBER_LIMIT } from './numbers.ts';

/** How an update changes a size. */
export const SAME = 0;
/** To, by plus, or by minus one of the recent sizes. */
export const RECENT = 1;
export const RECENT_MORE = 2;
export const RECENT_LESS = 3;
export const MORE = 4;
export const LESS = 5;
export const ESCAPED = 6;
export const KIND_BITS = 3;
export const UPDATE_DIGITS = 2;

export function checkedLots(lots: number): number {
  if (lots < 0 || lots >= NUMBER_LIMIT) throw corrupt('a size is out of range');
  return lots;
}

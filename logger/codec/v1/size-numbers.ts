/**
 * Sizes without a previous size at the same price (new levels, trades, images). One token is either an
 * index into the recent sizes, or the magnitude of a size in lots, or an escape for a size that lies
 * off the grid of lots.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import { corrupt } from './bytes.ts';
import { ESCAPE_TOKEN, tokenOf } from './columns.ts';
import type { ColumnsReader, ColumnsWriter } from './columns.ts';
import { MAX_GRID_INDEX } from './grid.ts';
import type { Grid } from './grid.ts';
import { RECENT_SIZES } from './recent-sizes.ts';
import type { RecentSizes } from './recent-sizes.ts';

/** In place of a number of lots: the size is off the grid. */
export const OFF_GRID = -1;

/** The size in lots; `OFF_GRID` if it is off the grid or negative. */
export function lotsOf(grid: Grid, size: ScaledInt): number {
  const lots = grid.index(size);
  return lots >= 0 ? lots : OFF_GRID;
}

export function writeSize(
  out: ColumnsWriter,
  column: number,
  recent: RecentSizes,
  lots: number,
  size: ScaledInt,
): void {
  if (lots === OFF_GRID) {
    out.token(column, ESCAPE_TOKEN);
    out.scaledEscape(size);
    return;
  }
  const index = recent.find(lots);
  if (index >= 0) {
    out.token(column, index);
    recent.use(index);
  } else {
    out.token(column, RECENT_SIZES + tokenOf(lots));
    out.mantissa(lots);
    recent.addNew(lots);
  }
}

/** @returns the lots, or `OFF_GRID` if the size is the next escape. */
export function readLots(input: ColumnsReader, column: number, recent: RecentSizes): number {
  const token = input.token(column);
  if (token === ESCAPE_TOKEN) return OFF_GRID;
  if (token < RECENT_SIZES) return recent.use(token);
  const lots = input.mantissa(token - RECENT_SIZES);
  if (lots >= MAX_GRID_INDEX) throw corrupt('a size is out of range');
  recent.addNew(lots);
  return lots;
}

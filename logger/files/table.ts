/** What the rows of a type are. */

import type { DataItem, GapItem } from '../queries/items.ts';
import type { Column } from './column.ts';
import type { Rows } from './rows.ts';

export interface Table {
  readonly columns: readonly Column[];
  /** @param segment of the item's rows. */
  write(item: DataItem, rows: Rows, segment: number): void;
  /** Some tables have rows for a gap, or keep rows until the end. */
  gap?(gap: GapItem, rows: Rows): void;
  finish?(rows: Rows): void;
}

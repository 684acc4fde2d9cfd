/** What the rows of a type are. */

import type { DataItem, GapItem } from '../queries/items.ts';
import type { Column } from './column.ts';
import type { OrderImageItem } from './order-images.ts';
import type { Rows } from './rows.ts';

/** What rows are made of. */
export type FileItem = DataItem | OrderImageItem;

export interface Table {
  readonly columns: readonly Column[];
  /** @param segment of the item's rows. */
  write(item: FileItem, rows: Rows, segment: number): void;
  /** Some tables have rows for a gap, or keep rows until the end. */
  gap?(gap: GapItem, rows: Rows): void;
  finish?(rows: Rows): void;
}

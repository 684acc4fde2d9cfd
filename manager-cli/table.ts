/** Plain aligned tables: two spaces between columns, numbers on the right, no borders. */

import type { Colour, Paint } from './style.ts';
import { width } from './width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** If the table is too wide, the column with the highest value is dropped first; absent: never. */
  readonly dropOrder?: number;
}

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

const GAP = '  ';

function pad(text: string, columns: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return align === 'right' ? space + text : text + space;
}

/** Indexes of the columns that fit, after dropping the least needed. */
function fitting(
  columns: readonly Column[],
  widths: readonly number[],
  maxWidth: number,
): readonly number[] {
  let kept = columns.map((_, index) => index);
  const total = (): number =>
    kept.reduce((sum, index) => sum + (widths[index] ?? 0), 0) + GAP.length * (kept.length - 1);
  while (total() > maxWidth) {
    const orders = kept.map((index) => columns[index]?.dropOrder ?? -1);
    const highest = Math.max(...orders);
    if (highest < 0) break;
    kept = kept.filter((_, at) => at !== orders.indexOf(highest));
  }
  return kept;
}

/**
 * Lines of the table, titles first. Cells are strings, or strings with a colour.
 * @param maxWidth columns with a `dropOrder` are dropped until the table fits.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | Cell)[])[],
  paint: Paint,
  maxWidth = Number.POSITIVE_INFINITY,
): string[] {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)),
  );
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...cells.map((row) => width(row[index]?.text ?? ''))),
  );
  const kept = fitting(columns, widths, maxWidth);
  const line = (row: readonly Cell[], forced?: Colour): string =>
    kept
      .map((index) => {
        const column = columns[index] ?? { title: '' };
        const cell = row[index] ?? { text: '' };
        const padded = pad(cell.text, widths[index] ?? 0, column.align ?? 'left');
        const colour = forced ?? cell.colour;
        return colour === undefined ? padded : paint(colour, padded);
      })
      .join(GAP)
      .trimEnd();
  return [
    line(
      columns.map((column) => ({ text: column.title })),
      'dim',
    ),
    ...cells.map((row) => line(row)),
  ];
}

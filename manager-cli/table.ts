/** Plain aligned tables: two spaces between columns, numbers to the right, no lines drawn. */

import type { Colour, Paint } from './style.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

const GAP = '  ';

/** Length as it takes room: the few characters beyond ASCII that we print are one column wide. */
function width(text: string): number {
  return text.replaceAll(/[\u{10000}-\u{10ffff}]/gu, ' ').length;
}

function pad(text: string, columns: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return align === 'right' ? space + text : text + space;
}

/** Lines of the table, titles first. Cells are strings, or strings with a colour. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | Cell)[])[],
  paint: Paint,
): string[] {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)),
  );
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...cells.map((row) => width(row[index]?.text ?? ''))),
  );
  const line = (row: readonly Cell[], forced?: Colour): string =>
    columns
      .map((column, index) => {
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

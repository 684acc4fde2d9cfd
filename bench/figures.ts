/** The result of a section of the benchmark, and its format as a table. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The design goal, if there is one. */
  readonly goal?: string;
}

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

const HEAD = ['', 'figure', 'unit', 'goal'] as const;

/** A plain-text table: names left-aligned, figures right-aligned. */
export function formatSection(section: Section): string {
  const rows = section.figures.map((figure) => [
    figure.name,
    formatValue(figure.value),
    figure.unit,
    figure.goal ?? '',
  ]);
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 1 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [section.title, line(HEAD), ...rows.map(line), ''].join('\n');
}

function formatValue(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(1) : value.toFixed(3);
}

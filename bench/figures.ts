/** The result of a section of the benchmark, and its format as a table. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The design goal, if there is one. */
  readonly goal?: string;
  /** The lowest and the highest of the rounds whose median `value` is. */
  readonly spread?: readonly [lowest: number, highest: number];
  /** Who did the work. A limit does only a part of it, such as copying the same bytes. */
  readonly role?: 'ours' | 'peer' | 'limit';
  /** What this contender leaves out, or how its result is wrong. */
  readonly remark?: string;
  /** Its result was checked and is not the right one: the value does not count. */
  readonly isWrong?: boolean;
}

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Contenders for the same work stand side by side, and this is the better value. */
  readonly better?: 'lower' | 'higher';
  /** What the work is and how it was checked. */
  readonly note?: string;
}

const HEAD = ['', 'figure', 'spread', 'unit', 'goal', 'remark'] as const;
const RIGHT_ALIGNED: ReadonlySet<string> = new Set(['figure', 'spread']);

/** The table of a section: its head and its rows, without the columns that are empty. */
export function tableOf(section: Section): {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const cells = section.figures.map((figure) => ({
    '': figure.name,
    figure: figure.isWrong ? 'wrong' : formatValue(figure.value),
    spread: figure.spread ? figure.spread.map(formatValue).join(' to ') : '',
    unit: figure.unit,
    goal: figure.goal ?? '',
    remark: remarkOf(figure, section),
  }));
  const head = HEAD.filter((name) => name === '' || cells.some((row) => row[name] !== ''));
  return { head, rows: cells.map((row) => head.map((name) => row[name])) };
}

/** A plain-text table: names left-aligned, figures right-aligned. */
export function formatSection(section: Section): string {
  const { head, rows } = tableOf(section);
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isRightAligned(head[column]) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const note = section.note === undefined ? [] : [section.note];
  return [section.title, ...note, line(head), ...rows.map(line), ''].join('\n');
}

export function isRightAligned(column: string | undefined): boolean {
  return RIGHT_ALIGNED.has(column ?? '');
}

export function formatValue(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(1) : value.toFixed(value < 0.1 ? 4 : 3);
}

function remarkOf(figure: Figure, section: Section): string {
  const remarks = [isBetterThanOurs(figure, section) ? 'better than ours' : '', figure.remark];
  return remarks.filter(Boolean).join('; ');
}

/** A peer whose figure beats the best of ours in the same unit. */
export function isBetterThanOurs(figure: Figure, { figures, better }: Section): boolean {
  if (better === undefined || figure.role !== 'peer' || figure.isWrong) return false;
  const sign = better === 'lower' ? 1 : -1;
  const ours = figures.filter((each) => each.role === 'ours' && each.unit === figure.unit);
  return ours.length > 0 && ours.every((each) => sign * figure.value < sign * each.value);
}

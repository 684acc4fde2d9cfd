/** Where the gaps and segments of an export lie, by row. Pure. */

import type { GapItem } from '../queries/items.ts';

interface LoggedGap {
  /** The row that follows it. */
  readonly row: number;
  readonly gap: GapItem;
}

interface LoggedSegment {
  readonly segment: number;
  readonly firstRow: number;
}

export class GapLog {
  readonly #gaps: LoggedGap[] = [];
  readonly #segments: LoggedSegment[] = [];
  #segment = 1;
  #hasGap = false;

  get gaps(): number {
    return this.#gaps.length;
  }

  addGap(gap: GapItem, row: number): void {
    this.#gaps.push({ row, gap });
    this.#hasGap = row > 0;
  }

  /** @returns the segment of the row that follows. @param own the item's segment, if it has one. */
  segmentAt(row: number, own: number | undefined): number {
    const last = this.#segments.at(-1);
    this.#segment = own ?? (this.#hasGap ? this.#segment + 1 : this.#segment);
    this.#hasGap = false;
    if (last?.segment !== this.#segment) {
      this.#segments.push({ segment: this.#segment, firstRow: row });
    }
    return this.#segment;
  }

  /** Of a file with the rows from `from` to `to`: `segments` and `gaps` as docs/files.md describes them. */
  metadataOf(from: number, to: number, isLast: boolean): { segments: string; gaps: string } {
    const segments = this.#segments.map(({ segment, firstRow }, i) => {
      const endRow = this.#segments[i + 1]?.firstRow ?? Infinity;
      const first = Math.max(firstRow, from);
      return { segment, first_row: first - from, rows: Math.min(endRow, to) - first };
    });
    const gaps = this.#gaps
      .filter(({ row }) => row >= from && (row < to || isLast))
      .map(({ row, gap }) => ({
        row: row - from,
        from_us: gap.fromUs,
        to_us: gap.toUs,
        cause: gap.cause,
        first_missing: textOf(gap.firstMissing),
        last_missing: textOf(gap.lastMissing),
        missing: gap.missing,
      }));
    return {
      segments: JSON.stringify(segments.filter(({ rows }) => rows > 0)),
      gaps: JSON.stringify(gaps),
    };
  }
}

function textOf(value: number | null): string | null {
  return value === null ? null : String(value);
}

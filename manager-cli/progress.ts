/** A line on stderr that follows a long command, where a person can see it. */

import type { Io } from './io.ts';

/** How often the line moves. */
const REDRAW_MS = 100;
const ERASE_LINE = '\r\u001b[K';
const BAR_COLUMNS = 20;

export interface ProgressLine {
  /** `text` is made only when it is time to draw again. */
  readonly show: (text: () => string) => void;
  readonly clear: () => void;
}

export function progressLine(io: Pick<Io, 'stderr'>): ProgressLine {
  if (io.stderr.isTTY !== true) return { show: () => {}, clear: () => {} };
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    show: (text) => {
      if (performance.now() - drawnMs < REDRAW_MS) return;
      drawnMs = performance.now();
      // One that fills the last column would leave lines behind.
      const columns = (io.stderr.columns || 100) - 1;
      io.stderr.write(`${ERASE_LINE}${text().slice(0, columns)}`);
    },
    clear: () => {
      if (Number.isFinite(drawnMs)) io.stderr.write(ERASE_LINE);
    },
  };
}

/** `[#####...............]  25%`; what grows while it is read never shows more than all. Pure. */
export function bar(done: number, total: number): string {
  const part = total > 0 ? Math.min(1, done / total) : 1;
  const full = Math.floor(part * BAR_COLUMNS);
  const percent = String(Math.floor(part * 100)).padStart(3);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_COLUMNS - full)}] ${percent}%`;
}

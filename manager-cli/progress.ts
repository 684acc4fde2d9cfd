/** Progress of a long command: one line on stderr, if that is a terminal. */

import type { Io } from './io.ts';
import { cut } from './width.ts';

const REDRAW_INTERVAL_MS = 100;
const ERASE_LINE = '\r\u001b[K';
const BAR_COLUMNS = 20;

export interface ProgressLine {
  /** `text` is only called when it is time to redraw. */
  readonly show: (text: () => string) => void;
  readonly clear: () => void;
}

export function progressLine(io: Pick<Io, 'stderr'>): ProgressLine {
  if (io.stderr.isTTY !== true) return { show: () => {}, clear: () => {} };
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    show: (text) => {
      if (performance.now() - drawnMs < REDRAW_INTERVAL_MS) return;
      drawnMs = performance.now();
      // A full last column would wrap.
      const columns = (io.stderr.columns || 100) - 1;
      io.stderr.write(`${ERASE_LINE}${cut(text(), columns)}`);
    },
    clear: () => {
      if (Number.isFinite(drawnMs)) io.stderr.write(ERASE_LINE);
    },
  };
}

/** `[#####...............]  25%`, never more than 100 %, even if the total has grown. Pure. */
export function bar(done: number, total: number): string {
  const part = total > 0 ? Math.min(1, done / total) : 1;
  const full = Math.floor(part * BAR_COLUMNS);
  const percent = String(Math.floor(part * 100)).padStart(3);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_COLUMNS - full)}] ${percent}%`;
}

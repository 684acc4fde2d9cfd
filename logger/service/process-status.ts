/** Measures the process itself. */

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface ProcessFigures {
  /** Bytes. */
  readonly rss: number;
  readonly heapUsed: number;
  /** Milliseconds: the 99th percentile of the running minute and the one before it. */
  readonly eventLoopLag: number;
  readonly threads: number;
  readonly handles: number;
}

const RESOLUTION_MS = 10;
const WINDOW_MS = 60_000;

export function watchProcess(): { figures(): ProcessFigures; stop(): void } {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let previousMs = 0;
  const lagMs = (): number => Math.max(0, delays.percentile(99) / 1e6 - RESOLUTION_MS);
  const timer = setInterval(() => {
    previousMs = lagMs();
    delays.reset();
  }, WINDOW_MS);
  timer.unref();
  return {
    figures: () => {
      const memory = process.memoryUsage();
      return {
        rss: memory.rss,
        heapUsed: memory.heapUsed,
        eventLoopLag: Math.max(previousMs, delays.count > 0 ? lagMs() : 0),
        threads: threads(),
        handles: process.getActiveResourcesInfo().length,
      };
    },
    stop: () => {
      clearInterval(timer);
      delays.disable();
    },
  };
}

function threads(): number {
  try {
    return Number(/^Threads:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);
  } catch {
    // Not Linux: unknown, and nothing depends on it.
    return 0;
  }
}

/** How late timers fire here, so that limits in real time can allow for a loaded machine. */

import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

/** Starts a new measurement. */
export function watchLag(): void {
  histogram.enable();
  histogram.reset();
}

/** The longest delay since then, in microseconds. */
export function maxLagUs(): number {
  return Math.max(0, Math.ceil(histogram.max / 1000) - RESOLUTION_MS * 1000);
}

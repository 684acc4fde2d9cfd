/**
 * The thread behind `stall-guard.ts`. It shares nothing with the main thread but the heartbeat, so it
 * works wherever that one is stuck, in its log too.
 */

import { write } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { renderLine } from './line-log.ts';
import type { StallWorkerData } from './stall-guard.ts';
import { CHECKS_PER_SECOND, StallWatch } from './stall-watch.ts';

const STANDARD_ERROR = 2;
/** How long writing the last line may take; the pipe may be full. */
const LAST_LINE_MS = 250;

const { heartbeat, limitS, format } = workerData as StallWorkerData;
const beats = new Int32Array(heartbeat);
const watch = new StallWatch(limitS);

function kill(): void {
  process.kill(process.pid, 'SIGKILL');
}

const timer = setInterval(() => {
  if (!watch.check(Atomics.load(beats, 0))) return;
  clearInterval(timer);
  const message = `The event loop has stalled for ${limitS} s: exiting`;
  setTimeout(kill, LAST_LINE_MS);
  write(STANDARD_ERROR, renderLine(format, 'critical', Date.now() * 1000, message, {}), kill);
}, 1000 / CHECKS_PER_SECOND);

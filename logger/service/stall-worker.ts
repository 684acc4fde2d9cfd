/**
 * The thread behind `stall-guard.ts`. It shares nothing with the main thread but the heartbeat: it
 * must come through when that one is stuck wherever it may be stuck, in its log too.
 */

import { write } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { renderLine } from './line-log.ts';
import type { StallWorkerData } from './stall-guard.ts';
import { LOOKS_PER_SECOND, StallWatch } from './stall-watch.ts';

const STANDARD_ERROR = 2;
/** How long the last line may take; nobody may be reading. */
const LAST_WORDS_MS = 250;

const { heartbeat, limitS, format } = workerData as StallWorkerData;
const beats = new Int32Array(heartbeat);
const watch = new StallWatch(limitS);

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

const timer = setInterval(() => {
  if (!watch.look(Atomics.load(beats, 0))) return;
  clearInterval(timer);
  const message = `The event loop has stood still for ${limitS} s: the process ends itself`;
  setTimeout(end, LAST_WORDS_MS);
  write(STANDARD_ERROR, renderLine(format, 'critical', Date.now() * 1000, message, {}), end);
}, 1000 / LOOKS_PER_SECOND);

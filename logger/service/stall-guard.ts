/**
 * A watchdog inside the process, in every mode: a worker thread ends a process whose event loop has
 * stalled, with one last line. Such a process records nothing and answers no calls, and killing it
 * loses nothing that was acknowledged. A process that is merely slow, stopped (SIGSTOP) or asleep with
 * its machine is left alone.
 */

import { Worker } from 'node:worker_threads';
import type { LogFormat } from './line-log.ts';
import type { Log } from '../runtime/log.ts';

const BEAT_EVERY_MS = 200;

export interface StallWorkerData {
  /** One Int32 that counts up while the loop runs. */
  readonly heartbeat: SharedArrayBuffer;
  readonly limitS: number;
  readonly format: LogFormat;
}

export function guardAgainstStalls(options: {
  readonly limitS: number;
  readonly format: LogFormat;
  readonly log: Log;
}): { stop(): Promise<void> } {
  const { limitS, format, log } = options;
  const heartbeat = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const beats = new Int32Array(heartbeat);
  const timer = setInterval(() => Atomics.add(beats, 0, 1), BEAT_EVERY_MS);
  timer.unref();
  const workerData: StallWorkerData = { heartbeat, limitS, format };
  // The compiled file, beside this one in dist/. It inherits none of Node's options.
  const worker = new Worker(new URL('stall-worker.js', import.meta.url), {
    workerData,
    execArgv: [],
    env: {},
  });
  worker.on('error', (error) =>
    log.warning('The stall watchdog has failed; stalls are not detected any more', {
      reason: error.message,
    }),
  );
  worker.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await worker.terminate();
    },
  };
}

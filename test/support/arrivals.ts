/** What has come in when, of a sandbox in the same process, however busy the machine is. */

import { setTimeout as wait } from 'node:timers/promises';
import type { TestLogger } from './test-logger.ts';
import { until } from './until.ts';

/** Waits for a message of the security. @returns a moment (ms) right before it came. */
export async function nextMessage({ control }: TestLogger, security: string): Promise<number> {
  const fromMs = Date.now();
  await until(`a message of ${security}`, () => {
    const age = control.status(security)?.lastMessageAge ?? Infinity;
    return Date.now() - age * 1000 > fromMs;
  });
  return fromMs;
}

/** Waits until what was sent before has come in. @returns the time (ms). */
export async function allReceived(): Promise<number> {
  // Each turn of the event loop receives; a single long wait may end before that on a busy machine.
  for (let turn = 0; turn < 10; turn++) await wait(50);
  return Date.now();
}

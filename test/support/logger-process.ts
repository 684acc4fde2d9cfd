/** The built logger as a child process. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until.ts';

/** Starting takes a second, and far longer on a loaded machine. */
const START_TIMEOUT_MS = 30_000;

export interface LoggerProcess {
  readonly child: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  /** Resolves when it is recording. */
  ready(): Promise<void>;
  /** Sends a signal and waits for the process to exit. */
  end(signal: NodeJS.Signals): Promise<{ readonly code: number | null }>;
  ended(): Promise<{ readonly code: number | null }>;
}

/**
 * @param nodeArgs arguments for Node itself, such as a module that injects faults.
 * @param outlet a file descriptor for stdout and stderr, instead of pipes that are read.
 */
export function spawnLogger(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  nodeArgs: readonly string[] = [],
  outlet: 'pipe' | number = 'pipe',
): LoggerProcess {
  const child = spawn(process.execPath, [...nodeArgs, 'dist/logger/main.js', ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', outlet, outlet],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  }
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null }));
  return {
    child,
    output: () => text,
    ready: async () => {
      await until(
        'the logger to start',
        () => {
          if (child.exitCode !== null || child.signalCode !== null)
            throw new Error(`The logger ended: ${text}`);
          return /Recording/.test(text);
        },
        START_TIMEOUT_MS,
      );
    },
    end: (signal) => {
      child.kill(signal);
      return exit;
    },
    ended: () => exit,
  };
}

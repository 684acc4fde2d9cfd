/** The pipe run in this process, as long as a test wants. */

import { PassThrough } from 'node:stream';
import { run } from '../../pipe/program/program.ts';
import type { StrategyDefinition } from '../../pipe/strategy/strategy.ts';
import { KEY } from '../manager/fixture.ts';
import { until } from './until.ts';

export interface RunningPipe {
  /** Whole lines so far. */
  lines(): string[];
  stderr(): string;
  /** Resolves when there are so many lines. */
  untilLines(count: number): Promise<string[]>;
  /** Ctrl-C. */
  interrupt(): void;
  readonly exit: Promise<number>;
}

export interface PipeOptions {
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: those of the package. */
  readonly strategies?: readonly StrategyDefinition[];
}

export function startPipe(argv: readonly string[], options: PipeOptions = {}): RunningPipe {
  const texts = { stdout: '', stderr: '' };
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const interrupted = new AbortController();
  const io = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {
      MANAGER_AUTHKEY: KEY,
      HOME: '/nonexistent',
      ...(options.port !== undefined && { MANAGER_PORT: String(options.port) }),
      ...options.env,
    },
    interrupted: interrupted.signal,
    systemKeyFile: '/nonexistent/authkey',
  };
  const exit = run(argv, io, options.strategies);
  const lines = (): string[] => texts.stdout.split('\n').slice(0, -1);
  return {
    lines,
    stderr: () => texts.stderr,
    untilLines: (count) =>
      until(
        () => `${count} lines: ${texts.stdout}${texts.stderr}`,
        () => (lines().length >= count ? lines() : undefined),
      ),
    interrupt: () => interrupted.abort(),
    exit,
  };
}

/** A run that ends by itself. */
export async function pipe(
  argv: readonly string[],
  options: PipeOptions = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const running = startPipe(argv, options);
  const code = await running.exit;
  return {
    code,
    stdout: running
      .lines()
      .map((line) => `${line}\n`)
      .join(''),
    stderr: running.stderr(),
  };
}

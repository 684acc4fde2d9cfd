/** The sandbox exchange as a process of its own: `npm run exchange`. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

export interface ExchangeProcess {
  readonly port: number;
  /** What it printed at its start. */
  readonly greeting: string;
  /** @returns its exit code; null: it was killed. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

export async function startExchangeProcess(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<ExchangeProcess> {
  const child = spawn(process.execPath, [resolve('dist/sandbox/exchange-main.js'), ...args], {
    env: { ...process.env, EXCHANGE_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((done) => {
    child.once('exit', (code) => done(code));
  });
  const greeting = await greetingOf(child);
  return {
    port: Number(/ws:\/\/127\.0\.0\.1:(\d+)/.exec(greeting)?.[1]),
    greeting,
    stop: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

function greetingOf(child: ChildProcess): Promise<string> {
  let [out, errors] = ['', ''];
  return new Promise((done, fail) => {
    child.stderr?.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    child.once('exit', (code) => fail(new Error(`The exchange ended with ${code}: ${errors}`)));
    child.stdout?.on('data', (data: Buffer) => {
      out += data.toString();
      if (out.includes('Ctrl-C')) done(out);
    });
  });
}

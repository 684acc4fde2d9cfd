/** Runs the soak command of `dist/`. */

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const SOAK = resolve('dist/bench/soak/main.js');

export function run(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [SOAK, ...args], { env: { ...process.env, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) =>
    child.once('close', (code) => done({ code, stdout, stderr })),
  );
}

/** `npm run demo:arbitrage`, as a user runs it. */

import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { expect, test } from 'vitest';

const DEMO = resolve('dist/sandbox/demo/demo-arbitrage.js');

test('shows an opportunity from its beginning to its post-mortem, and leaves the page alone', async () => {
  const { code, out, errors } = await new Promise<{ code: number; out: string; errors: string }>(
    (done) => {
      execFile(process.execPath, [DEMO], { timeout: 180_000 }, (error, out, errors) => {
        done({ code: error ? Number(error.code ?? 1) : 0, out, errors });
      });
    },
  );
  expect(errors).toBe('');
  expect(code).toBe(0);
  for (const shown of ['rejected', 'taken', 'bybit null', 'gap', '✔', 'Done in']) {
    expect(out).toContain(shown);
  }
  const [, page = ''] = /The page: (\S+)/.exec(out) ?? [];
  const html = await readFile(page, 'utf8');
  expect(html).toMatch(/^<!doctype html>/i);
  expect(html).not.toMatch(/(?:src|href)="https?:/);
  expect(await readdir(dirname(page))).toEqual(['report.html']);
  await rm(dirname(page), { recursive: true });
}, 200_000);

/** The README's example, unchanged, on an archive that a logger has just written. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { startTestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

test('the library example of the README runs unchanged', async () => {
  const example = /```js\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
  const sandbox = await startSandbox({ seed: 5, symbols: ['BTCUSDT'] });
  const folder = mkdtempSync(join(tmpdir(), 'orderbook-readme-'));
  const logger = await startTestLogger(sandbox.venues.binance, {
    SECURITIES: 'binance:BTCUSDT',
    DATA_DIR: join(folder, 'data'),
  });
  try {
    await until('some trades', async () => {
      const { value } = await logger.reader.trades({ security: 'binance:BTCUSDT' }).next();
      return value !== undefined;
    });
    const book = logger.control.bookNow('binance:BTCUSDT', { depth: 1 });
    if (book.state !== 'proven') throw new Error('No book to ask for again');
    await logger.control.flush('binance:BTCUSDT');
    // The example imports the package from its own node_modules.
    const modules = join(folder, 'node_modules');
    await run('mkdir', [modules]);
    symlinkSync(resolve('.'), join(modules, 'orderbook-logger'));
    const now = example.replace(/'2026-[^']*'/, () => JSON.stringify(book.receiveTime));
    for (const [name, text] of Object.entries({ 'as-it-is.mjs': example, 'now.mjs': now })) {
      writeFileSync(join(folder, name), text);
    }
    const asItIs = await run(process.execPath, ['as-it-is.mjs'], { cwd: folder });
    expect(asItIs.stdout).toMatch(/cause: 'other'/);
    expect(asItIs.stdout).toMatch(/^\d+ (buy|sell) \d+(\.\d+)? \d/m);
    const recent = await run(process.execPath, ['now.mjs'], { cwd: folder });
    expect(recent.stdout).toMatch(/^\[\n?\s*\[ '\d/);
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(11);
  } finally {
    await logger.stop();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

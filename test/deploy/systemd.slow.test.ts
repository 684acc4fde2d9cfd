/** The installation on a throwaway Debian with a running systemd, done the way an operator does it. */

import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { copyCheckout, deployTool, run } from '../support/deploy-tools.ts';
import { freePort } from '../support/free-port.ts';
import { needs } from '../support/requirements.ts';

const withSystemd = await deployTool('with-systemd', ['debian-root', 'with-systemd true']);

describe('in a Debian with systemd', needs(withSystemd), () => {
  test('from the installation to the purge', { timeout: 400_000 }, async () => {
    const sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
    const checkout = copyCheckout();
    try {
      const { code, output } = await run(
        withSystemd.path,
        [
          'env',
          `PORT=${await freePort()}`,
          `BINANCE_WS_URL=${sandbox.venues.binance.wsUrl}`,
          `BINANCE_REST_URL=${sandbox.venues.binance.restUrl}`,
          '/src/test/deploy/in-systemd.sh',
        ],
        { cwd: checkout },
      );
      expect(output).not.toMatch(/^not ok/m);
      expect(output).toMatch(/^end$/m);
      expect(code).toBe(0);
    } finally {
      await sandbox.close();
      rmSync(checkout, { recursive: true, force: true });
    }
  });
});

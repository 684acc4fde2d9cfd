/** Hundreds of securities at once, as at a start: their requests wait for their turns, and nothing more. */

import { expect, test, vi } from 'vitest';
import { createBinance } from '../../../logger/exchange/binance/exchange.ts';
import { createCoinbase } from '../../../logger/exchange/coinbase/exchange.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedTransport } from '../../support/scripted-transport.ts';
import { silentLog } from '../../support/silent-log.ts';

const NAMES = { wsUrl: 'wss://feed.test', restUrl: 'https://rest.test', staleAfterMs: 15_000 };

test.each(['binance', 'level2_batch', 'full'] as const)('%s: Node does not warn', async (name) => {
  const clock = new ManualClock();
  const transport = new ScriptedTransport(clock);
  transport.answer = () => new Promise(() => undefined);
  const shared = { ...NAMES, transport, clock, random: { next: () => 0.5 }, log: silentLog };
  const exchange =
    name === 'binance'
      ? createBinance({ ...shared, updateFrequencyMs: 100 })
      : createCoinbase({ ...shared, feed: name, credentials: null });
  const { signal } = new AbortController();
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const asked = Array.from({ length: 300 }, (_, i) => exchange.instrument(`COIN${i}USDT`, signal));
  const answers = Promise.allSettled(asked);
  await new Promise((resolve) => setImmediate(resolve));
  const warnings = warn.mock.calls.map(([warning]) => String(warning));
  warn.mockRestore();
  await exchange.close();
  // Those that were on their way are the transport's to cancel.
  void answers;
  expect(warnings).toEqual([]);
});

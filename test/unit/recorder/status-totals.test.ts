/** The archive's figures of very many securities, while the logger stops. */

import { expect, test } from 'vitest';
import { NO_TOTALS } from '../../../logger/archive/archive.ts';
import { StatusBoard } from '../../../logger/recorder/status-board.ts';
import type { StatusBoardDeps } from '../../../logger/recorder/status-board.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('are asked for in portions, and not once it has stopped', async () => {
  const clock = new ManualClock();
  const asked: string[] = [];
  const fatal: unknown[] = [];
  const board = new StatusBoard({
    clock,
    recorders: { ids: () => Array.from({ length: 250 }, (_, i) => `binance:COIN${i}`) },
    archive: {
      totals: async (id: string) => {
        asked.push(id);
        return NO_TOTALS;
      },
    },
    onFatal: (error: unknown) => void fatal.push(error),
  } as unknown as StatusBoardDeps);
  board.start();
  clock.advance(1000);
  await new Promise((resolve) => setImmediate(resolve));
  const first = asked.length;
  expect(first).toBe(100);
  board.stop();
  await clock.advanceAsync(2000, 10);
  expect(asked).toHaveLength(first);
  expect(fatal).toEqual([]);
});

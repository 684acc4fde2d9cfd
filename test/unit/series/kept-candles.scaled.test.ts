/**
 * Candles that are kept over very many boundaries, with kills, full disks, outages and clocks that are set: in the
 * end every candle is there once, and is the one that the stored trades come to.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { scaled } from '../../support/scaled.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { expectKeptAsStored } from './kept-as-stored.ts';
import { START_US } from '../reader/script.ts';
import { KEPT, SimulatedRecording } from './simulated-recording.ts';
import type { SimulationOptions } from './simulated-recording.ts';

/** CI runs both kinds of trades on two versions of Node: ten thousand in all. */
const BOUNDARIES = scaled({ fast: 100, full: 2500 });

interface Simulated {
  readonly recording: SimulatedRecording;
  readonly clock: ManualClock;
  readonly reopen: () => Promise<void>;
}

async function simulated(
  options: Partial<SimulationOptions>,
  run: (simulated: Simulated) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'candles-'));
  let archive: Archive = await openEmbeddedArchive({ directory });
  const clock = new ManualClock(START_US + 10_000_000);
  const fatal: unknown[] = [];
  const onFatal = (error: unknown): void => void fatal.push(error);
  const recording = new SimulatedRecording({
    clock,
    archive: () => archive,
    isNumbered: true,
    onFatal,
    ...options,
  });
  const reopen = async (): Promise<void> => {
    await archive.close();
    archive = await openEmbeddedArchive({ directory });
  };
  try {
    await run({ recording, clock, reopen });
    expect(fatal).toEqual([]);
    await expectKeptAsStored(archive, recording.reader, options.timeframes ?? KEPT, clock.nowUs());
  } finally {
    recording.kill();
    await archive.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** What waits for a promise goes on. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Trades and updates for a minute or so. */
async function trading({ recording, clock }: Simulated, random: ReturnType<typeof seededRandom>) {
  const untilUs = clock.nowUs() + 60_000_000;
  while (clock.nowUs() < untilUs) {
    clock.advance(random.integer(500, 30_000));
    if (random.chance(0.15)) await turn();
    if (random.chance(0.6)) recording.trade();
    else recording.update();
  }
  for (let i = 0; i < 3; i++) await turn();
}

test.each([
  { name: 'trades are numbered', isNumbered: true },
  { name: 'trades are not numbered', isNumbered: false },
])(
  `${BOUNDARIES} boundaries with kills and clock steps: $name`,
  async ({ isNumbered }) => {
    const random = seededRandom();
    await simulated({ isNumbered }, async (all) => {
      const { recording, clock, reopen } = all;
      await recording.start();
      for (let i = 0; i < BOUNDARIES; i++) {
        await trading(all, random);
        const dice = random.next();
        if (dice < 0.02) recording.kill();
        else if (dice < 0.04) recording.dies = random.chance(0.5) ? 'before' : 'after';
        else if (dice < 0.06) recording.isFull = !recording.isFull;
        else if (dice < 0.08) await recording.reconnect(random.integer(100, 400_000));
        else if (dice < 0.09) recording.behindUs += random.integer(-1_000_000, 1_000_000);
        else if (dice < 0.1) clock.stall(random.integer(1, 200_000));
        if (recording.isAlive) continue;
        recording.kill();
        if (random.chance(0.3)) await reopen();
        await clock.advanceAsync(random.integer(10, 300_000), 20_000);
        if (random.chance(0.5)) recording.tradeId += random.integer(0, 3);
        await recording.start();
        if (random.chance(0.5)) await recording.caughtUp();
      }
      recording.isFull = false;
      recording.dies = null;
      if (!recording.isAlive) await recording.start();
      await trading(all, random);
      await recording.caughtUp();
      for (let i = 0; i < 3; i++) await trading(all, random);
      await clock.advanceAsync(10_000, 1000);
      await recording.stop();
    });
  },
  600_000,
);

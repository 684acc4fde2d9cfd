/** A recorder whose self-check is under test: its book, its log and its clock. */

import { expect } from 'vitest';
import type { LevelBook } from '../../../logger/book/level-book.ts';
import type { Levels } from '../../../logger/market/events.ts';
import { securityOf } from '../../../logger/market/security.ts';
import type { SelfCheck } from '../../../logger/recorder/check/self-check.ts';
import type { Recording } from '../../../logger/recorder/recording.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import type { Log } from '../../../logger/runtime/log.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import type { ScriptedExchange } from '../../support/scripted-exchange.ts';
import { silentLog } from '../../support/silent-log.ts';
import { RecorderHarness } from './harness.ts';
import type { Overrides } from './harness.ts';

export const SECURITY = securityOf('binance', 'BTCUSDT');
export const BIDS: Levels = [1000, 5, 990, 7, 980, 9];
export const ASKS: Levels = [1010, 2, 1020, 3];

export class SelfCheckKit {
  harness!: RecorderHarness;
  clock!: ManualClock;
  exchange!: ScriptedExchange;
  recording!: Recording;
  one!: SecurityRecorder;
  selfCheck!: SelfCheck;
  /** Errors and warnings. */
  logged: string[] = [];
  readonly #log: Log = {
    ...silentLog,
    error: (text) => void this.logged.push(`error: ${text}`),
    warning: (text) => void this.logged.push(`warning: ${text}`),
  };

  async open(...harness: Partial<Parameters<typeof RecorderHarness.open>>): Promise<void> {
    const [security = SECURITY, kind] = harness;
    this.logged = [];
    this.harness = await RecorderHarness.open(security, kind);
    ({ clock: this.clock, exchange: this.exchange } = this.harness);
  }

  async close(): Promise<void> {
    this.one.close('restart');
    await this.clock.advanceAsync(100);
    await this.harness.close();
  }

  async start(overrides: Overrides = {}): Promise<void> {
    const options = { imageIntervalMs: 60_000, log: this.#log, ...overrides };
    ({
      recording: this.recording,
      one: this.one,
      selfCheck: this.selfCheck,
    } = this.harness.recorder(options));
    await this.one.start();
    await this.clock.advanceAsync(0);
  }

  /** Starts a recorder with a proven book at 102. */
  async live(overrides: Overrides = {}): Promise<void> {
    const { clock, exchange } = this;
    await this.start(overrides);
    exchange.up();
    exchange.diff(99, 100);
    exchange.answer(snapshotAt(100, BIDS, ASKS));
    await clock.advanceAsync(10);
    exchange.diff(101, 102, [1001, 3]);
    await clock.advanceAsync(10);
    expect(this.one.phase).toBe('live');
  }

  /** Changes the book in memory, where no record shows it. */
  flipBit(): void {
    const book = this.one.segment?.book as LevelBook;
    book.setLevels([990, 1_000_007], []);
  }

  /** Waits for the next base image to be written and checked. */
  async image(): Promise<void> {
    await this.clock.advanceAsync(60_000);
    this.one.tick();
    await this.checked();
  }

  /** Reading the archive takes turns of the real event loop. */
  async checked(): Promise<void> {
    for (let i = 0; i < 50; i++) await this.clock.advanceAsync(0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await this.clock.advanceAsync(10);
  }
}

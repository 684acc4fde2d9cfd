/** A logger and the sandbox exchange in one process, on one clock. */

import { expect } from 'vitest';
import type { CreateExchange } from '../../logger/exchange/definition.ts';
import { every } from '../../logger/runtime/timing.ts';
import type { Timer } from '../../logger/runtime/clock.ts';
import { profileOf } from '../../sandbox/market/symbols.ts';
import { SimulatedExchange } from '../../sandbox/simulated-exchange.ts';
import { inProcessNetwork } from './in-process-network.ts';
import { ManualClock } from './manual-clock.ts';
import { openTestCore } from './test-core.ts';
import type { TestCore } from './test-core.ts';

export const STEP_MS = 20;

export interface SimulationOptions {
  readonly securities: readonly string[];
  /** Levels a side of BTCUSDT and ETHUSDT. */
  readonly depthLevels: number;
  readonly pace: number;
  /** Venues that trade copies of the markets. */
  readonly mirrors?: readonly string[];
}

export class Simulation {
  readonly clock = new ManualClock();
  readonly exchange: SimulatedExchange;
  readonly #securities: readonly string[];
  readonly #ticking: Timer;
  #core: TestCore | undefined;

  constructor({ securities, depthLevels, pace, mirrors = [] }: SimulationOptions) {
    this.#securities = securities;
    const symbols = ['BTCUSDT', 'ETHUSDT'].map((name) => ({ ...profileOf(name), depthLevels }));
    const { clock } = this;
    this.exchange = new SimulatedExchange({ clock, seed: 7, symbols, pace, mirrors });
    this.#ticking = every(
      this.clock,
      STEP_MS,
      () => this.exchange.tick(),
      (error) => {
        throw error;
      },
    );
  }

  /** A core that records the securities from `name`, once they are live. */
  async start(name: string, create: CreateExchange): Promise<TestCore> {
    const transport = inProcessNetwork(this.exchange, this.clock, '10.0.0.1');
    const core = await openTestCore(
      this.clock,
      { transport },
      { exchanges: new Map([[name, create]]) },
    );
    this.#core = core;
    await core.core.start(this.#securities);
    await this.untilLive(20_000);
    return core;
  }

  stateOf(security: string): string | undefined {
    return this.#core?.core.control.status(security)?.state;
  }

  async untilLive(maxMs: number): Promise<void> {
    const states = (): unknown => this.#securities.map((security) => this.stateOf(security));
    const areLive = (): boolean =>
      this.#securities.every((security) => this.stateOf(security) === 'live');
    for (let ms = 0; !areLive() && ms < maxMs; ms += STEP_MS)
      await this.clock.advanceAsync(STEP_MS);
    expect(states()).toEqual(this.#securities.map(() => 'live'));
  }

  async close(): Promise<void> {
    await this.#core?.discard();
    expect(this.#core?.fatal ?? []).toEqual([]);
    this.#ticking.cancel();
  }
}

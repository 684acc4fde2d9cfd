/**
 * The troubles of a logger in a soak, seeded and concurrent: faults of its exchanges and its store,
 * a busy operator at the manager port, and optional kills.
 */

import { describeError } from '../../logger/errors.ts';
import { commandResults } from '../../logger/messages/statuses.ts';
import { drawFault } from '../../sandbox/faults/random-faults.ts';
import type { RandomFaultTarget } from '../../sandbox/faults/random-faults.ts';
import { integerIn, pick, seededRandom } from '../../sandbox/prng.ts';
import type { Random } from '../../logger/runtime/random.ts';
import { sleep } from '../../logger/runtime/timing.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { TcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import { until } from '../../sandbox/until.ts';
import type { LoggerProcess } from './logger-process.ts';

const clock = createSystemClock();

/** Longer than any soak. */
const LONG_LIFE_MS = 24 * 3_600_000;
const SLOW_MS = 1500;
const ADD_LIMIT_MS = 60_000;
const ADD_AGAIN_MS = 1000;
const MAX_REFUSALS = 20;
const STORE_FAULTS = ['cut', 'hang', 'swallow', 'slow'] as const;

type Doing = 'faults' | 'operator' | 'store' | 'kills';

/** Pauses between two actions and durations of faults, in milliseconds, from and to. */
const PACE: Readonly<Record<Doing | 'storeLasts' | 'removed', readonly [number, number]>> = {
  faults: [500, 4000],
  operator: [2000, 8000],
  store: [3000, 10_000],
  storeLasts: [500, 6000],
  removed: [500, 3000],
  kills: [45_000, 120_000],
};

export interface TroubleParts {
  readonly seed: string;
  readonly sandbox: Sandbox;
  readonly logger: LoggerProcess;
  readonly targets: readonly RandomFaultTarget[];
  /** The proxy in front of the store, if there is one. */
  readonly proxy: TcpProxy | undefined;
  /** Called right before a kill; undefined if nothing is to be killed. */
  readonly onKill: (() => void) | undefined;
}

export class Trouble {
  /** Number of actions by kind. */
  readonly counts: Record<string, number> = {};
  /** Failed commands of the operator. */
  readonly refusals: string[] = [];
  readonly #parts: TroubleParts;

  constructor(parts: TroubleParts) {
    this.#parts = parts;
  }

  /** Causes trouble until the signal aborts; then ends all faults. */
  async make(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#repeat('faults', signal, (random) => this.#fault(random)),
      this.#repeat('operator', signal, (random) => this.#operate(random)),
      this.#repeat('store', signal, (random) => this.#storeFault(random)),
      this.#repeat('kills', signal, () => this.#kill()),
    ]);
    const { sandbox, proxy } = this.#parts;
    sandbox.inject({ type: 'recover' });
    sandbox.inject({ type: 'connection-life', lifeMs: LONG_LIFE_MS });
    if (proxy) proxy.mode = 'pass';
  }

  /**
   * Each kind of trouble has its own random stream, so that the timing of one does not affect
   * another.
   */
  async #repeat(
    name: Doing,
    signal: AbortSignal,
    act: (random: Random) => Promise<void>,
  ): Promise<void> {
    const random = seededRandom(`${this.#parts.seed}/${name}`);
    for (;;) {
      await sleep(clock, integerIn(random, ...PACE[name]), signal);
      if (signal.aborted) return;
      await act(random);
    }
  }

  async #fault(random: Random): Promise<void> {
    const { fault, lastsMs } = drawFault(random, pick(random, this.#parts.targets));
    this.#parts.sandbox.inject(fault);
    this.#count(`${fault.exchange} ${fault.type}`);
    await sleep(clock, lastsMs);
  }

  async #operate(random: Random): Promise<void> {
    const target = pick(random, this.#parts.targets);
    const securities = [`${target.venue.name}:${pick(random, target.symbols)}`];
    const doings = ['snapshot', 'reset', 'remove'] as const;
    const doing = pick(random, doings);
    const removedMs = integerIn(random, ...PACE.removed);
    this.#count(doing === 'remove' ? 'remove and add' : doing);
    if (doing === 'snapshot') await this.#command('Snapshot', { securities });
    if (doing === 'reset') await this.#command('Reset', { exchange: target.venue.name });
    if (doing !== 'remove') return;
    await this.#command('Remove', { securities });
    await sleep(clock, removedMs);
    // Retried: the exchange may reject it at the moment, or the logger may have been killed.
    const isAdded = (): Promise<boolean> => this.#command('Add', { securities, wait: false });
    await until(`${securities.join()} to be added`, isAdded, ADD_LIMIT_MS, ADD_AGAIN_MS);
  }

  async #command(
    method: 'Snapshot' | 'Reset' | 'Remove' | 'Add',
    request: object,
  ): Promise<boolean> {
    try {
      const answer = await this.#parts.logger.client.unary(method, request);
      const failed = commandResults(answer).find(({ ok }) => !ok);
      if (!failed) return true;
      this.#failed(method, `${failed.security}: ${failed.message}`);
    } catch (error) {
      // Expected in the middle of other trouble.
      this.#failed(method, describeError(error));
    }
    return false;
  }

  #failed(method: string, reason: string): void {
    if (this.refusals.length < MAX_REFUSALS) this.refusals.push(`${method}: ${reason}`);
  }

  async #storeFault(random: Random): Promise<void> {
    const { proxy } = this.#parts;
    const fault = pick(random, STORE_FAULTS);
    const lastsMs = integerIn(random, ...PACE.storeLasts);
    if (!proxy) return;
    if (fault === 'slow') proxy.delayMs = SLOW_MS;
    else proxy.mode = fault;
    this.#count(`store ${fault}`);
    await sleep(clock, lastsMs);
    proxy.delayMs = 0;
    proxy.mode = 'pass';
  }

  async #kill(): Promise<void> {
    const { logger, onKill } = this.#parts;
    if (!onKill) return;
    onKill();
    this.#count('kill');
    await logger.end('SIGKILL');
    await logger.start();
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

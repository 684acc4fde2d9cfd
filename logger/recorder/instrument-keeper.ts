/** Keeps what exchanges say of instruments in the archive, each time that they say something else. */

import { isDeepStrictEqual } from 'node:util';
import type { Archive } from '../archive/archive.ts';
import { LoggerError, describeError } from '../errors.ts';
import { factsOf } from '../exchange/exchange.ts';
import type { Instrument } from '../exchange/exchange.ts';
import type { InstrumentFacts } from '../market/instrument.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/timing.ts';

export interface InstrumentKeeperDeps {
  readonly archive: Pick<Archive, 'instruments'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
}

const RETRY_AFTER_MS = 10_000;

interface Said {
  readonly fromUs: number;
  readonly facts: InstrumentFacts;
}

export class InstrumentKeeper {
  readonly #deps: InstrumentKeeperDeps;
  /** By security, the latest. */
  readonly #waiting = new Map<string, Said>();
  readonly #life = new AbortController();
  #keeping: Promise<void> | undefined;

  constructor(deps: InstrumentKeeperDeps) {
    this.#deps = deps;
  }

  keep(security: string, instrument: Instrument): void {
    const facts = factsOf(instrument);
    if (facts === null || this.#deps.archive.instruments === undefined) return;
    if (this.#life.signal.aborted) return;
    this.#waiting.set(security, { fromUs: this.#deps.clock.nowUs(), facts });
    this.#keeping ??= this.#keepAll()
      .catch(this.#deps.onFatal)
      .finally(() => {
        this.#keeping = undefined;
      });
  }

  /** What the archive does not take now is asked and kept at the next start. */
  async stop(): Promise<void> {
    this.#life.abort();
    await this.#keeping;
  }

  async #keepAll(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#life;
    let isFailing = false;
    while (this.#waiting.size > 0 && !signal.aborted) {
      try {
        await this.#keepNext();
        isFailing = false;
      } catch (error) {
        if (!(error instanceof LoggerError)) throw error;
        if (signal.aborted) return;
        const reason = describeError(error);
        if (!isFailing) log.warning('Instruments could not be kept; trying again', { reason });
        isFailing = true;
        await sleep(clock, RETRY_AFTER_MS, signal);
      }
    }
  }

  async #keepNext(): Promise<void> {
    const { instruments: store } = this.#deps.archive;
    const [next] = this.#waiting;
    if (next === undefined || store === undefined) return;
    const [security, said] = next;
    const last = (await store.history(security)).at(-1);
    const isNews = last === undefined || last.fromUs < said.fromUs;
    if (isNews && !isDeepStrictEqual(last?.facts, said.facts)) {
      await store.put([{ security, ...said }]);
    }
    // Another may have come meanwhile.
    if (this.#waiting.get(security) === said) this.#waiting.delete(security);
  }
}

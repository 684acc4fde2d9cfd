/** The commands of the manager on recordings: `add`, `remove`, `snapshot`, `reset`, `flush`. */

import { LoggerError, describeError } from '../errors.ts';
import type { Instrument } from '../exchange/exchange.ts';
import type { LiveSource } from '../live/feeds.ts';
import type { Log } from '../runtime/log.ts';
import type { CommandResult } from '../status/control.ts';
import { untilAborted } from '../runtime/timing.ts';
import { stateOf } from '../status/format.ts';
import type { ExchangeDirectory, ListedSecurity } from './exchange-directory.ts';
import type { Leases } from '../archive/leases.ts';
import type { Recorders } from './recorders.ts';
import type { SecurityRecorder } from './security-recorder.ts';
import type { WriteQueue } from './write-queue.ts';

export interface CommandsDeps {
  readonly recorders: Recorders;
  readonly exchanges: ExchangeDirectory;
  readonly live: LiveSource;
  readonly queue: WriteQueue;
  readonly log: Log;
  readonly leases?: Leases | undefined;
}

export class LoggerCommands {
  readonly #deps: CommandsDeps;

  constructor(deps: CommandsDeps) {
    this.#deps = deps;
  }

  /** See `LoggerControl.add`. */
  async add(
    securities: readonly string[],
    wait: boolean,
    signal: AbortSignal,
  ): Promise<CommandResult[]> {
    const ids = this.#canonicalIds(securities);
    const rejections = await Promise.all(
      ids.map(async (id) => {
        // Of its own: hundreds of listeners on one signal look like a leak.
        const patience = AbortSignal.any([signal]);
        const rejected = await this.#added(id, patience);
        if (wait && !rejected) await this.#settled(id, patience);
        return rejected;
      }),
    );
    return ids.map((id, i) => rejections[i] ?? this.#result(id, wait));
  }

  /** See `LoggerControl.remove`. */
  async remove(securities: readonly string[]): Promise<CommandResult[]> {
    const { recorders } = this.#deps;
    return Promise.all(
      this.#canonicalIds(securities).map((id) => recorders.inTurn(id, () => this.#removeOne(id))),
    );
  }

  /** See `LoggerControl.snapshot`. */
  async snapshot(securities: readonly string[]): Promise<CommandResult[]> {
    const { recorders, queue } = this.#deps;
    const isAll = securities.length === 1 && securities[0]?.toLowerCase() === 'all';
    const ids = isAll ? recorders.ids() : this.#canonicalIds(securities);
    const areWritten = ids.map((id) => recorders.get(id)?.recorder.imageNow());
    const isStored = await queue.drained();
    const messageOf = (isWritten: boolean | undefined): string | null => {
      if (isWritten === undefined) return 'not recorded; add it first';
      if (!isWritten) return 'no proven book to take an image of';
      return isStored ? null : 'the archive takes no records now; the image waits for it';
    };
    return ids.map((security, i) => {
      const message = messageOf(areWritten[i]);
      return { security, ok: message === null, state: this.#stateOf(security), message };
    });
  }

  /** See `LoggerControl.reset`. */
  async reset(exchange: string): Promise<CommandResult[]> {
    const { recorders, exchanges } = this.#deps;
    const name = exchange.toLowerCase();
    const chosen = name === 'all' ? exchanges.all() : [exchanges.get(name, 'exchange')];
    // A stop does not wait for new connections.
    await untilAborted(Promise.all(chosen.map((one) => one.reset())), recorders.stopping);
    return [...recorders.all()]
      .filter(({ recorder }) => chosen.includes(recorder.exchange))
      .map(({ recorder }) => this.#result(recorder.security.id, false));
  }

  /** See `LoggerControl.flush`. */
  async flush(security: string): Promise<void> {
    const recording = this.#deps.recorders.get(security);
    if (!recording) return;
    recording.recorder.journal();
    await this.#deps.queue.drained();
  }

  #canonicalIds(securities: readonly string[]): string[] {
    return securities.map((text) => this.#deps.exchanges.canonicalId(text));
  }

  /**
   * Adds one in turn. Once it is stored that it is wanted, it is not waited for longer than the signal
   * says. @returns a result if it was not added.
   */
  async #added(id: string, signal: AbortSignal): Promise<CommandResult | undefined> {
    let onStored = (): void => undefined;
    const stored = new Promise<void>((resolve) => (onStored = resolve));
    const adding = this.#deps.recorders.inTurn(id, () => this.#addOne(id, signal, onStored));
    return Promise.race([adding, stored.then(() => untilAborted(adding, signal))]);
  }

  /**
   * Starts recording unless the exchange rejects the symbol. From then on it stays added, even if the
   * first book takes long. Once the signal aborts it is added without the exchange's answer, which its
   * recorder then asks for.
   * @returns a result if it was not added.
   */
  async #addOne(
    id: string,
    signal: AbortSignal,
    onStored: () => void,
  ): Promise<CommandResult | undefined> {
    const { recorders, exchanges, log } = this.#deps;
    if (recorders.isStopping) return notAdded(id, STOPPING);
    const known = recorders.get(id);
    if (known) {
      known.recorder.askAgain();
      return undefined;
    }
    const listed = exchanges.resolve(id);
    let instrument: Instrument | undefined;
    try {
      instrument = await this.#askInstrument(listed, signal);
      if (recorders.isStopping) return notAdded(id, STOPPING);
      await recorders.setWanted(id, true);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      return notAdded(id, recorders.isStopping ? STOPPING : describeError(error));
    }
    log.notice('Added', { security: id });
    await recorders.warnOfFallbacks([listed]);
    const opened = recorders.open(id, { instrument, isWantedStored: true });
    onStored();
    await opened;
    return undefined;
  }

  /** @returns undefined if the signal aborted first. @throws LoggerError, also if the logger stops. */
  async #askInstrument(
    { security, exchange }: ListedSecurity,
    signal: AbortSignal,
  ): Promise<Instrument | undefined> {
    const { stopping } = this.#deps.recorders;
    try {
      return await exchange.instrument(security.symbol, AbortSignal.any([signal, stopping]));
    } catch (error) {
      if (error instanceof LoggerError && signal.aborted && !stopping.aborted) return undefined;
      throw error;
    }
  }

  async #removeOne(id: string): Promise<CommandResult> {
    const { recorders, queue, leases, log } = this.#deps;
    if (!recorders.close(id, 'removed')) return this.#notRecorded(id);
    await recorders.setWanted(id, false);
    await queue.drained();
    await leases?.release(id);
    log.notice('Removed', { security: id });
    return { security: id, ok: true, state: 'removed', message: null };
  }

  /** A second `remove` changes nothing; one of what was never recorded is a mistake in the name. */
  async #notRecorded(security: string): Promise<CommandResult> {
    const isKnown = await this.#deps.recorders.isKnown(security);
    return isKnown
      ? { security, ok: true, state: 'removed', message: 'was not being recorded' }
      : { security, ok: false, state: null, message: 'was never recorded' };
  }

  /** Resolves when it is live, failed or removed, when the logger stops, or when the signal aborts. */
  async #settled(id: string, signal: AbortSignal): Promise<void> {
    const { recorders, live } = this.#deps;
    const isSettled = (): boolean => {
      const phase = recorders.get(id)?.recorder.phase;
      const isFinal = phase === undefined || phase === 'live' || phase === 'failed';
      return isFinal || recorders.isStopping || signal.aborted;
    };
    if (isSettled()) return;
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (!isSettled()) return;
        unsubscribe();
        signal.removeEventListener('abort', check);
        resolve();
      };
      const unsubscribe = live.subscribeToStates(id, ({ type }) => {
        if (type === 'state') check();
      });
      signal.addEventListener('abort', check);
    });
  }

  #result(id: string, hasWaited: boolean): CommandResult {
    const recorder = this.#deps.recorders.get(id)?.recorder;
    const state = this.#stateOf(id);
    const isOk = state === 'live' || (!hasWaited && state !== null && state !== 'failed');
    const reason = recorder?.message ?? null;
    const isFailure = hasWaited && !isOk && recorder !== undefined;
    return {
      security: id,
      ok: isOk,
      state,
      message: state === 'live' ? null : isFailure ? this.#explain(recorder) : reason,
    };
  }

  /** Why an `add` got no book, and what happens next. */
  #explain({ exchange, phase, wait }: SecurityRecorder): string {
    if (this.#deps.recorders.isStopping) {
      return `${STOPPING}; it stays added, and the next start continues with it`;
    }
    const waiting = exchange.counters().requestsWaiting;
    const reason = wait?.reason ?? null;
    if (reason === null && waiting > 0) {
      return `no book is proven yet: ${waiting} requests wait for the request budget of ${exchange.name}; it stays added`;
    }
    const nothingYet =
      phase === 'starting' ? 'the exchange has not answered yet' : 'no book is proven yet';
    const why = reason ?? nothingYet;
    return `${why}; it stays added and is tried again until it is removed`;
  }

  #stateOf(id: string): CommandResult['state'] {
    const recording = this.#deps.recorders.get(id);
    return recording ? stateOf(recording.recorder) : null;
  }
}

const STOPPING = 'the logger is stopping';

function notAdded(security: string, reason: string): CommandResult {
  return { security, ok: false, state: null, message: `${reason}; it was not added` };
}

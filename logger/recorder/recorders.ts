/**
 * All recordings of a logger: starts and stops them, and gives them their regular work. Operations on
 * one security take turns, those on different ones run side by side.
 */

import type { Write } from '../archive/archive.ts';
import { InvalidArgumentError, LoggerError } from '../errors.ts';
import type { Instrument } from '../exchange/exchange.ts';
import { sleep } from '../runtime/timing.ts';
import { CheckRounds } from './check/rounds.ts';
import { RecordCheck } from './check/record-check.ts';
import type { Rebuild } from './check/record-check.ts';
import type { ExchangeDirectory } from './exchange-directory.ts';
import { Recording } from './recording.ts';
import { LivenessRounds } from './proof/liveness-rounds.ts';
import { ProofTurns } from './proof/proof-turns.ts';
import type { RecorderDeps } from './recorder-deps.ts';
import type { SecurityRecorder } from './security-recorder.ts';
import type { Recovered } from './segment/recovery.ts';
import { FallbackWarnings, logRecovery } from './start-report.ts';
import { TickRounds } from './tick-rounds.ts';
import { WaitReports } from './wait-reports.ts';
import type { ListedSecurity } from './exchange-directory.ts';

export interface RecordersDeps extends Omit<RecorderDeps, 'onRecovered'> {
  readonly exchanges: ExchangeDirectory;
  /** Rebuilds a book from records, for the self-check. */
  readonly rebuild: Rebuild;
}

export class Recorders {
  readonly #deps: RecordersDeps;
  readonly #recordings = new Map<string, Recording>();
  /** The last operation on each security, settled: the next one waits for it. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #fallbacks: FallbackWarnings;
  readonly #recordCheck: RecordCheck;
  readonly #proofTurns: ProofTurns;
  readonly #checkRounds: CheckRounds;
  readonly #livenessRounds: LivenessRounds;
  readonly #waitReports: WaitReports;
  readonly #tickRounds: TickRounds<SecurityRecorder>;
  #isStarted = false;
  readonly #stopping = new AbortController();
  readonly #unstored: Write[] = [];
  #storing: Promise<void> | undefined;

  constructor(deps: RecordersDeps) {
    this.#deps = deps;
    this.#fallbacks = new FallbackWarnings(deps.archive, deps.log);
    this.#recordCheck = new RecordCheck(deps);
    this.#proofTurns = new ProofTurns(deps.clock, deps.limits);
    this.#checkRounds = new CheckRounds({ ...deps, recordings: () => this.all() });
    this.#livenessRounds = new LivenessRounds({ ...deps, recorders: () => this.#allRecorders() });
    this.#waitReports = new WaitReports({ ...deps, recorders: () => this.#allRecorders() });
    const { clock, limits, onFatal } = deps;
    this.#tickRounds = new TickRounds(
      clock,
      {
        periodMs: limits.tickEveryMs,
        turnPauseMs: limits.tickPauseMs,
        maxTurnMs: limits.maxTickMs,
      },
      { items: () => this.#allRecorders(), serve: (recorder) => recorder.tick(), onFatal },
    );
  }

  *#allRecorders(): Iterable<SecurityRecorder> {
    for (const { recorder } of this.#recordings.values()) yield recorder;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Aborts when `stop` is called: what waits for someone else gives up. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Turns of regular work so far, for a watchdog. */
  get ticks(): number {
    return this.#tickRounds.turns;
  }

  get(id: string): Recording | undefined {
    return this.#recordings.get(id);
  }

  all(): Iterable<Recording> {
    return this.#recordings.values();
  }

  ids(): readonly string[] {
    return [...this.#recordings.keys()];
  }

  /** Resumes what was recorded before and starts what the settings name. @throws InvalidArgumentError */
  async start(configured: readonly string[]): Promise<void> {
    const { exchanges } = this.#deps;
    const ids = configured.map((text) => exchanges.canonicalId(text, 'SECURITIES is not valid'));
    this.#isStarted = true;
    await this.startStored(ids);
    this.#tickRounds.start();
    this.#checkRounds.start();
    this.#livenessRounds.start();
    this.#waitReports.start();
  }

  /** Starts what the archive lists as wanted, and `others`, unless they are recorded already. */
  async startStored(others: readonly string[] = []): Promise<void> {
    const { archive, log } = this.#deps;
    const wanted = (await archive.securities()).filter((one) => one.wanted);
    const ids = new Set([...others, ...wanted.map(({ security }) => security)]);
    const listed = [...ids].flatMap((id) => this.#resolved(id) ?? []);
    // Before the first of them begins a segment.
    await this.warnOfFallbacks(listed);
    const recovered: Recovered[] = [];
    const onRecovered = (one: Recovered): void => void recovered.push(one);
    await Promise.all(
      listed.map(({ security: { id } }) => this.inTurn(id, () => this.open(id, { onRecovered }))),
    );
    logRecovery(recovered, log);
  }

  /** undefined: another program has put a name into the archive that means nothing here. */
  #resolved(id: string): ListedSecurity | undefined {
    const { exchanges, log } = this.#deps;
    try {
      return exchanges.resolve(id);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      log.error('Not recorded', { security: id, reason: error.message });
      return undefined;
    }
  }

  /** Writes everything out. The exchanges' connections are the caller's to close. */
  async stop(): Promise<void> {
    const { queue, clock, limits } = this.#deps;
    this.#stopping.abort();
    this.#tickRounds.stop();
    this.#checkRounds.stop();
    this.#livenessRounds.stop();
    this.#waitReports.stop();
    await this.#recordCheck.stop();
    // Before the operations that are under way: none of them can keep the last records from being written.
    for (const recording of this.#recordings.values()) recording.close('restart');
    await Promise.all(this.#turns.values());
    // While the archive fails it is tried again; the caller decides for how long.
    while (!(await queue.drained())) await sleep(clock, limits.commitRetryMs);
  }

  /** Runs an operation on a security after the ones before it. */
  async inTurn<T>(id: string, operation: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(operation);
    const settled = turn.then(ignore, ignore);
    this.#turns.set(id, settled);
    return turn;
  }

  /**
   * Starts recording, unless it is recorded already. To be called in turn.
   * @param known what has been done already: the exchange was asked, `setWanted` was called.
   */
  async open(
    id: string,
    known: {
      readonly instrument?: Instrument | undefined;
      readonly isWantedStored?: boolean;
    } & Pick<RecorderDeps, 'onRecovered'> = {},
  ): Promise<void> {
    if (this.isStopping || this.#recordings.has(id)) return;
    const { exchange, security } = this.#deps.exchanges.resolve(id);
    const { instrument, isWantedStored, onRecovered } = known;
    const [recordCheck, proofTurns] = [this.#recordCheck, this.#proofTurns];
    const deps = { ...this.#deps, recordCheck, proofTurns, onRecovered };
    const recording = new Recording(security, exchange, deps);
    this.#recordings.set(id, recording);
    if (!isWantedStored) await this.setWanted(id, true);
    await recording.recorder.start(instrument);
  }

  /** Stops recording. To be called in turn. @returns false when it is not recorded. */
  close(id: string, cause: 'removed' | 'restart'): boolean {
    const recording = this.#recordings.get(id);
    this.#recordings.delete(id);
    recording?.close(cause);
    return recording !== undefined;
  }

  /** Whether it is or ever was recorded; true also where the archive can't tell now. */
  async isKnown(id: string): Promise<boolean> {
    try {
      const known = await this.#deps.archive.securities();
      return known.some(({ security }) => security === id);
    } catch (error) {
      if (error instanceof LoggerError) return true;
      throw error;
    }
  }

  /** Another logger holds the lease of a security: ends the recording, and waits for the lease. */
  async yieldTo(id: string, holder: string): Promise<void> {
    await this.inTurn(id, async () => {
      if (this.isStopping || !this.close(id, 'restart')) return;
      this.#deps.log.warning('Another logger took a security over', { security: id, holder });
      // It stays wanted: that is stored.
      await this.open(id, { isWantedStored: true });
    });
  }

  /** Stores whether a start resumes the recording of a security. */
  async setWanted(id: string, wanted: boolean): Promise<void> {
    const { feed } = this.#deps.exchanges.resolve(id).exchange;
    this.#unstored.push({ type: 'security', state: { security: id, wanted, feed } });
    await (this.#storing ??= this.#store());
  }

  /** What is to be stored at the same moment shares a commit: an `add` may name hundreds. */
  async #store(): Promise<void> {
    await Promise.resolve();
    this.#storing = undefined;
    await this.#deps.archive.commit(this.#unstored.splice(0));
  }

  async warnOfFallbacks(starting: readonly ListedSecurity[]): Promise<void> {
    await this.#fallbacks.warn(starting);
  }
}

function ignore(): void {
  // The caller of the operation receives its error; the next operation runs whatever happened.
}

/**
 * Finds receive-time defects. A frame is stamped when the event loop gets to it: after a stall (blocking
 * work, a long garbage collection, SIGSTOP) what waited in the sockets is stamped too late. And when the
 * machine's clock is set, receive time jumps, or runs slower until the wall clock has caught up. A timer
 * that fires at a steady pace, one per process, sees both; every record is marked with the defects
 * in its time. A query between two beats of that timer looks at the clocks itself, because a socket may
 * have its turn before an overdue beat.
 */

import { mergeBadReceiveTimes } from '../market/bad-receive-times.ts';
import type { BadReceiveTime, BadReceiveTimeCause } from '../market/bad-receive-times.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { every } from '../runtime/timing.ts';
import type { RecorderLimits } from './limits.ts';

const BEAT_EVERY_MS = 50;
/** Defects kept of each cause; beyond it the oldest two are merged. */
const MAX_PAST_DEFECTS = 128;
/** At most one warning in this time. */
const WARN_EVERY_MS = 1000;

/** Defects within a span of receive time, ends included; mostly none. */
export type DefectsBetween = (fromUs: number, toUs: number) => readonly BadReceiveTime[];

const NONE: readonly BadReceiveTime[] = [];

interface Beat {
  readonly ms: number;
  readonly us: number;
}

/** The clocks, compared with the last beat. */
interface Reading extends Beat {
  /** How late a beat would be now. */
  readonly lateMs: number;
  readonly isStall: boolean;
  /** Receive time is ahead of the wall clock. */
  readonly isAhead: boolean;
}

export class ReceiveTimes {
  readonly #clock: Clock;
  readonly #leadUs: () => number;
  readonly #limits: RecorderLimits;
  readonly #log: Log;
  readonly #onFatal: (error: unknown) => void;
  readonly #stalls = new DefectHistory('stall');
  readonly #clockSteps = new DefectHistory('clock');
  #last: Beat = { ms: 0, us: 0 };
  #hasStarted = false;
  /** Undefined: there are no beats, so no defect can be seen. */
  #timer: Timer | undefined;
  #lastStallMs = 0;
  #stallCount = 0;
  #warnedMs = Number.NEGATIVE_INFINITY;
  #suppressedWarnings = 0;

  /** @param deps.leadUs by how much receive time was ahead of the wall clock when last read. */
  constructor(deps: {
    readonly clock: Clock;
    readonly leadUs: () => number;
    readonly limits: RecorderLimits;
    readonly log: Log;
    readonly onFatal: (error: unknown) => void;
  }) {
    this.#clock = deps.clock;
    this.#leadUs = deps.leadUs;
    this.#limits = deps.limits;
    this.#log = deps.log;
    this.#onFatal = deps.onFatal;
  }

  /**
   * Watches from now on; only the first call counts. To be called before anything can arrive, and no
   * sooner: what keeps the event loop busy while the process starts delays no frame.
   */
  start(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#last = { ms: this.#clock.monotonicMs(), us: this.#clock.nowUs() };
    this.#timer = every(this.#clock, BEAT_EVERY_MS, () => this.#beat(), this.#onFatal);
  }

  /** Stops watching; what was found stays known. */
  stop(): void {
    const reading = this.#read();
    if (reading === undefined) return;
    this.#stalls.end(reading.us);
    this.#clockSteps.end(reading.us);
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** How often the event loop stalled. */
  get stalls(): number {
    return this.#stallCount;
  }

  /** A defect that is not over reaches up to now. Bounded by `maxBadReceiveTimes`. */
  readonly defectsBetween: DefectsBetween = (fromUs, toUs) => {
    const nowUs = this.#read()?.us ?? this.#last.us;
    if (this.#stalls.isEmptySince(fromUs) && this.#clockSteps.isEmptySince(fromUs)) return NONE;
    const found = [
      ...this.#stalls.between(fromUs, toUs, nowUs),
      ...this.#clockSteps.between(fromUs, toUs, nowUs),
    ];
    return mergeBadReceiveTimes(found, this.#limits.maxBadReceiveTimes);
  };

  #beat(): void {
    const reading = this.#read();
    if (reading === undefined) return;
    if (reading.isStall) this.#countStall(reading);
    else if (reading.ms - this.#lastStallMs >= this.#limits.stallSettleMs) {
      this.#stalls.end(reading.us);
    }
    if (!reading.isAhead) this.#clockSteps.end(reading.us);
    this.#last = reading;
  }

  /**
   * Reads the clocks and begins a defect that shows, as of the last beat. Only a beat ends one: during
   * one long piece of work any number of readings may look fine.
   */
  #read(): Reading | undefined {
    if (this.#timer === undefined) return undefined;
    const last = this.#last;
    const ms = this.#clock.monotonicMs();
    const us = this.#clock.nowUs();
    const leadUs = this.#leadUs();
    const elapsedMs = ms - last.ms;
    const lateMs = elapsedMs - BEAT_EVERY_MS;
    const isStall = lateMs > this.#limits.minStallMs;
    if (isStall) this.#stalls.begin(last.us);
    const jumpUs = us - last.us - elapsedMs * 1000;
    const isStep = Math.max(jumpUs, leadUs) > this.#limits.minClockStepMs * 1000;
    if (isStep) this.#clockSteps.begin(last.us);
    return { ms, us, lateMs, isStall, isAhead: leadUs > 0 };
  }

  #countStall({ ms, lateMs }: Reading): void {
    this.#stallCount++;
    this.#lastStallMs = ms;
    if (ms - this.#warnedMs < WARN_EVERY_MS) {
      this.#suppressedWarnings++;
      return;
    }
    const suppressed = this.#suppressedWarnings;
    this.#log.warning('The event loop stalled: receive times are late', {
      milliseconds: Math.round(lateMs),
      ...(suppressed > 0 && { suppressed }),
    });
    this.#warnedMs = ms;
    this.#suppressedWarnings = 0;
  }
}

/** Defects of one cause: those that are over, in order of time, and the one that is not. */
class DefectHistory {
  readonly #cause: BadReceiveTimeCause;
  readonly #past: BadReceiveTime[] = [];
  #fromUs: number | undefined;

  constructor(cause: BadReceiveTimeCause) {
    this.#cause = cause;
  }

  begin(fromUs: number): void {
    this.#fromUs ??= fromUs;
  }

  end(toUs: number): void {
    if (this.#fromUs === undefined) return;
    this.#past.push({ fromUs: this.#fromUs, toUs, cause: this.#cause });
    this.#fromUs = undefined;
    const [first, second] = this.#past;
    if (this.#past.length <= MAX_PAST_DEFECTS || !first || !second) return;
    // Hardly any open record reaches back that far; one that does is marked with more than need be.
    this.#past.splice(0, 2, { ...second, fromUs: first.fromUs });
  }

  /** The usual case, without a search. */
  isEmptySince(fromUs: number): boolean {
    return this.#fromUs === undefined && (this.#past.at(-1)?.toUs ?? -Infinity) < fromUs;
  }

  between(fromUs: number, toUs: number, nowUs: number): BadReceiveTime[] {
    const found = this.#past.filter((one) => one.toUs >= fromUs && one.fromUs <= toUs);
    if (this.#fromUs !== undefined && this.#fromUs <= toUs) {
      found.push({ fromUs: this.#fromUs, toUs: nowUs, cause: this.#cause });
    }
    return found;
  }
}

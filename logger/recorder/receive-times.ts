/**
 * Whether receive times can be believed. A frame is stamped when the event loop gets to it: where the
 * loop stood still (blocking work, a long collection of garbage, SIGSTOP), what waited in the sockets
 * is stamped too late. And where the machine's clock was set, receive time jumps, or runs at half
 * speed until the wall clock has caught up. Both are seen by a beat at a steady pace, one for the
 * whole process, and told to whoever makes a record. Whoever asks between two beats gets what a beat
 * would see, for a timer or a socket may have its turn before an overdue beat has.
 */

import { uniteBadReceiveTimes } from '../market/bad-receive-times.ts';
import type { BadReceiveTime, BadReceiveTimeCause } from '../market/bad-receive-times.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { RecorderLimits } from './limits.ts';

const BEAT_EVERY_MS = 50;
/** Of a busy minute's stalls more are not told apart. */
const PAST_MAX = 128;
/** One line in that time at most. */
const WARN_EVERY_MS = 1000;

/** What is known to be bad within a stretch of receive time, ends included; mostly nothing. */
export type BadBetween = (fromUs: number, toUs: number) => readonly BadReceiveTime[];

interface Beat {
  readonly ms: number;
  readonly us: number;
}

/** What a look at the clocks found. */
interface Look extends Beat {
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
  readonly #stalled = new Stretches('stall');
  readonly #bent = new Stretches('clock');
  #last: Beat = { ms: 0, us: 0 };
  /** Undefined: there are no beats, and nothing can be seen. */
  #timer: Timer | undefined;
  #lastStallMs = 0;
  #stalls = 0;
  #warnedMs = Number.NEGATIVE_INFINITY;
  #unwarned = 0;

  /** @param parts.leadUs by how much receive time was ahead of the wall clock when last read. */
  constructor(parts: {
    readonly clock: Clock;
    readonly leadUs: () => number;
    readonly limits: RecorderLimits;
    readonly log: Log;
  }) {
    this.#clock = parts.clock;
    this.#leadUs = parts.leadUs;
    this.#limits = parts.limits;
    this.#log = parts.log;
  }

  /** Beats from now on. */
  start(): void {
    this.#last = { ms: this.#clock.monotonicMs(), us: this.#clock.nowUs() };
    this.#schedule();
  }

  /** No more beats; what is known stays known. */
  stop(): void {
    const look = this.#look();
    if (look === undefined) return;
    this.#stalled.end(look.us);
    this.#bent.end(look.us);
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** How often the event loop stood still. */
  get stalls(): number {
    return this.#stalls;
  }

  /** An open stretch reaches up to now. Bounded by `badReceiveTimesMax`. */
  readonly badBetween: BadBetween = (fromUs, toUs) => {
    const nowUs = this.#look()?.us ?? this.#last.us;
    const found = [
      ...this.#stalled.between(fromUs, toUs, nowUs),
      ...this.#bent.between(fromUs, toUs, nowUs),
    ];
    return uniteBadReceiveTimes(found, this.#limits.badReceiveTimesMax);
  };

  #schedule(): void {
    this.#timer = this.#clock.schedule(BEAT_EVERY_MS, () => this.#beat());
  }

  #beat(): void {
    const look = this.#look();
    if (look === undefined) return;
    if (look.isStall) this.#count(look);
    else if (look.ms - this.#lastStallMs >= this.#limits.stallSettleMs) this.#stalled.end(look.us);
    if (!look.isAhead) this.#bent.end(look.us);
    this.#last = look;
    this.#schedule();
  }

  /**
   * Begins what is found to have begun, with the last beat. It ends with a beat alone: within one
   * long piece of work any number of looks may find the clocks in order.
   */
  #look(): Look | undefined {
    if (this.#timer === undefined) return undefined;
    const last = this.#last;
    const ms = this.#clock.monotonicMs();
    const us = this.#clock.nowUs();
    const leadUs = this.#leadUs();
    const elapsedMs = ms - last.ms;
    const lateMs = elapsedMs - BEAT_EVERY_MS;
    const isStall = lateMs > this.#limits.stallMinMs;
    if (isStall) this.#stalled.begin(last.us);
    const jumpUs = us - last.us - elapsedMs * 1000;
    if (Math.max(jumpUs, leadUs) > this.#limits.clockStepMinMs * 1000) this.#bent.begin(last.us);
    return { ms, us, lateMs, isStall, isAhead: leadUs > 0 };
  }

  #count({ ms, lateMs }: Look): void {
    this.#stalls++;
    this.#lastStallMs = ms;
    if (ms - this.#warnedMs < WARN_EVERY_MS) {
      this.#unwarned++;
      return;
    }
    this.#log.warning('The event loop stood still: receive times are late', {
      milliseconds: Math.round(lateMs),
      ...(this.#unwarned > 0 && { untold: this.#unwarned }),
    });
    this.#warnedMs = ms;
    this.#unwarned = 0;
  }
}

/** Of one cause: those that are over, in order of time, and the one that is not. */
class Stretches {
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
    if (this.#past.length <= PAST_MAX || !first || !second) return;
    // Hardly any record is still open that began back then: it would have more marked than need be.
    this.#past.splice(0, 2, { ...second, fromUs: first.fromUs });
  }

  between(fromUs: number, toUs: number, nowUs: number): BadReceiveTime[] {
    const found = this.#past.filter((one) => one.toUs >= fromUs && one.fromUs <= toUs);
    if (this.#fromUs !== undefined && this.#fromUs <= toUs) {
      found.push({ fromUs: this.#fromUs, toUs: nowUs, cause: this.#cause });
    }
    return found;
  }
}

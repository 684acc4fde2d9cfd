/**
 * Candles of the securities that are recorded, as time passes: `early` right after each boundary of our
 * clock, settled as soon as the exchange's own times prove that no trade of them follows. What was recorded
 * before is played in from the archive first, up to the moment from which on the live feed is received, so that
 * nothing is doubled and nothing is missing after a restart.
 */

import type { CandleOutput } from '../candles/candle-fold.ts';
import type { Candle, TradeOrder } from '../candles/candle.ts';
import { intervalStartUs } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import type { TradeTimeline } from '../candles/trade-timeline.ts';
import { LoggerError, describeError } from '../errors.ts';
import type { LiveEvent } from '../live/events.ts';
import { ALL_SECURITIES } from '../live/feeds.ts';
import type { LiveSource, Unsubscribe } from '../live/feeds.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { MINUTE_US, SecurityCandles, candleInput } from './security-candles.ts';
import type { ReplayedTrades } from '../reader/candles.ts';
import type { CandleInput, SettledCandle } from './security-candles.ts';

/** What the trades of a boundary's last moment take to arrive; those that take longer come as `final`. */
const EARLY_AFTER_MS = 50;
/** Further back than this a boundary is history: it is settled, and not published early. */
const MAX_EARLY_BEHIND_US = 10 * MINUTE_US;
/** Settling is done for many messages at once. */
const SETTLE_AFTER_MS = 50;

/** What is known of a security from before. */
export interface CandleHistory {
  readonly earlier: ReadonlyMap<Timeframe, readonly CandleOutput[]>;
  /** The first minute that is not settled; undefined: nothing was recorded. */
  readonly fromUs: number | undefined;
  readonly isFromBeginning: boolean;
}

export interface CandleSource {
  order(security: string): TradeOrder;
  /** Brings the archive up to now. */
  flush(security: string): Promise<void>;
  /** @param nowUs what arrived from then on is received live. @throws LoggerError */
  history(security: string, nowUs: number): Promise<CandleHistory>;
  /** Plays what was recorded from a time of the exchange on, and arrived before `nowUs`. @throws LoggerError */
  replay(security: string, timeline: TradeTimeline, range: ReplayedTrades): AsyncIterable<void>;
}

export type CandleNews =
  | { readonly type: 'early'; readonly security: string; readonly candle: Candle }
  | {
      readonly type: 'settled';
      readonly security: string;
      readonly settled: SettledCandle;
      /** It was published before: the security was read again from the archive. */
      readonly isAgain: boolean;
    };
export type CandleListener = (news: CandleNews) => void;

export interface LiveCandlesDeps {
  readonly live: LiveSource;
  readonly source: CandleSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
}

interface Followed {
  followers: number;
  /** It begins with the next event that shows that it is recorded; what came before is in the archive. */
  isIdle: boolean;
  /** The end of the last minute that was published as settled. */
  publishedUs: number;
  /** null: the history is not in yet. */
  candles: SecurityCandles | null;
  /** What arrived before is read from the archive. */
  sinceUs: number;
  /** What came since, while the archive is being read; null: it has been read. */
  waiting: CandleInput[] | null;
  /** When its recorder ended; null: it records. */
  closedUs: number | null;
}

/** How much of one security may wait for its history; beyond it begins anew. */
const MAX_WAITING = 500_000;
/** Securities whose events may wait for their history at a time; the others wait idly. */
const MAX_LOADING = 16;
const RETRY_AFTER_MS = 10_000;

export class LiveCandles {
  readonly #deps: LiveCandlesDeps;
  readonly #followed = new Map<string, Followed>();
  readonly #listeners = new Set<CandleListener>();
  readonly #dirty = new Set<string>();
  #history: Promise<void> = Promise.resolve();
  #earlyUs = 0;
  #boundary: Timer | undefined;
  #settling: Timer | undefined;
  #unsubscribe: Unsubscribe | undefined;
  #isStopped = false;
  #isAll = false;
  #loading = 0;
  /** The archive does not answer: until then nothing is read. */
  #retryMs = Number.NEGATIVE_INFINITY;
  #isFailing = false;

  constructor(deps: LiveCandlesDeps) {
    this.#deps = deps;
  }

  /** Follows every security that is recorded, from its start on. */
  start(): void {
    this.#isAll = true;
    this.#listen();
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe?.();
    this.#boundary?.cancel();
    this.#settling?.cancel();
  }

  /** Of all securities that are followed. */
  subscribe(listener: CandleListener): Unsubscribe {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Follows one security as long as somebody asks for it. */
  follow(security: string): Unsubscribe {
    this.#listen();
    const followed =
      this.#followed.get(security) ?? (this.#isAll ? this.#idle(security) : this.#begin(security));
    followed.followers++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      followed.followers--;
      const isUnwanted = !this.#isAll && followed.followers === 0;
      if (isUnwanted && this.#followed.get(security) === followed) this.#followed.delete(security);
    };
  }

  /** Publishes again what has been settled since the last candle that was kept. */
  reload(security: string): void {
    const { followers = 0, publishedUs } = this.#followed.get(security) ?? {};
    this.#idle(security, followers, publishedUs);
  }

  /** The running candle of a security; undefined: none is known yet. */
  running(security: string, timeframe: Timeframe): Candle | undefined {
    const { clock } = this.#deps;
    return this.#followed.get(security)?.candles?.running(timeframe, clock.nowUs());
  }

  #listen(): void {
    if (this.#unsubscribe !== undefined || this.#isStopped) return;
    const { live, clock } = this.#deps;
    this.#earlyUs = intervalStartUs('1m', clock.nowUs());
    this.#unsubscribe = live.subscribe(ALL_SECURITIES, (event) => this.#take(event));
    this.#scheduleBoundary();
  }

  #take(event: LiveEvent): void {
    const { security } = event;
    const isOver = event.type === 'state' && event.phase === 'closed';
    const followed =
      this.#followed.get(security) ?? (this.#isAll && !isOver ? this.#idle(security) : undefined);
    if (followed === undefined) return;
    if (followed.isIdle) {
      this.#beginWith(event, followed);
      return;
    }
    // While its recorder was closed, another logger may have recorded.
    const isBack = !isOver && followed.closedUs !== null && followed.waiting === null;
    if (isBack) this.#catchUp(security, followed);
    const input = candleInput(event);
    if (input !== null && receiveTimeOf(input) >= followed.sinceUs) {
      this.#hear(security, followed, input);
    }
    if (isOver) followed.closedUs ??= this.#deps.clock.nowUs();
  }

  #hear(security: string, followed: Followed, input: CandleInput): void {
    if (followed.waiting !== null) {
      followed.waiting.push(input);
      if (followed.waiting.length > MAX_WAITING) this.#again(security, followed);
      return;
    }
    followed.candles?.take(input);
    if (followed.candles?.isAnyOver) this.#settleSoon(security);
  }

  #idle(security: string, followers = 0, publishedUs = -Infinity): Followed {
    const followed: Followed = {
      followers,
      isIdle: true,
      publishedUs,
      candles: null,
      sinceUs: 0,
      waiting: null,
      closedUs: null,
    };
    this.#followed.set(security, followed);
    return followed;
  }

  #begin(security: string, followers?: number, publishedUs?: number): Followed {
    const followed = this.#idle(security, followers, publishedUs);
    this.#catchUp(security, followed);
    return followed;
  }

  /** An event of a security that is recorded: what was received up to it, the recorder has. */
  #beginWith(event: LiveEvent, followed: Followed): void {
    const isTime = this.#deps.clock.monotonicMs() >= this.#retryMs;
    if (!isTime || this.#loading >= MAX_LOADING) return;
    if (isOfRecorded(event)) this.#catchUp(event.security, followed);
  }

  #again(security: string, { followers, publishedUs }: Followed): void {
    if (this.#isAll) this.#idle(security, followers, publishedUs);
    else this.#begin(security, followers, publishedUs);
  }

  /** Reads what the archive has beyond what was received. One after the other: a history may be long. */
  #catchUp(security: string, followed: Followed): void {
    followed.isIdle = false;
    followed.waiting = [];
    // What arrives in this microsecond may have been received already.
    followed.sinceUs = this.#deps.clock.nowUs() + 1;
    this.#loading++;
    this.#history = this.#history
      .then(() => this.#load(security, followed))
      .catch((error: unknown) => this.#deps.onFatal(error))
      .finally(() => this.#loading--);
  }

  async #load(security: string, followed: Followed): Promise<void> {
    const isWanted = (): boolean => !this.#isStopped && this.#followed.get(security) === followed;
    if (!isWanted()) return;
    const { source } = this.#deps;
    const { sinceUs, closedUs } = followed;
    try {
      const { candles, fromUs } = await this.#candlesOf(security, followed);
      const range = { fromUs, afterReceiveUs: closedUs ?? undefined, beforeReceiveUs: sinceUs };
      for await (const _ of source.replay(security, candles.timeline, range)) {
        if (!isWanted()) return;
        this.#publishSettled(security, followed, candles.settle());
      }
      if (!isWanted()) return;
      for (const input of followed.waiting ?? []) candles.take(input);
      Object.assign(followed, { candles, waiting: null, closedUs: null });
      this.#settleOne(security);
      this.#isFailing = false;
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      this.#onFailure(security, followed, error);
    }
  }

  #onFailure(security: string, followed: Followed, error: LoggerError): void {
    const { log, clock } = this.#deps;
    const isWanted = (): boolean => !this.#isStopped && this.#followed.get(security) === followed;
    if (!this.#isFailing) {
      const reason = describeError(error);
      log.warning('Candles could not be continued from the archive; trying again', {
        security,
        reason,
      });
    }
    this.#isFailing = true;
    this.#retryMs = clock.monotonicMs() + RETRY_AFTER_MS;
    if (!isWanted()) return;
    if (this.#isAll) this.#again(security, followed);
    else clock.schedule(RETRY_AFTER_MS, () => isWanted() && this.#again(security, followed));
  }

  async #candlesOf(
    security: string,
    { candles, sinceUs }: Followed,
  ): Promise<{ readonly candles: SecurityCandles; readonly fromUs: number | undefined }> {
    if (candles !== null) {
      await this.#deps.source.flush(security);
      return { candles, fromUs: candles.timeline.nextUs };
    }
    const history = await this.#deps.source.history(security, sinceUs);
    const order = this.#deps.source.order(security);
    return { candles: new SecurityCandles({ ...history, order }), fromUs: history.fromUs };
  }

  #settleSoon(security: string): void {
    this.#dirty.add(security);
    this.#settling ??= this.#deps.clock.schedule(SETTLE_AFTER_MS, () => {
      this.#settling = undefined;
      const dirty = [...this.#dirty];
      this.#dirty.clear();
      for (const one of dirty) this.#settleOne(one);
    });
  }

  #settleOne(security: string): void {
    const followed = this.#followed.get(security);
    if (followed?.candles) this.#publishSettled(security, followed, followed.candles.settle());
  }

  #publishSettled(security: string, followed: Followed, all: readonly SettledCandle[]): void {
    const { publishedUs } = followed;
    for (const settled of all) {
      const { toUs } = settled.output.type === 'gap' ? settled.output : settled.output.candle;
      const isAgain = toUs <= publishedUs;
      this.#publish({ type: 'settled', security, settled, isAgain });
      if (settled.timeframe === '1m') followed.publishedUs = Math.max(followed.publishedUs, toUs);
    }
  }

  #scheduleBoundary(): void {
    const { clock } = this.#deps;
    const nowUs = clock.nowUs();
    const nextUs = intervalStartUs('1m', nowUs) + MINUTE_US;
    const delayMs = (nextUs - nowUs) / 1000 + EARLY_AFTER_MS;
    this.#boundary = clock.schedule(delayMs, () => {
      this.#early();
      this.#scheduleBoundary();
    });
  }

  /** Every boundary since the last time, if the clock was set or the process stopped. */
  #early(): void {
    const nowUs = this.#deps.clock.nowUs();
    const lastUs = intervalStartUs('1m', nowUs);
    const firstUs = Math.max(this.#earlyUs + MINUTE_US, lastUs - MAX_EARLY_BEHIND_US);
    for (let us = firstUs; us <= lastUs; us += MINUTE_US) {
      for (const [security, { candles }] of this.#followed) {
        for (const candle of candles?.early(us) ?? []) {
          this.#publish({ type: 'early', security, candle });
        }
      }
    }
    this.#earlyUs = Math.max(this.#earlyUs, lastUs);
  }

  #publish(news: CandleNews): void {
    for (const listener of this.#listeners) listener(news);
  }
}

/** Of what the archive may hold as well. */
function receiveTimeOf(input: CandleInput): number {
  return input.type === 'message' ? input.event.receiveTimeUs : Infinity;
}

/** The security is recorded: what was received of it before is in a segment, trades that waited for one included. */
function isOfRecorded(event: LiveEvent): boolean {
  switch (event.type) {
    case 'image':
    case 'update':
    case 'heartbeat':
      return true;
    case 'side-event':
      return event.epoch !== null;
    case 'state':
      return event.phase === 'live';
    case 'gap':
    case 'unapplied':
      return false;
  }
}

/**
 * The candles of one security while it is recorded, of every timeframe: minutes out of its live feed, longer
 * ones as merges of minutes. Pure; the caller has the clock.
 */

import type { CandleOutput } from '../candles/candle-fold.ts';
import type { Candle, TradeOrder } from '../candles/candle.ts';
import { LongerCandles } from '../candles/longer-candles.ts';
import { TIMEFRAMES, intervalEndUs, intervalStartUs } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import { TradeTimeline } from '../candles/trade-timeline.ts';
import type { MessageTime } from '../candles/trade-timeline.ts';
import type { LiveEvent } from '../live/events.ts';
import type { Gap } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import type { MarketEvent } from '../market/events.ts';
import { tradeIn } from '../queries/trade-item.ts';

export const MINUTE_US = 60_000_000;

/** An interval that is over: of a gap, too, the timeframe is known. */
export interface SettledCandle {
  readonly timeframe: Timeframe;
  readonly output: CandleOutput;
}

/** What a live event says about trades; unlike the event it may be kept. */
export type CandleInput =
  | ({ readonly type: 'image' } & MessageTime)
  | {
      readonly type: 'message';
      readonly event: MarketEvent;
      readonly scale: Scale;
      /** It becomes part of the segment that begins next, if one does. */
      readonly isHeld: boolean;
    }
  | ({ readonly type: 'known' } & MessageTime)
  | { readonly type: 'alive'; readonly receiveTimeUs: number; readonly isLive: boolean }
  | { readonly type: 'gap'; readonly gap: Gap }
  | { readonly type: 'closed' };

type Message = CandleInput & { readonly type: 'message' };

/** null: it says nothing. */
export function candleInput(event: LiveEvent): CandleInput | null {
  switch (event.type) {
    case 'image': {
      if (event.reason !== 'proven') return null;
      const { exchangeTimeUs, receiveTimeUs } = event.segment;
      return { type: 'image', exchangeTimeUs, receiveTimeUs };
    }
    case 'update':
      return {
        type: 'message',
        event: event.update,
        scale: event.segment.scale,
        isHeld: false,
      };
    case 'side-event':
      return {
        type: 'message',
        event: event.event,
        scale: event.scale,
        isHeld: event.epoch === null,
      };
    case 'heartbeat':
      return { type: 'known', ...event.heartbeat };
    case 'state':
      if (event.phase === 'closed') return { type: 'closed' };
      if (event.aliveUntilUs === null) return null;
      return { type: 'alive', receiveTimeUs: event.aliveUntilUs, isLive: event.phase === 'live' };
    case 'gap':
      return { type: 'gap', gap: event.gap };
    case 'unapplied':
      // It is not recorded, or was before.
      return null;
  }
}

export interface SecurityCandlesOptions {
  readonly order: TradeOrder;
  /** The first minute; absent: the one in which the recording begins. */
  readonly fromUs?: number | undefined;
  /** Nothing was recorded before the first minute. */
  readonly isFromBeginning: boolean;
  /** Settled candles of before, in order: what a running longer one needs. */
  readonly earlier?: ReadonlyMap<Timeframe, readonly CandleOutput[]>;
}

export class SecurityCandles {
  readonly timeline: TradeTimeline;
  readonly #longer: readonly LongerCandles[];
  /** Side events that wait for their segment. */
  #held: Message[] = [];
  /** Trades that came when their candle was final: see the archive for them. */
  lateTrades = 0;

  constructor({ order, fromUs, isFromBeginning, earlier }: SecurityCandlesOptions) {
    this.timeline = new TradeTimeline({ timeframe: '1m', order, fromUs });
    this.#longer = TIMEFRAMES.filter((timeframe) => timeframe !== '1m').map((timeframe) => {
      const candles = new LongerCandles(timeframe, order, isFromBeginning);
      for (const output of earlier?.get(timeframe) ?? []) candles.add(output);
      return candles;
    });
  }

  take(input: CandleInput): void {
    switch (input.type) {
      case 'image':
        this.timeline.image(input);
        this.#release();
        break;
      case 'message':
        if (input.isHeld) this.#held.push(input);
        else this.#message(input);
        break;
      case 'closed':
        this.#held = [];
        break;
      case 'known':
        this.timeline.know(input);
        break;
      case 'alive':
        this.timeline.alive(input.receiveTimeUs);
        if (input.isLive) this.#release();
        break;
      case 'gap':
        this.timeline.gap(input.gap);
        break;
    }
  }

  /** Whether a minute may be over for good. */
  get isAnyOver(): boolean {
    const { nextUs, finalUs } = this.timeline;
    return Number.isFinite(nextUs) ? finalUs >= nextUs + MINUTE_US : Number.isFinite(finalUs);
  }

  /** The intervals that are over for good, each once and in order. */
  settle(): SettledCandle[] {
    const settled: SettledCandle[] = [];
    const add = (output: CandleOutput): void => {
      settled.push({ timeframe: '1m', output });
      for (const longer of this.#longer) {
        const { timeframe } = longer;
        settled.push(...longer.add(output).map((over) => ({ timeframe, output: over })));
      }
    };
    for (const output of this.timeline.final()) add(output);
    for (const gap of this.timeline.takeGap()) add(gap);
    return settled;
  }

  /** The intervals that end at a boundary and are not over for good, as they are known now. */
  early(boundaryUs: number): Candle[] {
    if (!this.#hasBegun(boundaryUs) || this.timeline.nextUs >= boundaryUs) return [];
    const ending = this.#longer.filter(
      ({ timeframe }) => intervalStartUs(timeframe, boundaryUs) === boundaryUs,
    );
    const beginsUs = ending.map(({ timeframe }) => intervalStartUs(timeframe, boundaryUs - 1));
    const minutes = this.#openMinutes(Math.min(boundaryUs - MINUTE_US, ...beginsUs), boundaryUs);
    const last = minutes.at(-1);
    if (last === undefined) return [];
    const longer = ending.flatMap((candles) => candles.peek(minutes, boundaryUs) ?? []);
    return [last, ...longer].map((candle) => ({ ...candle, state: 'early' }));
  }

  /** The candle of a timeframe that is running at a time. */
  running(timeframe: Timeframe, nowUs: number): Candle | undefined {
    if (!this.#hasBegun(nowUs)) return undefined;
    const fromUs = intervalStartUs(timeframe, nowUs);
    const minutes = this.#openMinutes(fromUs, intervalEndUs('1m', nowUs));
    if (timeframe === '1m') return minutes.at(-1);
    const longer = this.#longer.find((one) => one.timeframe === timeframe);
    const running = longer?.peek(minutes, intervalEndUs(timeframe, nowUs));
    return running === undefined ? undefined : { ...running, state: 'open' };
  }

  #hasBegun(us: number): boolean {
    return this.timeline.beginUs < us;
  }

  /**
   * The minutes that are not settled, from one that begins at or after `fromUs` to one that ends at `endUs`: in a
   * long outage there are very many.
   */
  #openMinutes(fromUs: number, endUs: number): Candle[] {
    const { nextUs, beginUs } = this.timeline;
    const openUs = Number.isFinite(nextUs) ? nextUs : intervalStartUs('1m', beginUs);
    const minutes: Candle[] = [];
    for (let us = Math.max(fromUs, openUs); us < endUs; us += MINUTE_US)
      minutes.push(this.timeline.peek(us));
    return minutes;
  }

  /** The segment begins, or goes on, with what came while none was live. */
  #release(): void {
    for (const held of this.#held) this.#message(held);
    this.#held = [];
  }

  #message({ event, scale }: Message): void {
    const trade = tradeIn(event, scale);
    if (trade === undefined) this.timeline.know(event);
    else if (!this.timeline.trade(trade)) this.lateTrades++;
  }
}

/**
 * What a recording proves about a security's trades, on the exchange's clock: trades, evidence and gaps as
 * they come, from stored records or live → candles. Gaps are in receive time; they are moved by what the
 * messages before them took to arrive. Where the exchange numbers its trades, the next trade's id shows what
 * a gap cost; elsewhere every gap in the book is one in the trades. Pure.
 */

import type { Gap } from '../market/coverage.ts';
import { CANDLE_GRACE_US, CandleFold } from './candle-fold.ts';
import type { CandleGap, CandleOutput } from './candle-fold.ts';
import type { Candle, CandleTrade, MissingTime, TradeOrder } from './candle.ts';
import { intervalEndUs } from './timeframe.ts';
import type { Timeframe } from './timeframe.ts';

/** How far behind a later message a trade may still come. */
export const MAX_TRADE_DISORDER_US = 10_000_000;

export interface TimelineTrade extends CandleTrade {
  readonly receiveTimeUs: number;
}

export interface MessageTime {
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

export interface TimelineOptions {
  readonly timeframe: Timeframe;
  readonly order: TradeOrder;
  /** The beginning of the first interval; absent: the one in which the recording begins. */
  readonly fromUs?: number | undefined;
}

export class TradeTimeline {
  readonly #fold: CandleFold;
  readonly #timeframe: Timeframe;
  readonly #order: TradeOrder;
  /** Everything before it was recorded, or is in `#gaps` or said to be missing. */
  #knownUs = -Infinity;
  /** Exchange clock − receive clock, from the last message. */
  #offsetUs = 0;
  #previous: TimelineTrade | undefined;
  /** Of which it is not known yet what they cost; the one before the first image. */
  #gaps: MissingTime[] = [{ fromUs: -Infinity, toUs: Infinity, cause: 'other' }];

  constructor({ timeframe, order, fromUs }: TimelineOptions) {
    this.#timeframe = timeframe;
    this.#order = order;
    this.#fold = new CandleFold(timeframe, order, fromUs);
  }

  /** Everything before it has been yielded. */
  get nextUs(): number {
    return this.#fold.nextUs;
  }

  get knownUs(): number {
    return this.#knownUs;
  }

  /** A proven book: where it begins, a gap ends. */
  image({ exchangeTimeUs, receiveTimeUs }: MessageTime): void {
    this.#offsetUs = exchangeTimeUs - receiveTimeUs;
    this.know({ exchangeTimeUs, receiveTimeUs });
    this.#fold.begin(exchangeTimeUs);
    this.#gaps = this.#gaps.map((gap) => ({
      ...gap,
      toUs: Math.max(gap.fromUs, Math.min(gap.toUs, exchangeTimeUs)),
    }));
    if (this.#order !== 'id') this.#settleGaps();
    else if (this.#gaps[0]?.fromUs === -Infinity) {
      // Nothing was recorded before.
      this.#fold.missTime(this.#gaps[0]);
      this.#gaps = this.#gaps.slice(1);
    }
  }

  /** @returns false: it came too late, and its interval was yielded without it. */
  trade(trade: TimelineTrade): boolean {
    const before = this.#previous;
    this.#previous = trade;
    if (this.#order === 'id') {
      const { exchangeTimeUs } = trade;
      const isLost = before === undefined || isAnyLost(before, trade);
      if (isLost) this.#lose(before?.exchangeTimeUs ?? -Infinity, exchangeTimeUs);
      // One that was received inside a gap says nothing about the rest of it.
      this.#gaps = this.#gaps
        .filter((gap) => gap.toUs > exchangeTimeUs)
        .map((gap) => ({ ...gap, fromUs: Math.max(gap.fromUs, exchangeTimeUs) }));
    }
    const isInTime = this.#fold.add(trade);
    this.know(trade);
    return isInTime;
  }

  /**
   * A message arrived. One with an exchange's time far ahead of all others would declare candles over that
   * have not begun, so a step ahead is limited to what is waited for messages out of order.
   */
  know({ exchangeTimeUs, receiveTimeUs }: MessageTime): void {
    const expectedUs = Math.max(receiveTimeUs + Math.max(this.#offsetUs, 0), this.#knownUs);
    const limitUs = expectedUs + MAX_TRADE_DISORDER_US;
    if (exchangeTimeUs <= limitUs) this.#offsetUs = exchangeTimeUs - receiveTimeUs;
    this.#knownUs = Math.max(this.#knownUs, Math.min(exchangeTimeUs, limitUs));
  }

  /** The recording is known to be alive up to a receive time. */
  alive(receiveTimeUs: number): void {
    this.know({ exchangeTimeUs: receiveTimeUs + this.#offsetUs, receiveTimeUs });
  }

  /**
   * The recording stopped; an image shows when it went on, and on whose clock. Said again before that, begin
   * and cause are as they were said last.
   */
  gap({ fromUs, toUs, cause }: Pick<Gap, 'fromUs' | 'toUs' | 'cause'>): void {
    const beginUs = fromUs + this.#offsetUs;
    const isSaidAgain = this.#gaps.at(-1)?.toUs === Infinity && Number.isFinite(this.#knownUs);
    if (isSaidAgain) this.#gaps.pop();
    this.#gaps.push({ fromUs: beginUs, toUs: Infinity, cause });
    if (!Number.isFinite(this.#knownUs)) this.#fold.begin((toUs ?? fromUs) + this.#offsetUs);
    this.know({ exchangeTimeUs: beginUs, receiveTimeUs: fromUs });
  }

  /**
   * What comes from here on was stored, though a gap that was found later begins here: without it, nothing
   * of that time is settled. Where trades are numbered, their ids tell.
   */
  declare({ fromUs, cause }: Pick<Gap, 'fromUs' | 'cause'>): void {
    if (this.#order !== 'id') this.gap({ fromUs, toUs: null, cause });
  }

  /** What no message changes that comes within the disorder that is waited for. */
  settled(limitUs: number): Generator<CandleOutput> {
    // The next trade may show that one was lost since the last, however long ago that was.
    const isNumbered = this.#order === 'id' && this.#previous !== undefined;
    const numberedUs = isNumbered ? this.#fold.lastTradeUs : Infinity;
    const untilUs = Math.min(this.#provenUs, numberedUs) - MAX_TRADE_DISORDER_US;
    return this.#fold.settle(Math.min(limitUs, untilUs), this.#knownUs);
  }

  /** Intervals that end at or before it are final, or incomplete. */
  get finalUs(): number {
    const tradeUs = this.#order === 'id' ? this.#fold.lastTradeUs : -Infinity;
    const lateUs = Math.min(this.#knownUs, Math.max(tradeUs, this.#knownUs - CANDLE_GRACE_US));
    return Math.min(lateUs, this.#gaps[0]?.fromUs ?? Infinity);
  }

  final(): Generator<CandleOutput> {
    return this.#fold.settle(this.finalUs, this.#knownUs);
  }

  /** The gap that was settled last, which others might have continued. */
  takeGap(): Generator<CandleGap> {
    return this.#fold.finish();
  }

  /** When the recording began; Infinity: it has not. */
  get beginUs(): number {
    return this.#fold.beginUs;
  }

  /** The interval that begins at a time, as far as it is known. */
  peek(fromUs: number): Candle {
    return this.#fold.peek(fromUs, this.#knownUs, this.#gaps);
  }

  /** All that is known, the running candle included; with an end, up to it. */
  *finish(toUs: number): Generator<CandleOutput> {
    const isRecording = this.#gaps.every((gap) => Number.isFinite(gap.toUs));
    this.#settleGaps();
    const lastUs = Math.min(toUs, this.#lastEndUs());
    yield* this.#fold.settle(lastUs, this.#knownUs);
    if (Number.isFinite(toUs) && lastUs < toUs && !(isRecording && this.#isNext(lastUs, toUs))) {
      // An open gap says it already.
      if (isRecording) this.#fold.missTime({ fromUs: lastUs, toUs: Infinity, cause: 'other' });
      yield* this.#fold.settle(toUs, this.#knownUs);
    }
    yield* this.#fold.finish();
  }

  /** Trades are missing between two others: in the gaps between them, if there are any. */
  #lose(fromUs: number, toUs: number): void {
    const stretches = this.#gaps
      .map((gap) => ({
        ...gap,
        fromUs: Math.max(gap.fromUs, fromUs),
        toUs: Math.min(gap.toUs, toUs),
      }))
      .filter((stretch) => stretch.toUs > stretch.fromUs);
    for (const stretch of stretches) this.#fold.missTime(stretch);
    const cause = this.#gaps[0]?.cause ?? 'other';
    if (stretches.length > 0 || !Number.isFinite(fromUs)) return;
    this.#fold.missTrades({ fromUs, toUs, cause });
  }

  get #provenUs(): number {
    return Math.min(this.#knownUs, this.#gaps[0]?.fromUs ?? Infinity);
  }

  /** The end of the candle that the recording has come to. */
  #lastEndUs(): number {
    const knownUs = this.#knownUs;
    if (!Number.isFinite(knownUs)) return -Infinity;
    const tradeUs = this.#fold.lastTradeUs;
    const isTrusted = tradeUs <= knownUs + MAX_TRADE_DISORDER_US;
    return intervalEndUs(this.#timeframe, Math.max(knownUs - 1, isTrusted ? tradeUs : -Infinity));
  }

  /** The one candle that the range still asks for may just be about to begin. */
  #isNext(lastUs: number, toUs: number): boolean {
    const isLast = intervalEndUs(this.#timeframe, lastUs) >= toUs;
    return isLast && this.#knownUs + MAX_TRADE_DISORDER_US >= lastUs;
  }

  #settleGaps(): void {
    for (const gap of this.#gaps) this.#fold.missTime(gap);
    this.#gaps = [];
  }
}

/** Whether ids that are consecutive leave any out between two trades. */
export function isAnyLost(
  before: Pick<CandleTrade, 'tradeId'>,
  after: Pick<CandleTrade, 'tradeId'>,
): boolean {
  const [last, next] = [before.tradeId, after.tradeId];
  return typeof last === 'number' && typeof next === 'number' && next > last + 1;
}

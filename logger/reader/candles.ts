/**
 * Candles of stored trades as a lazy stream, one decoded block in memory at a time. All times are the
 * exchange's: that of a trade decides which candle it belongs to, and gaps, which are in receive time, are
 * moved by what the messages before them took to arrive.
 */

import { MAX_EXCHANGE_DISORDER_US } from '../archive/archive.ts';
import { CandleFold } from '../candles/candle-fold.ts';
import type { CandleOutput } from '../candles/candle-fold.ts';
import type { MissingTime } from '../candles/candle.ts';
import { intervalEndUs, intervalStartUs } from '../candles/timeframe.ts';
import type { Gap } from '../market/coverage.ts';
import type { BookImage } from '../market/events.ts';
import type { CandleItem, GapItem, TradeItem } from '../queries/items.ts';
import type { CandlesQuery } from '../queries/queries.ts';
import type { ReaderContext } from './context.ts';
import type { CursorItem } from './cursor.ts';
import { eventsAfter, itemsSince } from './range.ts';
import type { LoadedBlock, LoadedImage } from './record-loader.ts';
import { isAnyLost, numbersTrades, tradeIn } from './trades.ts';

type HistoryItem = CursorItem<LoadedImage, LoadedBlock>;

/**
 * What was not recorded is a gap; of what was recorded in part, the candle says what is missing. Where the
 * exchange numbers its trades, a gap in the book that cost none is nothing to a candle.
 * @throws UnknownSecurityError
 */
export async function* candles(
  context: ReaderContext,
  query: CandlesQuery,
): AsyncGenerator<CandleItem | GapItem> {
  const { security } = query;
  const history = new TradeHistory(query, numbersTrades(context, security));
  const sinceUs = (query.fromUs ?? -Infinity) - MAX_EXCHANGE_DISORDER_US;
  for await (const item of itemsSince(context, security, { clock: 'exchange' }, sinceUs)) {
    history.take(item);
    for (const output of history.settled()) yield itemOf(output, security);
    if (history.isBehind) break;
  }
  for (const output of history.finish()) yield itemOf(output, security);
}

function itemOf(output: CandleOutput, security: string): CandleItem | GapItem {
  if (output.type === 'candle') {
    return { type: 'candle', security, ...output.candle, source: 'trades' };
  }
  return { ...output, firstMissing: null, lastMissing: null, missing: 'tradeId' };
}

/** Follows the history item by item: what it proves about the trades, on the exchange's clock. */
class TradeHistory {
  readonly #fold: CandleFold;
  readonly #toUs: number;
  readonly #hasConsecutiveIds: boolean;
  readonly #timeframe: CandlesQuery['timeframe'];
  /** Everything before it was recorded, or is in `#gaps` or said to be missing. */
  #knownUs = -Infinity;
  /** Exchange clock − receive clock, from the last message. */
  #offsetUs = 0;
  #imageSequence: number | undefined;
  #previous: TradeItem | undefined;
  /** Of which the next trade's id shows what they cost; the one before the first image. */
  #gaps: MissingTime[] = [{ fromUs: -Infinity, toUs: Infinity, cause: 'other' }];

  constructor({ timeframe, fromUs, toUs }: CandlesQuery, hasConsecutiveIds: boolean) {
    const order = hasConsecutiveIds ? 'id' : 'time';
    this.#timeframe = timeframe;
    this.#fold = new CandleFold(timeframe, order, fromUs && firstStartUs(timeframe, fromUs));
    this.#toUs = toUs === undefined ? Infinity : firstStartUs(timeframe, toUs);
    this.#hasConsecutiveIds = hasConsecutiveIds;
  }

  /** Nothing that follows belongs to the range. */
  get isBehind(): boolean {
    return this.#fold.nextUs >= this.#toUs;
  }

  take(item: HistoryItem): void {
    switch (item.type) {
      case 'image':
        this.#begin(item.image.image);
        break;
      case 'block':
        this.#events(item.block);
        break;
      case 'end':
        this.#know(item.toUs + this.#offsetUs, item.toUs);
        break;
      case 'gap':
        this.#gap(item.gap);
        break;
      case 'deeper':
      case 'block-run':
      case 'beyond':
      case 'unreachable':
        break;
    }
  }

  /** What no later item changes. */
  settled(): Generator<CandleOutput> {
    const openUs = Math.min(this.#knownUs, this.#gaps[0]?.fromUs ?? Infinity);
    const untilUs = Math.min(this.#toUs, openUs - MAX_EXCHANGE_DISORDER_US);
    return this.#fold.settle(untilUs, this.#knownUs);
  }

  /** The rest, the running candle included. */
  *finish(): Generator<CandleOutput> {
    const isRecording = this.#gaps.every(({ toUs }) => Number.isFinite(toUs));
    this.#settleGaps();
    const lastUs = Math.min(this.#toUs, this.#lastEndUs());
    yield* this.#fold.settle(lastUs, this.#knownUs);
    if (Number.isFinite(this.#toUs) && lastUs < this.#toUs) {
      const isFuture = isRecording && this.#isNext(lastUs);
      if (!isFuture) {
        this.#fold.missTime({ fromUs: lastUs, toUs: Infinity, cause: 'other' });
        yield* this.#fold.settle(this.#toUs, this.#knownUs);
      }
    }
    yield* this.#fold.finish();
  }

  /** The end of the candle that the recording has come to. */
  #lastEndUs(): number {
    const knownUs = this.#knownUs;
    if (!Number.isFinite(knownUs)) return -Infinity;
    const tradeUs = this.#fold.lastTradeUs;
    const isTrusted = tradeUs <= knownUs + MAX_EXCHANGE_DISORDER_US;
    return intervalEndUs(this.#timeframe, Math.max(knownUs - 1, isTrusted ? tradeUs : -Infinity));
  }

  /** The one candle that the range still asks for may just be about to begin. */
  #isNext(lastUs: number): boolean {
    const isLast = intervalEndUs(this.#timeframe, lastUs) >= this.#toUs;
    return isLast && this.#knownUs + MAX_EXCHANGE_DISORDER_US >= lastUs;
  }

  #begin(image: BookImage): void {
    this.#imageSequence = image.sequence;
    this.#offsetUs = image.exchangeTimeUs - image.receiveTimeUs;
    this.#know(image.exchangeTimeUs, image.receiveTimeUs);
    this.#fold.begin(image.exchangeTimeUs);
    this.#gaps = this.#gaps.map((gap) => ({
      ...gap,
      toUs: Math.max(gap.fromUs, Math.min(gap.toUs, image.exchangeTimeUs)),
    }));
    if (!this.#hasConsecutiveIds || this.#previous === undefined) this.#settleGaps();
  }

  #events({ content }: LoadedBlock): void {
    for (const event of eventsAfter(content, this.#imageSequence)) {
      const trade = tradeIn(event, content.scale);
      if (trade !== undefined) this.#trade(trade);
      this.#know(event.exchangeTimeUs, event.receiveTimeUs);
    }
  }

  #trade(trade: TradeItem): void {
    const before = this.#previous;
    this.#previous = trade;
    if (this.#hasConsecutiveIds && before !== undefined) {
      const cause = this.#gaps[0]?.cause ?? 'other';
      this.#gaps = [];
      if (isAnyLost(before, trade)) {
        const [fromUs, toUs] = [before.exchangeTimeUs, trade.exchangeTimeUs];
        this.#fold.missTrades({ fromUs, toUs, cause });
      }
    }
    this.#fold.add(trade);
  }

  #gap({ fromUs, toUs, cause }: Gap): void {
    const beginUs = fromUs + this.#offsetUs;
    // Until an image shows when it ended, and on whose clock.
    this.#gaps.push({ fromUs: beginUs, toUs: Infinity, cause });
    if (!Number.isFinite(this.#knownUs)) this.#fold.begin((toUs ?? fromUs) + this.#offsetUs);
    this.#know(beginUs, fromUs);
  }

  #settleGaps(): void {
    for (const gap of this.#gaps) this.#fold.missTime(gap);
    this.#gaps = [];
  }

  /**
   * One message with an exchange's time far ahead of all others would declare candles over that have not
   * begun, so a step ahead is limited to what reading waits for messages out of order.
   */
  #know(exchangeTimeUs: number, receiveTimeUs: number): void {
    const expectedUs = Math.max(receiveTimeUs + Math.max(this.#offsetUs, 0), this.#knownUs);
    const limitUs = expectedUs + MAX_EXCHANGE_DISORDER_US;
    if (exchangeTimeUs <= limitUs) this.#offsetUs = exchangeTimeUs - receiveTimeUs;
    this.#knownUs = Math.max(this.#knownUs, Math.min(exchangeTimeUs, limitUs));
  }
}

/** The beginning of the first candle that begins at or after a time. */
function firstStartUs(timeframe: CandlesQuery['timeframe'], us: number): number {
  const startUs = intervalStartUs(timeframe, us);
  return startUs === us ? us : intervalEndUs(timeframe, us);
}

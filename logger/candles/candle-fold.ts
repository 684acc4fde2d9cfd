/**
 * Trades and what may be missing of them, on the exchange's clock → candles of one timeframe, in order, with
 * a gap where nothing was recorded. It knows no archive and no clock: how far the recording is known to
 * reach is said by its caller. Pure.
 */

import type { GapCause } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import { CandleSums } from './candle.ts';
import type { Candle, CandleState, CandleTrade, MissingTime, TradeOrder } from './candle.ts';
import { intervalEndUs, intervalStartUs } from './timeframe.ts';
import type { Timeframe } from './timeframe.ts';

/** Behind the end of an interval, how long an event time has to lie that makes it final. */
export const CANDLE_GRACE_US = 2_000_000;

/** Intervals of which nothing was recorded. */
export interface CandleGap {
  readonly type: 'gap';
  readonly fromUs: number;
  readonly toUs: number;
  readonly cause: GapCause;
}
export type CandleOutput = { readonly type: 'candle'; readonly candle: Candle } | CandleGap;

/** Both ends may be the moment of a trade that is missing. */
interface Missing {
  readonly fromUs: number;
  readonly lastUs: number;
  readonly toUs: number;
  readonly cause: GapCause;
}

const NO_SCALE: Scale = { priceExponent: 0, sizeExponent: 0 };

export class CandleFold {
  readonly #timeframe: Timeframe;
  readonly #order: TradeOrder;
  /** Beginning of the next interval; undefined: none was yielded, and any may be the first. */
  #nextUs: number | undefined;
  #beginUs = Infinity;
  readonly #sums = new Map<number, CandleSums>();
  #missing: Missing[] = [];
  #lastTradeUs = -Infinity;
  #scale = NO_SCALE;
  #gap: CandleGap | undefined;

  /** @param fromUs the beginning of the first interval; absent: the one of the first thing known. */
  constructor(timeframe: Timeframe, order: TradeOrder, fromUs?: number) {
    this.#timeframe = timeframe;
    this.#order = order;
    this.#nextUs = fromUs;
  }

  /** Everything before it has been yielded. */
  get nextUs(): number {
    return this.#nextUs ?? -Infinity;
  }

  get lastTradeUs(): number {
    return this.#lastTradeUs;
  }

  /** The first thing known; Infinity: nothing is. */
  get beginUs(): number {
    return this.#beginUs;
  }

  /** The recording begins here, or earlier. */
  begin(us: number): void {
    this.#beginUs = Math.min(this.#beginUs, us);
  }

  /** One of an interval that was yielded already is not taken. @returns whether it was. */
  add(trade: CandleTrade): boolean {
    const { exchangeTimeUs, scale } = trade;
    this.#scale = scale;
    this.#lastTradeUs = Math.max(this.#lastTradeUs, exchangeTimeUs);
    this.begin(exchangeTimeUs);
    const startUs = intervalStartUs(this.#timeframe, exchangeTimeUs);
    if (startUs < this.nextUs) return false;
    let sums = this.#sums.get(startUs);
    if (sums === undefined) {
      sums = new CandleSums(this.#order, scale);
      this.#sums.set(startUs, sums);
    }
    sums.add(trade);
    return true;
  }

  /** Nothing of this time was recorded: `fromUs <= t < toUs`. */
  missTime({ fromUs, toUs, cause }: MissingTime): void {
    if (toUs > fromUs) this.#miss({ fromUs, toUs, lastUs: toUs - 1, cause });
  }

  /** Trades are missing between two others; they may be of the same moments. */
  missTrades({ fromUs, toUs, cause }: MissingTime): void {
    this.#miss({ fromUs, toUs: Math.max(fromUs, toUs), lastUs: Math.max(fromUs, toUs), cause });
  }

  /**
   * The intervals that end at or before `untilUs`.
   * @param knownUs everything before it is recorded, or was said to be missing.
   */
  *settle(untilUs: number, knownUs: number): Generator<CandleOutput> {
    if (this.#nextUs === undefined && this.#beginUs > untilUs) return;
    this.#nextUs ??= intervalStartUs(this.#timeframe, this.#beginUs);
    while (intervalEndUs(this.#timeframe, this.#nextUs) <= untilUs) {
      const fromUs: number = this.#nextUs;
      const toUs = intervalEndUs(this.#timeframe, fromUs);
      const sums = this.#sums.get(fromUs);
      const missing = this.#missingIn(fromUs, toUs);
      const [first] = missing;
      // Missing for more than one reason, it is a candle that names them.
      const isWhole = first?.fromUs === fromUs && first.toUs === toUs && missing.length === 1;
      if (sums === undefined && first !== undefined && isWhole) {
        this.#nextUs = this.#skip(fromUs, untilUs);
        yield* this.#addGap(fromUs, this.#nextUs, first.cause);
      } else {
        this.#nextUs = toUs;
        yield* this.finish();
        const state = this.#stateOf(toUs, missing, knownUs);
        const values = (sums ?? new CandleSums(this.#order, this.#scale)).values();
        const timeframe = this.#timeframe;
        yield { type: 'candle', candle: { timeframe, fromUs, toUs, ...values, state, missing } };
      }
      this.#sums.delete(fromUs);
      this.#forgetMissing();
    }
  }

  /**
   * The interval that begins at a time, as it would be now.
   * @param pending gaps of which it is not known yet what they cost.
   */
  peek(fromUs: number, knownUs: number, pending: readonly MissingTime[]): Candle {
    const toUs = intervalEndUs(this.#timeframe, fromUs);
    const sums = this.#sums.get(fromUs) ?? new CandleSums(this.#order, this.#scale);
    const gaps = pending.map((gap) => ({ ...gap, lastUs: gap.toUs - 1 }));
    const missing = this.#missingIn(fromUs, toUs, [...this.#missing, ...gaps]);
    const state = knownUs >= toUs ? 'early' : 'open';
    return { timeframe: this.#timeframe, fromUs, toUs, ...sums.values(), state, missing };
  }

  /** The gap that nothing follows. */
  *finish(): Generator<CandleGap> {
    if (this.#gap !== undefined) yield this.#gap;
    this.#gap = undefined;
  }

  #miss(missing: Missing): void {
    this.#missing.push(missing);
    this.#missing.sort((a, b) => a.fromUs - b.fromUs);
  }

  #missingIn(
    fromUs: number,
    toUs: number,
    among: readonly Missing[] = this.#missing,
  ): MissingTime[] {
    const found: MissingTime[] = [];
    for (const missing of among) {
      if (missing.fromUs >= toUs || missing.lastUs < fromUs) continue;
      const cut = {
        fromUs: Math.max(missing.fromUs, fromUs),
        toUs: Math.min(missing.toUs, toUs),
        cause: missing.cause,
      };
      const last = found.at(-1);
      if (last === undefined || last.cause !== cut.cause || last.toUs < cut.fromUs) found.push(cut);
      else found[found.length - 1] = { ...last, toUs: Math.max(last.toUs, cut.toUs) };
    }
    return found;
  }

  #stateOf(toUs: number, missing: readonly MissingTime[], knownUs: number): CandleState {
    const hasEnded = knownUs >= toUs || missing.some((part) => part.toUs >= toUs);
    if (!hasEnded) return 'open';
    if (missing.length > 0) return 'incomplete';
    // Without numbers a later trade proves nothing about those before it.
    const isFollowed = this.#order === 'id' && this.#lastTradeUs >= toUs;
    const isFinal = isFollowed || knownUs >= toUs + CANDLE_GRACE_US;
    return isFinal ? 'final' : 'early';
  }

  /** @returns the end of the intervals that the same stretch covers, without any trade. */
  #skip(fromUs: number, untilUs: number): number {
    const endUs = Math.min(untilUs, ...this.#sums.keys());
    const firstEndUs = intervalEndUs(this.#timeframe, fromUs);
    const long = this.#missing.find(
      (missing) => missing.fromUs <= fromUs && missing.toUs >= firstEndUs,
    );
    const others = this.#missing.filter((one) => one !== long && one.fromUs > fromUs);
    const alone = Math.min(Infinity, ...others.map((one) => one.fromUs));
    const lastUs = Math.min(endUs, alone, long?.toUs ?? firstEndUs);
    return Math.max(firstEndUs, intervalStartUs(this.#timeframe, lastUs));
  }

  *#addGap(fromUs: number, toUs: number, cause: GapCause): Generator<CandleGap> {
    if (this.#gap?.cause === cause) {
      this.#gap = { ...this.#gap, toUs };
      return;
    }
    yield* this.finish();
    this.#gap = { type: 'gap', fromUs, toUs, cause };
  }

  #forgetMissing(): void {
    const { nextUs } = this;
    if (this.#missing.some(({ lastUs }) => lastUs < nextUs)) {
      this.#missing = this.#missing.filter(({ lastUs }) => lastUs >= nextUs);
    }
  }
}

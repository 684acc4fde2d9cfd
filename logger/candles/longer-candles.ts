/** Candles of one timeframe out of shorter ones, which come in order, gaps included. Pure. */

import type { CandleOutput } from './candle-fold.ts';
import { CandleSums } from './candle.ts';
import type { Candle, CandleState, MissingTime, TradeOrder } from './candle.ts';
import { intervalEndUs, intervalStartUs } from './timeframe.ts';
import type { Timeframe } from './timeframe.ts';

/** What the shorter ones of an interval come to so far. */
interface Running {
  readonly fromUs: number;
  readonly toUs: number;
  /** undefined: all of it is missing. */
  sums: CandleSums | undefined;
  readonly missing: MissingTime[];
  lastState: CandleState | undefined;
}

export class LongerCandles {
  readonly timeframe: Timeframe;
  readonly #order: TradeOrder;
  #isFirst = true;
  readonly #isFromBeginning: boolean;
  #running: Running | undefined;

  /**
   * @param isFromBeginning nothing was recorded before the first of the shorter candles. If something was,
   *   an interval that begins before them is not made.
   */
  constructor(timeframe: Timeframe, order: TradeOrder, isFromBeginning: boolean) {
    this.timeframe = timeframe;
    this.#order = order;
    this.#isFromBeginning = isFromBeginning;
  }

  /** @param part the next of the shorter ones. @returns the intervals that are over with it. */
  add(part: CandleOutput): CandleOutput[] {
    const over: CandleOutput[] = [];
    const { toUs } = boundsOf(part);
    for (let { fromUs } = boundsOf(part); fromUs < toUs;) {
      const endUs = intervalEndUs(this.timeframe, fromUs);
      const running = this.#running ?? this.#begin(fromUs);
      this.#running = running;
      if (running !== undefined) this.#append(running, cutTo(part, fromUs, Math.min(toUs, endUs)));
      if (toUs >= endUs) {
        if (running !== undefined) over.push(this.#outputOf(running));
        this.#running = undefined;
        this.#isFirst = false;
      }
      fromUs = endUs;
    }
    return over;
  }

  /**
   * The interval that ends at `endUs` as far as it is known.
   * @param more the shorter ones that are not settled yet, which may reach back over earlier intervals.
   */
  peek(more: readonly Candle[], endUs: number): Candle | undefined {
    const running = this.#runningUntil(endUs, more[0]?.fromUs);
    if (running === undefined) return undefined;
    const copy: Running = { ...running, missing: [...running.missing] };
    if (running.sums !== undefined) copy.sums = this.#copyOf(running.sums);
    for (const candle of more) {
      if (candle.fromUs >= running.fromUs && candle.toUs <= running.toUs) {
        this.#append(copy, { type: 'candle', candle });
      }
    }
    const output = this.#outputOf(copy);
    return output.type === 'candle' ? output.candle : undefined;
  }

  #runningUntil(endUs: number, openFromUs: number | undefined): Running | undefined {
    const fromUs = intervalStartUs(this.timeframe, endUs - 1);
    if (this.#running?.fromUs === fromUs) return this.#running;
    if (openFromUs === undefined) return undefined;
    // All of it is open.
    if (openFromUs <= fromUs) return this.#begin(fromUs);
    const begun = this.#running === undefined ? this.#begin(openFromUs) : undefined;
    return begun?.fromUs === fromUs ? begun : undefined;
  }

  #begin(us: number): Running | undefined {
    const fromUs = intervalStartUs(this.timeframe, us);
    const toUs = intervalEndUs(this.timeframe, us);
    const running = { fromUs, toUs, sums: undefined, missing: [], lastState: undefined };
    if (fromUs === us) return running;
    if (!this.#isFirst || !this.#isFromBeginning) return undefined;
    this.#append(running, { type: 'gap', fromUs, toUs: us, cause: 'other' });
    return running;
  }

  #append(running: Running, part: CandleOutput): void {
    const missing = part.type === 'gap' ? [part] : part.candle.missing;
    for (const { fromUs, toUs, cause } of missing) join(running.missing, { fromUs, toUs, cause });
    if (part.type === 'gap') return;
    running.sums ??= new CandleSums(this.#order, part.candle.scale);
    running.sums.append(part.candle);
    running.lastState = part.candle.state;
  }

  #copyOf(sums: CandleSums): CandleSums {
    const values = sums.values();
    const copy = new CandleSums(this.#order, values.scale);
    copy.append(values);
    return copy;
  }

  #outputOf({ fromUs, toUs, sums, missing, lastState }: Running): CandleOutput {
    const [first] = missing;
    if (sums === undefined && first !== undefined && missing.length === 1) {
      return { type: 'gap', fromUs, toUs, cause: first.cause };
    }
    const noScale = { priceExponent: 0, sizeExponent: 0 };
    const values = (sums ?? new CandleSums(this.#order, noScale)).values();
    const isOver = lastState !== 'open' && lastState !== 'early';
    const settled: CandleState = missing.length > 0 ? 'incomplete' : 'final';
    const state: CandleState = isOver ? settled : lastState;
    const candle = { timeframe: this.timeframe, fromUs, toUs, ...values, state, missing };
    return { type: 'candle', candle };
  }
}

function boundsOf(part: CandleOutput): { readonly fromUs: number; readonly toUs: number } {
  return part.type === 'gap' ? part : part.candle;
}

/** A gap may reach over many intervals. */
function cutTo(part: CandleOutput, fromUs: number, toUs: number): CandleOutput {
  return part.type === 'gap' ? { ...part, fromUs, toUs } : part;
}

/** Stretches that touch, of one cause, are one. */
function join(all: MissingTime[], part: MissingTime): void {
  const last = all.at(-1);
  if (last === undefined || last.cause !== part.cause || last.toUs < part.fromUs) all.push(part);
  else all[all.length - 1] = { ...last, toUs: Math.max(last.toUs, part.toUs) };
}

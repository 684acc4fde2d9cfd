/** Candles of one timeframe out of shorter ones, which come in order, gaps included. Pure. */

import type { CandleOutput } from './candle-fold.ts';
import { CandleSums } from './candle.ts';
import type { Candle, CandleState, CandleValues, MissingTime, TradeOrder } from './candle.ts';
import { intervalEndUs, intervalStartUs } from './timeframe.ts';
import type { Timeframe } from './timeframe.ts';

/** Shorter candles of one interval. */
interface Running {
  readonly fromUs: number;
  readonly toUs: number;
  readonly parts: CandleOutput[];
}

export class LongerCandles {
  readonly #timeframe: Timeframe;
  readonly #order: TradeOrder;
  /** Whether what lies before the first of the shorter ones was not recorded. */
  readonly #isFromBeginning: boolean;
  #running: Running | undefined;
  #isFirst = true;

  /**
   * @param isFromBeginning nothing was recorded before the first of the shorter candles. If something was,
   *   an interval that begins before them is not made.
   */
  constructor(timeframe: Timeframe, order: TradeOrder, isFromBeginning: boolean) {
    this.#timeframe = timeframe;
    this.#order = order;
    this.#isFromBeginning = isFromBeginning;
  }

  /** @param part the next of the shorter ones. @returns the intervals that are over with it. */
  add(part: CandleOutput): CandleOutput[] {
    const over: CandleOutput[] = [];
    let { fromUs } = boundsOf(part);
    const { toUs } = boundsOf(part);
    while (fromUs < toUs) {
      const endUs = intervalEndUs(this.#timeframe, fromUs);
      const own = cutTo(part, fromUs, Math.min(toUs, endUs));
      this.#running ??= this.#begin(fromUs);
      this.#running?.parts.push(own);
      if (toUs >= endUs) {
        if (this.#running !== undefined) over.push(this.#outputOf(this.#running));
        this.#running = undefined;
        this.#isFirst = false;
      }
      fromUs = endUs;
    }
    return over;
  }

  /** The interval that is running, with shorter ones that are not settled yet. */
  peek(more: readonly Candle[]): Candle | undefined {
    const first = more[0];
    const running =
      this.#running ?? (first === undefined ? undefined : this.#begin(first.fromUs, false));
    if (running === undefined) return undefined;
    const added = more
      .filter(({ fromUs, toUs }) => fromUs >= running.fromUs && toUs <= running.toUs)
      .map((candle): CandleOutput => ({ type: 'candle', candle }));
    const output = this.#outputOf({ ...running, parts: [...running.parts, ...added] });
    return output.type === 'candle' ? output.candle : undefined;
  }

  #begin(us: number, isReal = true): Running | undefined {
    const fromUs = intervalStartUs(this.#timeframe, us);
    const toUs = intervalEndUs(this.#timeframe, us);
    const running: Running = { fromUs, toUs, parts: [] };
    if (fromUs === us) return running;
    if (!this.#isFirst || !this.#isFromBeginning) {
      if (!isReal || this.#isFirst) return undefined;
    }
    running.parts.push({ type: 'gap', fromUs, toUs: us, cause: 'other' });
    return running;
  }

  #outputOf({ fromUs, toUs, parts }: Running): CandleOutput {
    const candles = parts.flatMap((part) => (part.type === 'candle' ? [part.candle] : []));
    const missing = joined(parts.flatMap(missingIn));
    const [first] = missing;
    if (candles.length === 0 && first !== undefined) {
      return { type: 'gap', fromUs, toUs, cause: first.cause };
    }
    const timeframe = this.#timeframe;
    const values = this.#valuesOf(candles);
    const state = stateOf(candles, missing);
    return { type: 'candle', candle: { timeframe, fromUs, toUs, ...values, state, missing } };
  }

  #valuesOf(candles: readonly Candle[]): CandleValues {
    const scale = candles.at(-1)?.scale ?? { priceExponent: 0, sizeExponent: 0 };
    const sums = new CandleSums(this.#order, scale);
    for (const candle of candles) sums.append(candle);
    return sums.values();
  }
}

function boundsOf(part: CandleOutput): { readonly fromUs: number; readonly toUs: number } {
  return part.type === 'gap' ? part : part.candle;
}

/** A gap may reach over many intervals. */
function cutTo(part: CandleOutput, fromUs: number, toUs: number): CandleOutput {
  return part.type === 'gap' ? { ...part, fromUs, toUs } : part;
}

function missingIn(part: CandleOutput): readonly MissingTime[] {
  if (part.type === 'candle') return part.candle.missing;
  const { fromUs, toUs, cause } = part;
  return [{ fromUs, toUs, cause }];
}

/** Stretches that touch, of one cause, as one. */
function joined(parts: readonly MissingTime[]): MissingTime[] {
  const all: MissingTime[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (last === undefined || last.cause !== part.cause || last.toUs < part.fromUs) all.push(part);
    else all[all.length - 1] = { ...last, toUs: Math.max(last.toUs, part.toUs) };
  }
  return all;
}

function stateOf(candles: readonly Candle[], missing: readonly MissingTime[]): CandleState {
  const last = candles.at(-1)?.state;
  if (last === 'open' || last === 'early') return last;
  return missing.length > 0 ? 'incomplete' : 'final';
}

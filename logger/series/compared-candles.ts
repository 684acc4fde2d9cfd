/**
 * Candles of trades beside the exchange's own: those that the two agree on are `checked`, the others `differs`; what
 * was not recorded is taken from the exchange, if that is wanted.
 */

import { candleRank, candlesIn } from '../archive/candle-store.ts';
import type { CandleEntry, CandleStore, KeptCandle } from '../archive/candle-store.ts';
import { CANDLE_FIELDS, candleTexts, compareCandles } from '../candles/exchange-candle.ts';
import type { CandleComparison } from '../candles/exchange-candle.ts';
import { firstStartUs, intervalEndUs } from '../candles/timeframe.ts';
import { InvalidArgumentError, UnknownSecurityError } from '../errors.ts';
import type { CandleFacts } from '../exchange/candles.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ComparedCandle } from '../queries/compared-candle.ts';
import type { CandleItem, GapItem } from '../queries/items.ts';
import type { CandlesQuery, ComparedCandlesQuery } from '../queries/queries.ts';
import type { ExchangeHistory, HistoryPage } from './exchange-history.ts';

export interface ComparedCandlesDeps {
  readonly history: ExchangeHistory;
  /** Where candles of trades are kept, they learn how they compare. */
  readonly store?: CandleStore | undefined;
  readonly candles: (query: CandlesQuery) => AsyncIterable<CandleItem | GapItem>;
  readonly clock: Pick<Clock, 'nowUs'>;
}

type Item = ComparedCandle | GapItem;

/** In one commit. */
const MAX_STATES = 500;

/**
 * @throws InvalidArgumentError, UnknownSecurityError, and whatever the exchange rejects.
 */
export async function* comparedCandles(
  deps: ComparedCandlesDeps,
  query: ComparedCandlesQuery,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const { security, timeframe, source, check } = query;
  const facts = check ? deps.history.candlesOf(security, timeframe).candles : null;
  const nowEndUs = intervalEndUs(timeframe, deps.clock.nowUs());
  const toUs = Math.min(firstStartUs(timeframe, query.toUs ?? nowEndUs), nowEndUs);
  const exchange = new ExchangeWindow(deps.history, { security, timeframe, toUs, signal });
  if (source === 'exchange') {
    if (query.fromUs === undefined) {
      throw new InvalidArgumentError("from: is missing; the exchange's own candles need one");
    }
    yield* exchange.items(firstStartUs(timeframe, query.fromUs), toUs);
    return;
  }
  const isFilled = source === 'auto';
  const states = new KeptStates(deps.store);
  for await (const item of recorded(deps, query, toUs)) {
    if (item.type === 'candle') {
      const candle = await beside(item, { exchange, isFilled, facts });
      await states.take(candle);
      yield candle;
    } else if (isFilled) yield* exchange.filled(item);
    else yield item;
  }
  await states.flush();
}

/** Batches of states for candles that are kept already: no others are put. */
class KeptStates {
  readonly #store: CandleStore | undefined;
  #batch: KeptCandle[] = [];

  constructor(store: CandleStore | undefined) {
    this.#store = store;
  }

  async take({ check, ...candle }: ComparedCandle): Promise<void> {
    const isCompared = candle.state === 'checked' || candle.state === 'differs';
    if (this.#store === undefined || check === undefined || !isCompared) return;
    this.#batch.push(candle);
    if (this.#batch.length >= MAX_STATES) await this.flush();
  }

  async flush(): Promise<void> {
    const [batch, first] = [this.#batch, this.#batch[0]];
    this.#batch = [];
    if (first === undefined || this.#store === undefined) return;
    const range = { fromUs: first.fromUs, toUs: batch.at(-1)?.toUs ?? first.toUs };
    const kept = new Map<number, CandleEntry>();
    for await (const entry of candlesIn(this.#store, { ...first, source: 'trades' }, range)) {
      kept.set(entry.fromUs, entry);
    }
    const news = batch.filter((candle) => {
      const known = kept.get(candle.fromUs);
      if (known?.type !== 'candle' || candleRank(known) < 2) return false;
      return known.state !== candle.state && isSame(known, candle);
    });
    if (news.length > 0) await this.#store.put(news);
  }
}

/** What was kept when it was settled may lack a trade that the records have: then the comparison is not of it. */
function isSame(kept: KeptCandle, compared: KeptCandle): boolean {
  const [a, b] = [candleTexts(kept), candleTexts(compared)];
  return kept.missing.length === 0 && CANDLE_FIELDS.every((field) => a[field] === b[field]);
}

/** @param facts null: nothing is compared. */
async function beside(
  own: CandleItem,
  to: {
    readonly exchange: ExchangeWindow;
    readonly isFilled: boolean;
    readonly facts: CandleFacts | null;
  },
): Promise<ComparedCandle> {
  const { exchange, facts } = to;
  const isPartial = own.state === 'incomplete';
  const isReplaced = to.isFilled && isPartial;
  const isChecked = facts !== null && (isPartial || isOver(own));
  const theirs = isReplaced || isChecked ? await exchange.at(own.fromUs) : undefined;
  if (theirs === undefined) return own;
  if (isReplaced && theirs.candle) return theirs.candle;
  return facts === null ? own : checked(own, theirs, facts);
}

function isOver({ state }: CandleItem): boolean {
  return state === 'final' || state === 'checked' || state === 'differs';
}

/** What was never recorded is a gap, if the exchange's own may fill it. */
async function* recorded(
  { candles }: ComparedCandlesDeps,
  query: ComparedCandlesQuery,
  toUs: number,
): AsyncGenerator<CandleItem | GapItem> {
  const { security, timeframe, fromUs, source } = query;
  try {
    yield* candles({ security, timeframe, fromUs, toUs: query.toUs });
  } catch (error) {
    const isFilled = error instanceof UnknownSecurityError && source === 'auto';
    if (!isFilled || fromUs === undefined) throw error;
    const begin = firstStartUs(timeframe, fromUs);
    const numbers = { firstMissing: null, lastMissing: null, missing: 'tradeId' } as const;
    if (begin < toUs) yield { type: 'gap', fromUs: begin, toUs, cause: 'other', ...numbers };
  }
}

interface Theirs {
  /** null: it has none. */
  readonly candle: KeptCandle | null;
  /** There are others beside it in the same answer. */
  readonly hasNeighbours: boolean;
}

function checked(own: CandleItem, theirs: Theirs, facts: CandleFacts): ComparedCandle {
  const comparison = compared(own, theirs, facts);
  const { candle } = theirs;
  if (comparison === null || own.state === 'incomplete') {
    return { ...own, check: { exchange: candle, compared: [], differs: [] } };
  }
  const state = comparison.differs.length > 0 ? 'differs' : 'checked';
  return { ...own, state, check: { exchange: candle, ...comparison } };
}

/** null: the answer says nothing. */
function compared(
  own: CandleItem,
  { candle, hasNeighbours }: Theirs,
  facts: CandleFacts,
): CandleComparison | null {
  if (candle !== null) {
    return candle.state === 'final' ? compareCandles(own, candle, facts) : null;
  }
  // Where it has no row for an interval without trades, that is what a missing row says, if the answer has others.
  const isSaid = !facts.hasEmptyRows && hasNeighbours && own.trades === 0;
  return isSaid ? { compared: ['volume'], differs: [] } : null;
}

/** The exchange's own candles, a page of them in memory. */
class ExchangeWindow {
  readonly #history: ExchangeHistory;
  readonly #range: Omit<Parameters<ExchangeHistory['pages']>[0], 'fromUs'>;
  #page: (HistoryPage & { readonly candles: ReadonlyMap<number, KeptCandle> }) | undefined;
  #fromUs = Infinity;

  constructor(
    history: ExchangeHistory,
    range: Omit<Parameters<ExchangeHistory['pages']>[0], 'fromUs'>,
  ) {
    this.#history = history;
    this.#range = range;
  }

  async at(us: number): Promise<Theirs | undefined> {
    const page = await this.#pageAt(us);
    return page && { candle: page.candles.get(us) ?? null, hasNeighbours: page.hasCandles };
  }

  async *items(fromUs: number, toUs: number): AsyncGenerator<Item> {
    let gap: GapItem | undefined;
    for await (const { entries } of this.#history.pages({ ...this.#range, fromUs, toUs })) {
      for (const entry of entries) {
        const item = itemOf(entry);
        // One that goes on in the next answer is one gap.
        if (item.type === 'gap' && gap?.toUs === item.fromUs) gap = { ...gap, toUs: item.toUs };
        else {
          if (gap) yield gap;
          gap = undefined;
          if (item.type === 'gap') gap = item;
          else yield item;
        }
      }
    }
    if (gap) yield gap;
  }

  /** A gap's candles, and what remains of it. */
  async *filled(gap: GapItem): AsyncGenerator<Item> {
    for await (const item of this.items(gap.fromUs, gap.toUs ?? this.#range.toUs)) {
      yield item.type === 'gap' ? { ...item, cause: gap.cause } : item;
    }
  }

  async #pageAt(us: number) {
    if (us >= this.#range.toUs) return undefined;
    if (us >= this.#fromUs && this.#page !== undefined && us < this.#page.toUs) return this.#page;
    this.#fromUs = us;
    this.#page = undefined;
    for await (const page of this.#history.pages({ ...this.#range, fromUs: us })) {
      const candles = page.entries.filter((entry) => entry.type === 'candle');
      this.#page = { ...page, candles: new Map(candles.map((one) => [one.fromUs, one])) };
      break;
    }
    return this.#page;
  }
}

function itemOf(entry: CandleEntry): Item {
  if (entry.type === 'candle') return entry;
  const { type, fromUs, toUs, cause } = entry;
  return { type, fromUs, toUs, cause, firstMissing: null, lastMissing: null, missing: 'tradeId' };
}

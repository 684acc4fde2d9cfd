/**
 * Brings an exchange's own candles into the archive. What is kept already is not asked for again, so a fetch that
 * was interrupted goes on where it stopped.
 */

import type { CandleEntry, CandleStore, KeptGap } from '../archive/candle-store.ts';
import { firstStartUs, intervalEndUs, intervalStartUs } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import { ConflictError, FeedClosedError, InvalidArgumentError } from '../errors.ts';
import { parseSecurity } from '../market/security.ts';
import { formatTimeUs } from '../market/time.ts';
import type { FetchCandlesQuery } from '../queries/queries.ts';
import type { FetchCandlesProgress, FetchCandlesResult } from '../queries/results.ts';
import type { AskedExchanges, ExchangeHistory, HistoryPage } from './exchange-history.ts';

export interface CandleFetchDeps extends AskedExchanges {
  readonly history: ExchangeHistory;
  /** undefined: this archive keeps no candles. */
  readonly store: CandleStore | undefined;
  /** Where the recording of a security begins, on the exchange's clock; null: it has not begun. */
  readonly recordedFromUs: (security: string) => Promise<number | null>;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: FetchCandlesProgress) => void;
}

/** In one commit. */
const MAX_PUT = 500;

interface Counts {
  stored: number;
  present: number;
  missing: number;
}

interface Stretch {
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * @throws InvalidArgumentError, UnknownSecurityError, FeedClosedError (also when the signal aborts), and what
 *   the exchange or the archive rejects. What was fetched until then is kept.
 */
export async function fetchCandles(
  deps: CandleFetchDeps,
  query: FetchCandlesQuery,
  { signal, onProgress }: FetchOptions,
): Promise<FetchCandlesResult> {
  const { history, store } = deps;
  const { security, timeframe } = query;
  if (store === undefined) throw new ConflictError('This archive keeps no candles');
  const { fromUs, toUs } = await rangeOf(deps, query);
  const counts: Counts = { stored: 0, present: 0, missing: 0 };
  const gaps: Stretch[] = [];
  let atUs = fromUs;
  const report = (wait: FetchCandlesProgress['wait']): void =>
    onProgress?.({ ...head(query, fromUs, toUs), ...counts, at: formatTimeUs(atUs), wait });
  const onWait = (ms: number, reason: string): void =>
    report({ seconds: Math.ceil(ms / 1000), reason });
  for await (const page of history.pages({ security, timeframe, fromUs, toUs, signal, onWait })) {
    await take(store, page, { counts, gaps, timeframe, isSure: isSure(history, query, page) });
    atUs = page.toUs;
    report(null);
    if (signal.aborted) throw new FeedClosedError('The fetch was cancelled');
  }
  if (counts.stored + counts.present === 0 && toUs > fromUs)
    await assertListed(deps, security, signal);
  return {
    ...head(query, fromUs, toUs),
    ...counts,
    gaps: gaps.map((gap) => ({ from: formatTimeUs(gap.fromUs), to: formatTimeUs(gap.toUs) })),
  };
}

function head(
  { security, timeframe }: FetchCandlesQuery,
  fromUs: number,
  toUs: number,
): Pick<FetchCandlesResult, 'security' | 'timeframe' | 'from' | 'to'> {
  return { security, timeframe, from: formatTimeUs(fromUs), to: formatTimeUs(toUs) };
}

/** Only candles that are over for good. */
async function rangeOf(deps: CandleFetchDeps, query: FetchCandlesQuery): Promise<Stretch> {
  const { security, timeframe } = query;
  const { candles } = deps.history.candlesOf(security, timeframe);
  const overUs = intervalStartUs(timeframe, deps.clock.nowUs() - candles.lateMs * 1000);
  const recordedUs = query.toUs ?? (await deps.recordedFromUs(security)) ?? Infinity;
  // The interval in which the recording begins is recorded in part.
  const endUs = Number.isFinite(recordedUs) ? firstStartUs(timeframe, recordedUs) : overUs;
  const fromUs = firstStartUs(timeframe, query.fromUs);
  if (query.toUs !== undefined && query.toUs <= query.fromUs) {
    throw new InvalidArgumentError('to: is not after from');
  }
  return { fromUs, toUs: Math.max(fromUs, Math.min(endUs, overUs)) };
}

/** Whether a gap in a page is one. */
function isSure(
  history: ExchangeHistory,
  { security, timeframe }: FetchCandlesQuery,
  { hasCandles }: HistoryPage,
): boolean {
  return hasCandles || history.candlesOf(security, timeframe).candles.answersVary !== true;
}

async function take(
  store: CandleStore,
  page: HistoryPage,
  to: {
    readonly counts: Counts;
    readonly gaps: Stretch[];
    readonly timeframe: Timeframe;
    readonly isSure: boolean;
  },
): Promise<void> {
  const { counts, gaps, timeframe } = to;
  const [first] = page.entries;
  const before =
    page.isKept || !first
      ? []
      : await store.between(first, { fromUs: first.fromUs, toUs: page.toUs });
  const present = beginningsOf(before.filter(({ type }) => type === 'candle'));
  const covered = beginningsOf(before);
  const fresh: CandleEntry[] = [];
  for (const entry of page.entries) {
    if (entry.type === 'gap') {
      // What is kept stays, whatever this answer has.
      counts.present += intervalsIn(timeframe, entry);
      for (const gap of partsOf(entry, (us) => !present.has(us))) {
        const missing = intervalsIn(timeframe, gap);
        counts.missing += missing;
        counts.present -= missing;
        join(gaps, gap);
      }
      const isNew = (us: number): boolean => !covered.has(us) && !page.unknownUs.has(us);
      if (to.isSure) fresh.push(...partsOf(entry, isNew));
    } else if (page.isKept) counts.present++;
    else if (present.has(entry.fromUs)) counts.present++;
    else if (entry.state === 'final') {
      counts.stored++;
      fresh.push(entry);
    }
  }
  if (page.isKept) return;
  for (let i = 0; i < fresh.length; i += MAX_PUT) await store.put(fresh.slice(i, i + MAX_PUT));
}

/** The parts of a gap that consist of intervals of some kind. */
function partsOf(gap: KeptGap, isWanted: (us: number) => boolean): KeptGap[] {
  const parts: KeptGap[] = [];
  for (let us = gap.fromUs; us < gap.toUs;) {
    const toUs = intervalEndUs(gap.timeframe, us);
    const last = parts.at(-1);
    if (isWanted(us)) {
      if (last?.toUs === us) parts[parts.length - 1] = { ...last, toUs };
      else parts.push({ ...gap, fromUs: us, toUs });
    }
    us = toUs;
  }
  return parts;
}

function beginningsOf(entries: readonly CandleEntry[]): ReadonlySet<number> {
  const all = new Set<number>();
  for (const { timeframe, fromUs, toUs } of entries) {
    for (let us = fromUs; us < toUs; us = intervalEndUs(timeframe, us)) all.add(us);
  }
  return all;
}

function intervalsIn(timeframe: Timeframe, { fromUs, toUs }: Stretch): number {
  let count = 0;
  for (let us = fromUs; us < toUs; us = intervalEndUs(timeframe, us)) count++;
  return count;
}

function join(gaps: Stretch[], { fromUs, toUs }: Stretch): void {
  const last = gaps.at(-1);
  if (last?.toUs === fromUs) gaps[gaps.length - 1] = { fromUs: last.fromUs, toUs };
  else gaps.push({ fromUs, toUs });
}

/** Some exchanges answer with nothing for what they do not list. @throws UnknownSecurityError */
async function assertListed(
  { exchanges }: CandleFetchDeps,
  security: string,
  signal: AbortSignal,
): Promise<void> {
  const { exchange, symbol } = parseSecurity(security);
  await exchanges.get(exchange)?.instrument(symbol, signal);
}

/** Messages about an exchange's own candles ↔ queries and results. */

import type { Timeframe } from '../candles/timeframe.ts';
import { formatTimeUs } from '../market/time.ts';
import type { ComparedCandlesQuery, FetchCandlesQuery } from '../queries/queries.ts';
import type {
  FetchCandlesProgress,
  FetchCandlesResult,
  FetchedCandles,
} from '../queries/results.ts';
import { validComparedCandlesQuery, validFetchCandlesQuery } from '../queries/validate-candles.ts';
import { CANDLE_CHOICE } from './enums.ts';
import { message } from './fields.ts';
import type {
  CandlesRequest,
  CandlesRequest__Output,
  FetchCandlesProgress as ProgressMessage,
  FetchCandlesProgress__Output,
  FetchCandlesRequest,
  FetchCandlesRequest__Output,
  FetchedCandles as FetchedMessage,
  FetchedCandles__Output,
} from './types.ts';

/** @throws InvalidArgumentError */
export function comparedCandlesQuery(request: CandlesRequest__Output): ComparedCandlesQuery {
  return validComparedCandlesQuery({
    ...request,
    source: CANDLE_CHOICE.unchecked(request.source),
  });
}

export function candlesRequest(query: ComparedCandlesQuery): CandlesRequest {
  const { security, timeframe, fromUs, toUs, source, check } = query;
  return message<CandlesRequest>({
    security,
    timeframe,
    from: fromUs === undefined ? null : formatTimeUs(fromUs),
    to: toUs === undefined ? null : formatTimeUs(toUs),
    source: CANDLE_CHOICE.toValue(source),
    check,
  });
}

/** @throws InvalidArgumentError */
export function fetchCandlesQuery(request: FetchCandlesRequest__Output): FetchCandlesQuery {
  return validFetchCandlesQuery({ ...request, from: request.from || undefined });
}

export function fetchCandlesRequest(query: FetchCandlesQuery): FetchCandlesRequest {
  const { security, timeframe, fromUs, toUs } = query;
  return message<FetchCandlesRequest>({
    security,
    timeframe,
    from: formatTimeUs(fromUs),
    to: toUs === undefined ? null : formatTimeUs(toUs),
  });
}

export function fetchedMessage(fetched: FetchedCandles): FetchedMessage {
  const { security, timeframe, from, to, stored, present, missing } = fetched;
  return message<FetchedMessage>({ security, timeframe, from, to, stored, present, missing });
}

function fetchedCandles(fetched: FetchedCandles__Output): FetchedCandles {
  const { security, from, to } = fetched;
  const [stored, present, missing] = [fetched.stored, fetched.present, fetched.missing].map(Number);
  // A newer logger may have more timeframes: they are only printed.
  const timeframe = fetched.timeframe as Timeframe;
  return {
    security,
    timeframe,
    from,
    to,
    stored: stored ?? 0,
    present: present ?? 0,
    missing: missing ?? 0,
  };
}

export function fetchProgressMessage({
  at,
  wait,
  ...soFar
}: FetchCandlesProgress): ProgressMessage {
  return message<ProgressMessage>({
    soFar: fetchedMessage(soFar),
    at,
    waitSeconds: wait?.seconds,
    waitReason: wait?.reason,
  });
}

export function fetchProgress(progress: FetchCandlesProgress__Output): FetchCandlesProgress | null {
  const { soFar, at, waitSeconds, waitReason } = progress;
  if (!soFar) return null;
  const isWaiting = waitSeconds !== undefined && waitSeconds !== null;
  const wait = isWaiting ? { seconds: waitSeconds, reason: waitReason ?? '' } : null;
  return { ...fetchedCandles(soFar), at, wait };
}

export function fetchResult(
  fetched: FetchedCandles__Output,
  gaps: FetchCandlesResult['gaps'],
): FetchCandlesResult {
  return { ...fetchedCandles(fetched), gaps };
}

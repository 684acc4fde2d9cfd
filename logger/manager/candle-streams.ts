/** `Candles` and `FetchCandles`: the exchanges' own candles, at the pace that their request budgets leave. */

import { ConflictError, describeError } from '../errors.ts';
import { PartBuffer } from '../export/parts.ts';
import {
  comparedCandlesQuery,
  fetchCandlesQuery,
  fetchProgressMessage,
  fetchedMessage,
} from '../messages/candles.ts';
import { exportPartMessage } from '../messages/results.ts';
import type {
  CandlesRequest__Output,
  ExportPart,
  FetchCandlesPart,
  FetchCandlesRequest__Output,
} from '../messages/types.ts';
import { formatComparedCandle } from '../queries/compared-candle.ts';
import { formatGapItem } from '../queries/format.ts';
import type { FetchCandlesProgress, FetchCandlesResult } from '../queries/results.ts';
import type { ExchangeCandlesService } from '../series/exchange-candles.ts';
import { withProgress } from './archive-streams.ts';
import { flushFor } from './context.ts';
import type { ManagerContext } from './context.ts';
import { CallCancelledError } from './part-writer.ts';
import type { PartWriter } from './part-writer.ts';
import { canonical } from './requests.ts';
import { ClosingError } from './status-map.ts';

function serviceOf({ exchangeCandles }: ManagerContext): ExchangeCandlesService {
  if (exchangeCandles !== undefined) return exchangeCandles;
  throw new ConflictError('This logger asks no exchange for candles');
}

/** @throws ClosingError instead of what comes of it that the port closes. */
async function untilClosing(context: ManagerContext, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!context.closing.aborted) throw error;
    throw new ClosingError('The logger is stopping');
  }
}

export function streamCandles(
  context: ManagerContext,
  request: CandlesRequest__Output,
  writer: PartWriter<ExportPart>,
): Promise<void> {
  return untilClosing(context, writeCandles(context, request, writer));
}

export function streamFetch(
  context: ManagerContext,
  request: FetchCandlesRequest__Output,
  writer: PartWriter<FetchCandlesPart>,
): Promise<void> {
  return untilClosing(context, runFetch(context, request, writer));
}

async function writeCandles(
  context: ManagerContext,
  request: CandlesRequest__Output,
  writer: PartWriter<ExportPart>,
): Promise<void> {
  const query = canonical(comparedCandlesQuery(request), context.control);
  const signal = AbortSignal.any([writer.signal, context.closing]);
  const items = serviceOf(context).compared(query, signal);
  // Shows the client that it has begun: the exchange may let us wait.
  await writer.write({});
  await flushFor(context, query.security);
  const buffer = new PartBuffer(context.limits.maxExportPartBytes);
  const send = async (parts: Iterable<{ readonly bytes: Uint8Array }>): Promise<void> => {
    for (const part of parts) await writer.write(exportPartMessage(part));
  };
  for await (const item of items) {
    if (writer.signal.aborted) throw new CallCancelledError('The call was cancelled');
    if (item.type === 'gap') {
      await send(buffer.flush());
      await writer.write(exportPartMessage({ gap: formatGapItem(item) }));
    } else {
      await send(buffer.add(Buffer.from(`${JSON.stringify(formatComparedCandle(item))}\n`)));
    }
  }
  await send(buffer.flush());
}

async function runFetch(
  context: ManagerContext,
  request: FetchCandlesRequest__Output,
  writer: PartWriter<FetchCandlesPart>,
): Promise<void> {
  const query = canonical(fetchCandlesQuery(request), context.control);
  const service = serviceOf(context);
  await writer.write({});
  const { security, timeframe } = query;
  const logOutcome = (fields: Readonly<Record<string, string | number>>): void =>
    context.log.notice('Manager call fetch candles', { security, timeframe, ...fields });
  const write = (progress: FetchCandlesProgress): Promise<void> =>
    writer.write({ progress: fetchProgressMessage(progress) });
  let result: FetchCandlesResult;
  try {
    result = await withProgress(context, { signal: writer.signal, write }, (signal, onProgress) =>
      service.fetch(query, {
        signal: AbortSignal.any([signal, context.closing]),
        onProgress,
      }),
    );
  } catch (error) {
    logOutcome({ outcome: `ended early: ${describeError(error)}` });
    throw error;
  }
  const { stored, present, missing } = result;
  logOutcome({ outcome: 'ok', stored, present, missing });
  for (const gap of result.gaps) await writer.write({ gap });
  await writer.write({ result: fetchedMessage(result) });
}

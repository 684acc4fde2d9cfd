/** The past, asked of a running logger. */

import type { BookHead__Output } from '../logger/messages/types.ts';
import { candlesRequest } from '../logger/messages/candles.ts';
import { bookRequest, coverageRequest, exportRequest } from '../logger/messages/requests.ts';
import {
  bookResult,
  bookRows,
  coverageResult,
  exportPart,
  verifyProgress,
} from '../logger/messages/results.ts';
import type {
  BookQuery,
  ComparedCandlesQuery,
  CoverageQuery,
  ExportQuery,
  VerifyQuery,
} from '../logger/queries/queries.ts';
import type {
  BookResult,
  BookRow,
  CoverageResult,
  ExportPart,
  NoBookResult,
  VerifyProblem,
  VerifyResult,
} from '../logger/queries/results.ts';
import { gapItemOf, itemOf } from '../logger/messages/items.ts';
import type { Scale } from '../logger/market/decimal.ts';
import type { DataItem, GapItem } from '../logger/queries/items.ts';
import { NoBookError } from './client.ts';
import type { LoggerClient } from './client.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { History } from './history.ts';

const LINE_END = 10;

export class LoggerHistory implements History {
  readonly #client: LoggerClient;

  constructor(client: LoggerClient) {
    this.#client = client;
  }

  async book(query: BookQuery, signal: AbortSignal): Promise<BookResult | NoBookResult> {
    let head: BookHead__Output | undefined;
    const bids: BookRow[] = [];
    const asks: BookRow[] = [];
    const options = { isEndless: false, signal };
    try {
      for await (const part of this.#client.stream('Book', bookRequest(query), options)) {
        head ??= part.head ?? undefined;
        if (!part.levels) continue;
        bids.push(...bookRows(part.levels, 'bids'));
        asks.push(...bookRows(part.levels, 'asks'));
      }
    } catch (error) {
      if (error instanceof NoBookError) return error.result;
      throw error;
    }
    if (head?.bidCount !== bids.length || head.askCount !== asks.length) {
      throw new CliError(EXIT.failed, 'The logger sent an incomplete book; try again');
    }
    return bookResult(head, bids, asks);
  }

  async coverage(query: CoverageQuery): Promise<CoverageResult> {
    return coverageResult(await this.#client.unary('Coverage', coverageRequest(query)));
  }

  async verify({ security, signal, onProgress }: VerifyQuery): Promise<VerifyResult> {
    const problems: VerifyProblem[] = [];
    const request = security === undefined ? {} : { security };
    const options = { isEndless: true, ...(signal && { signal }) };
    for await (const part of this.#client.stream('Verify', request, options)) {
      if (part.progress) onProgress?.(verifyProgress(part.progress));
      if (part.problem) problems.push(part.problem);
      if (part.result) return { records: Number(part.result.records), problems };
    }
    throw new CliError(EXIT.failed, 'The check ended without a result; try again');
  }

  async *export(query: ExportQuery, signal: AbortSignal): AsyncGenerator<ExportPart> {
    const options = { isEndless: true, signal };
    for await (const part of this.#client.stream('Export', exportRequest(query), options)) {
      const known = exportPart(part);
      if (known !== undefined) yield known;
    }
  }

  async *items(query: ExportQuery, signal: AbortSignal): AsyncGenerator<DataItem | GapItem> {
    const lines = new Lines();
    let scale: Scale | undefined;
    const asked = { ...query, format: 'jsonl', hasScales: true } as const;
    for await (const part of this.export(asked, signal)) {
      if ('scale' in part) ({ scale } = part);
      else if ('gap' in part) yield gapItemOf(part.gap);
      else {
        for (const line of lines.take(part.bytes)) yield itemOf(query.type, line, scaleOf(scale));
      }
    }
  }

  async *candles(query: ComparedCandlesQuery, signal: AbortSignal): AsyncGenerator<ExportPart> {
    const options = { isEndless: true, signal };
    for await (const part of this.#client.stream('Candles', candlesRequest(query), options)) {
      const known = exportPart(part);
      if (known !== undefined) yield known;
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

function scaleOf(scale: Scale | undefined): Scale {
  if (scale !== undefined) return scale;
  throw new CliError(
    EXIT.failed,
    'The logger is older than files with columns; upgrade it, or read its archive with --archive',
  );
}

/** Whole lines from parts, of which a long line takes several. */
class Lines {
  #begun: Uint8Array[] = [];

  *take(bytes: Uint8Array): Generator<string> {
    let from = 0;
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, from)) {
      this.#begun.push(bytes.subarray(from, end));
      yield Buffer.concat(this.#begun).toString('utf8');
      this.#begun = [];
      from = end + 1;
    }
    if (from < bytes.length) this.#begun.push(bytes.subarray(from));
  }
}

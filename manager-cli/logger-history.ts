/** The past, asked of a running logger. */

import type { BookHead__Output } from '../logger/messages/types.ts';
import { bookRequest, coverageRequest, exportRequest } from '../logger/messages/requests.ts';
import {
  bookResult,
  bookRows,
  coverageResult,
  exportGap,
  verifyProgress,
} from '../logger/messages/results.ts';
import type {
  BookQuery,
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
import { NoBookError } from './client.ts';
import type { LoggerClient } from './client.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { History } from './history.ts';

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
      if (part.gap) yield { gap: exportGap(part.gap) };
      else if (part.lines instanceof Uint8Array) yield { bytes: part.lines };
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

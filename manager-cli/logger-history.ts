/** The past as a running logger tells it. */

import type {
  BookResult,
  CoverageResult,
  BookRow,
  NoBookResult,
  VerifyResult,
  VerifyProblem,
} from '../logger/queries/results.ts';
import {
  type Message,
  appendLevels,
  bookResult,
  coverageResult,
  exportGapResult,
  nested,
} from './answers.ts';
import type { Range } from './arguments.ts';
import { type LoggerClient, NoBookError } from './client.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { BookQuery, ExportPiece, ExportQuery, History, VerifyProgress } from './history.ts';

export class LoggerHistory implements History {
  readonly #client: LoggerClient;

  constructor(client: LoggerClient) {
    this.#client = client;
  }

  async book(question: BookQuery, signal: AbortSignal): Promise<BookResult | NoBookResult> {
    const { security, at, sequence, clock, depth, level } = question;
    const request = {
      security,
      at: at?.text,
      sequence: sequence?.toString(),
      clock: `BOOK_CLOCK_${clock.toUpperCase()}`,
      depth,
      level: level === undefined ? undefined : 'BOOK_LEVEL_L2',
    };
    let head: Message | undefined;
    const bids: BookRow[] = [];
    const asks: BookRow[] = [];
    try {
      for await (const part of this.#client.stream('Book', request, { isEndless: false, signal })) {
        head ??= nested(part, 'head');
        const levels = nested(part, 'levels');
        if (levels === undefined) continue;
        appendLevels(bids, levels, 'bids');
        appendLevels(asks, levels, 'asks');
      }
    } catch (error) {
      if (error instanceof NoBookError) return error.answer;
      throw error;
    }
    if (
      head === undefined ||
      head['bidCount'] !== bids.length ||
      head['askCount'] !== asks.length
    ) {
      throw new CliError(EXIT.failed, 'The logger sent half a book; try again');
    }
    return bookResult(head, bids, asks);
  }

  async coverage(security: string, { from, to }: Range): Promise<CoverageResult> {
    return coverageResult(await this.#client.unary('Coverage', { security, from, to }));
  }

  async verify(
    security: string | undefined,
    options: {
      readonly signal: AbortSignal;
      readonly onProgress: (progress: VerifyProgress) => void;
    },
  ): Promise<VerifyResult> {
    const { signal, onProgress } = options;
    const problems: VerifyProblem[] = [];
    for await (const part of this.#client.stream(
      'Verify',
      { security },
      { isEndless: true, signal },
    )) {
      const progress = nested(part, 'progress');
      const problem = nested(part, 'problem');
      const result = nested(part, 'result');
      if (progress !== undefined) {
        onProgress({
          security: String(progress['security']),
          records: Number(progress['records']),
          problems: Number(progress['problems']),
          total: progress['total'] == null ? null : Number(progress['total']),
        });
      }
      if (problem !== undefined) {
        problems.push({
          security: String(problem['security']),
          record: String(problem['record']),
          problem: String(problem['problem']),
        });
      }
      if (result !== undefined) return { records: Number(result['records']), problems };
    }
    throw new CliError(EXIT.failed, 'The check ended without a result; try again');
  }

  async *export(question: ExportQuery, signal: AbortSignal): AsyncGenerator<ExportPiece> {
    const { security, range, clock, type, format, every, depth, level } = question;
    const request = {
      security,
      from: range.from,
      to: range.to,
      clock: `BOOK_CLOCK_${clock.toUpperCase()}`,
      type: `TYPE_${type.toUpperCase()}`,
      format: `FORMAT_${format.toUpperCase().replaceAll('-', '_')}`,
      every: every?.text,
      depth,
      level: level === undefined ? undefined : `BOOK_LEVEL_${level}`,
    };
    const call = this.#client.stream('Export', request, { isEndless: true, signal });
    for await (const part of call) {
      const gap = nested(part, 'gap');
      if (gap !== undefined) yield { gap: exportGapResult(gap) };
      else if (part['lines'] instanceof Uint8Array) yield { lines: part['lines'] };
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}
